package effects

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// addResults says of a function's results which have to be closed, which depend on
// its context, and whether the error is ever there.
func (o *Oracle) addResults(s *Summary, fn *types.Func, r *Region) {
	sig := fn.Signature()
	n := sig.Results().Len()
	if n == 0 {
		return
	}
	s.Closes = o.closable(sig)
	if !s.Closes.Empty() {
		s.ClosesBy = Ground{Trust: Guessed}
	}
	follows := false
	watch := carrier(sig)
	for i := range n {
		t := sig.Results().At(i).Type()
		follows = follows || !isError(t) && o.attached(t)
	}
	if follows {
		o.followResults(s, fn, r, watch)
	}
	if returnsError(sig) {
		o.addErrs(s, sig, r)
	}
}

// carrier tells whether a parameter is a context or an *http.Request.
func carrier(sig *types.Signature) bool {
	for i := range sig.Params().Len() {
		if t := sig.Params().At(i).Type(); IsContext(t) || isRequest(t) {
			return true
		}
	}
	return false
}

// followResults looks where the values of the return statements come from.
func (o *Oracle) followResults(s *Summary, fn *types.Func, r *Region, watch bool) {
	sig := fn.Signature()
	opens := false
	for i := range r.Calls {
		opens = opens || !o.ofCall(&r.Calls[i]).Closes.Empty()
	}
	if !opens && !watch {
		return
	}
	sc := o.scopeOf(o.decls[fn])
	for _, ret := range r.results {
		for i := range sig.Results().Len() {
			if t := sig.Results().At(i).Type(); isError(t) || !o.attached(t) {
				continue
			}
			x, k := returned(ret, i, sig)
			if x == nil {
				x, k = o.named(sc, i), 0
			}
			if x == nil {
				continue
			}
			if watch {
				if set := o.resultCarries(sc, x, k, visits{}); set != 0 {
					s.Keeps |= place(i)
					s.Through |= set.places()
					s.KeepsBy = Ground{Trust: Proved, Via: types.ExprString(x), step: step{pos: x.Pos()}}
				}
			}
			if opener := o.opens(sc, x, k, visits{}); opener != nil {
				sub := o.ofCall(opener)
				if !s.Closes.Has(i) || s.ClosesBy.Trust < sub.ClosesBy.Trust {
					s.ClosesBy = sub.ClosesBy.through(opener.Fn.Origin(), opener.pos(), Name(opener.Fn, nil))
				}
				s.Closes |= place(i)
			}
		}
	}
}

func (a Args) places() Places {
	set := said
	for i := range 64 {
		if a.Has(i) {
			set |= place(i)
		}
	}
	return set
}

// returned is the expression for result i in a return statement, and which of its
// results that is; nil for a naked return.
func returned(ret *ast.ReturnStmt, i int, sig *types.Signature) (x ast.Expr, k int) {
	switch len(ret.Results) {
	case 0:
		return nil, 0
	case sig.Results().Len():
		return ret.Results[i], 0
	}
	return ret.Results[0], i
}

// named is the identifier of named result i.
func (o *Oracle) named(sc *scope, i int) ast.Expr {
	n := 0
	for _, field := range sc.decl.Type.Results.List {
		for _, id := range field.Names {
			if n == i {
				return id
			}
			n++
		}
	}
	return nil
}

// opens finds the call whose result, to be closed, is result k of x.
func (o *Oracle) opens(sc *scope, x ast.Expr, k int, seen visits) *Call {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		if fn, ok := typeutil.Callee(o.info, x).(*types.Func); ok {
			if c := (&Call{Expr: x, Fn: fn}); o.ofCall(c).Closes.Has(max(k, 0)) {
				return c
			}
		}
	case *ast.Ident:
		if v, b := o.variable(sc, x); b != nil && seen.first(v) {
			for _, from := range b.from {
				if from.x != nil {
					if c := o.opens(sc, from.x, from.i, seen); c != nil {
						return c
					}
				}
			}
		}
	case *ast.UnaryExpr:
		return o.opens(sc, x.X, 0, seen)
	case *ast.KeyValueExpr:
		return o.opens(sc, x.Value, 0, seen)
	case *ast.CompositeLit:
		for _, e := range x.Elts {
			if c := o.opens(sc, e, 0, seen); c != nil {
				return c
			}
		}
	}
	return nil
}

// addErrs says whether the function ever returns an error. A named result may be
// set from anywhere, so it counts as one that may.
func (o *Oracle) addErrs(s *Summary, sig *types.Signature, r *Region) {
	last := sig.Results().Len() - 1
	if name := sig.Results().At(last).Name(); name != "" && name != "_" {
		s.Errs, s.ErrsBy = Yes, Ground{Trust: Proved}
		return
	}
	for _, ret := range r.results {
		x, _ := returned(ret, last, sig)
		if x == nil || o.info.Types[x].IsNil() {
			continue
		}
		if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
			if fn, ok := typeutil.Callee(o.info, call).(*types.Func); ok && returnsError(fn.Signature()) && o.ofCall(&Call{Expr: call, Fn: fn}).Errs == No {
				continue
			}
		}
		s.Errs, s.ErrsBy = Yes, Ground{Trust: Proved, Via: types.ExprString(x), step: step{pos: x.Pos()}}
		return
	}
}

// closable has the results of a signature whose type can be closed, stopped or
// cancelled, or is a function that may do that, and the response whose body can be.
func (o *Oracle) closable(sig *types.Signature) Places {
	set := said
	for i := range sig.Results().Len() {
		if o.canClose(sig.Results().At(i).Type()) {
			set |= place(i)
		}
	}
	return set
}

// closeNames are the methods by which something is given back.
var closeNames = [...]string{"Close", "Stop", "Release", "Unlock", "Rollback", "Cancel", "Shutdown"}

// canClose is whether a value of type t is one that is given back by a call.
func (o *Oracle) canClose(t types.Type) bool { return o.kind(t)&closes != 0 }

// attached is whether a value of type t may hold on to a context.
func (o *Oracle) attached(t types.Type) bool { return o.kind(t)&attaches != 0 }

// A kind is what matters here of a type.
type kind uint8

const (
	closes kind = 1 << iota
	attaches
)

// kind looks at a type, once while Compute runs.
func (o *Oracle) kind(t types.Type) kind {
	if _, basic := t.(*types.Basic); basic {
		return 0
	}
	k, ok := o.kinds[t]
	if ok {
		return k
	}
	if canClose(t) {
		k |= closes
	}
	if attached(t, map[*types.Named]bool{}) {
		k |= attaches
	}
	if !o.sealed {
		o.kinds[t] = k
	}
	return k
}

func canClose(t types.Type) bool {
	if IsContext(t) || isError(t) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic, *types.Slice, *types.Map, *types.Array:
		return false
	case *types.Signature:
		return u.Params().Len() == 0 && (u.Results().Len() == 0 || u.Results().Len() == 1 && isError(u.Results().At(0).Type())) ||
			isNamed(t, "context", "CancelCauseFunc")
	}
	base := types.Unalias(t)
	if p, ok := base.(*types.Pointer); ok {
		base = p.Elem()
	}
	if isNamed(base, "net/http", "Response") {
		return true
	}
	for _, name := range closeNames {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		if fn, ok := obj.(*types.Func); ok && fn.Signature().Results().Len() <= 1 {
			return true
		}
	}
	return false
}

// attachedResults has the results that may hold on to a context, by their types,
// and the parameters by which one comes.
func (o *Oracle) attachedResults(sig *types.Signature) (results, params Places) {
	results, params = said, said
	for i := range sig.Params().Len() {
		if t := sig.Params().At(i).Type(); IsContext(t) || isRequest(t) {
			params |= place(i)
		}
	}
	if params.Empty() {
		return results, params
	}
	for i := range sig.Results().Len() {
		if t := sig.Results().At(i).Type(); !isError(t) && o.attached(t) {
			results |= place(i)
		}
	}
	return results, params
}

const manyTypes = 300 // more named types inside one are not looked at

// attached tells whether a value of type t may hold on to a context: there is an
// interface, a function or a channel in it. An error is taken to hold none, and so
// is a message of Protocol Buffers, whose insides are tables.
func attached(t types.Type, seen map[*types.Named]bool) bool {
	if isError(t) {
		return false
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Kind() == types.UnsafePointer
	case *types.Pointer:
		return attached(t.Elem(), seen)
	case *types.Slice:
		return attached(t.Elem(), seen)
	case *types.Array:
		return attached(t.Elem(), seen)
	case *types.Map:
		return attached(t.Key(), seen) || attached(t.Elem(), seen)
	case *types.Struct:
		for i := range t.NumFields() {
			if attached(t.Field(i).Type(), seen) {
				return true
			}
		}
		return false
	case *types.Named:
		if obj := t.Obj(); obj.Pkg() != nil && (obj.Pkg().Path() == "time" || obj.Pkg().Path() == "sync" || obj.Pkg().Path() == "sync/atomic") {
			return obj.Name() == "Timer" || obj.Name() == "Ticker" || obj.Name() == "Pool"
		}
		if seen[t] || isMessage(t) {
			return false
		}
		if len(seen) >= manyTypes {
			return true
		}
		seen[t] = true
		return attached(t.Underlying(), seen)
	}
	return true // an interface, a function, a channel, a type parameter
}

// isMessage tells whether a type is generated from a description in Protocol Buffers.
func isMessage(t *types.Named) bool {
	for i := range t.NumMethods() {
		if t.Method(i).Name() == "ProtoReflect" {
			return true
		}
	}
	return false
}
