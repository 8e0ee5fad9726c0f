package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// impure is the first part of an expression that does more than look at
// variables: a call that isn't known to compute and no more, a receive, a function
// literal. nil where there is none (hazard A2). own is the call that is moved
// itself, which may stand in it.
func impure(pass *rule.Pass, x ast.Expr, own ...*ast.CallExpr) ast.Expr {
	var found ast.Expr
	ast.Inspect(x, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			found = n
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				found = n
			}
		case *ast.CallExpr:
			for _, c := range own {
				if c == n {
					return true
				}
			}
			if !computes(pass, n) {
				found = n
			}
		}
		return found == nil
	})
	return found
}

// computes tells whether a call is known to have no effect, to end and not to
// panic by itself: a conversion, len, what the table or its body says is pure.
func computes(pass *rule.Pass, call *ast.CallExpr) bool {
	if pass.Info.Types[call.Fun].IsType() {
		return true
	}
	if id := calleeIdent(call); id != nil && pass.Info.Types[call.Fun].IsBuiltin() {
		switch id.Name {
		case "len", "cap", "min", "max", "new", "make", "complex", "real", "imag":
			return true
		}
		return false
	}
	s := pass.Effects.Call(call)
	return s.Verb == effects.Pure && s.Block == effects.None && s.Ends == effects.Yes && s.Panics == effects.PanicNo &&
		s.Exits == effects.No && s.Spawns == effects.SpawnNone && !callWritesMemory(pass, call)
}

// mayPanic is the first part of an expression that can panic by itself: an
// index, a division, an assertion, a look through a pointer that may be nil. The
// receiver of the method that it stands in is taken to be there.
func mayPanic(pass *rule.Pass, x ast.Expr, recv *types.Var) ast.Expr {
	var found ast.Expr
	ast.Inspect(x, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.IndexExpr:
			if tv := pass.Info.Types[n.Index]; tv.IsValue() {
				found = n
			}
		case *ast.SliceExpr, *ast.TypeAssertExpr, *ast.StarExpr:
			if e := n.(ast.Expr); pass.Info.Types[e].IsValue() {
				found = e
			}
		case *ast.BinaryExpr:
			if (n.Op == token.QUO || n.Op == token.REM) && pass.Info.Types[n.Y].Value == nil {
				found = n
			}
		case *ast.SelectorExpr:
			if looksThrough(pass.Info, n) && !isVar(pass.Info, n.X, recv) {
				found = n
			}
		}
		return found == nil
	})
	return found
}

// looksThrough tells whether a selection of a field dereferences a pointer.
func looksThrough(info *types.Info, sel *ast.SelectorExpr) bool {
	s := info.Selections[sel]
	return s != nil && s.Kind() == types.FieldVal && s.Indirect()
}

func isVar(info *types.Info, x ast.Expr, v *types.Var) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && v != nil && info.Uses[id] == types.Object(v)
}

// varsIn gathers the variables that a node mentions, fields left out.
func varsIn(info *types.Info, nodes ...ast.Node) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	for _, root := range nodes {
		if root == nil {
			continue
		}
		ast.Inspect(root, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if v, ok := info.ObjectOf(id).(*types.Var); ok && !v.IsField() {
					vars[v] = true
				}
			}
			return true
		})
	}
	return vars
}

// writtenBy gathers the variables that a call may write through what it is
// handed: those whose address is taken among its arguments (hazard A3).
func writtenBy(info *types.Info, call *ast.CallExpr) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	ast.Inspect(call, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.AND {
			if v, ok := effects.Root(info, u.X).(*types.Var); ok {
				vars[v] = true
			}
		}
		return true
	})
	return vars
}
