package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// A loopWriter holds what is decided before a loop is written anew: the names, the
// slots, and which statement is needed where.
type loopWriter struct {
	d  *declaration
	s  *matchers.SeqLoop
	at token.Pos

	i, wg, sem, stop string // stop: "" where no failure ends the loop
	over             dst.Expr
	hoisted          []dst.Stmt // what is worked out once, above both loops
	mapName          string     // of a loop over a map: its name, where the values are needed

	fields     bool            // the slots are fields of one struct, not lists of their own
	list, typ  string          // with fields: the list, and the struct's name
	r          string          // with fields: a round's struct within its goroutine
	empty      bool            // nothing is left to collect
	within     bool            // a goroutine is being written
	leaves     func() dst.Stmt // ends a round where it runs
	slots      []*loopSlot
	of         map[[2]int]*loopSlot // by call and result
	needed     map[ast.Stmt]need
	direct     map[*types.Var]bool // the round declares it, and a call fills its slot itself
	usedAhead  map[*types.Var]bool
	usedBehind map[*types.Var]bool
	clones     map[ast.Stmt]dst.Stmt // for the collecting loop, without comments
}

// A need tells in which of the two loops a statement in front of a call is needed.
type need struct{ ahead, behind bool }

// A loopSlot is where a goroutine leaves one value of its round.
type loopSlot struct {
	name string // of the list, or of the field
	typ  dst.Expr
	of   *types.Var // the variable it stands for; nil for a field, an element, an operand
	call int        // the call that fills it
	kept bool       // of is no result: the round declares it, and the call fills it
}

// prepare decides everything; it changes nothing of the tree but what it hoists.
func (w *loopWriter) prepare() error {
	for _, name := range []string{"make", "len", "nil", "true", "append", "error"} {
		if w.d.taken(name) {
			return refuse("F4", "%s means something else here: there is no way to keep what the rounds give", name)
		}
	}
	var err error
	if w.s.Form, err = w.chooseForm(); err != nil {
		return err
	}
	if w.s.Form == rule.FormErrgroup {
		w.leaves = func() dst.Stmt { return &dst.ReturnStmt{Results: []dst.Expr{ident("nil")}} }
	}
	if err := w.turnSkips(); err != nil {
		return err
	}
	w.analyse()
	if err := w.nameAll(); err != nil {
		return err
	}
	if err := w.planSlots(); err != nil {
		return err
	}
	if err := w.planOver(); err != nil {
		return err
	}
	w.clones = map[ast.Stmt]dst.Stmt{}
	for s := range w.needed {
		original, err := node[dst.Stmt](w.d, s)
		if err != nil {
			return err
		}
		w.clones[s] = bare(dst.Clone(original).(dst.Stmt))
	}
	w.markLocals()
	return nil
}

// turnSkips writes what passes a round over in place of an `if` around the rest of
// the body.
func (w *loopWriter) turnSkips() error {
	for _, s := range w.s.Skips {
		around, err := node[*dst.IfStmt](w.d, s.Around)
		if err != nil {
			return err
		}
		if len(around.Body.Decs.End)+len(around.Body.Decs.Lbrace) > 0 || len(around.Decs.End) > 0 {
			return refuse("F13", "a comment at line %d belongs to no statement", w.d.pass.Line(s.Around.Pos()))
		}
		skip := &dst.IfStmt{Cond: negated(around.Cond), Body: &dst.BlockStmt{
			List: []dst.Stmt{onItsOwn(&dst.BranchStmt{Tok: token.CONTINUE})},
		}}
		skip.Decs.Before, skip.Decs.After, skip.Decs.Start = around.Decs.Before, dst.NewLine, around.Decs.Start
		w.d.nodes[s.Stmt] = skip
	}
	return nil
}

// negated is a condition turned round.
func negated(x dst.Expr) dst.Expr {
	switch x := x.(type) {
	case *dst.ParenExpr:
		return negated(x.X)
	case *dst.UnaryExpr:
		if x.Op == token.NOT {
			return x.X
		}
	case *dst.BinaryExpr:
		switch x.Op {
		case token.EQL:
			x.Op = token.NEQ
			return x
		case token.NEQ:
			x.Op = token.EQL
			return x
		}
		return &dst.UnaryExpr{Op: token.NOT, X: &dst.ParenExpr{X: x}}
	}
	return &dst.UnaryExpr{Op: token.NOT, X: x}
}

// bare takes the comments out of a copy: they stay with the original.
func bare(s dst.Stmt) dst.Stmt {
	dst.Inspect(s, func(n dst.Node) bool {
		if n != nil {
			decs := n.Decorations()
			decs.Start, decs.End = nil, nil
			clearPoints(n)
		}
		return true
	})
	return s
}

// clearPoints takes out the comments that stand inside a node.
func clearPoints(n dst.Node) {
	switch n := n.(type) {
	case *dst.BlockStmt:
		n.Decs.Lbrace = nil
	case *dst.CallExpr:
		n.Decs.Lparen = nil
	case *dst.CompositeLit:
		n.Decs.Lbrace = nil
	}
}

// markLocals tells whoever checks the names that those of the loop are written anew:
// there are two of each now.
func (w *loopWriter) markLocals() {
	ast.Inspect(w.s.Loop, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := w.d.pass.Info.ObjectOf(id).(*types.Var); ok && !v.IsField() && w.s.Loop.Pos() <= v.Pos() && v.Pos() < w.s.Loop.End() {
				w.d.anew = append(w.d.anew, id)
			}
		}
		return true
	})
}

func (w *loopWriter) nameAll() error {
	w.i = "i"
	switch {
	case w.s.Head.Kind != matchers.OverMap && w.s.Head.Key != nil:
		w.i = w.s.Head.Key.Name
	case mentions(w.s.Loop, "i"):
		w.i = w.fresh("j", "idx")
	}
	w.wg, w.sem = w.fresh("wg", "group"), w.fresh("sem", "slots")
	for _, c := range w.s.Calls {
		if c.Stops {
			w.stop = w.fresh("stop", "failed")
		}
	}
	return nil
}

// fresh is a name that means nothing in the declaration, and that no loop above in
// the same list of statements is given.
func (w *loopWriter) fresh(names ...string) string {
	if w.s.Number > 1 {
		return w.d.numbered(names[0], w.s.Number)
	}
	return w.d.fresh(names...)
}

// mentions tells whether a name occurs below root.
func mentions(root ast.Node, name string) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return !found
	})
	return found
}
