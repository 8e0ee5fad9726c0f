package memory

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/effects"
)

// typed is what a call is given, with its static type.
type typed struct {
	vals []elem
	t    types.Type
}

// A use is one call with its operands evaluated.
type use struct {
	at   token.Pos // its opening parenthesis
	expr *ast.CallExpr
	recv *typed // nil: a function
	args []typed
	sig  *types.Signature
	seen [][]elem // for a visit: what the parameters get
}

func (u *use) all() []typed {
	if u.recv == nil {
		return u.args
	}
	return append([]typed{*u.recv}, u.args...)
}

// takeSeen makes arguments of what a visit's parameters get.
func (u *use) takeSeen() {
	for i, vals := range u.seen {
		if i < u.sig.Params().Len() {
			u.args = append(u.args, typed{vals, u.sig.Params().At(i).Type()})
		}
	}
	u.seen = nil
}

func (u *use) argVals() [][]elem {
	out := make([][]elem, len(u.args))
	for i, a := range u.args {
		out[i] = a.vals
	}
	return out
}

// calleeOf is the declared function or method that call names, also an interface's.
func calleeOf(info *types.Info, call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	return fn
}

// call evaluates a call and gives what each result refers to.
func (b *body) call(c *ast.CallExpr) [][]elem {
	fun := ast.Unparen(c.Fun)
	if b.info.Types[fun].IsType() {
		return [][]elem{b.conversion(c)}
	}
	if id := nameOfCallee(fun); id != nil {
		if bi, ok := b.info.Uses[id].(*types.Builtin); ok {
			return [][]elem{b.builtin(bi.Name(), c)}
		}
	}
	u, fn, vals := b.operands(c)
	if fn == nil && cancels(b.info.TypeOf(c.Fun)) {
		return nil
	}
	if fn == nil {
		return b.invoke(vals, u)
	}
	return b.callFunc(fn, u)
}

// cancels tells whether a function of type t ends a context, which is documented
// as safe from several goroutines; what context.AfterFunc runs has its own.
func cancels(t types.Type) bool {
	obj := named(t)
	return obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "context" && (obj.Name() == "CancelFunc" || obj.Name() == "CancelCauseFunc")
}

func nameOfCallee(fun ast.Expr) *ast.Ident {
	switch fun := fun.(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	}
	return nil
}

// operands evaluates what a call is made of. fn is nil for a function value,
// whose values are then given.
func (b *body) operands(c *ast.CallExpr) (u *use, fn *types.Func, vals []elem) {
	u = &use{at: c.Lparen, expr: c}
	u.sig, _ = coreOf(b.info.TypeOf(c.Fun)).(*types.Signature)
	fun := ast.Unparen(c.Fun)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		if b.info.Types[x.Index].IsType() {
			fun = ast.Unparen(x.X)
		}
	case *ast.IndexListExpr:
		fun = ast.Unparen(x.X)
	}
	fn = calleeOf(b.info, c)
	if fn == nil {
		vals = b.eval(fun)
	} else if x, ok := fun.(*ast.SelectorExpr); ok {
		if sel := b.info.Selections[x]; sel != nil && sel.Kind() == types.MethodVal {
			u.recv = &typed{b.receiver(x, sel, fn), b.info.TypeOf(x.X)}
			u.sig = fn.Signature()
		} else if sel != nil { // T.Method(x, ...)
			return u, fn, b.methodExpr(u, c, fn)
		}
	}
	u.args = b.arguments(c, u.sig)
	return u, fn, vals
}

func (b *body) methodExpr(u *use, c *ast.CallExpr, fn *types.Func) []elem {
	for i, a := range c.Args {
		v := typed{b.eval(a), b.info.TypeOf(a)}
		if i == 0 {
			u.recv = &v
		} else {
			u.args = append(u.args, v)
		}
	}
	u.sig = fn.Signature()
	return nil
}

// arguments evaluates arguments, one for each; f(g()) gives g's results.
func (b *body) arguments(c *ast.CallExpr, sig *types.Signature) []typed {
	if len(c.Args) == 1 && sig != nil && (sig.Params().Len() > 1 || sig.Variadic()) {
		if tuple, ok := b.info.TypeOf(c.Args[0]).(*types.Tuple); ok {
			var out []typed
			for i, v := range b.several(c.Args[0]) {
				if i < tuple.Len() {
					out = append(out, typed{v, tuple.At(i).Type()})
				}
			}
			for len(out) < tuple.Len() {
				out = append(out, typed{nil, tuple.At(len(out)).Type()})
			}
			return out
		}
	}
	out := make([]typed, len(c.Args))
	for i, a := range c.Args {
		out[i] = typed{b.eval(a), b.info.TypeOf(a)}
	}
	return out
}

// receiver is what the method of a selection gets as its receiver.
func (b *body) receiver(x *ast.SelectorExpr, sel *types.Selection, fn *types.Func) []elem {
	s, t := b.follow(x, sel.Index()[:len(sel.Index())-1])
	if len(sel.Index()) == 1 {
		t = b.info.TypeOf(x.X)
	}
	p, isPtr := t.Underlying().(*types.Pointer)
	r := fn.Signature().Recv()
	_, wantsPtr := types.Unalias(r.Type()).(*types.Pointer)
	switch {
	case types.IsInterface(r.Type()) || isPtr == wantsPtr:
		return b.valuesOf(x.Sel.Pos(), s, t)
	case wantsPtr:
		return b.addressOf(x.Sel.Pos(), s)
	}
	if !isPtr {
		return b.valuesOf(x.Sel.Pos(), s, t)
	}
	cells := deref(b.valuesOf(x.Sel.Pos(), s, t), "", b.o.types.block(p.Elem()))
	return b.valuesOf(x.Sel.Pos(), spot{cells: cells}, p.Elem())
}

// params gives the values of sig's parameters: the last of a variadic function
// is a slice of all that remain.
func (b *body) params(u *use, sig *types.Signature) [][]elem {
	vals := u.argVals()
	n := sig.Params().Len()
	if !sig.Variadic() || u.expr == nil || u.expr.Ellipsis.IsValid() || len(vals) < n-1 {
		return vals
	}
	var rest []elem
	for _, v := range vals[n-1:] {
		rest = join(rest, under(v, element)...)
	}
	root := Root{Kind: Fresh, site: u.at, Index: n}
	b.heap.store(Loc{Root: root}, rest)
	return append(vals[:n-1:n-1], []elem{{loc: Loc{Root: root}, addr: true}})
}

// maxNested bounds calls that are followed inside of calls: function values that
// hand themselves on would have no end.
const maxNested = 64

// callFunc is a call of a declared function or of a method.
func (b *body) callFunc(fn *types.Func, u *use) [][]elem {
	if b.nested >= maxNested {
		b.many = true
		return b.opaqueResults(u)
	}
	b.nested++
	defer func() { b.nested-- }()
	if r := fn.Signature().Recv(); r != nil && types.IsInterface(r.Type()) {
		return b.callInterface(fn, u)
	}
	if out, ok := b.special(fn, u); ok {
		return out
	}
	return b.callKnown(fn, fn.Origin(), u)
}

// callKnown is a call of a function with a body, one of the table, or one that
// another package told about.
func (b *body) callKnown(fn, origin *types.Func, u *use) [][]elem {
	s, why := b.o.callee(origin, b)
	if s != nil {
		return b.apply(s, effects.Name(fn, b.o.pkg), u)
	}
	if why == "" {
		if k, ok := known(fn, u); ok {
			return b.known(fn, k, u)
		}
		why = "it is not of this module, and not in the table"
	}
	return b.opaqueCall(fn, why, u)
}

// known is the line of the table, by the type that a method is called on first.
func known(fn *types.Func, u *use) (effects.Known, bool) {
	if u.recv != nil {
		if obj := named(u.recv.t); obj != nil && obj.Pkg() != nil && obj.Pkg() != fn.Pkg() {
			if k, ok := effects.LookupAs(obj.Pkg().Path(), obj.Name()+"."+fn.Name(), fn); ok {
				return k, true
			}
		}
	}
	return effects.Lookup(fn)
}

// named is the named type of t or of what it points to.
func named(t types.Type) *types.TypeName {
	if t == nil {
		return nil
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

// handleOf is what the table says of sharing values of type t.
func handleOf(t types.Type) effects.Handle {
	if obj := named(t); obj != nil {
		return effects.LookupType(obj)
	}
	return effects.Handle{}
}

// callInterface joins the implementations in the package; there may be others.
func (b *body) callInterface(fn *types.Func, u *use) [][]elem {
	if k, ok := known(fn, u); ok {
		return b.known(fn, k, u)
	}
	var out [][]elem
	impls, closed := b.o.implementations(fn)
	for _, impl := range impls {
		for i, v := range b.callImplementation(impl, u) {
			for len(out) <= i {
				out = append(out, nil)
			}
			out[i] = join(out[i], v...)
		}
	}
	if closed && len(impls) > 0 {
		return out
	}
	for i, v := range b.opaqueCall(fn, "it is an interface's, and may be any", u) {
		for len(out) <= i {
			out = append(out, nil)
		}
		out[i] = join(out[i], v...)
	}
	return out
}

func (b *body) callImplementation(impl implementation, u *use) [][]elem {
	v := *u
	v.recv = &typed{u.recv.vals, impl.recv}
	if impl.promoted { // a part of the value, somewhere
		v.recv.vals = b.contents(u.recv.vals)
	}
	return b.callFunc(impl.fn, &v)
}
