package effects

import (
	"go/ast"
	"go/token"
	"go/types"
)

// endless says what keeps a `for {}` running, "" where it can leave by itself.
// A loop whose only ways out stand under a select's receive, or under a look at
// a context, runs until somebody outside stops it.
func endless(info *types.Info, loop *ast.ForStmt) string {
	f := &exits{info: info}
	f.stmts(loop.Body.List, true, false)
	switch {
	case f.free:
		return ""
	case f.signalled:
		return "a loop that runs until it is told to stop"
	}
	return "a loop without a way out"
}

// exits looks for the ways out of one loop body.
type exits struct {
	info            *types.Info
	free, signalled bool
}

// leave records one way out.
func (f *exits) leave(underSignal bool) {
	if underSignal {
		f.signalled = true
	} else {
		f.free = true
	}
}

// stmts looks through statements. own: an unlabelled break leaves our loop;
// sig: they run only once a signal came.
func (f *exits) stmts(list []ast.Stmt, own, sig bool) {
	for _, s := range list {
		f.stmt(s, own, sig)
	}
}

func (f *exits) stmt(s ast.Stmt, own, sig bool) {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		f.leave(sig)
	case *ast.BranchStmt:
		if s.Tok == token.GOTO || s.Tok == token.BREAK && (own || s.Label != nil) {
			f.leave(sig)
		}
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && neverReturns(f.info, call) {
			f.leave(sig)
		}
	case *ast.BlockStmt:
		f.stmts(s.List, own, sig)
	case *ast.LabeledStmt:
		f.stmt(s.Stmt, own, sig)
	case *ast.IfStmt:
		here := sig || mentionsContext(f.info, s)
		f.stmts(s.Body.List, own, here)
		if s.Else != nil {
			f.stmt(s.Else, own, sig)
		}
	case *ast.ForStmt:
		f.stmts(s.Body.List, false, sig)
	case *ast.RangeStmt:
		f.stmts(s.Body.List, false, sig)
	case *ast.SwitchStmt:
		f.clauses(s.Body, sig)
	case *ast.TypeSwitchStmt:
		f.clauses(s.Body, sig)
	case *ast.SelectStmt:
		for _, c := range s.Body.List {
			clause := c.(*ast.CommClause)
			f.stmts(clause.Body, false, sig || received(clause.Comm) != nil)
		}
	}
}

func (f *exits) clauses(body *ast.BlockStmt, sig bool) {
	for _, c := range body.List {
		f.stmts(c.(*ast.CaseClause).Body, false, sig)
	}
}

// mentionsContext tells whether an if looks at a context: `if ctx.Err() != nil`,
// `if err := ctx.Err(); err != nil`.
func mentionsContext(info *types.Info, s *ast.IfStmt) bool {
	found := false
	look := func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if t := info.TypeOf(e); t != nil && IsContext(t) {
				found = true
			}
		}
		return !found
	}
	if s.Init != nil {
		ast.Inspect(s.Init, look)
	}
	ast.Inspect(s.Cond, look)
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
