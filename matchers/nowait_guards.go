package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// groupStaysHere: who gets the group may wait for it.
func groupStaysHere(pass *rule.Pass, n *NoWait) rule.Verdict {
	at := n.at().Pos()
	if n.loose != nil {
		return rule.Holds(at, "the variable that the goroutine writes is in view")
	}
	if n.shared {
		return rule.Refuse(at, "the Wait belongs to whoever ends what was started, and only the author knows where that is")
	}
	if n.lost != nil {
		return rule.Quiet(n.lost.Pos(), "the group is handed on, or used where nobody can see when")
	}
	return rule.Holds(at, "every use of the group is in view")
}

// functionLeaves: the point of it all. What still runs when the process ends is
// nobody's concern, and a test that fails early leaves what it likes.
func functionLeaves(pass *rule.Pass, n *NoWait) rule.Verdict {
	at := n.at().Pos()
	if endsWithProcess(pass, n.Func) {
		return rule.Quiet(at, "the process ends with the function")
	}
	if n.loose != nil {
		return rule.Refuse(n.loose.read.Pos(), fmt.Sprintf("there is nothing to wait with: a WaitGroup around the goroutine, and its Wait above line %d", pass.Line(n.loose.read.Pos())))
	}
	if n.waits() && pass.IsTest(n.File) {
		return rule.Quiet(at, "a test that leaves early has failed")
	}
	if len(n.Leaves) == 0 && n.startsLate() {
		return rule.Refuse(n.late.Pos(), fmt.Sprintf("once all that was started has ended, the Wait of line %d returns, and nobody waits for what is started then: start the waiting goroutine behind line %d", pass.Line(n.aside().Pos()), pass.Line(n.late.Pos())))
	}
	if len(n.Leaves) == 0 {
		return rule.Quiet(at, "the function waits on every path")
	}
	return rule.Holds(n.Leaves[0].At, "the function returns"+linesOf(pass, n.Leaves)+", and nobody has waited by then")
}

// startsLate tells whether something is started when another goroutine waits
// already, and nothing shows that it still has to: no count of the function's own
// that is open, no lock that is held.
func (n *NoWait) startsLate() bool {
	if n.late == nil || len(heldAt(n.Body, n.late)) > 0 {
		return false
	}
	return !slices.ContainsFunc(n.events, func(e groupEvent) bool { return e.kind == eventPays })
}

// toldToLeave tells whether the function leaves because somebody outside told it
// to, or because the group's own context has ended: a context's Done or Err, a
// timer, a channel that carries nothing. Who told it from outside wants the
// function back.
func (n *NoWait) toldToLeave(pass *rule.Pass, l *NoWaitLeave) (outside, group bool) {
	c, ok := n.cursorAt(l)
	if !ok {
		return false, false
	}
	for up := range c.Enclosing((*ast.CommClause)(nil), (*ast.IfStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up.Node() == n.Func {
			break
		}
		var says ast.Node
		switch s := up.Node().(type) {
		case *ast.CommClause:
			if x := effects.Received(s.Comm); x != nil && (effects.IsSignal(pass.Info, x) || carriesNothing(pass.Info.TypeOf(x))) {
				says = x
			}
		case *ast.IfStmt:
			if looksAtErr(pass, s) && within(posNode(l.At), s.Body) {
				says = posSpan{s.If, s.Body.Lbrace}
			}
		}
		switch {
		case says == nil:
		case n.groupContextIn(pass, says):
			group = true
		default:
			outside = true
		}
	}
	return outside, group
}

func carriesNothing(t types.Type) bool {
	ch, ok := t.Underlying().(*types.Chan)
	if !ok {
		return false
	}
	s, ok := ch.Elem().Underlying().(*types.Struct)
	return ok && s.NumFields() == 0
}

// groupContextIn tells whether the group's own context is mentioned in a stretch
// of the function.
func (n *NoWait) groupContextIn(pass *rule.Pass, span ast.Node) bool {
	return n.Group.Ctx != nil && slices.ContainsFunc(uses(pass.Info, n.Body, n.Group.Ctx), func(id *ast.Ident) bool { return within(id, span) })
}

// looksAtErr tells whether an if asks a context for its error.
func looksAtErr(pass *rule.Pass, s *ast.IfStmt) bool {
	found := false
	look := func(n ast.Node) bool {
		if _, recv, name, ok := methodCall(n); ok && name == "Err" && effects.IsContext(pass.Info.TypeOf(recv)) {
			found = true
		}
		return !found
	}
	if s.Init != nil {
		ast.Inspect(s.Init, look)
	}
	ast.Inspect(s.Cond, look)
	return found
}

// onPurpose is how people say that nobody should wait.
var onPurpose = regexp.MustCompile(`(?i)fire.(and|&).forget|in the background|detach|outlive|best.effort|(don't|do not|doesn't|does not|not|never|no need to|without) (want to )?(wait|block)`)

// notLeftOnPurpose: some goroutines are started to be left behind.
func notLeftOnPurpose(pass *rule.Pass, n *NoWait) rule.Verdict {
	at := n.at().Pos()
	for _, group := range n.File.Comments {
		near := group.Pos() > n.Body.Pos() && group.End() < n.Body.End()
		if near && onPurpose.MatchString(group.Text()) {
			return rule.Quiet(group.Pos(), "a comment says that this is meant")
		}
	}
	for _, e := range n.events {
		if e.kind == eventStarts && e.op.Kind == GroupDone && e.op.Defer == nil && isFirst(e.op) {
			return rule.Quiet(e.op.Call.Pos(), "Done tells that the goroutine has started, not that it has ended")
		}
	}
	if !n.waits() {
		return rule.Assumed(at, fmt.Sprintf("what %s counts is taken to be there to be waited for", n.Group.Text))
	}
	return rule.Holds(at, "what is started is not meant to outlive the function: it waits on its other ways")
}

// isFirst tells whether a mention is the first statement of its function.
func isFirst(op GroupOp) bool {
	lit, ok := op.Func.(*ast.FuncLit)
	return ok && len(lit.Body.List) > 1 && within(op.Call, lit.Body.List[0])
}

// countsAreBalanced: a Wait returns once Done was called as often as Add has
// counted, so by then everything that was counted must have been started.
func countsAreBalanced(pass *rule.Pass, n *NoWait) rule.Verdict {
	at := n.at().Pos()
	for _, l := range n.Leaves {
		if l.Round {
			return rule.Refuse(l.At, "the group is made anew before anybody has waited for it: the Wait belongs into the loop")
		}
		if !meansHere(pass, n.Group.Text, n.Group.Var, l.At) {
			return rule.Refuse(l.At, fmt.Sprintf("%s is out of sight at line %d: the Wait belongs to the end of the block that makes it", n.Group.Text, pass.Line(l.At)))
		}
		if l.owed {
			return rule.Refuse(l.At, fmt.Sprintf("at line %d Add may have counted a goroutine that was never started: a Wait there would have no end", pass.Line(l.At)))
		}
	}
	for _, e := range n.events {
		one := 0
		if e.kind != eventOwes || constInt(pass.Info, e.op.Call.Args[0], &one) && one == 1 {
			continue
		}
		for _, l := range n.Leaves {
			if l.At < n.started().End() {
				return rule.Refuse(l.At, fmt.Sprintf("Add counts all at line %d, and at line %d not all may have been started: a Wait there would have no end", pass.Line(e.at.Pos()), pass.Line(l.At)))
			}
		}
		if !n.waits() {
			return rule.Refuse(e.at.Pos(), fmt.Sprintf("nothing shows that as many are started as Add counts at line %d", pass.Line(e.at.Pos())))
		}
	}
	if op := n.skipsDone(); op != nil && !n.waits() {
		return rule.Refuse(op.Call.Pos(), fmt.Sprintf("the Done of line %d is not deferred, and the goroutine may end without it: a Wait would have no end", pass.Line(op.Call.Pos())))
	}
	return rule.Holds(at, "whatever was counted by then has been started, and counts down")
}

// started is the outermost statement of the function that holds the last start.
func (n *NoWait) started() ast.Node {
	last := slices.MaxFunc(n.starts, func(a, b *groupStart) int { return int(a.at.Pos() - b.at.Pos()) })
	for _, s := range n.Body.List {
		if within(last.at, s) {
			return s
		}
	}
	return last.at
}

// skipsDone is a Done that its goroutine may not come to.
func (n *NoWait) skipsDone() *GroupOp {
	for i, e := range n.events {
		lit, ok := e.op.Func.(*ast.FuncLit)
		if e.kind != eventStarts || e.op.Kind != GroupDone || e.op.Defer != nil || !ok {
			continue
		}
		returns := false
		inspectOwn(lit.Body, func(m ast.Node) bool {
			_, ret := m.(*ast.ReturnStmt)
			returns = returns || ret
			return !returns
		})
		top := slices.ContainsFunc(lit.Body.List, func(s ast.Stmt) bool { return s.Pos() == e.op.Call.Pos() })
		if returns || !top {
			return &n.events[i].op
		}
	}
	return nil
}

// groupEnds: a wait for something that never ends has no end.
func groupEnds(pass *rule.Pass, n *NoWait) rule.Verdict {
	at := n.starts[0].at.Pos()
	opaque := ""
	for _, s := range n.starts {
		for _, w := range s.work {
			switch {
			case w.Ends != effects.Yes && pass.IsTest(n.File):
				return rule.Quiet(s.at.Pos(), "a test leaves a server, or what it can't say more of, to the end of the process")
			case w.Ends == effects.No:
				return rule.Refuse(s.at.Pos(), "what is started runs until it is stopped: "+w.EndsWhy)
			case w.Ends == effects.Unknown && opaque == "":
				opaque = w.Opaque
			}
		}
	}
	if call, x := n.readsStream(pass); call != nil {
		return rule.Refuse(call.Pos(), fmt.Sprintf("what is started goes on until %s has no more to give, and that may only be when the function has returned", x))
	}
	for _, l := range n.Leaves {
		if at, why := n.closerBehind(pass, l); why != "" {
			return rule.Refuse(at, why)
		}
	}
	switch {
	case opaque == "":
		return rule.Holds(at, "what is started comes to its end by itself")
	case n.waits():
		return rule.Assumed(at, fmt.Sprintf("what is started is taken to come to its end, since the function waits for it on its other ways: %s could not be looked into", opaque))
	case n.Group.Kind == WaitGroup:
		return rule.Assumed(at, fmt.Sprintf("what is started is taken to come to its end, since it counts down there: %s could not be looked into", opaque))
	}
	return rule.Refuse(at, fmt.Sprintf("nobody has ever waited for what is started, and nothing shows that it ends: %s could not be looked into", opaque))
}

// waitsUnderNoLock: what is waited for may need the lock.
func waitsUnderNoLock(pass *rule.Pass, n *NoWait) rule.Verdict {
	usual := map[string]token.Pos{}
	for _, e := range n.events {
		if e.kind == eventWaits {
			usual = heldAt(n.Body, e.at)
		}
	}
	for _, l := range n.Leaves {
		held := heldAt(n.Body, posNode(l.At))
		for _, name := range sortedKeys(held) {
			if _, too := usual[name]; !too {
				return rule.Refuse(held[name], fmt.Sprintf("%s is held at line %d: what is waited for may need it", name, pass.Line(l.At)))
			}
		}
	}
	return rule.Holds(n.at().Pos(), "no lock is held at the new waits that isn't held at the ones that are there")
}
