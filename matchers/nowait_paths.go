package matchers

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"

	"golang.org/x/tools/go/cfg"

	"github.com/goherd/goherd/internal/rule"
)

// A NoWaitLeave is one place where the function leaves what it has started, and
// what is written there.
type NoWaitLeave struct {
	Return *ast.ReturnStmt // nil at the end of the body, and where the group is made anew
	At     token.Pos
	Round  bool // the group is made anew, in a loop

	Cancel string   // the cancel function to call first, "" for none
	Close  []string // the channels to close first
	Tell   bool     // hand the failure to the group first
	With   string   // the error to hand to it: a variable; "" for what is returned
	Give   Give     // what becomes of the group's error

	owed bool // an Add whose goroutine has not started
}

// Give says what a return makes of the group's error.
type Give uint8

// The ways.
const (
	Keep       Give = iota // the return keeps its own
	GiveWait               // return 0, nil becomes return 0, g.Wait()
	GiveUnless             // if err := g.Wait(); err != nil { return 0, err }
)

// A groupState is what is known of a group at one point of a path.
type groupState struct {
	open    bool // something was started that nobody has waited for
	owed    bool // Add was called, and the goroutine has not started
	covered bool // a wait is seen to, whatever comes
	aside   bool // another goroutine waits, and may be through with it
}

// after is the state behind an event.
func (st groupState) after(e groupEventKind) groupState {
	switch e {
	case eventStarts:
		st.open, st.owed = true, false
	case eventOwes:
		st.owed = true
	case eventPays:
		st.owed = false
	case eventWaits:
		st.open, st.owed = false, false
	case eventCovers:
		st.covered = true
	case eventAside:
		st.covered, st.aside = true, true
	}
	return st
}

// findLeaves follows every path from where the group is made to the function's
// ends, and gathers where it leaves without having been told to, in source order.
func (n *NoWait) findLeaves(pass *rule.Pass) []*NoWaitLeave {
	graph := cfg.New(n.Body, pass.Effects.Returns)
	if len(graph.Blocks) == 0 {
		return nil
	}
	w := &groupWatch{n: n, seen: map[*cfg.Block]map[groupState]bool{}, holds: n.startConditions(pass)}
	for _, e := range n.events {
		w.anchors = append(w.anchors, n.anchor(pass, e))
	}
	w.visit(graph.Blocks[0], groupState{})
	slices.SortFunc(w.leaves, func(a, b *NoWaitLeave) int { return int(a.At - b.At) })
	return slices.DeleteFunc(w.leaves, func(l *NoWaitLeave) bool {
		outside, _ := n.toldToLeave(pass, l)
		return outside
	})
}

// anchor is where an event counts: where it stands, but for a wait under a
// condition, or in a loop. Whoever writes `if started { wg.Wait() }`, or receives
// once for each item, knows when there is something to wait for.
func (n *NoWait) anchor(pass *rule.Pass, e groupEvent) ast.Node {
	at := e.at
	c, ok := pass.FindNode(e.at)
	if !ok || !e.kind.isWait() {
		return at
	}
	for up := range c.Enclosing((*ast.IfStmt)(nil), (*ast.RangeStmt)(nil), (*ast.ForStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up.Node() == n.Func {
			break
		}
		var head ast.Expr
		var lists [][]ast.Stmt
		switch s := up.Node().(type) {
		case *ast.IfStmt:
			head, lists = s.Cond, blocksOf(s)
		case *ast.RangeStmt:
			head, lists = s.X, blocksOf(s)
		case *ast.ForStmt:
			head, lists = s.Cond, blocksOf(s)
		}
		for _, list := range lists {
			if len(list) == 0 || head == nil || !within(at, posSpan{list[0].Pos(), list[len(list)-1].End()}) {
				continue
			}
			if !n.isOneWay(pass, up.Node(), list) {
				return at
			}
			at = head
		}
	}
	return at
}

// isOneWay tells whether a wait in a branch, or in a loop's body, may stand for a
// wait on every way: nothing is started in there, and the branch goes on.
func (n *NoWait) isOneWay(pass *rule.Pass, s ast.Node, list []ast.Stmt) bool {
	if n.startsIn(s) || within(n.Group.Made, s) {
		return false
	}
	cond, ok := s.(*ast.IfStmt)
	return !ok || !terminates(list[len(list)-1]) && !isCheck(pass, cond.Cond)
}

// startsIn tells whether anything is started inside a node.
func (n *NoWait) startsIn(outer ast.Node) bool {
	return slices.ContainsFunc(n.starts, func(s *groupStart) bool { return within(s.at, outer) })
}

// isCheck tells whether a condition asks for an error.
func isCheck(pass *rule.Pass, cond ast.Expr) bool {
	found := false
	ast.Inspect(cond, func(n ast.Node) bool {
		x, ok := n.(ast.Expr)
		found = found || ok && isErrorType(pass.Info.TypeOf(x))
		return !found
	})
	return found
}

type posSpan struct{ from, to token.Pos }

func (s posSpan) Pos() token.Pos { return s.from }

func (s posSpan) End() token.Pos { return s.to }

// isWait tells whether an event is a wait, of whatever kind.
func (e groupEventKind) isWait() bool { return e == eventWaits || e == eventCovers || e == eventAside }

type groupWatch struct {
	n       *NoWait
	anchors []ast.Node // by event
	holds   *watch     // the conditions that were true at every start
	seen    map[*cfg.Block]map[groupState]bool
	leaves  []*NoWaitLeave
}

func (w *groupWatch) visit(b *cfg.Block, st groupState) {
	if w.seen[b][st] {
		return
	}
	if w.seen[b] == nil {
		w.seen[b] = map[groupState]bool{}
	}
	w.seen[b][st] = true
	for _, node := range b.Nodes {
		if within(node, w.n.Group.Made) {
			if st.open && !st.covered {
				w.leave(NoWaitLeave{At: w.n.Group.Made.Pos(), Round: true, owed: st.owed})
			}
			st = groupState{}
			continue
		}
		for i, e := range w.n.events {
			if !within(w.anchors[i], node) {
				continue
			}
			if e.kind == eventStarts && st.aside && (w.n.late == nil || e.at.Pos() < w.n.late.Pos()) {
				w.n.late = e.at
			}
			st = st.after(e.kind)
		}
	}
	if r := b.Return(); r != nil && st.open && !st.covered {
		l := NoWaitLeave{Return: r, At: r.Pos(), owed: st.owed}
		if r.Pos() >= w.n.Body.Rbrace {
			l.Return, l.At = nil, w.n.Body.Rbrace
		}
		w.leave(l)
	}
	var cond ast.Expr
	if len(b.Succs) == 2 && len(b.Nodes) > 0 {
		cond, _ = b.Nodes[len(b.Nodes)-1].(ast.Expr)
	}
	for i, next := range b.Succs {
		if cond == nil || !st.open || w.holds.possible(cond, i == 0) {
			w.visit(next, st)
		}
	}
}

// startConditions gathers the conditions around every start that can't have
// changed when they are asked again.
func (n *NoWait) startConditions(pass *rule.Pass) *watch {
	w := &watch{info: pass.Info}
	for i, s := range n.starts {
		set := (&StuckResult{Place: n.Place}).stableConditions(pass.Info, s.at)
		if i == 0 {
			w.holds = set
		}
		maps.DeleteFunc(w.holds, func(cond string, _ bool) bool { return !set[cond] })
	}
	return w
}

func (w *groupWatch) leave(l NoWaitLeave) {
	for _, had := range w.leaves {
		if had.At == l.At {
			had.owed = had.owed || l.owed
			return
		}
	}
	w.leaves = append(w.leaves, &l)
}
