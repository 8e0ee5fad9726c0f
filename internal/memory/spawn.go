package memory

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
)

// spawnCall is a go statement. Its operands are evaluated here.
func (b *body) spawnCall(c *ast.CallExpr) {
	fun := ast.Unparen(c.Fun)
	if b.info.Types[fun].IsType() || nameOfCallee(fun) != nil && isBuiltin(b.info, nameOfCallee(fun)) {
		b.call(c)
		return
	}
	u, fn, vals := b.operands(c)
	joined := false
	if lit, ok := fun.(*ast.FuncLit); ok {
		joined = b.reportsDone(lit)
	}
	if fn == nil {
		b.spawn(u.at, vals, u, joined)
	} else {
		b.alone(func() { b.callFunc(fn, u) })
	}
	if !joined {
		for _, a := range u.all() {
			b.handed(u.at, a.vals, "a goroutine has it")
		}
	}
}

func isBuiltin(info *types.Info, id *ast.Ident) bool {
	_, ok := info.Uses[id].(*types.Builtin)
	return ok
}

// alone runs f as another goroutine would: without the locks that are held here.
func (b *body) alone(f func()) {
	s := b.state()
	b.held, b.dead = nil, false
	f()
	b.resume(s)
}

// spawn runs function values on another goroutine.
func (b *body) spawn(at token.Pos, vals []elem, u *use, joined bool) {
	b.alone(func() { b.invoke(vals, u) })
	if !joined {
		b.handed(at, vals, "a goroutine has it")
	}
}

// waited tells whether the group that a call is made on is the function's own,
// and is waited for.
func (b *body) waited(c *ast.CallExpr) bool {
	if c == nil {
		return false
	}
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	return ok && b.owns(sel.X)
}

func (b *body) owns(x ast.Expr) bool {
	obj := effects.Root(b.info, x)
	if obj == nil || !b.waits[obj] {
		return false
	}
	_, given := b.param[obj]
	return !given && obj.Pos() >= b.decl.Pos() && obj.Pos() < b.decl.End()
}

// reportsDone tells whether a literal calls Done on a group that the function waits for.
func (b *body) reportsDone(lit *ast.FuncLit) bool {
	found := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok && sel.Sel.Name == "Done" {
				found = found || b.owns(sel.X)
			}
		}
		return !found
	})
	return found
}

// deferred evaluates the operands now, and the call at the end.
func (b *body) deferred(c *ast.CallExpr) {
	fun := ast.Unparen(c.Fun)
	if id := nameOfCallee(fun); b.info.Types[fun].IsType() || id != nil && isBuiltin(b.info, id) {
		b.frame.defers = append(b.frame.defers, func() { b.call(c) })
		return
	}
	u, fn, vals := b.operands(c)
	if fn == nil && cancels(b.info.TypeOf(c.Fun)) {
		return
	}
	b.frame.defers = append(b.frame.defers, func() {
		before := b.held
		if fn != nil {
			b.callFunc(fn, u)
		} else {
			b.invoke(vals, u)
		}
		b.held = b.held.both(before) // whether it was deferred at all isn't known
	})
}
