package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// An OwnEdit gives one goroutine its own variable.
type OwnEdit struct {
	Lit    *ast.FuncLit      // what the goroutine runs
	Define []*ast.AssignStmt // `err = f()` that becomes `err := f()`
	Above  ast.Stmt          // where `var err error` goes, nil where it isn't needed
}

// ownFirst: a goroutine that assigns the variable before it reads it never needs
// the others' value.
func ownFirst(pass *rule.Pass, s *SharedVar) rule.Verdict {
	if s.Fix != OwnVariable {
		return rule.Holds(s.at.Pos(), "no goroutine gets a variable of its own")
	}
	v := s.Vars[0].Var
	zero := s.fan.startsZero(v)
	against := rule.Verdict{}
	refuse := func(at *access, why string) {
		if against == (rule.Verdict{}) {
			against = rule.Refuse(at.at.Pos(), why)
		}
	}
	for _, l := range s.fan.launches {
		acts := l.on(v)
		if len(acts) == 0 {
			continue
		}
		if !writesAny(acts) {
			if s.meetsIn(l) {
				refuse(acts[0], fmt.Sprintf("a goroutine only reads %s, at line %d: whose value it is meant to see can't be told", v.Name(), line(pass, acts[0].at)))
			}
			continue
		}
		edit, why := ownEdit(pass, l.lit, v, acts, zero)
		if b := s.readMeanwhile(l); why != "" && b != nil {
			why = fmt.Sprintf("line %d reads %s without waiting for the goroutine: what it is meant to see can't be told", line(pass, b.at), v.Name())
		}
		if why != "" {
			refuse(acts[0], why)
		}
		if !s.owned(l.lit) {
			s.Own = append(s.Own, edit)
		}
	}
	if against != (rule.Verdict{}) {
		return against
	}
	return rule.Holds(s.at.Pos(), fmt.Sprintf("each goroutine assigns %s before it reads it", v.Name()))
}

// readMeanwhile is where the function itself reads what a goroutine may be
// writing, nil for nowhere.
func (s *SharedVar) readMeanwhile(l *launch) *access {
	for _, p := range s.Vars[0].pairs {
		if p.l == l && p.l2 == nil && !p.b.writes() {
			return p.b
		}
	}
	return nil
}

// on gives what the goroutine does with v.
func (l *launch) on(v *types.Var) (list []*access) {
	for _, a := range l.acts {
		if a.v == v {
			list = append(list, a)
		}
	}
	return list
}

func writesAny(acts []*access) bool {
	for _, a := range acts {
		if a.writes() {
			return true
		}
	}
	return false
}

// meetsIn tells whether a launch takes part in what the finding is about.
func (s *SharedVar) meetsIn(l *launch) bool {
	for _, v := range s.Vars {
		for _, p := range v.pairs {
			if p.l == l || p.l2 == l {
				return true
			}
		}
	}
	return false
}

// owned tells whether a literal already has an edit: it may be started twice.
func (s *SharedVar) owned(lit *ast.FuncLit) bool {
	for _, own := range s.Own {
		if own.Lit == lit {
			return true
		}
	}
	return false
}

// startsZero tells whether a variable still has its zero value when the
// goroutines start: it is declared without one, and nothing else sets it.
func (f *fanOut) startsZero(v *types.Var) bool {
	spec, _ := specOf(f.pass.Info, f.Body, v)
	if spec == nil || len(spec.Values) > 0 {
		return false
	}
	zero := true
	inspectAssigned(f.pass.Info, f.Body, v, func(at token.Pos) {
		inLaunch := false
		for _, l := range f.launches {
			inLaunch = inLaunch || within(posNode(at), l.lit)
		}
		zero = zero && (inLaunch || at > f.lastLaunch())
	})
	return zero
}

func (f *fanOut) lastLaunch() token.Pos {
	last := token.NoPos
	for _, l := range f.launches {
		last = max(last, l.stmt.End())
	}
	return last
}

// specOf is the `var v T` that declares a local variable, and its statement.
func specOf(info *types.Info, root ast.Node, v *types.Var) (spec *ast.ValueSpec, decl *ast.DeclStmt) {
	ast.Inspect(root, func(n ast.Node) bool {
		if s, ok := n.(*ast.DeclStmt); ok {
			if vs := declares(info, s, v); vs != nil {
				spec, decl = vs, s
			}
		}
		return spec == nil
	})
	return spec, decl
}

// ownEdit decides how one goroutine gets its own variable; why says what stands
// against it.
func ownEdit(pass *rule.Pass, lit *ast.FuncLit, v *types.Var, acts []*access, zero bool) (edit OwnEdit, why string) {
	edit.Lit, edit.Above = lit, statementOf(lit.Body.List, acts[0])
	if id := unread(pass.Info, lit, v, acts); id != nil {
		return edit, fmt.Sprintf("line %d uses %s in a function that may run at any time", line(pass, id), v.Name())
	}
	reads := false
	for _, a := range acts {
		switch {
		case !within(a.at, lit):
			return edit, fmt.Sprintf("a goroutine reaches %s through the function of line %d", v.Name(), line(pass, a.at))
		case a.act == actAddress:
			return edit, fmt.Sprintf("the address of %s is taken at line %d", v.Name(), line(pass, a.at))
		case !a.writes():
			reads = true
		}
	}
	if !reads {
		return edit, fmt.Sprintf("line %d assigns %s and no goroutine looks at it: which of them comes last is chance", line(pass, acts[0].at), v.Name())
	}
	list := listAround(lit.Body, acts)
	first := statementOf(list, acts[0])
	if first != nil && assignsFirst(pass.Info, first, v) {
		if declaresName(pass.Info, list, v.Name()) {
			return edit, fmt.Sprintf("the goroutine has another %s further down", v.Name())
		}
		edit.Above = first
		if edit.Define = defines(pass.Info, list, v, acts); edit.Define != nil {
			edit.Above = nil
		}
		return edit, ""
	}
	if zero {
		if declaresName(pass.Info, lit.Body.List, v.Name()) {
			return edit, fmt.Sprintf("the goroutine has another %s further down", v.Name())
		}
		return edit, ""
	}
	return edit, fmt.Sprintf("a goroutine may read %s, at line %d, before it assigns it", v.Name(), line(pass, firstRead(acts).at))
}

// unread is a use of v in a goroutine that its accesses leave out: in a literal
// that is kept, and not called there.
func unread(info *types.Info, lit *ast.FuncLit, v *types.Var, acts []*access) *ast.Ident {
	for _, id := range uses(info, lit, v) {
		if !slices.ContainsFunc(acts, func(a *access) bool { return within(id, a.at) }) {
			return id
		}
	}
	return nil
}

func firstRead(acts []*access) *access {
	for _, a := range acts {
		if !a.writes() {
			return a
		}
	}
	return acts[0]
}

// listAround is the innermost statement list that holds all of the accesses.
func listAround(body *ast.BlockStmt, acts []*access) []ast.Stmt {
	best := body.List
	ast.Inspect(body, func(n ast.Node) bool {
		list := stmtsOf(n)
		for _, a := range acts {
			if statementOf(list, a) == nil {
				return true
			}
		}
		best = list
		return true
	})
	return best
}

// statementOf is the statement of a list that an access stands in.
func statementOf(list []ast.Stmt, a *access) ast.Stmt {
	for _, s := range list {
		if within(a.at, s) {
			return s
		}
	}
	return nil
}

// declaresName tells whether a list itself declares a variable of that name.
func declaresName(info *types.Info, list []ast.Stmt, name string) bool {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			for _, x := range s.Lhs {
				if id, ok := x.(*ast.Ident); ok && id.Name == name && info.Defs[id] != nil {
					return true
				}
			}
		case *ast.DeclStmt:
			found := false
			ast.Inspect(s, func(n ast.Node) bool {
				vs, ok := n.(*ast.ValueSpec)
				if ok {
					for _, id := range vs.Names {
						found = found || id.Name == name
					}
				}
				return true
			})
			if found {
				return true
			}
		}
	}
	return false
}

// assignsFirst tells whether running a statement gives v a value before anything
// in it reads v.
func assignsFirst(info *types.Info, s ast.Stmt, v *types.Var) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
			return false
		}
		sets := false
		for _, x := range s.Rhs {
			if len(uses(info, x, v)) > 0 {
				return false
			}
		}
		for _, x := range s.Lhs {
			id, ok := ast.Unparen(x).(*ast.Ident)
			if ok && info.Uses[id] == types.Object(v) {
				sets = true
			} else if len(uses(info, x, v)) > 0 {
				return false
			}
		}
		return sets
	case *ast.IfStmt:
		return s.Init != nil && assignsFirst(info, s.Init, v)
	case *ast.SwitchStmt:
		return s.Init != nil && assignsFirst(info, s.Init, v)
	}
	return false
}

// defines gives the assignments that can simply declare the variable: either the
// first, which holds for the rest of the list, or the first of every statement,
// where each keeps to itself. Nil where `var v T` has to stand above.
func defines(info *types.Info, list []ast.Stmt, v *types.Var, acts []*access) []*ast.AssignStmt {
	var inits []*ast.AssignStmt
	for _, s := range list {
		touched := false
		for _, a := range acts {
			touched = touched || within(a.at, s)
		}
		if !touched {
			continue
		}
		if a, ok := s.(*ast.AssignStmt); ok && len(inits) == 0 {
			if a.Tok == token.ASSIGN && onlySets(info, a, v) {
				return []*ast.AssignStmt{a}
			}
			return nil
		}
		var init ast.Stmt
		switch s := s.(type) {
		case *ast.IfStmt:
			init = s.Init
		case *ast.SwitchStmt:
			init = s.Init
		}
		a, ok := init.(*ast.AssignStmt)
		if !ok || a.Tok != token.ASSIGN || !onlySets(info, a, v) {
			return nil
		}
		inits = append(inits, a)
	}
	return inits
}

// onlySets tells whether an assignment sets v and drops the rest, so that it can
// declare v as well: with the very type that v has, or a nil pointer would become
// an error that is not nil.
func onlySets(info *types.Info, a *ast.AssignStmt, v *types.Var) bool {
	for i, x := range a.Lhs {
		id, ok := ast.Unparen(x).(*ast.Ident)
		if !ok || id.Name != "_" && info.Uses[id] != types.Object(v) {
			return false
		}
		if id.Name != "_" && !types.Identical(valueType(info, a, i), v.Type()) {
			return false
		}
	}
	return true
}

// valueType is the type of what an assignment gives its i-th operand.
func valueType(info *types.Info, a *ast.AssignStmt, i int) types.Type {
	if len(a.Lhs) == len(a.Rhs) {
		return info.TypeOf(a.Rhs[i])
	}
	if t, ok := info.TypeOf(a.Rhs[0]).(*types.Tuple); ok && i < t.Len() {
		return t.At(i).Type()
	}
	return types.Typ[types.Invalid]
}
