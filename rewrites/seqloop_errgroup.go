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

// chooseForm is the form that was asked for. By itself that is the ordered one
// where the finding is safe in it, or where golang.org/x/sync isn't at hand or
// doesn't fit; else an errgroup.
func (w *loopWriter) chooseForm() (rule.Form, error) {
	switch w.d.pass.Options.Form {
	case rule.FormErrgroup:
		if err := w.fitsErrgroup(); err != nil {
			return "", err
		}
		supply, err := supplied(w.d.pass)
		w.supply(supply)
		return rule.FormErrgroup, err
	case rule.FormPool:
		if !w.d.pass.AtLeast(w.d.file, "go1.22") {
			return "", refuse("F16", "a pool is written with range over an int, which the file's Go version doesn't have")
		}
		return rule.FormPool, nil
	case rule.FormAuto, "":
		if w.s.Safest == rule.Safe || w.fitsErrgroup() != nil {
			break
		}
		if supply := errgroupSupply(w.d.pass); supply.Refused == "" {
			w.supply(supply)
			return rule.FormErrgroup, nil
		}
	}
	return rule.FormOrdered, nil
}

func (w *loopWriter) supply(s rule.Supply) {
	w.d.needs(s)
	w.s.Needs = s.Words
}

// fitsErrgroup errs where the first error in time can't stand for what is done
// about each: a check does more than return, or returns more than an error. What may
// write is not given a context that a failure elsewhere ends (hazard B7).
func (w *loopWriter) fitsErrgroup() error {
	pass, others := w.d.pass, ""
	if !hasSetLimit(pass) {
		return refuse("F16", "the errgroup at hand has no SetLimit yet: run `go get golang.org/x/sync@latest`, or choose --form ordered")
	}
	if w.s.Changing != nil {
		return refuse("B7", "a failure of one round would cut off %s in another: choose --form ordered", w.s.Changing.Name())
	}
	if w.s.Late != nil {
		return refuse("B6", "the loop also ends on an error behind the calls: choose --form ordered")
	}
	for k, c := range w.s.Calls {
		if c.Check == nil || !c.Stops {
			return refuse("B13", "an error of %s doesn't end the loop, and would end a group: choose --form ordered", c.Name())
		}
		ret := c.Handler.Returns
		if ret == nil || len(ret.Results) == 0 || w.s.Type.Results.NumFields() != len(ret.Results) || commented(w.s.File, c.Check) {
			return refuse("B9", "what is done about the error of %s is more than to return it: choose --form ordered", c.Name())
		}
		if t := pass.Info.TypeOf(ret.Results[len(ret.Results)-1]); t == nil || !isErrorLike(t) {
			return refuse("B10", "what is returned when %s fails is no error: choose --form ordered", c.Name())
		}
		var zero []string
		for _, x := range ret.Results[:len(ret.Results)-1] {
			if !constant(pass, x) {
				return refuse("A8", "%s is returned along with the error of %s: choose --form ordered", types.ExprString(x), c.Name())
			}
			zero = append(zero, types.ExprString(x))
		}
		if text := strings.Join(zero, ", "); k > 0 && text != others {
			return refuse("A8", "the checks return different values along with their errors: choose --form ordered")
		} else {
			others = text
		}
		if w.readBehind(c.ErrVar()) {
			return refuse("B11", "%s is looked at again behind its check: choose --form ordered", c.ErrVar().Name())
		}
	}
	if len(w.contexts()) == 0 {
		return refuse("B8", "no call is given a context that a group's may stand for: choose --form ordered")
	}
	return nil
}

func isErrorLike(t types.Type) bool {
	return types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// readBehind tells whether anything but the checks right behind the calls looks at
// an error, in the loop or below it.
func (w *loopWriter) readBehind(v *types.Var) bool {
	found := false
	ast.Inspect(w.s.Body, func(n ast.Node) bool {
		for _, c := range w.s.Calls {
			if n == ast.Node(c.Check) || len(c.Stmts) > 0 && n == ast.Node(c.Stmts[0]) {
				return false
			}
		}
		id, ok := n.(*ast.Ident)
		if ok && id.Pos() > w.s.Loop.Pos() && w.d.pass.Info.Uses[id] == types.Object(v) && !w.setAgain(id) {
			found = true
		}
		return !found
	})
	return found
}

// setAgain tells whether an identifier is only assigned to where it stands.
func (w *loopWriter) setAgain(id *ast.Ident) bool {
	set := false
	ast.Inspect(w.s.Body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, lhs := range a.Lhs {
				set = set || lhs == ast.Expr(id)
			}
		}
		return !set
	})
	return set
}

// contexts are the identifiers of the context that the group's may stand for: one
// variable of the function, for calls whose results don't go on to depend on it.
func (w *loopWriter) contexts() (list []*ast.Ident) {
	var ctx types.Object
	for _, c := range w.s.Calls {
		for _, id := range (&matchers.Launched{Member: c.Member}).Contexts(w.d.pass) {
			obj := w.d.pass.Info.ObjectOf(id)
			if ctx == nil {
				ctx = obj
			}
			if obj == ctx {
				list = append(list, id)
			}
		}
	}
	return list
}

// writeErrgroup writes the loop with an errgroup.Group, in which the first error in
// time wins.
//
//	results := make([]*T, len(ids))
//	g, gctx := errgroup.WithContext(ctx)
//	g.SetLimit(8)
//	for i, id := range ids {
//		g.Go(func() error {
//			if err := gctx.Err(); err != nil {
//				return err
//			}
//			var err error
//			results[i], err = get(gctx, id)
//			return err
//		})
//	}
//	if err := g.Wait(); err != nil {
//		return nil, err
//	}
//
// The look at the context stands in the function: a loop that ended there would have
// Wait say nil when it was the caller who gave up (hazard B3).
func (w *loopWriter) writeErrgroup() ([]dst.Stmt, error) {
	n, before, err := w.d.room(w.s.Limit, w.at)
	if err != nil {
		return nil, err
	}
	pkg, err := w.d.use(errgroupPath, "errgroup", w.at)
	if err != nil {
		return nil, err
	}
	g, gctx := w.fresh("g", "group", "eg"), w.fresh("gctx", "groupCtx")
	ctx := w.contexts()
	outer := ctx[0].Name
	for _, id := range ctx {
		name, err := node[*dst.Ident](w.d, id)
		if err != nil {
			return nil, err
		}
		name.Name = gctx
	}
	body := w.copies()
	ahead, err := w.ahead()
	if err != nil {
		return nil, err
	}
	work, err := w.groupRound(gctx)
	if err != nil {
		return nil, err
	}
	body = append(append(body, ahead...), goErr(g, work))
	for _, s := range body {
		onItsOwn(s)
	}
	list := append(w.declareSlots(), before...)
	made := &dst.AssignStmt{
		Lhs: []dst.Expr{ident(g), ident(gctx)}, Tok: token.DEFINE,
		Rhs: []dst.Expr{call(selector(pkg, "WithContext"), ident(outer))},
	}
	wait, err := w.waitOrLeave(g)
	if err != nil {
		return nil, err
	}
	return append(list, made, &dst.ExprStmt{X: call(selector(g, "SetLimit"), n)},
		w.head(w.usedAhead, &dst.BlockStmt{List: body}), wait), nil
}

// groupRound writes what a function of the group does.
func (w *loopWriter) groupRound(gctx string) ([]dst.Stmt, error) {
	var list []dst.Stmt
	if first := w.s.Calls[0]; !first.Look || len(first.Between) > 0 {
		list = append(list, lookAt(gctx))
	} else if err := w.lookAtGroup(first, gctx); err != nil {
		return nil, err
	}
	w.within = true
	defer func() { w.within = false }()
	if w.fields {
		list = append(list, define(w.r, &dst.UnaryExpr{Op: token.AND, X: &dst.IndexExpr{X: ident(w.list), Index: ident(w.i)}}))
	}
	declared := map[string]bool{}
	for k, c := range w.s.Calls {
		for _, s := range c.Between {
			if !w.needed[s].ahead {
				continue
			}
			moved, err := w.moved(s, k)
			if err != nil {
				return nil, err
			}
			w.leaveFor(moved)
			list = append(list, moved)
		}
		made, err := w.groupCall(k, c, declared)
		if err != nil {
			return nil, err
		}
		list = append(list, made...)
	}
	list = endWith(list)
	for _, s := range list {
		onItsOwn(s)
	}
	return list, nil
}

// lookAtGroup has the round's own look at the context ask the group's instead.
func (w *loopWriter) lookAtGroup(c *matchers.LoopCall, gctx string) error {
	x, err := node[*dst.CallExpr](w.d, c.Call)
	if err == nil {
		x.Fun.(*dst.SelectorExpr).X = ident(gctx)
	}
	return err
}

// endWith ends a function of the group; a check that comes last and only hands the
// error on is none.
//
//	if x, err = f(); err != nil { return err }; return nil
//	=>
//	x, err = f(); return err
func endWith(list []dst.Stmt) []dst.Stmt {
	last := len(list) - 1
	check, ok := list[last].(*dst.IfStmt)
	if !ok || !handsOn(check) {
		return append(list, &dst.ReturnStmt{Results: []dst.Expr{ident("nil")}})
	}
	made := check.Init.(*dst.AssignStmt)
	ret := &dst.ReturnStmt{Results: made.Rhs}
	if len(made.Lhs) == 1 { // err := f()
		ret.Decs.Start = check.Decs.Start
		return append(list[:last], ret)
	}
	made.Decs.Start = check.Decs.Start
	ret.Results = []dst.Expr{ident(check.Cond.(*dst.BinaryExpr).X.(*dst.Ident).Name)}
	return append(list[:last], made, ret)
}

// handsOn tells whether a call's check returns the error as it is.
func handsOn(check *dst.IfStmt) bool {
	ret, ok := check.Body.List[0].(*dst.ReturnStmt)
	if !ok || check.Init == nil || len(ret.Results) != 1 || len(ret.Decs.Start)+len(ret.Decs.End) > 0 {
		return false
	}
	name, ok := ret.Results[0].(*dst.Ident)
	asks, isCheck := check.Cond.(*dst.BinaryExpr)
	if !ok || !isCheck {
		return false
	}
	err, ok := asks.X.(*dst.Ident)
	return ok && err.Name == name.Name
}

// groupCall makes a call, and returns its error as the check did.
func (w *loopWriter) groupCall(k int, c *matchers.LoopCall, declared map[string]bool) ([]dst.Stmt, error) {
	x, err := node[*dst.CallExpr](w.d, c.Call)
	if err != nil {
		return nil, err
	}
	name := c.ErrVar().Name()
	targets := w.targets(k, c)
	if targets == nil {
		for range c.Results {
			targets = append(targets, ident("_"))
		}
	}
	targets[c.Err] = ident(name)
	made := &dst.AssignStmt{Lhs: targets, Tok: token.ASSIGN, Rhs: []dst.Expr{w.put(c.Call, x, k).(dst.Expr)}}
	ret, err := node[*dst.ReturnStmt](w.d, c.Handler.Returns)
	if err != nil {
		return nil, err
	}
	failure := w.put(c.Handler.Returns.Results[len(c.Handler.Returns.Results)-1], ret.Results[len(ret.Results)-1], k+1).(dst.Expr)
	leave := onItsOwn(&dst.ReturnStmt{Results: []dst.Expr{failure}})
	check := &dst.IfStmt{Init: made, Cond: notNil(name), Body: &dst.BlockStmt{List: []dst.Stmt{leave}}}
	check.Decs.Start = w.comments(c)
	var list []dst.Stmt
	switch {
	case len(targets) == 1:
		made.Tok = token.DEFINE
	case !declared[name]:
		declared[name] = true
		list = append(list, varOf(name, ident("error")))
	}
	list = append(list, check)
	for _, v := range w.keptBy(k) {
		if !w.direct[v.of] {
			list = append(list, &dst.AssignStmt{Lhs: []dst.Expr{w.read(v)}, Tok: token.ASSIGN, Rhs: []dst.Expr{ident(v.of.Name())}})
		}
	}
	return list, nil
}

// waitOrLeave writes `if err := g.Wait(); err != nil { return nil, err }`.
func (w *loopWriter) waitOrLeave(g string) (dst.Stmt, error) {
	ret, err := node[*dst.ReturnStmt](w.d, w.s.Calls[0].Handler.Returns)
	if err != nil {
		return nil, err
	}
	var results []dst.Expr
	for _, x := range ret.Results[:len(ret.Results)-1] {
		results = append(results, dst.Clone(x).(dst.Expr))
	}
	leave := onItsOwn(&dst.ReturnStmt{Results: append(results, ident("err"))})
	return &dst.IfStmt{
		Init: define("err", call(selector(g, "Wait"))), Cond: notNil("err"),
		Body: &dst.BlockStmt{List: []dst.Stmt{leave}},
	}, nil
}
