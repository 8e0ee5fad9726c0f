package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// needsNothingLater: between the early return and the usual wait the function
// may do what the goroutines wait for: send to them, receive from them, close
// their channel.
func needsNothingLater(pass *rule.Pass, n *NoWait) rule.Verdict {
	for _, l := range n.Leaves {
		for _, op := range n.ownChannelOps(pass) {
			if !n.comesAfter(op.at, l) && !op.deferred && !op.handed {
				continue
			}
			ch := effects.Root(pass.Info, op.ch)
			if ch == nil || !n.given(pass, ch) || n.hasRoom(pass, op.ch) {
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

// A channelOp is something that the function itself does with a channel.
type channelOp struct {
	ch       ast.Expr
	at       ast.Node
	closes   bool
	deferred bool
	handed   bool // to a call, which may do anything with it, and may have given up half-way
}

// ownChannelOps gathers what the function does with channels, signals left out.
func (n *NoWait) ownChannelOps(pass *rule.Pass) []channelOp {
	var list []channelOp
	add := func(ch ast.Expr, at ast.Node) {
		if !effects.IsSignal(pass.Info, ch) {
			list = append(list, channelOp{ch: ch, at: at})
		}
	}
	inspectOwn(n.Body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.SendStmt:
			add(m.Chan, m)
		case *ast.UnaryExpr:
			if m.Op == token.ARROW {
				add(m.X, m)
			}
		case *ast.RangeStmt:
			if isSendable(pass.Info.TypeOf(m.X)) {
				add(m.X, m.X)
			}
		case *ast.DeferStmt:
			for _, ch := range closedIn(pass, m) {
				list = append(list, channelOp{ch: ch, at: m, closes: true, deferred: true})
			}
			return false
		case *ast.GoStmt:
			return false // others serve it, whether the function returns or not
		case *ast.CallExpr:
			if ch := closedBy(pass.Info, m); ch != nil {
				list = append(list, channelOp{ch: ch, at: m, closes: true})
				return true
			}
			if slices.ContainsFunc(n.starts, func(s *groupStart) bool { return s.at == m }) {
				return false
			}
			for _, a := range m.Args {
				if _, builtin := pass.Info.Uses[calleeIdent(m)].(*types.Builtin); !builtin && isSendable(pass.Info.TypeOf(a)) {
					list = append(list, channelOp{ch: a, at: m, handed: true})
				}
			}
		}
		return true
	})
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
	room := types.ExprString(mk.Args[1])
	for _, s := range n.starts {
		c, ok := pass.Syntax().FindNode(s.at)
		if !ok {
			return false
		}
		_, loops, ok := placeOf(c)
		loops = slices.DeleteFunc(loops, func(l ast.Stmt) bool { return within(n.Group.Made, l) })
		if !ok || len(loops) != 1 || rounds(pass, loops[0]) != room {
			return false
		}
		for _, w := range s.work {
			for _, op := range w.Chans {
				if effects.Root(pass.Info, op.Chan) == types.Object(v) && (op.Kind != effects.Send || op.Depth > 0) {
					return false
				}
			}
		}
	}
	return true
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
		c, ok := pass.Syntax().FindNode(id)
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

// stops are methods that end what somebody else waits for.
var stops = []string{"Close", "CloseWrite", "CloseRead", "CloseSend", "CloseWithError", "Stop", "Shutdown", "Cancel", "Kill", "Signal", "Broadcast", "Release", "Terminate", "Abort", "Quit"}

// closerBehind is a call that the function makes only after it could have left,
// or on return, and that may be what ends the goroutines.
func (n *NoWait) closerBehind(pass *rule.Pass, l *NoWaitLeave) (found ast.Node) {
	deferred := map[ast.Node]bool{}
	inspectOwn(n.Body, func(m ast.Node) bool {
		if d, ok := m.(*ast.DeferStmt); ok {
			deferred[d.Call] = true
			if lit, ok := d.Call.Fun.(*ast.FuncLit); ok {
				ast.Inspect(lit.Body, func(k ast.Node) bool {
					if call, ok := k.(*ast.CallExpr); ok && found == nil && n.endsStarted(pass, call, l, true) {
						found = call
					}
					return found == nil
				})
			}
		}
		if call, ok := m.(*ast.CallExpr); ok && found == nil {
			late := deferred[call] || n.comesAfter(call, l) && !n.behindWaits(call)
			if late && n.endsStarted(pass, call, l, deferred[call]) {
				found = call
			}
		}
		return found == nil
	})
	return found
}

// behindWaits tells whether a call stands behind every wait that is there, so
// that it can't be what the goroutines end with.
func (n *NoWait) behindWaits(call ast.Node) bool {
	last := token.NoPos
	for _, e := range n.events {
		if e.kind == eventWaits {
			last = max(last, e.at.Pos())
		}
	}
	return last.IsValid() && call.Pos() > last
}

// endsStarted tells whether a call may end what was started. A cancel function
// can be called first; what is deferred matters where the goroutines use it.
func (n *NoWait) endsStarted(pass *rule.Pass, call *ast.CallExpr, l *NoWaitLeave, deferred bool) bool {
	t := pass.Info.TypeOf(call.Fun)
	if isNamed(t, "context", "CancelFunc") || isNamed(t, "context", "CancelCauseFunc") {
		return !n.cancelsFirst(pass, call, l)
	}
	_, recv, name, ok := methodCall(call)
	if !ok || !slices.Contains(stops, name) || n.isFile(pass, recv) {
		return false
	}
	if strings.HasPrefix(types.ExprString(recv), n.Group.Text+".") {
		return false
	}
	root := effects.Root(pass.Info, recv)
	return !deferred || root != nil && n.given(pass, root)
}

// isFile tells whether x is a file of the disk that the function itself opens:
// to read from that comes to an end.
func (n *NoWait) isFile(pass *rule.Pass, x ast.Expr) bool {
	if !isNamed(pass.Info.TypeOf(x), "os", "File") {
		return false
	}
	v := localVar(pass.Info, x, n.Body)
	if v == nil {
		return false
	}
	opened := false
	inspectOwn(n.Body, func(m ast.Node) bool {
		a, ok := m.(*ast.AssignStmt)
		if !ok || len(a.Rhs) != 1 || len(a.Lhs) != 2 || pass.Info.ObjectOf(firstIdentOr(a.Lhs)) != types.Object(v) {
			return true
		}
		call, ok := a.Rhs[0].(*ast.CallExpr)
		fn := (*types.Func)(nil)
		if ok {
			fn = callee(pass.Info, call)
		}
		opened = fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "os" && (fn.Name() == "Open" || fn.Name() == "Create" || fn.Name() == "OpenFile" || fn.Name() == "CreateTemp")
		return true
	})
	return opened
}

// firstIdentOr is firstIdent, and a name that means nothing where there is none.
func firstIdentOr(list []ast.Expr) *ast.Ident {
	if id := firstIdent(list); id != nil {
		return id
	}
	return &ast.Ident{Name: "_"}
}

// cancelsFirst notes that a leave calls a cancel function before it waits;
// false where it can't.
func (n *NoWait) cancelsFirst(pass *rule.Pass, call *ast.CallExpr, l *NoWaitLeave) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || l.Return == nil || len(call.Args) > 0 {
		return false
	}
	v, ok := pass.Info.Uses[id].(*types.Var)
	if !ok || v.Pos() < n.Body.Pos() || v.Pos() > n.Body.End() {
		return false
	}
	ctx := cancelled(pass.Info, n.Body, v)
	if ctx == nil {
		return false
	}
	if !n.reachesContext(pass, ctx) || n.calledAbove(pass, v, l) {
		return true // not what the goroutines look at, or called there already
	}
	if !meansHere(pass, id.Name, v, l.At) || len(uses(pass.Info, l.Return, ctx)) > 0 || l.Cancel != "" && l.Cancel != id.Name {
		return false
	}
	l.Cancel = id.Name
	return true
}

// cancelled is the context that a cancel function ends.
func cancelled(info *types.Info, body *ast.BlockStmt, cancel *types.Var) (ctx types.Object) {
	pair := func(first, second ast.Expr) {
		id, ok := second.(*ast.Ident)
		c, named := first.(*ast.Ident)
		if ok && named && info.ObjectOf(id) == types.Object(cancel) {
			ctx = info.ObjectOf(c)
		}
	}
	ast.Inspect(body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			if len(m.Lhs) == 2 && len(m.Rhs) == 1 {
				pair(m.Lhs[0], m.Lhs[1])
			}
		case *ast.ValueSpec:
			if len(m.Names) == 2 && len(m.Values) == 1 {
				pair(m.Names[0], m.Names[1])
			}
		}
		return ctx == nil
	})
	return ctx
}

// reachesContext tells whether what is started is given a context, or the
// group's context that may come from it.
func (n *NoWait) reachesContext(pass *rule.Pass, ctx types.Object) bool {
	if n.given(pass, ctx) {
		return true
	}
	return n.Group.Maker != nil && len(uses(pass.Info, n.Group.Maker, ctx)) > 0
}

// calledAbove tells whether the block of a return has called the cancel function
// before it.
func (n *NoWait) calledAbove(pass *rule.Pass, cancel *types.Var, l *NoWaitLeave) bool {
	found := false
	eachList(n.Body, func(list []ast.Stmt) {
		if i := slices.Index(list, ast.Stmt(l.Return)); i >= 0 {
			for _, s := range list[:i] {
				e, ok := s.(*ast.ExprStmt)
				if !ok {
					continue
				}
				call, ok := e.X.(*ast.CallExpr)
				found = found || ok && isUseOf(pass.Info, call.Fun, cancel)
			}
		}
	})
	return found
}

func isUseOf(info *types.Info, x ast.Expr, v *types.Var) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && info.Uses[id] == types.Object(v)
}
