package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// countIsOpen: a bound is worth something only where the source doesn't fix how
// many goroutines there will be.
func countIsOpen(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch t := u.Trip; {
	case t.fixed:
		return rule.Quiet(at, "the source fixes how many goroutines there are")
	case t.chosen:
		return rule.Quiet(at, t.over+" is itself a bound")
	case t.stream == "" && u.lengthIsChecked(pass):
		return rule.Quiet(at, "somebody checks the length of "+t.over+" before")
	case t.stream == "":
		return rule.Holds(at, "there are as many goroutines as "+t.over+" says")
	case acceptsIn(u.Loop) || ranges(u.Loop):
		return rule.Holds(at, "nothing but its source ends the loop")
	}
	return rule.Quiet(at, "the loop is not over items")
}

// lengthIsChecked tells whether the function, or one of this package that calls
// it with the list, turns away lists that are longer than a constant.
func (u *Unbounded) lengthIsChecked(pass *rule.Pass) bool {
	r, ok := u.Loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	if checksLength(pass.Info, u.Body, types.ExprString(r.X), r.Pos()) {
		return true
	}
	d, ok := u.Func.(*ast.FuncDecl)
	v := localVar(pass.Info, r.X, u.Type.Params)
	if !ok || v == nil {
		return false
	}
	fn, i := pass.Info.Defs[d.Name], indexOf(pass.Info, u.Type.Params, v)
	for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if got := callee(pass.Info, call); got == nil || types.Object(got.Origin()) != fn || i >= len(call.Args) {
			continue
		}
		if p, _, ok := placeOf(c); ok && checksLength(pass.Info, p.Body, types.ExprString(call.Args[i]), call.Pos()) {
			return true
		}
	}
	return false
}

// indexOf is the position of a parameter.
func indexOf(info *types.Info, params *ast.FieldList, v *types.Var) int {
	n := 0
	for _, f := range params.List {
		for _, name := range f.Names {
			if info.Defs[name] == types.Object(v) {
				return n
			}
			n++
		}
	}
	return n
}

// checksLength looks for `if len(list) > max { ... return }` before pos.
func checksLength(info *types.Info, body *ast.BlockStmt, list string, before token.Pos) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		if !ok || s.Pos() >= before || len(s.Body.List) == 0 || !terminates(s.Body.List[len(s.Body.List)-1]) {
			return !found
		}
		b, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
		if ok && (b.Op == token.GTR || b.Op == token.GEQ) && types.ExprString(b.X) == "len("+list+")" && info.Types[b.Y].Value != nil && !isZero(info, b.Y) {
			found = true
		}
		return !found
	})
	return found
}

func isZero(info *types.Info, x ast.Expr) bool {
	n := 1
	return constInt(info, x, &n) && n == 0
}

func ranges(loop ast.Stmt) bool {
	_, ok := loop.(*ast.RangeStmt)
	return ok
}

func acceptsIn(loop ast.Stmt) bool {
	found := false
	inspectOwn(loop, func(n ast.Node) bool {
		if _, _, name, ok := methodCall(n); ok && strings.HasPrefix(name, "Accept") {
			found = true
		}
		return !found
	})
	return found
}

// nothingBounds looks for what already holds the loop back.
func nothingBounds(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch {
	case u.Fix == CheckGroup:
		return rule.Holds(at, "the group is bounded; what is missing is the look at its context")
	case u.Limited:
		return rule.Quiet(at, "the group has its limit")
	case u.isWorker(pass.Info):
		return rule.Quiet(at, "the goroutines are workers that take their items from a channel")
	}
	if why := u.heldBack(pass.Info); why != "" {
		return rule.Quiet(at, why)
	}
	if u.Late != nil {
		if localVar(pass.Info, u.LateArg, u.Body) == nil {
			sem := types.ExprString(u.LateArg)
			return rule.Refuse(u.Late.Pos(), fmt.Sprintf("the slot of %s is taken inside the goroutine, so there is still one goroutine for each item; %s is shared with other functions, and one that holds a slot and starts this loop would wait for itself", sem, sem))
		}
		return rule.Holds(u.Late.Pos(), "the slot is taken after the goroutine has started")
	}
	if slot := u.takesSlot(pass.Info); slot != "" {
		return rule.Refuse(at, slot+" is taken inside the goroutine: it bounds the work, but there is still one goroutine for each item")
	}
	return rule.Holds(at, "neither a semaphore, a limiter nor a pool holds the loop back")
}

// launches counts the statements of the loop that start goroutines.
func (u *Unbounded) launches() int {
	n := 0
	if u.Outer == nil {
		return 1
	}
	inspectOwn(u.Outer, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.GoStmt:
			n++
		case *ast.ExprStmt:
			if call, _, name, ok := methodCall(m); ok && name == "Go" && len(call.Args) == 1 {
				n++
			}
		}
		return true
	})
	return n
}

// isWorker tells whether the started function takes its items from a channel
// that the loop shares out.
func (u *Unbounded) isWorker(info *types.Info) bool {
	for _, op := range u.Work.Chans {
		root := effects.Root(info, op.Chan)
		if u.Lit != nil && root != nil && within(posNode(root.Pos()), u.Lit.Body) {
			continue // its own
		}
		if op.Kind == effects.Range && !effects.IsSignal(info, op.Chan) {
			return true
		}
		if op.Kind == effects.Recv && op.Depth > 0 && !effects.IsSignal(info, op.Chan) && !u.givesBack(info, op.Chan) {
			return true
		}
	}
	return false
}

// chunk names a piece that somebody already cut to size.
var chunk = regexp.MustCompile(`(?i)(batch|chunk|page)`)

// heldBack says what in the loop waits before the next launch, "" if nothing does.
func (u *Unbounded) heldBack(info *types.Info) string {
	if chunk.MatchString(u.Trip.over) {
		return u.Trip.over + " is cut to size elsewhere"
	}
	if strings.Contains(u.Trip.over, ":") {
		return "the loop goes over a part of a slice"
	}
	round := ast.Node(u.Loop)
	if u.Walk != nil {
		round = u.Walk.Body
	}
	why := ""
	inspectOwn(round, func(n ast.Node) bool {
		if n == u.Stmt || why != "" {
			return false
		}
		switch n := n.(type) {
		case *ast.SendStmt:
			why = "the loop sends on " + types.ExprString(n.Chan) + " for each item"
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !effects.IsSignal(info, n.X) {
				why = "the loop receives from " + types.ExprString(n.X) + " for each item"
			}
		case *ast.CallExpr:
			if _, recv, name, ok := methodCall(n); ok {
				why = pacing(info, recv, name)
			}
		}
		return why == ""
	})
	return why
}

// limiter is how people call the type of what lets so many through at a time.
var limiter = regexp.MustCompile(`(?i)(limit|throttl|bucket|quota|semaphore)`)

// pacing says how a method call in a loop holds the loop back, "" where it
// doesn't: Limit and Take are a limiter's only on a limiter.
func pacing(info *types.Info, recv ast.Expr, name string) string {
	switch name {
	case "Acquire", "TryAcquire", "Wait", "WaitN":
		return "the loop calls " + name + " for each item"
	case "Take", "Allow", "Reserve", "Limit":
		if t := info.TypeOf(recv); t != nil && limiter.MatchString(t.String()) {
			return "the loop calls " + name + " for each item"
		}
	case "Sleep":
		return "the loop paces itself"
	}
	return ""
}

// takesSlot names a semaphore or a limiter that the goroutine asks itself.
func (u *Unbounded) takesSlot(info *types.Info) string {
	for _, c := range u.Work.Calls {
		if _, recv, name, ok := methodCall(c.Expr); ok {
			if name == "Acquire" || name == "WaitN" || name == "Wait" && isNamed(info.TypeOf(recv), "golang.org/x/time/rate", "Limiter") {
				return "a slot of " + types.ExprString(recv)
			}
		}
	}
	for _, op := range u.Work.Chans {
		if op.Kind == effects.Send && u.givesBack(info, op.Chan) {
			return "a slot of " + types.ExprString(op.Chan)
		}
	}
	return ""
}

// itemIsDear: golint declined this rule because most loops are fine
// (golang/go#36484). What counts is an item that waits or computes for long.
func itemIsDear(pass *rule.Pass, u *Unbounded) rule.Verdict {
	w, at := u.Work, u.Stmt.Pos()
	switch {
	case w.Block.Waits() && w.Trust > effects.Guessed:
		return rule.Holds(at, fmt.Sprintf("an item is dear: %s %s", w.Via, w.Block.In()))
	case w.Block.Waits():
		return rule.Assumed(at, fmt.Sprintf("an item is taken to be dear: %s has a context and may fail, so it probably waits for a peer", w.Via))
	case w.Heavy():
		return rule.Assumed(at, "an item is taken to be dear: it reaches work known to be heavy, or has loops three deep")
	case w.Opaque != "":
		return rule.Refuse(at, fmt.Sprintf("nothing shows that an item is dear: %s could not be looked into", w.Opaque))
	}
	return rule.Quiet(at, "an item is cheap")
}

// daemonName is how people call what runs until it is stopped. A name cannot
// prove that, but it ends the trust that the call returns.
var daemonName = regexp.MustCompile(`(^|[a-z0-9])(Run|Serve|Listen|Start|Watch|Loop|Subscribe|Consume|Poll|Monitor|Supervise|Follow|Tail|Stream|Accept|Worker|Forward|Proxy)([A-Z0-9]|er\b|$)|^(run|serve|listen|start|watch|loop|subscribe|consume|poll|monitor|supervise|follow|tail|stream|accept|worker|forward|proxy)([A-Z0-9]|er\b|$)`)

// itemEnds: a slot that is never given back stops the loop for ever.
func itemEnds(pass *rule.Pass, u *Unbounded) rule.Verdict {
	w, at := u.Work, u.Stmt.Pos()
	switch {
	case u.Trip.stream != "" && acceptsIn(u.Loop):
		return rule.Refuse(at, "an accept loop: bound the connections at the listener (golang.org/x/net/netutil.LimitListener)")
	case w.Ends == effects.No:
		return rule.Quiet(at, "what is started runs until it is stopped: "+w.EndsWhy)
	case u.Trip.stream != "":
		return rule.Refuse(at, fmt.Sprintf("one goroutine for each value that comes through %s: a fixed number of workers that range over it would bound them", u.Trip.stream))
	}
	names := []string{}
	if u.Fn != nil {
		names = append(names, u.Fn.Name())
	}
	for _, c := range w.Calls {
		if s := pass.Effects.Of(c.Fn); s.Ends != effects.Yes && !c.Fn.Signature().Variadic() { // TailMsgf formats, it follows nothing
			names = append(names, c.Fn.Name())
		}
	}
	for _, name := range names {
		if !daemonName.MatchString(name) || w.Ends == effects.Yes {
			continue
		}
		if !w.Block.Waits() {
			return rule.Quiet(at, name+" may be meant to run until it is stopped")
		} else {
			return rule.Refuse(at, fmt.Sprintf("%s may be meant to run until it is stopped: with a bound, the items behind it would never start", name))
		}
	}
	if w.Ends == effects.Yes {
		return rule.Holds(at, "what is started comes to its end by itself")
	}
	return rule.Assumed(at, fmt.Sprintf("what is started is taken to come to its end: %s could not be looked into", w.Opaque))
}

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

// groupIsLocal: a limit belongs where the group is made, before anything was
// started in it; SetLimit panics after that.
func groupIsLocal(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	if u.Fix != SetLimit && u.Fix != CheckGroup && u.launches() > 1 {
		return rule.Refuse(at, "each round starts more than one goroutine: they need one bound between them")
	}
	if u.How != GroupGo {
		return rule.Holds(at, "the bound is made beside the loop")
	}
	if u.Group == nil || u.Made == nil {
		return rule.Refuse(at, "the group is made elsewhere: its limit belongs there, before anything is started in it")
	}
	if m, _, _ := types.LookupFieldOrMethod(types.NewPointer(deref(u.Group.Type())), true, u.Group.Pkg(), "SetLimit"); m == nil {
		return rule.Refuse(at, "the golang.org/x/sync that the module requires has no SetLimit: raise it to v0.1.0 or later")
	}
	for _, id := range uses(pass.Info, u.Body, u.Group) {
		if isMethod(u.Body, id, "TryGo") {
			return rule.Refuse(id.Pos(), fmt.Sprintf("with a limit, the TryGo of line %d would turn items away", pass.Line(id.Pos())))
		}
		if id.Pos() == u.Group.Pos() || isMethod(u.Body, id, "Go", "Wait", "SetLimit") {
			continue
		}
		return rule.Refuse(id.Pos(), fmt.Sprintf("%s is handed on at line %d: what else it is used for can't be seen", u.Group.Name(), pass.Line(id.Pos())))
	}
	for _, id := range uses(pass.Info, u.Body, u.Group) {
		if isMethod(u.Body, id, "Go") && id.Pos() < u.start() && within(id, u.Body) && id.Pos() > u.Made.End() && u.companion(pass, id) {
			return rule.Refuse(id.Pos(), fmt.Sprintf("another function is started in %s at line %d, and it takes part in a channel or never ends: it would need a slot of its own", u.Group.Name(), pass.Line(id.Pos())))
		}
		if isMethod(u.Body, id, "Go") && u.Loop != nil && !within(id, u.Stmt) && id.Pos() > u.Loop.Pos() && u.companion(pass, id) {
			return rule.Refuse(id.Pos(), fmt.Sprintf("the function started in %s at line %d takes part in a channel or never ends: with a bound it might not get a slot", u.Group.Name(), pass.Line(id.Pos())))
		}
	}
	return rule.Holds(u.Made.Pos(), "the group is made here, and used for Go and Wait only")
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// companion tells whether another function of the same group takes part in a
// channel, or can't be looked into.
func (u *Unbounded) companion(pass *rule.Pass, id *ast.Ident) bool {
	found := false
	ast.Inspect(u.Body, func(n ast.Node) bool {
		call, recv, _, ok := methodCall(n)
		if !ok || recv != ast.Expr(id) || call == u.Call || len(call.Args) != 1 {
			return true
		}
		lit, ok := ast.Unparen(call.Args[0]).(*ast.FuncLit)
		if !ok {
			found = true
			return true
		}
		r := pass.Effects.Region(lit.Body)
		found = found || r.Meets != effects.No || r.Ends == effects.No
		return true
	})
	return found
}

// noNestedGo: with a limit, a Go that is reached from inside the group waits
// for a slot that its own caller holds.
func noNestedGo(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	if u.Group != nil && u.Lit != nil {
		if in := uses(pass.Info, u.Lit, u.Group); len(in) > 0 {
			return rule.Refuse(in[0].Pos(), fmt.Sprintf("%s is used inside the function it runs: a Go from there would wait for a slot that its caller holds", u.Group.Name()))
		}
	}
	if d, ok := u.Decl.(*ast.FuncDecl); ok {
		if fn, ok := pass.Info.Defs[d.Name].(*types.Func); ok && (u.Fn == fn || pass.Effects.Reaches(u.Work, fn)) {
			return rule.Refuse(at, fmt.Sprintf("%s is reached again from inside: a bound for each level would multiply and bound nothing", d.Name.Name))
		}
	}
	return rule.Holds(at, "nothing is started in the same group from inside")
}

// noLockHeld: the loop now waits for items, so it must not hold what they need.
func noLockHeld(pass *rule.Pass, u *Unbounded) rule.Verdict {
	if d, ok := u.Decl.(*ast.FuncDecl); ok && strings.HasSuffix(d.Name.Name, "Locked") {
		return rule.Refuse(u.Stmt.Pos(), d.Name.Name+" is called with a lock held, as its name says: an item that needs it would never give its slot back")
	}
	if u.yieldsUnderLock(pass) {
		return rule.Refuse(u.Loop.Pos(), "what the loop goes over takes a lock while it yields: an item that needs it would never give its slot back")
	}
	held := u.heldLocks()
	if len(held) > 0 && u.Joined != nil && u.Joined.Pos() > u.Stmt.Pos() && !u.unlocks(held) {
		return rule.Holds(u.Joined.Pos(), "the function waits for the items under the same lock, so they can't need it")
	}
	for _, name := range sortedKeys(held) {
		return rule.Refuse(held[name], fmt.Sprintf("%s is held while the loop runs: an item that needs it would never give its slot back", name))
	}
	return rule.Holds(u.Stmt.Pos(), "no lock of this function is held while the loop waits for a slot")
}

// unlocks tells whether one of the locks is given back between the loop and the
// place where the function waits for the items.
func (u *Unbounded) unlocks(held map[string]token.Pos) bool {
	found := false
	inspectOwn(u.Body, func(n ast.Node) bool {
		if _, deferred := n.(*ast.DeferStmt); deferred {
			return false
		}
		if _, recv, name, ok := methodCall(n); ok && strings.HasSuffix(strings.ToLower(name), "unlock") && n.Pos() > u.start() && n.Pos() < u.Joined.Pos() {
			_, ours := held[types.ExprString(recv)]
			found = found || ours
		}
		return !found
	})
	return found
}

// heldLocks gathers the locks that are taken and not given back where the launch
// stands.
func (u *Unbounded) heldLocks() map[string]token.Pos {
	held := map[string]token.Pos{}
	u.locks(u.Body.List, held)
	return held
}

// locks follows the statements up to the launch. What a block does that is left
// for good (an Unlock before an early return) doesn't count behind it.
func (u *Unbounded) locks(list []ast.Stmt, held map[string]token.Pos) {
	for _, s := range list {
		if s.Pos() >= u.Stmt.Pos() {
			return
		}
		for _, inner := range blocksOf(s) {
			if len(inner) > 0 && !within(u.Stmt, s) && terminates(inner[len(inner)-1]) {
				continue
			}
			u.locks(inner, held)
		}
		if _, deferred := s.(*ast.DeferStmt); deferred {
			continue // a deferred Unlock comes after the loop
		}
		inspectHead(s, func(n ast.Node) {
			_, recv, name, ok := methodCall(n)
			if !ok {
				return
			}
			switch strings.ToLower(name) {
			case "lock", "rlock", "trylock", "tryrlock":
				held[types.ExprString(recv)] = n.Pos()
			case "unlock", "runlock":
				delete(held, types.ExprString(recv))
			}
		})
	}
}

// blocksOf gives the statement lists inside a statement.
func blocksOf(s ast.Stmt) (lists [][]ast.Stmt) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		lists = append(lists, s.List)
	case *ast.LabeledStmt:
		return blocksOf(s.Stmt)
	case *ast.IfStmt:
		lists = append(lists, s.Body.List)
		if s.Else != nil {
			lists = append(lists, blocksOf(s.Else)...)
		}
	case *ast.ForStmt:
		lists = append(lists, s.Body.List)
	case *ast.RangeStmt:
		lists = append(lists, s.Body.List)
	case *ast.SwitchStmt:
		for _, c := range s.Body.List {
			lists = append(lists, c.(*ast.CaseClause).Body)
		}
	}
	return lists
}

// terminates tells whether a statement leaves its block.
func terminates(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// inspectHead visits what a statement evaluates itself, its blocks left out.
func inspectHead(s ast.Stmt, visit func(ast.Node)) {
	inspectOwn(s, func(n ast.Node) bool {
		if _, block := n.(*ast.BlockStmt); block {
			return false
		}
		visit(n)
		return true
	})
}

// yieldsUnderLock tells whether the loop ranges over a function of this package
// that takes a lock.
func (u *Unbounded) yieldsUnderLock(pass *rule.Pass) bool {
	r, ok := u.Loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	call, ok := ast.Unparen(r.X).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := callee(pass.Info, call)
	if fn == nil || pass.Effects.Decl(fn) == nil {
		return false
	}
	if _, isFunc := pass.Info.TypeOf(call).Underlying().(*types.Signature); !isFunc {
		return false
	}
	locks := false
	ast.Inspect(pass.Effects.Decl(fn).Body, func(n ast.Node) bool {
		if _, _, name, ok := methodCall(n); ok && (name == "Lock" || name == "RLock") {
			locks = true
		}
		return !locks
	})
	return locks
}

// joined: a function that left its goroutines behind now stays until the last
// of them has its slot.
func joined(pass *rule.Pass, u *Unbounded) rule.Verdict {
	if u.Fix == CheckGroup {
		return rule.Holds(u.Stmt.Pos(), "how long the function waits doesn't change")
	}
	if u.Joined != nil {
		return rule.Holds(u.Joined.Pos(), "the function waits for the items anyway")
	}
	if u.Work.Ends != effects.Yes {
		return rule.Refuse(u.Stmt.Pos(), fmt.Sprintf("the goroutines outlive the function, and %s could not be looked into: the loop might wait for ever", u.Work.Opaque))
	}
	return rule.Assumed(u.Stmt.Pos(), "the goroutines outlive the function: it now returns only when the last item has its slot")
}

// noTimeoutRuns: a clock that starts before the slot is free runs while the
// item waits.
func noTimeoutRuns(pass *rule.Pass, u *Unbounded) rule.Verdict {
	var rounds ast.Node = u.Outer
	if u.Walk != nil {
		rounds = u.Walk.Body
	}
	if u.Fix != CheckGroup && (u.Outer != nil || u.Walk != nil) {
		var bad ast.Node
		inspectOwn(rounds, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && n.Pos() < u.Stmt.Pos() {
				if fn := callee(pass.Info, call); fn != nil && fn.Pkg() != nil {
					switch fn.Pkg().Path() + "." + fn.Name() {
					case "context.WithTimeout", "context.WithDeadline", "context.WithTimeoutCause", "context.WithDeadlineCause", "time.NewTimer", "time.After", "time.AfterFunc":
						bad = n
					}
				}
			}
			return bad == nil
		})
		if bad != nil {
			return rule.Refuse(bad.Pos(), "an item's clock starts here, before its goroutine has a slot: it would run out while the item waits")
		}
	}
	return rule.Holds(u.Stmt.Pos(), "no clock of an item runs while it waits for its slot")
}

// afterFailure: a bounded group goes on starting items after one has failed
// (golang/go#61611), unless somebody looks at its context.
func afterFailure(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch {
	case u.How != GroupGo || u.CtxName == nil:
		return rule.Holds(at, "no failure cancels the others, as before")
	case !u.Deaf:
		return rule.Holds(at, "the items look at the group's context, so those that start after a failure end at once")
	case u.Ctx != nil && !meansHere(pass, u.CtxName.Name, u.Ctx, u.Stmt.Pos()):
		return rule.Refuse(at, fmt.Sprintf("%s means another context where the items are started: there is no name to look at the group's by", u.CtxName.Name))
	case u.Received != "":
		return rule.Refuse(at, fmt.Sprintf("nothing looks at the group's context, and an item that is passed over would not send on %s, where one value an item is waited for", u.Received))
	case u.Lit == nil || resultsOf(u.Lit) != 1:
		return rule.Refuse(at, "nothing looks at the group's context, and there is no body to add the look to")
	case u.Fix == CheckGroup && u.Joined == nil:
		return rule.Refuse(at, "nobody waits for the group here")
	}
	return rule.Assumed(at, "an item that has not started when another has failed is taken not to matter: Wait gives the first error either way")
}

func resultsOf(lit *ast.FuncLit) int {
	if lit.Type.Results == nil {
		return 0
	}
	return lit.Type.Results.NumFields()
}

// slotHeedsContext: waiting for a slot must end when the caller gives up.
func slotHeedsContext(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch {
	case u.Fix == CheckGroup:
		return rule.Holds(at, "the wait for a slot stays as it was")
	case !contextInScope(pass.Info, u.Place):
		return rule.Holds(at, "there is no context to heed")
	case u.waitsWithContext(pass.Info):
		return rule.Holds(at, "the wait for a slot ends with "+u.Give)
	case u.Collects != "" && u.leavesOnContext(pass.Info):
		return rule.Refuse(at, "behind the loop the function leaves when its context ends; the wait for a slot could not, and has no result to say so with")
	case u.checks():
		return rule.Holds(at, "an item that starts after the context has ended returns at once")
	case u.passesContext(pass.Info):
		return rule.Assumed(at, "the items are given a context: they are taken to end with it, and so does the wait for a slot")
	}
	return rule.Assumed(at, "the items don't look at the context: when it ends, those under way and those still waiting for a slot are done to the end, as before")
}

// contextInScope tells whether the function has a context parameter.
func contextInScope(info *types.Info, p Place) bool {
	for _, f := range p.Type.Params.List {
		if t := info.TypeOf(f.Type); t != nil && effects.IsContext(t) {
			return true
		}
	}
	return false
}

// waitsWithContext tells whether the wait for a slot can end with the function's
// context, and notes its name: where nobody waits for the goroutines, and the
// function's only result is an error to say so with. A function that waits for
// them keeps its plain slot: leaving early would lose what the items report.
func (u *Unbounded) waitsWithContext(info *types.Info) bool {
	res := u.Type.Results
	if u.Fix != Semaphore || u.Joined != nil && !(u.Collects != "" && u.leavesOnContext(info)) || !u.launchComesFirst() || res == nil || res.NumFields() != 1 || !types.Identical(info.TypeOf(res.List[0].Type), types.Universe.Lookup("error").Type()) {
		return false
	}
	for _, f := range u.Type.Params.List {
		for _, name := range f.Names {
			if effects.IsContext(info.TypeOf(f.Type)) && name.Name != "_" && !redeclared(info, u.Body, name.Name) {
				u.Give = name.Name
			}
		}
	}
	return u.Give != ""
}

// launchComesFirst tells whether a round starts with the launch: a return before
// anything else leaves nothing of the round half done.
func (u *Unbounded) launchComesFirst() bool {
	var list []ast.Stmt
	switch l := u.Loop.(type) {
	case *ast.ForStmt:
		list = l.Body.List
	case *ast.RangeStmt:
		list = l.Body.List
	}
	for _, s := range list {
		if s == u.Stmt {
			return u.Loop == u.Outer
		}
		if _, _, name, ok := methodCall(s); ok && name == "Add" {
			continue // the slot is taken above it
		}
		if a, ok := s.(*ast.AssignStmt); !ok || a.Tok != token.DEFINE || !plainCopies(a) {
			return false
		}
	}
	return false
}

// plainCopies tells whether a definition only copies: `x := x`.
func plainCopies(a *ast.AssignStmt) bool {
	for _, rhs := range a.Rhs {
		if !plain(rhs) {
			return false
		}
	}
	return true
}

// leavesOnContext tells whether a select behind the loop leaves when a context
// ends.
func (u *Unbounded) leavesOnContext(info *types.Info) bool {
	found := false
	inspectOwn(u.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CommClause); ok && c.Comm != nil && c.Pos() > u.Stmt.End() {
			if x := receivedFrom(c.Comm); x != nil && isContextDone(info, x) {
				found = true
			}
		}
		return !found
	})
	return found
}

// redeclared tells whether a name means something else somewhere in the body.
func redeclared(info *types.Info, body *ast.BlockStmt, name string) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name && info.Defs[id] != nil {
			found = true
		}
		return !found
	})
	return found
}

// passesContext tells whether an item hands a context to what it calls.
func (u *Unbounded) passesContext(info *types.Info) bool {
	has := func(args []ast.Expr) bool {
		for _, a := range args {
			if t := info.TypeOf(a); t != nil && effects.IsContext(t) {
				return true
			}
		}
		return false
	}
	if u.How == GoStmt && has(u.Call.Args) {
		return true
	}
	for _, c := range u.Work.Calls {
		if has(c.Expr.Args) {
			return true
		}
	}
	return false
}

// operandsMove: `go f(x)` evaluates f and x at once; inside the new literal they
// would be evaluated later, so they must still mean the same then.
func operandsMove(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	if u.Fix == Pool {
		return poolFits(pass, u)
	}
	if u.Lit != nil || u.Fix == SetLimit {
		return rule.Holds(at, "what the function that is started does stays as it is; lines are only added")
	}
	if u.How == WaitGroupGo {
		return rule.Refuse(at, "the function is not a literal: there is no body to give the slot back in")
	}
	if sel, ok := ast.Unparen(u.Call.Fun).(*ast.SelectorExpr); ok && !u.steady(pass, sel.X) {
		return rule.Refuse(sel.Pos(), fmt.Sprintf("%s is evaluated when the goroutine starts, and may have changed by then", types.ExprString(sel.X)))
	}
	for _, a := range u.Call.Args {
		if !u.steady(pass, a) {
			return rule.Refuse(a.Pos(), fmt.Sprintf("the argument %s is evaluated at the go statement, and may have changed when the goroutine runs", types.ExprString(a)))
		}
	}
	return rule.Holds(at, "what the go statement evaluates is the same when the goroutine runs")
}

// steady tells whether x has the same value whenever it is evaluated after the
// go statement: a constant, a package or a function, a variable that is
// assigned once, a loop variable that is new in each round.
func (u *Unbounded) steady(pass *rule.Pass, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.BasicLit:
		return true
	case *ast.UnaryExpr:
		v, ok := effects.Root(pass.Info, x).(*types.Var) // an address doesn't change, whatever is stored there
		return x.Op == token.AND && ok && !(u.Loop != nil && isHead(u.Loop, v) && within(posNode(v.Pos()), u.Loop))
	case *ast.Ident:
		switch obj := pass.Info.ObjectOf(x).(type) {
		case *types.PkgName, *types.Func, *types.Const, *types.Nil:
			return true
		case *types.Var:
			return u.settled(pass, obj)
		}
	}
	return false
}

// settled tells whether nothing assigns v after the launch.
func (u *Unbounded) settled(pass *rule.Pass, v *types.Var) bool {
	if v.Parent() == pass.Pkg.Scope() {
		return false
	}
	perRound := u.Loop != nil && within(posNode(v.Pos()), u.Loop)
	if !pass.AtLeast(u.File, "go1.22") {
		for _, l := range u.Loops { // one variable for all rounds (hazard A12)
			if within(posNode(v.Pos()), l) && isHead(l, v) {
				return false
			}
		}
	}
	n := 0
	changed := func(at token.Pos) {
		if !perRound && at > v.Pos() || perRound && at > u.Stmt.End() && at < u.Loop.End() {
			n++
		}
	}
	inspectAssigned(pass.Info, u.Func, v, changed)
	inspectElements(pass.Info, u.Func, v, func(at token.Pos) {
		switch v.Type().Underlying().(type) {
		case *types.Struct, *types.Array: // copied whole by the go statement
			if !within(posNode(at), u.Stmt) {
				changed(at)
			}
		}
	})
	return n == 0
}

// isHead tells whether v is declared in the loop's head.
func isHead(loop ast.Stmt, v *types.Var) bool {
	switch l := loop.(type) {
	case *ast.ForStmt:
		return v.Pos() < l.Body.Pos()
	case *ast.RangeStmt:
		return v.Pos() < l.Body.Pos()
	}
	return false
}
