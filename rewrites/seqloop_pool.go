package rewrites

import (
	"go/token"
	"go/types"

	"github.com/dave/dst"

	"github.com/goherd/goherd/matchers"
)

// writePool writes a fixed number of workers over a channel of indexes.
//
//	jobs := make(chan int)
//	for range 8 {
//		wg.Go(func() {
//			for i := range jobs {
//				id := ids[i]
//				if results[i], errs[i] = get(ctx, id); errs[i] != nil {
//					stop.Store(true)
//				}
//			}
//		})
//	}
//	for i := range ids {
//		if stop.Load() { // an earlier item has failed
//			break
//		}
//		jobs <- i
//	}
//	close(jobs)
//	wg.Wait()
func (w *loopWriter) writePool() ([]dst.Stmt, error) {
	if w.d.taken("close") {
		return nil, refuse("F4", "close means something else here: there is no way to share the rounds out")
	}
	list, n, err := w.declare()
	if err != nil {
		return nil, err
	}
	index, err := w.indexType()
	if err != nil {
		return nil, err
	}
	w.leaves = func() dst.Stmt { return &dst.BranchStmt{Tok: token.CONTINUE} }
	body := w.itemOf()
	ahead, err := w.ahead()
	if err != nil {
		return nil, err
	}
	work, err := w.round()
	if err != nil {
		return nil, err
	}
	body = append(append(body, ahead...), work...)
	for _, s := range body {
		onItsOwn(s)
	}
	jobs := w.fresh("jobs", "rounds")
	worker := &dst.RangeStmt{Key: ident(w.i), Tok: token.DEFINE, X: ident(jobs), Body: &dst.BlockStmt{List: body}}
	workers := w.d.goIn(w.wg, []dst.Stmt{worker}, false)
	for _, s := range workers {
		onItsOwn(s)
	}
	start := &dst.RangeStmt{X: n, Tok: token.ILLEGAL, Body: &dst.BlockStmt{List: workers}}
	var feed []dst.Stmt
	if w.stop != "" {
		feed = append(feed, w.breakOnStop())
	}
	feed = append(feed, onItsOwn(&dst.SendStmt{Chan: ident(jobs), Value: ident(w.i)}))
	queue := define(jobs, call(ident("make"), &dst.ChanType{Dir: dst.SEND | dst.RECV, Value: index}))
	return append(list, queue, start, w.feedLoop(feed),
		&dst.ExprStmt{X: call(ident("close"), ident(jobs))}, waitFor(w.wg)), nil
}

// indexType is the type of the rounds' numbers.
func (w *loopWriter) indexType() (dst.Expr, error) {
	if w.s.Head.Kind == matchers.OverCount && w.s.Head.Key != nil {
		return w.typeOf(w.d.pass.Info.Defs[w.s.Head.Key].Type())
	}
	if w.d.taken("int") {
		return nil, refuse("F4", "int means something else here: there is no way to number the rounds")
	}
	return ident(types.Typ[types.Int].Name()), nil
}

// itemOf declares the loop's variables for a round that is known by its number.
func (w *loopWriter) itemOf() []dst.Stmt {
	h := w.s.Head
	uses := func(v *types.Var) bool { return v != nil && w.usedAhead[v] }
	element := &dst.IndexExpr{X: dst.Clone(w.over).(dst.Expr), Index: ident(w.i)}
	var list []dst.Stmt
	switch h.Kind {
	case matchers.OverList:
		if h.Value != nil && uses(w.defined(h.Value)) {
			list = append(list, define(h.Value.Name, element))
		}
	case matchers.OverMap:
		value := h.Value != nil && uses(w.defined(h.Value))
		if value || h.Key != nil && uses(w.defined(h.Key)) {
			list = append(list, define(w.keyName(), element))
		}
		if value {
			list = append(list, define(h.Value.Name, &dst.IndexExpr{X: ident(w.mapName), Index: ident(w.keyName())}))
		}
	}
	return list
}

// feedLoop hands out the numbers of the rounds.
func (w *loopWriter) feedLoop(body []dst.Stmt) dst.Stmt {
	over := dst.Clone(w.over).(dst.Expr)
	if w.s.Head.Kind == matchers.Counted {
		return w.head(nil, &dst.BlockStmt{List: body})
	}
	return ranging(ident(w.i), nil, over, &dst.BlockStmt{List: body})
}
