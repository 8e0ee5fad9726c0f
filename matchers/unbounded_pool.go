package matchers

import (
	"go/ast"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// poolFits: a pool shares the items out over a channel, so an item must be one
// value, and the body must be what one round of a worker can do.
func poolFits(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	no := func(why string) rule.Verdict {
		return rule.Refuse(at, "a pool doesn't fit here: "+why+" (--form auto bounds it with a semaphore)")
	}
	r, ok := u.Loop.(*ast.RangeStmt)
	switch {
	case !ok || u.Loop != u.Outer:
		return no("the loop is not one range over the items")
	case u.Lit == nil || len(u.Call.Args) > 0 && u.How == GoStmt:
		return no("the goroutine's body is not a literal without parameters")
	case u.Joined == nil || u.Joined.Pos() < r.End():
		return no("nobody waits for the goroutines behind the loop")
	case u.PoolItem(pass.Info) == nil:
		return no("an item is not exactly one variable of the loop")
	case !u.onlyLaunches():
		return no("the loop does more than start goroutines")
	case !u.countsWorkers(pass.Info):
		return no("the WaitGroup counts the items in a way that workers don't")
	case leaves(u.Lit.Body):
		return no("the body returns early, defers or recovers, which ends a worker and not an item")
	}
	return rule.Holds(at, "each worker runs the unchanged body for one item after the other")
}

// PoolItem is the one variable of the range that the items travel in; nil when
// there are none or two.
func (u *Unbounded) PoolItem(info *types.Info) *ast.Ident {
	r, ok := u.Loop.(*ast.RangeStmt)
	if !ok {
		return nil
	}
	var item *ast.Ident
	for _, x := range []ast.Expr{r.Key, r.Value} {
		id, ok := x.(*ast.Ident)
		if !ok || id.Name == "_" {
			continue
		}
		if item != nil || info.Defs[id] == nil {
			return nil
		}
		item = id
	}
	return item
}

// onlyLaunches tells whether the loop's body is the launch, with at most an Add
// before it.
func (u *Unbounded) onlyLaunches() bool {
	list := u.Loop.(*ast.RangeStmt).Body.List
	if len(list) == 2 {
		if _, _, name, ok := methodCall(list[0]); !ok || name != "Add" {
			return false
		}
		list = list[1:]
	}
	return len(list) == 1 && list[0] == u.Stmt
}

// leaves tells whether a body returns early, or defers anything but Done.
func leaves(body *ast.BlockStmt) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt:
			found = true
		case *ast.DeferStmt:
			_, _, name, ok := methodCall(n)
			found = found || !ok || name != "Done"
			return false
		case *ast.BranchStmt:
			found = found || n.Label != nil
		}
		return !found
	})
	return found
}

// countsWorkers tells whether the WaitGroup can count workers instead of items:
// one Add(1) before each go statement, and one Done, deferred first.
func (u *Unbounded) countsWorkers(info *types.Info) bool {
	if u.How == WaitGroupGo {
		return true
	}
	list := u.Loop.(*ast.RangeStmt).Body.List
	call, _, _, ok := methodCall(list[0])
	one := 0
	if !ok || len(list) != 2 || len(call.Args) != 1 || !constInt(info, call.Args[0], &one) || one != 1 {
		return false
	}
	done := 0
	ast.Inspect(u.Lit.Body, func(n ast.Node) bool {
		if c, isCall := n.(*ast.CallExpr); isCall {
			if _, _, name, ok := methodCall(c); ok && name == "Done" {
				done++
			}
		}
		return true
	})
	if len(u.Lit.Body.List) == 0 {
		return false
	}
	d, ok := u.Lit.Body.List[0].(*ast.DeferStmt)
	if !ok {
		return false
	}
	_, _, name, ok := methodCall(d)
	return ok && name == "Done" && done == 1
}
