package matchers

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// An aftermath is what a goroutine does behind its send: without room, it does
// that only once somebody has received.
type aftermath struct {
	info    *types.Info
	ch      types.Object
	note    ast.Stmt              // the first statement that does more than end
	tells   map[types.Object]bool // channels that it closes or sends on
	cancels bool                  // it cancels a context
	done    bool                  // it calls Done on a WaitGroup
}

// behindSend reads a sender's body and its deferred functions.
func behindSend(info *types.Info, snd *Sender) *aftermath {
	a := &aftermath{info: info, ch: snd.Chan, tells: map[types.Object]bool{}}
	a.list(snd.Body.List, false)
	sends := false
	inspectOwn(snd.Body, func(n ast.Node) bool {
		if _, deferred := n.(*ast.DeferStmt); deferred {
			return false
		}
		if send, ok := n.(*ast.SendStmt); ok && effects.Root(info, send.Chan) == snd.Chan {
			sends = true
		}
		return true
	})
	inspectOwn(snd.Body, func(n ast.Node) bool {
		d, ok := n.(*ast.DeferStmt)
		if !ok {
			return true
		}
		if lit, ok := d.Call.Fun.(*ast.FuncLit); ok {
			a.list(lit.Body.List, sends && !recovers(lit))
		} else {
			a.call(d, d.Call)
		}
		return false
	})
	return a
}

// list reads statements; sent tells whether a send may stand before them, and
// the result whether one may stand before what follows.
func (a *aftermath) list(stmts []ast.Stmt, sent bool) bool {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.ReturnStmt:
			if sent && len(s.Results) > 0 && a.note == nil {
				a.note = s // the group that started it acts on what it returns
			}
			return false
		case *ast.BranchStmt:
			return false
		case *ast.SendStmt:
			if effects.Root(a.info, s.Chan) == a.ch {
				if sent && a.note == nil {
					a.note = s
				}
				sent = true
				continue
			}
			if sent {
				a.tells[effects.Root(a.info, s.Chan)] = true
			}
		default:
			sent = a.stmt(s, sent)
		}
	}
	return sent
}

func (a *aftermath) stmt(s ast.Stmt, sent bool) bool {
	switch s := s.(type) {
	case *ast.BlockStmt:
		return a.list(s.List, sent)
	case *ast.LabeledStmt:
		return a.list([]ast.Stmt{s.Stmt}, sent)
	case *ast.IfStmt:
		out := a.list(s.Body.List, sent)
		if s.Else != nil {
			return a.stmt(s.Else, sent) || out
		}
		return out || sent
	case *ast.ForStmt:
		return a.list(s.Body.List, sent) || sent
	case *ast.RangeStmt:
		return a.list(s.Body.List, sent) || sent
	case *ast.SwitchStmt:
		return a.clauses(s.Body, sent)
	case *ast.TypeSwitchStmt:
		return a.clauses(s.Body, sent)
	case *ast.SelectStmt:
		return a.clauses(s.Body, sent)
	case *ast.DeferStmt, *ast.EmptyStmt:
		return sent
	}
	if !sent {
		return false
	}
	if e, ok := s.(*ast.ExprStmt); ok {
		if call, ok := e.X.(*ast.CallExpr); ok {
			a.call(s, call)
			return true
		}
	}
	if a.note == nil {
		a.note = s
	}
	return true
}

func (a *aftermath) clauses(body *ast.BlockStmt, sent bool) bool {
	out := sent
	for _, c := range body.List {
		switch c := c.(type) {
		case *ast.CaseClause:
			out = a.list(c.Body, sent) || out
		case *ast.CommClause:
			send, ok := c.Comm.(*ast.SendStmt)
			here := sent || ok && effects.Root(a.info, send.Chan) == a.ch
			out = a.list(c.Body, here) || out
		}
	}
	return out
}

// call sorts a call that runs behind a send.
func (a *aftermath) call(s ast.Stmt, call *ast.CallExpr) {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		if f.Name == "close" && len(call.Args) == 1 {
			if root := effects.Root(a.info, call.Args[0]); root != a.ch {
				a.tells[root] = true
			}
			return
		}
		if f.Name == "recover" {
			return
		}
	case *ast.SelectorExpr:
		switch {
		case f.Sel.Name == "Done" && isNamed(a.info.TypeOf(f.X), "sync", "WaitGroup"):
			a.done = true
			return
		case f.Sel.Name == "Unlock" || f.Sel.Name == "RUnlock":
			return
		}
	}
	if t := a.info.TypeOf(call.Fun); isNamed(t, "context", "CancelFunc") || isNamed(t, "context", "CancelCauseFunc") {
		a.cancels = true
		return
	}
	if a.note == nil {
		a.note = s
	}
}

// nothingAfterSend: without room, what stands behind a send runs only once
// somebody has received. Code that counts on that must stay where it is, and a
// signal from there must not come before the value does.
func nothingAfterSend(pass *rule.Pass, s *StuckResult) rule.Verdict {
	var noted ast.Stmt
	for _, snd := range s.Senders {
		a := behindSend(pass.Info, snd)
		if sel, what := s.overtaken(pass.Info, a); sel != nil {
			return rule.Refuse(sel.Pos(), fmt.Sprintf("behind its send the goroutine signals %s, which the select of line %d waits for too: with room, that could be taken first and the value be lost", what, pass.Line(sel.Pos())))
		}
		if noted == nil {
			noted = a.note
		}
	}
	if noted != nil {
		return rule.Assumed(noted.Pos(), fmt.Sprintf("line %d, which runs after a send, is taken not to count on the value having been received", pass.Line(noted.Pos())))
	}
	return rule.Holds(s.Made.Pos(), "nothing of note runs after a send")
}

// overtaken looks for a select that waits for the value and also for a signal
// that the goroutine gives behind its send.
func (s *StuckResult) overtaken(info *types.Info, a *aftermath) (found *ast.SelectStmt, what string) {
	inspectOwn(s.Body, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectStmt)
		if !ok || found != nil {
			return found == nil
		}
		ours, signal := false, ""
		for _, c := range sel.Body.List {
			x := effects.Received(c.(*ast.CommClause).Comm)
			if x == nil {
				continue
			}
			switch root := effects.Root(info, x); {
			case root == types.Object(s.Chan):
				ours = true
			case isContextDone(info, x):
				if a.cancels {
					signal = types.ExprString(x)
				}
			case effects.IsSignal(info, x):
			case root != nil && (a.tells[root] || a.done):
				signal = types.ExprString(x)
			}
		}
		if ours && signal != "" {
			found, what = sel, signal
		}
		return true
	})
	return found, what
}

// isContextDone tells whether x is ctx.Done().
func isContextDone(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Done" && effects.IsSignal(info, x)
}
