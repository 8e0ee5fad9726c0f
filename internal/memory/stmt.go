package memory

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

func (b *body) block(s *ast.BlockStmt) {
	for _, s := range s.List {
		b.stmt(s)
	}
}

// state is the locks at a point; dead where no way leads there.
type state struct {
	held held
	dead bool
}

func (b *body) state() state { return state{b.held, b.dead} }

func (b *body) resume(s state) { b.held, b.dead = s.held, s.dead }

// meet is where two ways come together.
func (s state) meet(o state) state {
	switch {
	case s.dead:
		return o
	case o.dead:
		return s
	}
	return state{held: s.held.both(o.held)}
}

func (b *body) stmt(s ast.Stmt) {
	if b.many {
		return
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		b.eval(s.X)
		if call, ok := ast.Unparen(s.X).(*ast.CallExpr); ok && isPanic(b.info, call) {
			b.leave()
		}
	case *ast.AssignStmt:
		b.assignment(s)
	case *ast.IncDecStmt:
		sp := b.spot(s.X)
		b.valuesOf(s.TokPos, sp, nil)
		b.write(s.TokPos, sp, nil)
	case *ast.DeclStmt:
		b.declaration(s)
	case *ast.ReturnStmt:
		b.returns(s)
	case *ast.BlockStmt:
		b.block(s)
	case *ast.IfStmt:
		b.branch(s)
	case *ast.ForStmt:
		b.loop(s.Init, s.Cond, s.Post, s.Body, nil)
	case *ast.RangeStmt:
		b.ranges(s)
	case *ast.SwitchStmt:
		b.switches(s.Init, s.Tag, s.Body)
	case *ast.TypeSwitchStmt:
		b.typeSwitch(s)
	case *ast.SelectStmt:
		b.clauses(s.Body, true)
	case *ast.LabeledStmt:
		if b.jumps {
			b.held, b.dead = nil, false
		}
		b.stmt(s.Stmt)
	case *ast.BranchStmt:
		b.jump(s)
	case *ast.GoStmt:
		b.spawnCall(s.Call)
	case *ast.DeferStmt:
		b.deferred(s.Call)
	case *ast.SendStmt:
		vals := b.eval(s.Value)
		for _, c := range deref(b.eval(s.Chan), element, nil) {
			b.put(s.Arrow, c, vals)
		}
	}
}

func isPanic(info *types.Info, call *ast.CallExpr) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	bi, ok := info.Uses[id].(*types.Builtin)
	return ok && bi.Name() == "panic"
}

// jump notes the locks for where a break or continue leads; a label may mean any
// place around it.
func (b *body) jump(s *ast.BranchStmt) {
	if s.Tok == token.FALLTHROUGH || b.dead {
		return
	}
	here := b.state()
	for _, o := range slices.Backward(b.frame.breaks) {
		if s.Label != nil || s.Tok == token.BREAK {
			o.broken = o.broken.meet(here)
		}
		if s.Label != nil || s.Tok == token.CONTINUE && o.loop {
			o.again = o.again.meet(here)
		}
		if s.Label == nil && (s.Tok == token.BREAK || o.loop) {
			break
		}
	}
	b.dead = true
}

// within runs f, where break leads to its end, and continue too for a loop. It
// returns the states of these.
func (b *body) within(loop bool, f func()) *outlet {
	o := &outlet{loop: loop, broken: state{dead: true}, again: state{dead: true}}
	b.frame.breaks = append(b.frame.breaks, o)
	f()
	b.frame.breaks = b.frame.breaks[:len(b.frame.breaks)-1]
	return o
}

func (b *body) branch(s *ast.IfStmt) {
	if s.Init != nil {
		b.stmt(s.Init)
	}
	b.eval(s.Cond)
	before := b.state()
	b.block(s.Body)
	then := b.state()
	b.resume(before)
	if s.Else != nil {
		b.stmt(s.Else)
	}
	b.resume(then.meet(b.state()))
}

// loop runs a body with the locks that are held at each of its turns.
func (b *body) loop(init ast.Stmt, cond ast.Expr, post ast.Stmt, body *ast.BlockStmt, each func()) {
	if init != nil {
		b.stmt(init)
	}
	for range 3 { // locks can only get fewer
		entry := b.state()
		mark, seen := len(b.events), maps.Clone(b.seen)
		var top state
		out := b.within(true, func() {
			if cond != nil {
				b.eval(cond)
			}
			top = b.state()
			if each != nil {
				each()
			}
			b.block(body)
			b.resume(b.state().meet(b.frame.breaks[len(b.frame.breaks)-1].again))
			if post != nil {
				b.stmt(post)
			}
		})
		again := entry.meet(b.state())
		if entry.dead || slices.EqualFunc(again.held, entry.held, func(x, y Lock) bool { return x.Loc.place() == y.Loc.place() && x.Read == y.Read }) {
			if cond == nil && each == nil { // only a break ends it
				top = state{dead: true}
			}
			b.resume(top.meet(out.broken))
			return
		}
		b.events, b.seen = b.events[:mark], seen
		b.memo = map[litState]bool{}
		b.resume(again)
	}
	b.held = nil
}

func (b *body) ranges(s *ast.RangeStmt) {
	vals := b.eval(s.X)
	t := b.info.TypeOf(s.X)
	if t == nil {
		return
	}
	each := func() { b.rangeVars(s, t, vals) }
	if _, ok := coreOf(t).(*types.Signature); ok {
		if !b.tame(s.X) {
			b.opaque(s.For, "an iterator", "nobody knows what it does between two items", nil, []typed{{vals, nil}})
		}
	}
	b.loop(nil, nil, nil, s.Body, each)
}

// tame tells whether x is an iterator of a known package over what it was given.
func (b *body) tame(x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := calleeOf(b.info, call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	_, known := effects.Lookup(fn)
	return known && (fn.Pkg().Path() == "maps" || fn.Pkg().Path() == "slices" || fn.Pkg().Path() == "strings" || fn.Pkg().Path() == "bytes")
}

func (b *body) rangeVars(s *ast.RangeStmt, t types.Type, vals []elem) {
	var cells []Loc
	switch u := coreOf(t).(type) {
	case *types.Slice:
		cells = deref(vals, element, b.o.types.block(u.Elem()))
	case *types.Map:
		cells = deref(vals, element, b.o.types.mapBlock(t))
	case *types.Pointer:
		cells = deref(vals, element, b.o.types.block(u.Elem()))
	case *types.Array:
		vals = pick(vals, element)
		if s.Value != nil {
			b.assign(s.Value, s.For, vals)
		}
		return
	case *types.Chan:
		if s.Key != nil {
			b.assign(s.Key, s.For, b.received(vals))
		}
		return
	case *types.Signature:
		for _, x := range []ast.Expr{s.Key, s.Value} {
			if x != nil && b.o.types.hasRefs(b.info.TypeOf(x)) {
				b.assign(x, s.For, b.contents(vals))
			}
		}
		return
	default:
		if s.Key != nil {
			b.assign(s.Key, s.For, nil)
		}
		return
	}
	_, isMap := coreOf(t).(*types.Map)
	var loaded []elem
	for _, c := range cells {
		if s.Value != nil || isMap {
			b.touch(s.For, c, false)
		}
		loaded = join(loaded, b.heap.load(c)...)
	}
	if s.Key != nil {
		var keys []elem
		if isMap && b.o.types.hasRefs(b.info.TypeOf(s.Key)) {
			keys = loaded
		}
		b.assign(s.Key, s.For, keys)
	}
	if s.Value != nil {
		if !b.o.types.hasRefs(b.info.TypeOf(s.Value)) {
			loaded = nil
		}
		b.assign(s.Value, s.For, loaded)
	}
}

// contents is anything that can be reached from values.
func (b *body) contents(vals []elem) []elem {
	out := []elem{anything}
	for _, l := range b.heap.reach(vals) {
		if l.Root.private() {
			out = join(out, elem{loc: Loc{Root: l.Root}, addr: true})
			out = join(out, b.heap.load(l)...)
		} else {
			out = join(out, elem{loc: l})
		}
	}
	return out
}

func (b *body) switches(init ast.Stmt, tag ast.Expr, body *ast.BlockStmt) {
	if init != nil {
		b.stmt(init)
	}
	if tag != nil {
		b.eval(tag)
	}
	b.clauses(body, false)
}

func (b *body) typeSwitch(s *ast.TypeSwitchStmt) {
	if s.Init != nil {
		b.stmt(s.Init)
	}
	var vals []elem
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		b.eval(a.X)
	case *ast.AssignStmt:
		vals = b.eval(a.Rhs[0])
	}
	for _, c := range s.Body.List {
		if v, ok := b.info.Implicits[c].(*types.Var); ok && b.o.types.hasRefs(v.Type()) {
			b.put(c.Pos(), b.variable(v), vals)
		}
	}
	b.clauses(s.Body, false)
}

// clauses runs each clause from the state before them.
func (b *body) clauses(body *ast.BlockStmt, isSelect bool) {
	before := b.state()
	after := state{dead: true}
	whole := isSelect // one of the clauses runs
	out := b.within(false, func() {
		var fall state
		fall.dead = true
		for _, c := range body.List {
			b.resume(before.meet(fall))
			var list []ast.Stmt
			switch c := c.(type) {
			case *ast.CaseClause:
				whole = whole || c.List == nil
				for _, x := range c.List {
					b.eval(x)
				}
				list = c.Body
			case *ast.CommClause:
				if c.Comm != nil {
					b.stmt(c.Comm)
				}
				list = c.Body
			}
			for _, s := range list {
				b.stmt(s)
			}
			fall = b.state()
			after = after.meet(fall)
		}
	})
	after = after.meet(out.broken)
	if !whole {
		after = after.meet(before)
	}
	b.resume(after)
}
