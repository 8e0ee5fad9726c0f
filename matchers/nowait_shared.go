package matchers

import (
	"go/ast"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// sharedGroups gathers the WaitGroups of a package that belong to no function:
// unexported fields, and variables of the package.
type sharedGroups struct {
	pass *rule.Pass
	at   map[*types.Var]*sharedGroup
	list []*sharedGroup
}

type sharedGroup struct {
	v     *types.Var
	group *Group   // the first mention that counts with it
	decl  ast.Decl // around that
	adds  bool
	other bool // somebody waits for it, or it is handed to somebody who may
}

// note looks at what one declaration does with a group.
func (s *sharedGroups) note(g *Group, decl ast.Decl) {
	v := g.Var
	if g.Kind != WaitGroup || v.Exported() || v.Embedded() || !v.IsField() && v.Parent() != s.pass.Pkg.Scope() {
		return
	}
	one := s.at[v]
	if one == nil {
		one = &sharedGroup{v: v}
		s.at[v] = one
		s.list = append(s.list, one)
	}
	for _, op := range g.Ops {
		switch op.Kind {
		case GroupWaits, GroupHanded:
			one.other = true
		case GroupAdds, GroupGoes:
			one.adds = true
			if one.group == nil {
				one.group, one.decl = &Group{Kind: g.Kind, Text: g.Text, Var: v, Ops: []GroupOp{op}}, decl
			}
		}
	}
}

// left gathers those that are counted with and waited for nowhere. A struct whose
// address leaves the package still hides an unexported field.
func (s *sharedGroups) left() []*NoWait {
	var list []*NoWait
	for _, one := range s.list {
		_, pointer := types.Unalias(one.v.Type()).(*types.Pointer) // another name for somebody's group
		if one.other || !one.adds || pointer || !s.inView(one.v) {
			continue
		}
		n := &NoWait{Group: one.group, shared: true}
		n.Place, _, _ = placeOf(one.group.Ops[0].Cur)
		list = append(list, n)
	}
	return list
}

// inView tells whether the file that declares v is looked at: the unit of a
// package's tests sees only those.
func (s *sharedGroups) inView(v *types.Var) bool {
	for _, f := range s.pass.Files {
		if f.FileStart <= v.Pos() && v.Pos() < f.FileEnd {
			return true
		}
	}
	return false
}
