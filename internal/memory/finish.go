package memory

import (
	"go/ast"
	"go/token"
	"go/types"
)

// maxAccesses bounds what one summary lists.
const maxAccesses = 80

// A finisher makes a summary of the events of a body, or of a part of it.
type finisher struct {
	b     *body
	from  token.Pos // the part; token.NoPos: all of the function
	to    token.Pos
	out   *Summary
	entry held // what was held when the part began: it guards nothing that runs beside it
	index map[accessKey]int
}

type accessKey struct {
	loc           Loc
	write, atomic bool
	handle        string
}

// summary is what calling the function does.
func (b *body) summary() *Summary {
	f := &finisher{b: b, out: &Summary{Trust: Proved}, index: map[accessKey]int{}}
	for _, e := range b.events {
		if e.later == nil {
			f.add(e)
		}
	}
	f.out.Trust = min(f.out.Trust, b.trust)
	if b.frame != nil {
		for _, k := range b.frame.exit {
			f.lock(&lockUse{Lock: k, keep: true})
		}
	}
	f.results()
	f.trim()
	return f.out
}

// part is what runs between two positions does, in terms of the function around them.
func (b *body) part(from, to token.Pos, keep func(event) bool) *Summary {
	f := &finisher{b: b, from: from, to: to, out: &Summary{Trust: Proved}, index: map[accessKey]int{}}
	f.out.loose = map[Root]bool{}
	for root := range b.escapes {
		f.out.loose[root] = true
	}
	for root := range b.addressed {
		f.out.shown = append(f.out.shown, root)
	}
	f.out.from, f.out.to = from, to
	begun := false
	for _, e := range b.events {
		if keep(e) && (e.later == nil || e.later.Pos() <= from && to <= e.later.End()) {
			if !begun {
				begun, f.entry = true, e.held
			}
			f.add(e)
		}
	}
	f.trim()
	return f.out
}

func (f *finisher) trim() {
	if f.b.many || len(f.out.Accesses) > maxAccesses {
		f.out.many = true
	}
}

// inside tells whether each run makes the root anew: nobody else has it yet.
func (f *finisher) inside(r Root) bool {
	if f.from == token.NoPos {
		return true
	}
	if v, ok := r.Object.(*types.Var); ok && v.Parent() != nil && v.Parent().End() > f.to {
		return false // it is there for what follows, too
	}
	return f.from <= r.pos() && r.pos() < f.to
}

func (f *finisher) add(e event) {
	f.out.Trust = min(f.out.Trust, e.trust)
	switch {
	case e.access != nil:
		for _, l := range f.outer(e, e.access.Loc) {
			f.access(l, e.access)
		}
	case e.opaque != nil:
		f.opaque(e)
	case e.lock != nil:
		f.lock(e.lock)
	case e.flow != nil:
		f.flow(e.flow)
	case e.visit != nil:
		f.visit(e.visit)
	}
}

// outer names memory as those outside do; none if they can't know it yet.
func (f *finisher) outer(e event, l Loc) []Loc {
	local := l.Root.private() && f.inside(l.Root)
	if given(l.Root) && f.from == token.NoPos && !l.Path.remote() {
		local = true // a copy
	}
	if !local {
		return []Loc{l}
	}
	var out []Loc
	for _, esc := range f.b.escapes[l.Root.key()] {
		if f.b.before(e, l.Root, esc.pos) {
			continue
		}
		if !esc.whole || esc.into.Root.Kind == Unknown || l.Path == deepest {
			out = addLoc(out, Loc{Path: l.Path, block: l.block})
			continue
		}
		at, rest := esc.into, l.Path.all()
		if len(rest) == 0 || rest[0].ind {
			at = at.plus(step{"", true})
		} else {
			at, rest = at.plus(step{rest[0].name, true}), rest[1:]
		}
		for _, s := range rest {
			at = at.plus(s)
		}
		if l.Path.deep() {
			at = at.deep()
		}
		at.block = l.block
		out = addLoc(out, at)
	}
	return out
}

// before tells whether an event certainly comes before root escapes at pos: it
// stands above it, and no loop leads back to it with the same object.
func (b *body) before(e event, root Root, pos token.Pos) bool {
	if e.late || len(e.outer) > 0 || e.site >= pos || b.jumps || given(root) {
		return false
	}
	for _, lit := range b.litOrder {
		if within(lit, e.site) != within(lit, pos) || within(lit, pos) {
			return false
		}
	}
	for _, l := range b.loops {
		if within(l, e.site) && within(l, pos) && !within(l, root.pos()) {
			return false
		}
	}
	return true
}

func within(n ast.Node, pos token.Pos) bool { return n.Pos() <= pos && pos < n.End() }

func (f *finisher) access(l Loc, a *Access) {
	key := accessKey{l.place(), a.Write, a.Atomic, a.Handle}
	locks := f.locks(a)
	i, ok := f.index[key]
	if !ok {
		if len(f.out.Accesses) <= maxAccesses {
			f.index[key] = len(f.out.Accesses)
			moved := *a
			moved.Loc, moved.Locks, moved.own = l, locks, nil
			f.out.Accesses = append(f.out.Accesses, moved)
		}
		return
	}
	moved := *a
	moved.Loc = l
	merge(&f.out.Accesses[i], &moved, locks)
}

// locks are those that others can name. Of those that were held before, only
// what is taken once more counts.
func (f *finisher) locks(a *Access) []Lock {
	out := make([]Lock, 0, len(a.Locks))
	for _, k := range a.Locks {
		if !f.nameable(k.Loc) {
			continue
		}
		if f.entry.index(k.Loc) >= 0 {
			i := held(a.own).index(k.Loc)
			if i < 0 {
				continue
			}
			k.Read = a.own[i].Read
		}
		k.Loc.block = nil
		out = append(out, k)
	}
	return out
}

func (f *finisher) nameable(l Loc) bool {
	if l.Root.private() {
		return !f.inside(l.Root)
	}
	return !given(l.Root) || f.from != token.NoPos || l.Path.remote()
}

const maxOpaque = 24

func (f *finisher) opaque(e event) {
	o := *e.opaque
	o.Reach = nil
	always := e
	always.late = true
	for _, l := range e.opaque.Reach {
		for _, m := range f.outer(always, l) {
			o.Reach = addLoc(o.Reach, m)
		}
	}
	for i, have := range f.out.Opaque {
		if have.Name == o.Name && have.Why == o.Why {
			for _, l := range o.Reach {
				have.Reach = addLoc(have.Reach, l)
			}
			f.out.Opaque[i].Reach = have.Reach
			return
		}
	}
	if len(f.out.Opaque) >= maxOpaque {
		f.out.many = true
		return
	}
	f.out.Opaque = append(f.out.Opaque, o)
}

func (f *finisher) lock(k *lockUse) {
	if !f.nameable(k.Loc) {
		return
	}
	moved := *k
	moved.Loc.block = nil
	for i, have := range f.out.locks {
		if have.Loc.place() == moved.Loc.place() && have.Read == moved.Read {
			f.out.locks[i].take, f.out.locks[i].keep, f.out.locks[i].drop = have.take || k.take, have.keep || k.keep, have.drop || k.drop
			return
		}
	}
	f.out.locks = append(f.out.locks, moved)
}

const maxFlows = 64

func (f *finisher) flow(fl *flow) {
	moved := *fl
	root := fl.from.loc.Root
	if root.Kind != Param && root.Kind != Receiver && !(root.private() && f.from != token.NoPos && !f.inside(root)) {
		return
	}
	moved.from = fl.from.untyped()
	for _, have := range f.out.flows {
		if have.from == moved.from && have.into.place() == moved.into.place() && have.may == moved.may {
			return
		}
	}
	if len(f.out.flows) >= maxFlows {
		f.out.many = true
		return
	}
	f.out.flows = append(f.out.flows, moved)
}

func (f *finisher) visit(v *visit) {
	moved := *v
	moved.loc.block, moved.args = nil, nil
	for _, vals := range v.args {
		var out []elem
		for _, e := range vals {
			if e.loc.Root.private() || e.loc.Root.Kind == function {
				e = anything
			}
			out = join(out, e)
		}
		moved.args = append(moved.args, out)
	}
	for i, have := range f.out.visits {
		if have.loc.place() == moved.loc.place() && len(have.args) == len(moved.args) {
			for k, vals := range moved.args {
				have.args[k] = join(have.args[k], vals...)
			}
			f.out.visits[i] = have
			return
		}
	}
	f.out.visits = append(f.out.visits, moved)
}

// results names what is returned.
func (f *finisher) results() {
	b := f.b
	for i := range b.named {
		vals := []elem(nil)
		if i < len(b.results) {
			vals = b.results[i]
		}
		if v := b.named[i]; v.Name() != "" && v.Name() != "_" && b.o.types.hasRefs(v.Type()) {
			vals = join(vals, b.heap.load(b.variable(v))...)
		}
		if !b.o.types.hasRefs(b.named[i].Type()) {
			vals = nil
		}
		direct, inner := f.result(vals)
		f.out.results = append(f.out.results, direct)
		f.out.inner = append(f.out.inner, inner)
	}
}

func (f *finisher) result(vals []elem) (direct, inner []elem) {
	h := &f.b.heap
	seen := map[Root]bool{}
	var look func(vals []elem, depth int)
	look = func(vals []elem, depth int) {
		for _, e := range vals {
			h.many = h.many || e == tooMany
			root := e.loc.Root
			if root.private() || given(root) && e.addr && !e.loc.Path.remote() {
				if depth == 0 {
					direct = join(direct, elem{loc: Loc{Root: Root{Kind: Fresh}}, addr: true})
				}
				for _, esc := range f.b.escapes[root.key()] { // others have it, too
					if esc.whole && esc.into.Root.Kind != Unknown && depth == 0 {
						direct = join(direct, elem{loc: esc.into})
					} else {
						direct = join(direct, anything)
					}
				}
				if !seen[root.key()] {
					seen[root.key()] = true
					look(h.holds[root.key()], depth+1)
					if given(root) {
						look([]elem{{loc: Loc{Root: root}}}, depth+1)
					}
				}
				continue
			}
			if root.Kind == function { // nobody else has its declaration
				e = anything
			}
			switch {
			case depth == 0:
				direct = join(direct, e)
			case depth == 1:
				inner = join(inner, e)
			default:
				e.sub = "*"
				inner = join(inner, e)
			}
		}
	}
	look(vals, 0)
	return direct, inner
}
