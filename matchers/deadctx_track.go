package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/cfg"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A finish is a goroutine that waits for the group:
//
//	go func() { g.Wait(); close(out) }()
type finish struct {
	lit    *ast.FuncLit
	closes map[types.Object]bool // closed behind Wait
	tells  map[types.Object]bool // sent on or closed behind Wait, and nowhere else
}

// follow sends the function's states through its body. nil means that there is
// more in the function than the rule reads.
func follow(pass *rule.Pass, s *DeadCtx, made ast.Node) *ctxFlow {
	f := &ctxFlow{
		pass: pass, made: made, body: s.Body, group: s.Group, vars: []*types.Var{s.Ctx},
		lits: map[*types.Var]*ast.FuncLit{}, comms: commReceives(s.Body),
		graphs: map[*ast.BlockStmt]*cfg.CFG{}, exits: map[ctxEntry]ctxStates{}, when: map[*ast.Ident]ctxWhen{},
	}
	f.trackVars()
	f.trackLits(s.Func)
	if len(f.vars) > maxCtxVars || !f.trackDefers() {
		return nil
	}
	f.trackFinishes()
	f.trackKept()
	f.run(s.Body, 0)
	return f
}

// trackVars adds each local variable that is assigned the context, or one
// derived from it, until there are no more: `c := gctx` may be renamed again.
func (f *ctxFlow) trackVars() {
	for grew := true; grew; {
		grew = false
		add := func(lhs, rhs []ast.Expr) {
			for i, x := range lhs {
				value := rhs
				if len(lhs) == len(rhs) {
					value = rhs[i : i+1]
				}
				if len(value) != 1 {
					continue
				}
				v := localVar(f.pass.Info, x, f.body)
				if v == nil || !effects.IsContext(v.Type()) {
					continue
				}
				if id, _ := f.tracked(x); id != nil {
					continue
				}
				if from, _ := f.sources(value[0]); len(from) > 0 {
					f.vars = append(f.vars, v)
					grew = true
				}
			}
		}
		inspectOwn(f.body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n != f.made {
					add(n.Lhs, n.Rhs)
				}
			case *ast.ValueSpec:
				if n != f.made {
					var names []ast.Expr
					for _, id := range n.Names {
						names = append(names, id)
					}
					add(names, n.Values)
				}
			}
			return true
		})
	}
}

// trackLits notes the variables that only ever hold one function literal.
func (f *ctxFlow) trackLits(fn ast.Node) {
	ast.Inspect(f.body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != len(a.Rhs) {
			return true
		}
		for i, x := range a.Rhs {
			lit, isLit := ast.Unparen(x).(*ast.FuncLit)
			v := localVar(f.pass.Info, a.Lhs[i], f.body)
			if isLit && v != nil && onlyValue(f.pass.Info, fn, v) == x {
				f.lits[v] = lit
			}
		}
		return true
	})
}

// trackDefers numbers the deferred calls; false when there are too many.
func (f *ctxFlow) trackDefers() bool {
	var visit func(body *ast.BlockStmt)
	visit = func(body *ast.BlockStmt) {
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				visit(n.Body)
				return false
			case *ast.DeferStmt:
				if f.concerns(n.Call) {
					f.defers, f.deferIn = append(f.defers, n), append(f.deferIn, body)
				}
			}
			return true
		})
	}
	visit(f.body)
	return len(f.defers) <= maxCtxDefers
}

// concerns tells whether a call mentions the group or the context.
func (f *ctxFlow) concerns(call *ast.CallExpr) bool {
	found := f.literal(call.Fun) != nil
	ast.Inspect(call, func(n ast.Node) bool {
		if x, ok := n.(*ast.Ident); ok {
			id, _ := f.tracked(x)
			found = found || id != nil || f.isGroup(x)
		}
		return !found
	})
	return found
}

// trackFinishes gathers the goroutines of the function that wait for the group,
// and the channels by which they say so.
func (f *ctxFlow) trackFinishes() {
	inspectOwn(f.body, func(n ast.Node) bool {
		g, ok := n.(*ast.GoStmt)
		if !ok {
			return true
		}
		lit := f.literal(g.Call.Fun)
		if lit == nil {
			return true
		}
		wait := token.NoPos
		inspectOwn(lit, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && f.isWait(call) && !wait.IsValid() {
				wait = call.Pos()
			}
			return true
		})
		if wait.IsValid() {
			f.finishes = append(f.finishes, f.finishOf(lit, wait))
		}
		return true
	})
}

func (f *ctxFlow) finishOf(lit *ast.FuncLit, wait token.Pos) finish {
	w := finish{lit, map[types.Object]bool{}, map[types.Object]bool{}}
	inspectOwn(lit, func(n ast.Node) bool {
		var ch types.Object
		switch n := n.(type) {
		case *ast.DeferStmt:
			ch = f.closed(n.Call)
		case *ast.CallExpr:
			if n.Pos() > wait {
				ch = f.closed(n)
			}
		case *ast.SendStmt:
			if n.End() > wait {
				w.tells[effects.Root(f.pass.Info, n.Chan)] = true
			}
		}
		if ch != nil {
			w.closes[ch], w.tells[ch] = true, true
		}
		return true
	})
	for ch := range w.tells {
		if !f.onlyToldBy(lit, ch) {
			delete(w.tells, ch)
		}
	}
	return w
}

// closed is the channel that a call closes, nil for any other call.
func (f *ctxFlow) closed(call *ast.CallExpr) types.Object {
	if id := calleeIdent(call); id != nil && id.Name == "close" && len(call.Args) == 1 {
		return effects.Root(f.pass.Info, call.Args[0])
	}
	return nil
}

// onlyToldBy tells whether a channel is a local one that nobody but lit sends on
// or closes.
func (f *ctxFlow) onlyToldBy(lit *ast.FuncLit, ch types.Object) bool {
	if ch == nil || ch.Pos() < f.body.Pos() || ch.Pos() >= f.body.End() {
		return false
	}
	for _, id := range uses(f.pass.Info, f.body, ch) {
		c, ok := f.pass.FindNode(id)
		if !ok || id.Pos() == ch.Pos() {
			continue
		}
		kind, _ := kindOfUse(f.pass.Info, c)
		if kind != useReceive && kind != useRange && !within(id, lit) {
			return false
		}
	}
	return true
}

// endsRange tells whether a loop ends because Wait has returned.
func (f *ctxFlow) endsRange(r *ast.RangeStmt) bool {
	ch := effects.Root(f.pass.Info, r.X)
	for _, w := range f.finishes {
		if ch != nil && w.closes[ch] {
			return true
		}
	}
	return false
}

// tells tells whether a receive from x says that Wait has returned.
func (f *ctxFlow) tells(x ast.Expr) bool {
	if x == nil {
		return false
	}
	ch := effects.Root(f.pass.Info, x)
	for _, w := range f.finishes {
		if ch != nil && w.tells[ch] {
			return true
		}
	}
	return false
}

// drains tells whether a place lies in a loop that ends because Wait has
// returned: the last rounds run while it does.
func (f *ctxFlow) drains(at token.Pos) bool {
	found := false
	ast.Inspect(f.body, func(n ast.Node) bool {
		r, ok := n.(*ast.RangeStmt)
		if ok && f.endsRange(r) && within(posNode(at), r.Body) {
			found = true
		}
		return !found
	})
	return found
}
