package memory

import (
	"go/ast"
	"go/types"
	"slices"
)

// A mark is what Tarjan's algorithm notes of a function.
type mark struct {
	index, low int // index counts from 1
	onStack    bool
}

type tarjan struct {
	stack []*declared
	next  int
}

const (
	maxComponent = 24 // functions that call each other; beyond it, they are too much to follow
	maxPasses    = 6
)

// compute gives the summary of d. Functions that call each other are solved
// together, in the order of their declarations: so the answer is the same,
// whichever was asked for first.
func (o *Oracle) compute(d *declared) *Summary {
	if !d.done && d.sum == nil {
		o.visit(d)
	}
	return d.sum
}

func (o *Oracle) visit(d *declared) {
	t := &o.tarjan
	t.next++
	d.mark = mark{index: t.next, low: t.next, onStack: true}
	t.stack = append(t.stack, d)
	self := false
	for _, c := range o.calledIn(d) {
		self = self || c == d
		switch {
		case c.done:
		case c.mark.index == 0:
			o.visit(c)
			d.mark.low = min(d.mark.low, c.mark.low)
		case c.mark.onStack:
			d.mark.low = min(d.mark.low, c.mark.index)
		}
	}
	if d.mark.low != d.mark.index {
		return
	}
	at := slices.Index(t.stack, d)
	component := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	slices.SortFunc(component, func(a, b *declared) int { return a.index - b.index })
	o.solve(component, self || len(component) > 1)
	for _, c := range component {
		c.mark.onStack, c.done = false, true
	}
}

// calledIn lists the package's functions that d's body names, and the
// implementations of the interface methods that it names.
func (o *Oracle) calledIn(d *declared) []*declared {
	var list []*declared
	seen := map[*declared]bool{}
	add := func(fn *types.Func) {
		if c := o.decls[fn.Origin()]; c != nil && c.decl.Body != nil && !seen[c] {
			seen[c] = true
			list = append(list, c)
		}
	}
	ast.Inspect(d.decl.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		fn, ok := o.info.Uses[id].(*types.Func)
		if !ok {
			return true
		}
		add(fn)
		if r := fn.Signature().Recv(); r != nil && types.IsInterface(r.Type()) {
			impls, _ := o.implementations(fn)
			for _, i := range impls {
				add(i.fn)
			}
		}
		return true
	})
	return list
}

// solve computes the summaries of functions that call each other. They only
// grow, and from finite sets; a bound sees to it that they do so quickly.
func (o *Oracle) solve(component []*declared, recursive bool) {
	if !recursive {
		component[0].sum = o.summarise(component[0])
		return
	}
	for _, d := range component {
		d.sum = &Summary{Trust: Proved}
		for range d.fn.Signature().Results().Len() {
			d.sum.results, d.sum.inner = append(d.sum.results, nil), append(d.sum.inner, nil)
		}
	}
	for pass := 0; pass < maxPasses && len(component) <= maxComponent; pass++ {
		changed := false
		for _, d := range component {
			if d.sum.many { // it can't get worse
				continue
			}
			s := o.summarise(d)
			changed = changed || s.size() != d.sum.size()
			d.sum = s
		}
		if !changed {
			return
		}
	}
	for _, d := range component {
		d.sum = unknown(d.fn, o.pkg, tooMuch)
	}
}

// size changes whenever a summary grows.
func (s *Summary) size() [7]int {
	n := [7]int{len(s.Accesses), len(s.Opaque), len(s.locks), len(s.flows), len(s.visits), int(s.Trust)}
	for _, a := range s.Accesses {
		n[0] += 1000 * len(a.Locks)
		for _, k := range a.Locks {
			if k.Read {
				n[6] += 1_000_000
			}
		}
		if a.Loc.block == nil {
			n[6] += 100
		}
	}
	for _, o := range s.Opaque {
		n[1] += 1000 * len(o.Reach)
	}
	for _, k := range s.locks {
		if k.keep {
			n[2] += 1000
		}
		if k.drop {
			n[2] += 100_000
		}
	}
	for i := range s.results {
		n[6] += len(s.results[i])
		if i < len(s.inner) {
			n[6] += len(s.inner[i])
		}
	}
	return n
}
