package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// outerIsAtHand: what stands behind Wait needs a name for the context that the
// group was made from, and what stands before it one for the group's.
func outerIsAtHand(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	if s.stuck == nil {
		s.checkOuter(pass)
	}
	if s.stuck == nil && s.Rename && s.Move == nil {
		s.checkRename(pass)
	}
	if s.stuck == nil {
		s.checkCancelled(pass)
	}
	if s.stuck != nil {
		return rule.Refuse(s.stuck.at, s.stuck.reason)
	}
	return rule.Holds(s.Maker.Pos(), fmt.Sprintf("%s, which the group is made from, is at hand behind Wait", s.Outer))
}

// checkOuter looks at the expression that the group is made from.
func (s *DeadCtx) checkOuter(pass *rule.Pass) {
	root := s.outerRoot(pass)
	if root == nil {
		s.stick(s.Maker.Pos(), fmt.Sprintf("%s was made from %s: give that context a name, for what comes behind Wait", s.Group.Name(), s.Outer))
		return
	}
	if t := pass.Info.TypeOf(s.Maker.Args[0]); !effects.IsContext(t) {
		s.stick(s.Maker.Pos(), fmt.Sprintf("%s was made from %s, which is more than a context", s.Group.Name(), s.Outer))
		return
	}
	for _, id := range s.Replace {
		if !meansHere(pass, root.Name, pass.Info.Uses[root], id.Pos()) {
			s.stick(id.Pos(), fmt.Sprintf("%s means something else at line %d", root.Name, pass.Line(id.Pos())))
			return
		}
	}
	if s.Unused && pass.Info.Defs[s.Name] == nil && !s.Rename {
		s.stick(s.Name.Pos(), fmt.Sprintf("%s is declared elsewhere, and nothing of it would be left", s.Name.Name))
	}
}

// checkCancelled looks for `ctx, cancel := context.WithCancel(parent)` above and a
// cancel() before what stands behind Wait: the outer context has ended there, too.
func (s *DeadCtx) checkCancelled(pass *rule.Pass) {
	var cancel types.Object
	inspectOwn(s.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 2 || len(a.Rhs) != 1 || a.Pos() > s.Made.Pos() {
			return true
		}
		call, ok := a.Rhs[0].(*ast.CallExpr)
		if id, isName := a.Lhs[0].(*ast.Ident); ok && isName && id.Name == s.Outer && givesContext(pass.Info, call) {
			if c, ok := a.Lhs[1].(*ast.Ident); ok && pass.Info.ObjectOf(id) == pass.Info.Uses[s.outerRoot(pass)] {
				cancel = pass.Info.ObjectOf(c)
			}
		}
		return true
	})
	if cancel == nil {
		return
	}
	inspectOwn(s.Body, func(n ast.Node) bool {
		st, ok := n.(*ast.ExprStmt)
		if !ok {
			return true
		}
		call, ok := st.X.(*ast.CallExpr)
		if ok && calleeIdent(call) != nil && pass.Info.Uses[calleeIdent(call)] == cancel && s.comesTo(st) {
			s.stick(st.Pos(), fmt.Sprintf("%s itself is cancelled at line %d: what stands behind Wait needs a context of its own", s.Outer, pass.Line(st.Pos())))
		}
		return true
	})
}

// comesTo tells whether the function may go on from a statement to what stands
// behind Wait: it stands before that, or is deferred above, and its block doesn't
// just leave.
func (s *DeadCtx) comesTo(st ast.Stmt) bool {
	list, at := listOf(s.Body, st)
	if at < 0 {
		return false
	}
	_, leaves := list[len(list)-1].(*ast.ReturnStmt)
	return slices.ContainsFunc(s.fixed, func(u *ctxUse) bool {
		inside := within(u.id, list[0]) || u.id.Pos() > list[0].Pos() && u.id.Pos() < list[len(list)-1].End()
		return (st.Pos() < u.id.Pos() || u.away == deferredCall) && (!leaves || inside || u.away == deferredCall)
	})
}

// outerRoot is the name that the outer context starts from, where writing it
// again gives the same context: ctx, s.ctx, r.Context(), context.Background().
func (s *DeadCtx) outerRoot(pass *rule.Pass) *ast.Ident {
	x := ast.Unparen(s.Maker.Args[0])
	if call, ok := x.(*ast.CallExpr); ok {
		sel, ok := call.Fun.(*ast.SelectorExpr)
		fn := callee(pass.Info, call)
		if !ok || fn == nil || fn.Pkg() == nil || len(call.Args) > 0 {
			return nil
		}
		if fn.Signature().Recv() == nil && fn.Pkg().Path() != "context" || fn.Signature().Recv() != nil && fn.Name() != "Context" {
			return nil
		}
		x = sel.X
	}
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// checkRename looks for places that would see another context than today once
// the group's has a name of its own.
func (s *DeadCtx) checkRename(pass *rule.Pass) {
	if a, ok := s.Made.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN && !s.Unused && pass.Pkg.Scope().Innermost(a.Pos()) != s.Group.Parent() {
		s.stick(a.Pos(), fmt.Sprintf("%s and %s are assigned here and declared elsewhere: the group's context needs a name of its own there", s.Group.Name(), s.Ctx.Name()))
		return
	}
	for _, u := range s.uses {
		at := u.id.Pos()
		switch {
		case u.of != 0 || u.kind == ctxTarget || u.kind == ctxParent || slices.Contains(s.fixed, u):
			continue
		case u.when&ctxLive == 0:
			if at < s.Made.Pos() && s.assigns(pass) && u.away != "" && u.away != deferredCall {
				s.stick(at, fmt.Sprintf("the function at line %d, made above the group, may see either context", pass.Line(at)))
			}
		case at < s.Made.Pos():
			s.stick(at, fmt.Sprintf("the function at line %d, made above the group, sees the group's context by the name %s", pass.Line(at), s.Ctx.Name()))
		case u.when&ctxDerived != 0:
			s.stick(at, fmt.Sprintf("%s has been assigned again by line %d: give the group's context a name of its own first", s.Ctx.Name(), pass.Line(at)))
		case u.when&ctxOther != 0:
			s.stick(at, fmt.Sprintf("%s at line %d is the group's context on some ways and the caller's on others", s.Ctx.Name(), pass.Line(at)))
		}
	}
}

// assigns tells whether the group's context took the place of the outer one in
// its own variable: `g, ctx := errgroup.WithContext(ctx)` where ctx is a parameter
// of the same function.
func (s *DeadCtx) assigns(pass *rule.Pass) bool {
	id, ok := ast.Unparen(s.Maker.Args[0]).(*ast.Ident)
	return ok && pass.Info.Uses[id] == types.Object(s.Ctx)
}

// outerIsSteady: between the group and what comes behind Wait, nobody must have
// put another context in the place of the outer one.
func outerIsSteady(pass *rule.Pass, s *DeadCtx) rule.Verdict {
	at := s.Maker.Pos()
	root := s.outerRoot(pass)
	obj := pass.Info.Uses[root]
	v, isVar := obj.(*types.Var)
	if !isVar {
		return rule.Holds(at, s.Outer+" is always the same")
	}
	if changed := s.assigned(pass, v); changed.IsValid() {
		return rule.Refuse(changed, fmt.Sprintf("%s is assigned at line %d, so it may be another context by then", v.Name(), pass.Line(changed)))
	}
	local := v.Pkg() == pass.Pkg && v.Parent() != pass.Pkg.Scope()
	switch x := ast.Unparen(s.Maker.Args[0]).(type) {
	case *ast.Ident:
		if local {
			return rule.Holds(at, fmt.Sprintf("%s is not assigned again before it is used behind Wait", v.Name()))
		}
	case *ast.CallExpr:
		if sel, ok := x.Fun.(*ast.SelectorExpr); ok && local && sel.X == ast.Expr(root) && keepsContext(v.Type()) {
			return rule.Holds(at, s.Outer+" gives the same context each time")
		}
	}
	return rule.Assumed(at, s.Outer+" is taken to be the same context behind Wait as where the group is made")
}

// keepsContext tells whether the Context method of a type gives one and the same
// context, by its documentation.
func keepsContext(t types.Type) bool {
	return isNamed(t, "net/http", "Request") || isNamed(t, "testing", "T") || isNamed(t, "testing", "B") || isNamed(t, "testing", "F")
}

// assigned is where the variable of the outer context is assigned behind the
// group, in a way that what stands behind Wait could see.
func (s *DeadCtx) assigned(pass *rule.Pass, v *types.Var) token.Pos {
	last, always := s.Made.End(), s.Move != nil
	captured := v.Pos() < s.Func.Pos() || v.Pos() >= s.Func.End()
	for _, u := range s.fixed {
		last, always = max(last, u.id.Pos()), always || u.away != ""
	}
	changed := token.NoPos
	note := func(at token.Pos) {
		if at == s.Made.Pos() || at <= s.Made.End() && !s.inLiteral(at) && (!captured || at < s.Func.Pos()) {
			return
		}
		if s.assigns(pass) && !s.inLiteral(at) {
			return // the walk has seen it: the uses in question hold the group's context
		}
		if at < last || always || captured || s.inLiteral(at) {
			changed = at
		}
	}
	inspectAssigned(pass.Info, s.Decl, v, note)
	if sel, ok := ast.Unparen(s.Maker.Args[0]).(*ast.SelectorExpr); ok {
		if field, ok := pass.Info.Uses[sel.Sel].(*types.Var); ok {
			inspectAssignedPath(pass.Info, s.Decl, field, note)
		}
	}
	return changed
}

// inLiteral tells whether a place lies in a function literal of the group's
// function: it may run at any time.
func (s *DeadCtx) inLiteral(at token.Pos) bool {
	found := false
	ast.Inspect(s.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && within(posNode(at), lit) {
			found = true
		}
		return !found
	})
	return found
}
