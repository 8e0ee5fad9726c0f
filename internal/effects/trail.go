package effects

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"
)

// An Aspect is one answer of a summary that has a reason.
type Aspect uint8

// The aspects.
const (
	Blocking Aspect = iota // Block
	Ending                 // Ends, where it is No
	Meeting                // Meets, where it is Yes
	Doubt                  // Opaque
)

// has tells whether s, of one part alone, is the reason for what whole says.
func (a Aspect) has(s, whole Summary) bool {
	switch a {
	case Blocking:
		return whole.Block > None && s.Block == whole.Block && (s.Via == whole.Via || whole.Via == "")
	case Ending:
		return whole.Ends == No && s.Ends == No
	case Meeting:
		return whole.Meets == Yes && s.Meets == Yes
	}
	return whole.Opaque != "" && s.Opaque == whole.Opaque
}

// A Step is one stretch of the way from a function to what decides an answer.
type Step struct {
	Pos  token.Pos // of the call or the operation; token.NoPos where there is none to show
	Text string    // "calls http.Get"
}

// Home finds the oracle of the package that declares fn, and what fn is there;
// nil where that package's bodies were not looked at.
type Home func(fn *types.Func) (*Oracle, *types.Func)

// Trail is the way from fn to what decides one aspect of its summary: call by
// call, through other packages as far as home knows them. The last step says what
// was met there. It is empty where fn's own summary is all that is known.
func (o *Oracle) Trail(fn *types.Func, a Aspect, home Home) []Step {
	t := &trail{aspect: a, home: home, seen: map[*types.Func]bool{}}
	t.into(o, fn.Origin())
	return t.steps
}

// TrailOf is Trail of a region, a function literal's body for one.
func (o *Oracle) TrailOf(r *Region, a Aspect, home Home) []Step {
	t := &trail{aspect: a, home: home, seen: map[*types.Func]bool{}}
	t.region(o, r, r.Summary, []*Region{r})
	return t.steps
}

type trail struct {
	aspect Aspect
	home   Home
	seen   map[*types.Func]bool
	steps  []Step
}

func (t *trail) add(pos token.Pos, text string) { t.steps = append(t.steps, Step{pos, text}) }

// into goes on behind a call of fn.
func (t *trail) into(o *Oracle, fn *types.Func) {
	if o.of[fn] == nil {
		if _, known := lookup(fn); known || t.home == nil {
			return
		}
		if o, fn = t.home(fn); o == nil || o.of[fn] == nil {
			return
		}
	}
	if t.seen[fn] {
		return
	}
	t.seen[fn] = true
	whole := *o.of[fn]
	if d := o.decls[fn]; d != nil {
		r := o.gather(d.Body)
		t.region(o, r, whole, []*Region{r})
		return
	}
	for _, impl := range o.impls[fn] {
		if s := *o.of[impl]; t.aspect.has(s, whole) {
			t.add(impl.Pos(), "is "+Name(impl, o.pkg)+" for one")
			t.into(o, impl)
			return
		}
	}
}

// region looks for the first part of r that is reason enough by itself, in the
// order of summarise, and tells whether there was one.
func (t *trail) region(o *Oracle, r *Region, whole Summary, owners []*Region) bool {
	blank := Summary{Block: None, Trust: Proved, Ends: Yes, Meets: No}
	switch {
	case t.aspect == Ending && r.endless != "":
		t.add(token.NoPos, "has "+r.endless)
		return true
	case t.aspect == Doubt && r.opaque != "" && r.opaque == whole.Opaque:
		t.add(token.NoPos, "calls "+r.opaque+", a function value")
		return true
	case t.aspect == Blocking && r.peer != "" && r.peer == whole.Via:
		t.add(token.NoPos, "calls "+r.peer+", a function value that takes a context and may fail")
		return true
	}
	for _, op := range r.Chans {
		s := blank
		if o.joinChan(&s, owners, op); t.aspect.has(s, whole) {
			t.add(op.Pos, op.Kind.does()+types.ExprString(op.Chan))
			return true
		}
	}
	for _, c := range r.Calls {
		s := blank
		if o.joinCall(&s, owners, c); t.aspect.has(s, whole) {
			t.add(c.Expr.Pos(), "calls "+Name(c.Fn, o.pkg))
			t.into(o, c.Fn.Origin())
			return true
		}
	}
	if o.waitsForOwn(r) {
		for _, sub := range r.started {
			if t.region(o, sub, whole, append(owners[:len(owners):len(owners)], sub)) {
				return true
			}
		}
	}
	return false
}

func (k ChanKind) does() string {
	return [...]string{Send: "sends to ", Recv: "receives from ", Range: "ranges over ", Close: "closes "}[k]
}

// OfCall is what one call of the package may do: Of its callee, by the type that
// it is called on where the table knows that.
func (o *Oracle) OfCall(c Call) Summary { return o.ofCall(c) }

// Source says how the summary of fn is known, in the order of Of.
func (o *Oracle) Source(fn *types.Func) Trust {
	fn = fn.Origin()
	if o.of[fn] != nil {
		if o.decls[fn] == nil {
			return Guessed // an interface's method: there may be other implementations
		}
		return Proved
	}
	if _, ok := lookup(fn); ok {
		return Table
	}
	if _, ok := o.fact(fn); ok && !ofInterface(fn) {
		return Proved
	}
	return Guessed
}

func ofInterface(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

// Callee is what a call calls: a *types.Func, a *types.Builtin, a variable, or nil
// where it calls what another expression gives.
func Callee(info *types.Info, call *ast.CallExpr) types.Object { return typeutil.Callee(info, call) }
