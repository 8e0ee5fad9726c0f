package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// An exitScan looks for the ways on which a loop is left before its last round.
type exitScan struct {
	info *types.Info
	own  string   // the loop's label
	data ast.Node // leaves for what a call gave: a search (hazard F1)
	late ast.Node // leaves on an error that no check right behind a call asks about
}

// leavesEarly finds the ways out behind the calls.
func (s *SeqLoop) leavesEarly(pass *rule.Pass) exitScan {
	e := exitScan{info: pass.Info}
	if s.Label != nil {
		e.own = s.Label.Label.Name
	}
	for _, c := range s.Calls {
		switch {
		case c.Stops:
		case c.Check != nil:
			e.list(c.Check.Body.List, true, true)
		default:
			e.stmt(c.Stmts[0], false, true)
		}
	}
	e.list(s.Rest, false, true)
	return e
}

// list walks statements; failed tells that they run because something failed,
// and ours that an unlabelled break is the loop's own.
func (e *exitScan) list(list []ast.Stmt, failed, ours bool) {
	for i, one := range list {
		if r, ok := one.(*ast.ReturnStmt); ok && i > 0 && e.givesMade(r, list[i-1]) {
			e.leave(r, true)
			continue
		}
		e.stmt(one, failed, ours)
	}
}

func (e *exitScan) stmt(n ast.Stmt, failed, ours bool) {
	switch n := n.(type) {
	case *ast.ReturnStmt:
		e.leave(n, failed || e.givesMade(n, nil))
	case *ast.BranchStmt:
		if n.Label != nil && n.Label.Name == e.own && n.Tok == token.CONTINUE {
			return
		}
		if n.Label != nil || n.Tok == token.GOTO || n.Tok == token.BREAK && ours {
			e.leave(n, failed)
		}
	case *ast.BlockStmt:
		e.list(n.List, failed, ours)
	case *ast.LabeledStmt:
		e.stmt(n.Stmt, failed, ours)
	case *ast.IfStmt:
		yes, no := meansFailure(e.info, n.Cond)
		e.list(n.Body.List, failed || yes, ours)
		if n.Else != nil {
			e.stmt(n.Else, failed || no, ours)
		}
	case *ast.ForStmt:
		e.list(n.Body.List, failed, false)
	case *ast.RangeStmt:
		e.list(n.Body.List, failed, false)
	case *ast.SwitchStmt:
		e.cases(n.Body, failed)
	case *ast.TypeSwitchStmt:
		e.cases(n.Body, failed)
	case *ast.SelectStmt:
		e.cases(n.Body, failed)
	}
}

func (e *exitScan) cases(body *ast.BlockStmt, failed bool) {
	for _, c := range body.List {
		switch c := c.(type) {
		case *ast.CaseClause:
			yes := false
			for _, x := range c.List {
				y, _ := meansFailure(e.info, x)
				yes = yes || y
			}
			e.list(c.Body, failed || yes, false)
		case *ast.CommClause:
			e.list(c.Body, failed, false)
		}
	}
}

func (e *exitScan) leave(n ast.Node, failed bool) {
	if failed && e.late == nil {
		e.late = n
	}
	if !failed && e.data == nil {
		e.data = n
	}
}

// givesMade tells whether a return gives an error that is made there, or in the
// statement before it, where the results have names. That is no search that has
// found something: `if v == nil { return fmt.Errorf("no volume %s", name) }`.
func (e *exitScan) givesMade(r *ast.ReturnStmt, before ast.Stmt) bool {
	if n := len(r.Results); n > 0 {
		return newError(e.info, r.Results[n-1])
	}
	a, ok := before.(*ast.AssignStmt)
	return ok && a.Tok == token.ASSIGN && len(a.Lhs) == 1 && isErrorType(e.info.TypeOf(a.Lhs[0])) && newError(e.info, a.Rhs[0])
}

// newError tells whether x makes an error that is never nil.
func newError(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := callee(info, call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	switch fn.Pkg().Path() + "." + fn.Name() {
	case "fmt.Errorf", "errors.New", "github.com/pkg/errors.New", "github.com/pkg/errors.Errorf":
		return true
	}
	return false
}

// meansFailure tells whether a condition, when it is true and when it is not, says
// that something failed.
func meansFailure(info *types.Info, cond ast.Expr) (yes, no bool) {
	switch c := ast.Unparen(cond).(type) {
	case *ast.BinaryExpr:
		switch c.Op {
		case token.NEQ, token.EQL:
			isErr := info.Types[c.Y].IsNil() && isErrorType(info.TypeOf(c.X))
			if !isErr && c.Op == token.EQL && isErrorType(info.TypeOf(c.X)) && isErrorType(info.TypeOf(c.Y)) {
				return true, false // err == io.EOF
			}
			return isErr && c.Op == token.NEQ, isErr && c.Op == token.EQL
		case token.LAND:
			y1, _ := meansFailure(info, c.X)
			y2, _ := meansFailure(info, c.Y)
			return y1 || y2, false
		case token.LOR:
			y1, n1 := meansFailure(info, c.X)
			y2, n2 := meansFailure(info, c.Y)
			return y1 && y2, n1 || n2
		}
	case *ast.UnaryExpr:
		if c.Op == token.NOT {
			y, n := meansFailure(info, c.X)
			return n, y
		}
	case *ast.CallExpr: // errors.Is(err, ErrGone), status.IsNotFound(err)
		for _, a := range c.Args {
			if isErrorType(info.TypeOf(a)) {
				return true, false
			}
		}
	}
	return false, false
}
