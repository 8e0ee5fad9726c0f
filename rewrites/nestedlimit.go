package rewrites

import (
	"go/ast"
	"go/token"
	"strconv"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// NestedLimit runs the work in place where no slot is free.
//
//	g.Go(func() error { ... })
//	=>
//	work := func() error { ... }
//	if !g.TryGo(work) {
//		if err := work(); err != nil {
//			return err
//		}
//	}
func NestedLimit(pass *rule.Pass, n *matchers.NestedLimit) (*patch.Patch, error) {
	return inDecl(pass, n.File, n.Decl, "Run it here where no slot is free", func(d *declaration) error {
		stmt, err := node[*dst.ExprStmt](d, n.Stmt)
		if err != nil {
			return err
		}
		if d.taken("nil") {
			return refuse("F4", "nil means something else here")
		}
		goes := stmt.X.(*dst.CallExpr)
		work, try := goes.Args[0], dst.Clone(goes).(*dst.CallExpr)
		try.Fun.(*dst.SelectorExpr).Sel.Name = "TryGo"
		if name, named := n.Call.Args[0].(*ast.Ident); named {
			here := orHere(try, name.Name)
			if err := d.replace(stmt, here); err != nil {
				return err
			}
			openWith(here.Body, here)
			return nil
		}
		name := d.numbered("work", n.Number)
		try.Args = []dst.Expr{ident(name)}
		goes.Args = nil
		made := define(name, work)
		if err := d.replace(stmt, made); err != nil {
			return err
		}
		return d.insertAfter(made, orHere(try, name))
	})
}

// orHere writes `if !g.TryGo(work) { if err := work(); err != nil { return err } }`.
func orHere(try *dst.CallExpr, work string) *dst.IfStmt {
	here := &dst.IfStmt{
		Init: define("err", call(ident(work))),
		Cond: &dst.BinaryExpr{X: ident("err"), Op: token.NEQ, Y: ident("nil")},
		Body: &dst.BlockStmt{List: []dst.Stmt{&dst.ReturnStmt{Results: []dst.Expr{ident("err")}}}},
	}
	here.Decs.Before, here.Decs.After = dst.NewLine, dst.NewLine
	return &dst.IfStmt{
		Cond: &dst.UnaryExpr{Op: token.NOT, X: try},
		Body: &dst.BlockStmt{List: []dst.Stmt{here}},
	}
}

// numbered is a fresh name for the n-th place of a declaration that needs one:
// the patches of two places must not declare the same.
func (d *declaration) numbered(name string, n int) string {
	if n > 1 {
		name += strconv.Itoa(n)
	}
	return d.fresh(name)
}
