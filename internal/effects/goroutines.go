package effects

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// spawn records a go statement: its operands are evaluated here, its function
// runs elsewhere.
func (g *gatherer) spawn(call *ast.CallExpr, depth int) {
	g.r.Spawns = append(g.r.Spawns, call)
	g.r.starts = append(g.r.starts, start{g.path.returns, depth})
	f := ast.Unparen(call.Fun)
	if _, isLit := f.(*ast.FuncLit); !isLit {
		g.walk(call.Fun, depth)
	}
	if fn, ok := typeutil.Callee(g.info, call).(*types.Func); ok && Starts(fn) && len(call.Args) > 0 {
		f = ast.Unparen(call.Args[len(call.Args)-1])
	}
	g.r.started = append(g.r.started, g.startedRegion(f, call.Args))
	g.args(call, depth, false)
}

// startedRegion is what the function f, started as a goroutine, does.
func (g *gatherer) startedRegion(f ast.Expr, args []ast.Expr) *Region {
	if lit, ok := f.(*ast.FuncLit); ok {
		return g.o.gather(untilDone(g.info, lit.Body))
	}
	call := &ast.CallExpr{Fun: f, Args: args}
	switch x := f.(type) {
	case *ast.Ident:
		if lits := g.lits[g.info.ObjectOf(x)]; len(lits) == 1 && lits[0] != nil {
			return g.o.gather(untilDone(g.info, lits[0].Body))
		}
		if fn, ok := g.info.Uses[x].(*types.Func); ok {
			return &Region{node: f, Calls: []Call{{Expr: call, Fn: fn}}}
		}
	case *ast.SelectorExpr:
		if fn, ok := g.info.Uses[x.Sel].(*types.Func); ok {
			return &Region{node: f, Calls: []Call{{Expr: call, Fn: fn}}}
		}
	}
	return &Region{node: f, opaque: types.ExprString(f)}
}

// untilDone cuts a goroutine's body at a `wg.Done()` that is not deferred: what
// follows is not waited for.
func untilDone(info *types.Info, body *ast.BlockStmt) *ast.BlockStmt {
	for i, s := range body.List {
		e, ok := s.(*ast.ExprStmt)
		if !ok {
			continue
		}
		call, ok := e.X.(*ast.CallExpr)
		if !ok {
			continue
		}
		if fn, ok := typeutil.Callee(info, call).(*types.Func); ok && fn.FullName() == "(*sync.WaitGroup).Done" {
			return &ast.BlockStmt{Lbrace: body.Lbrace, List: body.List[:i], Rbrace: body.Rbrace}
		}
	}
	return body
}

// Starts tells whether calling fn starts its argument as a goroutine.
func Starts(fn *types.Func) bool {
	switch fn.Name() { // most names decide, and cost nothing
	case "Go", "TryGo", "AfterFunc":
	default:
		return false
	}
	if fn.Pkg() == nil {
		return false
	}
	switch fn.Pkg().Path() + "." + Symbol(fn) {
	case "sync.WaitGroup.Go", "golang.org/x/sync/errgroup.Group.Go", "golang.org/x/sync/errgroup.Group.TryGo", "time.AfterFunc":
		return true
	}
	return false
}
