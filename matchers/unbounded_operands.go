package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// operandsMove: `go f(x)` evaluates f and x at once; inside the new literal they
// would be evaluated later, so they must still mean the same then.
func operandsMove(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	if u.Fix == Pool {
		return poolFits(pass, u)
	}
	if u.Lit != nil || u.Fix == SetLimit {
		return rule.Holds(at, "what the function that is started does stays as it is; lines are only added")
	}
	if u.How == WaitGroupGo {
		return rule.Refuse(at, "the function is not a literal: there is no body to give the slot back in")
	}
	if sel, ok := ast.Unparen(u.Call.Fun).(*ast.SelectorExpr); ok && !u.steady(pass, sel.X) {
		return rule.Refuse(sel.Pos(), fmt.Sprintf("%s is evaluated when the goroutine starts, and may have changed by then", types.ExprString(sel.X)))
	}
	for _, a := range u.Call.Args {
		if !u.steady(pass, a) {
			return rule.Refuse(a.Pos(), fmt.Sprintf("the argument %s is evaluated at the go statement, and may have changed when the goroutine runs", types.ExprString(a)))
		}
	}
	return rule.Holds(at, "what the go statement evaluates is the same when the goroutine runs")
}

// steady tells whether x has the same value whenever it is evaluated after the
// go statement: a constant, a package or a function, a variable that is
// assigned once, a loop variable that is new in each round.
func (u *Unbounded) steady(pass *rule.Pass, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.BasicLit:
		return true
	case *ast.UnaryExpr:
		v, ok := effects.Root(pass.Info, x).(*types.Var) // an address doesn't change, whatever is stored there
		return x.Op == token.AND && ok && !(u.Loop != nil && isHead(u.Loop, v) && within(posNode(v.Pos()), u.Loop))
	case *ast.Ident:
		switch obj := pass.Info.ObjectOf(x).(type) {
		case *types.PkgName, *types.Func, *types.Const, *types.Nil:
			return true
		case *types.Var:
			return u.settled(pass, obj)
		}
	}
	return false
}

// settled tells whether nothing assigns v after the launch.
func (u *Unbounded) settled(pass *rule.Pass, v *types.Var) bool {
	if v.Parent() == pass.Pkg.Scope() {
		return false
	}
	perRound := u.Loop != nil && within(posNode(v.Pos()), u.Loop)
	if !pass.AtLeast(u.File, "go1.22") {
		for _, l := range u.Loops { // one variable for all rounds (hazard A12)
			if within(posNode(v.Pos()), l) && isHead(l, v) {
				return false
			}
		}
	}
	n := 0
	changed := func(at token.Pos) {
		if !perRound && at > v.Pos() || perRound && at > u.Stmt.End() && at < u.Loop.End() {
			n++
		}
	}
	inspectAssigned(pass.Info, u.Func, v, changed)
	inspectElements(pass.Info, u.Func, v, func(at token.Pos) {
		switch v.Type().Underlying().(type) {
		case *types.Struct, *types.Array: // copied whole by the go statement
			if !within(posNode(at), u.Stmt) {
				changed(at)
			}
		}
	})
	return n == 0
}

// isHead tells whether v is declared in the loop's head.
func isHead(loop ast.Stmt, v *types.Var) bool {
	switch l := loop.(type) {
	case *ast.ForStmt:
		return v.Pos() < l.Body.Pos()
	case *ast.RangeStmt:
		return v.Pos() < l.Body.Pos()
	}
	return false
}
