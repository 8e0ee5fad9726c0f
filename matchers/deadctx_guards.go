package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// nothingKeepsIt: with the outer context, a result that keeps it would outlive
// Wait, but then no failure of the others would end the call that gives it, and
// on such a failure somebody would have to close it.
func nothingKeepsIt(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	if s.kept != nil {
		return rule.Refuse(s.kept.by.Pos(), fmt.Sprintf("use %s to its end before Wait, or ask for it with %s and close it where another function fails", s.kept.v.Name(), s.Outer))
	}
	return rule.Holds(s.waits[0].Pos(), "what was opened with the group's context keeps that")
}

// somebodyHeedsIt: the values of a context outlive its cancellation, so code that
// asks for nothing else sees no difference.
func somebodyHeedsIt(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	at := s.first().id.Pos()
	if len(s.harm) == 0 {
		return rule.Quiet(at, "only values of the context are asked for behind Wait, and they outlive it")
	}
	if call := s.tellsNothing(pass); call != nil {
		return rule.Refuse(call.Pos(), fmt.Sprintf("nothing shows that %s looks whether its context has ended: it gives nothing back, and isn't known to wait", types.ExprString(call.Fun)))
	}
	return rule.Holds(at, "where the context has ended, nothing that works can depend on it")
}

// tellsNothing is a call that is given the context, where no use of it is known to
// matter: the calls have no results, and none is known to wait. Many of those log.
func (s *DeadCtx) tellsNothing(pass *rule.Pass) (call *ast.CallExpr) {
	for _, u := range s.harm {
		if u.kind != ctxPassed || u.call == nil {
			return nil
		}
		fn := callee(pass.Info, u.call)
		if fn == nil || fn.Signature().Results().Len() > 0 || pass.Effects.Of(fn).Block >= effects.Chan {
			return nil
		}
		if call == nil {
			call = u.call
		}
	}
	return call
}

// askedWhetherItEnded: a test may want to know that Wait has cancelled the
// context. Elsewhere the answer is always the same, and so is no answer; it is
// about the caller's context that one would ask. Who just waits for the end goes
// on at once today, and would then wait for the caller.
func askedWhetherItEnded(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	asked := slices.IndexFunc(s.harm, func(u *ctxUse) bool { return u.kind == ctxAsked })
	if asked < 0 {
		return rule.Holds(s.first().id.Pos(), "nobody asks the context itself whether it has ended")
	}
	all := !slices.ContainsFunc(s.harm, func(u *ctxUse) bool { return u.kind != ctxAsked })
	if all && pass.IsTest(s.File) {
		return rule.Quiet(s.harm[asked].id.Pos(), "a test asks whether the context has ended")
	}
	for _, u := range s.harm {
		if u.kind == ctxAsked && u.awaits == ctxWaits && u.when&ctxDead != 0 {
			return rule.Refuse(u.id.Pos(), fmt.Sprintf("line %d waits for the context to end, and goes on at once: with %s it would wait for the caller", pass.Line(u.id.Pos()), s.Outer))
		}
	}
	u := s.harm[asked]
	return rule.Assumed(u.id.Pos(), fmt.Sprintf("%s at line %d is meant to ask about %s: of the group's context it always says the same", types.ExprString(u.node.(ast.Expr)), pass.Line(u.id.Pos()), s.Outer))
}

// groupEndsWithWait: functions that the group is given behind Wait share its
// cancelled context. Each phase needs a group of its own.
func groupEndsWithWait(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	for _, u := range s.harm {
		if u.when&ctxAgain == 0 {
			continue
		}
		if s.Move == nil {
			why := fmt.Sprintf("%s goes on behind Wait: make a new group for what comes then", s.Group.Name())
			if s.noMove != "" {
				why = fmt.Sprintf("%s goes on behind Wait: make a new one in each round (goherd doesn't, since %s)", s.Group.Name(), s.noMove)
			}
			return rule.Refuse(u.id.Pos(), why)
		}
		return rule.Assumed(u.id.Pos(), fmt.Sprintf("each round is taken to be on its own: the group is made anew at line %d", pass.Line(s.Move.Before.Pos())))
	}
	return rule.Holds(s.waits[0].Pos(), "no function that the group is given behind Wait uses its context")
}

// outerIsAtHand: what stands behind Wait needs a name for the context that the
// group was made from, and what stands before it one for the group's.
func outerIsAtHand(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	if s.stuck == nil {
		s.checkOuter(pass)
	}
	if s.stuck == nil && s.Rename && s.Move == nil {
		s.checkRename(pass)
	}
	if s.stuck != nil {
		return rule.Refuse(s.stuck.at, s.stuck.reason)
	}
	return rule.Holds(s.Maker.Pos(), fmt.Sprintf("%s, which the group is made from, is at hand behind Wait", s.Outer))
}

// checkOuter looks at the expression that the group is made from.
func (s *DeadCtx) checkOuter(pass *rule.Pass) {
	root := s.outerRoot(pass)
	if root == nil {
		s.stick(s.Maker.Pos(), fmt.Sprintf("%s was made from %s: give that context a name, for what comes behind Wait", s.Group.Name(), s.Outer))
		return
	}
	if t := pass.Info.TypeOf(s.Maker.Args[0]); !effects.IsContext(t) {
		s.stick(s.Maker.Pos(), fmt.Sprintf("%s was made from %s, which is more than a context", s.Group.Name(), s.Outer))
		return
	}
	for _, id := range s.Replace {
		if !meansHere(pass, root.Name, pass.Info.Uses[root], id.Pos()) {
			s.stick(id.Pos(), fmt.Sprintf("%s means something else at line %d", root.Name, pass.Line(id.Pos())))
			return
		}
	}
	if s.Unused && pass.Info.Defs[s.Name] == nil && !s.Rename {
		s.stick(s.Name.Pos(), fmt.Sprintf("%s is declared elsewhere, and nothing of it would be left", s.Name.Name))
	}
}

// outerRoot is the name that the outer context starts from, where writing it
// again gives the same context: ctx, s.ctx, r.Context(), context.Background().
func (s *DeadCtx) outerRoot(pass *rule.Pass) *ast.Ident {
	x := ast.Unparen(s.Maker.Args[0])
	if call, ok := x.(*ast.CallExpr); ok {
		sel, ok := call.Fun.(*ast.SelectorExpr)
		fn := callee(pass.Info, call)
		if !ok || fn == nil || fn.Pkg() == nil || len(call.Args) > 0 {
			return nil
		}
		if fn.Signature().Recv() == nil && fn.Pkg().Path() != "context" || fn.Signature().Recv() != nil && fn.Name() != "Context" {
			return nil
		}
		x = sel.X
	}
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// checkRename looks for places that would see another context than today once
// the group's has a name of its own.
func (s *DeadCtx) checkRename(pass *rule.Pass) {
	if a, ok := s.Made.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN && !s.Unused && pass.Pkg.Scope().Innermost(a.Pos()) != s.Group.Parent() {
		s.stick(a.Pos(), fmt.Sprintf("%s and %s are assigned here and declared elsewhere: the group's context needs a name of its own there", s.Group.Name(), s.Ctx.Name()))
		return
	}
	for _, u := range s.uses {
		at := u.id.Pos()
		switch {
		case u.of != 0 || u.kind == ctxTarget || u.kind == ctxParent || slices.Contains(s.fixed, u):
			continue
		case u.when&ctxLive == 0:
			if at < s.Made.Pos() && s.assigns(pass) && u.away != "" && u.away != deferredCall {
				s.stick(at, fmt.Sprintf("the function at line %d, made above the group, may see either context", pass.Line(at)))
			}
		case at < s.Made.Pos():
			s.stick(at, fmt.Sprintf("the function at line %d, made above the group, sees the group's context by the name %s", pass.Line(at), s.Ctx.Name()))
		case u.when&ctxDerived != 0:
			s.stick(at, fmt.Sprintf("%s has been assigned again by line %d: give the group's context a name of its own first", s.Ctx.Name(), pass.Line(at)))
		case u.when&ctxOther != 0:
			s.stick(at, fmt.Sprintf("%s at line %d is the group's context on some ways and the caller's on others", s.Ctx.Name(), pass.Line(at)))
		}
	}
}

// assigns tells whether the group's context took the place of the outer one in
// its own variable: `g, ctx := errgroup.WithContext(ctx)` where ctx is a parameter
// of the same function.
func (s *DeadCtx) assigns(pass *rule.Pass) bool {
	id, ok := ast.Unparen(s.Maker.Args[0]).(*ast.Ident)
	return ok && pass.Info.Uses[id] == types.Object(s.Ctx)
}

// outerIsSteady: between the group and what comes behind Wait, nobody must have
// put another context in the place of the outer one.
func outerIsSteady(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	at := s.Maker.Pos()
	root := s.outerRoot(pass)
	obj := pass.Info.Uses[root]
	v, isVar := obj.(*types.Var)
	if !isVar {
		return rule.Holds(at, s.Outer+" is always the same")
	}
	if changed := s.assigned(pass, v); changed.IsValid() {
		return rule.Refuse(changed, fmt.Sprintf("%s is assigned at line %d, so it may be another context by then", v.Name(), pass.Line(changed)))
	}
	local := v.Pkg() == pass.Pkg && v.Parent() != pass.Pkg.Scope()
	switch x := ast.Unparen(s.Maker.Args[0]).(type) {
	case *ast.Ident:
		if local {
			return rule.Holds(at, fmt.Sprintf("%s is not assigned again before it is used behind Wait", v.Name()))
		}
	case *ast.CallExpr:
		if sel, ok := x.Fun.(*ast.SelectorExpr); ok && local && sel.X == ast.Expr(root) && keepsContext(v.Type()) {
			return rule.Holds(at, s.Outer+" gives the same context each time")
		}
	}
	return rule.Assumed(at, s.Outer+" is taken to be the same context behind Wait as where the group is made")
}

// keepsContext tells whether the Context method of a type gives one and the same
// context, by its documentation.
func keepsContext(t types.Type) bool {
	return isNamed(t, "net/http", "Request") || isNamed(t, "testing", "T") || isNamed(t, "testing", "B") || isNamed(t, "testing", "F")
}

// assigned is where the variable of the outer context is assigned behind the
// group, in a way that what stands behind Wait could see.
func (s *DeadCtx) assigned(pass *rule.Pass, v *types.Var) token.Pos {
	last, always := s.Made.End(), s.Move != nil
	captured := v.Pos() < s.Func.Pos() || v.Pos() >= s.Func.End()
	for _, u := range s.fixed {
		last, always = max(last, u.id.Pos()), always || u.away != ""
	}
	changed := token.NoPos
	note := func(at token.Pos) {
		if at == s.Made.Pos() || at <= s.Made.End() && !s.inLiteral(at) && (!captured || at < s.Func.Pos()) {
			return
		}
		if s.assigns(pass) && !s.inLiteral(at) {
			return // the walk has seen it: the uses in question hold the group's context
		}
		if at < last || always || captured || s.inLiteral(at) {
			changed = at
		}
	}
	inspectAssigned(pass.Info, s.Decl, v, note)
	if sel, ok := ast.Unparen(s.Maker.Args[0]).(*ast.SelectorExpr); ok {
		if field, ok := pass.Info.Uses[sel.Sel].(*types.Var); ok {
			inspectAssignedPath(pass.Info, s.Decl, field, note)
		}
	}
	return changed
}

// inLiteral tells whether a place lies in a function literal of the group's
// function: it may run at any time.
func (s *DeadCtx) inLiteral(at token.Pos) bool {
	found := false
	ast.Inspect(s.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && within(posNode(at), lit) {
			found = true
		}
		return !found
	})
	return found
}

// deadOnEveryPath: where a path comes to the same place without having passed
// Wait, the context there is the group's, and alive.
func deadOnEveryPath(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	if s.Move != nil {
		return rule.Holds(s.waits[0].Pos(), "every round waits for its group")
	}
	var some *ctxUse
	for _, u := range s.fixed {
		at := u.id.Pos()
		switch {
		case u.when&ctxOther != 0 && !s.assigns(pass):
			return rule.Refuse(at, fmt.Sprintf("%s at line %d is another context on some ways", u.id.Name, pass.Line(at)))
		case u.when&ctxDead == 0 && u.when&ctxPerhaps == 0:
			// a variable that is used behind Wait alone
		case u.when&ctxLive != 0 && u.away != deferredCall && s.inLiteral(at):
			return rule.Refuse(at, fmt.Sprintf("the function at line %d runs before Wait, too, and the group's context is meant there", pass.Line(at)))
		case u.when&(ctxLive|ctxPerhaps) != 0 && some == nil:
			some = u
		}
	}
	switch {
	case some == nil:
		return rule.Holds(s.waits[0].Pos(), "wherever the group's context comes to there, Wait has returned")
	case some.when&ctxPerhaps != 0:
		return rule.Assumed(some.id.Pos(), fmt.Sprintf("line %d is taken to want %s: the group's context may end in the midst of it, and not on a failure only", pass.Line(some.id.Pos()), s.Outer))
	case some.away == deferredCall:
		return rule.Assumed(some.id.Pos(), fmt.Sprintf("the call deferred at line %d is taken to want %s also where the function returns before Wait", pass.Line(some.id.Pos()), s.Outer))
	}
	return rule.Assumed(some.id.Pos(), fmt.Sprintf("line %d is taken to want %s also on the ways that don't pass Wait", pass.Line(some.id.Pos()), s.Outer))
}

// runsHere: what outlives the function, or runs at some other time, was cut off
// from the caller's context so far.
func runsHere(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	if s.Move != nil {
		return rule.Holds(s.Move.Before.Pos(), "what runs in a round gets a context that ends with the round, as in the first one")
	}
	for _, u := range s.harm {
		at := u.id.Pos()
		switch {
		case u.away != "":
			return rule.Assumed(at, fmt.Sprintf("line %d runs %s, and is taken to want %s there", pass.Line(at), u.away, s.Outer))
		case u.kind == ctxStored:
			return rule.Assumed(at, fmt.Sprintf("what keeps the context at line %d is taken to want %s", pass.Line(at), s.Outer))
		}
	}
	return rule.Holds(s.first().id.Pos(), "all that gets the other context is called here and now")
}
