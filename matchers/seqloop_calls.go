package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// findFills gathers the variables that the round declares in front of a call, that
// the call is given to fill, and that are used behind it.
func (s *SeqLoop) findFills(pass *rule.Pass, c *LoopCall) {
	behind := map[*types.Var]bool{}
	for v := range varsIn(pass.Info, s.behind()...) {
		behind[v] = true
	}
	var front []ast.Stmt
	front = append(front, s.Prefix...)
	for _, one := range s.Calls {
		front = append(front, one.Between...)
		if one == c {
			break
		}
	}
	given := writtenBy(pass.Info, c.Call)
	for v := range varsIn(pass.Info, c.Call) {
		if s.madeByName(pass.Info, v) {
			given[v] = true
		}
	}
	for _, v := range sortedVars(given) {
		declared := slices.ContainsFunc(front, func(n ast.Stmt) bool { return within(posNode(v.Pos()), n) })
		if declared && behind[v] {
			c.Fills = append(c.Fills, v)
		}
	}
}

// madeByName is madeHere for a variable.
func (s *SeqLoop) madeByName(info *types.Info, v *types.Var) bool {
	if !within(posNode(v.Pos()), s.Block) {
		return false
	}
	switch v.Type().Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Slice:
	default:
		return false
	}
	made := false
	ast.Inspect(s.Block, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if ok && info.Defs[id] == types.Object(v) {
			made = s.madeHere(info, id)
		}
		return !made
	})
	return made
}

// sortedVars gives variables in the order of the source.
func sortedVars(set map[*types.Var]bool) []*types.Var {
	var list []*types.Var
	for v := range set {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *types.Var) int { return int(a.Pos()) - int(b.Pos()) })
	return list
}

// loopReads: what runs ahead of an earlier round's failure must only look, or, for
// a review, change what its own item names (E3, B1).
func loopReads(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	own := s.ofItem(pass)
	assumed := ""
	for _, c := range s.Calls {
		switch {
		case c.Reads.Sure == Proved:
		case c.Reads.Sure == Likely:
			if assumed == "" {
				assumed = c.Reads.Why
			}
		default:
			if !keyed(pass.Info, c.Call, own) {
				return rule.Refuse(c.Call.Pos(), fmt.Sprintf("%s, and no argument says that each round's is about its own item", c.Reads.Why))
			}
			if c.Fn == nil {
				return rule.Refuse(c.Call.Pos(), c.Reads.Why)
			}
			if pass.Effects.Call(c.Call).Block == effects.Process {
				return rule.Refuse(c.Call.Pos(), fmt.Sprintf("%s, in a process of its own: two of them may use one terminal, one folder or one file", c.Reads.Why))
			}
			assumed = fmt.Sprintf("%s, each round for its own item: that the rounds' are independent is assumed", c.Reads.Why)
			s.Changing = c
		}
	}
	if assumed != "" {
		return rule.Assumed(s.Main().Call.Pos(), assumed)
	}
	return rule.Holds(s.Main().Call.Pos(), "the calls only read: "+s.Main().Reads.Why)
}

// keyed tells whether an argument of a call comes from the item.
func keyed(info *types.Info, call *ast.CallExpr, own map[*types.Var]bool) bool {
	return slices.ContainsFunc(call.Args, func(a ast.Expr) bool {
		return !effects.IsContext(info.TypeOf(a)) && mentionsAny(info, a, own)
	})
}

// noOwnTimeout: a clock that starts in front of the call would run while the round
// waits for its slot (B18).
func noOwnTimeout(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	for _, c := range s.Calls {
		for _, a := range c.Call.Args {
			if !effects.IsContext(pass.Info.TypeOf(a)) {
				continue
			}
			if v := rootOf(pass.Info, a); v != nil && within(posNode(v.Pos()), s.Block) {
				return rule.Refuse(a.Pos(), fmt.Sprintf("%s is made for one round: its clock would run while the round waits for a slot", v.Name()))
			}
		}
	}
	return rule.Holds(s.Loop.Pos(), "the rounds share the function's context")
}

// stepWords are how people call what happens in an order (G2).
var stepWords = []string{
	"step", "stage", "phase", "migration", "hook", "event", "message", "msg", "command", "cmd", "statement", "stmt",
	"op", "operation", "action", "task", "change", "revision", "pipe", "pipeline", "middleware", "plugin", "handler", "callback", "fn", "func", "closer", "block", "entry", "command", "instruction", "update", "txn", "tx",
}

// noSteps: a list of steps is an order that somebody wrote down (G2).
func noSteps(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	at := s.Main().Call.Pos()
	if s.allRead() {
		return rule.Holds(at, "reads have no order among themselves")
	}
	over := lastIdent(s.Head.Over)
	names := []*ast.Ident{over, s.Head.Value}
	for _, id := range names {
		if id == nil {
			continue
		}
		for _, w := range wordsOf(id.Name) {
			if slices.Contains(stepWords, w) || len(w) > 1 && slices.Contains(stepWords, w[:len(w)-1]) {
				return rule.Refuse(id.Pos(), fmt.Sprintf("%s may be in an order that matters", id.Name))
			}
		}
	}
	own := s.ofItem(pass)
	for _, c := range s.Calls {
		sel, ok := ast.Unparen(c.Call.Fun).(*ast.SelectorExpr)
		if c.Reads.Sure == Unsure && ok && mentionsAny(pass.Info, sel.X, own) {
			return rule.Refuse(c.Call.Pos(), fmt.Sprintf("each round runs its own %s: the list may be in an order that matters", c.Name()))
		}
	}
	if trip := tripOf(pass, s.Loop, s.Body); trip.fixed {
		return rule.Refuse(at, fmt.Sprintf("%s is a list that somebody wrote down, in an order that may matter", trip.over))
	}
	return rule.Assumed(at, "the items are taken to be in no order that matters")
}

func (s *SeqLoop) allRead() bool {
	return !slices.ContainsFunc(s.Calls, func(c *LoopCall) bool { return c.Reads.Sure == Unsure })
}

// nothingToClose: what a round behind a failure has opened would be dropped (B23).
func nothingToClose(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	for _, c := range s.Calls {
		if what := closesWhat(pass, c.Call); what != "" {
			return rule.Refuse(c.Call.Pos(), fmt.Sprintf("%s gives a %s, which must be closed: those of the rounds behind a failure would be lost", c.Name(), what))
		}
	}
	return rule.Holds(s.Loop.Pos(), "nothing that a call gives has to be closed")
}

// stopsOnFailure: behind a failure no round may start that would not have (B6).
func stopsOnFailure(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	e := s.leavesEarly(pass)
	if e.late == nil {
		return rule.Holds(s.Loop.Pos(), "behind a failure that ends the loop no round starts, but for those under way")
	}
	if s.Changing != nil {
		return rule.Refuse(e.late.Pos(), "the loop ends on an error that only some rounds give: the rounds behind would have changed things by then")
	}
	s.Late = e.late
	return rule.Assumed(e.late.Pos(), "an error that is found behind the calls is seen once all have been made")
}
