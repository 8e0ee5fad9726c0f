package matchers

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// A tally counts how often statements send on one channel: the most on a path
// that goes on, and the most on a path that has left the function. -1 is no
// such path.
type tally struct{ on, left int }

// sendCount walks a goroutine's body.
type sendCount struct {
	info *types.Info
	chs  map[types.Object]bool
	// launches, where set, counts goroutines instead: each statement that starts
	// one stands for so many sends.
	launches map[ast.Stmt]int
	closes   bool      // a close counts as a send
	twice    token.Pos // the first send under an error that goes on to another send
	defers   int       // sends in deferred functions
	rescue   int       // those that a deferred function makes only after a panic
	loops    int       // loops around
}

// mostSends is the most that one run of body sends on ch; many when no number
// bounds it.
func mostSends(info *types.Info, ch types.Object, body *ast.BlockStmt) (most int, twice token.Pos) {
	c := &sendCount{info: info, chs: map[types.Object]bool{ch: true}}
	return c.most(body.List), c.twice
}

func (c *sendCount) most(list []ast.Stmt) int {
	t := c.list(list)
	return min(max(max(t.on, t.left, 0)+c.defers, c.rescue), many)
}

func (c *sendCount) list(stmts []ast.Stmt) tally {
	t := tally{0, -1}
	for _, s := range stmts {
		before := t.on
		u := c.stmt(s)
		if before > 0 && max(u.on, u.left) > 0 && c.twice == token.NoPos {
			c.twice = c.lastSend(stmts, s)
		}
		if u.left >= 0 {
			t.left = max(t.left, before+u.left)
		}
		if u.on < 0 {
			return tally{-1, t.left}
		}
		t.on = min(before+u.on, many)
	}
	return t
}

// lastSend finds the send inside an if that stands before s and goes on.
func (c *sendCount) lastSend(stmts []ast.Stmt, s ast.Stmt) token.Pos {
	for _, prev := range stmts {
		if prev == s {
			break
		}
		cond, ok := prev.(*ast.IfStmt)
		if !ok || !isNotNil(c.info, cond.Cond) {
			continue
		}
		for _, inner := range cond.Body.List {
			if send, ok := inner.(*ast.SendStmt); ok && c.ours(send.Chan) {
				return send.Pos()
			}
		}
	}
	return token.NoPos
}

func (c *sendCount) isClose(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	f, ok := call.Fun.(*ast.Ident)
	return ok && f.Name == "close" && c.ours(call.Args[0])
}

// isNotNil tells whether a condition is `err != nil`.
func isNotNil(info *types.Info, cond ast.Expr) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && b.Op == token.NEQ && info.Types[b.Y].IsNil()
}

func (c *sendCount) ours(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && c.chs[c.info.ObjectOf(id)]
}

func (c *sendCount) stmt(s ast.Stmt) tally {
	if n := c.launches[s]; n > 0 {
		return tally{n, -1}
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		if c.closes && c.isClose(s.X) {
			return tally{1, -1}
		}
	case *ast.SendStmt:
		if c.ours(s.Chan) {
			return tally{1, -1}
		}
	case *ast.ReturnStmt:
		return tally{-1, 0}
	case *ast.BranchStmt:
		return tally{0, -1}
	case *ast.BlockStmt:
		return c.list(s.List)
	case *ast.LabeledStmt:
		return c.stmt(s.Stmt)
	case *ast.IfStmt:
		t := tally{0, -1}
		if s.Else != nil {
			t = c.stmt(s.Else)
		}
		return worst(t, c.list(s.Body.List))
	case *ast.SwitchStmt:
		return c.clauses(s.Body)
	case *ast.TypeSwitchStmt:
		return c.clauses(s.Body)
	case *ast.SelectStmt:
		return c.clauses(s.Body)
	case *ast.ForStmt:
		return c.loop(s.Body)
	case *ast.RangeStmt:
		return c.loop(s.Body)
	case *ast.DeferStmt:
		if c.closes && c.isClose(s.Call) {
			c.defers++
		}
		if lit, ok := s.Call.Fun.(*ast.FuncLit); ok {
			t := c.list(lit.Body.List)
			switch n := max(t.on, t.left, 0); {
			case n > 0 && c.loops > 0:
				c.defers = many
			case recovers(lit):
				c.rescue += n
			default:
				c.defers += n
			}
		}
		return tally{0, -1}
	}
	if c.sendsInside(s) {
		return tally{many, many} // in a literal that may run any number of times
	}
	return tally{0, -1}
}

// loop: a send that is followed by leaving the function happens once, any other
// as often as the loop runs.
func (c *sendCount) loop(body *ast.BlockStmt) tally {
	c.loops++
	t := c.list(body.List)
	c.loops--
	if t.on > 0 {
		return tally{many, many}
	}
	return tally{0, t.left}
}

// recovers tells whether a deferred function's sends stand under a recover:
// the body has then panicked. Its own send, where it is the last thing it does,
// was not reached.
func recovers(lit *ast.FuncLit) bool {
	if len(lit.Body.List) != 1 {
		return false
	}
	cond, ok := lit.Body.List[0].(*ast.IfStmt)
	if !ok || cond.Init == nil {
		return false
	}
	found := false
	ast.Inspect(cond.Init, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			id, ok := call.Fun.(*ast.Ident)
			found = found || ok && id.Name == "recover"
		}
		return !found
	})
	return found
}

func (c *sendCount) clauses(body *ast.BlockStmt) tally {
	t := tally{0, -1}
	for _, cl := range body.List {
		switch cl := cl.(type) {
		case *ast.CaseClause:
			t = worst(t, c.list(cl.Body))
		case *ast.CommClause:
			u := c.list(cl.Body)
			if send, ok := cl.Comm.(*ast.SendStmt); ok && c.ours(send.Chan) {
				u = plus(u, 1)
			}
			t = worst(t, u)
		}
	}
	return t
}

func plus(t tally, n int) tally {
	if t.on >= 0 {
		t.on += n
	}
	if t.left >= 0 {
		t.left += n
	}
	return t
}

func worst(a, b tally) tally { return tally{max(a.on, b.on), max(a.left, b.left)} }

// sendsInside tells whether any literal or goroutine inside s sends.
func (c *sendCount) sendsInside(s ast.Stmt) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		if send, ok := n.(*ast.SendStmt); ok && c.ours(send.Chan) {
			found = true
		}
		return !found
	})
	return found
}

// constInt reads a constant int.
func constInt(info *types.Info, x ast.Expr, n *int) bool {
	v := info.Types[x].Value
	if v == nil {
		return false
	}
	i, ok := constant.Int64Val(constant.ToInt(v))
	*n = int(i)
	return ok && i >= 0 && i < many
}
