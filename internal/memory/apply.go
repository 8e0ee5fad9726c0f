package memory

import (
	"slices"
)

// maxTrail bounds how many calls of the way to an access are remembered.
const maxTrail = 8

// An application puts a callee's summary into the caller's terms.
type application struct {
	b      *body
	params [][]elem
	recv   []elem
}

func (a *application) root(r Root) []elem {
	switch r.Kind {
	case Param:
		if r.Index < len(a.params) {
			return a.params[r.Index]
		}
		return []elem{anything}
	case Receiver:
		return a.recv
	}
	return nil
}

func given(r Root) bool { return r.Kind == Param || r.Kind == Receiver }

// memory is where l lies for the caller.
func (a *application) memory(l Loc) []Loc {
	if !given(l.Root) {
		return []Loc{l}
	}
	return a.b.heap.expand(a.root(l.Root), l.Path, l.block)
}

// value is what e refers to for the caller.
func (a *application) value(e elem) []elem {
	if !given(e.loc.Root) {
		return []elem{e}
	}
	vals := a.root(e.loc.Root)
	switch {
	case e.loc.Path.deep():
		vals = a.b.contents(vals)
	case !e.loc.Path.remote():
		for _, s := range e.loc.Path.all() {
			vals = pick(vals, s.name)
		}
	default:
		vals = nil
		for _, c := range a.memory(e.loc) {
			if e.addr {
				vals = join(vals, elem{loc: c, addr: true})
			} else {
				vals = join(vals, a.b.heap.load(c)...)
			}
		}
	}
	if e.quiet {
		vals = hush(vals)
	}
	return a.at(vals, e.sub)
}

func (a *application) at(vals []elem, sub string) []elem {
	if sub == "" {
		return vals
	}
	return under(vals, sub)
}

func (a *application) values(list []elem) []elem {
	var out []elem
	for _, e := range list {
		out = join(out, a.value(e)...)
	}
	return out
}

// locks are the callee's locks that the caller can name.
func (a *application) locks(list []Lock) held {
	var out held
	for _, k := range list {
		if cells := a.memory(k.Loc); len(cells) == 1 && cells[0].certain() {
			cells[0].block = nil
			out = out.with(Lock{cells[0], k.Read})
		}
	}
	return out
}

// apply is a call of a function with a summary.
func (b *body) apply(s *Summary, name string, u *use) [][]elem {
	a := &application{b: b, params: u.argVals()}
	if u.sig != nil {
		a.params = b.params(u, u.sig)
	}
	if u.recv != nil {
		a.recv = u.recv.vals
	} else {
		a.recv = []elem{anything}
	}
	step := func(next *Step) *Step {
		n := 0
		for v := next; v != nil; v = v.Next {
			n++
		}
		if n >= maxTrail {
			next = next.Next
		}
		return &Step{Call: b.place(u.at), Name: name, Next: next}
	}
	b.emit(u.at, event{trust: s.Trust})
	for _, acc := range s.Accesses {
		var locks held
		for i, l := range a.memory(acc.Loc) {
			if b.silent(l) {
				continue
			}
			if i == 0 || locks == nil {
				locks = a.locks(acc.Locks)
			}
			moved := acc
			moved.Loc, moved.own, moved.Locks, moved.Via = l, locks, b.held, step(acc.Via)
			for _, k := range locks {
				moved.Locks = held(moved.Locks).with(k)
			}
			b.emit(u.at, event{trust: s.Trust, access: &moved})
		}
	}
	for _, o := range s.Opaque {
		moved := o
		moved.Reach, moved.Via = nil, step(o.Via)
		var let []elem
		for _, l := range o.Reach {
			for _, m := range a.memory(l) {
				moved.Reach = addLoc(moved.Reach, m)
				let = join(let, elem{loc: Loc{Root: m.Root}, addr: true})
			}
		}
		b.emit(u.at, event{trust: s.Trust, opaque: &moved})
		b.callMade(u.at, moved.Reach)
		let = slices.DeleteFunc(let, func(e elem) bool { return !e.loc.Root.private() })
		b.flows(u.at, let, flow{why: "passed to " + o.Name, may: true, at: b.place(u.at)})
	}
	a.applyRest(s, u)
	return a.results(s, u)
}

func (a *application) applyRest(s *Summary, u *use) {
	b := a.b
	for _, f := range s.flows {
		vals := a.value(f.from)
		if f.into.Root.Kind == Unknown {
			b.flows(u.at, vals, flow{why: f.why, may: f.may, soft: f.soft, at: b.place(u.at)})
			continue
		}
		a.prepare(f.into, u)
		for _, l := range a.memory(f.into) {
			b.put(u.at, l, vals)
		}
	}
	for _, k := range s.locks {
		cells := a.memory(k.Loc)
		for _, l := range cells {
			l.block = nil
			moved := k
			moved.Loc, moved.keep = l, false
			b.emit(u.at, event{trust: s.Trust, lock: &moved})
			if k.drop {
				b.held = b.held.without(l)
			}
			if k.keep && len(cells) == 1 && l.certain() {
				b.held = b.held.with(moved.Lock)
			}
		}
		if k.drop && len(cells) == 0 && k.Loc.Root.Kind == Unknown {
			b.held = nil
		}
	}
	for _, v := range s.visits {
		visit := &use{at: u.at, seen: [][]elem{}}
		for _, vals := range v.args {
			visit.seen = append(visit.seen, a.values(vals))
		}
		b.invoke(a.value(elem{loc: v.loc}), visit)
	}
}

// prepare makes sure that there is an object on the way to a place where the
// callee stores something: it may have made that itself.
func (a *application) prepare(into Loc, u *use) {
	steps := into.Path.all()
	n := len(steps) - 1
	for n > 0 && !steps[n].ind {
		n--
	}
	if !given(into.Root) || n < 1 {
		return
	}
	var p Path
	for _, s := range steps[:n] {
		p = p.plus(s)
	}
	for _, c := range a.b.heap.expand(a.root(into.Root), p, nil) {
		if c.Root.private() {
			object := elem{loc: Loc{Root: Root{Kind: Fresh, site: u.at, Index: -1}}, addr: true}
			a.b.heap.store(c, []elem{object})
		}
	}
}

// results are what the callee's results refer to. What it made is an object of
// the caller's from here on.
func (a *application) results(s *Summary, u *use) [][]elem {
	out := make([][]elem, len(s.results))
	for i, list := range s.results {
		for _, e := range list {
			if e.loc.Root.Kind != Fresh {
				out[i] = join(out[i], a.value(e)...)
				continue
			}
			root := Root{Kind: Fresh, site: u.at, Index: i}
			if i < len(s.inner) {
				a.b.heap.store(Loc{Root: root}, a.values(s.inner[i]))
			}
			out[i] = join(out[i], elem{sub: e.sub, loc: Loc{Root: root}, addr: true, quiet: e.quiet})
		}
	}
	return out
}
