package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// needsNothingLater: between the early return and the usual wait the function
// may do what the goroutines wait for: send to them, receive from them, close
// their channel.
func needsNothingLater(pass *rule.Pass, n *NoWait) rule.Verdict {
	for _, s := range n.starts {
		if end := n.pipeEnd(pass, s); end != nil {
			return rule.Refuse(end.Pos(), fmt.Sprintf("what is started uses %s, one end of a pipe: where the function leaves early nobody may be left at the other, and the wait would have no end", end.Name))
		}
	}
	for _, l := range n.Leaves {
		for _, op := range n.ownChannelOps(pass) {
			if !n.comesAfter(op.at, l) && !op.deferred && !op.handed {
				continue
			}
			ch := effects.Root(pass.Info, op.ch)
			if ch == nil || op.at.Pos() < n.Group.Made.Pos() || !op.serves(n.roleOf(pass, ch)) || n.hasRoom(pass, op.ch) {
				continue
			}
			name := types.ExprString(op.ch)
			if n.mayClose(pass, op.ch, l) {
				if !slices.Contains(l.Close, name) {
					l.Close = append(l.Close, name)
				}
				continue
			}
			return rule.Refuse(op.at.Pos(), fmt.Sprintf("what is started uses %s, which the function serves at line %d: a wait at line %d would come before that", name, pass.Line(op.at.Pos()), pass.Line(l.At)))
		}
	}
	for _, s := range n.starts {
		for _, w := range s.work {
			if w.Meets == effects.Yes && !n.waits() {
				return rule.Refuse(s.at.Pos(), fmt.Sprintf("what is started waits for another goroutine (%s), and nobody has ever waited for it: that one may need the function to return", w.MeetsWhy))
			}
		}
	}
	return rule.Holds(n.at().Pos(), "what is started needs nothing that the function does later")
}

// pipeEnd is a mention, in what is started, of one end of an in-memory pipe, or of
// a variable of the function that was made from one; nil for none. A pipe has no
// room: who writes waits for who reads.
func (n *NoWait) pipeEnd(pass *rule.Pass, s *groupStart) *ast.Ident {
	var found *ast.Ident
	ast.Inspect(s.node, func(m ast.Node) bool {
		id, ok := m.(*ast.Ident)
		if v, isVar := pass.Info.Uses[id].(*types.Var); ok && isVar && found == nil && n.overPipe(pass, v) {
			found = id
		}
		return found == nil
	})
	return found
}

// overPipe tells whether v is an end of a pipe, or the function made it from one.
func (n *NoWait) overPipe(pass *rule.Pass, v *types.Var) bool {
	isEnd := func(t types.Type) bool { return isNamed(t, "io", "PipeReader") || isNamed(t, "io", "PipeWriter") }
	if isEnd(v.Type()) {
		return true
	}
	value := onlyValue(pass.Info, n.Body, v)
	if value == nil {
		return false
	}
	over := false
	ast.Inspect(value, func(m ast.Node) bool {
		if x, ok := m.(*ast.Ident); ok {
			over = over || isEnd(pass.Info.TypeOf(x))
		}
		return !over
	})
	return over
}

// A channelOp is something that the function itself does with a channel.
type channelOp struct {
	ch       ast.Expr
	at       ast.Node
	role     chanRole
	closes   bool
	deferred bool
	handed   bool // to a call, which may have given up half-way
}

// A chanRole says which ends of a channel somebody has.
type chanRole struct{ sends, receives bool }

// serves tells whether an operation is what those with a role may wait for.
func (op channelOp) serves(r chanRole) bool {
	return op.role.receives && r.sends || (op.role.sends || op.closes) && r.receives
}

// endsOf are those that a channel's type leaves.
func endsOf(t types.Type) chanRole {
	ch, ok := t.Underlying().(*types.Chan)
	return chanRole{ok && ch.Dir() != types.RecvOnly, ok && ch.Dir() != types.SendOnly}
}

// roleOf is what the goroutines may do with v, or with a channel below it.
func (n *NoWait) roleOf(pass *rule.Pass, v types.Object) (r chanRole) {
	for _, s := range n.starts {
		if len(uses(pass.Info, s.node, v)) == 0 {
			continue
		}
		if startedLit(s) == nil || !isSendable(v.Type()) {
			both := chanRole{true, true}
			if isSendable(v.Type()) {
				both = endsOf(v.Type())
			}
			r = chanRole{r.sends || both.sends, r.receives || both.receives}
			continue
		}
		seen := 0
		for _, w := range s.work {
			for _, op := range w.Chans {
				if effects.Root(pass.Info, op.Chan) == v {
					seen++
					r.sends = r.sends || op.Kind == effects.Send
					r.receives = r.receives || op.Kind == effects.Recv || op.Kind == effects.Range
				}
			}
		}
		if seen < len(uses(pass.Info, s.node, v)) { // handed on from there
			both := endsOf(v.Type())
			r = chanRole{r.sends || both.sends, r.receives || both.receives}
		}
	}
	return r
}

// ownChannelOps gathers what the function does with channels, signals left out.
func (n *NoWait) ownChannelOps(pass *rule.Pass) []channelOp {
	var list []channelOp
	add := func(op channelOp) {
		if !effects.IsSignal(pass.Info, op.ch) {
			list = append(list, op)
		}
	}
	inspectOwn(n.Body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.SendStmt:
			add(channelOp{ch: m.Chan, at: m, role: chanRole{sends: true}})
		case *ast.UnaryExpr:
			if m.Op == token.ARROW {
				add(channelOp{ch: m.X, at: m, role: chanRole{receives: true}})
			}
		case *ast.RangeStmt:
			if isSendable(pass.Info.TypeOf(m.X)) {
				add(channelOp{ch: m.X, at: m.X, role: chanRole{receives: true}})
			}
		case *ast.DeferStmt:
			for _, ch := range closedIn(pass, m) {
				add(channelOp{ch: ch, at: m, closes: true, deferred: true})
			}
			return false
		case *ast.GoStmt:
			return false // others serve it, whether the function returns or not
		case *ast.CallExpr:
			if slices.ContainsFunc(n.starts, func(s *groupStart) bool { return s.at == m }) {
				return false
			}
			if ch := closedBy(pass.Info, m); ch != nil {
				add(channelOp{ch: ch, at: m, closes: true})
			} else {
				list = append(list, handedChannels(pass, m)...)
			}
		}
		return true
	})
	return list
}

// handedChannels are the channels among a call's arguments, with the ends that the
// callee gets.
func handedChannels(pass *rule.Pass, call *ast.CallExpr) (list []channelOp) {
	sig, ok := pass.Info.TypeOf(call.Fun).Underlying().(*types.Signature)
	if _, builtin := pass.Info.Uses[calleeIdent(call)].(*types.Builtin); builtin {
		return nil
	}
	for i, a := range call.Args {
		if !ok || !isSendable(pass.Info.TypeOf(a)) {
			continue
		}
		role := endsOf(pass.Info.TypeOf(a))
		if i < sig.Params().Len() && isSendable(sig.Params().At(i).Type()) {
			role = endsOf(sig.Params().At(i).Type())
		}
		list = append(list, channelOp{ch: a, at: call, role: role, handed: true})
	}
	return list
}

// closedBy is ch in close(ch).
func closedBy(info *types.Info, call *ast.CallExpr) ast.Expr {
	b, ok := info.Uses[calleeIdent(call)].(*types.Builtin)
	if !ok || b.Name() != "close" || len(call.Args) != 1 {
		return nil
	}
	return call.Args[0]
}

func closedIn(pass *rule.Pass, root ast.Node) (list []ast.Expr) {
	ast.Inspect(root, func(m ast.Node) bool {
		if call, ok := m.(*ast.CallExpr); ok {
			if ch := closedBy(pass.Info, call); ch != nil {
				list = append(list, ch)
			}
		}
		return true
	})
	return list
}

// comesAfter tells whether the function may come to a node after it could have
// left: the node stands below, or in a loop around both.
func (n *NoWait) comesAfter(at ast.Node, l *NoWaitLeave) bool {
	return at.Pos() > l.At || l.Return != nil && n.inOneLoop(l.Return, at)
}

// inOneLoop tells whether a loop of the function stands around two of its nodes.
func (n *NoWait) inOneLoop(a, b ast.Node) bool {
	c, ok := n.root.FindNode(a)
	if !ok {
		return true
	}
	for up := range c.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up.Node() == n.Func {
			return false
		}
		if within(b, up.Node()) {
			return true
		}
	}
	return false
}

// given tells whether what is started mentions v, or can reach it.
func (n *NoWait) given(pass *rule.Pass, v types.Object) bool {
	return slices.ContainsFunc(n.starts, func(s *groupStart) bool { return len(uses(pass.Info, s.node, v)) > 0 })
}

// hasRoom tells whether a channel that the goroutines send on has room for all
// of them: make(chan T, len(items)), with a loop over items around the start.
func (n *NoWait) hasRoom(pass *rule.Pass, x ast.Expr) bool {
	v := localVar(pass.Info, x, n.Body)
	if v == nil {
		return false
	}
	mk, ok := onlyValue(pass.Info, n.Body, v).(*ast.CallExpr)
	if !ok || len(mk.Args) != 2 {
		return false
	}
	room, senders := types.ExprString(mk.Args[1]), 0
	for _, s := range n.starts {
		if len(uses(pass.Info, s.node, v)) == 0 {
			continue
		}
		senders++
		c, ok := pass.FindNode(s.at)
		if !ok {
			return false
		}
		_, loops, ok := placeOf(c)
		loops = slices.DeleteFunc(loops, func(l ast.Stmt) bool { return within(n.Group.Made, l) })
		lit := startedLit(s)
		if !ok || len(loops) != 1 || rounds(pass, loops[0]) != room || lit == nil {
			return false
		}
		if most, _ := mostSends(pass.Info, v, lit.Body); most > 1 || n.roleOf(pass, v).receives {
			return false
		}
	}
	return senders == 1
}

// mayClose tells whether a leave may close a channel first: it is the function's
// own, what is started only receives from it, and the function closes it once,
// below all leaves and not in a deferred call.
func (n *NoWait) mayClose(pass *rule.Pass, x ast.Expr, l *NoWaitLeave) bool {
	v := localVar(pass.Info, x, n.Body)
	if v == nil || l.Return == nil || !meansHere(pass, v.Name(), v, l.At) {
		return false
	}
	closes := 0
	for _, op := range n.ownChannelOps(pass) {
		if effects.Root(pass.Info, op.ch) != types.Object(v) {
			continue
		}
		_, plain := ast.Unparen(op.ch).(*ast.Ident)
		if !plain || op.deferred || op.closes && (op.at.Pos() < l.At || n.inOneLoop(op.at, l.Return)) {
			return false
		}
		if op.closes {
			closes++
		}
	}
	if closes != 1 || len(closedIn(pass, n.Body)) == 0 {
		return false
	}
	return n.onlyReceive(pass, v)
}

// onlyReceive tells whether nobody but the function itself sends on v or closes
// it, and what is started waits for nothing else.
func (n *NoWait) onlyReceive(pass *rule.Pass, v *types.Var) bool {
	for _, s := range n.starts {
		lit := startedLit(s)
		for _, w := range s.work {
			for _, op := range w.Chans {
				if effects.Root(pass.Info, op.Chan) == types.Object(v) && op.Kind != effects.Range {
					return false
				}
			}
		}
		if lit == nil && len(uses(pass.Info, s.node, v)) > 0 {
			return false // handed to a function: what that does with it is not followed
		}
	}
	for _, id := range uses(pass.Info, n.Body, v) {
		c, ok := pass.FindNode(id)
		if !ok {
			return false
		}
		kind, _ := kindOfUse(pass.Info, c)
		if id.Pos() == v.Pos() {
			continue
		}
		if kind == useOther || kind == useHandOver || kind == useReturn {
			return false
		}
		if p, _, ok := placeOf(c); !ok || kind != useRange && p.Func != n.Func {
			return false // a goroutine that sends, or closes
		}
	}
	return true
}

func startedLit(s *groupStart) *ast.FuncLit {
	var lit *ast.FuncLit
	ast.Inspect(s.node, func(m ast.Node) bool {
		if l, ok := m.(*ast.FuncLit); ok && lit == nil {
			lit = l
		}
		return lit == nil
	})
	return lit
}
