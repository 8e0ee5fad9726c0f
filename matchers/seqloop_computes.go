package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// doesMore is the first part of a statement in front of a call that does more than
// compute: it couldn't be run for a later item before the calls of the earlier ones
// have returned, nor run once more (hazard A2). What it may do is to fill variables
// that the round declares itself, and to end the round.
func (s *SeqLoop) doesMore(pass *rule.Pass, n ast.Stmt) ast.Node {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for _, lhs := range n.Lhs {
			if !s.isOwn(pass.Info, lhs) {
				return lhs
			}
		}
		return firstImpure(pass, append(n.Rhs, n.Lhs...)...)
	case *ast.IncDecStmt:
		if !s.isOwn(pass.Info, n.X) {
			return n
		}
		return firstImpure(pass, n.X)
	case *ast.DeclStmt:
		return declDoesMore(pass, n)
	case *ast.BranchStmt:
		if n.Tok == token.CONTINUE && n.Label == nil {
			return nil
		}
	case *ast.EmptyStmt:
		return nil
	case *ast.BlockStmt:
		return s.anyDoesMore(pass, n.List)
	case *ast.IfStmt:
		var parts []ast.Stmt
		if n.Init != nil {
			parts = append(parts, n.Init)
		}
		if n.Else != nil {
			parts = append(parts, n.Else)
		}
		if x := s.anyDoesMore(pass, append(parts, n.Body)); x != nil {
			return x
		}
		return firstImpure(pass, n.Cond)
	case *ast.SwitchStmt:
		return s.switchDoesMore(pass, n)
	}
	return n
}

func (s *SeqLoop) anyDoesMore(pass *rule.Pass, list []ast.Stmt) ast.Node {
	for _, one := range list {
		if x := s.doesMore(pass, one); x != nil {
			return x
		}
	}
	return nil
}

func (s *SeqLoop) switchDoesMore(pass *rule.Pass, n *ast.SwitchStmt) ast.Node {
	if n.Init != nil {
		return n
	}
	if x := firstImpure(pass, n.Tag); x != nil {
		return x
	}
	for _, c := range n.Body.List {
		clause := c.(*ast.CaseClause)
		if x := firstImpure(pass, clause.List...); x != nil {
			return x
		}
		if x := s.anyDoesMore(pass, clause.Body); x != nil {
			return x
		}
	}
	return nil
}

func declDoesMore(pass *rule.Pass, n *ast.DeclStmt) ast.Node {
	gen, ok := n.Decl.(*ast.GenDecl)
	if !ok || gen.Tok != token.VAR {
		return n
	}
	for _, spec := range gen.Specs {
		if x := firstImpure(pass, spec.(*ast.ValueSpec).Values...); x != nil {
			return x
		}
	}
	return nil
}

// firstImpure is impure for a list; nil for none. A type assertion that may panic
// would do so before an earlier call has failed.
func firstImpure(pass *rule.Pass, list ...ast.Expr) ast.Node {
	for _, x := range list {
		if x == nil {
			continue
		}
		if found := impure(pass, x); found != nil {
			return found
		}
		if found := looksAtContext(pass.Info, x); found != nil {
			return found
		}
	}
	return nil
}

// looksAtContext finds what asks whether a context has ended: the answer may be
// another one when the results are collected.
func looksAtContext(info *types.Info, x ast.Expr) (found ast.Node) {
	ast.Inspect(x, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found != nil {
			return found == nil
		}
		asks := asksContext(info, call)
		if t := info.TypeOf(call); t != nil && (isErrorType(t) || types.Identical(t.Underlying(), types.Typ[types.Bool])) {
			asks = asks || slices.ContainsFunc(call.Args, func(a ast.Expr) bool { return effects.IsContext(info.TypeOf(a)) })
		}
		if asks {
			found = call
		}
		return found == nil
	})
	return found
}

// isOwn tells whether an assignment's target belongs to the round: a variable that
// the body declares, or a part of one that holds no pointer on the way.
func (s *SeqLoop) isOwn(info *types.Info, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		v, isVar := info.ObjectOf(x).(*types.Var)
		return x.Name == "_" || isVar && within(posNode(v.Pos()), s.Block)
	case *ast.SelectorExpr:
		if looksThrough(info, x) && !s.madeHere(info, x.X) {
			return false
		}
		return s.isOwn(info, x.X)
	case *ast.IndexExpr:
		_, array := info.TypeOf(x.X).Underlying().(*types.Array)
		return (array || s.madeHere(info, x.X)) && s.isOwn(info, x.X)
	}
	return false
}

// madeHere tells whether x names what the body makes itself: `req := &Request{...}`,
// `m := map[string]string{}`, `buf := make([]byte, n)`.
func (s *SeqLoop) madeHere(info *types.Info, x ast.Expr) bool {
	v := localVar(info, x, s.Block)
	if v == nil {
		return false
	}
	value := onlyValue(info, s.Block, v)
	if u, ok := value.(*ast.UnaryExpr); ok && u.Op == token.AND {
		value = u.X
	}
	switch value := value.(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		id := calleeIdent(value)
		return id != nil && info.Types[value.Fun].IsBuiltin() && (id.Name == "make" || id.Name == "new")
	}
	return false
}
