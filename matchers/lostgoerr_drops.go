package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// drops gathers the errors that the goroutine loses, in source order.
func (base *LostGoErr) drops(pass *rule.Pass, started *ast.CallExpr) []*LostGoErr {
	switch {
	case base.How == GroupGo:
		return base.atTheEnd(pass)
	case base.How == GoStmt && lastIsError(pass.Info, started):
		return []*LostGoErr{base.with(pass, DropStarted, base.Launch, started)}
	case base.Lit == nil:
		return base.inCallee(pass, started)
	}
	feed := closedFeed(pass.Info, base.Lit.Body)
	var list []*LostGoErr
	inspectOwn(base.Lit.Body, func(n ast.Node) bool {
		if l := base.droppedBy(pass, n, feed); l != nil {
			list = append(list, l)
		}
		return true
	})
	return list
}

// with is a copy of base for one drop.
func (base *LostGoErr) with(pass *rule.Pass, how DropKind, s ast.Stmt, call *ast.CallExpr) *LostGoErr {
	l := *base
	l.Drop, l.Stmt, l.Call, l.Fn = how, s, call, callee(pass.Info, call)
	return &l
}

// droppedBy reads a statement of the goroutine's own; nil where it loses nothing.
func (base *LostGoErr) droppedBy(pass *rule.Pass, n ast.Node, feed ast.Expr) *LostGoErr {
	var l *LostGoErr
	switch s := n.(type) {
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && lastIsError(pass.Info, call) {
			l = base.with(pass, DropUnchecked, s, call)
		}
	case *ast.AssignStmt:
		if call := blankCall(s); call != nil && lastIsError(pass.Info, call) {
			l = base.with(pass, DropBlank, s, call)
		}
	case *ast.IfStmt:
		if name, call := swallowed(pass.Info, s, feed != nil); call != nil {
			l = base.with(pass, DropSwallowed, s, call)
			l.Err = name
		}
	}
	if l != nil {
		l.Feed = feed
	}
	return l
}

// atTheEnd reads an errgroup's function that ends in `f(x); return nil`. What it
// drops before that is no news: it has a way to tell, and tells what it wants.
func (base *LostGoErr) atTheEnd(pass *rule.Pass) []*LostGoErr {
	list := base.Lit.Body.List
	if len(list) < 2 {
		return nil
	}
	ret, ok := list[len(list)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 || !pass.Info.Types[ret.Results[0]].IsNil() {
		return nil
	}
	l := base.droppedBy(pass, list[len(list)-2], nil)
	if l == nil || l.Drop == DropSwallowed {
		return nil
	}
	l.Tail = ret
	_, recv, _, _ := methodCall(l.Launch)
	for _, g := range groupsIn(pass, l.Decl) {
		if g.Kind == ErrGroup && g.Text == types.ExprString(recv) && l.uses(g) {
			l.Group = g
		}
	}
	if l.Group == nil {
		return nil
	}
	if l.Group.Made == nil || l.Group.handed() != nil || l.waitIsLookedAt() {
		l.Fix = FixReturn
	}
	return []*LostGoErr{l}
}

// uses tells whether the launch is one of the group's own.
func (l *LostGoErr) uses(g *Group) bool {
	for _, op := range g.ops(GroupGoes, GroupTryGoes) {
		if op.Lit == l.Lit {
			return true
		}
	}
	return false
}

// inCallee looks into a started function of this package that can't tell of an
// error, and closes its channel whatever happened.
func (base *LostGoErr) inCallee(pass *rule.Pass, started *ast.CallExpr) []*LostGoErr {
	fn := callee(pass.Info, started)
	if base.How != GoStmt || fn == nil || fn.Signature().Results().Len() > 0 {
		return nil
	}
	decl := pass.Effects.Decl(fn)
	if decl == nil {
		return nil
	}
	feed := closedFeed(pass.Info, decl.Body)
	if feed == nil {
		return nil
	}
	var list []*LostGoErr
	inspectOwn(decl.Body, func(n ast.Node) bool {
		if l := base.droppedBy(pass, n, feed); l != nil && len(list) == 0 && realError(pass, l.Call) == "" && notOnPurposeIn(pass, decl, l.Stmt) {
			l.In = fn
			list = append(list, l)
		}
		return true
	})
	return list
}

// closedFeed is the channel that a function sends on itself and closes at its end:
// `defer close(ch)`. Nobody who receives can tell a failure from the end.
func closedFeed(info *types.Info, body *ast.BlockStmt) ast.Expr {
	for _, s := range body.List {
		d, ok := s.(*ast.DeferStmt)
		if !ok {
			continue
		}
		id := calleeIdent(d.Call)
		if id == nil || len(d.Call.Args) != 1 || info.Uses[id] != types.Universe.Lookup("close") {
			continue
		}
		ch := types.ExprString(d.Call.Args[0])
		used := false
		ast.Inspect(body, func(n ast.Node) bool { // also in the callbacks that it hands out
			switch n := n.(type) {
			case *ast.SendStmt:
				used = used || types.ExprString(n.Chan) == ch
			case *ast.CallExpr:
				for _, a := range n.Args {
					used = used || n != d.Call && types.ExprString(a) == ch
				}
			}
			return !used
		})
		if used {
			return d.Call.Args[0]
		}
	}
	return nil
}

// blankCall is the call of `_ = f(x)` or `_, _ = f(x)`.
func blankCall(s *ast.AssignStmt) *ast.CallExpr {
	if len(s.Rhs) != 1 {
		return nil
	}
	for _, lhs := range s.Lhs {
		if id, ok := lhs.(*ast.Ident); !ok || id.Name != "_" {
			return nil
		}
	}
	call, _ := ast.Unparen(s.Rhs[0]).(*ast.CallExpr)
	return call
}

// swallowed reads an if that asks for an error and does nothing with it but leave.
//
//	if err := f(x); err != nil { return }
//	if f(x) != nil { break }                  (feeds)
func swallowed(info *types.Info, s *ast.IfStmt, feeds bool) (name string, call *ast.CallExpr) {
	cond, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
	if !ok || s.Else != nil || cond.Op != token.NEQ || !info.Types[cond.Y].IsNil() || !justLeaves(s.Body) {
		return "", nil
	}
	if call, ok = ast.Unparen(cond.X).(*ast.CallExpr); ok && s.Init == nil && feeds && len(s.Body.List) > 0 && lastIsError(info, call) {
		return "err", call
	}
	init, ok := s.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE || len(init.Rhs) != 1 {
		return "", nil
	}
	id, ok := init.Lhs[len(init.Lhs)-1].(*ast.Ident)
	call, isCall := ast.Unparen(init.Rhs[0]).(*ast.CallExpr)
	if !ok || !isCall || !isUse(info, cond.X, id) || !lastIsError(info, call) {
		return "", nil
	}
	return id.Name, call
}

// justLeaves tells whether a body is empty or a single bare return, break or goto.
func justLeaves(body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return true
	}
	switch s := body.List[0].(type) {
	case *ast.ReturnStmt:
		return len(body.List) == 1 && len(s.Results) == 0
	case *ast.BranchStmt:
		return len(body.List) == 1 && s.Tok != token.CONTINUE
	}
	return false
}

// lastIsError tells whether a call's last result is an error: the type itself, and
// nothing that implements it (hazard B10).
func lastIsError(info *types.Info, call *ast.CallExpr) bool {
	t := info.TypeOf(call)
	if tuple, ok := t.(*types.Tuple); ok {
		if tuple.Len() == 0 {
			return false
		}
		t = tuple.At(tuple.Len() - 1).Type()
	}
	return isErrorType(t)
}
