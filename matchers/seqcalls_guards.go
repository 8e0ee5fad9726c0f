package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// noting lets a guard's answer count for the form that the rewrite chooses: the
// ordered one wherever the finding comes out safe.
func noting(check func(*rule.Pass, *SeqCalls) rule.Verdict) func(*rule.Pass, *SeqCalls) rule.Verdict {
	return func(pass *rule.Pass, s *SeqCalls) rule.Verdict {
		v := check(pass, s)
		s.Safest = min(s.Safest, v.Grade())
		return v
	}
}

// groupPays: a goroutine for a call that doesn't wait costs more than it gives,
// and so does a group that waits for one long call and a short one (J1).
func groupPays(_ *rule.Pass, s *SeqCalls) rule.Verdict {
	sum, most, why := 0, 0, ""
	for i := range s.Chains {
		chain := 0
		for _, l := range s.Chain(i) {
			chain += l.item.weight
			if why == "" {
				why = l.item.waits
			}
		}
		sum, most = sum+chain, max(most, chain)
	}
	if sum < paysFrom || sum-most < fullWeight/2 {
		return rule.Quiet(s.First().Pos(), "too little of what the calls do is waiting: "+why)
	}
	return rule.Holds(s.First().Pos(), why+", and so do others")
}

// onlyReads: what used to come after a failure is now done in spite of it, and
// what used to be in order no longer is. Reads bear that (hazard E3).
func onlyReads(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	likely := ""
	for _, l := range s.Calls {
		switch {
		case l.item.reads.Sure == Unsure && readish(l.Member):
			return rule.Refuse(l.Call.Pos(), l.item.reads.Why+": it may write, and then it must keep its place")
		case l.item.reads.Sure == Unsure:
			return rule.Quiet(l.Call.Pos(), l.item.reads.Why)
		case l.item.reads.Sure == Likely && likely == "":
			likely = l.item.reads.Why
		}
	}
	if likely != "" {
		return rule.Assumed(s.First().Pos(), likely)
	}
	return rule.Holds(s.First().Pos(), "the calls only read")
}

// nothingDecides: a call that says whether anything else may be done comes first
// (hazard B1).
func nothingDecides(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		if l.isGuard(pass) {
			return rule.Quiet(l.Call.Pos(), l.Name()+" decides whether the others may be made")
		}
	}
	return rule.Holds(s.First().Pos(), "no call decides whether the others may be made")
}

// operandsOnlyLook: what a call's arguments do is done in another order, and in
// spite of a failure (hazard A2).
func operandsOnlyLook(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		if x := impureOperand(pass, l.Member); x != nil {
			return rule.Refuse(x.Pos(), fmt.Sprintf("%s, which %s is given, may do something itself: it would be done at another time", shortExpr(x), l.Name()))
		}
	}
	return rule.Holds(s.First().Pos(), "what the calls are given is only looked at")
}

// shortExpr writes an expression for a message.
func shortExpr(x ast.Expr) string {
	if _, ok := ast.Unparen(x).(*ast.FuncLit); ok {
		return "a function literal"
	}
	return types.ExprString(x)
}

// panicsStay: a panic in a goroutine ends the process, whoever would have
// recovered from it (hazards C1, C6).
func panicsStay(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	var at token.Pos
	inspectOwn(s.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.DeferStmt); ok && mentionsRecover(d) {
			at = d.Pos()
		}
		return true
	})
	if at.IsValid() {
		return rule.Refuse(at, "the function recovers from panics: it could not recover from one in a goroutine")
	}
	for _, l := range s.Calls {
		if c := calmOf(pass, l.Call); c.Sure < Proved {
			return rule.Assumed(l.Call.Pos(), c.Why)
		}
	}
	return rule.Holds(s.First().Pos(), "the calls don't panic, and don't end the process or the goroutine")
}

// handlersWait: what is done about an error now comes behind calls that used to
// come after it. Where it leaves, nothing else came (hazard B9).
func handlersWait(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		if l.Check != nil && !handlerMayStay(pass, l.Member) {
			return rule.Refuse(l.Check.Pos(), "what is done about the error of "+l.Name()+" doesn't end here, and may have to be done before the next call")
		}
	}
	if l := s.goesOn(); l != nil {
		return rule.Assumed(l.Call.Pos(), "the code goes on where "+l.Name()+" fails: a caller who gives up may now see the failure of one call and the success of another that used to come later")
	}
	return rule.Holds(s.First().Pos(), "an error ends this")
}

// comesLater says what begins later than it did, by which time the caller may have given
// up: what a failure comes to, and calls that stay behind the group.
func (s *SeqCalls) comesLater(pass *rule.Pass) (list []string) {
	const then = ": by then the caller may have given up"
	if call := s.lateAsk(pass); call != nil {
		list = append(list, callName(call)+", which a failure comes to, is called once all the calls have ended"+then)
	}
	if l := s.nextRound(); l != nil {
		list = append(list, "where "+l.Name()+" fails, the loop goes on once all the calls have ended"+then)
	}
	if name := s.overtaken(pass); name != "" {
		list = append(list, name+" begins when calls that came behind it have ended"+then)
	}
	return list
}

// lateAsk finds a call that a failure comes to, in its handler or by a defer, and that
// waits with a context; nil for none. A failure is now handled later than it was.
func (s *SeqCalls) lateAsk(pass *rule.Pass) (found *ast.CallExpr) {
	look := func(root ast.Node) {
		ast.Inspect(root, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && found == nil && contextArg(pass.Info, call) >= 0 && callWaits(pass, call) {
				found = call
			}
			return found == nil
		})
	}
	fails := false
	for _, l := range s.Calls {
		if l.Check != nil {
			fails = true
			look(l.Check.Body)
		}
	}
	inspectOwn(s.Body, func(n ast.Node) bool {
		if d, ok := n.(*ast.DeferStmt); ok && fails && d.Pos() < s.First().Pos() {
			look(d)
		}
		return true
	})
	return found
}

// nextRound is the first call behind whose failure a loop around the group goes on, nil for
// none: what it does then begins later than it did.
func (s *SeqCalls) nextRound() *Launched {
	for _, l := range s.Calls {
		if len(s.run) > 0 && len(s.Loops) > 0 && l.Check != nil && l.Handler.Exit == ExitBranch {
			return l
		}
	}
	return nil
}

// overtaken names a call that stays behind the group, although calls of the group came
// behind it; "" for none.
func (s *SeqCalls) overtaken(pass *rule.Pass) string {
	for i := range s.run {
		it := &s.run[i]
		launched := slices.ContainsFunc(s.Calls, func(l *Launched) bool { return l.item == it })
		if launched || it.at < s.From || it.at >= s.To {
			continue
		}
		for _, n := range it.nodes() {
			if call := waitingCall(pass, n); call != nil {
				return callName(call)
			}
		}
	}
	return ""
}

// waitingCall finds a call in n that waits, nil for none.
func waitingCall(pass *rule.Pass, n ast.Node) (found *ast.CallExpr) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && found == nil && !pass.Info.Types[call.Fun].IsType() && callWaits(pass, call) {
			found = call
		}
		return found == nil
	})
	return found
}

// goesOn is the first call behind whose failure the code goes on, also because
// nobody hears of it; nil for none. The last call in the text doesn't count.
func (s *SeqCalls) goesOn() *Launched {
	for _, l := range s.Calls[:len(s.Calls)-1] {
		if l.Check == nil || l.Handler.Exit == ExitOn {
			return l
		}
	}
	return nil
}

// nothingLeftOpen: where an earlier call fails, what a later one has opened is
// lost (hazard B23).
func nothingLeftOpen(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for i, l := range s.Calls {
		if i == 0 && s.Calls[0].item == &s.run[0] {
			continue
		}
		if what := closesWhat(pass, l.Call); what != "" {
			return rule.Refuse(l.Call.Pos(), fmt.Sprintf("%s gives %s, which has to be closed: where an earlier call fails, nobody would", l.Name(), what))
		}
	}
	return rule.Holds(s.First().Pos(), "no call but the first gives something that has to be closed")
}

// contextsAreHeeded: the function now waits for the slowest of the calls, so each
// has to end when the caller gives up (hazard B8).
func contextsAreHeeded(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		if c := heedsOf(pass, l.Call); c.Sure < Proved {
			return rule.Assumed(l.Call.Pos(), c.Why)
		}
	}
	if pass.Options.Form == rule.FormErrgroup {
		return rule.Assumed(s.First().Pos(), "with --form errgroup the error that is returned is the first in time, which another call may give than before")
	}
	if list := s.comesLater(pass); list != nil {
		return rule.Assumed(s.First().Pos(), list[0])
	}
	return rule.Holds(s.First().Pos(), "each call ends when its context does")
}

// noSameQuestion: the second of two equal questions may be answered by what the
// first left in a cache; at once, both are asked (hazard J4).
func noSameQuestion(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	asked := map[string]int{}
	for _, l := range s.Calls {
		text := types.ExprString(l.Call)
		if n, ok := asked[text]; ok && n != l.chain {
			return rule.Refuse(l.Call.Pos(), text+" is asked twice: a cache may answer the second, if it comes later")
		}
		asked[text] = l.chain
	}
	return rule.Holds(s.First().Pos(), "no two calls ask the same question")
}
