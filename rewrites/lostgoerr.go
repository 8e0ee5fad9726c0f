package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// LostGoErr gives the error to the one that the matcher chose.
func LostGoErr(pass *rule.Pass, l *matchers.LostGoErr) (*patch.Patch, error) {
	write := map[matchers.ErrFix]struct {
		title string
		edit  func(*declaration, *matchers.LostGoErr) error
	}{
		matchers.FixReturn: {"Return the error to the group", returnToGroup},
		matchers.FixPipe:   {"Close the pipe with the error", closeWithError},
		matchers.FixLog:    {"Log the error", logError},
	}[l.Fix]
	if write.edit == nil {
		return nil, refuse("B14", "nobody is there to hear of the error")
	}
	return inDecl(pass, l.File, l.Decl, write.title, func(d *declaration) error { return write.edit(d, l) })
}

// returnToGroup lets the group's function return the error.
//
//	f(x)
//	return nil
//	=>
//	return f(x)
//
// Where f has other results, or a comment stands between the two, the return stays.
func returnToGroup(d *declaration, l *matchers.LostGoErr) error {
	drop, err := node[dst.Stmt](d, l.Stmt)
	if err != nil {
		return err
	}
	tail, err := node[*dst.ReturnStmt](d, l.Tail)
	if err != nil {
		return err
	}
	c, err := node[*dst.CallExpr](d, l.Call)
	if err != nil {
		return err
	}
	list, at := d.list(drop)
	if at < 0 || at+1 >= len(*list) {
		return refuse("F13", "the call's place among the statements can't be found")
	}
	if between := drop.Decorations().End.All(); resultsOf(d, l.Call) == 1 && len(tail.Decs.Start.All()) == 0 && (len(between) == 0 || len(between) == 1 && besideIt(drop) && len(tail.Decs.End.All()) == 0) {
		tail.Results = []dst.Expr{c}
		tail.Decs.Start, tail.Decs.Before = drop.Decorations().Start, drop.Decorations().Before
		tail.Decs.End.Append(between...)
		*list = append((*list)[:at:at], (*list)[at+1:]...)
		return nil
	}
	return d.replaceByIf(l.Stmt, d.guarded(l, c, &dst.ReturnStmt{Results: []dst.Expr{ident(l.Err)}}))
}

// closeWithError lets the reader learn of the error.
//
//	f(w)
//	=>
//	if err := f(w); err != nil {
//		w.CloseWithError(err)
//	}
//
// The Close behind it stays: it never overwrites an error.
func closeWithError(d *declaration, l *matchers.LostGoErr) error {
	c, err := node[*dst.CallExpr](d, l.Call)
	if err != nil {
		return err
	}
	return d.replaceByIf(l.Stmt, d.guarded(l, c, &dst.ExprStmt{X: call(selector(l.Pipe, "CloseWithError"), ident(l.Err))}))
}

// logError logs the error; the goroutine stays as detached as it was.
//
//	go f(x)
//	=>
//	go func() {
//		if err := f(x); err != nil {
//			log.Printf("f failed: %v", err)
//		}
//	}()
func logError(d *declaration, l *matchers.LostGoErr) error {
	line, err := d.logLine(l)
	if err != nil {
		return err
	}
	if l.Drop == matchers.DropSwallowed {
		return d.logSwallowed(l, line)
	}
	c, err := node[*dst.CallExpr](d, l.Call)
	if err != nil {
		return err
	}
	check := d.guarded(l, c, line)
	if err := d.unless(l, check); err != nil {
		return err
	}
	if l.Drop != matchers.DropStarted {
		return d.replaceByIf(l.Stmt, check)
	}
	launch, err := node[*dst.GoStmt](d, l.Launch)
	if err != nil {
		return err
	}
	check.Decs.Before, check.Decs.After = dst.NewLine, dst.NewLine
	body := &dst.BlockStmt{List: []dst.Stmt{check}}
	launch.Call = call(&dst.FuncLit{
		Type: &dst.FuncType{Func: true, Params: &dst.FieldList{Opening: true, Closing: true}},
		Body: body,
	})
	openWith(body, launch)
	return nil
}

// logSwallowed logs in the if that is there.
//
//	if err := f(x); err != nil {
//		return
//	}
func (d *declaration) logSwallowed(l *matchers.LostGoErr, line dst.Stmt) error {
	check, err := node[*dst.IfStmt](d, l.Stmt)
	if err != nil {
		return err
	}
	if beside := check.Body.Decs.Lbrace.All(); len(beside) > 1 || len(beside) == 1 && !strings.HasPrefix(beside[0], "//") {
		return refuse("F13", "a comment stands alone in the body of the if")
	}
	if err := d.unless(l, check); err != nil {
		return err
	}
	prepend(check.Body, 0, line)
	return nil
}

// logLine reads the line that logs, and makes usable the packages that it names.
func (d *declaration) logLine(l *matchers.LostGoErr) (dst.Stmt, error) {
	for _, p := range l.Log.Imports {
		name, err := d.use(p.Path, p.Name, l.Stmt.Pos())
		if err != nil {
			return nil, err
		}
		if name != p.Name {
			return nil, refuse("F4", "package %q goes by another name here", p.Path)
		}
	}
	x, err := parseExpr(l.Log.Source)
	if err != nil {
		return nil, err
	}
	return &dst.ExprStmt{X: x}, nil
}

// unless leaves out the error that only says that the callee was stopped.
//
//	if err := f(x); err != nil {
//	=>
//	if err := f(x); err != nil && !errors.Is(err, http.ErrServerClosed) {
func (d *declaration) unless(l *matchers.LostGoErr, check *dst.IfStmt) error {
	if l.Unless == nil {
		return nil
	}
	errors, err := d.use(d.errorsPackage(), "errors", l.Stmt.Pos())
	if err != nil {
		return err
	}
	pkg, err := d.use(l.Unless.Path, l.Unless.Package, l.Stmt.Pos())
	if err != nil {
		return err
	}
	is := call(selector(errors, "Is"), ident(l.Err), selector(pkg, l.Unless.Name))
	check.Cond = &dst.BinaryExpr{X: check.Cond, Op: token.LAND, Y: &dst.UnaryExpr{Op: token.NOT, X: is}}
	return nil
}

// errorsPackage is the package that this file calls errors, where it has an Is like
// that of the standard library: else the standard library's.
func (d *declaration) errorsPackage() string {
	for _, spec := range d.file.Imports {
		p := d.pass.Info.PkgNameOf(spec)
		if p == nil || p.Name() != "errors" {
			continue
		}
		if is, ok := p.Imported().Scope().Lookup("Is").(*types.Func); ok && types.Identical(is.Type(), signatureOfIs()) {
			return p.Imported().Path()
		}
	}
	return "errors"
}

// signatureOfIs is func(error, error) bool.
func signatureOfIs() *types.Signature {
	err := types.NewParam(token.NoPos, nil, "", types.Universe.Lookup("error").Type())
	is := types.NewParam(token.NoPos, nil, "", types.Typ[types.Bool])
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(err, err), types.NewTuple(is), false)
}

// guarded writes `if _, err := f(x); err != nil { then }`.
func (d *declaration) guarded(l *matchers.LostGoErr, c *dst.CallExpr, then dst.Stmt) *dst.IfStmt {
	var lhs []dst.Expr
	for range resultsOf(d, l.Call) - 1 {
		lhs = append(lhs, ident("_"))
	}
	then.Decorations().Before, then.Decorations().After = dst.NewLine, dst.NewLine
	return &dst.IfStmt{
		Init: &dst.AssignStmt{Lhs: append(lhs, ident(l.Err)), Tok: token.DEFINE, Rhs: []dst.Expr{c}},
		Cond: &dst.BinaryExpr{X: ident(l.Err), Op: token.NEQ, Y: ident("nil")},
		Body: &dst.BlockStmt{List: []dst.Stmt{then}},
	}
}

func resultsOf(d *declaration, c *ast.CallExpr) int {
	if tuple, ok := d.pass.Info.TypeOf(c).(*types.Tuple); ok {
		return tuple.Len()
	}
	return 1
}

// replaceByIf puts an if where a statement stood, with its comments.
func (d *declaration) replaceByIf(old ast.Stmt, s *dst.IfStmt) error {
	was, err := node[dst.Stmt](d, old)
	if err != nil {
		return err
	}
	if a, ok := was.(*dst.AssignStmt); ok && len(a.Decs.Tok.All())+len(a.Lhs[0].Decorations().Start.All())+len(a.Lhs[len(a.Lhs)-1].Decorations().End.All()) > 0 {
		return refuse("F13", "a comment stands inside the statement")
	}
	if err := d.replace(was, s); err != nil {
		return err
	}
	if s.Decorations().Before == dst.None { // `func() { f() }` on one line
		s.Decorations().Before, s.Decorations().After = dst.NewLine, dst.NewLine
	}
	openWith(s.Body, s)
	return nil
}
