package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
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
	for _, h := range handedTo(pass.Info, call) {
		if mentionsAny(pass.Info, h.X, own) || effects.IsContext(h.Type) {
			continue
		}
		for _, name := range []string{"Read", "Write", "Next"} {
			if m, _, _ := types.LookupFieldOrMethod(h.Type, true, pass.Pkg, name); m != nil {
				if fn, ok := m.(*types.Func); ok && fn.Signature().Params().Len() <= 1 {
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
	if d, ok := s.Decl.(*ast.FuncDecl); ok && strings.HasSuffix(d.Name.Name, "Locked") {
		return rule.Quiet(s.Loop.Pos(), d.Name.Name+" is called with a lock held, as its name says")
	}
	held := heldAt(s.Body, s.Loop)
	for _, name := range sortedKeys(held) {
		return rule.Quiet(held[name], name+" is held while the loop runs")
	}
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
	return rule.Holds(s.Loop.Pos(), "no lock of this function is held")
}

func isMutex(t types.Type) bool {
	return isNamed(t, "sync", "Mutex") || isNamed(t, "sync", "RWMutex") || isNamed(t, "sync", "Locker")
}

// pacingWords are what people write where calls must not come at once (E5).
var pacingWords = regexp.MustCompile(`(?i)\b(rate.?limit\w*|throttl\w*|quota\w*|sequential\w*|serial(ly|ized?|ise)?|in (the )?(right |same |correct )?order|order (matters|is important)|one (at a time|by one|after (the )?(other|another))|not (be )?(concurrent|parallel)\w*|back.?off|pace|polite)\b`)

// notPaced: what sleeps, waits for a limiter or says that it goes in order was meant
// to be slow (E5).
func notPaced(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	var at ast.Node
	why := ""
	inspectOwn(s.Loop, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || at != nil {
			return at == nil
		}
		if fn := callee(pass.Info, call); fn != nil {
			if why = pacer(fn); why != "" {
				at = call
			}
		}
		return at == nil
	})
	if at != nil {
		return rule.Quiet(at.Pos(), why)
	}
	for _, g := range s.File.Comments {
		near := within(g, s.Loop) || pass.Line(g.End()) >= pass.Line(s.Loop.Pos())-2 && g.End() < s.Loop.Pos()
		if near && within(g, s.Body) && pacingWords.MatchString(g.Text()) {
			return rule.Quiet(g.Pos(), "a comment speaks of order or of the pace")
		}
	}
	if d, ok := s.Decl.(*ast.FuncDecl); ok && d.Doc != nil && pacingWords.MatchString(d.Doc.Text()) {
		return rule.Quiet(d.Doc.Pos(), "the function's comment speaks of order or of the pace")
	}
	return rule.Holds(s.Loop.Pos(), "nothing paces the calls, and no comment speaks of their order")
}

func pacer(fn *types.Func) string {
	path := ""
	if fn.Pkg() != nil {
		path = fn.Pkg().Path()
	}
	name := fn.Name()
	switch {
	case path == "time" && (name == "Sleep" || name == "After" || name == "NewTicker" || name == "Tick" || name == "NewTimer"):
		return "time." + name + " paces the calls"
	case path == "golang.org/x/time/rate", strings.Contains(strings.ToLower(path), "ratelimit"):
		return "a limiter paces the calls"
	case fn.Signature().Recv() != nil && (name == "Wait" || name == "Accept" || name == "Take"):
		if n := namedOf(fn.Signature().Recv().Type()); n != nil && strings.Contains(strings.ToLower(n.Obj().Name()), "limiter") {
			return "a limiter paces the calls"
		}
	}
	return ""
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
