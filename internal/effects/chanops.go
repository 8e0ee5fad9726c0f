package effects

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

func (g *gatherer) chanOp(op ChanOp) {
	op.maybe, op.returns = g.path.maybe > 0, g.path.returns
	g.r.Chans = append(g.r.Chans, op)
	if op.Kind == Close || op.Default {
		return
	}
	if g.path.cur != nil {
		g.path.cur.waits = true
	}
	if op.Kind != Send && isDone(g.info, op.Chan) {
		g.r.asked = true
	} else if !op.heeds && !g.r.deaf.IsValid() {
		g.r.deaf = op.Pos
	}
}

func (g *gatherer) forLoop(n *ast.ForStmt, depth int) {
	g.walk(n.Init, depth)
	g.deepen(depth + 1)
	if n.Cond != nil {
		g.walk(n.Cond, depth+1)
	}
	if g.r.endless == "" {
		g.r.endless = endless(g.info, n)
	}
	if n.Post != nil {
		g.unsure(n.Post, depth+1)
	}
	g.loopBody(depth+1, n.Cond == nil, n.Body)
}

func (g *gatherer) rangeLoop(n *ast.RangeStmt, depth int) {
	g.walk(n.X, depth)
	if t := g.info.TypeOf(n.X); t != nil {
		if _, ok := t.Underlying().(*types.Chan); ok {
			g.chanOp(ChanOp{Kind: Range, Chan: n.X, Pos: n.Pos()})
			if IsSignal(g.info, n.X) && g.r.endless == "" {
				g.r.endless = endlessBody(g.info, n.Body) // a ticker is never closed
			}
		}
	}
	g.iterator(n.X)
	g.deepen(depth + 1)
	g.loopBody(depth+1, false, n.Body)
}

func (g *gatherer) deepen(depth int) { g.r.loops = max(g.r.loops, min(depth, maxLoops)) }

func (g *gatherer) selectStmt(n *ast.SelectStmt, depth int) {
	outs, hasDefault, dones := 0, false, 0
	for _, c := range n.Body.List {
		comm := c.(*ast.CommClause).Comm
		if comm == nil {
			hasDefault = true
		} else if x := Received(comm); x != nil && IsSignal(g.info, x) {
			outs++
			if isDone(g.info, x) {
				dones++
			}
		}
	}
	if dones > 0 {
		g.r.asked = true
	}
	broke := g.path.broke
	var ways []through
	for _, c := range n.Body.List {
		clause := c.(*ast.CommClause)
		op, rest := commOp(clause.Comm)
		if op != nil {
			self := 0
			if op.Kind == Recv && IsSignal(g.info, op.Chan) {
				self = 1
			}
			op.Depth = depth
			op.Out, op.Default, op.Choice = hasDefault || outs > self, hasDefault, len(n.Body.List) > 1
			op.heeds = dones > 0
			g.chanOp(*op)
			for _, x := range rest {
				g.walk(x, depth)
			}
		}
		nodes := make([]ast.Node, len(clause.Body))
		for i, s := range clause.Body {
			nodes[i] = s
		}
		ways = append(ways, g.way(depth, nodes...))
	}
	g.fork(ways)
	g.path.broke = broke
	if len(n.Body.List) == 0 && g.r.endless == "" {
		g.r.endless = "an empty select"
	}
}

// commOp splits a select case into its channel operation and the expressions
// that are evaluated for it.
func commOp(comm ast.Stmt) (*ChanOp, []ast.Node) {
	if s, ok := comm.(*ast.SendStmt); ok {
		return &ChanOp{Kind: Send, Chan: s.Chan, Pos: s.Pos()}, []ast.Node{s.Chan, s.Value}
	}
	if x := Received(comm); x != nil {
		return &ChanOp{Kind: Recv, Chan: x, Pos: comm.Pos()}, []ast.Node{x}
	}
	return nil, nil
}

// Received is the channel that a statement of the form `<-c`, `v := <-c` or
// `v, ok = <-c` receives from, else nil.
func Received(s ast.Stmt) ast.Expr {
	var x ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		x = s.X
	case *ast.AssignStmt:
		if len(s.Rhs) == 1 {
			x = s.Rhs[0]
		}
	}
	if u, ok := ast.Unparen(x).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return u.X
	}
	return nil
}

// IsSignal tells whether a channel expression is a context's Done or a timer:
// what comes through it comes from no goroutine of the program's own.
func IsSignal(info *types.Info, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		fn, ok := typeutil.Callee(info, x).(*types.Func)
		if !ok || fn.Pkg() == nil {
			return false
		}
		path := fn.Pkg().Path()
		return path == "context" && fn.Name() == "Done" || path == "time" && (fn.Name() == "After" || fn.Name() == "Tick")
	case *ast.SelectorExpr:
		t := info.TypeOf(x.X)
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		return x.Sel.Name == "C" && (isNamed(t, "time", "Timer") || isNamed(t, "time", "Ticker"))
	}
	return false
}

// iterator notes a range over a function: what it does is not seen, unless a pure
// function of the table made it, as maps.Keys does.
func (g *gatherer) iterator(x ast.Expr) {
	t := g.info.TypeOf(x)
	if t == nil || g.r.iterates != nil {
		return
	}
	if _, isFunc := t.Underlying().(*types.Signature); !isFunc {
		return
	}
	if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
		if fn, ok := typeutil.Callee(g.info, call).(*types.Func); ok {
			if k, known := Lookup(fn); known && k.Verb == Pure {
				return
			}
		}
	}
	g.r.iterates = x
}
