package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// read walks what each goroutine runs and what the function does itself.
func (f *fanOut) read(decl ast.Decl, callees *callees) {
	rounds := roundVars(f.pass.Info, decl)
	skip := map[ast.Node]bool{}
	for _, l := range f.launches {
		w := f.walker(l.lit, rounds)
		w.inside[l.lit], w.callees = true, callees
		w.walk(l.lit.Body)
		l.acts = slices.DeleteFunc(w.acts, func(a *access) bool {
			return within(posNode(a.v.Pos()), l.lit) || l.from.IsValid() && a.at.Pos() < l.from
		})
		l.tells = w.tells
		skip[l.lit] = true
	}
	w := f.walker(f.Body, rounds)
	w.skip = skip
	w.walk(f.Body)
	f.own, f.events = w.acts, w.events
	f.serial = map[*types.Var]bool{}
	for _, g := range groupsIn(f.pass, decl) {
		for _, op := range g.ops(GroupSetLimit) {
			n := 0
			if len(op.Call.Args) == 1 && constInt(f.pass.Info, op.Call.Args[0], &n) && n == 1 {
				f.serial[g.Var] = true
			}
		}
	}
}

func (f *fanOut) walker(root ast.Node, rounds map[*types.Var]bool) *walker {
	return &walker{
		pass: f.pass, info: f.pass.Info, root: root, rounds: rounds,
		lits: map[types.Object]*ast.FuncLit{}, inside: map[*ast.FuncLit]bool{},
	}
}

// A pair is two accesses of one variable, of which one writes and at least one
// is made by a goroutine.
type pair struct {
	l    *launch
	a    *access
	l2   *launch // that makes b; nil for the function's own code
	b    *access
	loop ast.Node // whose rounds meet, nil where the two stand one behind the other
	head bool     // the variable is declared in the loop's head: rounds share it before go1.22
	ways []way    // how b can be reached while a may still be running
}

// A way is the function's own code between a launch and what comes next, and
// whether it is really taken.
type way struct {
	code  []stretch
	rest  stretch // of the statement that the way leads to: a Wait in there counts
	why   string  // why it is never taken, "" where it is
	round bool    // by way of the loop's next round
}

type stretch struct{ from, to token.Pos }

func (s stretch) holds(p token.Pos) bool { return s.from < p && p < s.to }

// sharedIn gathers the pairs of the function by variable, in the order in which
// the variables are first touched.
func (f *fanOut) sharedIn() (vars []*types.Var, pairs map[*types.Var][]*pair) {
	pairs = map[*types.Var][]*pair{}
	add := func(p *pair) {
		if p.a.act == actAddress || p.b.act == actAddress {
			return
		}
		callee := p.a.act == actCallee || p.b.act == actCallee
		if p.a.v != p.b.v || !p.a.writes() && !p.b.writes() || !meets(p.a, p.b) || len(p.ways) == 0 && p.l.many == "" || callee && p.l2 == nil {
			return
		}
		if pairs[p.a.v] == nil {
			vars = append(vars, p.a.v)
		}
		pairs[p.a.v] = append(pairs[p.a.v], p)
	}
	for i, l := range f.launches {
		f.withItself(l, add)
		for _, l2 := range f.launches[i+1:] {
			f.withOther(l, l2, add)
		}
		f.withOwn(l, add)
	}
	return vars, pairs
}

// withItself pairs what the goroutines of one launch do.
func (f *fanOut) withItself(l *launch, add func(*pair)) {
	for i, a := range l.acts {
		loop, head := l.roundsShare(a.v)
		if loop == nil && l.many == "" {
			continue
		}
		var ways []way
		if loop != nil {
			ways = []way{f.nextRound(l, loop, f.roundOf(loop))}
		}
		for _, b := range l.acts[i:] {
			if a.v == b.v {
				add(&pair{l: l, a: a, l2: l, b: b, loop: loop, head: head, ways: ways})
			}
		}
		if head {
			if at := headOf(loop); at != nil {
				b := &access{v: a.v, act: actHead, at: at, stmt: loop.(ast.Stmt)}
				add(&pair{l: l, a: a, b: b, loop: loop, head: true, ways: ways})
			}
		}
	}
}

// withOther pairs what the goroutines of two launches do.
func (f *fanOut) withOther(l, l2 *launch, add func(*pair)) {
	if l.from.IsValid() != l2.from.IsValid() {
		return
	}
	for _, a := range l.acts {
		for _, b := range l2.acts {
			if a.v != b.v {
				continue
			}
			p := &pair{l: l, a: a, l2: l2, b: b}
			if l2.stmt.Pos() >= l.stmt.End() {
				p.ways = append(p.ways, f.straight(l, l2.stmt.Pos()))
			}
			if loop, head := l.roundsShare(a.v); loop != nil && within(l2.stmt, loop) {
				p.loop, p.head = loop, head
				p.ways = append(p.ways, f.nextRound(l, loop, stretch{bodyStart(loop), l2.stmt.Pos()}))
			} else if l.listed != nil && l.listed == l2.listed {
				p.ways = append(p.ways, f.nextRound(l, l.listed, f.roundOf(l.listed)))
			}
			add(p)
		}
	}
}

// withOwn pairs what the goroutines of a launch do with what the function does
// behind it, or in the loop's next round.
func (f *fanOut) withOwn(l *launch, add func(*pair)) {
	if l.from.IsValid() || l.many != "" {
		return
	}
	for _, a := range l.acts {
		for _, b := range f.own {
			if a.v != b.v {
				continue
			}
			p := &pair{l: l, a: a, b: b}
			if b.last || b.at.Pos() >= l.stmt.End() {
				w := f.straight(l, f.runsAt(b))
				w.rest = restOf(b)
				p.ways = append(p.ways, w)
			}
			if loop, head := l.roundsShare(a.v); loop != nil && !b.last && within(b.at, loop) && b.at.Pos() > bodyStart(loop) {
				p.loop, p.head = loop, head
				w := f.nextRound(l, loop, stretch{bodyStart(loop), b.at.Pos()})
				w.rest = restOf(b)
				p.ways = append(p.ways, w)
			}
			add(p)
		}
	}
}

// runsAt is where an access happens: in a deferred function at the end.
func (f *fanOut) runsAt(a *access) token.Pos {
	if a.last {
		return f.Body.End() - 1
	}
	return a.at.Pos()
}

// restOf is what the statement of an access runs besides: in `return out,
// g.Wait()` the call comes first in practice, though the language leaves it open.
func restOf(a *access) stretch {
	switch a.stmt.(type) {
	case *ast.ReturnStmt, *ast.AssignStmt, *ast.ExprStmt, *ast.DeclStmt:
		return stretch{a.stmt.Pos(), a.stmt.End()}
	}
	return stretch{}
}

// roundsShare is the innermost loop around the launch whose rounds share v; head
// tells that they only do before go1.22.
func (l *launch) roundsShare(v *types.Var) (loop ast.Node, head bool) {
	for _, loop := range l.loops {
		at := posNode(v.Pos())
		switch {
		case loop == l.listed:
		case !within(at, loop):
			return loop, false
		case inHead(loop, v):
			return loop, true
		}
	}
	return nil, false
}

// inHead tells whether a loop's head declares v.
func inHead(loop ast.Node, v *types.Var) bool {
	switch loop.(type) {
	case *ast.ForStmt, *ast.RangeStmt:
		return v.Pos() < bodyStart(loop)
	}
	return false
}

// headOf is what gives a loop's variables their next values.
func headOf(loop ast.Node) ast.Node {
	switch l := loop.(type) {
	case *ast.RangeStmt:
		return l.X
	case *ast.ForStmt:
		if l.Post != nil {
			return l.Post
		}
	}
	return nil
}

func bodyStart(loop ast.Node) token.Pos {
	switch l := loop.(type) {
	case *ast.ForStmt:
		return l.Body.Pos()
	case *ast.RangeStmt:
		return l.Body.Pos()
	case *ast.FuncLit:
		return l.Body.Pos()
	}
	return loop.Pos()
}

func (f *fanOut) roundOf(loop ast.Node) stretch { return stretch{bodyStart(loop), loop.End()} }

// straight is the way from a launch to a place further down.
func (f *fanOut) straight(l *launch, to token.Pos) way {
	w := way{code: []stretch{{l.stmt.End(), to}}}
	for c := range l.cur.Enclosing() {
		n := c.Node()
		if n.Pos() <= to && to < n.End() {
			if apart(n, l.stmt.Pos(), to) {
				w.why = "only one of the two branches is taken"
			}
			return w
		}
		if leavesList(n, false) {
			w.why = "the function leaves behind the first"
		}
	}
	return w
}

// nextRound is the way from a launch to a place in the loop's next round.
func (f *fanOut) nextRound(l *launch, loop ast.Node, rest stretch) way {
	w := way{code: []stretch{{l.stmt.End(), loop.End()}, rest}, round: true}
	for c := range l.cur.Enclosing() {
		n := c.Node()
		if n == loop {
			break
		}
		if leavesList(n, true) {
			w.why = "the loop ends behind the launch"
		}
		if s, ok := n.(*ast.IfStmt); ok && (f.flips(s) || f.oneRoundOnly(s)) {
			w.why = "only one round starts it"
		}
	}
	return w
}

// flips tells whether an if sets what its condition asks: `if !started { started
// = true; go f() }`.
func (f *fanOut) flips(s *ast.IfStmt) bool {
	found := false
	ast.Inspect(s.Cond, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return !found
		}
		if v, ok := f.pass.Info.Uses[id].(*types.Var); ok {
			inspectAssignedPath(f.pass.Info, s.Body, v, func(token.Pos) { found = true })
		}
		return !found
	})
	return found
}

// oneRoundOnly tells whether an if is only true for one round: `if i == 0`.
func (f *fanOut) oneRoundOnly(s *ast.IfStmt) bool {
	w := f.walker(f.Body, roundVars(f.pass.Info, f.Decl))
	b, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.EQL {
		return false
	}
	for _, x := range []ast.Expr{b.X, b.Y} {
		if id, ok := ast.Unparen(x).(*ast.Ident); ok {
			if v, ok := f.pass.Info.ObjectOf(id).(*types.Var); ok && w.rounds[v] {
				return true
			}
		}
	}
	return false
}

// apart tells whether two places stand in branches of n of which one is taken.
func apart(n ast.Node, a, b token.Pos) bool {
	in := func(m ast.Node, p token.Pos) bool { return m != nil && m.Pos() <= p && p < m.End() }
	switch n := n.(type) {
	case *ast.IfStmt:
		return n.Else != nil && (in(n.Body, a) && in(n.Else, b) || in(n.Else, a) && in(n.Body, b))
	case *ast.BlockStmt:
		for _, s := range n.List {
			switch s.(type) {
			case *ast.CaseClause, *ast.CommClause:
				if in(s, a) {
					return !in(s, b)
				}
			}
		}
	}
	return false
}

// leavesList tells whether a statement list ends by leaving the function, or,
// for a loop, the loop.
func leavesList(n ast.Node, loop bool) bool {
	list := stmtsOf(n)
	if len(list) == 0 {
		return false
	}
	last := list[len(list)-1]
	if b, ok := last.(*ast.BranchStmt); ok {
		return b.Tok == token.GOTO || loop && b.Tok == token.BREAK
	}
	return endsHere(last)
}

// closes tells whether something on a way may wait for the goroutine, or tell it
// that it may go on.
func (f *fanOut) closes(p *pair, w way) bool {
	for _, e := range f.events {
		if (p.l2 == nil || f.strong(e)) && slices.ContainsFunc(w.code, func(s stretch) bool { return s.holds(e.pos) }) {
			return true
		}
		if e.kind != eventCall && w.rest.holds(e.pos) {
			return true
		}
	}
	return false
}

// strong tells whether an event may wait for the end of a goroutine: a value that
// is taken from a channel which none of them knows comes from elsewhere.
func (f *fanOut) strong(e event) bool {
	switch e.kind {
	case eventWait, eventReceive:
		return true
	case eventTake, eventRange:
		id, ok := ast.Unparen(e.ch).(*ast.Ident)
		if !ok {
			_, isCall := ast.Unparen(e.ch).(*ast.CallExpr)
			return !isCall
		}
		for _, l := range f.launches {
			if len(uses(f.pass.Info, l.lit, f.pass.Info.ObjectOf(id))) > 0 {
				return true
			}
		}
	case eventSend:
		root := effects.Root(f.pass.Info, e.ch)
		for _, l := range f.launches {
			if root != nil && f.roomless(e.ch) && len(uses(f.pass.Info, l.lit, root)) > 0 {
				return true
			}
		}
	}
	return false
}

// roomless tells whether a channel is made here without room.
func (f *fanOut) roomless(ch ast.Expr) bool {
	return f.walker(f.Body, nil).roomOf(ch) == 0
}
