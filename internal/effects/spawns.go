package effects

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// A start is where a goroutine is started.
type start struct {
	returns int // how many return statements stand before it
	depth   int // how many loops stand around it
}

// addSpawns says what becomes of the goroutines that a region starts.
func (o *Oracle) addSpawns(s *Summary, r *Region) {
	for i, call := range r.Spawns {
		spawn := SpawnEscapes
		if o.joins(r, i) {
			spawn = SpawnJoined
		}
		s.joinSpawn(spawn, Ground{Trust: Proved, Via: types.ExprString(call.Fun), step: step{pos: call.Pos()}})
	}
	for _, sub := range r.started {
		o.addSpawns(s, sub)
	}
}

// joins tells whether a region waits for its goroutine i before it returns,
// whatever way it goes. Panics are not counted.
func (o *Oracle) joins(r *Region, i int) bool {
	call, at := r.Spawns[i], r.starts[i]
	if fn, ok := typeutil.Callee(o.info, call).(*types.Func); ok && Starts(fn) {
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		return ok && fn.Name() != "AfterFunc" && o.waitsFor(r, sel.X, at)
	}
	lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit)
	if !ok {
		return false
	}
	for i, s := range lit.Body.List {
		last := i == len(lit.Body.List)-1
		var x ast.Expr
		switch s := s.(type) {
		case *ast.DeferStmt:
			x = s.Call
		case *ast.ExprStmt:
			if last {
				x = s.X
			}
		case *ast.SendStmt:
			if last && at.depth == 0 && o.receives(r, s.Chan, at, false) {
				return true
			}
		}
		done, ok := x.(*ast.CallExpr)
		if !ok {
			continue
		}
		switch fn := typeutil.Callee(o.info, done).(type) {
		case *types.Func:
			if fn.FullName() == "(*sync.WaitGroup).Done" && o.waitsFor(r, ast.Unparen(done.Fun).(*ast.SelectorExpr).X, at) {
				return true
			}
		case *types.Builtin:
			if fn.Name() == "close" && at.depth == 0 && o.receives(r, done.Args[0], at, true) {
				return true
			}
		}
	}
	return false
}

// waitsFor tells whether the region calls Wait on a group of its own, after the
// goroutine was started and before any way out, or deferred.
func (o *Oracle) waitsFor(r *Region, group ast.Expr, at start) bool {
	if !r.declares(o.info, group) {
		return false
	}
	name := types.ExprString(group)
	for i := range r.Calls {
		c := &r.Calls[i]
		sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr)
		if !ok || c.Fn.Name() != "Wait" || c.maybe || types.ExprString(sel.X) != name || Root(o.info, sel.X) != Root(o.info, group) {
			continue
		}
		if c.returns == at.returns && (c.later || c.pos() > group.Pos()) || c.later && c.returns <= at.returns {
			return true
		}
	}
	return false
}

// receives tells whether the region receives from a channel of its own before any
// way out: once for each goroutine that sends, or until it is closed. Nobody else
// may send.
func (o *Oracle) receives(r *Region, ch ast.Expr, at start, closed bool) bool {
	root := Root(o.info, ch)
	if _, plain := ast.Unparen(ch).(*ast.Ident); !plain || !r.declares(o.info, ch) || o.handsOn(r, root) {
		return false
	}
	sends := 0
	for _, sub := range r.started {
		of := 0
		for _, op := range sub.Chans {
			if Root(o.info, op.Chan) == root {
				of++
			}
		}
		if of > 1 || len(sub.started) > 0 {
			if !closed {
				return false
			}
			sends = -1 // only the end of a range says that it is over
			continue
		}
		sends += of
	}
	received := 0
	for _, op := range r.Chans {
		if Root(o.info, op.Chan) != root || op.Kind == Close {
			continue
		}
		if op.Kind == Send || op.Choice || op.maybe || op.returns != at.returns || op.Depth > 0 || op.Pos < ch.Pos() {
			return false
		}
		if op.Kind == Range {
			return closed
		}
		received++
	}
	return received > 0 && received == sends
}

// handsOn tells whether a call of the region, or of a goroutine in it, gets v.
func (o *Oracle) handsOn(r *Region, v types.Object) bool {
	for i := range r.Calls {
		for _, a := range r.Calls[i].Expr.Args {
			if Root(o.info, a) == v {
				return true
			}
		}
	}
	for _, sub := range r.started {
		if o.handsOn(sub, v) {
			return true
		}
	}
	return false
}
