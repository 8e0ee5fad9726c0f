package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// ifStmt reads both branches, each under what the condition says.
func (w *walker) ifStmt(s *ast.IfStmt) {
	w.optional(s.Init)
	w.expr(s.Cond)
	then, other := w.singlesOut(s)
	failing, tested := w.failing, len(w.tested)
	if saysFailed(w.info, s.Cond) {
		w.failing++
	}
	if b, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr); ok && isNotNil(w.info, b) {
		if id, ok := ast.Unparen(b.X).(*ast.Ident); ok {
			w.tested = append(w.tested, w.info.Uses[id])
		}
	}
	before, asks := w.stance, w.asksParam(s.Cond)
	if then {
		w.lone = s
	}
	if asks {
		w.veiled = true
	}
	w.list(s.Body.List)
	w.failing, w.tested = failing, w.tested[:tested]
	after := w.stance
	if asks {
		after.veiled = before.veiled
	}
	w.stance = before
	if other {
		w.lone = s
	}
	if s.Else != nil {
		w.statement(s.Else)
	}
	switch {
	case endsHere(s.Body):
	case s.Else != nil && endsHere(s.Else):
		w.stance = after
	default:
		lone := before.lone
		w.join(after)
		w.lone = lone
	}
}

// asksParam tells whether a function that is called asks a switch that its caller
// sets: what stands behind it happens in some calls only.
func (w *walker) asksParam(cond ast.Expr) bool {
	body, ok := w.root.(*ast.BlockStmt)
	id, isIdent := ast.Unparen(cond).(*ast.Ident)
	if !ok || w.skip != nil || !isIdent {
		return false
	}
	v, ok := w.info.Uses[id].(*types.Var)
	return ok && v.Pos() < body.Pos()
}

// endsHere tells whether nothing behind a statement in its list runs after it.
func endsHere(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	case *ast.BlockStmt:
		return len(s.List) > 0 && endsHere(s.List[len(s.List)-1])
	case *ast.LabeledStmt:
		return endsHere(s.Stmt)
	case *ast.IfStmt:
		return s.Else != nil && endsHere(s.Body) && endsHere(s.Else)
	case *ast.SelectStmt:
		return allLeave(s.Body)
	case *ast.SwitchStmt:
		return hasDefault(s.Body) && allLeave(s.Body)
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		id := calleeIdent(call)
		return id != nil && id.Name == "panic"
	}
	return false
}

func allLeave(body *ast.BlockStmt) bool {
	for _, c := range body.List {
		if list := stmtsOf(c); len(list) == 0 || !endsHere(list[len(list)-1]) {
			return false
		}
	}
	return true
}

func hasDefault(body *ast.BlockStmt) bool {
	for _, c := range body.List {
		if cc, ok := c.(*ast.CaseClause); ok && cc.List == nil {
			return true
		}
	}
	return false
}

// join goes on where two ways meet. What may have been waited for counts as
// waited for, and a lock that one of them holds as held.
func (w *walker) join(s stance) {
	for _, l := range s.locks {
		if !slices.ContainsFunc(w.locks, func(m heldLock) bool { return m.text == l.text }) {
			w.lock(l.text, l.x, l.read)
		}
	}
	w.veiled, w.waited = w.veiled || s.veiled, w.waited || s.waited
	w.asked, w.met = w.asked || s.asked, w.met || s.met
}

// saysFailed tells whether a condition holds only when something has failed.
func saysFailed(info *types.Info, cond ast.Expr) bool {
	if b, ok := ast.Unparen(cond).(*ast.BinaryExpr); ok && b.Op == token.LAND {
		return saysFailed(info, b.X) || saysFailed(info, b.Y)
	}
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && isNotNil(info, cond) && isErrorVar(info, b.X)
}

func (w *walker) forStmt(s *ast.ForStmt) {
	w.optional(s.Init)
	before := w.stance
	if s.Cond != nil {
		w.expr(s.Cond)
	}
	w.list(s.Body.List)
	w.optional(s.Post)
	w.join(before)
}

func (w *walker) rangeStmt(s *ast.RangeStmt) {
	if !w.inMap(s.X, actRead, s) {
		w.expr(s.X)
	}
	before := w.stance
	if t := w.info.TypeOf(s.X); t != nil {
		if _, isChan := t.Underlying().(*types.Chan); isChan {
			w.channel(event{s.Pos(), eventRange, s.X})
		}
	}
	if s.Tok == token.ASSIGN {
		for _, x := range []ast.Expr{s.Key, s.Value} {
			if x != nil {
				w.write(x, actAssign, s)
			}
		}
	}
	w.list(s.Body.List)
	w.join(before)
}

// clauses reads the cases of a switch or a select. tag is what a switch compares.
func (w *walker) clauses(body *ast.BlockStmt, tag ast.Expr) {
	before := w.stance
	out := before
	for _, c := range body.List {
		w.stance = before
		var list []ast.Stmt
		switch c := c.(type) {
		case *ast.CaseClause:
			for _, x := range c.List {
				w.expr(x)
			}
			if tag != nil && w.isRound(tag) || tag == nil && len(c.List) == 1 && w.oneRound(c.List[0], token.EQL) {
				w.lone = c
			}
			list = c.Body
		case *ast.CommClause:
			w.optional(c.Comm)
			list = c.Body
		}
		w.list(list)
		if len(list) > 0 && endsHere(list[len(list)-1]) {
			continue
		}
		after := w.stance
		w.stance = out
		w.join(after)
		out = w.stance
	}
	w.stance = out
	w.lone = before.lone
}
