package rewrites

import (
	"go/ast"
	"go/token"

	"github.com/dave/dst"
)

// A slot is one variable that a goroutine of a group fills and the code behind
// Wait reads. Each goroutine has its own: nothing shared races (hazard B12).
type slot struct {
	name string
	typ  dst.Expr
	text string // the type as it is written, to put names of one type together
}

// varBlock declares variables in the order in which they are given; neighbours
// of one type share a line.
//
//	var (
//		wg               sync.WaitGroup
//		user             *User
//		userErr, listErr error
//	)
func varBlock(slots []slot) dst.Stmt {
	gen := &dst.GenDecl{Tok: token.VAR, Lparen: len(slots) > 1, Rparen: len(slots) > 1}
	var last *dst.ValueSpec
	for i, s := range slots {
		if i > 0 && s.text == slots[i-1].text {
			last.Names = append(last.Names, ident(s.name))
			continue
		}
		last = &dst.ValueSpec{Names: []*dst.Ident{ident(s.name)}, Type: s.typ}
		last.Decs.Before, last.Decs.After = dst.NewLine, dst.NewLine
		gen.Specs = append(gen.Specs, last)
	}
	if len(gen.Specs) == 1 {
		gen.Lparen, gen.Rparen = false, false
		gen.Specs[0].Decorations().Before, gen.Specs[0].Decorations().After = dst.None, dst.None
	}
	return &dst.DeclStmt{Decl: gen}
}

// goIn starts a function in a sync.WaitGroup. A body of one short statement
// stays on the line.
//
//	wg.Go(func() { x, xErr = f(ctx) })
//
// or, before go 1.25:
//
//	wg.Add(1)
//	go func() {
//		defer wg.Done()
//		x, xErr = f(ctx)
//	}()
func (d *declaration) goIn(wg string, body []dst.Stmt, short bool) []dst.Stmt {
	if d.pass.AtLeast(d.file, "go1.25") {
		return []dst.Stmt{&dst.ExprStmt{X: call(selector(wg, "Go"), closure(body, short, nil))}}
	}
	done := &dst.DeferStmt{Call: call(selector(wg, "Done"))}
	return []dst.Stmt{
		&dst.ExprStmt{X: call(selector(wg, "Add"), number("1"))},
		&dst.GoStmt{Call: call(closure(append([]dst.Stmt{done}, body...), false, nil))},
	}
}

// goErr starts a function in an errgroup.Group; its body returns on all paths.
//
//	g.Go(func() error { ... })
func goErr(g string, body []dst.Stmt) dst.Stmt {
	results := &dst.FieldList{List: []*dst.Field{{Type: ident("error")}}}
	return &dst.ExprStmt{X: call(selector(g, "Go"), closure(body, false, results))}
}

// closure writes a function literal without parameters, on one line where short
// is set.
func closure(body []dst.Stmt, short bool, results *dst.FieldList) *dst.FuncLit {
	for _, s := range body {
		decs := s.Decorations()
		if decs.Before == dst.None && !short {
			decs.Before = dst.NewLine
		}
		if decs.After == dst.None && !short {
			decs.After = dst.NewLine
		}
	}
	if !short && len(body) > 0 {
		body[0].Decorations().Before, body[len(body)-1].Decorations().After = dst.NewLine, dst.NewLine
	}
	return &dst.FuncLit{
		Type: &dst.FuncType{Func: true, Params: &dst.FieldList{Opening: true, Closing: true}, Results: results},
		Body: &dst.BlockStmt{List: body},
	}
}

// waitFor writes wg.Wait().
func waitFor(group string) dst.Stmt { return &dst.ExprStmt{X: call(selector(group, "Wait"))} }

// notNil writes `v != nil`.
func notNil(v string) dst.Expr { return &dst.BinaryExpr{X: ident(v), Op: token.NEQ, Y: ident("nil")} }

// onOneLine tells whether a node of the source takes one line.
func (d *declaration) onOneLine(n ast.Node) bool { return d.pass.Line(n.Pos()) == d.pass.Line(n.End()) }
