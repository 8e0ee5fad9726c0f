package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// eval takes the states through one node, in the order in which Go evaluates it.
// A context that is an argument is used when the call is made, and so behind
// whatever stands in the arguments: in f(ctx, g.Wait()) it is cancelled.
func (f *ctxFlow) eval(n ast.Node, in ctxStates) ctxStates {
	switch n := n.(type) {
	case *ast.Ident:
		if id, _ := f.tracked(n); id != nil && f.pass.Info.Uses[n] != nil {
			f.note(id, in)
		} else {
			f.noteOpened(n, in)
		}
		f.anytime(f.literal(n), in)
		return in
	case *ast.FuncLit:
		f.anytime(n, in)
		return in
	case *ast.SelectorExpr:
		return f.eval(n.X, in)
	case *ast.CallExpr:
		return f.call(n, in)
	case *ast.GoStmt:
		return f.start(n, in)
	case *ast.DeferStmt:
		return f.deferStmt(n, in)
	case *ast.AssignStmt:
		return f.assign(n, n.Lhs, n.Rhs, in)
	case *ast.ValueSpec:
		var names []ast.Expr
		for _, id := range n.Names {
			names = append(names, id)
		}
		return f.assign(n, names, n.Values, in)
	case *ast.UnaryExpr:
		out := f.eval(n.X, in)
		if n.Op == token.ARROW && !f.comms[n] && f.tells(n.X) {
			out = out.each(endsWait)
		}
		return out
	}
	return f.children(n, in)
}

func (f *ctxFlow) children(n ast.Node, in ctxStates) ctxStates {
	ast.Inspect(n, func(m ast.Node) bool {
		if m != nil && m != n {
			in = f.eval(m, in)
		}
		return m == n
	})
	return in
}

// anytime runs a function that is made here and may run from now on.
func (f *ctxFlow) anytime(lit *ast.FuncLit, in ctxStates) {
	if lit == nil {
		return
	}
	for _, s := range in {
		f.run(lit.Body, s)
	}
}

// call evaluates what is called, then the arguments, then makes the call.
func (f *ctxFlow) call(call *ast.CallExpr, in ctxStates) ctxStates {
	lit := f.literal(call.Fun)
	sel, method := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if lit == nil && !method {
		in = f.eval(call.Fun, in)
	} else if method {
		if id, _ := f.tracked(sel.X); id == nil {
			in = f.eval(sel.X, in)
		}
	}
	if f.isLaunch(call) && len(call.Args) == 1 {
		return f.launch(call, in)
	}
	for _, a := range call.Args {
		if id, _ := f.tracked(a); id == nil {
			in = f.eval(a, in)
		}
	}
	if method {
		f.noteExpr(sel.X, in)
	}
	for _, a := range call.Args {
		f.noteExpr(a, in)
	}
	switch {
	case lit != nil:
		var out ctxStates
		for _, s := range in {
			out = out.with(f.run(lit.Body, s)...)
		}
		return out
	case f.isWait(call):
		return in.each(func(s ctxState) ctxState {
			if s&groupHere == 0 {
				return s
			}
			f.waited(call)
			return s | waitDone
		})
	}
	return in
}

func (f *ctxFlow) noteExpr(x ast.Expr, in ctxStates) {
	if id, _ := f.tracked(x); id != nil {
		f.note(id, in)
	}
}

// launch gives the group a function. It runs before the group's next Wait
// returns; behind one that has returned, it gets a cancelled context.
func (f *ctxFlow) launch(call *ast.CallExpr, in ctxStates) ctxStates {
	lit := f.literal(call.Args[0])
	if lit == nil {
		in = f.eval(call.Args[0], in)
	}
	for _, s := range in {
		if s&groupHere != 0 && s&waitDone != 0 && !slices.Contains(f.again, call) {
			f.again = append(f.again, call)
		}
		if lit == nil {
			continue
		}
		if s&groupHere != 0 {
			s &^= waitBegun
			if s&waitDone != 0 {
				s |= goneAgain
			}
		}
		f.run(lit.Body, s)
	}
	return in
}

// start follows `go f(ctx)`. The goroutine runs from now on; one that waits for
// the group may cancel the context at any time.
func (f *ctxFlow) start(g *ast.GoStmt, in ctxStates) ctxStates {
	lit := f.literal(g.Call.Fun)
	if lit == nil {
		return f.call(g.Call, in)
	}
	for _, a := range g.Call.Args {
		in = f.eval(a, in)
	}
	f.anytime(lit, in)
	if slices.ContainsFunc(f.finishes, func(w finish) bool { return w.lit == lit }) {
		in = in.each(func(s ctxState) ctxState {
			if s&groupHere != 0 && s&waitDone == 0 {
				s |= waitBegun
			}
			return s
		})
	}
	return in
}

// deferStmt evaluates the arguments of a deferred call, and notes that it is to
// come if it has to do with the context or the group.
func (f *ctxFlow) deferStmt(d *ast.DeferStmt, in ctxStates) ctxStates {
	k := slices.Index(f.defers, d)
	held := ctxState(0)
	for _, a := range d.Call.Args {
		if id, i := f.tracked(a); id != nil {
			held |= holdsCtx(i)
		} else {
			in = f.eval(a, in)
		}
	}
	always := f.literal(d.Call.Fun) != nil || f.isWait(d.Call)
	if sel, ok := ast.Unparen(d.Call.Fun).(*ast.SelectorExpr); ok {
		in = f.eval(sel.X, in)
	}
	return in.each(func(s ctxState) ctxState {
		if k >= 0 && (always || s&held != 0) {
			return s | deferToCome(k)
		}
		for _, a := range d.Call.Args {
			f.noteExpr(a, ctxStates{s})
		}
		return s
	})
}

// assign evaluates the right side, then says what the variables hold.
func (f *ctxFlow) assign(n ast.Node, lhs, rhs []ast.Expr, in ctxStates) ctxStates {
	for i, x := range rhs {
		if _, isLit := ast.Unparen(x).(*ast.FuncLit); isLit && len(lhs) == len(rhs) && f.heldFor(lhs[i]) {
			continue // it runs where the variable is called
		}
		in = f.eval(x, in)
	}
	for _, x := range lhs {
		if _, plain := ast.Unparen(x).(*ast.Ident); !plain {
			in = f.eval(x, in)
		}
	}
	if n == f.made {
		return in.each(func(s ctxState) ctxState {
			return s&^(waitDone|waitBegun|derivedCtx(0)) | groupHere | holdsCtx(0)
		})
	}
	for i, x := range lhs {
		if f.isGroup(x) {
			in = in.each(func(s ctxState) ctxState { return s &^ groupHere })
		}
		if id, k := f.tracked(x); id != nil {
			value := rhs
			if len(rhs) == len(lhs) {
				value = rhs[i : i+1]
			}
			in = f.hold(in, k, value)
		}
	}
	return in
}

// heldFor tells whether x is a variable that holds one function for good.
func (f *ctxFlow) heldFor(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := f.pass.Info.ObjectOf(id).(*types.Var)
	return ok && f.lits[v] != nil
}

// hold says of variable k that it now holds value.
func (f *ctxFlow) hold(in ctxStates, k int, value []ast.Expr) ctxStates {
	var from, derived ctxState
	for _, x := range value {
		list, calls := f.sources(x)
		for _, i := range list {
			from |= holdsCtx(i)
			derived |= derivedCtx(i)
			if calls {
				derived |= holdsCtx(i)
			}
		}
	}
	return in.each(func(s ctxState) ctxState {
		had := s
		s &^= holdsCtx(k) | derivedCtx(k)
		if had&from != 0 {
			s |= holdsCtx(k)
		}
		if had&derived != 0 {
			s |= derivedCtx(k)
		}
		return s
	})
}

// sources lists the variables whose context x is, or is derived from; calls
// tells which of the two.
func (f *ctxFlow) sources(x ast.Expr) (list []int, calls bool) {
	if id, i := f.tracked(x); id != nil {
		return []int{i}, false
	}
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || !givesContext(f.pass.Info, call) {
		return nil, false
	}
	for _, a := range call.Args {
		more, _ := f.sources(a)
		list = append(list, more...)
	}
	return list, true
}

// givesContext tells whether a call gives a context that ends with the one that
// it is given.
func givesContext(info *types.Info, call *ast.CallExpr) bool {
	if fn := callee(info, call); fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" && fn.Name() == "WithoutCancel" {
		return false
	}
	switch t := info.TypeOf(call).(type) {
	case *types.Tuple:
		for v := range t.Variables() {
			if effects.IsContext(v.Type()) {
				return true
			}
		}
		return false
	case nil:
		return false
	default:
		return effects.IsContext(t)
	}
}

func endsWait(s ctxState) ctxState {
	if s&waitBegun != 0 {
		s |= waitDone
	}
	return s
}
