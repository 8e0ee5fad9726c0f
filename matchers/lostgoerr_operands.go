package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// sameWhenItRuns: `go f(x)` evaluates f and x at once; in a literal they are
// evaluated when the goroutine runs.
func sameWhenItRuns(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	at := l.Stmt.Pos()
	if l.Drop != DropStarted || l.Fix != FixLog {
		return rule.Holds(at, "the call stands where it stood")
	}
	if what := l.evaluated(pass); what != nil && !l.steady(pass, what) {
		return rule.Refuse(what.Pos(), fmt.Sprintf("%s is evaluated at the go statement, and may have changed when the goroutine runs", types.ExprString(what)))
	}
	for _, a := range l.Call.Args {
		if !l.steady(pass, a) {
			return rule.Refuse(a.Pos(), fmt.Sprintf("the argument %s is evaluated at the go statement, and may have changed when the goroutine runs", types.ExprString(a)))
		}
	}
	if f := l.exportedField(pass); f != "" {
		return rule.Assumed(at, fmt.Sprintf("no other package is taken to assign the field %s once the goroutine is started", f))
	}
	return rule.Holds(at, "what the go statement evaluates is the same when the goroutine runs")
}

// evaluated is what the go statement evaluates to know what to call: a method's
// receiver, a function value; nil for a function.
func (l *LostGoErr) evaluated(pass *rule.Pass) ast.Expr {
	sel, ok := ast.Unparen(l.Call.Fun).(*ast.SelectorExpr)
	switch {
	case l.Fn == nil:
		return l.Call.Fun
	case ok:
		return sel.X
	}
	return nil
}

// exportedField is a field among the operands that other packages could assign.
func (l *LostGoErr) exportedField(pass *rule.Pass) (name string) {
	ast.Inspect(l.Call, func(n ast.Node) bool {
		if _, lit := n.(*ast.FuncLit); lit {
			return false
		}
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if v, ok := pass.Info.Uses[sel.Sel].(*types.Var); ok && v.IsField() && v.Exported() && name == "" {
				name = types.ExprString(sel)
			}
		}
		return true
	})
	return name
}

// steady tells whether x has the same value when the goroutine runs.
func (l *LostGoErr) steady(pass *rule.Pass, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.BasicLit:
		return true
	case *ast.FuncLit:
		return true // made anew, with the same variables
	case *ast.UnaryExpr:
		v, ok := effects.Root(pass.Info, x).(*types.Var) // an address doesn't change, whatever is stored there
		return x.Op == token.AND && ok && plain(x.X) && l.steady(pass, x.X) && !v.IsField()
	case *ast.Ident:
		switch obj := pass.Info.ObjectOf(x).(type) {
		case *types.PkgName, *types.Func, *types.Const, *types.Nil, *types.TypeName:
			return true
		case *types.Var:
			return obj.Parent() != pass.Pkg.Scope() && l.settled(pass, obj)
		}
	case *ast.SelectorExpr:
		switch obj := pass.Info.Uses[x.Sel].(type) {
		case *types.Const:
			return true
		case *types.Func:
			return l.steady(pass, x.X)
		case *types.Var:
			if !obj.IsField() {
				return false // another package's variable
			}
			return l.steady(pass, x.X) && setOnlyWhenMade(pass, obj, l)
		}
	case *ast.CallExpr:
		fn := callee(pass.Info, x)
		if fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" && len(x.Args) == 0 && fn.Signature().Recv() == nil {
			return true // context.Background()
		}
		if pass.Info.Types[x.Fun].IsType() && len(x.Args) == 1 {
			return l.steady(pass, x.Args[0])
		}
	}
	return false
}

// settled tells whether nothing assigns a local variable once the goroutine is
// started.
func (l *LostGoErr) settled(pass *rule.Pass, v *types.Var) bool {
	from := l.Launch.End()
	for _, loop := range l.Loops {
		head := isHead(loop, v)
		if within(posNode(v.Pos()), loop) && head && !pass.AtLeast(l.File, "go1.22") {
			return false // one variable for all rounds (hazard A12)
		}
		if !within(posNode(v.Pos()), loop) {
			from = min(from, loop.Pos()) // a later round assigns it as well
		}
	}
	ok := true
	changed := func(at token.Pos) {
		if at > from && !within(posNode(at), l.Launch) || inLiteral(pass, at, l) {
			ok = false
		}
	}
	inspectAssigned(pass.Info, l.Decl, v, changed)
	switch v.Type().Underlying().(type) {
	case *types.Struct, *types.Array: // copied whole by the go statement
		inspectElements(pass.Info, l.Decl, v, changed)
	}
	return ok
}

// inLiteral tells whether a position stands in a function literal that the launch
// does not stand in: nobody knows when that runs.
func inLiteral(pass *rule.Pass, at token.Pos, l *LostGoErr) bool {
	found := false
	ast.Inspect(l.Decl, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && within(posNode(at), lit) && !within(l.Launch, lit) {
			found = true
		}
		return !found
	})
	return found
}

// setOnlyWhenMade tells whether a field is assigned nowhere in the package but in
// literals of its struct, in functions that make one, and above the launch in the
// same function.
func setOnlyWhenMade(pass *rule.Pass, field *types.Var, l *LostGoErr) bool {
	ok := true
	for c := range pass.Syntax().Preorder((*ast.AssignStmt)(nil)) {
		for _, lhs := range c.Node().(*ast.AssignStmt).Lhs {
			sel, isSel := ast.Unparen(lhs).(*ast.SelectorExpr)
			if isSel && isField(pass.Info, sel, field) && !l.setBefore(pass, c, sel) {
				ok = false
			}
		}
	}
	for c := range pass.Syntax().Preorder((*ast.UnaryExpr)(nil)) {
		x := c.Node().(*ast.UnaryExpr)
		if sel, isSel := ast.Unparen(x.X).(*ast.SelectorExpr); isSel && x.Op == token.AND && isField(pass.Info, sel, field) {
			ok = false
		}
	}
	return ok
}

// isField tells whether a selector means a field, of whatever instance of its type.
func isField(info *types.Info, sel *ast.SelectorExpr, field *types.Var) bool {
	v, ok := info.Uses[sel.Sel].(*types.Var)
	return ok && v.Origin() == field.Origin()
}

// setBefore tells whether an assignment of a field is done by the time that the
// goroutine is started.
func (l *LostGoErr) setBefore(pass *rule.Pass, c inspector.Cursor, sel *ast.SelectorExpr) bool {
	p, _, ok := placeOf(c)
	if !ok {
		return false
	}
	if p.Func == l.Func && c.Node().End() <= l.Launch.Pos() && len(l.Loops) == 0 {
		return true
	}
	made := localVar(pass.Info, sel.X, p.Body)
	value := ast.Expr(nil)
	if made != nil {
		value = onlyValue(pass.Info, p.Body, made)
	}
	if u, isAddr := ast.Unparen(value).(*ast.UnaryExpr); isAddr {
		value = u.X
	}
	_, literal := ast.Unparen(value).(*ast.CompositeLit)
	return literal
}
