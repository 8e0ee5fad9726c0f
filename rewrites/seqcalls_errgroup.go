package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// chooseForm is the form that was asked for. By itself that is the
// ordered one where the finding is safe in it, or where golang.org/x/sync isn't at
// hand or doesn't fit; else an errgroup.
func chooseForm(pass *rule.Pass, s *matchers.SeqCalls) (rule.Form, rule.Supply, error) {
	switch pass.Options.Form {
	case rule.FormErrgroup:
		if err := fitsErrgroup(pass, s); err != nil {
			return "", rule.Supply{}, err
		}
		supply, err := supplied(pass)
		return rule.FormErrgroup, supply, err
	case rule.FormAuto, "":
		if s.Safest == rule.Safe || fitsErrgroup(pass, s) != nil {
			break
		}
		if supply := errgroupSupply(pass); supply.Refused == "" {
			return rule.FormErrgroup, supply, nil
		}
	}
	return rule.FormOrdered, rule.Supply{}, nil
}

// fitsErrgroup errs where the first error in time can't stand for what is done
// about each: a handler does more than return, or returns more than an error.
func fitsErrgroup(pass *rule.Pass, s *matchers.SeqCalls) error {
	others := ""
	checked := false
	for _, l := range s.Calls {
		if what := l.Opens(pass); what != "" {
			return refuse("B23", "%s gives %s, which would be lost where another call fails: choose --form ordered", l.Name(), what)
		}
		for i, to := range l.To {
			if to == matchers.ToLater && !(i == l.Err && l.InHead && l.Results[i].New) {
				return refuse("B11", "%s, which %s gives, can't be assigned in a goroutine here: choose --form ordered", types.ExprString(l.Results[i].Lhs), l.Name())
			}
		}
		if l.Check == nil {
			if l.FailsUnseen() {
				return refuse("B9", "nothing here looks at the error of %s: choose --form ordered", l.Name())
			}
			continue
		}
		ret := l.Handler.Returns
		if ret == nil || len(ret.Results) == 0 || s.Type.Results.NumFields() != len(ret.Results) || commented(s.File, l.Check) {
			return refuse("B9", "what is done about the error of %s is more than to return it: choose --form ordered", l.Name())
		}
		if t := pass.Info.TypeOf(ret.Results[len(ret.Results)-1]); t == nil || !types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface)) {
			return refuse("B10", "what is returned when %s fails is no error: choose --form ordered", l.Name())
		}
		var zero []string
		for _, x := range ret.Results[:len(ret.Results)-1] {
			if !constant(pass, x) {
				return refuse("A8", "%s is returned along with the error of %s: choose --form ordered", types.ExprString(x), l.Name())
			}
			zero = append(zero, types.ExprString(x))
		}
		if text := strings.Join(zero, ", "); checked && text != others {
			return refuse("A8", "the calls return different values along with their errors: choose --form ordered")
		} else {
			others, checked = text, true
		}
	}
	if !checked {
		return refuse("B9", "no call here may fail: there is no error for an errgroup")
	}
	return nil
}

// constant tells whether a result is nil, a literal without anything in it, or a
// constant.
func constant(pass *rule.Pass, x ast.Expr) bool {
	if lit, ok := ast.Unparen(x).(*ast.CompositeLit); ok {
		return len(lit.Elts) == 0
	}
	tv := pass.Info.Types[x]
	return tv.IsNil() || tv.Value != nil
}

// commented tells whether a comment stands inside a node.
func commented(f *ast.File, n ast.Node) bool {
	for _, c := range f.Comments {
		if n.Pos() <= c.Pos() && c.Pos() < n.End() {
			return true
		}
	}
	return false
}

// errgroup writes the form with an errgroup.Group, in which the first error in
// time wins and cancels the others:
//
//	x, err := f(ctx)
//	if err != nil { return nil, err }
//	=>
//	var x T
//	g, gctx := errgroup.WithContext(ctx)
//	g.Go(func() error {
//		var err error
//		x, err = f(gctx)
//		return err
//	})
//	if err := g.Wait(); err != nil { return nil, err }
func (w *seqWriter) errgroup() error {
	d := w.d
	pkg, err := d.use(errgroupPath, "errgroup", w.s.First().Pos())
	if err != nil {
		return err
	}
	g := w.name("g", "eg", "group")
	if err := w.ownVariables(); err != nil {
		return err
	}
	made, gctx := dst.Stmt(varOf(g, selector(pkg, "Group"))), ""
	if ctx := w.context(); ctx != "" {
		gctx = w.name("gctx", "groupCtx")
		made = &dst.AssignStmt{Lhs: []dst.Expr{ident(g), ident(gctx)}, Tok: token.DEFINE, Rhs: []dst.Expr{call(selector(pkg, "WithContext"), ident(ctx))}}
	}
	return w.place(func() (head []dst.Stmt, err error) {
		if len(w.slots) > 0 {
			head = append(head, varBlock(w.slots))
		}
		head = append(head, made)
		for i := range w.s.Chains {
			start, err := w.goChain(g, gctx, w.s.Chain(i))
			if err != nil {
				return nil, err
			}
			head = append(head, start)
		}
		wait, err := w.waitOrReturn(g)
		return append(head, wait), err
	})
}

// ownVariables declares what the members' statements declared.
func (w *seqWriter) ownVariables() error {
	w.temps, w.errs = map[*matchers.Launched][]string{}, map[*matchers.Launched]string{}
	for _, l := range w.s.Calls {
		w.temps[l] = make([]string, len(l.Results))
		for i, r := range l.Results {
			if i == l.Err {
				w.errs[l] = r.Var.Name()
				continue
			}
			if l.To[i] != matchers.ToOwn {
				continue
			}
			w.temps[l][i] = r.Var.Name()
			if err := w.declare(r.Var.Name(), r.Type, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// context is the one context that the calls are given and that a group's may
// stand for; "" where there is none.
func (w *seqWriter) context() string {
	name := ""
	for _, l := range w.s.Calls {
		for _, id := range l.Contexts(w.d.pass) {
			if name != "" && id.Name != name {
				return ""
			}
			name = id.Name
		}
	}
	return name
}

// goChain starts one chain: `g.Go(func() error { ... })`.
func (w *seqWriter) goChain(g, gctx string, chain []*matchers.Launched) (dst.Stmt, error) {
	var body []dst.Stmt
	named := ""
	for _, l := range chain {
		if l.Err >= 0 && w.keepsResult(l) && l.ErrVar().Name() != named {
			named = l.ErrVar().Name()
			body = append(body, varOf(named, ident("error")))
		}
	}
	for i, l := range chain {
		if gctx != "" {
			for _, id := range l.Contexts(w.d.pass) {
				x, err := node[*dst.Ident](w.d, id)
				if err != nil {
					return nil, err
				}
				x.Name = gctx
			}
		}
		stmts, err := w.callOrReturn(l, i == len(chain)-1)
		if err != nil {
			return nil, err
		}
		body = append(body, stmts...)
	}
	var start dst.Decorations
	if len(chain) == 1 {
		for _, st := range body {
			if decs := st.Decorations(); len(decs.Start) > 0 {
				start, decs.Start = decs.Start, nil
			}
		}
	}
	if _, ok := body[len(body)-1].(*dst.ReturnStmt); !ok {
		body = append(body, &dst.ReturnStmt{Results: []dst.Expr{ident("nil")}})
	}
	var st dst.Stmt = goErr(g, body)
	st.Decorations().Start = start
	if cond := chain[0].Cond; cond != nil {
		x, err := node[dst.Expr](w.d, cond.Cond)
		if err != nil {
			return nil, err
		}
		st.Decorations().Before, st.Decorations().After = dst.NewLine, dst.NewLine
		st = &dst.IfStmt{Cond: dst.Clone(x).(dst.Expr), Body: &dst.BlockStmt{List: []dst.Stmt{st}}}
	}
	return st, nil
}

// keepsResult tells whether a member's call gives more than an error.
func (w *seqWriter) keepsResult(l *matchers.Launched) bool {
	for i, to := range l.To {
		if i != l.Err && to != matchers.ToNowhere {
			return true
		}
	}
	return false
}

// callOrReturn writes a call whose error leaves the closure.
func (w *seqWriter) callOrReturn(l *matchers.Launched, last bool) ([]dst.Stmt, error) {
	st, err := w.callOf(l)
	if err != nil || l.Err < 0 {
		return []dst.Stmt{st}, err
	}
	assign := st.(*dst.AssignStmt)
	if !w.keepsResult(l) {
		assign.Tok = token.DEFINE
	}
	old := l.Handler.Returns.Results
	x, err := node[dst.Expr](w.d, old[len(old)-1])
	if err != nil {
		return nil, err
	}
	name := l.ErrVar().Name()
	if id, ok := x.(*dst.Ident); ok && id.Name == name && last {
		if len(assign.Lhs) == 1 && !w.keepsResult(l) { // return f(ctx)
			ret := &dst.ReturnStmt{Results: assign.Rhs}
			ret.Decs.Start, ret.Decs.End = assign.Decs.Start, assign.Decs.End
			return []dst.Stmt{ret}, nil
		}
		return []dst.Stmt{assign, &dst.ReturnStmt{Results: []dst.Expr{ident(name)}}}, nil
	}
	leave := &dst.ReturnStmt{Results: []dst.Expr{dst.Clone(x).(dst.Expr)}}
	leave.Decs.Before, leave.Decs.After = dst.NewLine, dst.NewLine
	check := &dst.IfStmt{Init: assign, Cond: notNil(name), Body: &dst.BlockStmt{List: []dst.Stmt{leave}}}
	check.Decs.Start, assign.Decs.Start = assign.Decs.Start, nil
	openWith(check.Body, assign)
	return []dst.Stmt{check}, nil
}

// waitOrReturn writes `if err := g.Wait(); err != nil { return nil, err }`.
func (w *seqWriter) waitOrReturn(g string) (dst.Stmt, error) {
	for _, l := range w.s.Calls {
		if l.Check == nil {
			continue
		}
		ret, err := node[*dst.ReturnStmt](w.d, l.Handler.Returns)
		if err != nil {
			return nil, err
		}
		name := l.ErrVar().Name()
		out := &dst.ReturnStmt{}
		for _, x := range ret.Results[:len(ret.Results)-1] {
			out.Results = append(out.Results, dst.Clone(x).(dst.Expr))
		}
		out.Results = append(out.Results, ident(name))
		out.Decs.Before, out.Decs.After = dst.NewLine, dst.NewLine
		return &dst.IfStmt{
			Init: define(name, call(selector(g, "Wait"))), Cond: notNil(name),
			Body: &dst.BlockStmt{List: []dst.Stmt{out}},
		}, nil
	}
	return nil, refuse("B9", "no call here may fail: there is no error for an errgroup")
}
