package rewrites

import (
	"go/token"
	"slices"
	"strings"

	"github.com/dave/dst"
)

// list finds the statement list that holds s, and s's index in it.
func (d *declaration) list(s dst.Stmt) (*[]dst.Stmt, int) {
	var list *[]dst.Stmt
	at := -1
	look := func(l *[]dst.Stmt) {
		if i := slices.Index(*l, s); i >= 0 {
			list, at = l, i
		}
	}
	dst.Inspect(d.tree, func(n dst.Node) bool {
		switch n := n.(type) {
		case *dst.BlockStmt:
			look(&n.List)
		case *dst.CaseClause:
			look(&n.Body)
		case *dst.CommClause:
			look(&n.Body)
		}
		return at < 0
	})
	return list, at
}

// insertBefore puts news on lines of their own above s, whose comments stay
// with it.
func (d *declaration) insertBefore(s dst.Stmt, news ...dst.Stmt) error {
	list, at := d.list(s)
	if at < 0 {
		return refuse("F13", "there is no room for a statement above the one to change")
	}
	for i, n := range news {
		n.Decorations().Before = dst.NewLine
		if i == 0 {
			n.Decorations().Before = s.Decorations().Before
		}
		n.Decorations().After = dst.NewLine
	}
	s.Decorations().Before = dst.NewLine
	*list = slices.Insert(*list, at, news...)
	return nil
}

// insertAfter puts news on lines of their own below s.
func (d *declaration) insertAfter(s dst.Stmt, news ...dst.Stmt) error {
	list, at := d.list(s)
	if at < 0 {
		return refuse("F13", "there is no room for a statement below the one to change")
	}
	for _, n := range news {
		n.Decorations().Before, n.Decorations().After = dst.NewLine, dst.NewLine
	}
	news[len(news)-1].Decorations().After = s.Decorations().After
	s.Decorations().After = dst.NewLine
	*list = slices.Insert(*list, at+1, news...)
	return nil
}

// replace puts another statement in the place of s, whose comments it takes over.
func (d *declaration) replace(s, by dst.Stmt) error {
	list, at := d.list(s)
	if at < 0 {
		return refuse("F13", "the statement to change stands where no other fits")
	}
	*by.Decorations() = *s.Decorations()
	(*list)[at] = by
	return nil
}

// openWith moves a comment from behind a statement to where its block now opens.
//
//	f(x) // why
//	=>
//	if err := f(x); err != nil { // why
func openWith(body *dst.BlockStmt, s dst.Stmt) {
	if end := s.Decorations().End; besideIt(s) {
		body.Decs.Lbrace, s.Decorations().End = end[:1:1], end[1:]
	}
}

// besideIt tells whether a comment stands behind the statement on its line.
func besideIt(s dst.Stmt) bool {
	end := s.Decorations().End.All()
	return len(end) > 0 && strings.HasPrefix(end[0], "//")
}

// prepend puts a statement at index at of a body.
func prepend(body *dst.BlockStmt, at int, s dst.Stmt) {
	s.Decorations().Before, s.Decorations().After = dst.NewLine, dst.NewLine
	if at > 0 { // right below the line before, and the blank line behind that stays behind
		before := body.List[at-1].Decorations()
		s.Decorations().After, before.After = before.After, dst.NewLine
	}
	if at < len(body.List) && at == 0 && body.List[0].Decorations().Before == dst.None {
		body.List[0].Decorations().Before = dst.NewLine // `func() { f() }` on one line
		body.List[len(body.List)-1].Decorations().After = dst.NewLine
	}
	body.List = slices.Insert(body.List, at, s)
}

// The few forms of syntax that the rewrites write.

func ident(name string) *dst.Ident { return dst.NewIdent(name) }

func number(text string) *dst.BasicLit { return &dst.BasicLit{Kind: token.INT, Value: text} }

func call(fun dst.Expr, args ...dst.Expr) *dst.CallExpr { return &dst.CallExpr{Fun: fun, Args: args} }

func selector(x, name string) dst.Expr { return &dst.SelectorExpr{X: ident(x), Sel: ident(name)} }

func define(name string, x dst.Expr) *dst.AssignStmt {
	return &dst.AssignStmt{Lhs: []dst.Expr{ident(name)}, Tok: token.DEFINE, Rhs: []dst.Expr{x}}
}

func emptyStruct() *dst.StructType {
	return &dst.StructType{Fields: &dst.FieldList{Opening: true, Closing: true}}
}

func receive(ch string) dst.Expr { return &dst.UnaryExpr{Op: token.ARROW, X: ident(ch)} }
