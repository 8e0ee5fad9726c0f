package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/rule"
)

// A trip says how often a loop runs.
type trip struct {
	over   string // what the number follows: "hosts", "n"; "" where nothing bounds it
	fixed  bool   // the source fixes the number: a constant, an array, a literal list
	chosen bool   // the number is itself a bound: workers, NumCPU
	stream string // for a loop that only the outside ends: what it takes from
}

// boundName is how people call a number that means "at most so many at once".
// Such a name ends the search for a finding; it never makes one.
var boundName = regexp.MustCompile(`(?i)(concurren|parallel|worker|thread|inflight|goroutine|numcpu|nproc|poolsize|shard|replica)`)

// tripOf reads a loop's head.
func tripOf(pass *rule.Pass, loop ast.Stmt, body ast.Node) trip {
	switch l := loop.(type) {
	case *ast.RangeStmt:
		return rangeTrip(pass, l, body)
	case *ast.ForStmt:
		return forTrip(pass, l, body)
	}
	return trip{}
}

func rangeTrip(pass *rule.Pass, l *ast.RangeStmt, body ast.Node) trip {
	info := pass.Info
	t := info.TypeOf(l.X)
	if t == nil {
		return trip{}
	}
	text := types.ExprString(l.X)
	switch u := t.Underlying().(type) {
	case *types.Chan:
		return trip{stream: text}
	case *types.Array:
		return trip{over: text, fixed: true}
	case *types.Pointer:
		return trip{over: text, fixed: true} // to an array: nothing else can be ranged over
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			return countTrip(pass, l.X, body)
		}
		return trip{over: text, fixed: info.Types[l.X].Value != nil}
	}
	return trip{over: text, fixed: fixedList(pass, l.X, body)}
}

// forTrip reads `for i := 0; i < n; i++`, `for rows.Next()` and `for {}`.
func forTrip(pass *rule.Pass, l *ast.ForStmt, body ast.Node) trip {
	info := pass.Info
	switch cond := l.Cond.(type) {
	case nil:
		return trip{stream: "an endless loop"}
	case *ast.BinaryExpr:
		if l.Post == nil {
			break
		}
		if info.Types[cond.Y].IsNil() { // a linked list
			return trip{over: types.ExprString(cond.X)}
		}
		switch {
		case isCounter(info, l, cond.Y): // `len(xs) > i`
			return countTrip(pass, cond.X, body)
		case cond.Op == token.LSS || cond.Op == token.LEQ || cond.Op == token.NEQ:
			return countTrip(pass, cond.Y, body)
		case cond.Op == token.GTR || cond.Op == token.GEQ:
			return countTrip(pass, start(l), body)
		}
	case *ast.CallExpr:
		return trip{over: types.ExprString(cond)}
	}
	return trip{stream: "a loop that ends on a condition"}
}

// isCounter tells whether x is the variable that the loop's head declares.
func isCounter(info *types.Info, l *ast.ForStmt, x ast.Expr) bool {
	init, ok := l.Init.(*ast.AssignStmt)
	if !ok {
		return false
	}
	def := firstIdent(init.Lhs)
	return def != nil && isUse(info, x, def)
}

// start is the first value of a loop's counter, for loops that count down.
func start(l *ast.ForStmt) ast.Expr {
	if a, ok := l.Init.(*ast.AssignStmt); ok && len(a.Rhs) == 1 {
		return a.Rhs[0]
	}
	return l.Cond
}

// countTrip reads a number of rounds.
func countTrip(pass *rule.Pass, n ast.Expr, body ast.Node) trip {
	info := pass.Info
	n = ast.Unparen(n)
	text := types.ExprString(n)
	if info.Types[n].Value != nil {
		return trip{over: text, fixed: true}
	}
	if !isLen(info, n) && boundName.MatchString(text) || strings.Contains(text, "GOMAXPROCS") {
		return trip{over: text, chosen: true}
	}
	if call, ok := n.(*ast.CallExpr); ok {
		if b, ok := typeutil.Callee(info, call).(*types.Builtin); ok && b.Name() == "len" && len(call.Args) == 1 {
			return trip{over: types.ExprString(call.Args[0]), fixed: fixedList(pass, call.Args[0], body)}
		}
	}
	if v := localVar(info, n, body); v != nil {
		if init := onlyValue(info, body, v); init != nil && init != n {
			t := countTrip(pass, init, body)
			t.over = text
			return t
		}
	}
	return trip{over: text}
}

// fixedList tells whether the length of a slice or map stands in the source: a
// literal, or a variable that only ever holds one.
func fixedList(pass *rule.Pass, x ast.Expr, body ast.Node) bool {
	info := pass.Info
	switch x := ast.Unparen(x).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.Ident:
		if v := localVar(info, x, body); v != nil {
			lit, ok := onlyValue(info, body, v).(*ast.CompositeLit)
			return ok && lit != nil && len(lit.Elts) > 0 || filledFromTable(pass, body, v)
		}
		return isTable(pass, x)
	case *ast.SelectorExpr:
		return isTable(pass, x.Sel)
	case *ast.CallExpr:
		if t := info.TypeOf(x); t != nil {
			_, array := t.Underlying().(*types.Array)
			return array
		}
	}
	return false
}

// isTable tells whether a name is a table that somebody wrote down: a variable
// of this package that nothing ever changes, or one of another package of the
// same module, whose changes can't be seen but are rare.
func isTable(pass *rule.Pass, id *ast.Ident) bool {
	v, ok := pass.Info.Uses[id].(*types.Var)
	if !ok || v.IsField() || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		return false
	}
	if v.Pkg() != pass.Pkg {
		return sameModule(v.Pkg().Path(), pass.Pkg.Path())
	}
	changed := false
	for _, f := range pass.Files {
		inspectAssigned(pass.Info, f, v, func(token.Pos) { changed = true })
		inspectElements(pass.Info, f, v, func(token.Pos) { changed = true })
	}
	return !changed
}

// sameModule takes packages with the same first three path elements
// (github.com/owner/name) to be of one module.
func sameModule(a, b string) bool {
	first := func(path string) string {
		parts := strings.SplitN(path, "/", 4)
		return strings.Join(parts[:min(3, len(parts))], "/")
	}
	return strings.Contains(a, ".") && first(a) == first(b)
}

// filledFromTable tells whether a local slice gets its elements by appending in
// loops over tables and nowhere else.
func filledFromTable(pass *rule.Pass, body ast.Node, v *types.Var) bool {
	info := pass.Info
	appends, fromTable := 0, 0
	inspectAssigned(info, body, v, func(at token.Pos) {
		appends++
		ast.Inspect(body, func(n ast.Node) bool {
			if r, ok := n.(*ast.RangeStmt); ok && r.Body.Pos() <= at && at < r.Body.End() {
				if id := lastIdent(r.X); id != nil && isTable(pass, id) {
					fromTable++
				}
			}
			return true
		})
	})
	return appends > 0 && appends == fromTable
}

func lastIdent(x ast.Expr) *ast.Ident {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return x.Sel
	}
	return nil
}

// onlyValue is the one expression that is ever assigned to v below root; nil
// when there are several, none, or when v's address is taken or it is changed
// by an assignment operator.
func onlyValue(info *types.Info, root ast.Node, v *types.Var) ast.Expr {
	var value ast.Expr
	n := 0
	set := func(lhs, rhs ast.Expr) {
		if id, ok := ast.Unparen(lhs).(*ast.Ident); ok && info.ObjectOf(id) == v {
			value = rhs
			n++
		}
	}
	ast.Inspect(root, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			for i, lhs := range m.Lhs {
				if len(m.Rhs) == len(m.Lhs) && (m.Tok == token.DEFINE || m.Tok == token.ASSIGN) {
					set(lhs, m.Rhs[i])
				} else {
					set(lhs, nil)
				}
			}
		case *ast.ValueSpec:
			for i, name := range m.Names {
				if i < len(m.Values) {
					set(name, m.Values[i])
				}
			}
		case *ast.IncDecStmt:
			set(m.X, nil)
		case *ast.RangeStmt:
			set(orIdent(m.Key), nil)
			set(orIdent(m.Value), nil)
		case *ast.UnaryExpr:
			if m.Op == token.AND {
				set(m.X, nil)
			}
		}
		return true
	})
	if n != 1 {
		return nil
	}
	return value
}

// orIdent lets an absent range variable pass as a name that means nothing.
func orIdent(x ast.Expr) ast.Expr {
	if x == nil {
		return &ast.Ident{Name: "_"}
	}
	return x
}
