package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// errorHasAWay: whoever waits for a group learns its error, and must not drop it
// where the function would have said that all went well.
func errorHasAWay(pass *rule.Pass, n *NoWait) rule.Verdict {
	at := n.at().Pos()
	if !n.WaitErrs() {
		return rule.Holds(at, "the group has no error to give")
	}
	gives := false
	for _, l := range n.Leaves {
		if why := n.chooseGive(pass, l); why != "" {
			return rule.Refuse(l.At, why)
		}
		gives = gives || l.Give != Keep
	}
	if gives {
		return rule.Assumed(at, "an error of what was started is taken to be one of the function's, too")
	}
	return rule.Holds(at, "where the new waits stand, an error is returned already, or the group can have none")
}

// chooseGive decides what a leave makes of the group's error, and says why none
// of the ways will do.
func (n *NoWait) chooseGive(pass *rule.Pass, l *NoWaitLeave) (why string) {
	if !n.mayFail() {
		return ""
	}
	results := n.Type.Results
	if results == nil || results.NumFields() == 0 || !isErrorType(pass.Info.TypeOf(results.List[len(results.List)-1].Type)) {
		return fmt.Sprintf("the functions of %s may fail, and the function around has no error to return", n.Group.Text)
	}
	count := results.NumFields()
	if l.Return == nil || len(l.Return.Results) != count {
		if l.Return != nil && len(l.Return.Results) == 0 && n.underCheck(pass, l, nil) != nil {
			return ""
		}
		return fmt.Sprintf("what line %d returns as its error can't be seen there", pass.Line(l.At))
	}
	result, others := l.Return.Results[count-1], l.Return.Results[:count-1]
	check := n.underCheck(pass, l, result)
	_, ended := n.toldToLeave(pass, l)
	switch {
	case pass.Info.Types[result].IsNil() && !slices.ContainsFunc(others, func(x ast.Expr) bool { return !isZeroValue(pass.Info, x) }):
		l.Give = GiveWait
	case pass.Info.Types[result].IsNil() || ended && n.groupContextIn(pass, result):
		if slices.ContainsFunc(others, func(x ast.Expr) bool { return ZeroOf(pass.Info, x) == "" }) {
			return fmt.Sprintf("line %d returns a value that is only right where the group did not fail", pass.Line(l.At))
		}
		l.Give = GiveUnless
	case n.groupContextIn(pass, result):
		return fmt.Sprintf("line %d asks the group's context, which ends with the wait", pass.Line(l.At))
	case isNewError(pass.Info, result) || check != nil:
		l.Tell = l.Cancel == "" && n.canTell(pass)
		if l.Tell {
			return l.tellWith(pass, result, check)
		}
	default:
		return fmt.Sprintf("the error that line %d returns may be nil, and the group's would be lost", pass.Line(l.At))
	}
	return ""
}

// tellWith chooses the error that the group is handed.
func (l *NoWaitLeave) tellWith(pass *rule.Pass, result ast.Expr, check types.Object) (why string) {
	id, named := ast.Unparen(result).(*ast.Ident)
	scope := pass.Pkg.Scope().Innermost(l.At)
	switch {
	case named:
		l.With = id.Name
	case check != nil && meansHere(pass, check.Name(), check, l.At):
		l.With = check.Name()
	case scope == nil || scope.Lookup("err") != nil:
		return fmt.Sprintf("there is no name for the error that line %d returns: err is taken there", pass.Line(l.At))
	}
	return ""
}

// mayFail tells whether anything in the group returns an error.
func (n *NoWait) mayFail() bool {
	return slices.ContainsFunc(n.starts, func(s *groupStart) bool { return s.errs })
}

// isZeroValue tells whether an expression is a zero value, written as such.
func isZeroValue(info *types.Info, x ast.Expr) bool {
	switch e := ast.Unparen(x).(type) {
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.Ident, *ast.BasicLit:
		tv := info.Types[e]
		return tv.IsNil() || tv.Value != nil && ZeroOf(info, x) == tv.Value.ExactString()
	}
	return false
}

// ZeroOf is Go source for the zero value of an expression's type, as it is
// returned beside an error; the expression itself where it is an empty literal,
// "" where there is no plain way to write it.
func ZeroOf(info *types.Info, x ast.Expr) string {
	if lit, ok := ast.Unparen(x).(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
		return types.ExprString(lit)
	}
	switch t := info.TypeOf(x).Underlying().(type) {
	case *types.Pointer, *types.Slice, *types.Map, *types.Chan, *types.Signature, *types.Interface:
		if _, param := types.Unalias(info.TypeOf(x)).(*types.TypeParam); !param {
			return "nil"
		}
	case *types.Basic:
		switch {
		case t.Kind() == types.UntypedNil:
			return "nil"
		case t.Info()&types.IsNumeric != 0:
			return "0"
		case t.Info()&types.IsString != 0:
			return `""`
		case t.Info()&types.IsBoolean != 0:
			return "false"
		}
	}
	return ""
}

// isNewError tells whether an expression makes an error that is not nil:
// errors.New, fmt.Errorf, a package's error variable.
func isNewError(info *types.Info, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		fn := callee(info, x)
		return fn != nil && (fn.FullName() == "errors.New" || fn.FullName() == "fmt.Errorf")
	case *ast.Ident:
		v, ok := info.Uses[x].(*types.Var)
		return ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
	case *ast.SelectorExpr:
		v, ok := info.Uses[x.Sel].(*types.Var)
		return ok && !v.IsField()
	case *ast.UnaryExpr:
		_, lit := x.X.(*ast.CompositeLit)
		return x.Op == token.AND && lit
	}
	return false
}

// underCheck is the error of the `if err != nil` that a return stands under, where
// what it returns comes from that; x nil: whatever it returns. nil for none.
func (n *NoWait) underCheck(pass *rule.Pass, l *NoWaitLeave, x ast.Expr) (err types.Object) {
	c, ok := n.cursorAt(l)
	if !ok {
		return nil
	}
	for up := range c.Enclosing((*ast.IfStmt)(nil), (*ast.CaseClause)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up.Node() == n.Func {
			break
		}
		switch s := up.Node().(type) {
		case *ast.IfStmt:
			if within(posNode(l.At), s.Body) {
				err = checkedIn(pass, s.Cond, x)
			}
		case *ast.CaseClause:
			if len(s.List) == 1 {
				err = checkedIn(pass, s.List[0], x)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkedIn is the error that a condition says is not nil, of those that x comes
// from; x nil: any.
func checkedIn(pass *rule.Pass, cond, x ast.Expr) types.Object {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok {
		return nil
	}
	if b.Op == token.LAND {
		if err := checkedIn(pass, b.X, x); err != nil {
			return err
		}
		return checkedIn(pass, b.Y, x)
	}
	id, named := ast.Unparen(b.X).(*ast.Ident)
	if b.Op != token.NEQ || !named || !pass.Info.Types[b.Y].IsNil() || !isErrorType(pass.Info.TypeOf(b.X)) {
		return nil
	}
	if err := pass.Info.Uses[id]; x == nil || len(uses(pass.Info, x, err)) > 0 {
		return err
	}
	return nil
}

// canTell tells whether the group can be told of a failure, so that its context
// ends: it has one, and what is started is given it.
func (n *NoWait) canTell(pass *rule.Pass) bool {
	return n.Group.Kind == ErrGroup && n.Group.Ctx != nil && (n.given(pass, n.Group.Ctx) || n.givesDerived(pass))
}

// givesDerived tells whether what is started is given a context of another name,
// which may come from the group's.
func (n *NoWait) givesDerived(pass *rule.Pass) bool {
	found := false
	inspectOwn(n.Body, func(m ast.Node) bool {
		a, ok := m.(*ast.AssignStmt)
		if !ok || len(a.Rhs) != 1 || a == n.Group.Made || len(uses(pass.Info, a.Rhs[0], n.Group.Ctx)) == 0 {
			return true
		}
		for _, lhs := range a.Lhs {
			if id, ok := lhs.(*ast.Ident); ok && pass.Info.ObjectOf(id) != nil {
				found = found || n.given(pass, pass.Info.ObjectOf(id))
			}
		}
		return true
	})
	return found
}

// cursorAt is where a leave stands.
func (n *NoWait) cursorAt(l *NoWaitLeave) (inspector.Cursor, bool) {
	if l.Return == nil {
		return inspector.Cursor{}, false
	}
	return n.root.FindNode(l.Return)
}
