package effects

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// verbAt is what a call does outside of the process, as far as it doesn't hang on
// the parameters of the function around it: asks says on which it does.
func (o *Oracle) verbAt(c *Call, callee *Summary) (verb Verb, asks Asks, trust Trust) {
	verb, trust = callee.Apart, callee.VerbBy.Trust
	if callee.Asks.none() {
		if verb == VerbUnknown && callee.VerbBy.Trust == Table {
			if !c.streamed {
				c.stream, c.isStream = o.streamVerb(c)
				c.streamed = true
			}
			if c.isStream {
				verb = c.stream
			}
		}
		return verb, Asks{}, trust
	}
	at := &site{o: o, call: c.Expr, sc: o.scopeAt(c.Expr.Pos()), verb: verb}
	if !at.plain(c.Fn) {
		return VerbUnknown, Asks{}, Guessed
	}
	at.statements(callee.Asks.Statements)
	at.methods(callee.Asks.Methods, callee.Asks.Bodies)
	if callee.Asks.Methods == 0 {
		at.bodies(callee.Asks.Bodies) // the method is known to be a safe one
	}
	at.requests(callee.Asks.Requests)
	return at.verb, at.asks, trust
}

// A site is a call at which constants are looked for.
type site struct {
	o    *Oracle
	call *ast.CallExpr
	sc   *scope
	verb Verb
	asks Asks
}

// plain tells whether arguments and parameters correspond one by one.
func (t *site) plain(fn *types.Func) bool {
	if sel, ok := ast.Unparen(t.call.Fun).(*ast.SelectorExpr); ok {
		if s := t.o.info.Selections[sel]; s != nil && s.Kind() == types.MethodExpr {
			return false
		}
	}
	n := fn.Signature().Params().Len()
	return len(t.call.Args) >= n || fn.Signature().Variadic() && len(t.call.Args) >= n-1 && n > 1
}

func (t *site) worsen(v Verb) {
	if v.Worse(t.verb) {
		t.verb = v
	}
}

// arguments calls f for each argument of a set.
func (t *site) arguments(set Args, f func(x ast.Expr)) {
	for i := 0; set>>i != 0 && i < 64; i++ {
		if !set.Has(i) {
			continue
		}
		if i >= len(t.call.Args) {
			t.verb = VerbUnknown
			continue
		}
		f(t.call.Args[i])
	}
}

func (t *site) statements(set Args) {
	t.arguments(set, func(x ast.Expr) {
		text, known, param := t.o.text(t.sc, x)
		switch {
		case known:
			t.worsen(SQL(text))
		case param >= 0:
			t.asks.Statements |= arg(param)
		default:
			t.worsen(VerbUnknown)
		}
	})
}

func (t *site) methods(set, bodies Args) {
	t.arguments(set, func(x ast.Expr) {
		text, known, param := t.o.text(t.sc, x)
		switch {
		case known && HTTP(text) == Read:
			t.worsen(Read)
			t.bodies(bodies)
		case known:
			t.worsen(HTTP(text))
		case param >= 0:
			t.asks.Methods |= arg(param)
			t.bodies(bodies)
		default:
			t.worsen(VerbUnknown)
		}
	})
}

// bodies wants arguments to be nil: what a safe method with a body does is not defined.
func (t *site) bodies(set Args) {
	t.arguments(set, func(x ast.Expr) { t.body(x) })
}

func (t *site) body(x ast.Expr) {
	x = ast.Unparen(x)
	if t.o.info.Types[x].IsNil() || isNoBody(t.o.info, x) {
		return
	}
	v, b := t.o.variable(t.sc, x)
	if v == nil {
		t.worsen(VerbUnknown)
		return
	}
	if i, ok := t.sc.params[v]; ok && (b == nil || len(b.from) == 0 && !b.taken) {
		t.asks.Bodies |= arg(i)
		return
	}
	if i, ok := t.o.filledFrom(t.sc, b); ok {
		t.asks.Bodies |= i
		return
	}
	t.worsen(VerbUnknown)
}

// filledFrom tells whether a variable is nil unless certain parameters are not:
//
//	var body io.Reader
//	if in != nil {
//		body = bytes.NewReader(encode(in))
//	}
func (o *Oracle) filledFrom(sc *scope, b *binding) (params Args, ok bool) {
	if b == nil || len(b.from) == 0 || b.taken || b.patched {
		return 0, false // it comes from outside
	}
	for _, from := range b.from {
		if from.x == nil || o.info.Types[from.x].IsNil() {
			continue
		}
		i, ok := o.onlyIf(sc, from)
		if !ok {
			return 0, false
		}
		params |= i
	}
	return params, true
}

// onlyIf finds the `if in != nil` of a parameter around an assignment.
func (o *Oracle) onlyIf(sc *scope, from source) (param Args, ok bool) {
	ast.Inspect(sc.decl.Body, func(n ast.Node) bool {
		s, isIf := n.(*ast.IfStmt)
		if !isIf || ok || from.pos < s.Body.Pos() || from.pos >= s.Body.End() {
			return !ok
		}
		cond, isBinary := ast.Unparen(s.Cond).(*ast.BinaryExpr)
		if !isBinary || cond.Op.String() != "!=" || !o.info.Types[cond.Y].IsNil() {
			return true
		}
		if v, b := o.variable(sc, cond.X); v != nil && (b == nil || len(b.from) == 0 && !b.taken) {
			if i, isParam := sc.params[v]; isParam {
				param, ok = arg(i), true
			}
		}
		return true
	})
	return param, ok
}

func isNoBody(info *types.Info, x ast.Expr) bool {
	sel, ok := x.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	v, ok := info.Uses[sel.Sel].(*types.Var)
	return ok && v.Pkg() != nil && v.Pkg().Path() == "net/http" && v.Name() == "NoBody"
}

// requests resolves requests by how they were built in the same function.
func (t *site) requests(set Args) {
	t.arguments(set, func(x ast.Expr) { t.request(x) })
}

// request wants a variable that is assigned once, from http.NewRequest or
// NewRequestWithContext, and of which nobody may have changed the method.
func (t *site) request(x ast.Expr) {
	v, b := t.o.variable(t.sc, x)
	if v == nil || !t.o.untouched(b, map[*binding]bool{}) {
		t.worsen(VerbUnknown)
		return
	}
	if i, ok := t.sc.params[v]; ok {
		if b == nil || len(b.from) == 0 {
			t.asks.Requests |= arg(i)
			return
		}
		t.worsen(VerbUnknown)
		return
	}
	made := t.built(v, b)
	if made == nil {
		t.worsen(VerbUnknown)
		return
	}
	inner := &site{o: t.o, call: made, sc: t.sc, verb: t.verb}
	first := len(made.Args) - 3 // method, URL, body
	inner.methods(arg(first), arg(first+2))
	t.verb, t.asks = inner.verb, t.asks.or(inner.asks)
}

// built is the call of net/http that built the request in v, nil if that is not certain.
func (t *site) built(v *types.Var, b *binding) *ast.CallExpr {
	if b == nil {
		return nil
	}
	var made *ast.CallExpr
	for _, from := range b.from {
		if from.i < 0 {
			continue // a header
		}
		call, ok := ast.Unparen(from.x).(*ast.CallExpr)
		if !ok || from.i != 0 {
			return nil
		}
		fn, ok := typeutil.Callee(t.o.info, call).(*types.Func)
		switch {
		case !ok:
			return nil
		case buildsRequest(fn) && made == nil && len(call.Args) >= 3:
			made = call
		case fn.FullName() == "(*net/http.Request).WithContext" && receiverOf(t.o.info, call) == types.Object(v):
			// the same request
		default:
			return nil
		}
	}
	return made
}

// receiverOf is the variable that a method is called on.
func receiverOf(info *types.Info, call *ast.CallExpr) types.Object {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return Root(info, sel.X)
	}
	return nil
}

const passOn = 20 // how many functions may get a request before nobody looks

// untouched tells whether a request that is in a variable keeps its method: it is
// handed only to functions that the table knows, and to functions of this package
// that leave it untouched.
func (o *Oracle) untouched(b *binding, seen map[*binding]bool) bool {
	switch {
	case b == nil || seen[b]:
		return true
	case len(seen) >= passOn || b.remade || b.escapes():
		return false
	}
	seen[b] = true
	for _, call := range b.handed {
		fn, ok := typeutil.Callee(o.info, call).(*types.Func)
		if !ok {
			return false
		}
		if _, known := Lookup(fn); known {
			continue
		}
		d := o.decls[fn.Origin()]
		if d == nil || fn.Signature().Variadic() {
			return false
		}
		sc := o.scopeOf(d)
		for p, i := range sc.params {
			if i < len(call.Args) && isRequest(p.Type()) && !o.untouched(sc.binding(o.info, p), seen) {
				return false
			}
		}
	}
	return true
}

// isRequest tells whether t is *http.Request.
func isRequest(t types.Type) bool {
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(p.Elem(), "net/http", "Request")
}
