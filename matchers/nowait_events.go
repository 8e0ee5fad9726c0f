package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A groupEvent is something that happens to a group where control comes by.
type groupEvent struct {
	kind groupEventKind
	at   ast.Node // in the function's own frame
	op   GroupOp  // none for a receive
}

type groupEventKind uint8

const (
	eventStarts groupEventKind = iota // something starts that the group counts
	eventOwes                         // Add: a goroutine is to start
	eventPays                         // Done, by the function itself
	eventWaits                        // the function waits
	eventCovers                       // a wait is seen to: deferred, or in a literal that somebody calls
	eventAside                        // another goroutine waits from now on
)

// A setting says how a place comes to run: by the function itself, or inside
// function literals that it makes.
type setting uint8

const (
	settingOwn       setting = iota
	settingGoroutine         // in a goroutine that the function starts
	settingDeferred          // when the function returns
	settingCalled            // in a literal that is called here, or handed to a call
	settingLost              // in a literal that may run at any time
)

// A running is one way in which a place comes to run.
type running struct {
	how setting
	at  ast.Node // the go statement, the defer statement or the call, in the function's own frame
}

// An eventReader sorts the mentions of one group.
type eventReader struct {
	pass *rule.Pass
	n    *NoWait
	all  []*Group // of the declaration
}

// readEvents tells what happens to a group, in the frame of the function that
// makes it.
func (n *NoWait) readEvents(pass *rule.Pass, all []*Group) {
	r := &eventReader{pass: pass, n: n, all: all}
	for _, op := range n.Group.Ops {
		kind, value := op.Kind, false
		if kind == GroupHanded {
			if n.Group.configures(op) {
				continue
			}
			var known bool
			if kind, value, known = r.handed(&op); !known {
				r.lose(op.At)
				continue
			}
		}
		for _, run := range r.runnings(op.Cur, map[*types.Var]bool{}) {
			if value && run.how == settingOwn {
				run.how = settingCalled // `t.Cleanup(wg.Wait)`
			}
			r.note(kind, op, run)
		}
	}
	r.receives()
}

func (r *eventReader) lose(at ast.Node) {
	if r.n.lost == nil {
		r.n.lost = at
	}
}

// note turns a mention into an event.
func (r *eventReader) note(kind GroupOpKind, op GroupOp, run running) {
	add := func(k groupEventKind) { r.n.events = append(r.n.events, groupEvent{k, run.at, op}) }
	switch {
	case kind == GroupSetLimit:
	case run.how == settingLost:
		r.lose(op.At)
	case kind == GroupWaits && run.how == settingOwn:
		add(eventWaits)
	case kind == GroupWaits && run.how == settingGoroutine && waitsAtOnce(op, run):
		add(eventAside)
	case kind == GroupWaits:
		add(eventCovers)
	case run.how == settingDeferred:
		r.lose(op.At) // what is started, or counted down, on return
	case kind == GroupAdds && run.how == settingOwn:
		add(eventOwes)
	case kind == GroupAdds && run.how == settingGoroutine:
	case kind == GroupDone && run.how == settingOwn:
		add(eventPays)
	default:
		add(eventStarts)
		r.start(run.at)
	}
}

// waitsAtOnce tells whether a Wait is the first thing that a goroutine does, what it
// defers aside.
func waitsAtOnce(op GroupOp, run running) bool {
	stmt, isGo := run.at.(*ast.GoStmt)
	lit, isLit := op.Func.(*ast.FuncLit)
	if !isGo || !isLit || op.Call == nil || stmt.Call.Fun != ast.Expr(lit) {
		return false
	}
	for _, s := range lit.Body.List {
		if _, deferred := s.(*ast.DeferStmt); !deferred {
			return within(op.Call, s)
		}
	}
	return false
}

// runnings tells how the node at c comes to run, seen from the function that
// makes the group.
func (r *eventReader) runnings(c inspector.Cursor, seen map[*types.Var]bool) []running {
	lit, inside := r.outermost(c)
	if !inside {
		return []running{ownRunning(c)}
	}
	p := unparenthesized(lit.Parent())
	switch p := p.Node().(type) {
	case *ast.CallExpr:
		return []running{r.asOperand(p, lit.Node())}
	case *ast.AssignStmt:
		if len(p.Lhs) == len(p.Rhs) {
			return r.named(p.Lhs[slices.Index(p.Rhs, lit.Node().(ast.Expr))], lit.Node(), seen)
		}
	case *ast.ValueSpec:
		if len(p.Names) == len(p.Values) {
			return r.named(p.Names[slices.Index(p.Values, lit.Node().(ast.Expr))], lit.Node(), seen)
		}
	}
	return []running{{settingLost, lit.Node()}}
}

// ownRunning is how a call in the function's own frame runs: at once, deferred,
// or as a goroutine.
func ownRunning(c inspector.Cursor) running {
	switch s := c.Parent().Node().(type) {
	case *ast.GoStmt:
		return running{settingGoroutine, s}
	case *ast.DeferStmt:
		return running{settingDeferred, s}
	}
	return running{settingOwn, c.Node()}
}

// outermost is the outermost literal between a node and the function.
func (r *eventReader) outermost(c inspector.Cursor) (lit inspector.Cursor, ok bool) {
	for up := range c.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up.Node() == r.n.Func {
			break
		}
		if _, is := up.Node().(*ast.FuncLit); is && up.Node() != c.Node() {
			lit, ok = up, true
		}
	}
	return lit, ok
}

func unparenthesized(c inspector.Cursor) inspector.Cursor {
	for {
		if _, ok := c.Node().(*ast.ParenExpr); !ok {
			return c
		}
		c = c.Parent()
	}
}

// asOperand is how a function runs that a call in the function's own frame calls,
// or is handed.
func (r *eventReader) asOperand(call *ast.CallExpr, operand ast.Node) running {
	c, ok := r.pass.FindNode(call)
	if !ok {
		return running{settingLost, call}
	}
	own := ownRunning(c)
	switch {
	case call.Fun == operand && own.how == settingOwn:
		return running{settingCalled, call}
	case call.Fun == operand || own.how == settingDeferred:
		return own
	case own.how == settingGoroutine:
		return running{settingLost, call}
	}
	if fn := callee(r.pass.Info, call); fn != nil && effects.Starts(fn) {
		return running{settingGoroutine, call}
	}
	return running{settingCalled, call}
}

// named is how a literal runs that a variable holds: wherever the variable is
// called or handed to a call.
func (r *eventReader) named(lhs ast.Expr, lit ast.Node, seen map[*types.Var]bool) []running {
	v := localVar(r.pass.Info, lhs, r.n.Body)
	if v == nil || seen[v] {
		return []running{{settingLost, lit}}
	}
	seen[v] = true
	var list []running
	for _, use := range uses(r.pass.Info, r.n.Body, v) {
		c, ok := r.pass.FindNode(use)
		if !ok {
			return []running{{settingLost, lit}}
		}
		if ast.Expr(use) == lhs || use.Pos() == v.Pos() || within(use, lit) {
			continue // its declaration, or a call of itself
		}
		call, ok := unparenthesized(c.Parent()).Node().(*ast.CallExpr)
		if !ok {
			return []running{{settingLost, lit}}
		}
		if _, inside := r.outermost(c); inside {
			list = append(list, r.runnings(c, seen)...)
		} else {
			list = append(list, r.asOperand(call, use))
		}
	}
	return list
}

// handed reads a mention that hands the group to a call: `go worker(&wg)`,
// `later(wg.Done)`. It stands for what the callee does with it; value tells that
// a method is handed over, and known is false where nobody can see what becomes
// of it.
func (r *eventReader) handed(op *GroupOp) (kind GroupOpKind, value, known bool) {
	c := op.Cur
	p := unparenthesized(c.Parent())
	if sel, ok := p.Node().(*ast.SelectorExpr); ok {
		if kind, value = groupOps[sel.Sel.Name]; !value || kind != GroupWaits && kind != GroupDone {
			return 0, false, false
		}
		c, p = p, unparenthesized(p.Parent())
	} else if u, ok := p.Node().(*ast.UnaryExpr); ok && u.Op == token.AND {
		c, p = p, unparenthesized(p.Parent())
	}
	call, ok := p.Node().(*ast.CallExpr)
	if !ok || call.Fun == c.Node() {
		return 0, false, false
	}
	op.Cur = p
	if value {
		return kind, true, true
	}
	for i, a := range call.Args {
		if ast.Unparen(a) == c.Node() {
			kind, known = r.doneBy(call, i)
			return kind, false, known
		}
	}
	return 0, false, false
}

// doneBy is what a callee does with the group that it is handed: it waits, or it
// counts and starts.
func (r *eventReader) doneBy(call *ast.CallExpr, i int) (kind GroupOpKind, known bool) {
	body, param := calledWith(r.pass, call, i)
	if param == nil {
		return 0, false
	}
	for _, g := range r.groupsAround(call, body) {
		if g.Var != param || g.Root != param {
			continue
		}
		kind = GroupDone
		for _, op := range g.Ops {
			switch op.Kind {
			case GroupHanded:
				return 0, false
			case GroupWaits:
				kind = GroupWaits
			}
		}
		return kind, true
	}
	return 0, false // not mentioned at all: nobody counts down
}

// groupsAround are the groups of the declaration that holds a callee's body.
func (r *eventReader) groupsAround(call *ast.CallExpr, body *ast.BlockStmt) []*Group {
	if _, lit := ast.Unparen(call.Fun).(*ast.FuncLit); lit {
		return r.all
	}
	d := r.pass.Effects.Decl(callee(r.pass.Info, call))
	if d == nil || d.Body != body {
		return nil
	}
	return groupsOf(r.pass, d, waitedKind)
}
