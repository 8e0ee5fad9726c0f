package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// Callees says what the functions of a package write, with no lock held, through
// their receiver and parameters: entries of a map, elements of a list that grows,
// counters. It is a small look: what is only assigned, what is reached through
// another variable or behind an interface, and other packages are left out.
type callees struct {
	pass *rule.Pass
	of   map[*types.Func][]*access // rooted at the receiver or a parameter
	busy map[*types.Func]bool
}

func calleesOf(pass *rule.Pass) *callees {
	return &callees{pass: pass, of: map[*types.Func][]*access{}, busy: map[*types.Func]bool{}}
}

// writes gives what calling fn writes.
func (c *callees) writes(fn *types.Func) []*access {
	fn = fn.Origin()
	decl := c.pass.Effects.Decl(fn)
	if decl == nil || c.busy[fn] {
		return nil
	}
	if list, done := c.of[fn]; done {
		return list
	}
	c.busy[fn] = true
	w := &walker{
		pass: c.pass, info: c.pass.Info, root: decl.Body, rounds: roundVars(c.pass.Info, decl), callees: c,
		lits: map[types.Object]*ast.FuncLit{}, inside: map[*ast.FuncLit]bool{},
	}
	w.walk(decl.Body)
	var list []*access
	for _, a := range w.acts {
		outside := a.v.Pos() < decl.Body.Pos() && a.v.Pos() >= decl.Pos()
		shared := strings.ContainsAny(a.path, "*[")
		if !outside || !shared || a.act != actCallee && !a.collects() || a.act == actKeep || len(a.locks) > 0 || a.veiled || a.waited || a.lone != nil {
			continue
		}
		if a.act != actCallee {
			a.says = fmt.Sprintf("all reach %s, which writes %s, at line %d, with no lock held", effects.Name(fn, c.pass.Pkg), a.text(), line(c.pass, a.at))
		}
		list = append(list, a)
	}
	delete(c.busy, fn)
	c.of[fn] = list
	return list
}

// through records what a call writes through its receiver and arguments.
func (w *walker) through(call *ast.CallExpr, fn *types.Func) {
	if w.callees == nil || fn.Pkg() != w.pass.Pkg || changesReceiver(fn) {
		return
	}
	for _, a := range w.callees.writes(fn) {
		x := operandFor(call, fn.Origin(), a.v)
		if x == nil {
			continue
		}
		path := a.path
		if u, ok := ast.Unparen(x).(*ast.UnaryExpr); ok {
			x = u.X
			path = strings.TrimPrefix(path, "*")
		} else if _, isPtr := w.info.TypeOf(x).Underlying().(*types.Pointer); !isPtr {
			path = strings.TrimPrefix(path, "*") // x.M() for (&x).M()
		}
		if v, base, ok := locate(w.info, x); ok && len(base+path) < 60 {
			w.note(v, base+path, actCallee, call)
			w.acts[len(w.acts)-1].says = a.says
		}
	}
}

// operandFor is what a call hands over as the receiver or parameter v.
func operandFor(call *ast.CallExpr, fn *types.Func, v *types.Var) ast.Expr {
	sig := fn.Signature()
	if sig.Recv() == v {
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return sel.X
		}
		return nil
	}
	for i := range sig.Params().Len() {
		if sig.Params().At(i) == v && i < len(call.Args) && !(sig.Variadic() && i == sig.Params().Len()-1) {
			return call.Args[i]
		}
	}
	return nil
}
