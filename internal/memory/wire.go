package memory

// A writer turns summaries into what travels.
type writer struct {
	out   wireFact
	index map[*block]int
}

func (w *writer) block(b *block) int {
	if b == nil {
		return 0
	}
	if i, ok := w.index[b]; ok {
		return i
	}
	w.out.Blocks = append(w.out.Blocks, wireBlock{b.name, b.key, b.holds, b.any, b.isMap})
	w.index[b] = len(w.out.Blocks)
	return len(w.out.Blocks)
}

func (w *writer) loc(l Loc) wireLoc {
	out := wireLoc{Kind: l.Root.Kind, Index: l.Root.Index, Name: l.Root.Name, Hidden: l.Root.hidden, Deep: l.Path.deep(), Block: w.block(l.block)}
	for _, s := range l.Path.all() {
		how := "."
		if s.ind {
			how = ">"
		}
		out.Steps = append(out.Steps, how+s.name)
	}
	return out
}

func (w *writer) summary(s *Summary) wireSummary {
	out := wireSummary{Trust: s.Trust, Many: s.many}
	for _, a := range s.Accesses {
		acc := wireAccess{Loc: w.loc(a.Loc), Write: a.Write, Atomic: a.Atomic, Handle: a.Handle, Known: a.Known, Handed: a.Handed, At: a.At.String(), Via: trailOf(a.Via)}
		for _, k := range a.Locks {
			acc.Locks = append(acc.Locks, wireLock{Loc: w.loc(k.Loc), Read: k.Read})
		}
		out.Accesses = append(out.Accesses, acc)
	}
	for _, o := range s.Opaque {
		op := wireOpaque{Name: o.Name, Why: o.Why, At: o.At.String(), Via: trailOf(o.Via)}
		for _, l := range o.Reach {
			op.Reach = append(op.Reach, w.loc(l))
		}
		out.Opaque = append(out.Opaque, op)
	}
	for _, k := range s.locks {
		out.Locks = append(out.Locks, wireLock{w.loc(k.Loc), k.Read, k.take, k.keep, k.drop})
	}
	for _, f := range s.flows {
		out.Flows = append(out.Flows, wireFlow{w.elem(f.from), w.loc(f.into), f.why, f.at.String(), f.may, f.soft})
	}
	for _, v := range s.visits {
		call := wireVisit{Loc: w.loc(v.loc), At: v.at.String()}
		for _, vals := range v.args {
			call.Args = append(call.Args, w.elems(vals))
		}
		out.Visits = append(out.Visits, call)
	}
	for i := range s.results {
		out.Results = append(out.Results, w.elems(s.results[i]))
		out.Inner = append(out.Inner, w.elems(s.inner[i]))
	}
	return out
}

func trailOf(v *Step) []wireStep {
	var out []wireStep
	for ; v != nil; v = v.Next {
		out = append(out, wireStep{v.Call.String(), v.Name})
	}
	return out
}

func (w *writer) elem(e elem) wireElem { return wireElem{e.sub, w.loc(e.loc), e.addr, e.quiet} }

func (w *writer) elems(list []elem) []wireElem {
	var out []wireElem
	for _, e := range list {
		out = append(out, w.elem(e))
	}
	return out
}

// A reader turns what travelled into summaries.
type reader struct {
	blocks []*block
}

func (r *reader) loc(l wireLoc) Loc {
	out := Loc{Root: Root{Kind: l.Kind, Index: l.Index, Name: l.Name, hidden: l.Hidden}}
	if l.Block > 0 && l.Block <= len(r.blocks) {
		out.block = r.blocks[l.Block-1]
	}
	p := steps{deep: l.Deep}
	for _, s := range l.Steps {
		if p.n == maxSteps || s == "" {
			p.deep = true
			break
		}
		p.list[p.n] = step{s[1:], s[0] == '>'}
		p.n++
	}
	out.Path = p.path()
	return out
}

func (r *reader) elem(e wireElem) elem { return elem{e.Sub, r.loc(e.Loc), e.Addr, e.Quiet} }

func (r *reader) elems(list []wireElem) []elem {
	var out []elem
	for _, e := range list {
		out = append(out, r.elem(e))
	}
	return out
}

func (r *reader) via(list []wireStep) *Step {
	var out *Step
	for i := len(list) - 1; i >= 0; i-- {
		out = &Step{Call: Place{text: list[i].Call}, Name: list[i].Name, Next: out}
	}
	return out
}

func (r *reader) summary(s wireSummary) *Summary {
	out := &Summary{Trust: s.Trust, many: s.Many}
	for _, a := range s.Accesses {
		acc := Access{Loc: r.loc(a.Loc), Write: a.Write, Atomic: a.Atomic, Handle: a.Handle, Known: a.Known, Handed: a.Handed, At: Place{text: a.At}, Via: r.via(a.Via)}
		for _, k := range a.Locks {
			acc.Locks = append(acc.Locks, Lock{r.loc(k.Loc), k.Read})
		}
		out.Accesses = append(out.Accesses, acc)
	}
	for _, o := range s.Opaque {
		op := Opaque{Name: o.Name, Why: o.Why, At: Place{text: o.At}, Via: r.via(o.Via)}
		for _, l := range o.Reach {
			op.Reach = append(op.Reach, r.loc(l))
		}
		out.Opaque = append(out.Opaque, op)
	}
	for _, k := range s.Locks {
		out.locks = append(out.locks, lockUse{Lock{r.loc(k.Loc), k.Read}, k.Take, k.Keep, k.Drop})
	}
	for _, f := range s.Flows {
		out.flows = append(out.flows, flow{r.elem(f.From), r.loc(f.Into), f.Why, Place{text: f.At}, f.May, f.Soft})
	}
	for _, v := range s.Visits {
		call := visit{loc: r.loc(v.Loc), at: Place{text: v.At}}
		for _, vals := range v.Args {
			call.args = append(call.args, r.elems(vals))
		}
		out.visits = append(out.visits, call)
	}
	for i := range s.Results {
		out.results = append(out.results, r.elems(s.Results[i]))
		inner := []elem(nil)
		if i < len(s.Inner) {
			inner = r.elems(s.Inner[i])
		}
		out.inner = append(out.inner, inner)
	}
	return out
}
