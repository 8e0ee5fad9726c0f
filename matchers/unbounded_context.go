package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// noTimeoutRuns: a clock that starts before the slot is free runs while the
// item waits.
func noTimeoutRuns(pass *rule.Pass, u *Unbounded) rule.Verdict {
	var rounds ast.Node = u.Outer
	if u.Walk != nil {
		rounds = u.Walk.Body
	}
	if u.Fix != CheckGroup && (u.Outer != nil || u.Walk != nil) {
		var bad ast.Node
		inspectOwn(rounds, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && n.Pos() < u.Stmt.Pos() {
				if fn := callee(pass.Info, call); fn != nil && fn.Pkg() != nil {
					switch fn.Pkg().Path() + "." + fn.Name() {
					case "context.WithTimeout", "context.WithDeadline", "context.WithTimeoutCause", "context.WithDeadlineCause", "time.NewTimer", "time.After", "time.AfterFunc":
						bad = n
					}
				}
			}
			return bad == nil
		})
		if bad != nil {
			return rule.Refuse(bad.Pos(), "an item's clock starts here, before its goroutine has a slot: it would run out while the item waits")
		}
	}
	return rule.Holds(u.Stmt.Pos(), "no clock of an item runs while it waits for its slot")
}

// afterFailure: a bounded group goes on starting items after one has failed
// (golang/go#61611), unless somebody looks at its context.
func afterFailure(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch {
	case u.How != GroupGo || u.CtxName == nil:
		return rule.Holds(at, "no failure cancels the others, as before")
	case !u.Deaf:
		return rule.Holds(at, "the items look at the group's context, so those that start after a failure end at once")
	case u.Ctx != nil && !meansHere(pass, u.CtxName.Name, u.Ctx, u.Stmt.Pos()):
		return rule.Refuse(at, fmt.Sprintf("%s means another context where the items are started: there is no name to look at the group's by", u.CtxName.Name))
	case u.Received != "":
		return rule.Refuse(at, fmt.Sprintf("nothing looks at the group's context, and an item that is passed over would not send on %s, where one value an item is waited for", u.Received))
	case u.Lit == nil || resultsOf(u.Lit) != 1:
		return rule.Refuse(at, "nothing looks at the group's context, and there is no body to add the look to")
	case u.Fix == CheckGroup && u.Joined == nil:
		return rule.Refuse(at, "nobody waits for the group here")
	}
	return rule.Assumed(at, "an item that has not started when another has failed is taken not to matter: Wait gives the first error either way")
}

func resultsOf(lit *ast.FuncLit) int {
	if lit.Type.Results == nil {
		return 0
	}
	return lit.Type.Results.NumFields()
}

// slotHeedsContext: waiting for a slot must end when the caller gives up.
func slotHeedsContext(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch {
	case u.Fix == CheckGroup:
		return rule.Holds(at, "the wait for a slot stays as it was")
	case !contextInScope(pass.Info, u.Place):
		return rule.Holds(at, "there is no context to heed")
	case u.waitsWithContext(pass.Info):
		return rule.Holds(at, "the wait for a slot ends with "+u.Give)
	case u.Collects != "" && u.leavesOnContext(pass.Info):
		return rule.Refuse(at, "behind the loop the function leaves when its context ends, and looks at what has failed; a wait for a slot can't do both")
	case u.checks():
		return rule.Holds(at, "an item that starts after the context has ended returns at once")
	case u.passesContext(pass.Info):
		return rule.Assumed(at, "the items are given a context: they are taken to end with it, and so does the wait for a slot")
	}
	return rule.Assumed(at, "the items don't look at the context: when it ends, those under way and those still waiting for a slot are done to the end, as before")
}

// contextInScope tells whether the function has a context parameter.
func contextInScope(info *types.Info, p Place) bool {
	for _, f := range p.Type.Params.List {
		if t := info.TypeOf(f.Type); t != nil && effects.IsContext(t) {
			return true
		}
	}
	return false
}

// waitsWithContext tells whether the wait for a slot can end with the function's
// context, and notes its name: where nobody waits for the goroutines, and the
// function's only result is an error to say so with. A function that waits for
// them, or receives what they send, keeps its plain slot: leaving early would lose
// what the items report, and put the context's error in the place of theirs.
func (u *Unbounded) waitsWithContext(info *types.Info) bool {
	res := u.Type.Results
	if u.Fix != Semaphore || u.Joined != nil || !u.launchComesFirst() || res == nil || res.NumFields() != 1 || !isErrorType(info.TypeOf(res.List[0].Type)) {
		return false
	}
	for _, f := range u.Type.Params.List {
		for _, name := range f.Names {
			if effects.IsContext(info.TypeOf(f.Type)) && name.Name != "_" && !redeclared(info, u.Body, name.Name) {
				u.Give = name.Name
			}
		}
	}
	return u.Give != ""
}

// launchComesFirst tells whether a round starts with the launch: a return before
// anything else leaves nothing of the round half done.
func (u *Unbounded) launchComesFirst() bool {
	var list []ast.Stmt
	switch l := u.Loop.(type) {
	case *ast.ForStmt:
		list = l.Body.List
	case *ast.RangeStmt:
		list = l.Body.List
	}
	for _, s := range list {
		if s == u.Stmt {
			return u.Loop == u.Outer
		}
		if _, _, name, ok := methodCall(s); ok && name == "Add" {
			continue // the slot is taken above it
		}
		if a, ok := s.(*ast.AssignStmt); !ok || a.Tok != token.DEFINE || !plainCopies(a) {
			return false
		}
	}
	return false
}

// plainCopies tells whether a definition only copies: `x := x`.
func plainCopies(a *ast.AssignStmt) bool {
	for _, rhs := range a.Rhs {
		if !plain(rhs) {
			return false
		}
	}
	return true
}

// leavesOnContext tells whether a select behind the loop leaves when a context
// ends.
func (u *Unbounded) leavesOnContext(info *types.Info) bool {
	found := false
	inspectOwn(u.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CommClause); ok && c.Comm != nil && c.Pos() > u.Stmt.End() {
			if x := effects.Received(c.Comm); x != nil && isContextDone(info, x) {
				found = true
			}
		}
		return !found
	})
	return found
}

// redeclared tells whether a name means something else somewhere in the body.
func redeclared(info *types.Info, body *ast.BlockStmt, name string) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name && info.Defs[id] != nil {
			found = true
		}
		return !found
	})
	return found
}

// passesContext tells whether an item hands a context to what it calls.
func (u *Unbounded) passesContext(info *types.Info) bool {
	has := func(args []ast.Expr) bool {
		for _, a := range args {
			if t := info.TypeOf(a); t != nil && effects.IsContext(t) {
				return true
			}
		}
		return false
	}
	if u.How == GoStmt && has(u.Call.Args) {
		return true
	}
	for _, c := range u.Work.Calls {
		if has(c.Expr.Args) {
			return true
		}
	}
	return false
}
