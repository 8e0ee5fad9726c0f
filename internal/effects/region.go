package effects

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// A Region is what running some statements on one goroutine may do.
type Region struct {
	Summary
	Calls  []Call
	Chans  []ChanOp
	Spawns []*ast.CallExpr // functions started as goroutines: `go f()`, g.Go(f), wg.Go(f)

	node    ast.Node
	started []*Region // literals that are started as goroutines here
	loops   int       // deepest nesting of loops in node itself
	endless string    // what keeps a loop in node itself running, "" if nothing does
	peer    string    // a call of a function value that takes a context and may fail
	opaque  string    // first call of a function value

	opaqueAt token.Pos         // where it stands
	path     *track            // what every normal return has come by
	panics   token.Pos         // the first explicit panic
	again    token.Pos         // the first in a deferred function: it comes after recover
	recovers token.Pos         // the first defer of a function that calls recover
	helps    bool              // calls recover itself, for the function that defers it
	guards   []*types.Func     // deferred functions, one of which may recover
	guardAt  token.Pos         // where the first stands
	asked    bool              // a context is asked whether it has ended
	deaf     token.Pos         // a channel operation that waits on, whatever the context says
	results  []*ast.ReturnStmt // the region's own
	starts   []start           // where Spawns stand
}

// Callback names a function value that the region calls, takes to wait for a
// peer, and can't look into; "" for none.
func (r *Region) Callback() string { return r.peer }

// A Call is one call that the region's goroutine makes itself.
type Call struct {
	Expr  *ast.CallExpr
	Fn    *types.Func
	Depth int // how many loops of the region stand around it

	maybe   bool     // some condition stands around it
	later   bool     // it is deferred
	returns int      // how many return statements stand before it
	outside *Summary // the callee's, where this package doesn't declare it

	streamed, isStream bool // streamVerb has been asked, and knew
	stream             Verb
}

// A ChanKind is one of the operations on a channel.
type ChanKind uint8

// The operations.
const (
	Send ChanKind = iota
	Recv
	Range
	Close
)

// A ChanOp is one operation on a channel.
type ChanOp struct {
	Kind ChanKind
	Chan ast.Expr
	Pos  token.Pos
	// Out tells that the operation stands in a select with another way out: a
	// default, a context's Done, a timer.
	Out     bool
	Default bool // that way out is a default: the operation never waits
	Choice  bool // the select has any other case at all
	Depth   int  // how many loops of the region stand around it

	heeds   bool // another case of the select waits for a context
	maybe   bool // some condition stands around it
	returns int  // how many return statements stand before it
}

// A gatherer walks a region once.
type gatherer struct {
	o    *Oracle
	info *types.Info
	r    *Region
	lits map[types.Object][]*ast.FuncLit // what a local function variable holds; nil among them is something unknown
	seen map[*ast.FuncLit]int            // how deep in loops it was walked, plus one

	path     pathState
	deferred int // literals around that are deferred
	called   int // literals around, those that are called where they stand too
}

func (o *Oracle) gather(node ast.Node) *Region { return o.gatherAs(node, nil) }

// gatherAs gathers the body of a function with the signature sig, where that is
// known.
func (o *Oracle) gatherAs(node ast.Node, sig *types.Signature) *Region {
	g := &gatherer{o: o, info: o.info, r: &Region{node: node, path: &track{}}, lits: map[types.Object][]*ast.FuncLit{}, seen: map[*ast.FuncLit]int{}}
	g.path.cur, g.path.sig = g.r.path, sig
	g.walk(node, 0)
	return g.r
}

// walk gathers n; depth counts the loops around it.
func (g *gatherer) walk(n ast.Node, depth int) {
	if n == nil {
		return
	}
	ast.Inspect(n, func(m ast.Node) bool {
		if m == n {
			return !g.special(m, depth)
		}
		if m == nil {
			return false
		}
		switch m := m.(type) {
		case *ast.GoStmt, *ast.FuncLit, *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.SendStmt,
			*ast.UnaryExpr, *ast.CallExpr, *ast.AssignStmt, *ast.ValueSpec,
			*ast.IfStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.DeferStmt, *ast.ReturnStmt, *ast.BranchStmt:
			g.walk(m, depth)
			return false
		case *ast.BinaryExpr:
			if m.Op == token.LAND || m.Op == token.LOR {
				g.walk(m, depth)
				return false
			}
		}
		return true
	})
}

// special handles the nodes that mean something here; false lets walk go on
// into their children.
func (g *gatherer) special(n ast.Node, depth int) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		g.spawn(n.Call, depth)
	case *ast.FuncLit:
		// Reached on its own: stored or returned, not run here.
	case *ast.ForStmt:
		g.forLoop(n, depth)
	case *ast.RangeStmt:
		g.rangeLoop(n, depth)
	case *ast.SelectStmt:
		g.selectStmt(n, depth)
	case *ast.SendStmt:
		g.chanOp(ChanOp{Kind: Send, Chan: n.Chan, Pos: n.Pos(), Depth: depth})
		return false
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			g.chanOp(ChanOp{Kind: Recv, Chan: n.X, Pos: n.Pos(), Depth: depth})
		}
		return false
	case *ast.CallExpr:
		g.call(n, depth)
	case *ast.IfStmt:
		g.ifStmt(n, depth)
	case *ast.SwitchStmt:
		g.walk(n.Init, depth)
		g.walk(n.Tag, depth)
		g.clauses(n.Body, depth)
	case *ast.TypeSwitchStmt:
		g.walk(n.Init, depth)
		g.walk(n.Assign, depth)
		g.clauses(n.Body, depth)
	case *ast.BinaryExpr:
		if n.Op != token.LAND && n.Op != token.LOR {
			return false
		}
		g.walk(n.X, depth)
		g.unsure(n.Y, depth)
	case *ast.DeferStmt:
		g.deferStmt(n, depth)
	case *ast.ReturnStmt:
		for _, x := range n.Results {
			g.walk(x, depth)
		}
		g.leave(n)
	case *ast.BranchStmt:
		if n.Tok == token.GOTO || n.Label != nil {
			g.path.left++
		} else if n.Tok != token.FALLTHROUGH {
			g.path.broke++
		}
	case *ast.AssignStmt:
		for i, lhs := range n.Lhs {
			if len(n.Lhs) == len(n.Rhs) {
				g.remember(lhs, n.Rhs[i])
			} else {
				g.remember(lhs, nil)
			}
		}
		return false
	case *ast.ValueSpec:
		for i, v := range n.Values {
			if i < len(n.Names) {
				g.remember(n.Names[i], v)
			}
		}
		return false
	default:
		return false
	}
	return true
}

// remember notes which function literals a local variable holds, so that a call
// of the variable can be followed.
func (g *gatherer) remember(lhs, value ast.Expr) {
	id, ok := lhs.(*ast.Ident)
	if !ok {
		return
	}
	obj := g.info.ObjectOf(id)
	if obj == nil || obj.Type() == nil {
		return
	}
	if _, isFunc := obj.Type().Underlying().(*types.Signature); !isFunc {
		return
	}
	lit, _ := value.(*ast.FuncLit)
	g.lits[obj] = append(g.lits[obj], lit)
}

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
