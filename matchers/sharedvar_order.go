package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// keep drops the pairs that a guard explains; the last reason is what it says
// when none is left. A guard that is switched off explains nothing.
func (s *SharedVar) keep(pass *rule.Pass, guard, holds string, explain func(*pair) string) rule.Verdict {
	if pass.Off == "sharedvar/"+guard {
		return rule.Holds(s.at.Pos(), holds)
	}
	why := ""
	for _, v := range s.Vars {
		v.pairs = slices.DeleteFunc(v.pairs, func(p *pair) bool {
			reason := explain(p)
			if reason != "" {
				why = reason
			}
			return reason != ""
		})
	}
	s.Vars = slices.DeleteFunc(s.Vars, func(v *Shared) bool { return !slices.ContainsFunc(v.pairs, (*pair).sure) })
	if len(s.Vars) == 0 && why == "" {
		why = "a map is handed on, and whoever gets it may not look into it"
	}
	if len(s.Vars) == 0 {
		return rule.Quiet(s.at.Pos(), why)
	}
	return rule.Holds(s.at.Pos(), holds)
}

// roundsShare: from go1.22 on each round has its own variables; the file's
// version counts, and files of one package can differ.
func roundsShare(pass *rule.Pass, s *SharedVar) rule.Verdict {
	own := pass.AtLeast(s.File, "go1.22")
	holds := "the variable is none of a loop's own"
	if s.Vars[0].pairs[0].head {
		holds = "the rounds of the loop share its variables in this file, which is for a Go before 1.22"
	}
	return s.keep(pass, "rounds-share", holds, func(p *pair) string {
		if own && p.head {
			return "each round of the loop has its own variable"
		}
		return ""
	})
}

// runAtOnce: two goroutines, or one and the function, have to be there together.
func runAtOnce(pass *rule.Pass, s *SharedVar) rule.Verdict {
	return s.keep(pass, "at-once", "both sides can run at once", func(p *pair) string {
		if p.l2 != nil && p.l.group != nil && p.l.group == p.l2.group && s.fan.serial[p.l.group] {
			return fmt.Sprintf("%s runs one function at a time", p.l.group.Name())
		}
		if p.l2 != nil && p.a.lone != nil && p.a.lone == p.b.lone {
			return "one goroutine alone gets there"
		}
		why := ""
		taken := p.waysBut(func(w way) bool {
			if w.why != "" {
				why = w.why
			}
			return w.why != ""
		})
		if len(taken) == 0 {
			return why
		}
		p.ways = taken
		return ""
	})
}

// nothingOrders: a receive, a Wait, or any word from one to the other may put the
// two in order.
func nothingOrders(pass *rule.Pass, s *SharedVar) rule.Verdict {
	return s.keep(pass, "ordered", "nothing that was seen puts the two in order", func(p *pair) string {
		if p.l2 == nil && p.b.act != actHead && p.a.met {
			return "a channel stands between the two"
		}
		if p.l2 == nil && !p.b.writes() && p.l.tells > p.a.at.Pos() {
			return "the function may hear from the goroutine in between"
		}
		if p.l2 != p.l && (p.a.asked || p.l2 != nil && p.b.asked) {
			return "a function that is handed a channel may wait there"
		}
		if p.a.waited || p.l2 != nil && p.b.waited {
			return "a goroutine waits for another before it gets there"
		}
		if p.l.many != "" && p.l2 == p.l {
			return ""
		}
		open := p.waysBut(func(w way) bool { return s.fan.closes(p, w) || s.fan.mayHear(p, w) && p.speaks() })
		if len(open) == 0 {
			return "the function waits in between"
		}
		p.ways = open
		return ""
	})
}

// lockedOutside tells whether an access holds a lock that doesn't belong to this
// function: whoever calls it may hold that as well.
func (s *SharedVar) lockedOutside(a *access) bool {
	return slices.ContainsFunc(a.locks, func(l heldLock) bool {
		return l.x != nil && !within(posNode(rootPos(s.fan.pass.Info, l.x)), s.Body)
	})
}

// rootPos is where the variable is declared that a path starts from.
func rootPos(info *types.Info, x ast.Expr) token.Pos {
	if root := rootOf(info, x); root != nil {
		return root.Pos()
	}
	return token.NoPos
}

// waysBut gives the ways of a pair without some.
func (p *pair) waysBut(drop func(way) bool) []way {
	return slices.DeleteFunc(slices.Clone(p.ways), drop)
}

// speaks tells whether a call of the function may wait for what the goroutine
// does: where one side reads what the other writes, any call may. Where both
// write, it takes a goroutine that closes, stops or sets something, and where both
// only add, a call changes nothing.
func (p *pair) speaks() bool {
	told := p.l.tells > p.a.at.Pos()
	switch {
	case p.l2 != nil:
		return p.l2 != p.l && told
	case p.a.collects() && p.b.collects():
		return false
	}
	return told || !p.a.writes() || !p.b.writes()
}

// mayHear tells whether a call on a straight way may wait for what a goroutine
// does, out of sight.
func (f *fanOut) mayHear(p *pair, w way) bool {
	if w.round {
		return false
	}
	found := false
	inspectOwn(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || !slices.ContainsFunc(w.code, func(s stretch) bool { return s.holds(call.Rparen) }) {
			return !found
		}
		if fn := callee(f.pass.Info, call); fn == nil {
			_, builtin := typeutil.Callee(f.pass.Info, call).(*types.Builtin)
			found = !builtin && !f.pass.Info.Types[call.Fun].IsType()
		} else {
			found = !isLight(f.pass, fn) && !effects.Starts(fn)
		}
		return !found
	})
	return found
}

// noLockAround: both sides have to hold the same lock, and one of them for writing.
func noLockAround(pass *rule.Pass, s *SharedVar) rule.Verdict {
	return s.keep(pass, "locked", "no lock is held on both sides", func(p *pair) string {
		if p.a.veiled || p.b.veiled {
			return "a function that takes care of it may be around"
		}
		if p.l2 == nil && len(p.b.locks) == 0 && s.lockedOutside(p.a) {
			return "the function may be called with the lock held"
		}
		for _, l := range p.a.locks {
			for _, m := range p.b.locks {
				if !(l.read && m.read) { // of another name, it may be the same one
					return "a lock is held"
				}
			}
		}
		return ""
	})
}

// line is the line of a node.
func line(pass *rule.Pass, n ast.Node) int { return pass.Line(n.Pos()) }

// sure tells whether both sides touch the variable for certain.
func (p *pair) sure() bool { return p.a.act != actHand && p.b.act != actHand }
