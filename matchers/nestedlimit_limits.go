package matchers

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// A groupLimit is one SetLimit that a group may have got.
type groupLimit struct {
	call *ast.CallExpr
	decl ast.Decl
}

// limitsOf gathers the limits that the group of p, as the function in decl sees
// it, may have got: there, where it comes from, and for a field wherever that
// field is set. A negative constant is no limit.
func (n *nestedSearch) limitsOf(p groupPath, decl ast.Decl) []groupLimit {
	s := &limitSearch{n: n, seen: map[groupPath]bool{}}
	s.look(p, decl)
	return s.found
}

type limitSearch struct {
	n     *nestedSearch
	seen  map[groupPath]bool
	found []groupLimit
}

func (s *limitSearch) look(p groupPath, decl ast.Decl) {
	if s.seen[p] {
		return
	}
	s.seen[p] = true
	info := s.n.pass.Info
	var field *types.Var
	for _, d := range s.n.decls {
		for _, g := range d.groups {
			if q, ok := pathOf(info, g.Ops[0].At); ok && q == p && (d.decl == decl || p.fields == "") {
				s.note(g, d.decl)
				if p.fields != "" {
					field = g.Var
				}
			}
		}
	}
	if field != nil {
		s.lookAtField(field)
	}
	s.lookAtCallers(p)
}

// note keeps what a group's SetLimit calls say.
func (s *limitSearch) note(g *Group, decl ast.Decl) {
	for _, op := range g.ops(GroupSetLimit) {
		if len(op.Call.Args) != 1 || isNegative(s.n.pass.Info, op.Call.Args[0]) {
			continue
		}
		l := groupLimit{op.Call, decl}
		for _, had := range s.found {
			if had == l {
				return
			}
		}
		s.found = append(s.found, l)
	}
}

// lookAtField finds what is stored in a field, and limits that are set on it.
func (s *limitSearch) lookAtField(field *types.Var) {
	info := s.n.pass.Info
	for _, d := range s.n.decls {
		for _, g := range d.groups {
			if g.Var == field {
				s.note(g, d.decl)
			}
		}
		ast.Inspect(d.decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && info.Uses[key] == types.Object(field) {
					s.lookAt(n.Value, d.decl)
				}
			case *ast.AssignStmt:
				for i, lhs := range n.Lhs {
					sel, ok := lhs.(*ast.SelectorExpr)
					if ok && info.Uses[sel.Sel] == types.Object(field) && len(n.Lhs) == len(n.Rhs) {
						s.lookAt(n.Rhs[i], d.decl)
					}
				}
			}
			return true
		})
	}
}

func (s *limitSearch) lookAt(x ast.Expr, decl ast.Decl) {
	if p, ok := pathOf(s.n.pass.Info, x); ok {
		s.look(p, decl)
	}
}

// lookAtCallers follows a parameter to what the package's own callers pass.
func (s *limitSearch) lookAtCallers(p groupPath) {
	info := s.n.pass.Info
	fn := s.n.funcs[p.root]
	if fn == nil {
		return
	}
	for _, site := range s.n.calls.sites[fn] {
		if x := argumentFor(info, fn, p.root, site.call); x != nil {
			if q, ok := pathOf(info, x); ok {
				q.fields += p.fields
				s.look(q, site.decl)
			}
		}
	}
}

// argumentFor is what a call passes for a parameter, or the receiver, of fn.
func argumentFor(info *types.Info, fn funcNode, v *types.Var, call *ast.CallExpr) ast.Expr {
	if receiverOf(info, fn) == v {
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return sel.X
		}
		return nil
	}
	for i, param := range paramsOf(info, fn) {
		if param == v && i < len(call.Args) {
			return call.Args[i]
		}
	}
	return nil
}

func isNegative(info *types.Info, x ast.Expr) bool {
	v := info.Types[x].Value
	return v != nil && v.Kind() == constant.Int && constant.Sign(v) < 0
}

// atLeast is the smallest number that a limit can be: what the source says of
// it, and 1 for anything else.
func atLeast(info *types.Info, x ast.Expr) int {
	x = ast.Unparen(x)
	n := 0
	if constInt(info, x, &n) {
		return n
	}
	switch x := x.(type) {
	case *ast.BinaryExpr:
		if x.Op == token.ADD {
			return atLeast(info, x.X) + atLeast(info, x.Y)
		}
	case *ast.CallExpr:
		if info.Types[x.Fun].IsType() && len(x.Args) == 1 {
			return atLeast(info, x.Args[0])
		}
		if b, ok := info.Uses[calleeIdent(x)].(*types.Builtin); ok && b.Name() == "max" {
			most := 1
			for _, a := range x.Args {
				most = max(most, atLeast(info, a))
			}
			return most
		}
	}
	return 1
}

// A shortage is a group whose slots may all be held by functions that wait for
// one.
type shortage struct {
	limit   groupLimit
	holders int  // how many functions hold a slot while they start others; 0 for any number
	certain bool // the limit is known not to be enough
}

// shortages gathers the groups that run out of slots at an inner Go: one function
// that starts the others needs a slot beside theirs, a tree needs any number.
func (n *NestedLimit) shortages() []shortage {
	var list []shortage
	for i, r := range n.runs {
		if len(r.limits) == 0 || slices.ContainsFunc(n.runs[:i], func(o run) bool { return o.group == r.group }) {
			continue
		}
		limit := slices.MinFunc(r.limits, func(a, b groupLimit) int { return n.least(a) - n.least(b) })
		holders := n.search.holders(r.group)
		if holders == 0 || n.least(limit) <= holders {
			known := n.search.pass.Info.Types[limit.call.Args[0]].Value != nil
			list = append(list, shortage{limit, holders, holders == 0 || known})
		}
	}
	return list
}

func (n *NestedLimit) least(l groupLimit) int {
	return atLeast(n.search.pass.Info, l.call.Args[0])
}

// holders counts the functions of a group that call its Go, where each of them is
// started once; 0 means that nothing bounds them.
func (s *nestedSearch) holders(g *Group) int {
	ops := map[*ast.CallExpr]bool{}
	for _, n := range s.list {
		for _, r := range n.runs {
			if n.What != NestedGo || r.group != g {
				continue
			}
			if s.at[r.op.Call] != nil || !g.startsOnce(r.op) {
				return 0
			}
			ops[r.op.Call] = true
		}
	}
	return len(ops)
}

// startsOnce tells whether a Go is called once for each group.
func (g *Group) startsOnce(op GroupOp) bool {
	if g.Made == nil || !within(g.Made, op.Func) {
		return false
	}
	return !slices.ContainsFunc(op.Loops, func(l ast.Stmt) bool { return !within(g.Made, l) })
}
