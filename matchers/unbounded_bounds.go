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

// nothingBounds looks for what already holds the loop back.
func nothingBounds(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch {
	case u.Fix == CheckGroup:
		return rule.Holds(at, "the group is bounded; what is missing is the look at its context")
	case u.Limited:
		return rule.Quiet(at, "the group has its limit")
	case u.isWorker(pass.Info):
		return rule.Quiet(at, "the goroutines are workers that take their items from a channel")
	}
	if why := u.heldBack(pass.Info); why != "" {
		return rule.Quiet(at, why)
	}
	if u.Late != nil {
		if localVar(pass.Info, u.LateArg, u.Body) == nil {
			sem := types.ExprString(u.LateArg)
			return rule.Refuse(u.Late.Pos(), fmt.Sprintf("the slot of %s is taken inside the goroutine, so there is still one goroutine for each item; %s is shared with other functions, and one that holds a slot and starts this loop would wait for itself", sem, sem))
		}
		return rule.Holds(u.Late.Pos(), "the slot is taken after the goroutine has started")
	}
	if slot := u.takesSlot(pass.Info); slot != "" {
		return rule.Refuse(at, slot+" is taken inside the goroutine: it bounds the work, but there is still one goroutine for each item")
	}
	return rule.Holds(at, "neither a semaphore, a limiter nor a pool holds the loop back")
}

// launches counts the statements of the loop that start goroutines.
func (u *Unbounded) launches() int {
	n := 0
	if u.Outer == nil {
		return 1
	}
	inspectOwn(u.Outer, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.GoStmt:
			n++
		case *ast.ExprStmt:
			if call, _, name, ok := methodCall(m); ok && name == "Go" && len(call.Args) == 1 {
				n++
			}
		}
		return true
	})
	return n
}

// isWorker tells whether the started function takes its items from a channel
// that the loop shares out.
func (u *Unbounded) isWorker(info *types.Info) bool {
	for _, op := range u.Work.Chans {
		root := effects.Root(info, op.Chan)
		if u.Lit != nil && root != nil && within(posNode(root.Pos()), u.Lit.Body) {
			continue // its own
		}
		if op.Kind == effects.Range && !effects.IsSignal(info, op.Chan) {
			return true
		}
		if op.Kind == effects.Recv && op.Depth > 0 && !effects.IsSignal(info, op.Chan) && !u.givesBack(info, op.Chan) {
			return true
		}
	}
	return false
}

// chunk names a piece that somebody already cut to size.
var chunk = regexp.MustCompile(`(?i)(batch|chunk|page)`)

// heldBack says what in the loop waits before the next launch, "" if nothing does.
func (u *Unbounded) heldBack(info *types.Info) string {
	if chunk.MatchString(u.Trip.over) {
		return u.Trip.over + " is cut to size elsewhere"
	}
	if strings.Contains(u.Trip.over, ":") {
		return "the loop goes over a part of a slice"
	}
	round := ast.Node(u.Loop)
	if u.Walk != nil {
		round = u.Walk.Body
	}
	why := ""
	inspectOwn(round, func(n ast.Node) bool {
		if n == u.Stmt || why != "" {
			return false
		}
		switch n := n.(type) {
		case *ast.SendStmt:
			why = "the loop sends on " + types.ExprString(n.Chan) + " for each item"
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !effects.IsSignal(info, n.X) {
				why = "the loop receives from " + types.ExprString(n.X) + " for each item"
			}
		case *ast.CallExpr:
			if _, recv, name, ok := methodCall(n); ok {
				why = pacing(info, recv, name)
			}
		}
		return why == ""
	})
	return why
}

// limiter is how people call the type of what lets so many through at a time.
var limiter = regexp.MustCompile(`(?i)(limit|throttl|bucket|quota|semaphore)`)

// pacing says how a method call in a loop holds the loop back, "" where it
// doesn't: Limit and Take are a limiter's only on a limiter.
func pacing(info *types.Info, recv ast.Expr, name string) string {
	switch name {
	case "Acquire", "TryAcquire", "Wait", "WaitN":
		return "the loop calls " + name + " for each item"
	case "Take", "Allow", "Reserve", "Limit":
		if t := info.TypeOf(recv); t != nil && limiter.MatchString(t.String()) {
			return "the loop calls " + name + " for each item"
		}
	case "Sleep":
		return "the loop paces itself"
	}
	return ""
}

// takesSlot names a semaphore or a limiter that the goroutine asks itself.
func (u *Unbounded) takesSlot(info *types.Info) string {
	for _, c := range u.Work.Calls {
		if _, recv, name, ok := methodCall(c.Expr); ok {
			if name == "Acquire" || name == "WaitN" || name == "Wait" && isNamed(info.TypeOf(recv), "golang.org/x/time/rate", "Limiter") {
				return "a slot of " + types.ExprString(recv)
			}
		}
	}
	for _, op := range u.Work.Chans {
		if op.Kind == effects.Send && u.givesBack(info, op.Chan) {
			return "a slot of " + types.ExprString(op.Chan)
		}
	}
	return ""
}
