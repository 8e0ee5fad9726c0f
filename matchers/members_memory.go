package matchers

import (
	"go/ast"
	"slices"

	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

// atOnce tells whether two nodes of one function may run at once as far as the
// memory goes that they touch (hazards A3, A4). What stands in the way of a proof
// is either seen, or only that nobody can look into a call: then it is taken for
// safe, as what is called through an interface mostly is. clash tells that both are
// known to touch the same.
func atOnce(pass *rule.Pass, a, b ast.Node) (c Claim, clash bool) {
	return together(pass.Memory.Region(a), pass.Memory.Region(b))
}

// together is atOnce for what two regions do to memory.
func together(x, y *memory.Summary) (c Claim, clash bool) {
	v := memory.Conflict(x, y)
	switch v.Grade {
	case memory.Disjoint:
		return Claim{Proved, v.Why}, false
	case memory.Conflicts:
		return Claim{Unsure, v.Why}, true
	}
	if seen := memory.Conflict(sighted(x), sighted(y)); seen.Grade != memory.Disjoint {
		return Claim{Unsure, seen.Why}, false
	}
	return Claim{Likely, v.Why}, false
}

// leftBehind is atOnce for what is done on the way out, after a call that used not to be
// made on that way: nothing comes of what the call has read, so only what it
// writes counts.
func leftBehind(pass *rule.Pass, leave ast.Node, call ast.Node) (c Claim, clash bool) {
	x, y := *pass.Memory.Region(leave), pass.Memory.Region(call)
	x.Opaque, x.Accesses = nil, slices.Clone(x.Accesses)
	for i := range x.Accesses {
		x.Accesses[i].Write = false
	}
	v := memory.Conflict(&x, sighted(y))
	if v.Grade == memory.Disjoint {
		return Claim{Proved, v.Why}, false
	}
	return Claim{Unsure, v.Why}, v.Grade == memory.Conflicts
}

// sighted is a summary without the calls that nobody could look into, and without
// what the table says that known functions do to what those may have put somewhere: a
// response's body is closed through an interface, and from then on its request may
// lead anywhere. What people hand from one function to another stays: two calls may
// be given the same.
func sighted(s *memory.Summary) *memory.Summary {
	seen := *s
	seen.Opaque = nil
	seen.Accesses = slices.DeleteFunc(slices.Clone(s.Accesses), func(a memory.Access) bool {
		return a.Loc.Root.Kind == memory.Unknown && a.Known && !a.Handed
	})
	return &seen
}

// writesMemory tells whether running a node may write memory that somebody else
// can reach, or calls what nobody can look into.
func writesMemory(pass *rule.Pass, n ast.Node) bool { return !pass.Memory.Region(n).WritesNothing() }

// callWritesMemory is writesMemory for a call once its operands have been evaluated.
// Mostly the callee alone can answer, which is the cheaper question.
func callWritesMemory(pass *rule.Pass, call *ast.CallExpr) bool {
	if fn := callee(pass.Info, call); fn != nil && pass.Memory.Of(fn).WritesNothing() {
		return false
	}
	return writesMemory(pass, call)
}
