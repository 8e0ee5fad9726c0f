package effects

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// addContext says what becomes of the context that fn is given.
func (o *Oracle) addContext(s *Summary, fn *types.Func, r *Region) {
	if ContextParam(fn.Signature()) < 0 {
		return
	}
	o.scopeOf(o.decls[fn]).rebinds = r.rebinds
	u := &ctxUse{o: o, sc: o.scopeOf(o.decls[fn]), use: CtxIgnored, by: Ground{Trust: Proved}}
	u.region(r, o.waitsForOwn(r))
	s.Ctx, s.CtxBy = u.use, u.by
}

// A ctxUse gathers what becomes of one function's context.
type ctxUse struct {
	o   *Oracle
	sc  *scope
	use CtxUse
	by  Ground
}

func (u *ctxUse) rise(to CtxUse, g Ground) {
	if ctxRank[to] > ctxRank[u.use] {
		u.use, u.by = to, g
	}
}

func (u *ctxUse) region(r *Region, waits bool) {
	if r.asked {
		u.rise(CtxPolled, Ground{Trust: Proved})
	}
	if r.deaf.IsValid() {
		u.rise(CtxSome, Ground{Trust: Proved, Via: "a channel", step: step{pos: r.deaf}})
	}
	if r.opaque != "" {
		u.rise(CtxUnknown, Ground{Via: r.opaque, step: step{pos: r.opaqueAt}})
	}
	for i := range r.Calls {
		u.call(&r.Calls[i])
	}
	if waits {
		for _, sub := range r.started {
			u.region(sub, u.o.waitsForOwn(sub))
		}
	}
}

// call looks at one callee: locks, and files as far as they are no other readers,
// end by themselves.
func (u *ctxUse) call(c *Call) {
	callee := u.o.ofCall(c)
	if callee.Block < Chan || callee.Block == File {
		return
	}
	g := Ground{Trust: callee.Trust, Via: callee.Via, step: step{c.Fn.Origin(), c.pos()}}
	if g.Via == "" {
		g.Via = Name(c.Fn, nil)
	}
	given, args := false, c.Expr.Args
	if sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr); ok && u.o.info.Selections[sel] != nil {
		given = u.o.carries(u.sc, sel.X, visits{}) != 0
	}
	for _, a := range args {
		switch {
		case u.o.detached(u.sc, a):
			u.rise(CtxReplaced, g)
			return
		case u.o.carries(u.sc, a, visits{}) != 0:
			given = true
		}
	}
	switch {
	case !given, callee.Ctx == CtxIgnored, callee.Ctx == CtxSome, callee.Ctx == CtxReplaced:
		u.rise(CtxSome, g)
	default:
		u.rise(CtxPassed, g)
	}
}

// detached tells whether x is a context that doesn't end with any that the
// function was given.
func (o *Oracle) detached(sc *scope, x ast.Expr) bool {
	t := o.info.TypeOf(x)
	return t != nil && IsContext(t) && o.isDetached(sc, x, visits{})
}

func (o *Oracle) isDetached(sc *scope, x ast.Expr, seen visits) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		fn, ok := typeutil.Callee(o.info, x).(*types.Func)
		if !ok || fn.Pkg() == nil || fn.Pkg().Path() != "context" {
			return false
		}
		return fn.Name() == "Background" || fn.Name() == "TODO" || fn.Name() == "WithoutCancel" || len(x.Args) > 0 && o.isDetached(sc, x.Args[0], seen)
	case *ast.Ident:
		if _, isParam := sc.params[o.info.Uses[x]]; isParam && !sc.rebinds {
			return false
		}
		v, b := o.variable(sc, x)
		if b == nil || !seen.first(v) {
			return false
		}
		for _, from := range b.from { // ctx, cancel := context.WithTimeout(context.Background(), ...)
			if y, ok := ast.Unparen(from.x).(*ast.Ident); ok && o.isDetached(sc, y, seen) {
				return true
			}
			if call, ok := ast.Unparen(from.x).(*ast.CallExpr); ok && from.i == 0 && o.isDetached(sc, call, seen) {
				return true
			}
		}
	}
	return false
}

// carries says of which parameters the context is in x, itself or in something
// that goes on to depend on it: a derived context, a request, a body, rows. A
// context that a literal inside the function is given counts as the first one's.
func (o *Oracle) carries(sc *scope, x ast.Expr, seen visits) Args {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if i, ok := sc.params[o.info.Uses[x]]; ok {
			if t := o.info.Uses[x].Type(); IsContext(t) || isRequest(t) {
				return arg(i)
			}
		}
		v, b := o.variable(sc, x)
		if v == nil {
			return 0
		}
		if b == nil {
			if IsContext(v.Type()) {
				if i := o.contextOf(sc); i >= 0 {
					return arg(i)
				}
			}
			return 0
		}
		if !seen.first(v) {
			return 0
		}
		var set Args
		for _, from := range b.from {
			if from.x != nil {
				set |= o.resultCarries(sc, from.x, from.i, seen)
			}
		}
		return set
	case *ast.CallExpr:
		return o.resultCarries(sc, x, 0, seen)
	case *ast.SelectorExpr:
		if o.info.Selections[x] == nil {
			return 0
		}
		return o.carries(sc, x.X, seen)
	case *ast.IndexExpr:
		return o.carries(sc, x.X, seen)
	case *ast.StarExpr:
		return o.carries(sc, x.X, seen)
	case *ast.SliceExpr:
		return o.carries(sc, x.X, seen)
	case *ast.TypeAssertExpr:
		return o.carries(sc, x.X, seen)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return o.carries(sc, x.X, seen)
		}
	case *ast.KeyValueExpr:
		return o.carries(sc, x.Value, seen)
	case *ast.CompositeLit:
		var set Args
		for _, e := range x.Elts {
			set |= o.carries(sc, e, seen)
		}
		return set
	case *ast.FuncLit:
		return o.closureCarries(sc, x, seen)
	}
	return 0
}

// closureCarries: a function that mentions a context may go on to use it.
func (o *Oracle) closureCarries(sc *scope, lit *ast.FuncLit, seen visits) (set Args) {
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := o.info.Uses[id].(*types.Var); ok && v.Pos() < lit.Pos() && (IsContext(v.Type()) || isRequest(v.Type())) {
				set |= o.carries(sc, id, seen)
			}
		}
		return true
	})
	return set
}

func (o *Oracle) contextOf(sc *scope) int {
	if fn, ok := o.info.Defs[sc.decl.Name].(*types.Func); ok {
		return ContextParam(fn.Signature())
	}
	return -1
}

// resultCarries is carries for result i of a call, or for x itself where it is none.
func (o *Oracle) resultCarries(sc *scope, x ast.Expr, i int, seen visits) Args {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return o.carries(sc, x, seen)
	}
	if o.info.Types[call.Fun].IsType() && len(call.Args) == 1 {
		return o.carries(sc, call.Args[0], seen)
	}
	var set Args
	fn, ok := typeutil.Callee(o.info, call).(*types.Func)
	if !ok { // a built-in such as append, or a function value
		for _, a := range call.Args {
			set |= o.carries(sc, a, seen)
		}
		return set
	}
	if fn.FullName() == "context.WithoutCancel" {
		return 0
	}
	if t := result(fn.Signature(), i); t != nil && !o.attached(t) {
		return 0
	}
	callee := o.ofCall(&Call{Expr: call, Fn: fn})
	retains := Places(0) // unknown: whatever it is given may be in the result
	if k, known := Lookup(fn); known {
		retains = k.Retains
	}
	for n, a := range call.Args {
		if callee.Keeps.Has(max(i, 0)) && callee.Through.Has(n) || retains.Known() && retains.Has(n) {
			set |= o.carries(sc, a, seen)
		}
	}
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && o.info.Selections[sel] != nil {
		set |= o.carries(sc, sel.X, seen) // a result may refer to the receiver
	}
	return set
}

// result is the type of result i, nil if there is none or i is -1.
func result(sig *types.Signature, i int) types.Type {
	if i < 0 || i >= sig.Results().Len() {
		return nil
	}
	return sig.Results().At(i).Type()
}
