package matchers

import (
	"go/ast"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// calmOf tells whether a call is known to neither panic nor end the process or
// the goroutine (hazards C1, C3).
func calmOf(pass *rule.Pass, call *ast.CallExpr) Claim {
	for _, c := range callsOf(call) {
		if pass.Info.Types[c.Fun].IsType() || pass.Info.Types[c.Fun].IsBuiltin() {
			continue
		}
		fn := callee(pass.Info, c)
		if fn == nil {
			return Claim{Unsure, callName(c) + " is taken not to panic: in a goroutine that would end the process"}
		}
		k, ok := effects.Lookup(fn)
		if !ok || k.Exits != effects.No || k.Panics != effects.No {
			return Claim{Likely, effects.Name(fn, pass.Pkg) + " is taken not to panic: in a goroutine that would end the process"}
		}
	}
	return Claim{Proved, "it doesn't panic"}
}

// heedsOf tells whether a call is known to end when its context does.
func heedsOf(pass *rule.Pass, call *ast.CallExpr) Claim {
	for _, c := range callsOf(call) {
		fn := callee(pass.Info, c)
		if fn == nil || !pass.Effects.Of(fn).Block.Waits() {
			continue
		}
		name := effects.Name(fn, pass.Pkg)
		if contextArg(pass.Info, c) < 0 {
			return Claim{Likely, name + " is given no context: it is taken to end by itself"}
		}
		if _, ok := effects.Lookup(fn); !ok {
			return Claim{Likely, name + " is taken to end when its context does"}
		}
	}
	return Claim{Proved, "it ends with its context"}
}

// aloneOf tells whether calling something beside others is known to be harmless
// for the memory that it reaches: what it works with is documented as safe for
// concurrent use, and it writes none of its arguments (hazards A3, A4).
func aloneOf(pass *rule.Pass, call *ast.CallExpr) Claim {
	for _, c := range callsOf(call) {
		if pass.Info.Types[c.Fun].IsType() || pass.Info.Types[c.Fun].IsBuiltin() {
			continue
		}
		fn := callee(pass.Info, c)
		if fn == nil {
			return Claim{Unsure, "nobody can look into " + callName(c)}
		}
		name := effects.Name(fn, pass.Pkg)
		k, ok := effects.Lookup(fn)
		if !ok {
			return Claim{Likely, name + " is taken to be safe for concurrent use"}
		}
		if k.Verb == effects.Pure {
			continue
		}
		sel, isMethod := ast.Unparen(c.Fun).(*ast.SelectorExpr)
		recv := fn.Signature().Recv()
		if isMethod && recv != nil {
			n := namedOf(pass.Info.TypeOf(sel.X))
			fresh := false
			if inner, isCall := ast.Unparen(sel.X).(*ast.CallExpr); isCall {
				fresh = inner != nil // what a call of this member has just made is its own
			}
			if !fresh && (n == nil || effects.LookupType(n.Obj()).Use != effects.Shared) {
				return Claim{Likely, "the receiver of " + name + " is taken to be safe for concurrent use"}
			}
		}
	}
	return Claim{Proved, "what it works with is safe for concurrent use"}
}

// memoryApart: two calls at once must not write what the other one reads (hazards
// A3, A4).
func memoryApart(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		switch c := aloneOf(pass, l.Call); c.Sure {
		case Unsure:
			return rule.Refuse(l.Call.Pos(), c.Why+": it may write what the others read")
		case Likely:
			return rule.Assumed(l.Call.Pos(), c.Why)
		}
	}
	return rule.Holds(s.First().Pos(), "what the calls work with is safe for concurrent use")
}
