package memory

import (
	"go/types"
	"slices"
)

// maxValues bounds how many things one variable is said to refer to; beyond it,
// its function is too much to follow.
const maxValues = 48

var (
	anything = elem{loc: Loc{Path: deepest}}
	tooMany  = elem{loc: Loc{Path: deepest}, sub: "too many"}
)

// join adds more to list. What is too much becomes tooMany.
func join(list []elem, more ...elem) []elem {
	for _, e := range more {
		if e = e.untyped(); slices.Contains(list, e) {
			continue
		}
		if len(list) >= maxValues {
			if !slices.Contains(list, tooMany) {
				list = append(list, tooMany)
			}
			return list
		}
		list = append(list, e)
	}
	return list
}

// deref gives the memory behind the values: a part of what they point to, or an
// element of the slice or map that they are.
func deref(vals []elem, name string, b *block) []Loc {
	var out []Loc
	for _, e := range vals {
		var l Loc
		switch {
		case e.loc.Root.Kind == function:
			continue
		case e.sub == "*": // somewhere behind there, or the value's own
			out = addLoc(out, e.loc.deep())
			continue
		case e.addr:
			l = e.loc.plus(step{name, false})
		default:
			l = e.loc.plus(step{name, true})
		}
		l.block = b
		out = addLoc(out, l)
	}
	return out
}

func addLoc(list []Loc, l Loc) []Loc {
	for _, have := range list {
		if have.place() == l.place() {
			return list
		}
	}
	return append(list, l)
}

// pick gives the part name of values that are structs or arrays.
func pick(vals []elem, name string) []elem {
	var out []elem
	for _, e := range vals {
		switch {
		case e.sub == "*" || e == tooMany:
			out = join(out, e)
		case e.sub == "" && !e.addr:
			e.loc = e.loc.plus(step{name, false})
			out = join(out, e)
		case e.sub == "": // an address is no struct: it came by way of an interface
			out = join(out, e)
		case e.sub == name:
			e.sub = ""
			out = join(out, e)
		}
	}
	return out
}

// under puts values at the part name of a struct or array.
func under(vals []elem, name string) []elem {
	var out []elem
	for _, e := range vals {
		switch {
		case e == tooMany:
		case e.sub == "":
			e.sub = name
		default:
			e.sub = "*"
		}
		out = join(out, e)
	}
	return out
}

// A heap is what the variables and objects of one function hold, by root. Only
// roots that the function owns have entries: what lies elsewhere is named by its path.
type heap struct {
	holds   map[Root][]elem
	changed bool
	many    bool // something was lost
}

// load gives the values that may be stored at l.
func (h *heap) load(l Loc) []elem {
	if !l.Root.private() && l.Root.Kind != Param && l.Root.Kind != Receiver || l.Path.remote() && !l.Root.private() {
		return []elem{{loc: l}}
	}
	vals := h.holds[l.Root.key()]
	if l.Path.deep() {
		var out []elem
		for _, e := range vals {
			if e != tooMany {
				e.sub = "*"
			}
			out = join(out, e)
		}
		return join(out, elem{sub: "*", loc: Loc{Root: l.Root}, addr: true})
	}
	var out []elem
	if !l.Root.private() { // a parameter: also what the caller gave
		out = join(out, elem{loc: l})
	}
	for _, s := range l.Path.all() {
		vals = pick(vals, s.name)
	}
	return join(out, vals...)
}

// store puts values at l, a root that the function owns.
func (h *heap) store(l Loc, vals []elem) {
	for _, s := range slices.Backward(l.Path.all()) {
		vals = under(vals, s.name)
	}
	if l.Path.deep() {
		vals = under(vals, "*")
	}
	key := l.Root.key()
	have := h.holds[key]
	h.many = h.many || slices.Contains(vals, tooMany)
	if now := join(have, vals...); len(now) > len(have) {
		h.holds[key] = now
		h.changed = true
	}
}

// reach gives all memory that can be reached from the values, as deep paths: that
// of roots of the function's own is followed through what they hold.
func (h *heap) reach(vals []elem) []Loc {
	var out []Loc
	seen := map[Root]bool{}
	var visit func(vals []elem)
	visit = func(vals []elem) {
		for _, e := range vals {
			root := e.loc.Root
			h.many = h.many || e == tooMany
			if root.Kind == function || e.quiet {
				continue
			}
			if root.private() || e.addr && !e.loc.Path.remote() {
				if l := (Loc{Root: root, Path: deepest}); !seen[root.key()] {
					seen[root.key()] = true
					out = addLoc(out, l)
					visit(h.holds[root.key()])
				}
				continue
			}
			out = addLoc(out, e.loc.deep())
		}
	}
	visit(vals)
	return out
}

// expand gives the memory that path names, where the root of path has the given
// values. typed is the path's block.
func (h *heap) expand(vals []elem, p Path, b *block) []Loc {
	var cells []Loc
	at := false // cells are reached; before that, parts of a copy
	for _, s := range p.all() {
		switch {
		case s.ind:
			if at {
				vals = nil
				for _, c := range cells {
					vals = join(vals, h.load(c)...)
				}
			}
			cells, at = deref(vals, s.name, b), true
		case at:
			for i, c := range cells {
				cells[i] = c.plus(s)
			}
		default:
			vals = pick(vals, s.name)
		}
	}
	if !p.deep() {
		return cells
	}
	if at {
		vals = nil
		for _, c := range cells {
			vals = join(vals, elem{loc: c, addr: true})
		}
	}
	return h.reach(vals)
}

// holdsNothing tells whether v is a variable of the standard library whose value
// is an empty struct: who writes to io.Discard writes no memory.
func holdsNothing(v *types.Var) bool {
	if v.Pkg() == nil {
		return false
	}
	switch v.Pkg().Path() + "." + v.Name() {
	case "io.Discard", "io/ioutil.Discard", "net/http.NoBody":
		return true
	}
	return false
}

func (b *body) spotOf(v *types.Var) spot {
	if holdsNothing(v) {
		return spot{copy: true}
	}
	return spot{cells: []Loc{b.variable(v)}}
}
