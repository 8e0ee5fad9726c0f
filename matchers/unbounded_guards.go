package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"regexp"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// itemIsDear: golint declined this rule because most loops are fine
// (golang/go#36484). What counts is an item that waits or computes for long.
func itemIsDear(pass *rule.Pass, u *Unbounded) rule.Verdict {
	w, at := u.Work, u.Stmt.Pos()
	switch {
	case w.Block.Waits() && w.Trust > effects.Guessed:
		return rule.Holds(at, fmt.Sprintf("an item is dear: %s %s", w.Via, w.Block.In()))
	case w.Block.Waits():
		return rule.Assumed(at, fmt.Sprintf("an item is taken to be dear: %s has a context and may fail, so it probably waits for a peer", w.Via))
	case w.Heavy():
		return rule.Assumed(at, "an item is taken to be dear: it reaches work known to be heavy, or has loops three deep")
	case w.Opaque != "":
		return rule.Refuse(at, fmt.Sprintf("nothing shows that an item is dear: %s could not be looked into", w.Opaque))
	}
	return rule.Quiet(at, "an item is cheap")
}

// daemonName is how people call what runs until it is stopped. A name cannot
// prove that, but it ends the trust that the call returns.
var daemonName = regexp.MustCompile(`(^|[a-z0-9])(Run|Serve|Listen|Start|Watch|Loop|Subscribe|Consume|Poll|Monitor|Supervise|Follow|Tail|Stream|Accept|Worker|Forward|Proxy)([A-Z0-9]|er\b|$)|^(run|serve|listen|start|watch|loop|subscribe|consume|poll|monitor|supervise|follow|tail|stream|accept|worker|forward|proxy)([A-Z0-9]|er\b|$)`)

// itemEnds: a slot that is never given back stops the loop for ever.
func itemEnds(pass *rule.Pass, u *Unbounded) rule.Verdict {
	w, at := u.Work, u.Stmt.Pos()
	switch {
	case u.Trip.stream != "" && acceptsIn(u.Loop):
		return rule.Refuse(at, "an accept loop: bound the connections at the listener (golang.org/x/net/netutil.LimitListener)")
	case w.Ends == effects.No:
		return rule.Quiet(at, "what is started runs until it is stopped: "+w.EndsWhy)
	case u.Trip.stream != "":
		return rule.Refuse(at, fmt.Sprintf("one goroutine for each value that comes through %s: a fixed number of workers that range over it would bound them", u.Trip.stream))
	}
	if fn := w.Callback(); fn != "" && w.Via == fn {
		return rule.Refuse(at, fmt.Sprintf("%s is a function that somebody else chose: with a bound, the items behind one that runs until it is stopped would never start", fn))
	}
	names := []string{}
	if u.Fn != nil {
		names = append(names, u.Fn.Name())
	}
	for _, c := range w.Calls {
		if s := pass.Effects.Of(c.Fn); s.Ends != effects.Yes && !c.Fn.Signature().Variadic() { // TailMsgf formats, it follows nothing
			names = append(names, c.Fn.Name())
		}
	}
	for _, name := range names {
		if !daemonName.MatchString(name) || w.Ends == effects.Yes {
			continue
		}
		if !w.Block.Waits() {
			return rule.Quiet(at, name+" may be meant to run until it is stopped")
		} else {
			return rule.Refuse(at, fmt.Sprintf("%s may be meant to run until it is stopped: with a bound, the items behind it would never start", name))
		}
	}
	if w.Ends == effects.Yes {
		return rule.Holds(at, "what is started comes to its end by itself")
	}
	return rule.Assumed(at, fmt.Sprintf("what is started is taken to come to its end: %s could not be looked into", w.Opaque))
}

// groupIsLocal: a limit belongs where the group is made, before anything was
// started in it; SetLimit panics after that.
func groupIsLocal(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	if u.Fix != SetLimit && u.Fix != CheckGroup && u.launches() > 1 {
		return rule.Refuse(at, "each round starts more than one goroutine: they need one bound between them")
	}
	if u.How != GroupGo {
		return rule.Holds(at, "the bound is made beside the loop")
	}
	if u.Group == nil || u.Made == nil {
		return rule.Refuse(at, "the group is made elsewhere: its limit belongs there, before anything is started in it")
	}
	if m, _, _ := types.LookupFieldOrMethod(types.NewPointer(deref(u.Group.Type())), true, u.Group.Pkg(), "SetLimit"); m == nil {
		return rule.Refuse(at, "the golang.org/x/sync that the module requires has no SetLimit: raise it to v0.1.0 or later")
	}
	for _, id := range uses(pass.Info, u.Body, u.Group) {
		if isMethod(u.Body, id, "TryGo") {
			return rule.Refuse(id.Pos(), fmt.Sprintf("with a limit, the TryGo of line %d would turn items away", pass.Line(id.Pos())))
		}
		if id.Pos() == u.Group.Pos() || isMethod(u.Body, id, "Go", "Wait", "SetLimit") {
			continue
		}
		return rule.Refuse(id.Pos(), fmt.Sprintf("%s is handed on at line %d: what else it is used for can't be seen", u.Group.Name(), pass.Line(id.Pos())))
	}
	for _, id := range uses(pass.Info, u.Body, u.Group) {
		if isMethod(u.Body, id, "Go") && id.Pos() < u.start() && within(id, u.Body) && id.Pos() > u.Made.End() && u.companion(pass, id) {
			return rule.Refuse(id.Pos(), fmt.Sprintf("another function is started in %s at line %d, and it takes part in a channel or never ends: it would need a slot of its own", u.Group.Name(), pass.Line(id.Pos())))
		}
		if isMethod(u.Body, id, "Go") && u.Loop != nil && !within(id, u.Stmt) && id.Pos() > u.Loop.Pos() && u.companion(pass, id) {
			return rule.Refuse(id.Pos(), fmt.Sprintf("the function started in %s at line %d takes part in a channel or never ends: with a bound it might not get a slot", u.Group.Name(), pass.Line(id.Pos())))
		}
	}
	return rule.Holds(u.Made.Pos(), "the group is made here, and used for Go and Wait only")
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// companion tells whether another function of the same group takes part in a
// channel, or can't be looked into.
func (u *Unbounded) companion(pass *rule.Pass, id *ast.Ident) bool {
	found := false
	ast.Inspect(u.Body, func(n ast.Node) bool {
		call, recv, _, ok := methodCall(n)
		if !ok || recv != ast.Expr(id) || call == u.Call || len(call.Args) != 1 {
			return true
		}
		lit, ok := ast.Unparen(call.Args[0]).(*ast.FuncLit)
		if !ok {
			found = true
			return true
		}
		r := pass.Effects.Region(lit.Body)
		found = found || r.Meets != effects.No || r.Ends == effects.No
		return true
	})
	return found
}

// noNestedGo: with a limit, a Go that is reached from inside the group waits
// for a slot that its own caller holds.
func noNestedGo(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	if u.Group != nil && u.Lit != nil {
		if in := uses(pass.Info, u.Lit, u.Group); len(in) > 0 {
			return rule.Refuse(in[0].Pos(), fmt.Sprintf("%s is used inside the function it runs: a Go from there would wait for a slot that its caller holds", u.Group.Name()))
		}
	}
	if d, ok := u.Decl.(*ast.FuncDecl); ok {
		if fn, ok := pass.Info.Defs[d.Name].(*types.Func); ok && (u.Fn == fn || pass.Effects.Reaches(u.Work, fn)) {
			return rule.Refuse(at, fmt.Sprintf("%s is reached again from inside: a bound for each level would multiply and bound nothing", d.Name.Name))
		}
	}
	return rule.Holds(at, "nothing is started in the same group from inside")
}

// joined: a function that left its goroutines behind now stays until the last
// of them has its slot.
func joined(pass *rule.Pass, u *Unbounded) rule.Verdict {
	if u.Fix == CheckGroup {
		return rule.Holds(u.Stmt.Pos(), "how long the function waits doesn't change")
	}
	if u.Joined != nil {
		return rule.Holds(u.Joined.Pos(), "the function waits for the items anyway")
	}
	if u.Work.Ends != effects.Yes {
		return rule.Refuse(u.Stmt.Pos(), fmt.Sprintf("the goroutines outlive the function, and %s could not be looked into: the loop might wait for ever", u.Work.Opaque))
	}
	return rule.Assumed(u.Stmt.Pos(), "the goroutines outlive the function: it now returns only when the last item has its slot")
}
