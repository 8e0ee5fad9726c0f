package matchers

import (
	"fmt"
	"go/ast"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

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
			compare := atOnce
			if s.leaves(n) {
				compare = leftBehind
			}
			if c, clash := compare(pass, n, l.Call); clash || c.Sure == Unsure {
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

// leaves tells whether a node is the body of a member's check that ends this.
func (s *SeqCalls) leaves(n ast.Node) bool {
	return slices.ContainsFunc(s.Calls, func(l *Launched) bool {
		return l.Check != nil && n == ast.Node(l.Check.Body) && l.Handler.Exit != ExitOn
	})
}

func (s *SeqCalls) launchedOf(it *item) *Launched {
	for _, l := range s.Calls {
		if l.item == it {
			return l
		}
	}
	return nil
}
