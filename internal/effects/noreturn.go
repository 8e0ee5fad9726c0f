package effects

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// findNoReturns notes the functions of the package that no call comes back from:
// every way through them ends with a panic, with the process or with the goroutine.
// It asks for less than a proof by a graph could give: a function with a return
// statement, or with a deferred call that may recover, counts as one that returns.
//
//	func fatal(err error) {
//		fmt.Fprintln(os.Stderr, err)
//		os.Exit(1)
//	}
func (o *Oracle) findNoReturns(order []*types.Func, regions []*Region) {
	var open []*types.Func
	for i, fn := range order {
		s := o.of[fn]
		if len(regions[i].results) == 0 && (s.Exits == Yes || s.Panics >= PanicByTable) && !o.mayRecover(o.decls[fn].Body) {
			open = append(open, fn)
		}
	}
	for changed := true; changed; { // one may end with a call of another
		changed = false
		for _, fn := range open {
			if !o.of[fn].NoReturn && o.comesBackNever(o.decls[fn].Body) {
				o.of[fn].NoReturn, changed = true, true
			}
		}
	}
}

// mayRecover tells whether what a body defers may recover from its panics: a
// literal that says recover, a function that does so for whoever defers it, or one
// that can't be looked into and isn't named like the deferred calls that people put
// in front of everything.
func (o *Oracle) mayRecover(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			found = found || o.deferredMayRecover(n.Call)
		}
		return !found
	})
	return found
}

func (o *Oracle) deferredMayRecover(call *ast.CallExpr) bool {
	if lit, ok := call.Fun.(*ast.FuncLit); ok {
		return o.gather(lit.Body).helps
	}
	fn, ok := typeutil.Callee(o.info, call).(*types.Func)
	if !ok {
		return true
	}
	if o.decls[fn.Origin()] != nil {
		return o.helping[fn.Origin()]
	}
	switch fn.Name() {
	case "Unlock", "RUnlock", "Done", "Close", "Stop":
		return false
	}
	return true
}

// comesBackNever tells whether a statement is never left at its end, nor by a
// jump out of it. There are no return statements in it.
func (o *Oracle) comesBackNever(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.BlockStmt:
		for _, one := range s.List {
			if o.comesBackNever(one) {
				return true
			}
			if jumps(one) {
				return false // over what comes next, perhaps
			}
		}
	case *ast.ExprStmt:
		call, ok := ast.Unparen(s.X).(*ast.CallExpr)
		return ok && o.callNeverReturns(call)
	case *ast.IfStmt:
		return s.Else != nil && o.comesBackNever(s.Body) && o.comesBackNever(s.Else)
	case *ast.SwitchStmt:
		return o.casesNever(s.Body)
	case *ast.TypeSwitchStmt:
		return o.casesNever(s.Body)
	}
	return false
}

func (o *Oracle) casesNever(body *ast.BlockStmt) bool {
	whole := false
	for _, c := range body.List {
		clause := c.(*ast.CaseClause)
		whole = whole || clause.List == nil
		if !o.comesBackNever(&ast.BlockStmt{List: clause.Body}) {
			return false
		}
	}
	return whole
}

// jumps tells whether a statement has a branch statement in it.
func jumps(s ast.Stmt) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.BranchStmt:
			found = found || n.Tok == token.GOTO || n.Label != nil || n.Tok == token.BREAK
		}
		return !found
	})
	return found
}

func (o *Oracle) callNeverReturns(call *ast.CallExpr) bool {
	switch fn := typeutil.Callee(o.info, call).(type) {
	case *types.Builtin:
		return fn.Name() == "panic"
	case *types.Func:
		return o.NeverReturns(fn)
	}
	return false
}

// Returns tells whether a call may come back: what cfg.New wants to know. It may,
// unless the call is a panic, ends the goroutine or the program, or calls a function
// every way through which does.
func (o *Oracle) Returns(call *ast.CallExpr) bool { return !o.callNeverReturns(call) }

// NeverReturns is NeverReturns for any function whose summary is known.
func (o *Oracle) NeverReturns(fn *types.Func) bool {
	if NeverReturns(fn) {
		return true
	}
	if s, ok := o.of[fn.Origin()]; ok {
		return s.NoReturn
	}
	return o.fromOutside(fn.Origin()).NoReturn
}
