package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// singlesOut tells whether an if lets one goroutine alone into its first branch,
// or into what follows where the first branch is left out: it compares the round's
// own number, or asks an atomic operation who was first.
func (w *walker) singlesOut(s *ast.IfStmt) (then, other bool) {
	then, other = w.condSingles(s.Cond)
	if s.Init != nil && w.asksOnce(s.Init) {
		return true, true
	}
	return then, other
}

func (w *walker) condSingles(cond ast.Expr) (then, other bool) {
	switch x := ast.Unparen(cond).(type) {
	case *ast.UnaryExpr:
		if x.Op == token.NOT {
			then, other = w.condSingles(x.X)
			return other, then
		}
	case *ast.BinaryExpr:
		switch x.Op {
		case token.LAND, token.LOR:
			t1, o1 := w.condSingles(x.X)
			t2, o2 := w.condSingles(x.Y)
			if x.Op == token.LAND {
				return t1 || t2, o1 && o2
			}
			return t1 && t2, o1 || o2
		case token.EQL:
			return w.oneRound(x, token.EQL) || w.asksOnce(x), false
		case token.NEQ:
			return false, w.oneRound(x, token.NEQ) || w.asksOnce(x)
		}
	}
	return w.asksOnce(cond), false
}

// oneRound reads `i == 0`, where i is the round's own.
func (w *walker) oneRound(cond ast.Expr, op token.Token) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && b.Op == op && (w.isRound(b.X) || w.isRound(b.Y))
}

func (w *walker) isRound(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := w.info.ObjectOf(id).(*types.Var)
	if !ok {
		return false
	}
	if w.rounds[v] {
		return v.Pos() < w.root.Pos() || v.Pos() >= w.root.End() || isParam(w.root, v)
	}
	return false
}

// isParam tells whether v is a parameter of the literal.
func isParam(root ast.Node, v *types.Var) bool {
	lit, ok := root.(*ast.FuncLit)
	return ok && v.Pos() < lit.Body.Pos()
}

// asksOnce tells whether an atomic operation, or a lock that is only tried,
// decides.
func (w *walker) asksOnce(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !found
		}
		fn := callee(w.info, call)
		if fn == nil {
			return true
		}
		name := fn.Name()
		atomic := fn.Pkg() != nil && fn.Pkg().Path() == "sync/atomic" && !strings.HasPrefix(name, "Load")
		found = found || atomic || strings.HasPrefix(name, "TryLock") || strings.Contains(name, "CompareAndSwap") || name == "LoadOrStore" || name == "LoadAndDelete"
		return !found
	})
	return found
}

// roundVars gathers the variables that have another value in each round of a
// loop: its counter, its key, a value that compares like one, a copy of these,
// and the parameters of a literal that are handed one.
func roundVars(info *types.Info, decl ast.Node) map[*types.Var]bool {
	rounds := map[*types.Var]bool{}
	mark := func(x ast.Expr) {
		if id, ok := x.(*ast.Ident); ok {
			if v, ok := info.Defs[id].(*types.Var); ok {
				if _, basic := v.Type().Underlying().(*types.Basic); basic {
					rounds[v] = true
				}
			}
		}
	}
	is := func(x ast.Expr) bool {
		id, ok := ast.Unparen(x).(*ast.Ident)
		if !ok {
			return false
		}
		v, ok := info.Uses[id].(*types.Var)
		return ok && rounds[v]
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				mark(orIdent(n.Key))
				mark(orIdent(n.Value))
			}
		case *ast.ForStmt:
			if a, ok := n.Init.(*ast.AssignStmt); ok && a.Tok == token.DEFINE {
				for _, x := range a.Lhs {
					mark(x)
				}
			}
		case *ast.AssignStmt:
			for i, x := range n.Rhs {
				if n.Tok == token.DEFINE && len(n.Lhs) == len(n.Rhs) && is(x) {
					mark(n.Lhs[i])
				}
			}
		case *ast.CallExpr:
			if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
				handed(lit, n.Args, is, mark)
			}
		}
		return true
	})
	return rounds
}

// handed marks the parameters of a literal whose arguments are the round's own.
func handed(lit *ast.FuncLit, args []ast.Expr, is func(ast.Expr) bool, mark func(ast.Expr)) {
	i := 0
	for _, field := range lit.Type.Params.List {
		for _, name := range field.Names {
			if i < len(args) && is(args[i]) {
				mark(name)
			}
			i++
		}
	}
}
