package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A pair is two accesses of one variable, of which one writes and at least one
// is made by a goroutine.
type pair struct {
	l    *launch
	a    *access
	l2   *launch // that makes b; nil for the function's own code
	b    *access
	loop ast.Node // whose rounds meet, nil where the two stand one behind the other
	head bool     // the variable is declared in the loop's head: rounds share it before go1.22
	ways []way    // how b can be reached while a may still be running
}

// sharedIn gathers the pairs of the function by variable, in the order in which
// the variables are first touched.
func (f *fanOut) sharedIn() (vars []*types.Var, pairs map[*types.Var][]*pair) {
	pairs = map[*types.Var][]*pair{}
	add := func(p *pair) {
		if p.a.act == actAddress || p.b.act == actAddress {
			return
		}
		callee := p.a.act == actCallee || p.b.act == actCallee
		if p.a.v != p.b.v || !p.a.writes() && !p.b.writes() || !meets(p.a, p.b) || len(p.ways) == 0 && p.l.many == "" || callee && p.l2 == nil {
			return
		}
		if pairs[p.a.v] == nil {
			vars = append(vars, p.a.v)
		}
		pairs[p.a.v] = append(pairs[p.a.v], p)
	}
	for i, l := range f.launches {
		f.withItself(l, add)
		for _, l2 := range f.launches[i+1:] {
			f.withOther(l, l2, add)
		}
		f.withOwn(l, add)
	}
	return vars, pairs
}

// withItself pairs what the goroutines of one launch do.
func (f *fanOut) withItself(l *launch, add func(*pair)) {
	for i, a := range l.acts {
		loop, head := l.roundsShare(a.v)
		if loop == nil && l.many == "" {
			continue
		}
		var ways []way
		if loop != nil {
			ways = []way{f.nextRound(l, loop, f.roundOf(loop))}
		}
		for _, b := range l.acts[i:] {
			if a.v == b.v {
				add(&pair{l: l, a: a, l2: l, b: b, loop: loop, head: head, ways: ways})
			}
		}
		if head {
			if at := headOf(loop); at != nil {
				b := &access{v: a.v, act: actHead, at: at, stmt: loop.(ast.Stmt)}
				add(&pair{l: l, a: a, b: b, loop: loop, head: true, ways: ways})
			}
		}
	}
}

// withOther pairs what the goroutines of two launches do.
func (f *fanOut) withOther(l, l2 *launch, add func(*pair)) {
	if l.from.IsValid() != l2.from.IsValid() {
		return
	}
	for _, a := range l.acts {
		for _, b := range l2.acts {
			if a.v != b.v {
				continue
			}
			p := &pair{l: l, a: a, l2: l2, b: b}
			if l2.stmt.Pos() >= l.stmt.End() {
				p.ways = append(p.ways, f.straight(l, l2.stmt.Pos()))
			}
			if loop, head := l.roundsShare(a.v); loop != nil && within(l2.stmt, loop) {
				p.loop, p.head = loop, head
				p.ways = append(p.ways, f.nextRound(l, loop, stretch{bodyStart(loop), l2.stmt.Pos()}))
			} else if l.listed != nil && l.listed == l2.listed {
				p.ways = append(p.ways, f.nextRound(l, l.listed, f.roundOf(l.listed)))
			}
			add(p)
		}
	}
}

// withOwn pairs what the goroutines of a launch do with what the function does
// behind it, or in the loop's next round.
func (f *fanOut) withOwn(l *launch, add func(*pair)) {
	if l.from.IsValid() || l.many != "" {
		return
	}
	for _, a := range l.acts {
		for _, b := range f.own {
			if a.v != b.v {
				continue
			}
			p := &pair{l: l, a: a, b: b}
			if b.last || b.at.Pos() >= l.stmt.End() {
				w := f.straight(l, f.runsAt(b))
				w.rest = restOf(b)
				p.ways = append(p.ways, w)
			}
			if loop, head := l.roundsShare(a.v); loop != nil && !b.last && within(b.at, loop) && b.at.Pos() > bodyStart(loop) {
				p.loop, p.head = loop, head
				w := f.nextRound(l, loop, stretch{bodyStart(loop), f.runsAt(b)})
				w.rest = restOf(b)
				p.ways = append(p.ways, w)
			}
			add(p)
		}
	}
}

// runsAt is where an access happens: in a deferred function at the end.
func (f *fanOut) runsAt(a *access) token.Pos {
	if a.last {
		return f.Body.End() - 1
	}
	if s, ok := a.at.(*ast.AssignStmt); ok { // its right side comes first
		return s.End()
	}
	return a.at.Pos()
}

// restOf is what the statement of an access runs besides: in `return out,
// g.Wait()` the call comes first in practice, though the language leaves it open.
func restOf(a *access) stretch {
	switch a.stmt.(type) {
	case *ast.ReturnStmt, *ast.AssignStmt, *ast.ExprStmt, *ast.DeclStmt:
		return stretch{a.stmt.Pos(), a.stmt.End()}
	}
	return stretch{}
}
