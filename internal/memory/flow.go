package memory

import (
	"go/token"
)

// put stores values at l.
func (b *body) put(at token.Pos, l Loc, vals []elem) {
	if len(vals) == 0 {
		return
	}
	if l.Root.private() || !l.Path.remote() && (l.Root.Kind == Param || l.Root.Kind == Receiver) {
		b.heap.store(l, vals)
		if esc := b.escapes[l.Root.key()]; len(esc) > 0 { // somebody else sees it, too
			b.flow(at, vals, esc[0].into.deep(), "")
		}
		return
	}
	b.flow(at, vals, l, "")
}

// flow notes that values get to a place that is not the function's own.
func (b *body) flow(at token.Pos, vals []elem, into Loc, why string) {
	b.flows(at, vals, flow{into: into, why: why, at: b.place(at)})
}

func (b *body) flows(at token.Pos, vals []elem, as flow) {
	as.into.block = nil
	seen := map[Root]bool{}
	var visit func(vals []elem, into Loc, exact bool)
	visit = func(vals []elem, into Loc, exact bool) {
		for _, e := range vals {
			root, to := e.loc.Root, into
			whole := exact && e.addr && e.loc.Path == Path{}
			switch {
			case root.Kind == function || e == anything:
				continue
			case root.private():
				if !as.soft {
					b.letGo(root, escape{into: into, whole: whole && e.sub == "", pos: at})
				}
				if seen[root.key()] {
					continue
				}
				seen[root.key()] = true
				for _, h := range b.heap.holds[root.key()] {
					if h.sub == "*" || !whole {
						visit([]elem{h}, into.deep(), false)
						continue
					}
					to := into.plus(step{h.sub, true})
					h.sub = ""
					visit([]elem{h}, to, true)
				}
			case e.addr && !e.loc.Path.remote() && given(root) && !seen[root.key()]: // the variable itself
				seen[root.key()] = true
				if !as.soft {
					b.letGo(root, escape{into: into, pos: at})
				}
				visit(append(b.heap.load(Loc{Root: root}), b.heap.holds[root.key()]...), into.deep(), false)
			}
			moved := as
			moved.from, moved.into = e, to
			b.emit(at, event{trust: Proved, flow: &moved})
		}
	}
	visit(vals, as.into, true)
}

const maxEscapes = 8

// letGo notes that somebody else may have the address of root.
func (b *body) letGo(root Root, e escape) {
	root = root.key()
	list := b.escapes[root]
	for i, have := range list {
		if have.into.place() == e.into.place() && have.whole == e.whole {
			list[i].pos = min(have.pos, e.pos)
			return
		}
	}
	if len(list) < maxEscapes {
		if len(list) == maxEscapes-1 {
			e = escape{pos: e.pos}
		}
		b.escapes[root] = append(list, e)
		b.heap.changed = true
		if root.Object == nil || b.o.types.hasRefs(root.Object.Type()) {
			b.heap.store(Loc{Root: root, Path: deepest}, []elem{anything}) // what they may put there
		}
	}
}

// handed is flow to goroutines of the function's own: what it made itself stays
// among them, but what it was given is kept.
func (b *body) handed(at token.Pos, vals []elem, why string) {
	for _, l := range b.heap.reach(vals) {
		b.emit(at, event{trust: Proved, flow: &flow{from: elem{loc: l}, why: why, at: b.place(at)}})
	}
}
