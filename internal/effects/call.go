package effects

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// Call is what one call may do, by the constants that it passes: an HTTP method or
// a SQL statement decides its Verb, also through functions of the module. Of a
// function literal that is called or handed over, ask Region. A call of a built-in
// or a conversion does nothing but compute, and one of a function value is unknown.
func (o *Oracle) Call(call *ast.CallExpr) Summary {
	if o.info.Types[call.Fun].IsType() {
		return *bottom(o.fset)
	}
	switch callee := typeutil.Callee(o.info, call).(type) {
	case *types.Builtin:
		s := *bottom(o.fset)
		if callee.Name() == "panic" {
			s.Panics, s.PanicsBy = PanicExplicit, Ground{Trust: Proved, Via: "panic", step: step{pos: call.Pos()}}
		}
		return s
	case *types.Func:
		return o.resolve(&Call{Expr: call, Fn: callee})
	}
	return *o.opaque(call)
}

// resolve is what a call may do at its place.
func (o *Oracle) resolve(c *Call) Summary {
	s := *o.ofCall(c)
	if s.Asks.none() && !(s.Apart == VerbUnknown && s.VerbBy.Trust == Table) {
		return s
	}
	verb, asks, trust := o.verbAt(c, &s)
	s.Apart, s.Asks, s.VerbBy.Trust = verb, asks, trust
	s.Writes = s.Writes || verb == Write
	s.settle()
	return s
}

// opaque is what a call of a function value may do.
func (o *Oracle) opaque(call *ast.CallExpr) *Summary {
	name := types.ExprString(call.Fun)
	by := Ground{Via: name, step: step{pos: call.Pos()}}
	s := &Summary{Opaque: name, fset: o.fset, VerbBy: by, PanicsBy: by, ExitsBy: by, GlobalBy: by, SpawnsBy: by, CtxBy: by, ClosesBy: by, KeepsBy: by, ErrsBy: by}
	if t := o.info.TypeOf(call.Fun); t != nil {
		if sig, ok := t.Underlying().(*types.Signature); ok {
			if asksPeer(sig) {
				s.Block, s.Sure, s.Via = Network, Network, name
			}
			s.Closes = o.closable(sig)
			s.Keeps, s.Through = o.attachedResults(sig)
		}
	}
	return s
}
