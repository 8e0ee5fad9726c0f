package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// countIsOpen: a bound is worth something only where the source doesn't fix how
// many goroutines there will be.
func countIsOpen(pass *rule.Pass, u *Unbounded) rule.Verdict {
	at := u.Stmt.Pos()
	switch t := u.Trip; {
	case t.fixed:
		return rule.Quiet(at, "the source fixes how many goroutines there are")
	case t.chosen:
		return rule.Quiet(at, t.over+" is itself a bound")
	case t.stream == "" && u.lengthIsChecked(pass):
		return rule.Quiet(at, "somebody checks the length of "+t.over+" before")
	case t.stream == "" && u.overParts(pass.Info):
		return rule.Refuse(at, fmt.Sprintf("%s is what the value is made of, not what it is given to do: such lists are short", t.over))
	case t.stream == "":
		return rule.Holds(at, "there are as many goroutines as "+t.over+" says")
	case acceptsIn(u.Loop) || ranges(u.Loop):
		return rule.Holds(at, "nothing but its source ends the loop")
	}
	return rule.Quiet(at, "the loop is not over items")
}

// overParts tells whether the loop goes over a field of the receiver that holds
// interfaces, as a value does that stands for several of its kind: exporters,
// sinks, discoverers.
func (u *Unbounded) overParts(info *types.Info) bool {
	r, ok := u.Loop.(*ast.RangeStmt)
	d, isMethod := u.Decl.(*ast.FuncDecl)
	if !ok || !isMethod || d.Recv == nil || len(d.Recv.List) != 1 || len(d.Recv.List[0].Names) != 1 {
		return false
	}
	sel, ok := ast.Unparen(r.X).(*ast.SelectorExpr)
	if !ok || effects.Root(info, sel) != info.Defs[d.Recv.List[0].Names[0]] {
		return false
	}
	list, ok := info.TypeOf(r.X).Underlying().(*types.Slice)
	return ok && types.IsInterface(list.Elem())
}

// lengthIsChecked tells whether the function, or one of this package that calls
// it with the list, turns away lists that are longer than a constant.
func (u *Unbounded) lengthIsChecked(pass *rule.Pass) bool {
	r, ok := u.Loop.(*ast.RangeStmt)
	if !ok {
		return false
	}
	if checksLength(pass.Info, u.Body, types.ExprString(r.X), r.Pos()) {
		return true
	}
	d, ok := u.Func.(*ast.FuncDecl)
	v := localVar(pass.Info, r.X, u.Type.Params)
	if !ok || v == nil {
		return false
	}
	fn, i := pass.Info.Defs[d.Name], indexOf(pass.Info, u.Type.Params, v)
	for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if got := callee(pass.Info, call); got == nil || types.Object(got.Origin()) != fn || i >= len(call.Args) {
			continue
		}
		if p, _, ok := placeOf(c); ok && checksLength(pass.Info, p.Body, types.ExprString(call.Args[i]), call.Pos()) {
			return true
		}
	}
	return false
}

// indexOf is the position of a parameter.
func indexOf(info *types.Info, params *ast.FieldList, v *types.Var) int {
	n := 0
	for _, f := range params.List {
		for _, name := range f.Names {
			if info.Defs[name] == types.Object(v) {
				return n
			}
			n++
		}
	}
	return n
}

// checksLength looks for `if len(list) > max { ... return }` before pos.
func checksLength(info *types.Info, body *ast.BlockStmt, list string, before token.Pos) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		s, ok := n.(*ast.IfStmt)
		if !ok || s.Pos() >= before || len(s.Body.List) == 0 || !terminates(s.Body.List[len(s.Body.List)-1]) {
			return !found
		}
		b, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
		if ok && (b.Op == token.GTR || b.Op == token.GEQ) && types.ExprString(b.X) == "len("+list+")" && info.Types[b.Y].Value != nil && !isZero(info, b.Y) {
			found = true
		}
		return !found
	})
	return found
}

func isZero(info *types.Info, x ast.Expr) bool {
	n := 1
	return constInt(info, x, &n) && n == 0
}

func ranges(loop ast.Stmt) bool {
	_, ok := loop.(*ast.RangeStmt)
	return ok
}

func acceptsIn(loop ast.Stmt) bool {
	found := false
	inspectOwn(loop, func(n ast.Node) bool {
		if _, _, name, ok := methodCall(n); ok && strings.HasPrefix(name, "Accept") {
			found = true
		}
		return !found
	})
	return found
}
