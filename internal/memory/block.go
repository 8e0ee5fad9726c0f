package memory

import (
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// A block is a type of variable that paths lead to: what a pointer points to,
// an element of a slice, a map. Two accesses by different paths touch the same
// memory only if one's block can hold the other's.
type block struct {
	name  string
	key   string   // of its form, since pointers convert between types of one form
	holds []string // the keys of all that lies inside it, with its own; sorted
	any   bool     // may hold anything
	isMap bool
}

const maxHolds = 256 // a variable with more kinds of parts may hold anything

// mayOverlap tells whether variables of the two types can share memory.
func (b *block) mayOverlap(c *block) bool {
	if b == nil || c == nil || b.any || c.any {
		return true
	}
	return b.key == c.key || slices.Contains(b.holds, c.key) || slices.Contains(c.holds, b.key)
}

// A typing remembers what is asked about types.
type typing struct {
	blocks map[types.Type]*block
	maps   map[types.Type]*block
	refs   map[types.Type]bool
	shared map[types.Type]bool
	same   map[string]*block // one block for each key and name
}

func newTyping() *typing {
	return &typing{
		blocks: map[types.Type]*block{}, maps: map[types.Type]*block{}, refs: map[types.Type]bool{},
		shared: map[types.Type]bool{}, same: map[string]*block{},
	}
}

// block is the block of type t; nil for no type.
func (ty *typing) block(t types.Type) *block {
	if t == nil {
		return nil
	}
	if b := ty.blocks[t]; b != nil {
		return b
	}
	b := &block{name: types.TypeString(t, (*types.Package).Name), key: keyOf(t)}
	set := map[string]bool{}
	b.any = !holds(t, set, 0) || len(set) > maxHolds
	if !b.any {
		for k := range set {
			b.holds = append(b.holds, k)
		}
		slices.Sort(b.holds)
	}
	if known := ty.same[b.key+"\n"+b.name]; known != nil {
		b = known
	}
	ty.same[b.key+"\n"+b.name] = b
	ty.blocks[t] = b
	return b
}

// mapBlock is what a map of type t keeps its elements in: no variable of any type
// is a part of that.
func (ty *typing) mapBlock(t types.Type) *block {
	b := ty.maps[t]
	if b == nil {
		key := "elements of " + keyOf(t)
		b = &block{name: types.TypeString(t, (*types.Package).Name), key: key, holds: []string{key}, isMap: true, any: isGeneric(t, 0)}
		if known := ty.same[b.key+"\n"+b.name]; known != nil {
			b = known
		}
		ty.same[b.key+"\n"+b.name] = b
		ty.maps[t] = b
	}
	return b
}

// keyOf names the form of t, parts with names by these.
func keyOf(t types.Type) string { return types.TypeString(t.Underlying(), nil) }

// holds adds the keys of t and all that lies inside it; false if that can't be told.
func holds(t types.Type, set map[string]bool, depth int) bool {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok || depth > 8 {
		return false
	}
	key := keyOf(t)
	if set[key] {
		return true
	}
	set[key] = true
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for i := range u.NumFields() {
			if !holds(u.Field(i).Type(), set, depth+1) {
				return false
			}
		}
	case *types.Array:
		return holds(u.Elem(), set, depth+1)
	}
	return !isGeneric(t, 0)
}

// isGeneric tells whether the form of t names a type parameter: that of an
// instance is another. What is nested deep counts as generic.
func isGeneric(t types.Type, depth int) bool {
	if depth > 6 {
		return true
	}
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			if isGeneric(arg, depth+1) {
				return true
			}
		}
		if depth > 0 {
			return false // named by its name
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		return isGeneric(u.Key(), depth+1) || isGeneric(u.Elem(), depth+1)
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		return isGeneric(u.Elem(), depth+1)
	case *types.Signature:
		for v := range u.Params().Variables() {
			if isGeneric(v.Type(), depth+1) {
				return true
			}
		}
		for v := range u.Results().Variables() {
			if isGeneric(v.Type(), depth+1) {
				return true
			}
		}
	}
	return false
}

// hasRefs tells whether a value of type t can refer to memory that may be
// written. Strings can't be, and a time's zone isn't.
func (ty *typing) hasRefs(t types.Type) bool {
	if t == nil {
		return false
	}
	if b, ok := t.(*types.Basic); ok {
		return b.Kind() == types.UnsafePointer
	}
	r, ok := ty.refs[t]
	if !ok {
		ty.refs[t] = true // until it is known
		r = ty.lookForRefs(t)
		ty.refs[t] = r
	}
	return r
}

func (ty *typing) lookForRefs(t types.Type) bool {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "time" && n.Obj().Name() == "Time" {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Struct:
		for i := range u.NumFields() {
			if ty.hasRefs(u.Field(i).Type()) {
				return true
			}
		}
		return false
	case *types.Array:
		return ty.hasRefs(u.Elem())
	case *types.Tuple:
		return u.Len() > 0
	}
	return true
}

// isShared tells whether values of type t are documented as safe for concurrent
// use: what lies behind them doesn't count.
func (ty *typing) isShared(t types.Type) bool {
	s, ok := ty.shared[t]
	if !ok {
		s = handleOf(t).Use == effects.Shared
		ty.shared[t] = s
	}
	return s
}
