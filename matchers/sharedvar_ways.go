package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// A way is the function's own code between a launch and what comes next, and
// whether it is really taken.
type way struct {
	code  []stretch
	rest  stretch // of the statement that the way leads to: a Wait in there counts
	why   string  // why it is never taken, "" where it is
	round bool    // by way of the loop's next round
}

type stretch struct{ from, to token.Pos }

func (s stretch) holds(p token.Pos) bool { return s.from < p && p < s.to }

// straight is the way from a launch to a place further down.
func (f *fanOut) straight(l *launch, to token.Pos) way {
	w := way{code: []stretch{{l.stmt.End(), to}}}
	for c := range l.cur.Enclosing() {
		n := c.Node()
		if n.Pos() <= to && to < n.End() {
			if apart(n, l.stmt.Pos(), to) {
				w.why = "only one of the two branches is taken"
			}
			return w
		}
		if leavesList(n, false) {
			w.why = "the function leaves behind the first"
		}
	}
	return w
}

// nextRound is the way from a launch to a place in the loop's next round.
func (f *fanOut) nextRound(l *launch, loop ast.Node, rest stretch) way {
	w := way{code: []stretch{{l.stmt.End(), loop.End()}, rest}, round: true}
	for c := range l.cur.Enclosing() {
		n := c.Node()
		if n == loop {
			break
		}
		if leavesList(n, true) {
			w.why = "the loop ends behind the launch"
		}
		if s, ok := n.(*ast.IfStmt); ok && (f.flips(s) || f.oneRoundOnly(s)) {
			w.why = "only one round starts it"
		}
	}
	return w
}

// flips tells whether an if sets what its condition asks: `if !started { started
// = true; go f() }`.
func (f *fanOut) flips(s *ast.IfStmt) bool {
	found := false
	ast.Inspect(s.Cond, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return !found
		}
		if v, ok := f.pass.Info.Uses[id].(*types.Var); ok {
			inspectAssignedPath(f.pass.Info, s.Body, v, func(token.Pos) { found = true })
		}
		return !found
	})
	return found
}

// oneRoundOnly tells whether an if is only true for one round: `if i == 0`.
func (f *fanOut) oneRoundOnly(s *ast.IfStmt) bool {
	w := f.walker(f.Body, roundVars(f.pass.Info, f.Decl))
	b, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.EQL {
		return false
	}
	for _, x := range []ast.Expr{b.X, b.Y} {
		if id, ok := ast.Unparen(x).(*ast.Ident); ok {
			if v, ok := f.pass.Info.ObjectOf(id).(*types.Var); ok && w.rounds[v] {
				return true
			}
		}
	}
	return false
}

// apart tells whether two places stand in branches of n of which one is taken.
func apart(n ast.Node, a, b token.Pos) bool {
	in := func(m ast.Node, p token.Pos) bool { return m != nil && m.Pos() <= p && p < m.End() }
	switch n := n.(type) {
	case *ast.IfStmt:
		return n.Else != nil && (in(n.Body, a) && in(n.Else, b) || in(n.Else, a) && in(n.Body, b))
	case *ast.BlockStmt:
		for _, s := range n.List {
			switch s.(type) {
			case *ast.CaseClause, *ast.CommClause:
				if in(s, a) {
					return !in(s, b)
				}
			}
		}
	}
	return false
}

// leavesList tells whether a statement list ends by leaving the function, or,
// for a loop, the loop.
func leavesList(n ast.Node, loop bool) bool {
	list := stmtsOf(n)
	if len(list) == 0 {
		return false
	}
	last := list[len(list)-1]
	if b, ok := last.(*ast.BranchStmt); ok {
		return b.Tok == token.GOTO || loop && b.Tok == token.BREAK
	}
	return endsHere(last)
}

// closes tells whether something on a way may wait for the goroutine, or tell it
// that it may go on.
func (f *fanOut) closes(p *pair, w way) bool {
	any := p.l2 == nil && p.a != nil && p.speaks() // then any call may be a wait
	for _, e := range f.events {
		if e.kind == eventSlot && w.round {
			continue
		}
		if (any || f.strong(e)) && slices.ContainsFunc(w.code, func(s stretch) bool { return s.holds(e.pos) }) {
			return true
		}
		if e.kind != eventCall && w.rest.holds(e.pos) {
			return true
		}
	}
	return false
}

// strong tells whether an event may wait for the end of a goroutine: a value that
// is taken from a channel which none of them knows comes from elsewhere.
func (f *fanOut) strong(e event) bool {
	switch e.kind {
	case eventWait, eventReceive, eventSlot:
		return true
	case eventTake, eventRange:
		id, ok := ast.Unparen(e.ch).(*ast.Ident)
		if !ok {
			_, isCall := ast.Unparen(e.ch).(*ast.CallExpr)
			return !isCall
		}
		for _, l := range f.launches {
			if len(uses(f.pass.Info, l.lit, f.pass.Info.ObjectOf(id))) > 0 {
				return true
			}
		}
	case eventSend:
		root := effects.Root(f.pass.Info, e.ch)
		for _, l := range f.launches {
			if root != nil && f.roomless(e.ch) && len(uses(f.pass.Info, l.lit, root)) > 0 {
				return true
			}
		}
	}
	return false
}

// roomless tells whether a channel is made here without room.
func (f *fanOut) roomless(ch ast.Expr) bool {
	return f.walker(f.Body, nil).roomOf(ch) == 0
}
