package effects

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// A track is what some path through a region surely comes by: calls and channel
// operations, by their index in the region, and places where it forks. Each
// branch of a fork is a way on to a normal return; one that only fails, or never
// returns, is left out.
type track struct {
	calls []int32
	waits bool // a channel operation that blocks
	forks [][]*track
}

// sure is the class that whoever takes the track has waited for: the highest on
// it, and of a fork the lowest of its branches.
func (o *Oracle) sure(t *track, r *Region) Block {
	b := None
	if t == nil {
		return b
	}
	if t.waits {
		b = Chan
	}
	for _, i := range t.calls {
		b = max(b, o.ofCall(&r.Calls[i]).Sure)
	}
	for _, fork := range t.forks {
		low := Network
		for _, branch := range fork {
			low = min(low, o.sure(branch, r))
		}
		if len(fork) > 0 {
			b = max(b, low)
		}
	}
	return b
}

// A pathState is where a gatherer is on the paths through its region.
type pathState struct {
	cur     *track           // nil: what comes now is on no path for sure
	maybe   int              // conditions around, those of deferred calls aside
	returns int              // statements so far that leave the region, whatever for
	left    int              // those of them that leave it normally, and jumps
	broke   int              // those that leave a loop or a switch
	failing int              // `if err != nil` around
	sig     *types.Signature // of the function whose return statements these are; nil: not known
}

// branch walks n as something that may be passed by, and returns its track and
// whether it may leave.
func (g *gatherer) branch(depth int, nodes ...ast.Node) (t *track, leaves bool) {
	was := g.path
	t = &track{}
	if was.cur == nil {
		t = nil
	}
	g.path.cur = t
	g.path.maybe++
	for _, n := range nodes {
		g.walk(n, depth)
	}
	leaves = g.path.left+g.path.broke > was.left+was.broke
	g.path.cur, g.path.maybe = was.cur, was.maybe
	return t, leaves
}

// unsure walks n as something that may not happen at all.
func (g *gatherer) unsure(n ast.Node, depth int) {
	was := g.path.cur
	g.path.cur = nil
	g.path.maybe++
	g.walk(n, depth)
	g.path.cur = was
	g.path.maybe--
}

// A way through a fork.
type through struct {
	track        *track
	leaves, ends bool // it may leave the region normally; it doesn't come to what follows
	fails        bool // it only fails, or never returns
}

// fork joins the branches of a statement, one of which is taken.
func (g *gatherer) fork(ways []through) {
	if g.path.cur == nil {
		return
	}
	var leaving, passing []*track
	goesOn := false
	for _, w := range ways {
		switch {
		case w.leaves:
			leaving = append(leaving, w.track)
			goesOn = goesOn || !w.ends
		case !w.ends:
			passing = append(passing, w.track)
			goesOn = true
		}
	}
	if len(leaving) == 0 {
		if worth(passing) {
			g.path.cur.forks = append(g.path.cur.forks, passing)
		}
		return
	}
	branches := leaving
	rest := &track{}
	if goesOn {
		branches = append(branches, rest)
	}
	g.path.cur.forks = append(g.path.cur.forks, branches)
	g.path.cur = rest
}

// worth tells whether every branch has something on it.
func worth(branches []*track) bool {
	for _, b := range branches {
		if len(b.calls) == 0 && !b.waits && len(b.forks) == 0 {
			return false
		}
	}
	return len(branches) > 0
}

func (g *gatherer) ifStmt(n *ast.IfStmt, depth int) {
	g.walk(n.Init, depth)
	g.walk(n.Cond, depth)
	fails := isFailure(g.info, n.Cond)
	if fails {
		g.path.failing++
	}
	then := g.way(depth, n.Body)
	if fails {
		g.path.failing--
	}
	other := through{track: &track{}}
	if n.Else != nil {
		other = g.way(depth, n.Else)
	}
	g.fork([]through{then, other})
}

// way walks one branch.
func (g *gatherer) way(depth int, nodes ...ast.Node) through {
	w := through{}
	w.track, w.leaves = g.branch(depth, nodes...)
	if len(nodes) > 0 {
		if s, ok := nodes[len(nodes)-1].(ast.Stmt); ok {
			w.ends = g.terminates(s)
		}
	}
	return w
}

// terminates tells whether nothing that follows s is come to from it.
func (g *gatherer) terminates(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok != token.FALLTHROUGH
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		return ok && neverReturns(g.info, call)
	case *ast.BlockStmt:
		return len(s.List) > 0 && g.terminates(s.List[len(s.List)-1])
	case *ast.IfStmt:
		return s.Else != nil && g.terminates(s.Body) && g.terminates(s.Else)
	}
	return false
}

// clauses walks the cases of a switch, of which one is taken or none.
func (g *gatherer) clauses(body *ast.BlockStmt, depth int) {
	broke := g.path.broke
	var ways []through
	whole := false
	for _, c := range body.List {
		clause := c.(*ast.CaseClause)
		whole = whole || clause.List == nil
		for _, x := range clause.List {
			g.unsure(x, depth)
		}
		nodes := make([]ast.Node, len(clause.Body))
		for i, s := range clause.Body {
			nodes[i] = s
		}
		ways = append(ways, g.way(depth, nodes...))
	}
	if !whole {
		ways = append(ways, through{track: &track{}})
	}
	g.fork(ways)
	g.path.broke = broke
}

// loopBody walks what may happen any number of times, or at least once where
// nothing is asked before.
func (g *gatherer) loopBody(depth int, once bool, nodes ...ast.Node) {
	was := g.path
	if !once {
		g.path.cur = nil
		g.path.maybe++
	}
	for _, n := range nodes {
		g.walk(n, depth)
	}
	g.path.cur, g.path.maybe, g.path.broke = was.cur, was.maybe, was.broke
	if g.path.left > was.left {
		g.path.cur = nil // how far it came is not known
	}
}

// leave records a return statement.
func (g *gatherer) leave(n *ast.ReturnStmt) {
	g.path.returns++
	if g.called == 0 {
		g.r.results = append(g.r.results, n)
	}
	if !g.fails(n) {
		g.path.left++
	}
}

// fails tells whether a return statement surely returns an error.
func (g *gatherer) fails(n *ast.ReturnStmt) bool {
	sig := g.path.sig
	if sig == nil || !returnsError(sig) {
		return false
	}
	if len(n.Results) == 0 {
		return g.path.failing > 0
	}
	if len(n.Results) != sig.Results().Len() {
		return false
	}
	switch x := ast.Unparen(n.Results[len(n.Results)-1]).(type) {
	case *ast.CallExpr:
		if fn, ok := typeutil.Callee(g.info, x).(*types.Func); ok && fn.Pkg() != nil {
			switch fn.FullName() {
			case "errors.New", "fmt.Errorf":
				return true
			}
		}
		return g.path.failing > 0
	case *ast.UnaryExpr, *ast.CompositeLit:
		return true
	case *ast.Ident:
		if v, ok := g.info.Uses[x].(*types.Var); ok && v.Parent() == v.Pkg().Scope() {
			return true // a sentinel
		}
		return g.path.failing > 0 && !g.info.Types[x].IsNil()
	case *ast.SelectorExpr:
		v, ok := g.info.Uses[x.Sel].(*types.Var)
		return g.path.failing > 0 || ok && !v.IsField()
	}
	return g.path.failing > 0
}

// returnsError tells whether the last result is an error.
func returnsError(sig *types.Signature) bool {
	n := sig.Results().Len()
	return n > 0 && isError(sig.Results().At(n-1).Type())
}

// isFailure tells whether a condition is `err != nil`.
func isFailure(info *types.Info, cond ast.Expr) bool {
	c, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && c.Op == token.NEQ && info.Types[c.Y].IsNil() && info.TypeOf(c.X) != nil && isError(info.TypeOf(c.X))
}
