package rewrites

import (
	"go/token"
	"slices"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// SeqCalls writes the group in the form that was asked for or that fits.
func SeqCalls(pass *rule.Pass, s *matchers.SeqCalls) (*patch.Patch, error) {
	form, supply, err := chooseForm(pass, s)
	if err != nil {
		return nil, err
	}
	s.Form, s.Needs = form, supply.Words
	return inDecl(pass, s.File, s.Decl, "Make the calls at the same time", func(d *declaration) error {
		d.needs(supply)
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
	if w.staysAbove(l) {
		return st, w.commentToCheck(l, was)
	}
	st.Decorations().Start = was.Decorations().Start
	if l.InHead { // what stands above the `if` is said of the call in it
		was.Decorations().Start = nil
	} else {
		st.Decorations().End = was.Decorations().End
	}
	return st, nil
}

// staysAbove tells whether the statement above a call stays where it is: the comment
// above the call, which may be about what follows as well, then stays with it, and
// only the call moves up.
func (w *seqWriter) staysAbove(l *matchers.Launched) bool {
	if l.Check == nil || l.Cond != nil || w.s.Form == rule.FormErrgroup {
		return false
	}
	at := slices.Index(w.s.List, l.Stmts[0])
	if at <= w.s.From {
		return false
	}
	above := w.s.List[at-1]
	return !slices.Contains(w.s.Hoist, above) && !slices.ContainsFunc(w.s.Calls, func(o *matchers.Launched) bool {
		return above == o.Cond || above == o.Check || slices.Contains(o.Stmts, above)
	})
}

// commentToCheck leaves the comment above a call to the check of its error.
func (w *seqWriter) commentToCheck(l *matchers.Launched, was dst.Stmt) error {
	if l.InHead {
		return nil // the check is the statement itself
	}
	check, err := node[dst.Stmt](w.d, l.Check)
	if err != nil {
		return err
	}
	if above := was.Decorations(); len(above.Start) > 0 {
		check.Decorations().Before = above.Before
		check.Decorations().Start.Prepend(above.Start...)
	}
	return nil
}
