package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/cfg"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A leave is a way on which a function ends with a send still to be received.
type leave struct {
	at   token.Pos
	when string // "Fetch returns at line 52"
}

// A watch follows the receives from one channel through one function.
type watch struct {
	info   *types.Info
	isChan func(ast.Expr) bool
	comms  map[ast.Node]bool // receives that stand in a select's case
}

// leavesAfter looks for a path from the statement start to a return of body on
// which the channel was received from less than need times. A loop that
// receives counts as all of it when it runs to its own end, and as nothing when
// it is left.
func (w *watch) leavesAfter(body *ast.BlockStmt, start ast.Stmt, need int) *ast.ReturnStmt {
	w.comms = commReceives(body)
	g := cfg.New(body, func(call *ast.CallExpr) bool {
		fn := callee(w.info, call)
		if fn != nil {
			return !effects.NeverReturns(fn)
		}
		id, ok := call.Fun.(*ast.Ident)
		return !ok || id.Name != "panic"
	})
	from, index := findNode(g, start)
	if from == nil {
		return nil
	}
	return w.search(from, index+1, need)
}

// findNode is the block and the index of a statement.
func findNode(g *cfg.CFG, s ast.Stmt) (*cfg.Block, int) {
	for _, b := range g.Blocks {
		for i, n := range b.Nodes {
			if n == ast.Node(s) || n == callOf(s) {
				return b, i
			}
		}
	}
	return nil, 0
}

func callOf(s ast.Stmt) ast.Node {
	if e, ok := s.(*ast.ExprStmt); ok {
		return e.X
	}
	return nil
}

// search walks the graph; a block is visited again only with fewer receives
// than before, so it ends.
func (w *watch) search(from *cfg.Block, index, need int) *ast.ReturnStmt {
	type step struct {
		b     *cfg.Block
		index int
		got   int
	}
	best := map[*cfg.Block]int{}
	todo := []step{{from, index, 0}}
	var found *ast.ReturnStmt
	for len(todo) > 0 {
		st := todo[0]
		todo = todo[1:]
		got := st.got
		for _, n := range st.b.Nodes[min(st.index, len(st.b.Nodes)):] {
			got += w.receives(n)
		}
		if got >= need {
			continue
		}
		if r := st.b.Return(); r != nil && (found == nil || r.Pos() < found.Pos()) {
			found = r
		}
		for _, next := range st.b.Succs {
			g := got + w.entering(st.b, next)
			if had, seen := best[next]; g < need && (!seen || g < had) {
				best[next] = g
				todo = append(todo, step{next, 0, g})
			}
		}
	}
	return found
}

// entering counts what the step from one block to the next receives: a select's
// case that was chosen, a value for a range's round, everything for a receiving
// loop that ran to its end.
func (w *watch) entering(from, to *cfg.Block) int {
	switch to.Kind {
	case cfg.KindSelectCaseBody:
		if x := receivedFrom(to.Stmt.(*ast.CommClause).Comm); x != nil && w.isChan(x) {
			return 1
		}
	case cfg.KindRangeBody:
		if r, ok := to.Stmt.(*ast.RangeStmt); ok && w.isChan(r.X) {
			return 1
		}
	case cfg.KindRangeDone, cfg.KindForDone:
		head := from.Kind == cfg.KindRangeLoop || from.Kind == cfg.KindForLoop
		if head && from.Stmt == to.Stmt && w.loopReceives(to.Stmt) {
			return many
		}
	}
	return 0
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

// receivedFrom is the channel of `<-c`, `v := <-c`, `v, ok = <-c`.
func receivedFrom(s ast.Stmt) ast.Expr {
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

// describe says where a function leaves, in words for a message.
func describe(pass *rule.Pass, decl ast.Decl, body *ast.BlockStmt, r *ast.ReturnStmt) *leave {
	name := "the function"
	if d, ok := decl.(*ast.FuncDecl); ok {
		name = d.Name.Name
	}
	if r.Pos() >= body.Rbrace {
		return &leave{body.Rbrace, name + " comes to its end without receiving"}
	}
	return &leave{r.Pos(), fmt.Sprintf("%s returns at line %d", name, pass.Line(r.Pos()))}
}
