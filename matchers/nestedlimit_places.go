package matchers

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A nestedSearch looks through one package.
type nestedSearch struct {
	pass  *rule.Pass
	calls *groupCalls
	decls []declGroups
	funcs map[*types.Var]funcNode // the function that a parameter or receiver belongs to
	at    map[*ast.CallExpr]*NestedLimit
	list  []*NestedLimit
	met   map[*ast.CallExpr]bool // calls by functions that some group runs
}

// declGroups are the errgroups that one declaration mentions.
type declGroups struct {
	decl   ast.Decl
	groups []*Group
}

func newNestedSearch(pass *rule.Pass) *nestedSearch {
	s := &nestedSearch{
		pass: pass, calls: callsIn(pass), funcs: map[*types.Var]funcNode{},
		at: map[*ast.CallExpr]*NestedLimit{}, met: map[*ast.CallExpr]bool{},
	}
	for _, f := range pass.Files {
		for _, d := range f.Decls {
			dg := declGroups{decl: d}
			for _, g := range groupsIn(pass, d) {
				if g.Kind == ErrGroup && len(g.Ops) > 0 {
					dg.groups = append(dg.groups, g)
				}
			}
			s.decls = append(s.decls, dg)
			ast.Inspect(d, func(n ast.Node) bool {
				if _, typ := bodyAndType(n); typ != nil {
					for _, v := range namesOf(pass.Info, n) {
						s.funcs[v] = n
					}
				}
				return true
			})
		}
	}
	return s
}

// namesOf gathers a function's receiver and parameters that have a name.
func namesOf(info *types.Info, fn funcNode) []*types.Var {
	list := slices.DeleteFunc(paramsOf(info, fn), func(v *types.Var) bool { return v == nil })
	if v := receiverOf(info, fn); v != nil {
		list = append(list, v)
	}
	return list
}

// places gathers the matches, in source order.
func (s *nestedSearch) places() []*NestedLimit {
	for _, d := range s.decls {
		for _, g := range d.groups {
			for _, op := range g.ops(GroupSetLimit) {
				zero := 1
				if len(op.Call.Args) == 1 && constInt(s.pass.Info, op.Call.Args[0], &zero) && zero == 0 {
					s.place(LimitOfZero, op.Call)
				}
			}
			for _, op := range g.ops(GroupGoes, GroupTryGoes) {
				if len(op.Call.Args) == 1 {
					s.lookInside(g, op, d.decl)
				}
			}
		}
	}
	for _, n := range slices.Clone(s.list) {
		n.short = n.shortages()
		s.limitsAbove(n)
	}
	slices.SortStableFunc(s.list, func(a, b *NestedLimit) int { return int(a.Call.Pos() - b.Call.Pos()) })
	numbers := map[ast.Decl]int{}
	for _, n := range s.list {
		if n.What == NestedGo {
			numbers[n.Decl]++
			n.Number = numbers[n.Decl]
		}
	}
	return s.list
}

// lookInside notes where a function that a group runs comes to the same group.
func (s *nestedSearch) lookInside(g *Group, op GroupOp, decl ast.Decl) {
	p, ok := pathOf(s.pass.Info, op.At)
	if !ok {
		return
	}
	for _, r := range s.calls.inside(p, op.Call.Args[0], s.met) {
		what := NestedGo
		switch r.kind {
		case GroupWaits:
			what = WaitInside
		case GroupGoes:
		default:
			continue
		}
		n := s.place(what, r.call)
		if n == nil {
			continue
		}
		n.runs = append(n.runs, run{g, op, s.limitsOf(p, decl), r.in})
	}
}

// limitsAbove notes the limits of a group that are set in another declaration
// than the one that holds the Go: whoever writes one of the two sees only that.
func (s *nestedSearch) limitsAbove(n *NestedLimit) {
	for _, short := range n.short {
		if short.limit.decl == n.Decl {
			continue
		}
		if m := s.place(LimitAbove, short.limit.call); m != nil && m.under == nil {
			m.under = n
		}
	}
}

// place is the match at a call, made where there is none yet; nil where the call
// can't be found in the files that are reported on.
func (s *nestedSearch) place(what NestedWhat, call *ast.CallExpr) *NestedLimit {
	if n := s.at[call]; n != nil {
		return n
	}
	for _, d := range s.decls {
		for _, g := range d.groups {
			for _, op := range g.Ops {
				if op.Call != call {
					continue
				}
				n := &NestedLimit{What: what, Group: g, Call: call, search: s}
				n.Place, _, _ = placeOf(op.Cur)
				n.Stmt, _ = op.Cur.Parent().Node().(*ast.ExprStmt)
				s.at[call] = n
				s.list = append(s.list, n)
				return n
			}
		}
	}
	return nil
}

// name is a function's name in words, "" for a literal that has none.
func (g *groupCalls) name(fn funcNode) string {
	switch fn := fn.(type) {
	case *ast.FuncDecl:
		if obj, ok := g.pass.Info.Defs[fn.Name].(*types.Func); ok {
			return effects.Name(obj, g.pass.Pkg)
		}
	case *ast.FuncLit:
		return g.names[fn]
	}
	return ""
}
