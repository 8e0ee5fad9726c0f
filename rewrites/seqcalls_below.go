package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// below is what stays of the old statements, in their order.
func (w *seqWriter) below(old []dst.Stmt) ([]dst.Stmt, error) {
	moved := map[dst.Stmt][]dst.Stmt{} // what each is replaced by
	for _, h := range w.s.Hoist {
		st, err := node[dst.Stmt](w.d, h)
		if err != nil {
			return nil, err
		}
		moved[st] = nil
	}
	var inner []*matchers.Launched
	checks := map[dst.Stmt]bool{}
	for _, l := range w.s.Calls {
		by, check, err := w.rest(l)
		if err != nil {
			return nil, err
		}
		call, err := node[dst.Stmt](w.d, l.Stmts[0])
		if err != nil {
			return nil, err
		}
		if check != nil {
			checks[check] = true
		}
		moved[call] = by
		if l.Cond != nil {
			inner = append(inner, l)
		}
		if l.Check != nil && w.s.Form == rule.FormErrgroup {
			st, err := node[dst.Stmt](w.d, l.Check)
			if err != nil {
				return nil, err
			}
			moved[call], moved[st] = nil, nil
		}
		w.namesAnew(l)
	}
	for _, l := range inner {
		body, err := node[*dst.BlockStmt](w.d, l.Cond.Body)
		if err != nil {
			return nil, err
		}
		if body.List = settle(body.List, moved, checks); len(body.List) == 0 {
			st, err := node[dst.Stmt](w.d, l.Cond)
			if err != nil {
				return nil, err
			}
			moved[st] = nil
		}
	}
	return settle(old, moved, checks), nil
}

// settle replaces statements; checks that came to stand together keep together.
func settle(old []dst.Stmt, moved map[dst.Stmt][]dst.Stmt, checks map[dst.Stmt]bool) []dst.Stmt {
	var list []dst.Stmt
	gap := false
	for _, st := range old {
		by, gone := moved[st]
		if !gone {
			if gap && st.Decorations().Before == dst.NewLine && len(list) > 0 && !checks[st] {
				st.Decorations().Before = dst.EmptyLine
			}
			list, gap = append(list, st), false
			continue
		}
		gap = st.Decorations().Before == dst.EmptyLine
		for _, n := range by {
			n.Decorations().Before = dst.NewLine
			if n.Decorations().After == dst.None {
				n.Decorations().After = dst.NewLine
			}
		}
		list = append(list, by...)
	}
	for i, st := range list {
		if checks[st] {
			if len(st.Decorations().Start) == 0 || i == 0 || checks[list[i-1]] {
				st.Decorations().Before = dst.NewLine
			}
			if i+1 < len(list) && checks[list[i+1]] {
				st.Decorations().After = dst.NewLine
			}
		}
	}
	return list
}

// rest is what stands behind Wait in the place of the call: nothing, the
// assignment of what could not be assigned early, or the check with its head.
//
//	if err != nil {          if x, err = f(ctx); err != nil {
//	=>                       =>
//	if err := xErr; err != nil {     if x, err = x2, xErr; err != nil {
func (w *seqWriter) rest(l *matchers.Launched) (by []dst.Stmt, check dst.Stmt, err error) {
	assign := &dst.AssignStmt{Tok: token.ASSIGN}
	for i, r := range l.Results {
		if l.To[i] != matchers.ToLater {
			continue
		}
		from := w.temps[l][i]
		if i == l.Err {
			from = w.errs[l]
		}
		x, err := node[dst.Expr](w.d, r.Lhs)
		if err != nil {
			return nil, nil, err
		}
		if r.New {
			assign.Tok = token.DEFINE
		}
		assign.Lhs, assign.Rhs = append(assign.Lhs, x), append(assign.Rhs, ident(from))
	}
	if l.Check == nil {
		if len(assign.Lhs) > 0 {
			by = append(by, assign)
		}
		return by, nil, nil
	}
	head, err := node[*dst.IfStmt](w.d, l.Check)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case l.InHead:
		head.Init = assign
		return []dst.Stmt{head}, head, nil
	case l.To[l.Err] == matchers.ToCheck:
		head.Init = define(l.ErrVar().Name(), ident(w.errs[l]))
	}
	if len(assign.Lhs) > 0 {
		by = append(by, assign)
	}
	return by, head, nil
}

// namesAnew notes the names of an error that each check now has for itself.
func (w *seqWriter) namesAnew(l *matchers.Launched) {
	if l.Err < 0 || l.To[l.Err] != matchers.ToCheck {
		return
	}
	w.d.writeAnew(l.Check, l.ErrVar())
	if !l.Results[l.Err].New {
		return
	}
	ast.Inspect(w.d.decl, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Pos() > l.Stmts[0].End() && w.d.pass.Info.Uses[id] == types.Object(l.ErrVar()) {
			w.d.anew = append(w.d.anew, id)
		}
		return true
	})
}
