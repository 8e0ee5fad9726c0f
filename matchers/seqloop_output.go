package matchers

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// endsAtFailure: where the loop goes on behind an error, all rounds behind the first
// whose context ended failed as well. Side by side, one of those may have succeeded
// (B13).
func endsAtFailure(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	for _, c := range s.Calls {
		if !c.Stops && contextArg(pass.Info, c.Call) >= 0 {
			s.Lives = c
			return rule.Assumed(c.Call.Pos(), "the loop goes on behind an error: that a round may succeed behind one that the caller cut short is taken not to matter")
		}
	}
	return rule.Holds(s.Loop.Pos(), "an error ends the loop, the end of the context included")
}

// processStays: a call that ends the process for a failure would cut off the others
// (C1); what else is asked of panics is asked as for a group.
func processStays(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	for _, c := range s.Calls {
		if pass.Effects.Call(c.Call).Exits == effects.Yes {
			return rule.Refuse(c.Call.Pos(), c.Name()+" may end the process: that would cut off the calls under way beside it")
		}
	}
	return panicsStay(pass, s.asRun())
}

// outputComesLater: what is logged or printed behind the calls keeps its order, and
// comes once all of them have returned (E4, E8). Who watches a terminal sees that.
func outputComesLater(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	for _, root := range s.behind() {
		var at *ast.CallExpr
		ast.Inspect(root, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && at == nil && !s.makes(call) && tellsSomebody(pass, call) {
				at = call
			}
			return at == nil
		})
		if at != nil {
			s.Tells = at
			return rule.Assumed(at.Pos(), callName(at)+" tells somebody something: it now does so once all calls have returned, in the old order")
		}
	}
	return rule.Holds(s.Loop.Pos(), "what is logged keeps its order")
}

// tellsSomebody tells whether a call, other than one that logs, does something that
// is seen outside of the program, or may.
func tellsSomebody(pass *rule.Pass, call *ast.CallExpr) bool {
	if pass.Info.Types[call.Fun].IsType() || pass.Info.Types[call.Fun].IsBuiltin() {
		return false
	}
	fn := callee(pass.Info, call)
	if fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "fmt" && (strings.HasPrefix(fn.Name(), "Print") || strings.HasPrefix(fn.Name(), "Fprint")) {
		return true // somebody may watch
	}
	if fn != nil && asksError(fn) {
		return false
	}
	if fn != nil && (makesError(fn) || libOf(fn) != noLog) {
		return false
	}
	return !pass.Effects.Call(call).Verb.Harmless()
}

// asksError tells whether a function is asked what an error is: errdefs.IsNotFound.
func asksError(fn *types.Func) bool {
	params, results := fn.Signature().Params(), fn.Signature().Results()
	if params.Len() != 1 || !isErrorType(params.At(0).Type()) || results.Len() != 1 {
		return false
	}
	b, ok := results.At(0).Type().Underlying().(*types.Basic)
	return ok && b.Info()&types.IsBoolean != 0
}

// makes tells whether call is one of the loop's own.
func (s *SeqLoop) makes(call *ast.CallExpr) bool {
	for _, c := range s.Calls {
		if c.Call == call {
			return true
		}
	}
	return false
}

// resultsFit: the results of all rounds are held at once (J2). Where the loop kept
// them anyway, or they are small, nothing changes.
func resultsFit(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	for _, c := range s.Calls {
		for _, r := range c.Results {
			if r.Blank() || isSmall(r.Type, 2) || r.Var == nil || s.keeps(pass, r.Var) {
				continue
			}
			s.Held = r.Var
			return rule.Assumed(c.Call.Pos(), r.Var.Name()+" of every round is held until all calls have returned: they are taken to be small")
		}
		if c.Operand && !isSmall(pass.Info.TypeOf(c.Call), 2) && !s.keepsOperand(pass, c) {
			return rule.Assumed(c.Call.Pos(), "what every round's call gives is held until all have returned: it is taken to be small")
		}
	}
	return rule.Holds(s.Loop.Pos(), "what the rounds give is small, or was kept before")
}

// isSmall tells whether a value refers to nothing big: numbers, errors, structs of
// those.
func isSmall(t types.Type, depth int) bool {
	if isErrorType(t) || effects.IsContext(t) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return true
	case *types.Struct:
		if depth == 0 {
			return false
		}
		for f := range u.Fields() {
			if !isSmall(f.Type(), depth-1) {
				return false
			}
		}
		return true
	case *types.Pointer:
		return isSmall(u.Elem(), depth)
	}
	return false
}

// keeps tells whether what v holds, or a part of it, goes into something that the
// loop fills.
func (s *SeqLoop) keeps(pass *rule.Pass, v *types.Var) bool {
	found := false
	for _, n := range s.Rest {
		ast.Inspect(n, func(m ast.Node) bool {
			a, ok := m.(*ast.AssignStmt)
			if !ok || found {
				return !found
			}
			for i, rhs := range a.Rhs {
				if len(a.Lhs) != len(a.Rhs) || !varsIn(pass.Info, rhs)[v] {
					continue
				}
				root, _ := effects.Root(pass.Info, a.Lhs[i]).(*types.Var)
				_, plain := ast.Unparen(a.Lhs[i]).(*ast.Ident)
				if !plain || root != nil && !s.inRound(root) && isAppend(pass.Info, rhs) {
					found = true
				}
			}
			return !found
		})
	}
	return found
}

// keepsOperand is keeps for a call that is itself an operand.
func (s *SeqLoop) keepsOperand(pass *rule.Pass, c *LoopCall) bool {
	a, ok := c.Stmts[0].(*ast.AssignStmt)
	if !ok || len(a.Rhs) != 1 {
		return false
	}
	_, plain := ast.Unparen(a.Lhs[0]).(*ast.Ident)
	return !plain || isAppend(pass.Info, a.Rhs[0])
}

func isAppend(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	id := calleeIdent(call)
	return id != nil && id.Name == "append" && info.Types[call.Fun].IsBuiltin()
}
