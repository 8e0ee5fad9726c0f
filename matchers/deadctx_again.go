package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// A groupMove makes the group anew in every round of the loop that waits for it:
//
//	g, ctx := errgroup.WithContext(ctx)
//	for _, p := range phases {
//		g.Go(...)
//		g.Wait()
//	}
type groupMove struct {
	Stmts  []ast.Stmt // the statement that makes the group, and its SetLimit
	Before ast.Stmt   // in the loop's body
}

// planMove looks whether the group can be made in the loop instead of above it;
// nil with the reason where it can't, "" for a group that no loop waits for.
func (s *DeadCtx) planMove(pass *rule.Pass) (*groupMove, string) {
	made, ok := s.Made.(*ast.AssignStmt)
	if !ok || made.Tok != token.DEFINE {
		return nil, "it is declared elsewhere"
	}
	list, at := listOf(s.Body, made)
	if at < 0 {
		return nil, "it is made in the head of a statement"
	}
	m := &groupMove{Stmts: []ast.Stmt{made}}
	for at++; at < len(list) && s.setsLimit(pass, list[at]); at++ {
		m.Stmts = append(m.Stmts, list[at])
	}
	body := loopBody(list[at:], s.again)
	switch {
	case body == nil:
		return nil, "" // it has phases, and no rounds
	case !s.livesIn(pass, body, m.Stmts):
		return nil, "it is used outside the loop, too"
	case !s.waitsEachRound(body):
		return nil, "not every round waits for it"
	}
	first := slices.IndexFunc(body.List, func(st ast.Stmt) bool { return s.mentions(pass, st) })
	m.Before = body.List[first]
	if why := s.namesFree(pass, body, m.Before); why != "" {
		return nil, why
	}
	return m, ""
}

// listOf is the list of statements that holds st, and its place there.
func listOf(root ast.Node, st ast.Stmt) (list []ast.Stmt, at int) {
	at = -1
	ast.Inspect(root, func(n ast.Node) bool {
		var l []ast.Stmt
		switch n := n.(type) {
		case *ast.BlockStmt:
			l = n.List
		case *ast.CaseClause:
			l = n.Body
		case *ast.CommClause:
			l = n.Body
		}
		if i := slices.Index(l, st); i >= 0 {
			list, at = l, i
		}
		return at < 0
	})
	return list, at
}

// setsLimit reads `g.SetLimit(n)` with a constant.
func (s *DeadCtx) setsLimit(pass *rule.Pass, st ast.Stmt) bool {
	call, recv, name, ok := methodCall(st)
	if !ok || name != "SetLimit" || len(call.Args) != 1 {
		return false
	}
	id, ok := ast.Unparen(recv).(*ast.Ident)
	return ok && pass.Info.Uses[id] == types.Object(s.Group) && pass.Info.Types[call.Args[0]].Value != nil
}

// loopBody is the body of the one loop among the statements that holds all calls.
func loopBody(list []ast.Stmt, calls []*ast.CallExpr) *ast.BlockStmt {
	for _, st := range list {
		var body *ast.BlockStmt
		switch l := st.(type) {
		case *ast.ForStmt:
			body = l.Body
		case *ast.RangeStmt:
			body = l.Body
		default:
			continue
		}
		if !slices.ContainsFunc(calls, func(c *ast.CallExpr) bool { return !within(c, body) }) {
			return body
		}
	}
	return nil
}

// livesIn tells whether everything is done with the group and its context in
// the loop's body, but for what moves along and, where the context hides the
// outer one, for what comes behind the loop and means that one.
func (s *DeadCtx) livesIn(pass *rule.Pass, body *ast.BlockStmt, moved []ast.Stmt) bool {
	for _, id := range uses(pass.Info, s.Decl, s.Group) {
		if !within(id, body) && !slices.ContainsFunc(moved, func(st ast.Stmt) bool { return within(id, st) }) {
			return false
		}
	}
	for _, u := range s.uses {
		if u.of == 0 && u.kind == ctxTarget {
			return false
		}
		behind := s.Rename && u.id.Pos() > body.End() && u.when&ctxLive == 0
		before := u.when&^ctxOther == 0 && u.id.Pos() < s.Made.Pos()
		if u.of == 0 && u.kind != ctxParent && !within(u.id, body) && !behind && !before {
			return false
		}
	}
	return true
}

// waitsEachRound tells whether the body waits in a statement of its own, behind
// all that it starts, and no round ends before that.
func (s *DeadCtx) waitsEachRound(body *ast.BlockStmt) bool {
	at := slices.IndexFunc(body.List, func(st ast.Stmt) bool {
		var head ast.Node = st
		if cond, ok := st.(*ast.IfStmt); ok {
			if head = cond.Cond; cond.Init != nil {
				head = cond.Init
			}
		}
		switch head.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.SelectStmt, *ast.GoStmt, *ast.DeferStmt, *ast.TypeSwitchStmt:
			return false
		}
		return slices.ContainsFunc(s.waits, func(w *ast.CallExpr) bool { return within(w, head) })
	})
	if at < 0 {
		return false
	}
	early := slices.ContainsFunc(s.again, func(c *ast.CallExpr) bool { return c.Pos() > body.List[at].Pos() })
	for _, st := range body.List[:at] {
		inspectOwn(st, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				return false // its own rounds
			case *ast.BranchStmt:
				early = early || n.Tok == token.CONTINUE || n.Tok == token.GOTO
			case *ast.LabeledStmt:
				early = true
			}
			return true
		})
	}
	return !early && !hasLabelled(body)
}

// hasLabelled tells whether a statement in the body names a label.
func hasLabelled(body *ast.BlockStmt) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		b, ok := n.(*ast.BranchStmt)
		found = found || ok && b.Label != nil
		return !found
	})
	return found
}

// mentions tells whether a statement names the group or its context.
func (s *DeadCtx) mentions(pass *rule.Pass, st ast.Stmt) bool {
	return len(uses(pass.Info, st, s.Group)) > 0 || len(uses(pass.Info, st, s.Ctx)) > 0
}

// namesFree says why the two names can't be declared in the loop's body, "" if
// they can. A `ctx, cancel := context.WithTimeout(ctx, d)` of the body would then
// assign the context and not hide it, which is as good where nobody else looks.
func (s *DeadCtx) namesFree(pass *rule.Pass, body *ast.BlockStmt, before ast.Stmt) string {
	root := s.outerRoot(pass)
	if root == nil || !meansHere(pass, root.Name, pass.Info.Uses[root], before.Pos()) {
		return s.Outer + " means something else there"
	}
	scope := pass.Info.Scopes[body]
	if scope == nil || scope.Lookup(s.Group.Name()) != nil {
		return s.Group.Name() + " is declared there"
	}
	other := scope.Lookup(s.Ctx.Name())
	if other == nil {
		return ""
	}
	taken := fmt.Sprintf("%s is declared there", s.Ctx.Name())
	for _, st := range body.List {
		a, ok := st.(*ast.AssignStmt)
		if !ok || other.Pos() < a.Pos() || other.Pos() >= a.End() {
			continue
		}
		fresh := slices.ContainsFunc(a.Lhs, func(x ast.Expr) bool {
			id, ok := x.(*ast.Ident)
			return ok && id.Name != "_" && pass.Info.Defs[id] != nil && pass.Info.Defs[id] != other
		})
		for _, id := range uses(pass.Info, body, s.Ctx) {
			fresh = fresh && within(id, a)
		}
		if fresh && types.Identical(other.Type(), s.Ctx.Type()) {
			for _, id := range uses(pass.Info, body, other) {
				s.Turned = append(s.Turned, id)
			}
			return ""
		}
	}
	return taken
}
