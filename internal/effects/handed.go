package effects

import (
	"go/ast"
	"go/types"
)

// handed are the functions that a callee of the table calls for its caller: once.Do(s.load)
// runs load. Literals are walked where they stand; opaque is the first argument
// into which nobody can look.
func (o *Oracle) handed(c *Call, callee *Summary) (calls []*Call, opaque ast.Expr) {
	if !callee.calls.Known() || callee.calls.Empty() {
		return nil, nil
	}
	for i, a := range c.Expr.Args {
		a = ast.Unparen(a)
		if !callee.calls.Has(i) || o.info.Types[a].IsNil() {
			continue
		}
		var id *ast.Ident
		switch x := a.(type) {
		case *ast.FuncLit:
			continue
		case *ast.Ident:
			id = x
		case *ast.SelectorExpr:
			id = x.Sel
		}
		if fn, ok := o.info.Uses[id].(*types.Func); ok && id != nil {
			calls = append(calls, &Call{Expr: &ast.CallExpr{Fun: a, Rparen: a.End()}, Fn: fn, later: c.later})
		} else if opaque == nil {
			opaque = a
		}
	}
	return calls, opaque
}

// joinHanded is joinApart for the functions that a callee is handed and calls.
func (o *Oracle) joinHanded(s *Summary, c *Call, callee *Summary) {
	calls, opaque := o.handed(c, callee)
	for _, h := range calls {
		o.joinApart(s, h, o.ofCall(h))
	}
	if opaque != nil {
		s.blind(Ground{Via: types.ExprString(opaque), step: step{pos: opaque.Pos()}})
	}
}

// blind adds something into which nobody can look, apart from waiting and panics.
func (s *Summary) blind(g Ground) {
	s.joinVerb(VerbUnknown, NoHint, g)
	s.joinExit(Unknown, g)
	s.joinGlobal(Unknown, g)
	s.joinSpawn(SpawnUnknown, g)
}
