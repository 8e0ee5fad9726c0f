package rewrites

import (
	"go/ast"
	"go/types"

	"github.com/dave/dst"
	"github.com/dave/dst/dstutil"
)

// put gives a node with each variable that an earlier call of the round is assigned
// to replaced by its slot.
func (w *loopWriter) put(source ast.Node, n dst.Node, call int) dst.Node {
	by := map[dst.Node]dst.Expr{}
	ast.Inspect(source, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok {
			if v, ok := w.d.pass.Info.ObjectOf(id).(*types.Var); ok && !v.IsField() {
				if s := w.slotBefore(v, call); s != nil && w.d.nodes[id] != nil {
					by[w.d.nodes[id]] = w.read(s)
				}
			}
		}
		return true
	})
	return exchange(n, by)
}

// slotBefore is the slot that v stands for in front of a call.
func (w *loopWriter) slotBefore(v *types.Var, call int) (found *loopSlot) {
	for _, s := range w.slots {
		if s.of == v && (!s.kept && s.call < call || s.kept && w.direct[v]) {
			found = s
		}
	}
	return found
}

// exchange puts other expressions in the place of some nodes below n.
func exchange(n dst.Node, by map[dst.Node]dst.Expr) dst.Node {
	if x := by[n]; x != nil {
		return x
	}
	return dstutil.Apply(n, func(c *dstutil.Cursor) bool {
		if x := by[c.Node()]; x != nil {
			c.Replace(x)
			return false
		}
		return true
	}, nil)
}

// varsOf gathers the variables that a node mentions.
func (w *loopWriter) varsOf(n ast.Node) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	ast.Inspect(n, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok {
			if v, ok := w.d.pass.Info.ObjectOf(id).(*types.Var); ok && !v.IsField() {
				vars[v] = true
			}
		}
		return true
	})
	return vars
}

// assigns gathers the variables of the round that a statement declares or assigns,
// also through a part of one.
func (w *loopWriter) assigns(n ast.Node) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	add := func(x ast.Expr) {
		if v := rootVar(w.d.pass.Info, x); v != nil {
			vars[v] = true
		}
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			for _, lhs := range m.Lhs {
				add(lhs)
			}
		case *ast.IncDecStmt:
			add(m.X)
		case *ast.ValueSpec:
			for _, id := range m.Names {
				add(id)
			}
		}
		return true
	})
	return vars
}

// rootVar is the variable that an assignment's target starts from: req of
// req.Header[k]; nil where it starts from a call.
func rootVar(info *types.Info, x ast.Expr) *types.Var {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			v, _ := info.ObjectOf(e).(*types.Var)
			return v
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}
