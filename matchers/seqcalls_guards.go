package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
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

// noSession: on one transaction or session calls go one after the other (hazards
// H1 to H4, H7).
func noSession(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	if in := inTransaction(pass, s.Place); in != "" {
		return rule.Quiet(s.First().Pos(), in+" runs this in a transaction, which may be in the context")
	}
	for _, l := range s.Calls {
		if x, why, _ := oneUser(pass, l.Call); x != nil {
			return rule.Quiet(x.Pos(), why)
		}
	}
	return rule.Holds(s.First().Pos(), "nothing that the calls work with is a transaction or has one user at a time")
}

// callsUnderNoLock: a call that needs the lock would wait for its caller, and one that
// counts on it would be alone (hazard D1).
func callsUnderNoLock(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	held := heldAt(s.Body, s.First())
	for _, name := range sortedKeys(held) {
		return rule.Quiet(held[name], name+" is held while the calls are made")
	}
	if d, ok := s.Decl.(*ast.FuncDecl); ok && strings.HasSuffix(d.Name.Name, "Locked") {
		return rule.Quiet(s.First().Pos(), d.Name.Name+" is called with a lock held, as its name says")
	}
	return rule.Holds(s.First().Pos(), "no lock of this function is held while the calls are made")
}

// wantsOrder is how people say that calls must not be made at once.
var wantsOrder = regexp.MustCompile(`(?i)\b(rate.?limit\w*|throttl\w*|quota\w*|sequential\w*|in order|one at a time|one by one|serially|must (come|be|run|happen) (first|before|after)|do not parallel\w*|don't parallel\w*)\b`)

// noPacing: somebody holds the calls back on purpose (hazard E5).
func noPacing(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, c := range s.File.Comments {
		near := c.End() >= s.above() && c.Pos() <= s.Last().End()
		if doc := docOfFunc(s.Decl); near || c == doc && doc != nil {
			if said := wantsOrder.FindString(c.Text()); said != "" {
				return rule.Quiet(c.Pos(), "a comment says \""+said+"\"")
			}
		}
	}
	var v rule.Verdict
	found := false
	inspectOwn(s.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		fn := callee(pass.Info, call)
		if fn == nil || fn.Pkg() == nil {
			return true
		}
		path, name := fn.Pkg().Path(), fn.Name()
		if path == "time" && (name == "Sleep" || name == "After" || name == "Tick" || name == "NewTicker") || path == "golang.org/x/time/rate" || strings.Contains(strings.ToLower(name), "ratelimit") || strings.Contains(strings.ToLower(name), "throttle") {
			v, found = rule.Quiet(call.Pos(), callName(call)+" paces this function"), true
		}
		return !found
	})
	if found {
		return v
	}
	return rule.Holds(s.First().Pos(), "nothing here sleeps, limits a rate or asks for an order")
}

// above is where a comment above the first statement may start.
func (s *SeqCalls) above() token.Pos {
	if s.From > 0 {
		return s.List[s.From-1].End()
	}
	return s.Body.Lbrace
}

func docOfFunc(d ast.Decl) *ast.CommentGroup {
	if fn, ok := d.(*ast.FuncDecl); ok {
		return fn.Doc
	}
	return nil
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

// memoryApart: of what runs at the same time, nothing may write what another part
// reads; nor may a call that begins earlier write what stands in front of it in the
// text, or the other way round (hazards A3, A4, A13).
func memoryApart(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	taken := ""
	for i, l := range s.Calls {
		for _, other := range s.Calls[:i] {
			if other.chain == l.chain {
				continue
			}
			c, clash := atOnce(pass, other.Call, l.Call)
			switch {
			case clash:
				return rule.Quiet(l.Call.Pos(), c.Why)
			case c.Sure == Unsure:
				return rule.Refuse(l.Call.Pos(), fmt.Sprintf("%s and %s may use the same memory: %s", other.Name(), l.Name(), c.Why))
			case c.Sure == Likely && taken == "":
				taken = fmt.Sprintf("%s and %s are taken to be safe for use at the same time", other.Name(), l.Name())
			}
		}
		for _, n := range s.inFront(l) {
			if c, clash := atOnce(pass, n, l.Call); clash || c.Sure == Unsure {
				return rule.Refuse(n.Pos(), fmt.Sprintf("%s would begin before line %d, and they may use the same memory: %s", l.Name(), pass.Line(n.Pos()), c.Why))
			}
		}
	}
	if taken != "" {
		return rule.Assumed(s.First().Pos(), taken)
	}
	return rule.Holds(s.First().Pos(), "no call writes what the others touch")
}

// inFront gathers what stands behind the group and used to come before a call:
// the checks of other members, and what stays.
func (s *SeqCalls) inFront(l *Launched) (list []ast.Node) {
	for i := range s.run {
		it := &s.run[i]
		if it.at < s.From {
			continue
		}
		if it == l.item || it.at >= l.item.at {
			break
		}
		if m := s.launchedOf(it); m != nil {
			if m.Check != nil && m.chain != l.chain {
				list = append(list, m.Check.Body)
			}
			for _, st := range it.stays {
				list = append(list, st)
			}
			continue
		}
		for _, n := range it.nodes() {
			_, deferred := n.(*ast.DeferStmt) // runs when all is over
			if st, ok := n.(ast.Stmt); ok && !deferred && !slices.Contains(s.Hoist, st) {
				list = append(list, n)
			}
		}
	}
	return list
}

func (s *SeqCalls) launchedOf(it *item) *Launched {
	for _, l := range s.Calls {
		if l.item == it {
			return l
		}
	}
	return nil
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

// enoughConnections: calls on one database need a connection each (hazards D6, D7).
func enoughConnections(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	for _, l := range s.Calls {
		if !usesPool(pass, l.Call) {
			continue
		}
		if what := closesWhat(pass, l.Call); what != "" {
			return rule.Refuse(l.Call.Pos(), fmt.Sprintf("the %s of %s holds a connection while the other calls ask for more: they could wait for each other", what, l.Name()))
		}
		if at := openRows(pass, s); at.IsValid() {
			return rule.Refuse(at, "a connection is held here while the calls ask for more: they could wait for each other")
		}
		if at := oneConnection(pass); at.IsValid() {
			return rule.Refuse(at, "SetMaxOpenConns(1): there is one connection, and each call would wait for it")
		}
	}
	return rule.Holds(s.First().Pos(), "nothing says that there are too few connections")
}

// usesPool tells whether a call goes to a pool of database connections, also by a
// function of the module.
func usesPool(pass *rule.Pass, call *ast.CallExpr) bool {
	for _, c := range callsOf(call) {
		if via := pass.Effects.Call(c).Via; strings.Contains(via, "sql.DB)") || strings.Contains(via, "sqlx.DB)") || strings.Contains(via, "pgxpool.Pool)") || strings.Contains(via, "gorm.DB)") {
			return true
		}
	}
	return false
}

// openRows finds rows, a transaction or a connection that the function has
// opened in front of the calls.
func openRows(pass *rule.Pass, s *SeqCalls) token.Pos {
	var at token.Pos
	inspectOwn(s.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || id.Pos() >= s.First().Pos() || pass.Info.Defs[id] == nil {
			return true
		}
		if n := namedOf(pass.Info.Defs[id].Type()); n != nil && (effects.LookupType(n.Obj()).Session || n.Obj().Name() == "Rows") {
			at = id.Pos()
		}
		return true
	})
	return at
}

// oneConnection finds SetMaxOpenConns(1) in the package.
func oneConnection(pass *rule.Pass) token.Pos {
	for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		fn := callee(pass.Info, call)
		n := 0
		if fn != nil && fn.Name() == "SetMaxOpenConns" && len(call.Args) == 1 && constInt(pass.Info, call.Args[0], &n) && n == 1 {
			return call.Pos()
		}
	}
	return token.NoPos
}

// ownThread: what belongs to a thread, or to the whole process, must not be
// changed around calls that may look at it elsewhere (hazards H5, E6).
func ownThread(pass *rule.Pass, s *SeqCalls) rule.Verdict {
	var v rule.Verdict
	found := false
	inspectOwn(s.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		fn := callee(pass.Info, call)
		if fn == nil || fn.Pkg() == nil {
			return true
		}
		switch path, name := fn.Pkg().Path(), fn.Name(); {
		case path == "runtime" && name == "LockOSThread":
			v, found = rule.Quiet(call.Pos(), "the function keeps its thread"), true
		case path == "os" && (name == "Setenv" || name == "Unsetenv" || name == "Chdir" || name == "Clearenv"):
			v, found = rule.Quiet(call.Pos(), callName(call)+" changes the whole process"), true
		}
		return !found
	})
	if found {
		return v
	}
	return rule.Holds(s.First().Pos(), "the calls don't depend on their thread, and nothing here changes the process")
}
