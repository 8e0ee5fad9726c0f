package matchers

import (
	"fmt"
	"go/ast"
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
	at := s.Made.Pos()
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
		return rule.Holds(s.Made.Pos(), "nobody asks the context itself whether it has ended")
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
	return rule.Holds(s.waits[0].Pos(), "all that gets the other context is called here and now")
}
