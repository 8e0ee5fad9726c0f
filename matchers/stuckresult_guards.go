package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

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
		case u.kind == useClose && !s.bySender(u.inner):
			return rule.Quiet(u.at.Pos(), "somebody else than a sender closes the channel")
		case u.kind == useReturn && u.inner != nil:
			return rule.Quiet(u.at.Pos(), "a function literal returns the channel")
		}
	}
	return rule.Holds(s.Made.Pos(), "every send and receive of the channel is in view")
}

// bySender tells whether a literal is one that sends, or one that waits for
// those that do: `go func() { wg.Wait(); close(ch) }()`.
func (s *StuckResult) bySender(lit *ast.FuncLit) bool {
	if lit == nil {
		return false
	}
	for _, snd := range s.Senders {
		if snd.Body == lit.Body {
			return true
		}
	}
	waits := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if _, _, name, ok := methodCall(n); ok && name == "Wait" {
			waits = true
		}
		return !waits
	})
	return waits
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
	if s.Cap > 0 && !s.oneRoomForMany(pass.Info) {
		return rule.Quiet(s.Made.Pos(), "somebody chose that room")
	}
	return rule.Holds(s.Made.Pos(), "no path sends more often than there will be room for: "+s.Room(pass))
}

// oneRoomForMany tells whether the room is 1 and several goroutines send, each
// as a matter of course: the usual slip. Any other number was somebody's
// choice, and room for one error among several that only may fail was, too.
func (s *StuckResult) oneRoomForMany(info *types.Info) bool {
	for _, snd := range s.Senders {
		always := false
		for _, st := range snd.Body.List {
			send, ok := st.(*ast.SendStmt)
			always = always || ok && effects.Root(info, send.Chan) == snd.Chan
		}
		if !always {
			return false
		}
	}
	return s.Cap == 1 && (len(s.Senders) > 1 || s.Senders[0].Loop != nil)
}

// total is the number of sends where it is a constant.
func (s *StuckResult) total(pass *rule.Pass) (int, bool) {
	n, err := strconv.Atoi(s.Room(pass))
	return n, err == nil
}

// Room is Go source for the most that can be sent: "1", "len(hosts)", "len(a)+2".
func (s *StuckResult) Room(pass *rule.Pass) string {
	fixed := s.fixedSends(pass.Info)
	var parts []string
	for _, snd := range s.Senders {
		if snd.Most == 0 || snd.Loop == nil {
			continue
		}
		r := rounds(pass, snd.Loop)
		if n, err := strconv.Atoi(r); err == nil {
			fixed += n * snd.Most
			continue
		}
		if snd.Most > 1 {
			if strings.ContainsAny(r, "+-*/%<>&|^") {
				r = "(" + r + ")"
			}
			r = fmt.Sprintf("%d*%s", snd.Most, r)
		}
		parts = append(parts, r)
	}
	if fixed > 0 || len(parts) == 0 {
		parts = append(parts, strconv.Itoa(fixed))
	}
	return strings.Join(parts, "+")
}

// fixedSends counts the sends of the goroutines that are started once: the most
// on one path, since of two branches only one is taken.
func (s *StuckResult) fixedSends(info *types.Info) int {
	launches := map[ast.Stmt]int{}
	for _, snd := range s.Senders {
		if snd.Loop == nil {
			launches[snd.Stmt] += snd.Most
		}
	}
	total := 0
	eachList(s.Body, func(list []ast.Stmt) {
		for i, st := range list {
			if st == s.Made {
				c := &sendCount{info: info, launches: launches}
				total = c.most(list[i:])
			}
		}
	})
	return min(total, many)
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
		if isLen(pass.Info, cond.Y) {
			return types.ExprString(cond.Y)
		}
		if t, ok := pass.Info.TypeOf(cond.Y).Underlying().(*types.Basic); ok && (t.Kind() == types.Int || t.Kind() == types.UntypedInt) && (plain(cond.Y) || pass.Info.Types[cond.Y].Value != nil) {
			return notNegative(pass, cond.Y)
		}
	}
	return ""
}

func rangeRounds(pass *rule.Pass, l *ast.RangeStmt) string {
	if isLen(pass.Info, l.X) {
		return types.ExprString(l.X)
	}
	if !plain(l.X) && pass.Info.Types[l.X].Value == nil {
		return ""
	}
	text := types.ExprString(l.X)
	switch t := pass.Info.TypeOf(l.X).Underlying().(type) {
	case *types.Slice, *types.Map, *types.Array:
		return "len(" + text + ")"
	case *types.Basic:
		if t.Kind() == types.Int || t.Kind() == types.UntypedInt {
			return notNegative(pass, l.X)
		}
	}
	return ""
}

// notNegative is a number as make takes it: make panics on a negative one, and
// a loop over it has no rounds. "" where the language has no max yet.
func notNegative(pass *rule.Pass, n ast.Expr) string {
	text := types.ExprString(n)
	if pass.Info.Types[n].Value != nil {
		return text
	}
	if v := pass.Pkg.GoVersion(); v == "" || version.Compare(v, "go1.21") < 0 {
		return ""
	}
	return "max(0, " + text + ")"
}

// isLen tells whether x is len of something plain.
func isLen(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !plain(call.Args[0]) {
		return false
	}
	b, ok := info.Uses[calleeIdent(call)].(*types.Builtin)
	return ok && b.Name() == "len"
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
	cond, isCmp := l.Cond.(*ast.BinaryExpr)
	counter := firstIdent(init.Lhs)
	return ok && isCmp && inc.Tok == token.INC && counter != nil && isUse(pass.Info, inc.X, counter) && isUse(pass.Info, cond.X, counter)
}

// isUse tells whether x is the variable that def declares.
func isUse(info *types.Info, x ast.Expr, def *ast.Ident) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && info.Uses[id] != nil && info.Uses[id] == info.Defs[def]
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
		if snd.Most > 1 && snd.Twice.IsValid() && !s.receivesInLoop(pass.Info) {
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
		info: pass.Info, made: s.Made, room: s.Cap, sends: map[ast.Stmt]int{}, holds: map[string]bool{}, counts: map[string]bool{},
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
func (s *StuckResult) stableConditions(info *types.Info, launch ast.Stmt) map[string]bool {
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
	w := &watch{info: pass.Info, sends: map[ast.Stmt]int{}}
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
			if comm := up.Node().(*ast.CommClause).Comm; comm != nil && receivedFrom(comm) == ast.Expr(call) {
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
		c, ok := pass.Syntax().FindNode(use)
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

// countIsSteady: make evaluates the count when the channel is made; the loop
// that starts the goroutines comes later.
func countIsSteady(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		if snd.Loop == nil {
			continue
		}
		local := true
		for _, id := range countNames(pass.Info, snd.Loop) {
			v, ok := pass.Info.Uses[id].(*types.Var)
			if !ok {
				continue
			}
			global := v.Parent() == pass.Pkg.Scope()
			if !v.IsField() && !global && v.Pos() > s.Made.Pos() {
				return rule.Refuse(id.Pos(), fmt.Sprintf("%s, which counts the goroutines, is declared after the channel is made: make the channel below it, with room for all", v.Name()))
			}
			if _, array := v.Type().Underlying().(*types.Array); !array && (v.IsField() || global) {
				local = false
			}
			if at := s.changes(pass.Info, v, snd.Loop); at.IsValid() {
				return rule.Refuse(at, fmt.Sprintf("%s, which counts the goroutines, changes after the channel is made", v.Name()))
			}
		}
		if call := s.callBetween(pass.Info, snd.Loop); call != nil && !local {
			return rule.Refuse(call.Pos(), fmt.Sprintf("the call at line %d may change what counts the goroutines, after the channel is made", pass.Line(call.Pos())))
		}
	}
	return rule.Holds(s.Made.Pos(), "the number of sends is known where the channel is made")
}

// changes is where the function changes v, or what the map v holds, between the
// make and the end of the loop.
func (s *StuckResult) changes(info *types.Info, v *types.Var, loop ast.Stmt) token.Pos {
	changed := token.NoPos
	note := func(at token.Pos) {
		if at > s.Made.Pos() && at < loop.End() {
			changed = at
		}
	}
	inspectAssignedPath(info, s.Func, v, note)
	if _, isMap := v.Type().Underlying().(*types.Map); isMap {
		ast.Inspect(s.Func, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, lhs := range n.Lhs {
					if x, ok := ast.Unparen(lhs).(*ast.IndexExpr); ok && effects.Root(info, x.X) == types.Object(v) {
						note(n.Pos())
					}
				}
			case *ast.CallExpr:
				if id := calleeIdent(n); id != nil && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 && effects.Root(info, n.Args[0]) == types.Object(v) {
					note(n.Pos())
				}
			}
			return true
		})
	}
	return changed
}

// callBetween is the first call between the make and the loop that could change
// a field or a package's variable; for a loop that asks its count in every
// round, also one inside the loop.
func (s *StuckResult) callBetween(info *types.Info, loop ast.Stmt) *ast.CallExpr {
	end := loop.Pos()
	if _, asks := loop.(*ast.ForStmt); asks {
		end = loop.End()
	}
	var found *ast.CallExpr
	inspectOwn(s.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && found == nil && call.Pos() > s.Made.End() && call.Pos() < end && callee(info, call) != nil {
			if sel, ok := call.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Add" && sel.Sel.Name != "Go" {
				found = call
			}
		}
		return found == nil
	})
	return found
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
