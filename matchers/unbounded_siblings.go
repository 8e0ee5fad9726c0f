package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// siblingsDontWait: goroutines that meet each other, or a receiver that only
// starts after the loop, wait for ever once not all of them run at once.
func siblingsDontWait(pass *rule.Pass, u *Unbounded) rule.Verdict {
	if u.Fix == CheckGroup {
		return rule.Holds(u.Stmt.Pos(), "the number that runs at a time doesn't change")
	}
	w, assumed := u.Work, ""
	if v, stop := u.barrier(pass); stop {
		return v
	}
	for _, op := range w.Chans {
		if v, stop := u.channelOp(pass, op); stop {
			return v
		} else if v := u.reader(pass, op); v != "" {
			assumed = v
		}
	}
	switch {
	case w.Meets == effects.Yes && len(w.Chans) == 0:
		return rule.Refuse(u.Stmt.Pos(), fmt.Sprintf("an item may wait for another goroutine (%s): with a bound, that one might not have started", w.MeetsWhy))
	case assumed != "":
		return rule.Assumed(u.Stmt.Pos(), assumed)
	case w.Meets == effects.Unknown:
		return rule.Assumed(u.Stmt.Pos(), fmt.Sprintf("items are taken not to wait for each other: %s could not be looked into", w.Opaque))
	}
	return rule.Holds(u.Stmt.Pos(), "items don't wait for each other: no channel, barrier or condition is shared")
}

// barrier looks for calls that wait for other goroutines, loops that wait for a
// flag, items that change what the loop goes over, and cursors that stay open.
func (u *Unbounded) barrier(pass *rule.Pass) (rule.Verdict, bool) {
	for _, c := range u.Work.Calls {
		s := pass.Effects.Of(c.Fn)
		if s.Meets != effects.Yes || u.ownGroup(pass.Info, c.Expr) {
			continue
		}
		return rule.Refuse(c.Expr.Pos(), fmt.Sprintf("%s may wait for another goroutine (%s): with a bound, that one might not have started", effects.Name(c.Fn, pass.Pkg), s.MeetsWhy)), true
	}
	if at := u.polls(pass); at.IsValid() {
		return rule.Refuse(at, "an item polls for something that happens elsewhere: it waits and doesn't work, and the items behind it may be what it waits for"), true
	}
	if u.Lit != nil {
		if loop := spins(u.Lit.Body); loop != nil {
			return rule.Refuse(loop.Pos(), "an item waits for a condition in a loop: with a bound, what makes it true might not have started"), true
		}
		if at, name := u.changesRanged(pass.Info); at.IsValid() {
			return rule.Refuse(at, fmt.Sprintf("an item changes %s, which the loop goes over: as long as the loop doesn't wait it is through before that, with a bound it would not be", name)), true
		}
	}
	if f, ok := u.Loop.(*ast.ForStmt); ok && f.Cond != nil && holdsCursor(pass.Info, f.Cond) {
		return rule.Refuse(f.Cond.Pos(), fmt.Sprintf("the loop goes over %s, which stays open while the loop waits for a slot: items that need the same connection would never get it", types.ExprString(f.Cond))), true
	}
	return rule.Verdict{}, false
}

// polls is where an item, or a function of this package that it calls, waits for
// a timer over and over.
func (u *Unbounded) polls(pass *rule.Pass) token.Pos {
	if at := pollsIn(pass.Info, u.Work); at.IsValid() {
		return at
	}
	for _, c := range u.Work.Calls {
		if d := pass.Effects.Decl(c.Fn); d != nil {
			if pollsIn(pass.Info, pass.Effects.Region(d.Body)).IsValid() {
				return c.Expr.Pos()
			}
		}
	}
	return token.NoPos
}

func pollsIn(info *types.Info, r *effects.Region) token.Pos {
	for _, op := range r.Chans {
		if op.Kind == effects.Recv && op.Depth > 0 && effects.IsSignal(info, op.Chan) && !isContextDone(info, op.Chan) {
			return op.Pos
		}
	}
	for _, c := range r.Calls {
		if c.Depth > 0 && c.Fn.FullName() == "time.Sleep" {
			return c.Expr.Pos()
		}
	}
	return token.NoPos
}

// ownGroup tells whether a call waits on something that the item declares, or
// passes a channel of the item's own.
func (u *Unbounded) ownGroup(info *types.Info, call *ast.CallExpr) bool {
	own := func(x ast.Expr) bool {
		root := effects.Root(info, x)
		return root != nil && u.Lit != nil && within(posNode(root.Pos()), u.Lit.Body)
	}
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && own(sel.X) {
		return true
	}
	for _, a := range call.Args {
		if t := info.TypeOf(a); t != nil {
			if _, isChan := t.Underlying().(*types.Chan); isChan && own(a) {
				return true
			}
		}
	}
	return false
}

// spins finds a loop that only sleeps or yields until its condition comes true.
func spins(body *ast.BlockStmt) *ast.ForStmt {
	var found *ast.ForStmt
	inspectOwn(body, func(n ast.Node) bool {
		f, ok := n.(*ast.ForStmt)
		if !ok || f.Cond == nil || f.Post != nil || found != nil {
			return found == nil
		}
		for _, s := range f.Body.List {
			if _, _, name, ok := methodCall(s); !ok || name != "Sleep" && name != "Gosched" {
				return true
			}
		}
		found = f
		return false
	})
	return found
}

// changesRanged is where an item changes the map, or the list, that the loop's
// head goes over.
func (u *Unbounded) changesRanged(info *types.Info) (token.Pos, string) {
	var heads []ast.Node
	switch l := u.Loop.(type) {
	case *ast.RangeStmt:
		if t := info.TypeOf(l.X); t != nil {
			if _, isMap := t.Underlying().(*types.Map); isMap {
				heads = append(heads, l.X)
			}
		}
	case *ast.ForStmt:
		if init, ok := l.Init.(*ast.AssignStmt); ok && !countsIn(info, init) {
			heads = append(heads, init.Rhs[0])
		}
	}
	at, name := token.NoPos, ""
	for _, head := range heads {
		ast.Inspect(head, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			v, ok := info.Uses[id].(*types.Var)
			if !ok || v.IsField() {
				return true
			}
			note := func(p token.Pos) { at, name = p, v.Name() }
			inspectElements(info, u.Lit, v, note)
			inspectMethods(info, u.Lit, v, note)
			return true
		})
	}
	return at, name
}

// countsIn tells whether a loop's first statement sets a number.
func countsIn(info *types.Info, init *ast.AssignStmt) bool {
	t, ok := info.TypeOf(init.Rhs[0]).Underlying().(*types.Basic)
	return ok && t.Info()&types.IsNumeric != 0
}

// inspectMethods visits each call of a method on v itself.
func inspectMethods(info *types.Info, root ast.Node, v *types.Var, visit func(token.Pos)) {
	ast.Inspect(root, func(n ast.Node) bool {
		if call, recv, _, ok := methodCall(n); ok {
			if id, isIdent := recv.(*ast.Ident); isIdent && info.Uses[id] == types.Object(v) {
				visit(call.Pos())
			}
		}
		return true
	})
}

// holdsCursor tells whether a loop's condition asks an open cursor for more: a
// Next of something that also has a Close.
func holdsCursor(info *types.Info, cond ast.Expr) bool {
	_, recv, name, ok := methodCall(ast.Unparen(cond))
	if !ok || name != "Next" {
		return false
	}
	m, _, _ := types.LookupFieldOrMethod(info.TypeOf(recv), true, nil, "Close")
	return m != nil
}

// channelOp judges one channel operation of an item; stop tells that it decides.
func (u *Unbounded) channelOp(pass *rule.Pass, op effects.ChanOp) (v rule.Verdict, stop bool) {
	info := pass.Info
	if op.Kind == effects.Close || op.Default || op.Kind == effects.Recv && effects.IsSignal(info, op.Chan) {
		return v, false
	}
	if root := effects.Root(info, op.Chan); u.Lit != nil && root != nil && within(posNode(root.Pos()), u.Lit) {
		return v, false // its own channel
	}
	if u.Late != nil && types.ExprString(op.Chan) == types.ExprString(u.Late.Chan) {
		return v, false // the semaphore
	}
	name := types.ExprString(op.Chan)
	if op.Kind != effects.Send {
		return rule.Refuse(op.Pos, fmt.Sprintf("an item receives from %s: with a bound, the one that sends might not have started", name)), true
	}
	if u.roomForAll(info, op.Chan) || u.reader(pass, op) != "" {
		return v, false
	}
	return rule.Refuse(op.Pos, fmt.Sprintf("items send on %s, and nothing shows that it is received from while the loop still runs: with a bound, the loop would wait for the items and the items for the receiver", name)), true
}

// posNode lets a bare position pass as a node.
type posNode token.Pos

func (p posNode) Pos() token.Pos { return token.Pos(p) }

func (p posNode) End() token.Pos { return token.Pos(p) }

// roomForAll tells whether the channel was made with room for one value an
// item: make(chan T, len(xs)) for a loop over xs.
func (u *Unbounded) roomForAll(info *types.Info, ch ast.Expr) bool {
	v := localVar(info, ch, u.Body)
	if v == nil {
		return false
	}
	mk, ok := onlyValue(info, u.Body, v).(*ast.CallExpr)
	if !ok || len(mk.Args) != 2 || u.Lit == nil || u.Loop != u.Outer {
		return false
	}
	if most, _ := mostSends(info, v, u.Lit.Body); most > 1 {
		return false
	}
	for _, id := range uses(info, u.Loop, v) { // another goroutine of the round may fill it
		if !within(id, u.Lit) {
			return false
		}
	}
	return types.ExprString(mk.Args[1]) == "len("+u.Trip.over+")" || types.ExprString(mk.Args[1]) == u.Trip.over
}

// reader describes the goroutine that was started before the loop and keeps
// receiving from the channel of op; "" when there is none.
func (u *Unbounded) reader(pass *rule.Pass, op effects.ChanOp) string {
	if op.Kind != effects.Send {
		return ""
	}
	root, text := effects.Root(pass.Info, op.Chan), ""
	if root == nil {
		return ""
	}
	inspectOwn(u.Body, func(n ast.Node) bool {
		g, ok := n.(*ast.GoStmt)
		if !ok || n.Pos() >= u.start() {
			return true
		}
		lit, ok := ast.Unparen(g.Call.Fun).(*ast.FuncLit)
		if !ok {
			return true
		}
		for _, r := range pass.Effects.Region(lit.Body).Chans {
			if r.Kind == effects.Range && effects.Root(pass.Info, r.Chan) == root {
				text = fmt.Sprintf("the goroutine of line %d is taken to keep receiving from %s while the loop runs", pass.Line(g.Pos()), types.ExprString(op.Chan))
			}
		}
		return true
	})
	return text
}

// start is where the loop, or without one the launch, begins.
func (u *Unbounded) start() token.Pos {
	if u.Outer != nil {
		return u.Outer.Pos()
	}
	return u.Stmt.Pos()
}
