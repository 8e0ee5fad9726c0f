package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A groupStart is one place that starts something in the group.
type groupStart struct {
	at   ast.Node // in the function's own frame
	node ast.Node // what runs, and with what: the literal, or the call
	work []*effects.Region
	errs bool // what runs may return an error that is not nil
}

// start notes what a node of the function's frame starts.
func (r *eventReader) start(at ast.Node) {
	if slices.ContainsFunc(r.n.starts, func(s *groupStart) bool { return s.at == at }) {
		return
	}
	s := &groupStart{at: at, node: at}
	call, _ := at.(*ast.CallExpr)
	if g, ok := at.(*ast.GoStmt); ok {
		call = g.Call
	}
	if call != nil {
		for _, f := range append([]ast.Expr{call.Fun}, call.Args...) {
			s.add(r.pass, r.n.Body, f, r.n.Group.Kind == WaitGroup)
		}
	}
	if len(s.work) == 0 {
		s.work = append(s.work, &effects.Region{Summary: effects.Summary{Opaque: "what is started"}})
	}
	r.n.starts = append(r.n.starts, s)
}

// add notes one function among a call's operands: a literal, a variable that
// holds one, a declared function.
func (s *groupStart) add(pass *rule.Pass, body *ast.BlockStmt, f ast.Expr, counts bool) {
	sig, ok := types.Unalias(pass.Info.TypeOf(f)).(*types.Signature)
	if !ok {
		return
	}
	f = ast.Unparen(f)
	if v := localVar(pass.Info, f, body); v != nil {
		if lit, ok := onlyValue(pass.Info, body, v).(*ast.FuncLit); ok {
			f = lit
		}
	}
	var fn *types.Func
	switch f := f.(type) {
	case *ast.FuncLit:
		s.work = append(s.work, pass.Effects.Region(f.Body))
		s.errs = s.errs || sig.Results().Len() > 0 && !counts && mayErr(pass.Info, f.Body)
		return
	case *ast.Ident:
		fn, _ = pass.Info.Uses[f].(*types.Func)
	case *ast.SelectorExpr:
		fn, _ = pass.Info.Uses[f.Sel].(*types.Func)
	}
	if fn != nil && (effects.Starts(fn) || fn.Name() == "Go") {
		return // the Go that starts the rest
	}
	s.errs = s.errs || sig.Results().Len() > 0 && !counts
	switch {
	case fn == nil:
		s.work = append(s.work, &effects.Region{Summary: effects.Summary{Opaque: types.ExprString(f)}})
	case pass.Effects.Decl(fn) != nil:
		s.work = append(s.work, pass.Effects.Region(pass.Effects.Decl(fn).Body))
	default:
		s.work = append(s.work, &effects.Region{Summary: pass.Effects.Of(fn)})
	}
}

// mayErr tells whether a body returns anything but a plain nil.
func mayErr(info *types.Info, body *ast.BlockStmt) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		if ret, ok := n.(*ast.ReturnStmt); ok && (len(ret.Results) != 1 || !info.Types[ret.Results[0]].IsNil()) {
			found = true
		}
		return !found
	})
	return found
}

// receives notes where the function itself receives from a channel that what it
// started sends on or closes: that is a way to wait.
func (r *eventReader) receives() {
	told := map[types.Object]bool{}
	for _, s := range r.n.starts {
		for _, w := range s.work {
			for _, op := range w.Chans {
				if op.Kind == effects.Send || op.Kind == effects.Close {
					told[effects.Root(r.pass.Info, op.Chan)] = true
				}
			}
		}
		ast.Inspect(s.node, func(n ast.Node) bool { // a channel that is handed to it
			if id, ok := n.(*ast.Ident); ok && isSendable(r.pass.Info.TypeOf(id)) {
				told[r.pass.Info.ObjectOf(id)] = true
			}
			return true
		})
	}
	delete(told, nil)
	inspectOwn(r.n.Body, func(n ast.Node) bool {
		var ch ast.Expr
		switch n := n.(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				ch = n.X
			}
		case *ast.RangeStmt:
			ch = n.X
		}
		if ch != nil && isSendable(r.pass.Info.TypeOf(ch)) && told[effects.Root(r.pass.Info, ch)] && !effects.IsSignal(r.pass.Info, ch) {
			r.n.events = append(r.n.events, groupEvent{kind: eventWaits, at: ch})
		}
		return true
	})
}

func isSendable(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Chan)
	return ok
}
