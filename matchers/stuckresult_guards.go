package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// channelStaysHere: every receive has to be accounted for, so the channel must
// not be handed to anybody who might receive or send.
func channelStaysHere(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, u := range s.uses {
		switch {
		case u.kind == useOther:
			return rule.Quiet(u.at.Pos(), "the channel is handed on")
		case (u.kind == useReceive || u.kind == useRange) && u.inner != nil:
			return rule.Quiet(u.at.Pos(), "another function literal receives")
		case u.kind == useReturn && u.inner != nil:
			return rule.Quiet(u.at.Pos(), "a function literal returns the channel")
		}
	}
	return rule.Holds(s.Made.Pos(), "every send and receive of the channel is in view")
}

// sendsHaveNoWayOut: a send in a select that can choose something else never
// stays blocked; with room it would be chosen more often.
func sendsHaveNoWayOut(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		for _, op := range pass.Effects.Region(snd.Body).Chans {
			if op.Kind == effects.Send && effects.Root(pass.Info, op.Chan) == snd.Chan && (op.Out || inSelect(snd.Body, op.Pos)) {
				return rule.Quiet(op.Pos, "a send has another way out")
			}
		}
	}
	return rule.Holds(s.Made.Pos(), "no send stands in a select, so room changes no choice")
}

// sendsAreCounted: room helps only when it is enough for every send.
func sendsAreCounted(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		most, twice := mostSends(pass.Info, snd.Chan, snd.Body)
		snd.Most = max(snd.Most, most)
		snd.Twice = twice
		if snd.Most >= many {
			return rule.Quiet(snd.Stmt.Pos(), "a goroutine sends any number of times")
		}
		if snd.Loop != nil && rounds(pass, snd.Loop) == "" {
			return rule.Quiet(snd.Stmt.Pos(), "no expression counts the goroutines")
		}
	}
	if n, ok := s.total(pass); ok && n <= s.Cap {
		return rule.Quiet(s.Made.Pos(), "there is room for every send")
	}
	if s.Cap > 0 && !s.oneRoomForMany() {
		return rule.Quiet(s.Made.Pos(), "somebody chose that room")
	}
	return rule.Holds(s.Made.Pos(), fmt.Sprintf("the goroutines send at most %s times in all", s.Room(pass)))
}

// oneRoomForMany tells whether the room is 1 and several send: the usual slip.
// Any other number was somebody's choice.
func (s *StuckResult) oneRoomForMany() bool {
	return s.Cap == 1 && len(s.Senders) > 1
}

// total is the number of sends where it is a constant.
func (s *StuckResult) total(pass *rule.Pass) (int, bool) {
	n, err := strconv.Atoi(s.Room(pass))
	return n, err == nil
}

// Room is Go source for the most that can be sent: "1", "len(hosts)", "len(a)+2".
func (s *StuckResult) Room(pass *rule.Pass) string {
	fixed := 0
	var parts []string
	for _, snd := range s.Senders {
		if snd.Most == 0 {
			continue
		}
		if snd.Loop == nil {
			fixed += snd.Most
			continue
		}
		r := rounds(pass, snd.Loop)
		if n, err := strconv.Atoi(r); err == nil {
			fixed += n * snd.Most
			continue
		}
		if snd.Most > 1 {
			r = fmt.Sprintf("%d*%s", snd.Most, r)
		}
		parts = append(parts, r)
	}
	if fixed > 0 || len(parts) == 0 {
		parts = append(parts, strconv.Itoa(fixed))
	}
	return strings.Join(parts, "+")
}

// rounds is Go source for how often a loop runs, "" where there is none that is
// free of effects.
func rounds(pass *rule.Pass, loop ast.Stmt) string {
	switch l := loop.(type) {
	case *ast.RangeStmt:
		return rangeRounds(pass, l)
	case *ast.ForStmt:
		cond, ok := l.Cond.(*ast.BinaryExpr)
		if !ok || cond.Op != token.LSS || !countsUp(pass, l) {
			return ""
		}
		if call, ok := cond.Y.(*ast.CallExpr); ok && len(call.Args) == 1 {
			if b, ok := pass.Info.Uses[calleeIdent(call)].(*types.Builtin); ok && b.Name() == "len" && plain(call.Args[0]) {
				return types.ExprString(cond.Y)
			}
			return ""
		}
		if t, ok := pass.Info.TypeOf(cond.Y).Underlying().(*types.Basic); ok && (t.Kind() == types.Int || t.Kind() == types.UntypedInt) && (plain(cond.Y) || pass.Info.Types[cond.Y].Value != nil) {
			return types.ExprString(cond.Y)
		}
	}
	return ""
}

func rangeRounds(pass *rule.Pass, l *ast.RangeStmt) string {
	if !plain(l.X) && pass.Info.Types[l.X].Value == nil {
		return ""
	}
	text := types.ExprString(l.X)
	switch t := pass.Info.TypeOf(l.X).Underlying().(type) {
	case *types.Slice, *types.Map, *types.Array:
		return "len(" + text + ")"
	case *types.Basic:
		if t.Kind() == types.Int || t.Kind() == types.UntypedInt {
			return text
		}
	}
	return ""
}

// countsUp tells whether a loop starts at 0 and adds one each round.
func countsUp(pass *rule.Pass, l *ast.ForStmt) bool {
	init, ok := l.Init.(*ast.AssignStmt)
	if !ok || len(init.Rhs) != 1 {
		return false
	}
	zero := 1
	if !constInt(pass.Info, init.Rhs[0], &zero) || zero != 0 {
		return false
	}
	inc, ok := l.Post.(*ast.IncDecStmt)
	return ok && inc.Tok == token.INC
}

func calleeIdent(call *ast.CallExpr) *ast.Ident {
	id, _ := call.Fun.(*ast.Ident)
	return id
}

// plain tells whether evaluating x once more can do nothing: a name, or a field
// of one.
func plain(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return plain(x.X)
	}
	return false
}

// noReturnMissing: `errc <- err` without a return behind it, and another send
// after that. Room for two would only hide it.
func noReturnMissing(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		if snd.Most > 1 && snd.Twice.IsValid() {
			return rule.Refuse(snd.Twice, fmt.Sprintf("the goroutine goes on after the send at line %d and sends again: a return seems to be missing there", pass.Line(snd.Twice)))
		}
	}
	return rule.Holds(s.Made.Pos(), "no send is followed by another for want of a return")
}

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
		if p, _, ok := placeOf(c); !ok || !isMain(p.Func) {
			return false
		}
	}
	return callers > 0
}

func isMain(fn ast.Node) bool {
	d, ok := fn.(*ast.FuncDecl)
	return ok && d.Recv == nil && d.Name.Name == "main"
}

// leavesHere follows the paths from each launch to the function's ends.
func (s *StuckResult) leavesHere(pass *rule.Pass) *leave {
	w := &watch{info: pass.Info, isChan: func(x ast.Expr) bool {
		id, ok := ast.Unparen(x).(*ast.Ident)
		return ok && pass.Info.Uses[id] == types.Object(s.Chan)
	}}
	need := s.Senders[0].Most - s.Cap
	if len(s.Senders) > 1 || s.Senders[0].Loop != nil {
		need = many // only a loop that runs to its end, or as many receives, will do
		if n, ok := s.total(pass); ok {
			need = n - s.Cap
		}
	}
	if !s.receivesAtAll() {
		return nil // a hand-off nobody waits for: another rule's
	}
	for _, snd := range s.Senders {
		if r := w.leavesAfter(s.Body, snd.Stmt, need); r != nil {
			return describe(pass, s.Decl, s.Body, r)
		}
	}
	return nil
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
		if !ok {
			continue
		}
		if l := leavesWith(pass, p, c.Parent().Node(), call, s.Senders[0].Most); l != nil {
			s.leaves = l
			return rule.Holds(l.at, l.when+", and then nobody receives")
		}
	}
	return rule.Quiet(at, "no caller in view leaves without receiving")
}

// leavesWith follows `ch := f()` in one caller. The channel must be used for
// receiving only: whoever gets it otherwise may receive.
func leavesWith(pass *rule.Pass, p Place, parent ast.Node, call *ast.CallExpr, need int) *leave {
	assign, ok := parent.(*ast.AssignStmt)
	if !ok || len(assign.Lhs) != 1 || assign.Tok != token.DEFINE {
		return nil
	}
	id, ok := assign.Lhs[0].(*ast.Ident)
	if !ok {
		return nil
	}
	v := pass.Info.Defs[id]
	received := false
	for _, use := range uses(pass.Info, p.Func, v) {
		if use == id {
			continue
		}
		c, ok := pass.Syntax().FindNode(use)
		if !ok {
			return nil
		}
		kind, _ := kindOfUse(pass.Info, c)
		lit, _ := outermostLit(c, p.Func)
		if kind != useReceive && kind != useRange || lit != nil {
			return nil
		}
		received = true
	}
	if !received || v == nil {
		return nil
	}
	w := &watch{info: pass.Info, isChan: func(x ast.Expr) bool {
		id, ok := ast.Unparen(x).(*ast.Ident)
		return ok && pass.Info.Uses[id] == v
	}}
	if r := w.leavesAfter(p.Body, assign, need); r != nil {
		return describe(pass, p.Decl, p.Body, r)
	}
	return nil
}

// nothingAfterSend: without room, what stands behind a send runs only once
// somebody has received. Code that counts on that must stay where it is.
func nothingAfterSend(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		if after := afterSend(pass.Info, snd); after != nil {
			return rule.Assumed(after.Pos(), fmt.Sprintf("line %d, which runs after a send, is taken not to count on the value having been received", pass.Line(after.Pos())))
		}
	}
	return rule.Holds(s.Made.Pos(), "nothing of note runs after a send")
}

// afterSend is the first statement of a sender that follows a send and does
// more than end.
func afterSend(info *types.Info, snd *Sender) ast.Stmt {
	var found ast.Stmt
	visit := func(list []ast.Stmt) {
		sent := false
		for _, s := range list {
			if sent && found == nil && !ending(s) {
				found = s
			}
			if ch, ok := s.(*ast.SendStmt); ok && effects.Root(info, ch.Chan) == snd.Chan {
				sent = true
			}
		}
	}
	ast.Inspect(snd.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			visit(n.List)
		case *ast.CaseClause:
			visit(n.Body)
		case *ast.CommClause:
			visit(n.Body)
		}
		return true
	})
	return found
}

// ending tells whether a statement only brings the goroutine to its end.
func ending(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return len(s.Results) == 0
	case *ast.BranchStmt:
		return true
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			return f.Name == "close" || strings.Contains(f.Name, "cancel") || strings.Contains(f.Name, "Cancel")
		case *ast.SelectorExpr:
			return f.Sel.Name == "Done" && len(call.Args) == 0
		}
	}
	return false
}

// countIsSteady: make evaluates the count when the channel is made; the loop
// that starts the goroutines comes later.
func countIsSteady(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		if snd.Loop == nil {
			continue
		}
		for _, id := range countNames(pass.Info, snd.Loop) {
			v, ok := pass.Info.Uses[id].(*types.Var)
			if !ok {
				continue
			}
			if !v.IsField() && v.Pos() > s.Made.Pos() {
				return rule.Refuse(id.Pos(), fmt.Sprintf("%s, which counts the goroutines, is declared after the channel is made: make the channel below it, with room for all", v.Name()))
			}
			changed := token.NoPos
			inspectAssignedPath(pass.Info, s.Func, v, func(at token.Pos) {
				if at > s.Made.Pos() && at < snd.Loop.End() {
					changed = at
				}
			})
			if changed.IsValid() {
				return rule.Refuse(changed, fmt.Sprintf("%s, which counts the goroutines, changes after the channel is made", v.Name()))
			}
		}
	}
	return rule.Holds(s.Made.Pos(), "the number of sends is known where the channel is made")
}

// countNames gathers the names in a loop's count.
func countNames(info *types.Info, loop ast.Stmt) []*ast.Ident {
	var x ast.Expr
	switch l := loop.(type) {
	case *ast.RangeStmt:
		x = l.X
	case *ast.ForStmt:
		if c, ok := l.Cond.(*ast.BinaryExpr); ok {
			x = c.Y
		}
	}
	var list []*ast.Ident
	if x != nil {
		ast.Inspect(x, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				list = append(list, id)
			}
			return true
		})
	}
	return list
}
