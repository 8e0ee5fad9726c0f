package effects

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// call records one call and what its arguments do. A function literal among the
// arguments is taken to run here, as a visitor does, unless the callee starts
// it as a goroutine.
func (g *gatherer) call(n *ast.CallExpr, depth int) {
	if g.info.Types[n.Fun].IsType() { // a conversion
		g.args(n, depth, true)
		return
	}
	switch callee := typeutil.Callee(g.info, n).(type) {
	case *types.Builtin:
		switch {
		case callee.Name() == "close" && len(n.Args) == 1:
			g.chanOp(ChanOp{Kind: Close, Chan: n.Args[0], Pos: n.Pos()})
		case callee.Name() == "panic":
			g.panics(n.Pos())
		case callee.Name() == "recover" && g.called == 0:
			g.r.helps = true
		}
		g.args(n, depth, true)
	case *types.Func:
		g.walk(n.Fun, depth)
		if Starts(callee) {
			g.spawn(n, depth)
			return
		}
		g.makes(n, callee, depth)
		g.args(n, depth, true)
	default:
		g.value(n, depth)
		g.args(n, depth, true)
	}
}

// value is a call of a function value: a literal, a local variable that holds
// one, or something that nobody can look into.
func (g *gatherer) value(n *ast.CallExpr, depth int) {
	switch f := ast.Unparen(n.Fun).(type) {
	case *ast.FuncLit:
		g.body(f, depth, true)
		return
	case *ast.Ident:
		if lits := g.lits[g.info.ObjectOf(f)]; len(lits) > 0 && !slices.Contains(lits, nil) {
			for _, lit := range lits {
				g.body(lit, depth, len(lits) == 1)
			}
			return
		}
	}
	g.walk(n.Fun, depth)
	if isNamed(g.info.TypeOf(n.Fun), "context", "CancelFunc") || isNamed(g.info.TypeOf(n.Fun), "context", "CancelCauseFunc") {
		return // cancels, and nothing else
	}
	if g.r.opaque == "" {
		g.r.opaqueAt = n.Pos()
		g.r.opaque = types.ExprString(n.Fun)
		if made, ok := ast.Unparen(n.Fun).(*ast.CallExpr); ok { // `trace(ctx, ...)()`
			g.r.opaque = "what " + types.ExprString(made.Fun) + " returns"
		}
	}
	if sig, ok := g.info.TypeOf(n.Fun).Underlying().(*types.Signature); ok && asksPeer(sig) && g.r.peer == "" {
		g.r.peer = types.ExprString(n.Fun)
	}
}

func (g *gatherer) args(n *ast.CallExpr, depth int, run bool) {
	for _, a := range n.Args {
		if lit, ok := ast.Unparen(a).(*ast.FuncLit); ok {
			if run {
				g.body(lit, depth, false)
			}
			continue
		}
		g.walk(a, depth)
	}
}

// body walks a function literal's body once, and again where it is called deeper
// in loops: a literal that calls itself through its variable would never end.
// surely: it runs when its call is come to.
func (g *gatherer) body(lit *ast.FuncLit, depth int, surely bool) {
	if was := g.seen[lit]; was == 0 || was-1 < depth && depth <= maxLoops {
		g.seen[lit] = depth + 1
		was := g.path
		if !surely {
			g.path.cur = nil
			g.path.maybe++
		}
		g.path.sig, _ = g.info.TypeOf(lit).(*types.Signature)
		g.path.failing = 0
		g.called++
		g.walk(lit.Body, depth)
		g.called--
		returns := g.path.returns
		g.path = was
		g.path.returns = returns
	}
}

// deferStmt gathers a deferred call: it happens, if the statement is come to,
// whatever way the function is left.
func (g *gatherer) deferStmt(n *ast.DeferStmt, depth int) {
	if lit, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit); ok {
		if g.path.maybe == 0 && !g.r.recovers.IsValid() && callsRecover(g.info, lit) {
			g.r.recovers = n.Pos()
		}
	} else if fn, ok := typeutil.Callee(g.info, n.Call).(*types.Func); ok && g.path.maybe == 0 {
		g.r.guards = append(g.r.guards, fn.Origin())
		if !g.r.guardAt.IsValid() {
			g.r.guardAt = n.Pos()
		}
	}
	g.deferred++
	g.walk(n.Call, depth)
	g.deferred--
}

// makes records a call of fn.
func (g *gatherer) makes(n *ast.CallExpr, fn *types.Func, depth int) {
	if g.path.cur != nil {
		g.path.cur.calls = append(g.path.cur.calls, int32(len(g.r.Calls)))
	}
	g.r.Calls = append(g.r.Calls, Call{Expr: n, Fn: fn, Depth: depth, maybe: g.path.maybe > 0, later: g.deferred > 0, returns: g.path.returns})
	if fn.Pkg() != nil && fn.Pkg().Path() == "context" && (fn.Name() == "Err" || fn.Name() == "Done" || fn.Name() == "Cause") {
		g.r.asked = true
	}
}

func (g *gatherer) panics(pos token.Pos) {
	first := &g.r.panics
	if g.deferred > 0 {
		first = &g.r.again
	}
	if !first.IsValid() {
		*first = pos
	}
}

// callsRecover tells whether a function literal calls recover itself: one that
// another literal inside it calls recovers nothing.
func callsRecover(info *types.Info, lit *ast.FuncLit) bool {
	found := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
				b, ok := info.Uses[id].(*types.Builtin)
				found = found || ok && b.Name() == "recover"
			}
		}
		return !found
	})
	return found
}
