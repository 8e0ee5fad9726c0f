package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// channelStaysHere: every receive has to be accounted for, so the channel must
// not be handed to anybody who might receive or send.
func channelStaysHere(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, u := range s.uses {
		switch {
		case u.kind == useOther:
			return rule.Quiet(u.at.Pos(), "the channel is handed on")
		case (u.kind == useReceive || u.kind == useRange) && u.inner != nil:
			return rule.Quiet(u.at.Pos(), "another function literal receives")
		case u.kind == useClose && !s.bySender(u.inner):
			return rule.Quiet(u.at.Pos(), "somebody else than a sender closes the channel")
		case u.kind == useReturn && u.inner != nil:
			return rule.Quiet(u.at.Pos(), "a function literal returns the channel")
		}
	}
	return rule.Holds(s.Made.Pos(), "every send and receive of the channel is in view")
}

// bySender tells whether a literal is one that sends, or one that waits for
// those that do: `go func() { wg.Wait(); close(ch) }()`.
func (s *StuckResult) bySender(lit *ast.FuncLit) bool {
	if lit == nil {
		return false
	}
	for _, snd := range s.Senders {
		if snd.Body == lit.Body {
			return true
		}
	}
	waits := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if _, _, name, ok := methodCall(n); ok && name == "Wait" {
			waits = true
		}
		return !waits
	})
	return waits
}

// sendsHaveNoWayOut: a send in a select that can choose something else never
// stays blocked; with room it would be chosen more often.
func sendsHaveNoWayOut(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		for _, op := range pass.Effects.Region(snd.Body).Chans {
			if op.Kind == effects.Send && effects.Root(pass.Info, op.Chan) == snd.Chan && (op.Out || inSelect(snd.Body, op.Pos)) {
				return rule.Quiet(op.Pos, "a send has another way out")
			}
		}
	}
	return rule.Holds(s.Made.Pos(), "no send stands in a select, so room changes no choice")
}

// noReturnMissing: `errc <- err` without a return behind it, and another send
// after that. Room for two would only hide it.
func noReturnMissing(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		if snd.Most > 1 && snd.Twice.IsValid() && !s.receivesInLoop(pass.Info) {
			return rule.Refuse(snd.Twice, fmt.Sprintf("the goroutine goes on after the send at line %d and sends again: a return seems to be missing there", pass.Line(snd.Twice)))
		}
	}
	return rule.Holds(s.Made.Pos(), "no send is followed by another for want of a return")
}

// countIsSteady: make evaluates the count when the channel is made; the loop
// that starts the goroutines comes later.
func countIsSteady(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		if snd.Loop == nil {
			continue
		}
		local := true
		for _, id := range countNames(pass.Info, snd.Loop) {
			v, ok := pass.Info.Uses[id].(*types.Var)
			if !ok {
				continue
			}
			global := v.Parent() == pass.Pkg.Scope()
			if !v.IsField() && !global && v.Pos() > s.Made.Pos() {
				return rule.Refuse(id.Pos(), fmt.Sprintf("%s, which counts the goroutines, is declared after the channel is made: make the channel below it, with room for all", v.Name()))
			}
			if _, array := v.Type().Underlying().(*types.Array); !array && (v.IsField() || global) {
				local = false
			}
			if at := s.changes(pass.Info, v, snd.Loop); at.IsValid() {
				return rule.Refuse(at, fmt.Sprintf("%s, which counts the goroutines, changes after the channel is made", v.Name()))
			}
		}
		if call := s.callBetween(pass.Info, snd.Loop); call != nil && !local {
			return rule.Refuse(call.Pos(), fmt.Sprintf("the call at line %d may change what counts the goroutines, after the channel is made", pass.Line(call.Pos())))
		}
	}
	return rule.Holds(s.Made.Pos(), "the number of sends is known where the channel is made")
}

// changes is where the function changes v, or what the map v holds, between the
// make and the end of the loop.
func (s *StuckResult) changes(info *types.Info, v *types.Var, loop ast.Stmt) token.Pos {
	changed := token.NoPos
	note := func(at token.Pos) {
		if at > s.Made.Pos() && at < loop.End() {
			changed = at
		}
	}
	inspectAssignedPath(info, s.Func, v, note)
	if _, isMap := v.Type().Underlying().(*types.Map); isMap {
		ast.Inspect(s.Func, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, lhs := range n.Lhs {
					if x, ok := ast.Unparen(lhs).(*ast.IndexExpr); ok && effects.Root(info, x.X) == types.Object(v) {
						note(n.Pos())
					}
				}
			case *ast.CallExpr:
				if id := calleeIdent(n); id != nil && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 && effects.Root(info, n.Args[0]) == types.Object(v) {
					note(n.Pos())
				}
			}
			return true
		})
	}
	return changed
}

// callBetween is the first call between the make and the loop that could change
// a field or a package's variable; for a loop that asks its count in every
// round, also one inside the loop.
func (s *StuckResult) callBetween(info *types.Info, loop ast.Stmt) *ast.CallExpr {
	end := loop.Pos()
	if _, asks := loop.(*ast.ForStmt); asks {
		end = loop.End()
	}
	var found *ast.CallExpr
	inspectOwn(s.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && found == nil && call.Pos() > s.Made.End() && call.Pos() < end && callee(info, call) != nil {
			if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Add" && sel.Sel.Name != "Go" {
				found = call
			}
		}
		return found == nil
	})
	return found
}

// countNames gathers the names in a loop's count.
func countNames(info *types.Info, loop ast.Stmt) []*ast.Ident {
	var x ast.Expr
	switch l := loop.(type) {
	case *ast.RangeStmt:
		x = l.X
	case *ast.ForStmt:
		if c, ok := l.Cond.(*ast.BinaryExpr); ok {
			x = c.Y
		}
	}
	var list []*ast.Ident
	if x != nil {
		ast.Inspect(x, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				list = append(list, id)
			}
			return true
		})
	}
	return list
}
