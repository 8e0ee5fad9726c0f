package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// SeqCalls writes the group in the form that was asked for or that fits.
func SeqCalls(pass *rule.Pass, s *matchers.SeqCalls) (*patch.Patch, error) {
	form, err := chooseForm(pass, s)
	if err != nil {
		return nil, err
	}
	s.Form = form
	return inDecl(pass, s.File, s.Decl, "Make the calls at the same time", func(d *declaration) error {
		w := &seqWriter{d: d, s: s, given: map[string]bool{}}
		if form == rule.FormErrgroup {
			return w.errgroup()
		}
		return w.ordered()
	})
}

// A seqWriter writes one group of calls.
type seqWriter struct {
	d      *declaration
	s      *matchers.SeqCalls
	given  map[string]bool // names that are already for something new
	slots  []slot          // what the var block declares,
	failed []slot          // and the errors, which come last
	temps  map[*matchers.Launched][]string
	errs   map[*matchers.Launched]string
}

// ordered writes the form with a WaitGroup, in which the errors are looked at in
// the order of the text:
//
//	x, err := f(ctx)
//	if err != nil { return err }
//	y, err := g(ctx)
//	if err != nil { return err }
//	=>
//	var (...)
//	wg.Go(func() { x, xErr = f(ctx) })
//	wg.Go(func() { y, yErr = g(ctx) })
//	wg.Wait()
//	if err := xErr; err != nil { return err }
//	if err := yErr; err != nil { return err }
func (w *seqWriter) ordered() error {
	d := w.d
	sync, err := d.use("sync", "sync", w.s.First().Pos())
	if err != nil {
		return err
	}
	wg := w.name("wg", "group")
	w.slots = []slot{{wg, selector(sync, "WaitGroup"), sync + ".WaitGroup"}}
	if err := w.variables(); err != nil {
		return err
	}
	return w.place(func() ([]dst.Stmt, error) {
		started, err := w.launches(wg)
		if err != nil {
			return nil, err
		}
		head := append([]dst.Stmt{varBlock(append(w.slots, w.failed...))}, started...)
		return append(head, waitFor(wg)), nil
	})
}

// place puts what is hoisted and the group in the place of the first member, and
// below it what stays.
func (w *seqWriter) place(group func() ([]dst.Stmt, error)) error {
	first, err := node[dst.Stmt](w.d, w.s.First())
	if err != nil {
		return err
	}
	list, at := w.d.list(first)
	if at < 0 {
		return refuse("F13", "the statements to change stand where no others fit")
	}
	before := first.Decorations().Before
	head, err := w.hoisted()
	if err != nil {
		return err
	}
	made, err := group()
	if err != nil {
		return err
	}
	end := at + w.s.To - w.s.From
	after := (*list)[end-1].Decorations().After
	below, err := w.below((*list)[at:end])
	if err != nil {
		return err
	}
	head = append(head, made...)
	for i, st := range head {
		decs := st.Decorations()
		decs.Before, decs.After = dst.NewLine, dst.NewLine
		if i == 0 {
			decs.Before = before
		}
	}
	all := append(head, below...)
	all[len(all)-1].Decorations().After = after
	rest := append([]dst.Stmt{}, (*list)[end:]...)
	*list = append(append((*list)[:at:at], all...), rest...)
	return nil
}

// variables names what each member gives, and declares it.
func (w *seqWriter) variables() error {
	w.temps, w.errs = map[*matchers.Launched][]string{}, map[*matchers.Launched]string{}
	for _, l := range w.s.Calls { // the names that the code has come first
		for i, to := range l.To {
			if to == matchers.ToOwn {
				w.given[l.Results[i].Var.Name()] = true
			}
		}
	}
	for _, l := range w.s.Calls {
		temps, stem := make([]string, len(l.Results)), stemOf(l)
		for i, r := range l.Results {
			name := lowerFirst(lastName(r.Lhs))
			switch {
			case i == l.Err:
				temps[i] = w.name(stem + "Err")
				w.errs[l] = temps[i]
			case l.To[i] == matchers.ToOwn:
				temps[i] = r.Var.Name()
			case l.To[i] == matchers.ToLater && types.Identical(r.Type, types.Universe.Lookup("error").Type()):
				temps[i] = w.name(stem + "Err")
			case l.To[i] == matchers.ToLater:
				temps[i] = w.name(name, name+"Value", name+"Result")
			default:
				continue
			}
			if err := w.declare(temps[i], r.Type, l); err != nil {
				return err
			}
		}
		w.temps[l] = temps
	}
	return nil
}

// stemOf is what a member is about: its first result, else what is called.
func stemOf(l *matchers.Launched) string {
	for i, r := range l.Results {
		if i != l.Err && l.To[i] != matchers.ToNowhere && !types.Identical(r.Type, types.Universe.Lookup("error").Type()) {
			return lowerFirst(lastName(r.Lhs))
		}
	}
	for _, a := range l.Call.Args { // row.Scan(&name)
		if u, ok := ast.Unparen(a).(*ast.UnaryExpr); ok && u.Op == token.AND {
			if _, named := ast.Unparen(u.X).(*ast.CompositeLit); !named {
				return lowerFirst(lastName(u.X))
			}
		}
	}
	return lowerFirst(matchers.Subject(lastName(l.Call.Fun)))
}

// declare adds a variable to the var block.
func (w *seqWriter) declare(name string, t types.Type, l *matchers.Launched) error {
	if name := hiddenName(t, w.d.pass.Pkg); name != "" {
		return refuse("F3", "the result of %s would have to be declared with the type %s, which has no name here", l.Name(), name)
	}
	typ, text, err := w.d.typeAt(t, w.s.First().Pos())
	if err != nil {
		return err
	}
	s := slot{name, typ, text}
	if text == "error" {
		w.failed = append(w.failed, s)
	} else {
		w.slots = append(w.slots, s)
	}
	return nil
}

// name is a name that is free, and is now taken.
func (w *seqWriter) name(names ...string) string {
	for i, n := range names {
		if token.IsKeyword(n) || n == "" {
			names[i] = "value"
		}
	}
	name := w.d.freshBut(w.given, names...)
	w.given[name] = true
	return name
}

// hoisted takes out what goes above the group.
func (w *seqWriter) hoisted() (list []dst.Stmt, err error) {
	for _, h := range w.s.Hoist {
		st, err := node[dst.Stmt](w.d, h)
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}

// launches writes what starts each chain.
func (w *seqWriter) launches(wg string) (list []dst.Stmt, err error) {
	for i := range w.s.Chains {
		chain := w.s.Chain(i)
		body, err := w.chainBody(chain)
		if err != nil {
			return nil, err
		}
		short := len(chain) == 1 && w.d.onOneLine(chain[0].Call) && w.d.pass.AtLeast(w.d.file, "go1.25")
		var start dst.NodeDecs
		if len(chain) == 1 { // what is said of the call is said of its start
			decs := body[0].Decorations()
			start.Start, decs.Start = decs.Start, nil
			if short {
				start.End, decs.End = decs.End, nil
			}
		}
		stmts := w.d.goIn(wg, body, short)
		stmts[0].Decorations().Start = start.Start
		stmts[len(stmts)-1].Decorations().End = start.End
		if cond := chain[0].Cond; cond != nil {
			x, err := node[dst.Expr](w.d, cond.Cond)
			if err != nil {
				return nil, err
			}
			for _, st := range stmts {
				st.Decorations().Before, st.Decorations().After = dst.NewLine, dst.NewLine
			}
			stmts = []dst.Stmt{&dst.IfStmt{Cond: dst.Clone(x).(dst.Expr), Body: &dst.BlockStmt{List: stmts}}}
		}
		list = append(list, stmts...)
	}
	return list, nil
}

// chainBody writes the calls of one goroutine; behind a failure comes nothing.
//
//	if x, xErr = f(ctx); xErr != nil {
//		return
//	}
//	y, yErr = g(ctx, x)
func (w *seqWriter) chainBody(chain []*matchers.Launched) (body []dst.Stmt, err error) {
	for i, l := range chain {
		st, err := w.callOf(l)
		if err != nil {
			return nil, err
		}
		if i == len(chain)-1 || w.errs[l] == "" {
			body = append(body, st)
			continue
		}
		leave := &dst.ReturnStmt{}
		leave.Decs.Before, leave.Decs.After = dst.NewLine, dst.NewLine
		check := &dst.IfStmt{Init: st, Cond: notNil(w.errs[l]), Body: &dst.BlockStmt{List: []dst.Stmt{leave}}}
		check.Decs.Start, st.Decorations().Start = st.Decorations().Start, nil
		openWith(check.Body, st)
		body = append(body, check)
	}
	return body, nil
}

// callOf writes the call with the group's variables: `x, xErr = f(ctx)`.
func (w *seqWriter) callOf(l *matchers.Launched) (dst.Stmt, error) {
	x, err := node[dst.Expr](w.d, l.Call)
	if err != nil {
		return nil, err
	}
	var lhs []dst.Expr
	kept := false
	for i, r := range l.Results {
		switch {
		case i == l.Err:
			lhs = append(lhs, ident(w.errs[l]))
			kept = true
		case l.To[i] == matchers.ToNowhere:
			lhs = append(lhs, ident("_"))
		case l.To[i] == matchers.ToThere:
			lhs = append(lhs, ident(r.Var.Name()))
			kept = true
		default:
			lhs = append(lhs, ident(w.temps[l][i]))
			kept = true
		}
	}
	var st dst.Stmt = &dst.AssignStmt{Lhs: lhs, Tok: token.ASSIGN, Rhs: []dst.Expr{x}}
	if !kept && len(lhs) == 0 {
		st = &dst.ExprStmt{X: x}
	}
	was, err := node[dst.Stmt](w.d, l.Stmts[0])
	if err != nil {
		return nil, err
	}
	st.Decorations().Start = was.Decorations().Start
	if l.InHead { // what stands above the `if` is said of the call in it
		was.Decorations().Start = nil
	} else {
		st.Decorations().End = was.Decorations().End
	}
	return st, nil
}

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
			st.Decorations().Before = dst.NewLine
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

// lastName is the last name in an expression: "Orders" of page.Orders.
func lastName(x ast.Expr) string {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.IndexExpr:
		return lastName(x.X)
	case *ast.StarExpr:
		return lastName(x.X)
	case *ast.CallExpr:
		return lastName(x.Fun)
	}
	return "value"
}

// lowerFirst writes a name as a local variable's: "Orders" is orders, "ID" is id.
func lowerFirst(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
