package effects

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// endless says what keeps a `for {}` running, "" where it can leave by itself.
// A loop whose only ways out stand under a select's receive, or under a look at
// a context, runs until somebody outside stops it; one that only an error ends
// (reading from a connection, accepting) runs as long as its peer likes.
func endless(info *types.Info, loop *ast.ForStmt) string {
	if loop.Cond != nil && !alwaysTrue(info, loop.Cond) {
		if looksAtContext(info, loop.Cond) {
			return "a loop that runs until its context ends"
		}
		return "" // its condition ends it
	}
	return endlessBody(info, loop.Body)
}

func alwaysTrue(info *types.Info, x ast.Expr) bool {
	v := info.Types[x].Value
	return v != nil && v.Kind() == constant.Bool && constant.BoolVal(v)
}

// endlessBody is endless for a body that nothing but itself leaves.
func endlessBody(info *types.Info, body *ast.BlockStmt) string {
	f := &exits{info: info}
	f.stmts(body.List, true, freely)
	switch {
	case f.free:
		return ""
	case f.signalled:
		return "a loop that runs until it is told to stop"
	case f.failed:
		return "a loop that runs until something fails"
	}
	return "a loop without a way out"
}

// exits looks for the ways out of one loop body.
type exits struct {
	info                    *types.Info
	free, signalled, failed bool
}

// A way says under what a way out stands.
type way uint8

const (
	freely way = iota
	onFailure
	onSignal
)

// leave records one way out.
func (f *exits) leave(w way) {
	switch w {
	case onSignal:
		f.signalled = true
	case onFailure:
		f.failed = true
	default:
		f.free = true
	}
}

// stmts looks through statements. own: an unlabelled break leaves our loop;
// under: what they run only after.
func (f *exits) stmts(list []ast.Stmt, own bool, under way) {
	for _, s := range list {
		f.stmt(s, own, under)
	}
}

func (f *exits) stmt(s ast.Stmt, own bool, under way) {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		f.leave(under)
	case *ast.BranchStmt:
		if s.Tok == token.GOTO || s.Tok == token.BREAK && (own || s.Label != nil) {
			f.leave(under)
		}
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && neverReturns(f.info, call) {
			f.leave(under)
		}
	case *ast.BlockStmt:
		f.stmts(s.List, own, under)
	case *ast.LabeledStmt:
		f.stmt(s.Stmt, own, under)
	case *ast.IfStmt:
		here := max(under, f.wayOf(s))
		if under == onFailure && f.knowsError(s.Cond) {
			here = freely // the error that says "no more", as in iterator.Done
		}
		f.stmts(s.Body.List, own, here)
		if s.Else != nil {
			if f.wayOf(s) == onSignal {
				f.stmt(s.Else, own, onSignal) // `if ctx.Err() == nil { ... } else { return }`
			} else {
				f.stmt(s.Else, own, under)
			}
		}
	case *ast.ForStmt:
		f.stmts(s.Body.List, false, under)
	case *ast.RangeStmt:
		f.stmts(s.Body.List, false, under)
	case *ast.SwitchStmt:
		f.clauses(s.Body, under)
	case *ast.TypeSwitchStmt:
		f.clauses(s.Body, under)
	case *ast.SelectStmt:
		for _, c := range s.Body.List {
			clause := c.(*ast.CommClause)
			here := under
			if Received(clause.Comm) != nil {
				here = onSignal
			}
			f.stmts(clause.Body, false, here)
		}
	}
}

func (f *exits) clauses(body *ast.BlockStmt, under way) {
	for _, c := range body.List {
		f.stmts(c.(*ast.CaseClause).Body, false, under)
	}
}

// wayOf is what the body of an if runs after: a look at a context, an error.
func (f *exits) wayOf(s *ast.IfStmt) way {
	if mentionsContext(f.info, s) {
		return onSignal
	}
	cond, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
	if ok && cond.Op == token.NEQ && f.info.Types[cond.Y].IsNil() && f.info.TypeOf(cond.X) != nil && isError(f.info.TypeOf(cond.X)) {
		return onFailure
	}
	return freely
}

// knowsError tells whether a condition asks for one certain error: `err ==
// io.EOF`, `errors.Is(err, iterator.Done)`.
func (f *exits) knowsError(cond ast.Expr) bool {
	switch c := ast.Unparen(cond).(type) {
	case *ast.BinaryExpr:
		return c.Op == token.EQL && f.info.TypeOf(c.X) != nil && isError(f.info.TypeOf(c.X)) && !f.info.Types[c.Y].IsNil()
	case *ast.CallExpr:
		sel, ok := c.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		fn, ok := f.info.Uses[sel.Sel].(*types.Func)
		return ok && fn.FullName() == "errors.Is"
	}
	return false
}

// mentionsContext tells whether an if looks at a context: `if ctx.Err() != nil`,
// `if err := ctx.Err(); err != nil`.
func mentionsContext(info *types.Info, s *ast.IfStmt) bool {
	return s.Init != nil && looksAtContext(info, s.Init) || looksAtContext(info, s.Cond)
}

// looksAtContext tells whether a context is mentioned below n.
func looksAtContext(info *types.Info, n ast.Node) bool {
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		if e, ok := m.(ast.Expr); ok {
			if t := info.TypeOf(e); t != nil && IsContext(t) {
				found = true
			}
		}
		return !found
	})
	return found
}

// neverReturns tells whether a call ends the goroutine or the program.
func neverReturns(info *types.Info, call *ast.CallExpr) bool {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		b, ok := info.Uses[f].(*types.Builtin)
		return ok && b.Name() == "panic"
	case *ast.SelectorExpr:
		fn, ok := info.Uses[f.Sel].(*types.Func)
		return ok && NeverReturns(fn)
	}
	return false
}

// NeverReturns tells whether calling fn ends the goroutine or the program: the
// test's FailNow family, runtime.Goexit, os.Exit, log.Fatal and log.Panic.
func NeverReturns(fn *types.Func) bool {
	if fn.Pkg() == nil {
		return false
	}
	switch fn.Pkg().Path() {
	case "os":
		return fn.Name() == "Exit"
	case "runtime":
		return fn.Name() == "Goexit"
	case "log":
		switch fn.Name() {
		case "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln":
			return true
		}
	case "testing":
		switch fn.Name() {
		case "Fatal", "Fatalf", "FailNow", "Skip", "Skipf", "SkipNow":
			return true
		}
	case "github.com/stretchr/testify/require":
		return fn.Name() == "Fail" || fn.Name() == "Failf" || fn.Name() == "FailNow" || fn.Name() == "FailNowf"
	}
	return false
}
