package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
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

// deepest is how many calls down a write is still told: the further, the more may
// stand in between that keeps it from happening twice at once.
const deepest = 3

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
	if _, gives := c.leftLocked(fn); gives {
		return nil // it is called with the lock held
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
		if !outside || !shared || madeAnew(w.acts, a) || a.act != actCallee && !a.collects() || a.act == actKeep || len(a.locks) > 0 || a.veiled || a.waited || a.lone != nil {
			continue
		}
		if a.deep++; a.deep > deepest {
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

// madeAnew tells whether a function gives itself another map, list or pointer
// before it writes what that leads to.
func madeAnew(acts []*access, a *access) bool {
	return slices.ContainsFunc(acts, func(b *access) bool {
		rest, ok := strings.CutPrefix(a.path, b.path)
		return ok && b.v == a.v && b.writes() && b.at.Pos() < a.at.Pos() && strings.ContainsAny(rest, "*[")
	})
}

// leftLocked tells whether a function of this package takes a lock and leaves it
// to another to give it back, or the other way round.
func (c *callees) leftLocked(fn *types.Func) (takes, gives bool) {
	decl := c.pass.Effects.Decl(fn)
	if decl == nil {
		return false, false
	}
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if call, _, name, ok := methodCall(n); ok && len(call.Args) == 0 {
			takes = takes || name == "Lock" || name == "RLock"
			gives = gives || name == "Unlock" || name == "RUnlock"
		}
		return true
	})
	return takes && !gives, gives && !takes
}

// through records what a call writes through its receiver and arguments.
func (w *walker) through(call *ast.CallExpr, fn *types.Func) {
	if w.callees == nil || fn.Pkg() != w.pass.Pkg || changesReceiver(fn) {
		return
	}
	switch takes, gives := w.callees.leftLocked(fn); {
	case takes:
		w.veiled = true
	case gives:
		w.veiled = false
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
			last := w.acts[len(w.acts)-1]
			last.says, last.deep = a.says, a.deep
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
