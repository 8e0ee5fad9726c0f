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

// stops are methods that end what somebody else waits for.
var stops = []string{"Close", "CloseWrite", "CloseRead", "CloseSend", "CloseWithError", "Stop", "Shutdown", "Cancel", "Kill", "Signal", "Broadcast", "Release", "Terminate", "Abort", "Quit"}

// closerBehind is a call that the function makes only after it could have left,
// or on return, and that may be what ends the goroutines; "" where there is none.
func (n *NoWait) closerBehind(pass *rule.Pass, l *NoWaitLeave) (at token.Pos, why string) {
	inspectOwn(n.Body, func(m ast.Node) bool {
		if d, ok := m.(*ast.DeferStmt); ok {
			if why == "" && n.deferredEnd(pass, d, l) {
				at, why = d.Pos(), fmt.Sprintf("what is started may end only with the call that line %d defers, and that comes behind the wait", pass.Line(d.Pos()))
			}
			return false
		}
		call, ok := m.(*ast.CallExpr)
		if ok && why == "" && n.comesAfter(call, l) && !n.behindWaits(call) && n.endsStarted(pass, call, l, false) {
			at, why = call.Pos(), fmt.Sprintf("what is started may end only when the function comes to line %d, and that is behind the wait", pass.Line(call.Pos()))
		}
		return why == ""
	})
	return at, why
}

// deferredEnd tells whether a deferred call, or one in a deferred literal, may end
// what was started.
func (n *NoWait) deferredEnd(pass *rule.Pass, d *ast.DeferStmt, l *NoWaitLeave) bool {
	lit, ok := ast.Unparen(d.Call.Fun).(*ast.FuncLit)
	if !ok {
		return n.endsStarted(pass, d.Call, l, true)
	}
	found := false
	ast.Inspect(lit.Body, func(m ast.Node) bool {
		call, ok := m.(*ast.CallExpr)
		found = found || ok && n.endsStarted(pass, call, l, true)
		return !found
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
	if !meansHere(pass, id.Name, v, l.At) || len(uses(pass.Info, l.Return, ctx)) > 0 || n.usedOnReturn(pass, ctx) || l.Cancel != "" && l.Cancel != id.Name {
		return false
	}
	l.Cancel = id.Name
	return true
}

// usedOnReturn tells whether what is deferred looks at a context: it would find it
// ended.
func (n *NoWait) usedOnReturn(pass *rule.Pass, ctx types.Object) bool {
	found := false
	inspectOwn(n.Body, func(m ast.Node) bool {
		d, ok := m.(*ast.DeferStmt)
		found = found || ok && len(uses(pass.Info, d, ctx)) > 0
		return !found
	})
	return found
}

// readsStream is where what is started reads from a stream that somebody else has
// to close: that may be the caller, on return.
func (n *NoWait) readsStream(pass *rule.Pass) (at *ast.CallExpr, text string) {
	for _, s := range n.starts {
		if at, text = streamRead(pass, s.work, s.node, n.isFile); at != nil {
			return at, text
		}
	}
	return nil, ""
}

// streamRead is where work reads from something until its other end closes it: a
// connection, a pipe, any reader that the node around the work has not opened
// itself, except for what ends by itself.
func streamRead(pass *rule.Pass, work []*effects.Region, node ast.Node, ends func(*rule.Pass, ast.Expr) bool) (at *ast.CallExpr, text string) {
	for _, w := range work {
		for _, c := range w.Calls {
			x := streamOf(pass, c)
			if x == nil || ends != nil && ends(pass, x) {
				continue
			}
			root := effects.Root(pass.Info, x)
			if root != nil && !within(posNode(root.Pos()), node) && len(uses(pass.Info, node, root)) > 0 {
				return c.Expr, types.ExprString(x)
			}
		}
	}
	return nil, ""
}

// streamOf is what a call reads to its end, or waits for more from.
func streamOf(pass *rule.Pass, c effects.Call) ast.Expr {
	if c.Fn.Pkg() != nil && c.Fn.Pkg().Path() == "io" && c.Fn.Signature().Recv() == nil {
		switch c.Fn.Name() {
		case "Copy", "CopyBuffer":
			return c.Expr.Args[1]
		case "ReadAll":
			return c.Expr.Args[0]
		}
		return nil
	}
	_, recv, name, ok := methodCall(c.Expr)
	if !ok || !slices.Contains([]string{"Read", "ReadFrom", "ReadMessage", "Recv", "RecvMsg", "Accept", "Scan"}, name) || name == "Scan" && len(c.Expr.Args) > 0 {
		return nil // rows.Scan(&x) reads what is there
	}
	return recv
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
