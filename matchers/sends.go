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
	info   *types.Info
	ch     types.Object
	twice  token.Pos // the first send in an `if` that goes on to another send
	defers int
}

// mostSends is the most that one run of body sends on ch; many when no number
// bounds it.
func mostSends(info *types.Info, ch types.Object, body *ast.BlockStmt) (most int, twice token.Pos) {
	c := &sendCount{info: info, ch: ch}
	t := c.list(body.List)
	return min(max(t.on, t.left, 0)+c.defers, many), c.twice
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
		if !ok {
			continue
		}
		for i, inner := range cond.Body.List {
			if send, ok := inner.(*ast.SendStmt); ok && c.ours(send.Chan) && i == len(cond.Body.List)-1 {
				return send.Pos()
			}
		}
	}
	return token.NoPos
}

func (c *sendCount) ours(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && c.info.ObjectOf(id) == c.ch
}

func (c *sendCount) stmt(s ast.Stmt) tally {
	switch s := s.(type) {
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
		if lit, ok := s.Call.Fun.(*ast.FuncLit); ok {
			t := c.list(lit.Body.List)
			c.defers += max(t.on, t.left, 0)
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
	t := c.list(body.List)
	if t.on > 0 {
		return tally{many, many}
	}
	return tally{0, t.left}
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
