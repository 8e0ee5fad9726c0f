package matchers

import (
	"go/ast"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// decides finds what the statement around a call, which comes once all calls have
// returned, does to a later call of the round: it ends the round in front of that,
// or gives it something to work with.
//
//	if v, err := s.find(ctx, id); err == nil {
//		continue // the next call is not made
//	}
func (s *SeqLoop) decides(pass *rule.Pass, k int) (ast.Node, string) {
	c := s.Calls[k]
	if k+1 == len(s.Calls) || c.Check != nil || c.Stops || !c.Operand && !c.InHead {
		return nil, ""
	}
	if n := leavesRound(c.Stmts[0]); n != nil {
		return n, "whether the next call is made is decided by what this one gives"
	}
	var later []ast.Node
	for _, next := range s.Calls[k+1:] {
		for _, n := range next.Between {
			later = append(later, n)
		}
		later = append(later, next.Call)
	}
	used := varsIn(pass.Info, later...)
	for _, x := range assignedIn(c.Stmts[0]) {
		if v, ok := effects.Root(pass.Info, x).(*types.Var); ok && used[v] {
			return c.Stmts[0], v.Name() + " is what the next call works with, and is worked out once all calls have returned"
		}
	}
	for _, part := range branchesOf(c.Stmts[0]) {
		for _, next := range s.Calls[k+1:] {
			if got, _ := atOnce(pass, part, next.Call); got.Sure == Unsure {
				return part, "what is done here now comes behind the next call: " + got.Why
			}
		}
	}
	return nil, ""
}

// branchesOf are the blocks of an `if`.
func branchesOf(n ast.Stmt) (list []ast.Node) {
	if s, ok := n.(*ast.IfStmt); ok {
		list = append(list, s.Body)
		if s.Else != nil {
			list = append(list, s.Else)
		}
	}
	return list
}

// leavesRound is the first statement that ends a round, or more than that; nil for
// none.
func leavesRound(n ast.Node) (found ast.Node) {
	inspectOwn(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt:
			found = n
		case *ast.BranchStmt:
			found = n
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok && id.Name == "panic" {
				found = n
			}
		}
		return found == nil
	})
	return found
}
