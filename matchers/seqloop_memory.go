package matchers

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

// pair tells whether a node of one round and one of another may run in any order, or
// at once, as far as the memory goes that the rounds share. What a round reaches
// through its own variables is left out: itemsApart answers for that.
func (s *SeqLoop) pair(pass *rule.Pass, a, b ast.Node) (c Claim, clash bool) {
	x, y := s.shared(pass, a), s.shared(pass, b)
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

// shared is what running a node does to memory that isn't reached through the
// round's own variables.
func (s *SeqLoop) shared(pass *rule.Pass, n ast.Node) *memory.Summary {
	all := *pass.Memory.Region(n)
	kept := all.Accesses
	all.Accesses = nil
	for _, a := range kept {
		if !s.isRounds(a.Loc.Root.Object) {
			all.Accesses = append(all.Accesses, a)
		}
	}
	opaque := all.Opaque
	all.Opaque = nil
	for _, o := range opaque {
		reach := o.Reach
		o.Reach = nil
		for _, l := range reach {
			if !s.isRounds(l.Root.Object) {
				o.Reach = append(o.Reach, l)
			}
		}
		all.Opaque = append(all.Opaque, o)
	}
	return &all
}

// isRounds tells whether an object is a variable of the loop's head or body.
func (s *SeqLoop) isRounds(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && s.inRound(v)
}

// roundsApart: two rounds' calls run at once, so neither may write what the other
// uses (A4).
func roundsApart(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	moved := s.moved()
	taken := ""
	for i, a := range moved {
		for _, b := range moved[i:] {
			c, clash := s.pair(pass, a, b)
			switch {
			case clash || c.Sure == Unsure:
				return rule.Refuse(a.Pos(), fmt.Sprintf("the rounds may use the same memory: %s", c.Why))
			case c.Sure == Likely && taken == "":
				taken = c.Why
			}
		}
	}
	if taken != "" {
		return rule.Assumed(s.Calls[0].Call.Pos(), fmt.Sprintf("%s is taken to be safe for use at the same time: %s", s.Calls[0].Name(), taken))
	}
	return rule.Holds(s.Calls[0].Call.Pos(), "no round's calls write what another's touch")
}

// moved are the nodes that run in a goroutine.
func (s *SeqLoop) moved() []ast.Node {
	var list []ast.Node
	for _, c := range s.Calls {
		for _, n := range c.Between {
			list = append(list, n)
		}
		list = append(list, c.Call)
	}
	return list
}

// itemsApart: where a round writes into its item, the item must not be another
// round's as well (A3).
func itemsApart(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	f := s.flow(pass)
	for _, w := range f.writes() {
		if _, plain := ast.Unparen(w.at).(*ast.Ident); plain || w.v == nil || !s.inRound(w.v) || s.isOwn(pass.Info, w.at) || !s.ofItem(pass)[w.v] || f.otherField(w.at, w.v) {
			continue
		}
		return rule.Assumed(w.at.Pos(), fmt.Sprintf("no item is taken to come twice: %s is written once all calls have returned", types.ExprString(w.at)))
	}
	for _, n := range s.moved() {
		for _, a := range pass.Memory.Region(n).Accesses {
			v, ok := a.Loc.Root.Object.(*types.Var)
			if a.Write && ok && s.inRound(v) && !a.Atomic && !s.madeByName(pass.Info, v) && !isFilled(s, v) && behindPointer(v.Type()) {
				return rule.Assumed(n.Pos(), fmt.Sprintf("no item is taken to come twice: the call writes to what %s refers to", v.Name()))
			}
		}
	}
	return rule.Holds(s.Loop.Pos(), "no round changes what another's call is given")
}

func isFilled(s *SeqLoop, v *types.Var) bool {
	for _, c := range s.Calls {
		for _, f := range c.Fills {
			if f == v {
				return true
			}
		}
	}
	return false
}

// behindPointer tells whether a value may refer to memory that another one refers
// to as well.
func behindPointer(t types.Type) bool {
	_, basic := t.Underlying().(*types.Basic)
	return !basic
}
