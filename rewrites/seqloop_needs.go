package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/rule"
)

// analyse decides which statements in front of the calls are needed in which loop:
// Go doesn't allow a variable that nobody uses.
func (w *loopWriter) analyse() {
	w.needed, w.direct = map[ast.Stmt]need{}, map[*types.Var]bool{}
	for _, c := range w.s.Calls {
		for _, v := range c.Fills {
			w.direct[v] = w.onlyDeclared(v)
		}
	}
	w.usedAhead, w.usedBehind = map[*types.Var]bool{}, map[*types.Var]bool{}
	for k := len(w.s.Calls) - 1; k >= 0; k-- {
		c := w.s.Calls[k]
		maps.Copy(w.usedAhead, w.varsOf(c.Call))
		if c.Check != nil && w.s.Form == rule.FormErrgroup {
			maps.Copy(w.usedAhead, w.varsOf(c.Handler.Returns))
		}
		w.aheadIn(c.Between)
	}
	w.aheadIn(w.s.Prefix)
	for _, s := range w.s.Rest {
		maps.Copy(w.usedBehind, w.varsOf(s))
	}
	for k := len(w.s.Calls) - 1; k >= 0; k-- {
		c := w.s.Calls[k]
		w.usedByStatement(k)
		w.behindIn(c.Between)
	}
	w.behindIn(w.s.Prefix)
}

// onlyDeclared tells whether v is declared in front of the calls, empty, and not
// mentioned there again: a call may then fill its slot itself.
func (w *loopWriter) onlyDeclared(v *types.Var) bool {
	empty := false
	mentioned := 0
	for _, s := range w.s.Prefix {
		if w.varsOf(s)[v] {
			mentioned++
		}
		switch s := s.(type) {
		case *ast.DeclStmt:
			spec, ok := s.Decl.(*ast.GenDecl).Specs[0].(*ast.ValueSpec)
			empty = empty || ok && len(spec.Values) == 0 && len(spec.Names) == 1 && w.d.pass.Info.Defs[spec.Names[0]] == types.Object(v)
		case *ast.AssignStmt:
			if len(s.Lhs) == 1 && len(s.Rhs) == 1 && rootVar(w.d.pass.Info, s.Lhs[0]) == v {
				lit, ok := s.Rhs[0].(*ast.CompositeLit)
				empty = empty || ok && len(lit.Elts) == 0
			}
		}
	}
	_, refers := v.Type().Underlying().(interface{ Elem() types.Type })
	return empty && mentioned == 1 && !refers
}

// usedByStatement adds what remains of a call's statement and of its check.
func (w *loopWriter) usedByStatement(k int) {
	c := w.s.Calls[k]
	if c.Check != nil && w.s.Form != rule.FormErrgroup {
		maps.Copy(w.usedBehind, w.varsOf(c.Check.Body))
		maps.Copy(w.usedBehind, w.varsOf(c.Check.Cond))
	}
	for _, r := range c.Results {
		if r.Var == nil && !r.Blank() {
			maps.Copy(w.usedBehind, w.varsOf(r.Lhs))
		}
	}
	if c.Operand || c.InHead && c.Check == nil {
		own := w.varsOf(c.Call)
		for v := range w.varsOf(c.Stmts[0]) {
			if !own[v] || w.outside(c.Stmts[0], c.Call, v) {
				w.usedBehind[v] = true
			}
		}
	}
}

// outside tells whether a statement mentions v other than in the call.
func (w *loopWriter) outside(s ast.Stmt, call *ast.CallExpr, v *types.Var) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		if n == ast.Node(call) {
			return false
		}
		if id, ok := n.(*ast.Ident); ok && w.d.pass.Info.ObjectOf(id) == types.Object(v) {
			found = true
		}
		return !found
	})
	return found
}

func (w *loopWriter) aheadIn(list []ast.Stmt) {
	for i := len(list) - 1; i >= 0; i-- {
		if w.wanted(list[i], w.usedAhead) {
			n := w.needed[list[i]]
			n.ahead = true
			w.needed[list[i]] = n
			maps.Copy(w.usedAhead, w.usedBy(list[i], w.usedAhead))
		}
	}
}

func (w *loopWriter) behindIn(list []ast.Stmt) {
	for i := len(list) - 1; i >= 0; i-- {
		if _, known := w.needed[list[i]]; !known {
			w.needed[list[i]] = need{}
		}
		if w.wanted(list[i], w.usedBehind) && !w.fillsOnly(list[i]) {
			n := w.needed[list[i]]
			n.behind = true
			w.needed[list[i]] = n
			maps.Copy(w.usedBehind, w.usedBy(list[i], w.usedBehind))
		}
	}
}

// usedBy is what a statement needs that is there for what it gives: of a group of
// declarations, what those need that are used.
func (w *loopWriter) usedBy(s ast.Stmt, used map[*types.Var]bool) map[*types.Var]bool {
	d, ok := s.(*ast.DeclStmt)
	if !ok {
		return w.varsOf(s)
	}
	vars := map[*types.Var]bool{}
	for _, spec := range slices.Backward(d.Decl.(*ast.GenDecl).Specs) {
		one, ok := spec.(*ast.ValueSpec)
		if !ok || !slices.ContainsFunc(one.Names, func(id *ast.Ident) bool {
			v, ok := w.d.pass.Info.Defs[id].(*types.Var)
			return ok && (used[v] || vars[v])
		}) {
			continue
		}
		for _, x := range one.Values {
			maps.Copy(vars, w.varsOf(x))
		}
	}
	return vars
}

// wanted tells whether a statement ends the round, or gives a value to a variable
// that is used.
func (w *loopWriter) wanted(s ast.Stmt, used map[*types.Var]bool) bool {
	ends := false
	ast.Inspect(s, func(n ast.Node) bool {
		_, branch := n.(*ast.BranchStmt)
		ends = ends || branch
		return !ends
	})
	if ends {
		return true
	}
	for v := range w.assigns(s) {
		if used[v] && !w.direct[v] {
			return true
		}
	}
	return false
}

// fillsOnly tells whether a statement does nothing but make, or prepare, a variable
// that a call fills: the collecting loop reads that from its slot.
func (w *loopWriter) fillsOnly(s ast.Stmt) bool {
	vars := w.assigns(s)
	for v := range vars {
		if !w.isFilled(v) {
			return false
		}
	}
	return len(vars) > 0
}

func (w *loopWriter) isFilled(v *types.Var) bool {
	for _, c := range w.s.Calls {
		for _, f := range c.Fills {
			if f == v {
				return true
			}
		}
	}
	return false
}

// ahead is what the launching loop does in front of the first call.
func (w *loopWriter) ahead() ([]dst.Stmt, error) {
	var list []dst.Stmt
	for _, s := range w.s.Prefix {
		if !w.needed[s].ahead {
			continue
		}
		moved, err := w.moved(s, 0)
		if err != nil {
			return nil, err
		}
		list = append(list, moved)
	}
	return list, nil
}

// moved takes a statement in front of a call out of the loop that was there.
func (w *loopWriter) moved(s ast.Stmt, call int) (dst.Stmt, error) {
	n, err := node[dst.Stmt](w.d, s)
	if err != nil {
		return nil, err
	}
	n = w.put(s, n, call).(dst.Stmt)
	w.blankUnused(s, n, w.usedAhead)
	return n, nil
}

// blankUnused puts "_" for what a statement declares and nobody uses. Of a group
// of declarations it leaves out those that nobody uses: to work them out does
// nothing else.
func (w *loopWriter) blankUnused(s ast.Stmt, n dst.Stmt, used map[*types.Var]bool) {
	if d, ok := s.(*ast.DeclStmt); ok {
		w.dropUnused(d.Decl.(*ast.GenDecl), n.(*dst.DeclStmt).Decl.(*dst.GenDecl), used)
		return
	}
	a, ok := s.(*ast.AssignStmt)
	if !ok || a.Tok != token.DEFINE || len(a.Lhs) < 2 {
		return
	}
	for i, lhs := range a.Lhs {
		id, plain := lhs.(*ast.Ident)
		if !plain {
			continue
		}
		if v, isVar := w.d.pass.Info.ObjectOf(id).(*types.Var); isVar && !used[v] {
			n.(*dst.AssignStmt).Lhs[i] = ident("_")
		}
	}
}

func (w *loopWriter) dropUnused(d *ast.GenDecl, n *dst.GenDecl, used map[*types.Var]bool) {
	if d.Tok != token.VAR {
		return
	}
	var kept []dst.Spec
	for i, spec := range d.Specs {
		out, any := n.Specs[i].(*dst.ValueSpec), false
		for k, name := range spec.(*ast.ValueSpec).Names {
			v, isVar := w.d.pass.Info.Defs[name].(*types.Var)
			if isVar && used[v] {
				any = true
			} else {
				out.Names[k] = ident("_")
			}
		}
		if any {
			kept = append(kept, out)
		}
	}
	n.Specs = kept
}

// leaveFor turns the round's `continue` into what ends it where it now runs.
func (w *loopWriter) leaveFor(n dst.Stmt) {
	eachList := func(list []dst.Stmt) {
		for i, s := range list {
			if b, ok := s.(*dst.BranchStmt); ok && b.Tok == token.CONTINUE && b.Label == nil {
				by := w.leaves()
				decs := by.Decorations()
				decs.Before, decs.After, decs.Start, decs.End = b.Decs.Before, b.Decs.After, b.Decs.Start, b.Decs.End
				list[i] = by
			}
		}
	}
	dst.Inspect(n, func(m dst.Node) bool {
		switch m := m.(type) {
		case *dst.ForStmt, *dst.RangeStmt, *dst.FuncLit:
			return false
		case *dst.BlockStmt:
			eachList(m.List)
		case *dst.CaseClause:
			eachList(m.Body)
		}
		return true
	})
}
