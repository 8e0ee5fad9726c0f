package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

func seqLoopMessage(_ *rule.Pass, s *SeqLoop) string {
	var names []string
	for _, c := range s.Calls {
		if !c.Look {
			names = append(names, c.Name())
		}
	}
	over := types.ExprString(s.Head.Over)
	if n, isLen := strings.CutPrefix(over, "len("); isLen && s.Head.Kind == Counted {
		over = strings.TrimSuffix(n, ")")
	}
	each := "each of " + over
	switch s.Head.Kind {
	case OverCount, Counted:
		if !strings.HasPrefix(types.ExprString(s.Head.Over), "len(") {
			each = over + " rounds"
		}
	}
	return fmt.Sprintf("%s: one call after another for %s, and none needs another's result", strings.Join(names, ", then "), each)
}

// seqLoopChanges says what differs behind the rewrite, in the form that is written.
func seqLoopChanges(pass *rule.Pass, s *SeqLoop) []string {
	n := s.Limit.Expr
	changes := []string{fmt.Sprintf("up to %s rounds call %s at the same time (%s)", n, s.Main().Name(), s.Limit.Why)}
	if s.Limit.MayBeZero && s.Form != rule.FormErrgroup {
		changes = append(changes, "where "+n+" is less than 1, up to "+DefaultLimit+" do")
	}
	if s.Needs != "" {
		changes = append(changes, s.Needs)
	}
	switch {
	case s.Form == rule.FormErrgroup:
		changes = append(changes,
			"when several rounds fail, the error returned is the first in time, and the calls under way are cancelled",
			"a round that has not begun when another has failed, or when the caller has given up, returns the context's error instead of making its call")
	case s.Changing != nil && s.stops():
		changes = append(changes, fmt.Sprintf("when a round fails, %s may have been called for items behind it, and the error is returned when those have ended", s.Changing.Name()))
	case s.stops():
		changes = append(changes, "when a round fails, the calls of rounds behind it may have been made as well, and the error is returned when those have ended")
	}
	changes = append(changes, s.asRun().comesLater(pass)...)
	if s.Lives != nil {
		changes = append(changes, "when the caller gives up, a round may succeed behind one that was cut short")
	}
	if s.Changing != nil {
		changes = append(changes, fmt.Sprintf("the order in which %s does its work is not kept", s.Changing.Name()))
	}
	if s.Late != nil {
		changes = append(changes, fmt.Sprintf("what line %d ends the loop for is seen once the calls of all rounds have returned", pass.Line(s.Late.Pos())))
	}
	if s.Tells != nil {
		changes = append(changes, callName(s.Tells)+" is called once the calls of all rounds have returned, in the old order")
	} else if log := s.logs(pass); log != nil {
		changes = append(changes, "what "+callName(log)+" logs comes once the calls of all rounds have returned, in the old order")
	}
	if s.Held != nil {
		changes = append(changes, s.Held.Name()+" of every round is held until the calls of all rounds have returned")
	}
	return changes
}

// stops tells whether an error of a call ends the loop.
func (s *SeqLoop) stops() bool {
	for _, c := range s.Calls {
		if c.Stops {
			return true
		}
	}
	return false
}

// logs is a call behind the calls that logs, nil for none.
func (s *SeqLoop) logs(pass *rule.Pass) (found *ast.CallExpr) {
	for _, root := range s.behind() {
		ast.Inspect(root, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && found == nil {
				fn := callee(pass.Info, call)
				if pass.Effects.Call(call).Verb == effects.Log || fn != nil && libOf(fn) != noLog {
					found = call
				}
			}
			return found == nil
		})
	}
	return found
}
