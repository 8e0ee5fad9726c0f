package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// receiverLeaves: the point of it all. In main the process ends with the
// function, and a test that fails ends too.
func receiverLeaves(pass *rule.Pass, s *StuckResult) rule.Verdict {
	if endsWithProcess(pass, s.Func) {
		return rule.Quiet(s.Made.Pos(), "the process ends with the function")
	}
	for _, u := range s.uses {
		if u.kind == useReturn {
			return s.callerLeaves(pass)
		}
	}
	s.leaves = s.leavesHere(pass)
	if s.leaves == nil {
		return rule.Quiet(s.Made.Pos(), "the function receives on every path")
	}
	return rule.Holds(s.leaves.at, s.leaves.when+", and then nobody receives")
}

// endsWithProcess tells whether a function is main, is called by main alone, or
// is a Main that another package's main hands over to.
func endsWithProcess(pass *rule.Pass, fn ast.Node) bool {
	d, ok := fn.(*ast.FuncDecl)
	if !ok || d.Recv != nil {
		return false
	}
	if d.Name.Name == "Main" {
		return true
	}
	if pass.Pkg.Name() != "main" {
		return false
	}
	if d.Name.Name == "main" {
		return true
	}
	obj, callers := pass.Info.Defs[d.Name], 0
	for c := range pass.Syntax().Preorder((*ast.Ident)(nil)) {
		if pass.Info.Uses[c.Node().(*ast.Ident)] != obj {
			continue
		}
		callers++
		if p, loops, ok := placeOf(c); !ok || !isMain(p.Func) || len(loops) > 0 {
			return false
		}
	}
	return callers == 1
}

func isMain(fn ast.Node) bool {
	d, ok := fn.(*ast.FuncDecl)
	return ok && d.Recv == nil && d.Name.Name == "main"
}

// leavesHere follows the paths from each launch to the function's ends.
func (s *StuckResult) leavesHere(pass *rule.Pass) *leave {
	if !s.receivesAtAll() {
		return nil // a hand-off nobody waits for: another rule's
	}
	chans := s.eitherOf(pass.Info)
	w := &watch{
		info: pass.Info, returns: pass.Effects.Returns, made: s.Made, room: s.Cap, sends: map[ast.Stmt]int{}, holds: map[string]bool{}, counts: map[string]bool{},
		isChan: func(x ast.Expr) bool {
			id, ok := ast.Unparen(x).(*ast.Ident)
			return ok && chans[pass.Info.Uses[id]]
		},
	}
	for _, snd := range s.Senders {
		w.sends[snd.Stmt] += snd.Most
		if r, ok := snd.Loop.(*ast.RangeStmt); ok {
			w.counts[types.ExprString(r.X)], w.counts["len("+types.ExprString(r.X)+")"] = true, true
		} else if f, ok := snd.Loop.(*ast.ForStmt); ok && f.Cond != nil {
			if c, ok := f.Cond.(*ast.BinaryExpr); ok {
				w.counts[types.ExprString(c.Y)] = true
			}
		}
	}
	w.over = closedAfterWait(pass.Info, s.Body)
	if len(s.Senders) == 1 {
		w.holds = s.stableConditions(pass.Info, s.Senders[0].Stmt)
	}
	at, found := w.leaves(s.Body)
	if !found {
		return nil
	}
	return describe(pass, s.Place, s.Made, at)
}

// closedAfterWait gathers the channels that a goroutine closes once a group is
// done: `go func() { wg.Wait(); close(done) }()`. Without room, everything has
// been received by then.
func closedAfterWait(info *types.Info, body *ast.BlockStmt) map[types.Object]bool {
	set := map[types.Object]bool{}
	inspectOwn(body, func(n ast.Node) bool {
		g, ok := n.(*ast.GoStmt)
		if !ok {
			return true
		}
		lit, ok := g.Call.Fun.(*ast.FuncLit)
		if !ok {
			return true
		}
		waited := false
		for _, s := range lit.Body.List {
			if _, _, name, ok := methodCall(s); ok && name == "Wait" {
				waited = true
			}
			if e, ok := s.(*ast.ExprStmt); ok && waited {
				if call, ok := e.X.(*ast.CallExpr); ok && len(call.Args) == 1 && calleeIdent(call) != nil && calleeIdent(call).Name == "close" {
					set[effects.Root(info, call.Args[0])] = true
				}
			}
		}
		return true
	})
	return set
}

// eitherOf gathers the channels of which each goroutine uses exactly one:
// `names <- name` or `errc <- err`. Who receives from any of them has received.
func (s *StuckResult) eitherOf(info *types.Info) map[types.Object]bool {
	alone := map[types.Object]bool{s.Chan: true}
	if len(s.Senders) != 1 || s.Senders[0].Chan != types.Object(s.Chan) {
		return alone
	}
	all := map[types.Object]bool{s.Chan: true}
	ast.Inspect(s.Senders[0].Body, func(n ast.Node) bool {
		var x ast.Expr
		switch n := n.(type) {
		case *ast.SendStmt:
			x = n.Chan
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "close" && len(n.Args) == 1 {
				x = n.Args[0]
			}
		}
		if x != nil {
			if v := localVar(info, x, s.Body); v != nil {
				all[v] = true
			}
		}
		return true
	})
	c := &sendCount{info: info, chs: all, closes: true}
	if c.most(s.Senders[0].Body.List) != 1 {
		return alone
	}
	return all
}

// stableConditions gathers the conditions of the ifs around a launch that can't
// have changed when they are asked again.
func (s *StuckResult) stableConditions(info *types.Info, launch ast.Node) map[string]bool {
	set := map[string]bool{}
	inspectOwn(s.Body, func(n ast.Node) bool {
		cond, ok := n.(*ast.IfStmt)
		if !ok || !within(launch, cond.Body) {
			return true
		}
		stable := true
		ast.Inspect(cond.Cond, func(m ast.Node) bool {
			switch m := m.(type) {
			case *ast.CallExpr:
				stable = false
			case *ast.Ident:
				if v, ok := info.Uses[m].(*types.Var); ok {
					inspectAssignedPath(info, s.Func, v, func(at token.Pos) { stable = stable && at < launch.Pos() })
				}
			}
			return stable
		})
		if stable {
			set[types.ExprString(cond.Cond)] = true
		}
		return true
	})
	return set
}

// receivesInLoop tells whether the function takes its values in a loop.
func (s *StuckResult) receivesInLoop(info *types.Info) bool {
	w := &watch{info: info, isChan: func(x ast.Expr) bool {
		id, ok := ast.Unparen(x).(*ast.Ident)
		return ok && info.Uses[id] == types.Object(s.Chan)
	}}
	found := false
	inspectOwn(s.Body, func(n ast.Node) bool {
		switch l := n.(type) {
		case *ast.ForStmt:
			found = found || w.loopReceives(l)
		case *ast.RangeStmt:
			found = found || w.loopReceives(l)
		}
		return !found
	})
	return found
}

func (s *StuckResult) receivesAtAll() bool {
	for _, u := range s.uses {
		if u.kind == useReceive || u.kind == useRange {
			return true
		}
	}
	return false
}

// callerLeaves: the channel is the function's result; whoever called it may
// leave without receiving. Only callers in view can show that.
func (s *StuckResult) callerLeaves(pass *rule.Pass) rule.Verdict {
	at := s.Made.Pos()
	decl, ok := s.Func.(*ast.FuncDecl)
	if !ok || s.receivesAtAll() || len(s.Senders) != 1 || s.Senders[0].Loop != nil {
		return rule.Quiet(at, "the channel is the result of more than one plain goroutine")
	}
	fn, _ := pass.Info.Defs[decl.Name].(*types.Func)
	for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if got := callee(pass.Info, call); got == nil || got.Origin() != fn {
			continue
		}
		p, _, ok := placeOf(c)
		if !ok || endsWithProcess(pass, p.Func) {
			continue
		}
		if l := leavesWith(pass, p, c, s.Senders[0].Most); l != nil {
			s.leaves = l
			return rule.Holds(l.at, l.when+", and then nobody receives")
		}
	}
	return rule.Quiet(at, "no caller in view leaves without receiving")
}

// leavesWith follows `ch := f()`, `ch, err := f()` or `<-f()` in one caller. The
// channel must be used for receiving only: whoever gets it otherwise may receive.
func leavesWith(pass *rule.Pass, p Place, c inspector.Cursor, sends int) *leave {
	call := c.Node().(*ast.CallExpr)
	w := &watch{info: pass.Info, returns: pass.Effects.Returns, sends: map[ast.Stmt]int{}}
	switch parent := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		v := resultChannel(pass.Info, parent)
		if v == nil || !receivedOnly(pass, p, v) {
			return nil
		}
		w.sends[parent] = sends
		w.isChan = func(x ast.Expr) bool {
			id, ok := ast.Unparen(x).(*ast.Ident)
			return ok && pass.Info.Uses[id] == types.Object(v)
		}
	case *ast.UnaryExpr:
		for up := range c.Enclosing((*ast.CommClause)(nil)) {
			if comm := up.Node().(*ast.CommClause).Comm; comm != nil && effects.Received(comm) == ast.Expr(call) {
				w.sends[comm] = sends
			}
			break
		}
		w.isChan = func(x ast.Expr) bool { return x == ast.Expr(call) }
	}
	if len(w.sends) == 0 {
		return nil
	}
	if at, found := w.leaves(p.Body); found {
		return describe(pass, p, nil, at)
	}
	return nil
}

// resultChannel is the variable that takes the one channel among a call's results.
func resultChannel(info *types.Info, a *ast.AssignStmt) *types.Var {
	if a.Tok != token.DEFINE || len(a.Rhs) != 1 {
		return nil
	}
	var found *types.Var
	for _, lhs := range a.Lhs {
		id, ok := lhs.(*ast.Ident)
		if !ok {
			return nil
		}
		v, ok := info.Defs[id].(*types.Var)
		if !ok {
			continue
		}
		if _, isChan := v.Type().Underlying().(*types.Chan); isChan {
			if found != nil {
				return nil
			}
			found = v
		}
	}
	return found
}

// receivedOnly tells whether the function itself receives from v, and nothing
// else is done with it.
func receivedOnly(pass *rule.Pass, p Place, v *types.Var) bool {
	received := false
	for _, use := range uses(pass.Info, p.Func, v) {
		if use.Pos() == v.Pos() {
			continue
		}
		c, ok := pass.FindNode(use)
		if !ok {
			return false
		}
		kind, _ := kindOfUse(pass.Info, c)
		lit, _ := outermostLit(pass.Info, c, p.Func)
		if kind != useReceive && kind != useRange || lit != nil {
			return false
		}
		received = true
	}
	return received
}
