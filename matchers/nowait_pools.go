package matchers

import (
	"go/ast"
	"go/types"
	"strings"
)

const concPath = "github.com/sourcegraph/conc"

// waitedKind knows, besides the groups that all rules know, the pools of
// github.com/sourcegraph/conc whose Wait gives an error or nothing: their Go and
// Wait mean what a group's do.
func waitedKind(t types.Type) (GroupKind, bool) {
	if kind, ok := groupKind(t); ok {
		return kind, true
	}
	for _, name := range []string{"Pool", "ErrorPool", "ContextPool"} {
		if isNamed(t, concPath+"/pool", name) {
			return PoolGroup, true
		}
	}
	return PoolGroup, isNamed(t, concPath, "WaitGroup")
}

// WaitErrs tells whether the group's Wait gives an error.
func (n *NoWait) WaitErrs() bool {
	m, _, _ := types.LookupFieldOrMethod(types.NewPointer(deref(n.Group.Var.Type())), true, nil, "Wait")
	fn, ok := m.(*types.Func)
	return ok && fn.Signature().Results().Len() == 1
}

// configures tells whether a mention of a pool only sets it up:
// `p.WithMaxGoroutines(4)`.
func (g *Group) configures(op GroupOp) bool {
	sel, ok := op.Cur.Parent().Node().(*ast.SelectorExpr)
	if !ok || g.Kind != PoolGroup || !strings.HasPrefix(sel.Sel.Name, "With") {
		return false
	}
	call, ok := op.Cur.Parent().Parent().Node().(*ast.CallExpr)
	if !ok || call.Fun != ast.Expr(sel) {
		return false
	}
	_, alone := op.Cur.Parent().Parent().Parent().Node().(*ast.ExprStmt)
	return alone
}

// makesGroup tells whether the statement that names a group also makes it: a
// declaration without a value, new, a literal, errgroup.WithContext, or a
// function whose name says so. Anything else may be another name for a group
// that somebody else waits for.
func makesGroup(info *types.Info, g *Group) bool {
	var value ast.Expr
	switch s := g.Made.(type) {
	case *ast.DeclStmt:
		spec := declares(info, s, g.Var)
		if spec == nil {
			return false
		}
		if len(spec.Values) == 0 {
			_, pointer := types.Unalias(g.Var.Type()).(*types.Pointer)
			return !pointer
		}
		value = spec.Values[0]
	case *ast.AssignStmt:
		value = s.Rhs[0]
	}
	value = ast.Unparen(value)
	if u, ok := value.(*ast.UnaryExpr); ok {
		value = u.X
	}
	switch x := value.(type) {
	case *ast.CompositeLit:
		return true
	case *ast.CallExpr:
		if b, ok := info.Uses[calleeIdent(x)].(*types.Builtin); ok {
			return b.Name() == "new"
		}
		fn := callee(info, x)
		return fn != nil && (strings.HasPrefix(strings.ToLower(fn.Name()), "new") || strings.HasPrefix(fn.Name(), "With"))
	}
	return false
}
