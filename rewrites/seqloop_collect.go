package rewrites

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// collect makes the loop that was there read the slots. All that it did with the
// results, and with the errors, it goes on to do, in the old order.
func (w *loopWriter) collect() error {
	block, err := node[*dst.BlockStmt](w.d, w.s.Block)
	if err != nil {
		return err
	}
	var list []dst.Stmt
	add := func(front []ast.Stmt) {
		for _, s := range front {
			if w.needed[s].behind {
				w.blankUnused(s, w.clones[s], w.usedBehind)
				list = append(list, w.clones[s])
			}
		}
	}
	add(w.s.Prefix)
	for k, c := range w.s.Calls {
		add(c.Between)
		read, err := w.readBack(k, c)
		if err != nil {
			return err
		}
		list = append(list, read...)
	}
	for _, s := range w.s.Rest {
		n, err := node[dst.Stmt](w.d, s)
		if err != nil {
			return err
		}
		list = append(list, n)
	}
	for _, s := range list {
		onItsOwn(s)
	}
	if len(list) > 0 && list[0].Decorations().Before == dst.EmptyLine {
		list[0].Decorations().Before = dst.NewLine
	}
	block.List = list
	if len(list) == 0 {
		return w.dropLoop()
	}
	return w.newHead(block)
}

// dropLoop marks a loop that has nothing left to collect, where nobody has to look at
// the rounds' errors.
func (w *loopWriter) dropLoop() error {
	w.empty = true
	return nil
}

// newHead gives the collecting loop the head that it needs now.
func (w *loopWriter) newHead(block *dst.BlockStmt) error {
	loop, err := node[dst.Stmt](w.d, w.s.Loop)
	if err != nil {
		return err
	}
	switch head := w.head(w.usedBehind, block).(type) {
	case *dst.RangeStmt:
		old := loop.(*dst.RangeStmt)
		old.Key, old.Value, old.Tok, old.X = head.Key, head.Value, head.Tok, head.X
	case *dst.ForStmt:
	}
	return nil
}

// readBack is what remains of a call's statement: its results come from the slots.
//
//	v, err := get(ctx, id)
//	=>
//	v, err := results[i], errs[i]
func (w *loopWriter) readBack(k int, c *matchers.LoopCall) ([]dst.Stmt, error) {
	var list []dst.Stmt
	for _, s := range w.keptBy(k) {
		if w.usedBehind[s.of] {
			list = append(list, define(s.of.Name(), w.read(s)))
		}
	}
	s, err := node[dst.Stmt](w.d, c.Stmts[0])
	if err != nil {
		return nil, err
	}
	switch {
	case c.Operand:
		x, err := node[dst.Expr](w.d, c.Call)
		if err != nil {
			return nil, err
		}
		list = append(list, exchange(s, map[dst.Node]dst.Expr{x: w.read(w.slotAt(k, 0))}).(dst.Stmt))
	case c.InHead && w.s.Form == rule.FormErrgroup:
		if init := w.readAll(k, c, s.(*dst.IfStmt).Init); init != nil {
			init.Decorations().Before, init.Decorations().After = dst.NewLine, dst.NewLine
			list = append(list, init)
		}
	case c.InHead:
		head := s.(*dst.IfStmt)
		head.Init = w.readAll(k, c, head.Init)
		list = append(list, head)
	default:
		if s = w.readAll(k, c, s); s != nil {
			list = append(list, s)
		}
	}
	if len(c.Stmts) > 1 && w.s.Form != rule.FormErrgroup {
		check, err := node[dst.Stmt](w.d, c.Stmts[1])
		if err != nil {
			return nil, err
		}
		list = append(list, check)
	}
	return list, nil
}

// readAll puts the slots in the place of the call; nil where no result is wanted
// any more.
func (w *loopWriter) readAll(k int, c *matchers.LoopCall, s dst.Stmt) dst.Stmt {
	if _, dropped := s.(*dst.ExprStmt); dropped {
		return nil
	}
	var lhs, rhs []dst.Expr
	declares := false
	names := w.targetsOf(s)
	for j, r := range c.Results {
		slot := w.slotAt(k, j)
		if slot == nil || r.New && !w.usedBehind[r.Var] {
			continue
		}
		declares = declares || r.New
		lhs, rhs = append(lhs, names[j]), append(rhs, w.read(slot))
	}
	if len(lhs) == 0 {
		return nil
	}
	if decl, ok := s.(*dst.DeclStmt); ok {
		spec := decl.Decl.(*dst.GenDecl).Specs[0].(*dst.ValueSpec)
		spec.Names = nil
		for _, x := range lhs {
			spec.Names = append(spec.Names, x.(*dst.Ident))
		}
		spec.Values = rhs
		return s
	}
	a := s.(*dst.AssignStmt)
	a.Lhs, a.Rhs = lhs, rhs
	if !declares {
		a.Tok = token.ASSIGN
	}
	return a
}

// targetsOf are what a statement assigns to.
func (w *loopWriter) targetsOf(s dst.Stmt) []dst.Expr {
	switch s := s.(type) {
	case *dst.AssignStmt:
		return slices.Clone(s.Lhs)
	case *dst.DeclStmt:
		var list []dst.Expr
		for _, id := range s.Decl.(*dst.GenDecl).Specs[0].(*dst.ValueSpec).Names {
			list = append(list, id)
		}
		return list
	}
	return nil
}
