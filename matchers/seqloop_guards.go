package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// roundsPay: a goroutine a round is worth it for a round trip, and not for a file
// on a local disk (J1).
func roundsPay(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	best, why, sure := 0, "", false
	for _, c := range s.Calls {
		if w, words := weightOf(pass, c.Call); w > best {
			best, why, sure = w, words, !strings.Contains(words, "probably")
		}
	}
	at := s.Calls[0].Call.Pos()
	switch {
	case s.Head.Rounds >= 0 && s.Head.Rounds <= 1:
		return rule.Quiet(at, "there is one round at most")
	case best < fullWeight:
		return rule.Quiet(at, "a round waits for too little")
	case sure:
		return rule.Holds(at, "each round waits: "+why)
	}
	return rule.Assumed(at, "each round waits: "+why)
}

// pays tells whether the calls wait for long enough.
func (s *SeqLoop) pays(pass *rule.Pass) bool {
	for _, c := range s.Calls {
		if w, _ := weightOf(pass, c.Call); w >= fullWeight {
			return s.Head.Rounds < 0 || s.Head.Rounds > 1
		}
	}
	return false
}

// notInTests: FailNow in another goroutine doesn't end the test, and mocks expect
// their calls in order (C3, E9).
func notInTests(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	if pass.IsTest(s.File) {
		return rule.Quiet(s.Loop.Pos(), "a test")
	}
	return rule.Holds(s.Loop.Pos(), "no test")
}

// callsDiffer: the same call again and again is a poll, a retry, or takes the next
// from something that both rounds share.
func callsDiffer(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	own := s.ofItem(pass)
	for _, c := range s.Calls {
		if !mentionsAny(pass.Info, c.Call, own) {
			return rule.Quiet(c.Call.Pos(), callName(c.Call)+" is called with the same each round: it polls, tries again, or takes what comes next")
		}
		if x, why := sharedReader(pass, c.Call, own); x != nil {
			return rule.Refuse(x.Pos(), why)
		}
	}
	return rule.Holds(s.Calls[0].Call.Pos(), "each round's call is about its own item")
}

// ofItem gathers the variables that come from the loop's head, directly or not.
func (s *SeqLoop) ofItem(pass *rule.Pass) map[*types.Var]bool {
	own := map[*types.Var]bool{}
	for _, id := range []*ast.Ident{s.Head.Key, s.Head.Value} {
		if v, ok := pass.Info.ObjectOf(orBlank(id)).(*types.Var); ok && id != nil {
			own[v] = true
		}
	}
	spread := func(n ast.Node) {
		ast.Inspect(n, func(m ast.Node) bool {
			switch m := m.(type) {
			case *ast.AssignStmt:
				for _, rhs := range m.Rhs {
					if mentionsAny(pass.Info, rhs, own) {
						for _, lhs := range m.Lhs {
							if v, ok := effects.Root(pass.Info, lhs).(*types.Var); ok && s.inRound(v) {
								own[v] = true
							}
						}
					}
				}
			case *ast.ValueSpec:
				for _, value := range m.Values {
					if mentionsAny(pass.Info, value, own) {
						for _, id := range m.Names {
							if v, ok := pass.Info.Defs[id].(*types.Var); ok {
								own[v] = true
							}
						}
					}
				}
			}
			return true
		})
	}
	for _, n := range s.Prefix {
		spread(n)
	}
	for _, c := range s.Calls {
		for _, n := range c.Between {
			spread(n)
		}
		if mentionsAny(pass.Info, c.Call, own) {
			for _, r := range c.Results {
				if r.Var != nil && s.inRound(r.Var) {
					own[r.Var] = true
				}
			}
		}
	}
	return own
}

func mentionsAny(info *types.Info, n ast.Node, vars map[*types.Var]bool) bool {
	for v := range varsIn(info, n) {
		if vars[v] {
			return true
		}
	}
	return false
}

// sharedReader finds what a call reads from or writes to that all rounds share: a
// reader has a place where it is (H7).
func sharedReader(pass *rule.Pass, call *ast.CallExpr, own map[*types.Var]bool) (ast.Expr, string) {
	for _, h := range handedTo(pass, call) {
		if mentionsAny(pass.Info, h.X, own) || effects.IsContext(h.Type) {
			continue
		}
		for _, name := range []string{"Read", "Write", "Next"} {
			if m, _, _ := types.LookupFieldOrMethod(h.Type, true, pass.Pkg, name); m != nil {
				if fn, ok := m.(*types.Func); ok && fn.Signature().Params().Len() <= 1 && !h.looksOnly(pass, call) {
					return h.X, fmt.Sprintf("all rounds share %s, which knows where it is", types.ExprString(h.X))
				}
			}
		}
	}
	return nil, ""
}

// loopUnlocked: what the calls need may be guarded by a lock that is held here, and
// they would wait for it in another goroutine (D1).
func loopUnlocked(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	var at ast.Node
	inspectOwn(s.Block, func(n ast.Node) bool {
		if _, recv, name, ok := methodCall(n); ok && (name == "Lock" || name == "RLock") && isMutex(pass.Info.TypeOf(recv)) {
			at = n
		}
		return at == nil
	})
	if at != nil {
		return rule.Quiet(at.Pos(), "the loop takes a lock itself")
	}
	return callsUnderNoLock(pass, s.asRun())
}

func isMutex(t types.Type) bool {
	return isNamed(t, "sync", "Mutex") || isNamed(t, "sync", "RWMutex") || isNamed(t, "sync", "Locker")
}

// asRun is the loop as one statement of a run of calls: what is asked of calls
// that are made at once is asked there.
func (s *SeqLoop) asRun() *SeqCalls {
	run := &SeqCalls{Place: s.Place, Loops: s.Outer, List: []ast.Stmt{s.Loop}, To: 1, Safest: rule.Safe}
	eachList(s.Body, func(list []ast.Stmt) {
		for i, one := range list {
			if one == s.Loop || s.Label != nil && one == ast.Stmt(s.Label) {
				run.List, run.From, run.To = list, i, i+1
			}
		}
	})
	for _, c := range s.Calls {
		run.Calls = append(run.Calls, &Launched{Member: c.Member})
	}
	return run
}

// ofRun asks a guard of seqcalls.
func ofRun(check func(*rule.Pass, *SeqCalls) rule.Verdict) func(*rule.Pass, *SeqLoop) rule.Verdict {
	return func(pass *rule.Pass, s *SeqLoop) rule.Verdict { return check(pass, s.asRun()) }
}

// remembering lets a guard's answer count for the form that the rewrite chooses.
func remembering(guards []rule.Guard[*SeqLoop]) []rule.Guard[*SeqLoop] {
	for i := range guards {
		check := guards[i].Check
		guards[i].Check = func(pass *rule.Pass, s *SeqLoop) rule.Verdict {
			v := check(pass, s)
			s.Safest = min(s.Safest, v.Grade())
			return v
		}
	}
	return guards
}

// prefixComputes: what stands in front of the calls runs ahead of earlier rounds'
// calls, and once more when the results are collected (A2).
func prefixComputes(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	results := map[*types.Var]bool{}
	look := func(list []ast.Stmt) (ast.Node, string) {
		for _, n := range list {
			if x := s.doesMore(pass, n); x != nil {
				return x, "more than a computation stands in front of the call: it would run ahead of the calls before it"
			}
			for v := range assignedVars(pass.Info, n) {
				if results[v] {
					return n, v.Name() + " is changed between the calls, and would be a second time when the results are collected"
				}
			}
		}
		return nil, ""
	}
	if x, why := look(s.Prefix); x != nil {
		return rule.Refuse(x.Pos(), why)
	}
	for k, c := range s.Calls {
		if x, why := look(c.Between); x != nil {
			return rule.Refuse(x.Pos(), why)
		}
		if k+1 < len(s.Calls) && c.Check != nil && !c.Stops && !c.Skips {
			return rule.Refuse(c.Check.Pos(), "the round goes on behind an error: what it does then may decide about the next call")
		}
		for _, r := range c.Results {
			if r.Var != nil {
				results[r.Var] = true
			}
		}
		for _, a := range c.Call.Args {
			if x := impure(pass, a); x != nil && !waits(pass, x) {
				return rule.Refuse(x.Pos(), fmt.Sprintf("%s is worked out for the call, and may do more than compute", types.ExprString(x)))
			}
		}
	}
	return rule.Holds(s.Loop.Pos(), "in front of the calls, the round only computes")
}

// assignedVars gathers the variables that a statement assigns, also in part.
func assignedVars(info *types.Info, n ast.Node) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	add := func(x ast.Expr) {
		if v, ok := effects.Root(info, x).(*types.Var); ok && info.Defs[rootIdent(x)] == nil {
			vars[v] = true
		}
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			for _, lhs := range m.Lhs {
				add(lhs)
			}
		case *ast.IncDecStmt:
			add(m.X)
		case *ast.UnaryExpr:
			if m.Op == token.AND {
				add(m.X)
			}
		}
		return true
	})
	return vars
}

func rootIdent(x ast.Expr) *ast.Ident {
	id, _ := ast.Unparen(x).(*ast.Ident)
	return id
}

// noSearch: a loop that ends when it has found something made no calls behind that
// (F1).
func noSearch(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	if e := s.leavesEarly(pass); e.data != nil {
		return rule.Refuse(e.data.Pos(), "the loop ends when a round says so: the calls behind that were never made")
	}
	return rule.Holds(s.Loop.Pos(), "nothing but an error ends the loop early")
}

// nothingElseStarts: with goroutines in it, the loop is another shape.
func nothingElseStarts(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	r := pass.Effects.Region(s.Block)
	if len(r.Spawns) > 0 {
		return rule.Quiet(r.Spawns[0].Pos(), "the loop starts goroutines already")
	}
	return rule.Holds(s.Loop.Pos(), "the loop starts no goroutine itself")
}
