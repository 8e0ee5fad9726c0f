package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"

	"golang.org/x/tools/go/cfg"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A leave is a way on which sends are left that nobody will receive.
type leave struct {
	at   token.Pos
	when string // "Fetch returns at line 52"
}

// A watch follows sends and receives through one function: how many sends the
// goroutines that were started may still make, and nobody has received.
type watch struct {
	info    *types.Info
	returns func(*ast.CallExpr) bool // whether a call may come back
	isChan  func(ast.Expr) bool
	sends   map[ast.Stmt]int      // a statement that starts a goroutine: how often it sends
	made    ast.Stmt              // makes the channel: to come there again is to have left
	holds   map[string]bool       // conditions that were true at the launch, and can't have changed
	over    map[types.Object]bool // channels that say that all goroutines are done
	room    int                   // what the channel has room for
	comms   map[ast.Node]bool     // receives that stand in a select's case
	oks     map[types.Object]bool // second values of receives
	graph   *cfg.CFG
	counts  map[string]bool // how many goroutines there are, as the code says it: "len(hosts)"
}

// enough is where counting stops: a launch in a loop reaches it.
const enough = 32

// leaves looks for a path on which the function returns, or comes to the
// channel's make again, while more is still to be sent than there is room for.
func (w *watch) leaves(body *ast.BlockStmt) (at token.Pos, found bool) {
	w.comms, w.oks = commReceives(body), w.seconds(body)
	w.graph = cfg.New(body, w.returns)
	if len(w.graph.Blocks) == 0 {
		return token.NoPos, false
	}
	return w.search()
}

// search walks the graph with the number of sends that are still to come, and
// visits a block again only with a higher one.
func (w *watch) search() (at token.Pos, found bool) {
	most := map[*cfg.Block]int{}
	type step struct {
		b    *cfg.Block
		open int
	}
	todo := []step{{w.graph.Blocks[0], 0}}
	leave := func(p token.Pos) {
		if !found || p < at {
			at, found = p, true
		}
	}
	for len(todo) > 0 {
		st := todo[0]
		todo = todo[1:]
		open := st.open
		for _, n := range st.b.Nodes {
			if w.made != nil && n == ast.Node(w.made) {
				if open > w.room {
					leave(w.made.Pos())
				}
				open = 0
			}
			open = max(0, min(enough, open+w.starts(n))-w.receives(n))
		}
		if r := st.b.Return(); r != nil && open > w.room {
			leave(r.Pos())
		}
		for i, next := range st.b.Succs {
			o, ok := w.step(st.b, next, i == 0, open)
			if had, seen := most[next]; ok && (!seen || o > had) {
				most[next] = o
				todo = append(todo, step{next, o})
			}
		}
	}
	return at, found
}

// starts counts the sends of the goroutine that a node starts.
func (w *watch) starts(n ast.Node) int {
	for s, sends := range w.sends {
		if n == ast.Node(s) || n == callOf(s) {
			return sends
		}
	}
	return 0
}

func callOf(s ast.Stmt) ast.Node {
	if e, ok := s.(*ast.ExprStmt); ok {
		return e.X
	}
	return nil
}

// step is what is still open after going from one block to the next; ok is
// false for a way that can't be taken.
func (w *watch) step(from, to *cfg.Block, taken bool, open int) (int, bool) {
	if len(from.Succs) == 2 && len(from.Nodes) > 0 {
		if cond, isExpr := from.Nodes[len(from.Nodes)-1].(ast.Expr); isExpr {
			if !w.possible(cond, taken) {
				return 0, false
			}
			if w.saysAll(cond, taken) {
				return 0, true
			}
		}
	}
	switch to.Kind {
	case cfg.KindSelectCaseBody:
		x := effects.Received(to.Stmt.(*ast.CommClause).Comm)
		if x != nil && w.isChan(x) {
			open--
		} else if x != nil && w.over[effects.Root(w.info, x)] {
			open = 0
		}
	case cfg.KindRangeBody:
		if r, ok := to.Stmt.(*ast.RangeStmt); ok && from.Kind == cfg.KindRangeLoop && w.isChan(r.X) {
			open--
		}
	case cfg.KindRangeDone, cfg.KindForDone:
		head := from.Kind == cfg.KindRangeLoop || from.Kind == cfg.KindForLoop
		if head && from.Stmt == to.Stmt && w.drains(to.Stmt) {
			open = 0
		}
	}
	return max(open, 0), true
}

// possible tells whether a condition can come out that way, given those that
// were true at the launch.
func (w *watch) possible(cond ast.Expr, taken bool) bool {
	if not, ok := ast.Unparen(cond).(*ast.UnaryExpr); ok && not.Op == token.NOT {
		return w.possible(not.X, !taken)
	}
	if b, ok := ast.Unparen(cond).(*ast.BinaryExpr); ok && (b.Op == token.LAND && taken || b.Op == token.LOR && !taken) {
		return w.possible(b.X, taken) && w.possible(b.Y, taken)
	}
	return taken || !w.holds[types.ExprString(ast.Unparen(cond))]
}

// saysAll tells whether a condition, taken or not, says that everything has
// been received: the channel is closed, or a counter says so.
func (w *watch) saysAll(cond ast.Expr, taken bool) bool {
	switch c := ast.Unparen(cond).(type) {
	case *ast.UnaryExpr:
		id, ok := ast.Unparen(c.X).(*ast.Ident)
		return ok && c.Op == token.NOT && taken && w.oks[w.info.Uses[id]]
	case *ast.Ident:
		return !taken && w.oks[w.info.Uses[c]]
	case *ast.BinaryExpr:
		switch c.Op {
		case token.EQL, token.GEQ, token.LEQ, token.LSS, token.GTR:
			return taken && (w.countsAll(c.X) || w.countsAll(c.Y)) && w.besideReceive(c.Pos())
		}
	}
	return false
}

// countsAll tells whether x is what a counter of receives ends at: nothing left,
// or as many as goroutines were started.
func (w *watch) countsAll(x ast.Expr) bool {
	zero := 1
	if constInt(w.info, x, &zero) {
		return zero == 0
	}
	return w.counts[types.ExprString(x)]
}

// besideReceive tells whether pos stands in a loop that receives: a counter that
// is looked at there counts receives.
func (w *watch) besideReceive(pos token.Pos) bool {
	for _, b := range w.graph.Blocks {
		if b.Kind != cfg.KindForBody && b.Kind != cfg.KindRangeBody {
			continue
		}
		if within(posNode(pos), bodyOf(b.Stmt)) && w.loopReceives(b.Stmt) && !w.startsIn(b.Stmt) {
			return true
		}
	}
	return false
}

func bodyOf(loop ast.Stmt) ast.Node {
	switch l := loop.(type) {
	case *ast.ForStmt:
		return l.Body
	case *ast.RangeStmt:
		return l.Body
	}
	return loop
}

// drains tells whether a loop that ran to its end has received everything: it
// ranges over the channel, it goes on until a count says so, or it receives in
// every round. A loop that starts the goroutines, or makes the channel, doesn't.
func (w *watch) drains(loop ast.Stmt) bool {
	if !w.loopReceives(loop) || w.startsIn(loop) || w.made != nil && within(w.made, loop) {
		return false
	}
	switch l := loop.(type) {
	case *ast.RangeStmt:
		return w.isChan(l.X) || w.everyRound(l)
	case *ast.ForStmt:
		return l.Post == nil && l.Cond != nil || w.everyRound(l)
	}
	return false
}

func (w *watch) startsIn(loop ast.Stmt) bool {
	for s := range w.sends {
		if within(s, loop) {
			return true
		}
	}
	return false
}

// everyRound tells whether no round of a loop can end without a receive.
func (w *watch) everyRound(loop ast.Stmt) bool {
	seen := map[*cfg.Block]bool{}
	var todo []*cfg.Block
	for _, b := range w.graph.Blocks {
		if b.Stmt == loop && (b.Kind == cfg.KindForBody || b.Kind == cfg.KindRangeBody) {
			todo = append(todo, b)
		}
	}
	for len(todo) > 0 {
		b := todo[0]
		todo = todo[1:]
		got := 0
		for _, n := range b.Nodes {
			got += w.receives(n)
		}
		if got > 0 {
			continue
		}
		for _, next := range b.Succs {
			if next.Stmt == loop && (next.Kind == cfg.KindForLoop || next.Kind == cfg.KindRangeLoop || next.Kind == cfg.KindForPost) {
				return false
			}
			if o, _ := w.step(b, next, false, 1); o > 0 && !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return true
}

// loopReceives tells whether a loop receives from the channel, in its body or
// by ranging over it.
func (w *watch) loopReceives(loop ast.Stmt) bool {
	if r, ok := loop.(*ast.RangeStmt); ok && w.isChan(r.X) {
		return true
	}
	found := false
	inspectOwn(loop, func(n ast.Node) bool {
		if u, ok := n.(*ast.UnaryExpr); ok && u.Op == token.ARROW && w.isChan(u.X) {
			found = true
		}
		return !found
	})
	return found
}

// receives counts the receives that evaluating a node makes, the cases of a
// select left out: the graph holds them in the block before the choice.
func (w *watch) receives(n ast.Node) int {
	count := 0
	inspectOwn(n, func(m ast.Node) bool {
		if u, ok := m.(*ast.UnaryExpr); ok && u.Op == token.ARROW && !w.comms[u] && w.isChan(u.X) {
			count++
		}
		return true
	})
	return count
}

// seconds gathers the variables that say whether the channel was still open:
// ok of `v, ok := <-ch`.
func (w *watch) seconds(body *ast.BlockStmt) map[types.Object]bool {
	set := map[types.Object]bool{}
	inspectOwn(body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 2 || len(a.Rhs) != 1 {
			return true
		}
		if x := effects.Received(a); x != nil && w.isChan(x) {
			if id, ok := a.Lhs[1].(*ast.Ident); ok {
				set[w.info.ObjectOf(id)] = true
			}
		}
		return true
	})
	return set
}

func commReceives(body *ast.BlockStmt) map[ast.Node]bool {
	set := map[ast.Node]bool{}
	inspectOwn(body, func(n ast.Node) bool {
		c, ok := n.(*ast.CommClause)
		if !ok || c.Comm == nil {
			return true
		}
		inspectOwn(c.Comm, func(m ast.Node) bool {
			if u, ok := m.(*ast.UnaryExpr); ok && u.Op == token.ARROW {
				set[u] = true
			}
			return true
		})
		return true
	})
	return set
}

// describe says where a function leaves, in words for a message.
func describe(pass *rule.Pass, p Place, made ast.Stmt, at token.Pos) *leave {
	name := "the function of line " + strconv.Itoa(pass.Line(p.Func.Pos()))
	if d, ok := p.Func.(*ast.FuncDecl); ok {
		name = d.Name.Name
	}
	switch {
	case made != nil && at == made.Pos():
		return &leave{at, name + " goes round without receiving"}
	case at >= p.Body.Rbrace:
		return &leave{p.Body.Rbrace, name + " comes to its end without receiving"}
	}
	return &leave{at, fmt.Sprintf("%s returns at line %d", name, pass.Line(at))}
}
