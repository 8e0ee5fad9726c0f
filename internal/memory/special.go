package memory

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
)

// conversion is T(x).
func (b *body) conversion(c *ast.CallExpr) []elem {
	if len(c.Args) != 1 {
		return nil
	}
	vals := b.eval(c.Args[0])
	from, to := b.info.TypeOf(c.Args[0]), b.info.TypeOf(c.Fun)
	switch {
	case isUnsafe(from) && !isUnsafe(to), isUnsafe(to) && !isPointer(from):
		return first(b.opaque(c.Lparen, "unsafe.Pointer", "it names memory by its address", nil, []typed{{vals, nil}}))
	case isUnsafe(to):
		return vals
	case isString(from) && !isString(to) && b.o.types.hasRefs(to):
		return b.made(c.Lparen, nil)
	case isString(to):
		if s, ok := coreOf(from).(*types.Slice); ok {
			b.valuesOf(c.Lparen, spot{cells: deref(vals, element, b.o.types.block(s.Elem()))}, nil)
		}
		return nil
	}
	return vals
}

func first(list [][]elem) []elem {
	if len(list) == 0 {
		return []elem{anything}
	}
	return list[0]
}

func isUnsafe(t types.Type) bool {
	u, ok := t.Underlying().(*types.Basic)
	return ok && u.Kind() == types.UnsafePointer
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

func isString(t types.Type) bool {
	u, ok := t.Underlying().(*types.Basic)
	return ok && u.Info()&types.IsString != 0
}

func (b *body) builtin(name string, c *ast.CallExpr) []elem {
	switch name {
	case "append":
		return b.appends(c)
	case "copy":
		dst, src := b.eval(c.Args[0]), b.eval(c.Args[1])
		var moved []elem
		for _, s := range b.elements(src, c.Args[1]) {
			b.touch(c.Lparen, s, false)
			moved = join(moved, b.heap.load(s)...)
		}
		if !b.o.types.hasRefs(elemType(b.info.TypeOf(c.Args[0]))) {
			moved = nil
		}
		for _, d := range b.elements(dst, c.Args[0]) {
			b.touch(c.Lparen, d, true)
			b.put(c.Lparen, d, moved)
		}
	case "delete", "clear":
		vals := b.eval(c.Args[0])
		for _, a := range c.Args[1:] {
			b.eval(a)
		}
		for _, l := range b.elements(vals, c.Args[0]) {
			b.touch(c.Lparen, l, true)
		}
	case "len", "cap":
		vals := b.eval(c.Args[0])
		if _, ok := b.info.TypeOf(c.Args[0]).Underlying().(*types.Map); ok {
			for _, l := range b.elements(vals, c.Args[0]) {
				b.touch(c.Lparen, l, false)
			}
		}
	case "make", "new":
		for _, a := range c.Args {
			b.eval(a)
		}
		return b.made(c.Lparen, nil)
	case "panic":
		b.flow(c.Lparen, b.eval(c.Args[0]), Loc{}, "a panic carries it")
	case "recover":
		return []elem{anything}
	case "min", "max", "print", "println", "complex", "real", "imag", "close":
		for _, a := range c.Args {
			b.eval(a)
		}
	default: // of package unsafe
		var args []typed
		for _, a := range c.Args {
			args = append(args, typed{b.eval(a), nil})
		}
		if name != "Sizeof" && name != "Alignof" && name != "Offsetof" {
			return first(b.opaque(c.Lparen, "unsafe."+name, "it names memory by its address", nil, args))
		}
	}
	return nil
}

// elements is the memory of the elements of slices or maps.
func (b *body) elements(vals []elem, x ast.Expr) []Loc {
	t := b.info.TypeOf(x)
	block := b.o.types.block(elemType(t))
	if _, ok := coreOf(t).(*types.Map); ok {
		block = b.o.types.mapBlock(t)
	}
	return deref(vals, element, block)
}

func elemType(t types.Type) types.Type {
	if u, ok := coreOf(t).(interface{ Elem() types.Type }); ok {
		return u.Elem()
	}
	return nil
}

// appends writes behind the end of its slice where there is room, and that may be
// another slice's memory (hazard A11); x[i:j:j] leaves no room.
func (b *body) appends(c *ast.CallExpr) []elem {
	base := b.eval(c.Args[0])
	var vals []elem
	for i, a := range c.Args[1:] {
		v := b.eval(a)
		if c.Ellipsis.IsValid() && i == len(c.Args)-2 {
			if isString(b.info.TypeOf(a)) {
				continue
			}
			moved := b.elements(v, a)
			v = nil
			for _, l := range moved {
				b.touch(c.Lparen, l, false)
				v = join(v, b.heap.load(l)...)
			}
		}
		vals = join(vals, v...)
	}
	if !b.o.types.hasRefs(elemType(b.info.TypeOf(c.Args[0]))) {
		vals = nil
	}
	var old []elem
	for _, l := range b.elements(base, c.Args[0]) {
		b.touch(c.Lparen, l, false)
		old = join(old, b.heap.load(l)...)
		if !clipped(c.Args[0]) {
			b.touch(c.Lparen, l, true)
			b.put(c.Lparen, l, vals)
		}
	}
	if len(vals) == 0 {
		old = nil
	}
	return join(b.made(c.Lparen, under(join(old, vals...), element)), base...)
}

func clipped(x ast.Expr) bool {
	s, ok := ast.Unparen(x).(*ast.SliceExpr)
	return ok && s.Slice3 && types.ExprString(s.High) == types.ExprString(s.Max)
}

// special are calls whose meaning for memory is their own: locks, atomic
// operations, and starting goroutines.
func (b *body) special(fn *types.Func, u *use) ([][]elem, bool) {
	if fn.Pkg() == nil || len(u.args) < fn.Signature().Params().Len() || u.recv == nil && fn.Signature().Recv() != nil {
		return nil, false
	}
	symbol := effects.Symbol(fn)
	switch fn.Pkg().Path() {
	case "sync":
		return b.syncCall(symbol, u)
	case "sync/atomic":
		return b.atomicCall(symbol, u)
	case "golang.org/x/sync/errgroup":
		if symbol == "Group.Go" || symbol == "Group.TryGo" {
			b.spawn(u.at, u.args[0].vals, &use{at: u.at, sig: emptySig}, b.waited(u.expr))
			return nil, true
		}
	}
	return nil, false
}

var emptySig = types.NewSignatureType(nil, nil, nil, nil, nil, false)

func (b *body) syncCall(symbol string, u *use) ([][]elem, bool) {
	typ, op, _ := strings.Cut(symbol, ".")
	switch {
	case typ == "Mutex" || typ == "RWMutex" || typ == "Locker":
		b.lockCall(op, u)
		return [][]elem{nil}, op != "RLocker"
	case symbol == "Once.Do":
		before := b.held
		cells := deref(u.recv.vals, "", nil)
		for _, l := range cells {
			b.emit(u.at, event{trust: Proved, lock: &lockUse{Lock: Lock{Loc: l}, take: true}})
		}
		if len(cells) == 1 && cells[0].certain() {
			b.held = before.with(Lock{Loc: cells[0]})
		}
		b.invoke(u.args[0].vals, &use{at: u.at, sig: emptySig, expr: nil})
		b.held = before
		if len(cells) == 1 && cells[0].certain() {
			b.held = before.with(Lock{Loc: cells[0], Read: true})
		}
		return nil, true
	case symbol == "WaitGroup.Go":
		b.spawn(u.at, u.args[0].vals, &use{at: u.at, sig: emptySig}, b.waited(u.expr))
		return nil, true
	case typ == "Map" || typ == "Pool":
		return b.sharedMap(op, u), op != "Range"
	}
	return nil, typ == "WaitGroup" || typ == "Cond"
}

// sharedMap is a sync.Map or a sync.Pool: what goes in may come out.
func (b *body) sharedMap(op string, u *use) [][]elem {
	cells := deref(u.recv.vals, element, nil)
	for _, c := range cells {
		for _, a := range u.args {
			b.put(u.at, c, a.vals)
		}
	}
	if op == "Range" {
		return nil
	}
	var out []elem
	for _, c := range cells {
		out = join(out, b.heap.load(c)...)
	}
	if op == "Get" { // a pool's New
		out = join(out, anything)
	}
	return [][]elem{out, nil}
}

// lockCall takes or gives back a lock.
func (b *body) lockCall(op string, u *use) {
	cells := deref(u.recv.vals, "", nil)
	certain := len(cells) == 1 && cells[0].certain()
	for _, l := range cells {
		k := Lock{Loc: l, Read: strings.HasPrefix(op, "R")}
		switch op {
		case "Lock", "RLock":
			b.emit(u.at, event{trust: Proved, lock: &lockUse{Lock: k, take: true}})
			if certain {
				b.held = b.held.with(k)
			}
		case "TryLock", "TryRLock":
			b.emit(u.at, event{trust: Proved, lock: &lockUse{Lock: k, take: true}})
		case "Unlock", "RUnlock":
			b.emit(u.at, event{trust: Proved, lock: &lockUse{Lock: k, drop: true}})
			b.held = b.held.without(l)
		}
	}
	if len(cells) == 0 && strings.HasSuffix(op, "Unlock") {
		b.held = nil
	}
}

// atomicCall is an operation of sync/atomic.
func (b *body) atomicCall(symbol string, u *use) ([][]elem, bool) {
	target, rest := u.recv, u.args
	_, op, isMethod := strings.Cut(symbol, ".")
	if !isMethod {
		if len(u.args) == 0 {
			return nil, false
		}
		op, target, rest = symbol, &u.args[0], u.args[1:]
	}
	var out []elem
	for _, c := range deref(target.vals, "", nil) {
		c.block = b.o.types.block(pointee(target.t))
		if !b.silent(c) {
			b.emit(u.at, event{trust: Proved, access: &Access{Loc: c, Write: !strings.HasPrefix(op, "Load"), Atomic: true, Locks: b.held, At: b.place(u.at)}})
		}
		for _, a := range rest {
			b.put(u.at, c, a.vals)
		}
		out = join(out, b.heap.load(c)...)
	}
	return [][]elem{out}, true
}

func pointee(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}
