package rewrites

import (
	"go/ast"
	"go/token"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// Unbounded writes the bound that the matcher chose.
func Unbounded(pass *rule.Pass, u *matchers.Unbounded) (*patch.Patch, error) {
	write := map[matchers.BoundFix]struct {
		title string
		edit  func(*declaration, *matchers.Unbounded) error
	}{
		matchers.SetLimit:    {"Bound the group with SetLimit", setLimit},
		matchers.Semaphore:   {"Take a slot before each goroutine starts", semaphore},
		matchers.AcquireSoon: {"Take the slot before the goroutine starts", acquireSoon},
		matchers.CheckGroup:  {"Look at the group's context before each function runs", checkGroup},
		matchers.Pool:        {"Share the items out to a fixed number of workers", pool},
	}[u.Fix]
	return inDecl(pass, u.File, u.Decl, write.title, func(d *declaration) error { return write.edit(d, u) })
}

// setLimit bounds the group where it is made: SetLimit panics once anything runs.
//
//	g, ctx := errgroup.WithContext(ctx)
//	=>
//	g, ctx := errgroup.WithContext(ctx)
//	g.SetLimit(8)
func setLimit(d *declaration, u *matchers.Unbounded) error {
	made, err := node[dst.Stmt](d, u.Made)
	if err != nil {
		return err
	}
	n, err := d.bound(u.Limit, u.Stmt.Pos())
	if err != nil {
		return err
	}
	var set dst.Stmt = &dst.ExprStmt{X: call(selector(u.Group.Name(), "SetLimit"), n)}
	if u.Limit.MayBeZero { // many mean "no bound" by 0 or -1, and SetLimit(0) waits for ever
		set.Decorations().Before, set.Decorations().After = dst.NewLine, dst.NewLine
		set = &dst.IfStmt{
			Cond: &dst.BinaryExpr{X: dst.Clone(n).(dst.Expr), Op: token.GTR, Y: number("0")},
			Body: &dst.BlockStmt{List: []dst.Stmt{set}},
		}
	}
	if err := d.insertAfter(made, set); err != nil {
		return err
	}
	if u.Deaf && u.Lit != nil {
		return checkGroup(d, u)
	}
	return nil
}

// checkGroup lets a function that starts after a failure return at once. The
// look stands inside the function: a break of the loop would make Wait say nil
// when it was the caller who gave up (hazards B3, B6).
//
//	g.Go(func() error { ... })
//	=>
//	g.Go(func() error { if err := gctx.Err(); err != nil { return err }; ... })
func checkGroup(d *declaration, u *matchers.Unbounded) error {
	ctx := u.CtxName.Name
	if ctx == "_" {
		ctx = d.fresh("gctx", "groupCtx")
		name, err := node[*dst.Ident](d, u.CtxName)
		if err != nil {
			return err
		}
		name.Name = ctx
	}
	for _, lit := range append([]*ast.FuncLit{u.Lit}, u.Others...) {
		body, err := node[*dst.BlockStmt](d, lit.Body)
		if err != nil {
			return err
		}
		at := 0 // below what is deferred first: a function that is passed over still has to clean up
		for at < len(body.List) {
			if _, ok := body.List[at].(*dst.DeferStmt); !ok {
				break
			}
			at++
		}
		prepend(body, at, lookAt(ctx))
	}
	return nil
}

// lookAt writes `if err := ctx.Err(); err != nil { return err }`.
func lookAt(ctx string) dst.Stmt {
	return &dst.IfStmt{
		Init: define("err", call(selector(ctx, "Err"))),
		Cond: &dst.BinaryExpr{X: ident("err"), Op: token.NEQ, Y: ident("nil")},
		Body: &dst.BlockStmt{List: []dst.Stmt{&dst.ReturnStmt{Results: []dst.Expr{ident("err")}}}},
	}
}

// semaphore takes a slot before each goroutine starts, and gives it back at its
// end, behind a panic too.
//
//	for _, x := range xs {
//		wg.Add(1)
//		go func() { defer wg.Done(); f(x) }()
//	}
//	=>
//	sem := make(chan struct{}, 8)
//	for _, x := range xs {
//		sem <- struct{}{}
//		wg.Add(1)
//		go func() { defer wg.Done(); defer func() { <-sem }(); f(x) }()
//	}
func semaphore(d *declaration, u *matchers.Unbounded) error {
	if d.taken("make") {
		return refuse("F4", "make means something else here: there is no way to make a semaphore")
	}
	sem := d.fresh("sem")
	n, before, err := d.room(u.Limit, u.Stmt.Pos())
	if err != nil {
		return err
	}
	make_ := define(sem, call(ident("make"), &dst.ChanType{Dir: dst.SEND | dst.RECV, Value: emptyStruct()}, n))
	if err := d.aboveLoop(u, append(before, make_)...); err != nil {
		return err
	}
	if err := d.beforeLaunch(u, takeSlot(sem, u.Give)); err != nil {
		return err
	}
	return d.giveBack(u, sem)
}

// takeSlot waits for a slot, with a context also for its end:
//
//	select {
//	case sem <- struct{}{}:
//	case <-ctx.Done():
//		return ctx.Err()
//	}
func takeSlot(sem, ctx string) dst.Stmt {
	take := &dst.SendStmt{Chan: ident(sem), Value: &dst.CompositeLit{Type: emptyStruct()}}
	if ctx == "" {
		return take
	}
	done := &dst.ExprStmt{X: &dst.UnaryExpr{Op: token.ARROW, X: call(selector(ctx, "Done"))}}
	leave := &dst.ReturnStmt{Results: []dst.Expr{call(selector(ctx, "Err"))}}
	return &dst.SelectStmt{Body: &dst.BlockStmt{List: []dst.Stmt{
		&dst.CommClause{Comm: take},
		&dst.CommClause{Comm: done, Body: []dst.Stmt{leave}},
	}}}
}

// aboveLoop puts statements above the outermost loop, or its label.
func (d *declaration) aboveLoop(u *matchers.Unbounded, news ...dst.Stmt) error {
	loop, err := node[dst.Stmt](d, u.Outer)
	if err != nil {
		return err
	}
	dst.Inspect(d.tree, func(n dst.Node) bool {
		if l, ok := n.(*dst.LabeledStmt); ok && l.Stmt == loop {
			loop = l
		}
		return true
	})
	return d.insertBefore(loop, news...)
}

// beforeLaunch puts a statement right above the launch, or above the Add that
// belongs to it: nothing between the two may leave the round with the slot.
func (d *declaration) beforeLaunch(u *matchers.Unbounded, s dst.Stmt) error {
	launch, err := node[dst.Stmt](d, u.Stmt)
	if err != nil {
		return err
	}
	for list, at := d.list(launch); at > 0 && isCallOf((*list)[at-1], "Add"); at-- {
		launch = (*list)[at-1]
	}
	return d.insertBefore(launch, s)
}

// giveBack releases the slot in the goroutine, after a leading Done: the wait
// then ends only once the slot is free again.
func (d *declaration) giveBack(u *matchers.Unbounded, sem string) error {
	release := &dst.DeferStmt{Call: call(&dst.FuncLit{
		Type: &dst.FuncType{Func: true, Params: &dst.FieldList{Opening: true, Closing: true}},
		Body: &dst.BlockStmt{List: []dst.Stmt{&dst.ExprStmt{X: receive(sem)}}},
	})}
	if u.Lit != nil {
		body, err := node[*dst.BlockStmt](d, u.Lit.Body)
		if err != nil {
			return err
		}
		at := 0
		if len(body.List) > 0 && isCallOf(body.List[0], "Done") {
			at = 1
		}
		prepend(body, at, release)
		return nil
	}
	launch, err := node[*dst.GoStmt](d, u.Stmt)
	if err != nil {
		return err
	}
	// go f(x)
	// =>
	// go func() { defer func() { <-sem }(); f(x) }()
	run := &dst.ExprStmt{X: launch.Call}
	release.Decs.Before, run.Decs.Before, run.Decs.After = dst.NewLine, dst.NewLine, dst.NewLine
	launch.Call = call(&dst.FuncLit{
		Type: &dst.FuncType{Func: true, Params: &dst.FieldList{Opening: true, Closing: true}},
		Body: &dst.BlockStmt{List: []dst.Stmt{release, run}},
	})
	return nil
}

// isCallOf tells whether a statement calls, or defers, a method of that name.
func isCallOf(s dst.Stmt, name string) bool {
	var x dst.Expr
	switch s := s.(type) {
	case *dst.ExprStmt:
		x = s.X
	case *dst.DeferStmt:
		x = s.Call
	}
	c, ok := x.(*dst.CallExpr)
	if !ok {
		return false
	}
	sel, ok := c.Fun.(*dst.SelectorExpr)
	return ok && sel.Sel.Name == name
}

// acquireSoon moves the send that takes the slot out of the goroutine.
//
//	go func() { sem <- struct{}{}; ... }()
//	=>
//	sem <- struct{}{}
//	go func() { ... }()
func acquireSoon(d *declaration, u *matchers.Unbounded) error {
	body, err := node[*dst.BlockStmt](d, u.Lit.Body)
	if err != nil {
		return err
	}
	take, err := node[dst.Stmt](d, u.Late)
	if err != nil {
		return err
	}
	if id, ok := u.LateArg.(*ast.Ident); ok { // outside, the semaphore has its own name
		take.(*dst.SendStmt).Chan = ident(id.Name)
	}
	for i, s := range body.List {
		if s == take {
			body.List = append(body.List[:i:i], body.List[i+1:]...)
			break
		}
	}
	return d.beforeLaunch(u, take)
}

// pool shares the items out over a channel to workers that run the unchanged body.
//
//	for _, x := range xs { wg.Add(1); go func() { defer wg.Done(); f(x) }() }
//	=>
//	jobs := make(chan T)
//	for range 8 { wg.Add(1); go func() { defer wg.Done(); for x := range jobs { f(x) } }() }
//	for _, x := range xs { jobs <- x }
//	close(jobs)
func pool(d *declaration, u *matchers.Unbounded) error {
	item := u.PoolItem(d.pass.Info)
	elem, err := d.typeExpr(d.pass.Info.Defs[item].Type())
	if err != nil {
		return err
	}
	n, before, err := d.room(u.Limit, u.Stmt.Pos())
	if err != nil {
		return err
	}
	if !d.pass.AtLeast(u.File, "go1.22") {
		return refuse("F16", "a pool is written with range over an int, which the file's Go version doesn't have")
	}
	feed, err := node[*dst.RangeStmt](d, u.Loop)
	if err != nil {
		return err
	}
	body, err := node[*dst.BlockStmt](d, u.Lit.Body)
	if err != nil {
		return err
	}
	if d.taken("make") || d.taken("close") {
		return refuse("F4", "make or close means something else here: there is no way to share the items out")
	}
	jobs := d.fresh("jobs", "items")
	start := &dst.RangeStmt{X: n, Tok: token.ILLEGAL, Body: feed.Body}
	feed.Body = &dst.BlockStmt{List: []dst.Stmt{&dst.SendStmt{Chan: ident(jobs), Value: ident(item.Name)}}}
	keep := 0
	if len(body.List) > 0 && isCallOf(body.List[0], "Done") {
		keep = 1
	}
	work := &dst.RangeStmt{Key: ident(item.Name), Tok: token.DEFINE, X: ident(jobs), Body: &dst.BlockStmt{List: body.List[keep:]}}
	work.Decs.Before, work.Decs.After = dst.NewLine, dst.NewLine
	body.List = append(body.List[:keep:keep], work)
	queue := define(jobs, call(ident("make"), &dst.ChanType{Dir: dst.SEND | dst.RECV, Value: elem}))
	if err := d.insertBefore(feed, append(before, queue, start)...); err != nil {
		return err
	}
	return d.insertAfter(feed, &dst.ExprStmt{X: call(ident("close"), ident(jobs))})
}
