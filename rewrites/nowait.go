package rewrites

import (
	"go/token"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// NoWait waits for the group wherever the function leaves it behind.
func NoWait(pass *rule.Pass, n *matchers.NoWait) (*patch.Patch, error) {
	return inDecl(pass, n.File, n.Decl, "Wait for "+n.Group.Text+" before the function returns", func(d *declaration) error {
		if d.taken("nil") || d.taken("close") || d.taken("error") {
			return refuse("F4", "nil, close or error means something else here")
		}
		for _, l := range n.Leaves {
			if err := waitAt(d, n, l); err != nil {
				return err
			}
		}
		return nil
	})
}

// waitAt writes the wait of one leave.
//
//	return nil, err
//	=>
//	cancel()
//	close(jobs)
//	_ = g.Wait()
//	return nil, err
func waitAt(d *declaration, n *matchers.NoWait, l *matchers.NoWaitLeave) error {
	if l.Return == nil {
		return waitAtEnd(d, n)
	}
	ret, err := node[*dst.ReturnStmt](d, l.Return)
	if err != nil {
		return err
	}
	g, err := node[dst.Expr](d, n.Group.Ops[0].At)
	if err != nil {
		return err
	}
	wait := call(&dst.SelectorExpr{X: dst.Clone(g).(dst.Expr), Sel: ident("Wait")})
	if l.Give == matchers.GiveWait {
		last := len(ret.Results) - 1
		*wait.Decorations() = *ret.Results[last].Decorations()
		ret.Results[last] = wait
		return nil
	}
	var news []dst.Stmt
	if l.Cancel != "" {
		news = append(news, &dst.ExprStmt{X: call(ident(l.Cancel))})
	}
	for _, ch := range l.Close {
		news = append(news, &dst.ExprStmt{X: call(ident("close"), ident(ch))})
	}
	if l.Tell {
		news = append(news, tell(n, l, ret)...)
	}
	switch {
	case l.Give == matchers.GiveUnless:
		unless, err := unlessWait(d, l, wait)
		if err != nil {
			return err
		}
		news = append(news, unless)
	case n.WaitErrs():
		news = append(news, &dst.AssignStmt{Lhs: []dst.Expr{ident("_")}, Tok: token.ASSIGN, Rhs: []dst.Expr{wait}})
	default:
		news = append(news, &dst.ExprStmt{X: wait})
	}
	return d.insertBefore(ret, news...)
}

// waitAtEnd waits where the body ends.
func waitAtEnd(d *declaration, n *matchers.NoWait) error {
	body, err := node[*dst.BlockStmt](d, n.Body)
	if err != nil {
		return err
	}
	g, err := node[dst.Expr](d, n.Group.Ops[0].At)
	if err != nil {
		return err
	}
	var s dst.Stmt = &dst.ExprStmt{X: call(&dst.SelectorExpr{X: dst.Clone(g).(dst.Expr), Sel: ident("Wait")})}
	if n.WaitErrs() {
		s = &dst.AssignStmt{Lhs: []dst.Expr{ident("_")}, Tok: token.ASSIGN, Rhs: []dst.Expr{s.(*dst.ExprStmt).X}}
	}
	last := body.List[len(body.List)-1]
	return d.insertAfter(last, s)
}

// tell hands a failure to the group, so that its context ends.
//
//	return nil, errors.New(...)
//	=>
//	err := errors.New(...)
//	g.Go(func() error { return err })
//	return nil, err
func tell(n *matchers.NoWait, l *matchers.NoWaitLeave, ret *dst.ReturnStmt) []dst.Stmt {
	var news []dst.Stmt
	name := l.With
	if name == "" {
		name = "err"
		last := len(ret.Results) - 1
		news = append(news, define(name, ret.Results[last]))
		ret.Results[last] = ident(name)
	}
	give := &dst.FuncLit{
		Type: &dst.FuncType{
			Func:    true,
			Params:  &dst.FieldList{Opening: true, Closing: true},
			Results: &dst.FieldList{List: []*dst.Field{{Type: ident("error")}}},
		},
		Body: &dst.BlockStmt{List: []dst.Stmt{&dst.ReturnStmt{Results: []dst.Expr{ident(name)}}}},
	}
	return append(news, &dst.ExprStmt{X: call(selector(n.Group.Text, "Go"), give)})
}

// unlessWait returns the group's error, where it has one.
//
//	if err := g.Wait(); err != nil {
//		return nil, err
//	}
func unlessWait(d *declaration, l *matchers.NoWaitLeave, wait dst.Expr) (dst.Stmt, error) {
	back := &dst.ReturnStmt{}
	for _, x := range l.Return.Results[:len(l.Return.Results)-1] {
		zero, err := parseExpr(matchers.ZeroOf(d.pass.Info, x))
		if err != nil {
			return nil, err
		}
		back.Results = append(back.Results, zero)
	}
	back.Results = append(back.Results, ident("err"))
	back.Decs.Before, back.Decs.After = dst.NewLine, dst.NewLine
	return &dst.IfStmt{
		Init: define("err", wait),
		Cond: &dst.BinaryExpr{X: ident("err"), Op: token.NEQ, Y: ident("nil")},
		Body: &dst.BlockStmt{List: []dst.Stmt{back}},
	}, nil
}
