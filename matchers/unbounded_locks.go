package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// noLockHeld: the loop now waits for items, so it must not hold what they need.
func noLockHeld(pass *rule.Pass, u *Unbounded) rule.Verdict {
	if d, ok := u.Decl.(*ast.FuncDecl); ok && strings.HasSuffix(d.Name.Name, "Locked") {
		return rule.Refuse(u.Stmt.Pos(), d.Name.Name+" is called with a lock held, as its name says: an item that needs it would never give its slot back")
	}
	if u.yieldsUnderLock(pass) {
		return rule.Refuse(u.Loop.Pos(), "what the loop goes over takes a lock while it yields: an item that needs it would never give its slot back")
	}
	held := u.heldLocks()
	if len(held) > 0 && u.Joined != nil && u.Joined.Pos() > u.Stmt.Pos() && !u.unlocks(held) {
		return rule.Holds(u.Joined.Pos(), "the function waits for the items under the same lock, so they can't need it")
	}
	for _, name := range sortedKeys(held) {
		return rule.Refuse(held[name], fmt.Sprintf("%s is held while the loop runs: an item that needs it would never give its slot back", name))
	}
	return rule.Holds(u.Stmt.Pos(), "no lock of this function is held while the loop waits for a slot")
}

// unlocks tells whether one of the locks is given back between the loop and the
// place where the function waits for the items.
func (u *Unbounded) unlocks(held map[string]token.Pos) bool {
	found := false
	inspectOwn(u.Body, func(n ast.Node) bool {
		if _, deferred := n.(*ast.DeferStmt); deferred {
			return false
		}
		if _, recv, name, ok := methodCall(n); ok && strings.HasSuffix(strings.ToLower(name), "unlock") && n.Pos() > u.start() && n.Pos() < u.Joined.Pos() {
			_, ours := held[types.ExprString(recv)]
			found = found || ours
		}
		return !found
	})
	return found
}

// heldLocks gathers the locks that are taken and not given back where the launch
// stands.
func (u *Unbounded) heldLocks() map[string]token.Pos { return heldAt(u.Body, u.Stmt) }

// heldAt gathers the locks that a body has taken and not given back where at
// stands.
func heldAt(body *ast.BlockStmt, at ast.Node) map[string]token.Pos {
	held := map[string]token.Pos{}
	locksBefore(body.List, at, held)
	return held
}

// locksBefore follows the statements up to at. What a block does that is left
// for good (an Unlock before an early return) doesn't count behind it.
func locksBefore(list []ast.Stmt, at ast.Node, held map[string]token.Pos) {
	for _, s := range list {
		if s.Pos() >= at.Pos() {
			return
		}
		for _, inner := range blocksOf(s) {
			if len(inner) > 0 && !within(at, s) && terminates(inner[len(inner)-1]) {
				continue
			}
			locksBefore(inner, at, held)
		}
		if _, deferred := s.(*ast.DeferStmt); deferred {
			continue // a deferred Unlock comes after the loop
		}
		inspectHead(s, func(n ast.Node) {
			_, recv, name, ok := methodCall(n)
			if !ok {
				return
			}
			switch strings.ToLower(name) {
			case "lock", "rlock", "trylock", "tryrlock":
				held[types.ExprString(recv)] = n.Pos()
			case "unlock", "runlock":
				delete(held, types.ExprString(recv))
			}
		})
	}
}

// blocksOf gives the statement lists inside a statement.
func blocksOf(s ast.Stmt) (lists [][]ast.Stmt) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		lists = append(lists, s.List)
	case *ast.LabeledStmt:
		return blocksOf(s.Stmt)
	case *ast.IfStmt:
		lists = append(lists, s.Body.List)
		if s.Else != nil {
			lists = append(lists, blocksOf(s.Else)...)
		}
	case *ast.ForStmt:
		lists = append(lists, s.Body.List)
	case *ast.RangeStmt:
		lists = append(lists, s.Body.List)
	case *ast.SwitchStmt:
		for _, c := range s.Body.List {
			lists = append(lists, c.(*ast.CaseClause).Body)
		}
	}
	return lists
}

// terminates tells whether a statement leaves its block.
func terminates(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// inspectHead visits what a statement evaluates itself, its blocks left out.
func inspectHead(s ast.Stmt, visit func(ast.Node)) {
	inspectOwn(s, func(n ast.Node) bool {
		if _, block := n.(*ast.BlockStmt); block {
			return false
		}
		visit(n)
		return true
	})
}

// yieldsUnderLock tells whether the loop ranges over a function of this package
// that takes a lock.
func (u *Unbounded) yieldsUnderLock(pass *rule.Pass) bool {
	r, ok := u.Loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	call, ok := ast.Unparen(r.X).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := callee(pass.Info, call)
	if fn == nil || pass.Effects.Decl(fn) == nil {
		return false
	}
	if _, isFunc := pass.Info.TypeOf(call).Underlying().(*types.Signature); !isFunc {
		return false
	}
	locks := false
	ast.Inspect(pass.Effects.Decl(fn).Body, func(n ast.Node) bool {
		if _, _, name, ok := methodCall(n); ok && (name == "Lock" || name == "RLock") {
			locks = true
		}
		return !locks
	})
	return locks
}
