package rewrites

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// SeqLoop makes the calls of a loop's rounds run side by side, and lets the loop as
// it was collect what they gave.
func SeqLoop(pass *rule.Pass, s *matchers.SeqLoop) (*patch.Patch, error) {
	title := "Make the calls side by side, then collect in order"
	return inDecl(pass, s.File, s.Decl, title, func(d *declaration) error {
		w := &loopWriter{d: d, s: s, at: s.Loop.Pos(), leaves: func() dst.Stmt { return &dst.ReturnStmt{} }}
		if err := w.prepare(); err != nil {
			return err
		}
		return w.write()
	})
}

// write puts the launching loop above the loop that was there:
//
//	for _, id := range ids {
//		v, err := get(ctx, id)
//		if err != nil {
//			return nil, err
//		}
//		out = append(out, v)
//	}
//	=>
//	results, errs := make([]*T, len(ids)), make([]error, len(ids))
//	var wg sync.WaitGroup
//	var stop atomic.Bool
//	sem := make(chan struct{}, 8)
//	for i, id := range ids {
//		sem <- struct{}{}
//		if stop.Load() { // an earlier item has failed
//			break
//		}
//		wg.Go(func() {
//			defer func() { <-sem }()
//			if results[i], errs[i] = get(ctx, id); errs[i] != nil {
//				stop.Store(true)
//			}
//		})
//	}
//	wg.Wait()
//	for i, id := range ids {
//		v, err := results[i], errs[i]
//		if err != nil {
//			return nil, err
//		}
//		out = append(out, v)
//	}
//
// The slot is taken before the flag is looked at: a round is left out only for a
// failure that comes before it, and never for one behind it.
func (w *loopWriter) write() error {
	launch, err := w.launch()
	if err != nil {
		return err
	}
	if err := w.collect(); err != nil {
		return err
	}
	loop, err := w.outermost()
	if err != nil {
		return err
	}
	above := append(w.hoisted, launch...)
	above[0].Decorations().Start = loop.Decorations().Start
	loop.Decorations().Start = nil
	if err := w.d.insertBefore(loop, above...); err != nil || !w.empty {
		return err
	}
	return w.d.remove(loop)
}

// outermost is the loop, or its label.
func (w *loopWriter) outermost() (dst.Stmt, error) {
	if w.s.Label != nil {
		return node[dst.Stmt](w.d, w.s.Label)
	}
	return node[dst.Stmt](w.d, w.s.Loop)
}

// launch writes everything up to the wait.
func (w *loopWriter) launch() ([]dst.Stmt, error) {
	switch w.s.Form {
	case rule.FormErrgroup:
		return w.writeErrgroup()
	case rule.FormPool:
		return w.writePool()
	}
	list, n, err := w.declare()
	if err != nil {
		return nil, err
	}
	list = append(list, define(w.sem, call(ident("make"), &dst.ChanType{Dir: dst.SEND | dst.RECV, Value: emptyStruct()}, n)))
	loop, err := w.launchLoop()
	if err != nil {
		return nil, err
	}
	return append(list, loop, waitFor(w.wg)), nil
}

// declare writes the slots, the WaitGroup and the flag, and gives the number of
// rounds that may run at once.
func (w *loopWriter) declare() ([]dst.Stmt, dst.Expr, error) {
	n, before, err := w.d.room(w.s.Limit, w.at)
	if err != nil {
		return nil, nil, err
	}
	sync, err := w.d.use("sync", "sync", w.at)
	if err != nil {
		return nil, nil, err
	}
	list := append(w.declareSlots(), before...)
	list = append(list, varOf(w.wg, selector(sync, "WaitGroup")))
	if w.stop != "" {
		atomic, err := w.d.use("sync/atomic", "atomic", w.at)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, varOf(w.stop, selector(atomic, "Bool")))
	}
	return list, n, nil
}

// launchLoop is the loop that takes a slot for each round and starts it.
func (w *loopWriter) launchLoop() (dst.Stmt, error) {
	body := w.copies()
	ahead, err := w.ahead()
	if err != nil {
		return nil, err
	}
	body = append(body, ahead...)
	body = append(body, onItsOwn(takeSlot(w.sem, "")))
	if w.stop != "" {
		body = append(body, w.breakOnStop())
	}
	work, err := w.round()
	if err != nil {
		return nil, err
	}
	give := &dst.DeferStmt{Call: call(closure([]dst.Stmt{&dst.ExprStmt{X: receive(w.sem)}}, true, nil))}
	body = append(body, w.d.goIn(w.wg, append([]dst.Stmt{give}, work...), false)...)
	for _, s := range body {
		onItsOwn(s)
	}
	return w.head(w.usedAhead, &dst.BlockStmt{List: body}), nil
}

// breakOnStop writes `if stop.Load() { break }`.
func (w *loopWriter) breakOnStop() dst.Stmt {
	leave := &dst.IfStmt{
		Cond: call(selector(w.stop, "Load")),
		Body: &dst.BlockStmt{List: []dst.Stmt{onItsOwn(&dst.BranchStmt{Tok: token.BREAK})}},
	}
	leave.Body.Decs.Lbrace.Append("// an earlier item has failed")
	return onItsOwn(leave)
}

// onItsOwn puts a statement on lines of its own.
func onItsOwn(s dst.Stmt) dst.Stmt {
	decs := s.Decorations()
	if decs.Before == dst.None {
		decs.Before = dst.NewLine
	}
	if decs.After == dst.None {
		decs.After = dst.NewLine
	}
	return s
}

// round writes what a goroutine does: the calls of one round.
func (w *loopWriter) round() ([]dst.Stmt, error) {
	var list []dst.Stmt
	w.within = true
	defer func() { w.within = false }()
	if w.fields {
		list = append(list, define(w.r, &dst.UnaryExpr{Op: token.AND, X: &dst.IndexExpr{X: ident(w.list), Index: ident(w.i)}}))
	}
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
			list = append(list, onItsOwn(moved))
		}
		made, err := w.callInto(k, c)
		if err != nil {
			return nil, err
		}
		list = append(list, made...)
	}
	return list, nil
}

// callInto makes a call and keeps what it gives.
//
//	if results[i], errs[i] = get(ctx, id); errs[i] != nil {
//		stop.Store(true)
//	}
func (w *loopWriter) callInto(k int, c *matchers.LoopCall) ([]dst.Stmt, error) {
	x, err := node[*dst.CallExpr](w.d, c.Call)
	if err != nil {
		return nil, err
	}
	moved := w.put(c.Call, x, k).(dst.Expr)
	var made dst.Stmt = &dst.ExprStmt{X: moved}
	if targets := w.targets(k, c); len(targets) > 0 {
		made = &dst.AssignStmt{Lhs: targets, Tok: token.ASSIGN, Rhs: []dst.Expr{moved}}
	}
	made.Decorations().Start = w.comments(c)
	list := []dst.Stmt{onItsOwn(made)}
	for _, v := range w.keptBy(k) {
		if w.direct[v.of] {
			continue
		}
		list = append(list, onItsOwn(&dst.AssignStmt{Lhs: []dst.Expr{w.read(v)}, Tok: token.ASSIGN, Rhs: []dst.Expr{ident(v.of.Name())}}))
	}
	last := k == len(w.s.Calls)-1
	if !c.Look && c.Check == nil || !c.Stops && last {
		return list, nil
	}
	var leave []dst.Stmt
	if c.Stops {
		leave = append(leave, onItsOwn(&dst.ExprStmt{X: call(selector(w.stop, "Store"), ident("true"))}))
	}
	if !last {
		leave = append(leave, onItsOwn(w.leaves()))
	}
	failed := &dst.IfStmt{
		Cond: &dst.BinaryExpr{X: w.read(w.slotAt(k, max(c.Err, 0))), Op: token.NEQ, Y: ident("nil")},
		Body: &dst.BlockStmt{List: leave},
	}
	if len(list) == 1 && w.d.onOneLine(c.Call) {
		failed.Decs.Start, made.Decorations().Start = made.Decorations().Start, nil
		made.Decorations().Before, made.Decorations().After = dst.None, dst.None
		failed.Init = made
		return []dst.Stmt{onItsOwn(failed)}, nil
	}
	return append(list, onItsOwn(failed)), nil
}

// targets are the slots that a call's results go to; nil where all are dropped.
func (w *loopWriter) targets(k int, c *matchers.LoopCall) []dst.Expr {
	if c.Operand {
		return []dst.Expr{w.read(w.slotAt(k, 0))}
	}
	var list []dst.Expr
	some := false
	for j := range c.Results {
		if s := w.slotAt(k, j); s != nil {
			list, some = append(list, w.read(s)), true
			continue
		}
		list = append(list, ident("_"))
	}
	if !some {
		return nil
	}
	return list
}

// comments takes the comments above a call's statement along with the call.
func (w *loopWriter) comments(c *matchers.LoopCall) dst.Decorations {
	s, err := node[dst.Stmt](w.d, c.Stmts[0])
	if err != nil || c.Operand {
		return nil
	}
	decs := s.Decorations().Start
	s.Decorations().Start = nil
	return decs
}

// typeOf writes a type that results are kept with.
func (w *loopWriter) typeOf(t types.Type) (dst.Expr, error) {
	if name := hiddenName(t, w.d.pass.Pkg); name != "" {
		return nil, refuse("F3", "the results would have to be kept with the type %s, which has no name here", name)
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && w.s.Loop.Pos() <= n.Obj().Pos() && n.Obj().Pos() < w.s.Loop.End() {
		return nil, refuse("F3", "the results would have to be kept with the type %s, which the loop declares", n.Obj().Name())
	}
	x, _, err := w.d.typeAt(t, w.at)
	return x, err
}

// fieldName makes a field's name of a variable's.
func fieldName(name string, taken map[string]bool) string {
	base := strings.TrimLeft(name, "_")
	if base == "" {
		base = "v"
	}
	name = base
	for i := 2; taken[name]; i++ {
		name = fmt.Sprintf("%s%d", base, i)
	}
	taken[name] = true
	return name
}
