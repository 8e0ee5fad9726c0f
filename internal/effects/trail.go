package effects

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"
)

// An Aspect is one answer of a summary whose reason is found out when somebody
// asks: the summary itself keeps no more than a few words of it.
type Aspect uint8

// The aspects.
const (
	Ending  Aspect = iota // Ends, where it is No
	Meeting               // Meets, where it is Yes
	Doubt                 // Opaque
)

// has tells whether s, of one part alone, is the reason for what whole says.
func (a Aspect) has(s, whole *Summary) bool {
	switch a {
	case Ending:
		return whole.Ends == No && s.Ends == No
	case Meeting:
		return whole.Meets == Yes && s.Meets == Yes
	}
	return whole.Opaque != "" && s.Opaque == whole.Opaque
}

// Home finds the oracle of the package that declares fn, and what fn is there;
// nil where that package's bodies were not looked at.
type Home func(fn *types.Func) (*Oracle, *types.Func)

// Trail is the way to what decides one aspect of fn's summary, through other
// packages as far as home knows them. As with Reasons, it goes from the cause to
// the call in fn itself. It is empty where fn's own summary is all that is known.
func (o *Oracle) Trail(fn *types.Func, a Aspect, home Home) []Step {
	t := &trail{aspect: a, home: home, seen: map[*types.Func]bool{}}
	t.into(o, fn.Origin())
	slices.Reverse(t.steps)
	return t.steps
}

// TrailOf is Trail of a region, a function literal's body for one.
func (o *Oracle) TrailOf(r *Region, a Aspect, home Home) []Step {
	t := &trail{aspect: a, home: home, seen: map[*types.Func]bool{}}
	t.region(o, r, &r.Summary, []*Region{r})
	slices.Reverse(t.steps)
	return t.steps
}

type trail struct {
	aspect Aspect
	home   Home
	seen   map[*types.Func]bool
	steps  []Step // from the function to the cause
}

func (t *trail) add(o *Oracle, pos token.Pos, name string) {
	t.steps = append(t.steps, Step{Name: name, At: o.place(o.fset, pos), Pos: pos})
}

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
	if d := o.decls[fn]; d != nil {
		r := o.gather(d.Body)
		t.region(o, r, o.of[fn], []*Region{r})
		return
	}
	for _, impl := range o.impls[fn] {
		if t.aspect.has(o.of[impl], o.of[fn]) {
			t.into(o, impl)
			return
		}
	}
}

// region looks for the first part of r that is reason enough by itself, in the
// order of summarise, and tells whether there was one.
func (t *trail) region(o *Oracle, r *Region, whole *Summary, owners []*Region) bool {
	switch {
	case t.aspect == Ending && r.endless != "":
		t.add(o, token.NoPos, r.endless)
		return true
	case t.aspect == Doubt && r.opaque != "" && r.opaque == whole.Opaque:
		t.add(o, token.NoPos, r.opaque)
		return true
	}
	for _, op := range r.Chans {
		s := bottom(o.fset)
		if o.joinChan(s, owners, op); t.aspect.has(s, whole) {
			t.add(o, op.Pos, op.Kind.does()+types.ExprString(op.Chan))
			return true
		}
	}
	for i := range r.Calls {
		c := &r.Calls[i]
		s := bottom(o.fset)
		if o.joinCall(s, owners, c); t.aspect.has(s, whole) {
			t.add(o, c.Expr.Pos(), Name(c.Fn, o.pkg))
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
	return [...]string{Send: "a send to ", Recv: "a receive from ", Range: "a range over ", Close: "a close of "}[k]
}

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
