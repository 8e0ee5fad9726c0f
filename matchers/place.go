// Package matchers finds shapes: one file a rule, with the shape's struct, its
// page for the reader, and the ladder of guards. A matcher decides whether and
// how safely; it never writes code, and cannot: it does not see dst.
package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A Place is where in the file a shape stands.
type Place struct {
	File *ast.File
	Decl ast.Decl       // the top-level declaration around it
	Func ast.Node       // the innermost *ast.FuncDecl or *ast.FuncLit around it
	Body *ast.BlockStmt // Func's body
	Type *ast.FuncType  // Func's signature
}

// placeOf climbs from a node to what stands around it, and gathers the loops
// between the node and its function, innermost first. ok is false outside a
// function.
func placeOf(c inspector.Cursor) (p Place, loops []ast.Stmt, ok bool) {
	for up := range c.Enclosing() {
		switch n := up.Node().(type) {
		case *ast.ForStmt:
			if p.Func == nil {
				loops = append(loops, n)
			}
		case *ast.RangeStmt:
			if p.Func == nil {
				loops = append(loops, n)
			}
		case *ast.FuncLit:
			p.within(n, n.Body, n.Type)
		case *ast.FuncDecl:
			p.within(n, n.Body, n.Type)
			p.Decl = n
		case *ast.GenDecl:
			p.Decl = n // a variable's initial value; a declaration inside a function is overwritten by it
		case *ast.File:
			p.File = n
		}
	}
	return p, loops, p.Func != nil && p.Decl != nil && p.File != nil
}

func (p *Place) within(fn ast.Node, body *ast.BlockStmt, typ *ast.FuncType) {
	if p.Func == nil {
		p.Func, p.Body, p.Type = fn, body, typ
	}
}

// inspectOwn visits what runs on the function's own goroutine and in its own
// frame: it does not enter function literals.
func inspectOwn(root ast.Node, visit func(ast.Node) bool) {
	ast.Inspect(root, func(n ast.Node) bool {
		if _, lit := n.(*ast.FuncLit); lit && n != root {
			return false
		}
		return n == nil || visit(n)
	})
}

// uses gathers the identifiers below root that mean obj, in source order.
func uses(info *types.Info, root ast.Node, obj types.Object) []*ast.Ident {
	var list []*ast.Ident
	ast.Inspect(root, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && info.ObjectOf(id) == obj {
			list = append(list, id)
		}
		return true
	})
	return list
}

// within tells whether n stands inside outer.
func within(n, outer ast.Node) bool {
	return outer != nil && outer.Pos() <= n.Pos() && n.End() <= outer.End()
}

// isNamed tells whether t, or what it points to, is the named type pkg.name.
func isNamed(t types.Type, pkg, name string) bool {
	if t == nil {
		return false
	}
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == pkg && n.Obj().Name() == name
}

// isErrorType tells whether t is error itself, and no type that implements it.
func isErrorType(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// localVar is the variable that x names directly, if it is declared inside root
// (a function's body, not its parameters); else nil.
func localVar(info *types.Info, x ast.Expr, root ast.Node) *types.Var {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := info.ObjectOf(id).(*types.Var)
	if !ok || v.Pos() < root.Pos() || v.Pos() >= root.End() {
		return nil
	}
	return v
}

// methodCall splits `x.Name(...)`; ok is false for anything else.
func methodCall(n ast.Node) (call *ast.CallExpr, recv ast.Expr, name string, ok bool) {
	if s, isStmt := n.(*ast.ExprStmt); isStmt {
		n = s.X
	}
	if s, isDefer := n.(*ast.DeferStmt); isDefer {
		n = s.Call
	}
	call, ok = n.(*ast.CallExpr)
	if !ok {
		return nil, nil, "", false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, nil, "", false
	}
	return call, sel.X, sel.Sel.Name, true
}

// inspectAssigned visits each place below root where v is assigned, other than
// by its declaration, or where its address is taken.
func inspectAssigned(info *types.Info, root ast.Node, v *types.Var, visit func(token.Pos)) {
	is := func(x ast.Expr) bool {
		id, ok := ast.Unparen(x).(*ast.Ident)
		return ok && info.Uses[id] == v
	}
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, lhs := range n.Lhs {
				if is(lhs) {
					visit(n.Pos())
				}
			}
		case *ast.IncDecStmt:
			if is(n.X) {
				visit(n.Pos())
			}
		case *ast.RangeStmt:
			if n.Key != nil && is(n.Key) || n.Value != nil && is(n.Value) {
				visit(n.Pos())
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND && is(n.X) {
				visit(n.Pos())
			}
		}
		return true
	})
}

// sortedKeys gives a map's keys in order, for output that is the same each time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// inspectAssignedPath is inspectAssigned for a variable or a field: it visits
// each assignment whose target ends in v.
func inspectAssignedPath(info *types.Info, root ast.Node, v *types.Var, visit func(token.Pos)) {
	if !v.IsField() {
		inspectAssigned(info, root, v, visit)
		return
	}
	ast.Inspect(root, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, lhs := range a.Lhs {
				if sel, ok := ast.Unparen(lhs).(*ast.SelectorExpr); ok && info.Uses[sel.Sel] == v {
					visit(a.Pos())
				}
			}
		}
		return true
	})
}

// inspectElements visits each place below root where an element or a field of v
// is assigned, or v is changed by delete, clear or a method with a pointer
// receiver.
func inspectElements(info *types.Info, root ast.Node, v *types.Var, visit func(token.Pos)) {
	ours := func(x ast.Expr) bool {
		_, plain := ast.Unparen(x).(*ast.Ident)
		return !plain && effects.Root(info, x) == types.Object(v)
	}
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, lhs := range n.Lhs {
				if ours(lhs) {
					visit(n.Pos())
				}
			}
		case *ast.IncDecStmt:
			if ours(n.X) {
				visit(n.Pos())
			}
		case *ast.CallExpr:
			if id := calleeIdent(n); id != nil && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 && effects.Root(info, n.Args[0]) == types.Object(v) {
				visit(n.Pos())
			}
			if fn := callee(info, n); fn != nil && fn.Signature().Recv() != nil {
				_, ptr := types.Unalias(fn.Signature().Recv().Type()).(*types.Pointer)
				sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
				_, direct := v.Type().Underlying().(*types.Pointer)
				if ok && ptr && !direct && effects.Root(info, sel.X) == types.Object(v) {
					visit(n.Pos())
				}
			}
		}
		return true
	})
}

// meansHere tells whether a name means obj at pos.
func meansHere(pass *rule.Pass, name string, obj types.Object, pos token.Pos) bool {
	scope := pass.Pkg.Scope().Innermost(pos)
	if scope == nil {
		return false
	}
	_, got := scope.LookupParent(name, pos)
	return got == obj
}
