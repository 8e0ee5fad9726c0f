package goherd

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// A Spot is what an explanation is asked for: some lines of a file, or one
// position in it.
type Spot struct {
	File     *ast.File
	From, To int       // lines
	At       token.Pos // where it is valid, only what stands around it counts
}

// Decl is the declaration around the spot: that of its first line, else one that
// begins on its lines; nil where there is none.
func (t *Trace) Decl(s Spot) ast.Decl {
	for _, d := range s.File.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		from, to := t.lines(d)
		if doc := docOf(d); doc != nil {
			from = t.line(doc.Pos())
		}
		if from <= s.To && s.From <= to {
			return d
		}
	}
	return nil
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

func (t *Trace) line(p token.Pos) int { return t.fset.PositionFor(p, false).Line }

func (t *Trace) lines(n ast.Node) (from, to int) { return t.line(n.Pos()), t.line(n.End() - 1) }

// A use is one function at a spot.
type use struct {
	at   token.Pos
	call *ast.CallExpr
	fn   *types.Func    // what is called, or named
	lits []*ast.FuncLit // or the literals that the variable called may hold
	how  string
}

// uses finds the functions at a spot, in source order: those that are called on
// its lines, those of statements that begin there, and those that are handed over
// by name. Of a statement with a body (for, if, switch, select), only the head
// counts; of `go` and of a literal that is handed over, all of it.
func (t *Trace) uses(s Spot) []use {
	w := &looker{Trace: t, spot: s, callee: map[ast.Expr]bool{}, how: map[*ast.CallExpr]string{}}
	w.walk(s.File, false)
	if len(w.found) == 0 {
		if inner := t.around(s); inner != nil {
			w.walk(inner, true) // in the midst of a long statement
		}
	}
	if s.At.IsValid() {
		if one := w.innermost(s.At); one != nil { // else the position lies between calls: its line counts
			w.found = one
		}
	}
	slices.SortStableFunc(w.found, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	return w.found
}

type looker struct {
	*Trace
	spot   Spot
	callee map[ast.Expr]bool // expressions that are called, and so not handed over
	how    map[*ast.CallExpr]string
	found  []use
}

// walk looks below n; whole tells that all of n counts.
func (w *looker) walk(n ast.Node, whole bool) {
	ast.Inspect(n, func(m ast.Node) bool {
		if m == nil || m == n {
			return m != nil
		}
		if d, ok := m.(*ast.FuncDecl); ok {
			w.declaration(d)
		}
		if from, to := w.lines(m); !whole && (to < w.spot.From || w.spot.To < from) {
			return false
		}
		if s, ok := m.(ast.Stmt); ok && !whole && simple(s) && w.begins(s) {
			w.note(s)
			w.walk(s, true)
			return false
		}
		w.note(m)
		if whole || w.here(m) {
			w.take(m)
		}
		return true
	})
}

// begins tells whether a statement starts on the spot's lines.
func (w *looker) begins(s ast.Stmt) bool {
	line := w.line(s.Pos())
	return w.spot.From <= line && line <= w.spot.To
}

// here tells whether what an expression names stands on the spot's lines: of a
// call in a chain, that is the line of its parenthesis.
func (w *looker) here(n ast.Node) bool {
	pos := n.Pos()
	if call, ok := n.(*ast.CallExpr); ok {
		pos = call.Lparen
	} else if sel, ok := n.(*ast.SelectorExpr); ok {
		pos = sel.Sel.Pos()
	}
	line := w.line(pos)
	return w.spot.From <= line && line <= w.spot.To
}

// simple tells whether a statement is read as one: it has no body of its own.
func simple(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.BlockStmt, *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt,
		*ast.SelectStmt, *ast.CaseClause, *ast.CommClause, *ast.LabeledStmt:
		return false
	}
	return true
}

// around is the innermost simple statement that the spot lies in.
func (t *Trace) around(s Spot) (inner ast.Stmt) {
	ast.Inspect(s.File, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		if from, to := t.lines(n); from > s.From || s.To > to {
			return false
		}
		if stmt, ok := n.(ast.Stmt); ok {
			inner = nil
			if simple(stmt) {
				inner = stmt
			}
		}
		return true
	})
	return inner
}

// declaration takes the function that is declared on the spot's lines.
func (w *looker) declaration(d *ast.FuncDecl) {
	end := d.End()
	if d.Body != nil {
		end = d.Body.Lbrace
	}
	fn, ok := w.info.Defs[d.Name].(*types.Func)
	if from, to := w.line(d.Pos()), w.line(end); ok && from <= w.spot.To && w.spot.From <= to {
		w.found = append(w.found, use{at: d.Name.Pos(), fn: fn, how: "declared here"})
	}
}

// note remembers what a statement does with the call in it.
func (w *looker) note(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		w.how[n.Call] = "started as a goroutine"
	case *ast.DeferStmt:
		w.how[n.Call] = "deferred"
	}
}

// take records a call, or a function that is named without being called.
func (w *looker) take(n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		w.call(n)
	case *ast.Ident:
		w.named(n, n)
	case *ast.SelectorExpr:
		w.callee[n.Sel] = true // seen here, and not again by itself
		w.named(n, n.Sel)
	}
}

func (w *looker) call(n *ast.CallExpr) {
	fun := ast.Unparen(n.Fun)
	switch x := fun.(type) { // Unparen goes no further than parentheses
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	w.callee[fun] = true
	u := use{at: n.Lparen, call: n, how: w.how[n]}
	if w.info.Types[n.Fun].IsType() {
		return
	}
	switch callee := effects.Callee(w.info, n).(type) {
	case *types.Builtin:
		return
	case *types.Func:
		u.fn = callee
	default:
		if _, ok := fun.(*ast.FuncLit); ok && u.how == "" {
			return // run where it stands: what it calls is listed by itself
		}
		u.lits = w.literals(fun)
	}
	u.at = nameOfCall(fun)
	w.found = append(w.found, u)
}

// nameOfCall is where the name of what is called stands.
func nameOfCall(fun ast.Expr) token.Pos {
	if sel, ok := fun.(*ast.SelectorExpr); ok {
		return sel.Sel.Pos()
	}
	return fun.Pos()
}

func (w *looker) named(x ast.Expr, id *ast.Ident) {
	if fn, ok := w.info.Uses[id].(*types.Func); ok && !w.callee[x] {
		w.found = append(w.found, use{at: id.Pos(), fn: fn, how: "handed over, not called here"})
	}
}

// innermost keeps the call around a position that begins last, or the name at it.
func (w *looker) innermost(at token.Pos) []use {
	var best []use
	for _, u := range w.found {
		from, to := u.at, u.at
		if u.call != nil {
			from, to = u.call.Pos(), u.call.End()
		} else if u.fn != nil {
			to += token.Pos(len(u.fn.Name()))
		}
		if from <= at && at < to && (best == nil || w.inside(u, best[0])) {
			best = []use{u}
		}
	}
	return best
}

func (w *looker) inside(u, outer use) bool {
	return outer.call != nil && outer.call.Pos() <= u.at && u.at < outer.call.End()
}

// literals are the function literals that a local variable holds; none where it
// may hold something else, too.
func (w *looker) literals(fun ast.Expr) []*ast.FuncLit {
	if lit, ok := fun.(*ast.FuncLit); ok {
		return []*ast.FuncLit{lit}
	}
	id, ok := fun.(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := w.info.Uses[id].(*types.Var)
	decl := w.Decl(w.spot)
	if !ok || decl == nil || v.Pos() < decl.Pos() || decl.End() <= v.Pos() {
		return nil
	}
	h := &holder{info: w.info, v: v}
	ast.Inspect(decl, h.visit)
	if h.other {
		return nil
	}
	return h.lits
}

// A holder gathers what a variable is assigned.
type holder struct {
	info  *types.Info
	v     *types.Var
	lits  []*ast.FuncLit
	other bool
}

func (h *holder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i, lhs := range n.Lhs {
			h.assigned(lhs, n.Rhs, i, len(n.Lhs))
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if len(n.Values) > 0 {
				h.assigned(name, n.Values, i, len(n.Names))
			}
		}
	case *ast.Field: // a parameter holds what it is given
		for _, name := range n.Names {
			h.other = h.other || h.info.Defs[name] == h.v
		}
	case *ast.RangeStmt:
		for _, x := range []ast.Expr{n.Key, n.Value} {
			h.assigned(x, nil, 0, 1)
		}
	case *ast.UnaryExpr:
		if id, ok := ast.Unparen(n.X).(*ast.Ident); ok && n.Op == token.AND && h.info.Uses[id] == h.v {
			h.other = true
		}
	}
	return true
}

func (h *holder) assigned(lhs ast.Expr, rhs []ast.Expr, i, n int) {
	id, ok := lhs.(*ast.Ident)
	if !ok || h.info.ObjectOf(id) != h.v {
		return
	}
	if len(rhs) != n {
		h.other = true
		return
	}
	if lit, ok := ast.Unparen(rhs[i]).(*ast.FuncLit); ok {
		h.lits = append(h.lits, lit)
	} else {
		h.other = true
	}
}

// Nearest is the line of the call that stands nearest to the spot in its
// declaration, and what is called there; 0 where the declaration calls nothing.
func (t *Trace) Nearest(s Spot) (line int, name string) {
	decl := t.Decl(s)
	if decl == nil {
		return 0, ""
	}
	from, to := t.lines(decl)
	w := &looker{Trace: t, spot: Spot{File: s.File, From: from, To: to}, callee: map[ast.Expr]bool{}, how: map[*ast.CallExpr]string{}}
	w.walk(decl, true)
	best := 0
	for _, u := range w.found {
		at := t.line(u.at)
		far := max(s.From-at, at-s.To, 0)
		if u.call != nil && u.fn != nil && (name == "" || far < best) {
			best, line, name = far, at, effects.Name(u.fn, t.pkg)
		}
	}
	return line, name
}
