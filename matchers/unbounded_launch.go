package matchers

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// launchAt reads one statement; nil when it starts no goroutine for each item.
func launchAt(pass *rule.Pass, c inspector.Cursor) *Unbounded {
	u := &Unbounded{}
	switch s := c.Node().(type) {
	case *ast.GoStmt:
		u.Stmt, u.Call, u.How = s, s.Call, GoStmt
		u.started(pass, s.Call.Fun)
	case *ast.ExprStmt:
		call, recv, name, ok := methodCall(s)
		if !ok || name != "Go" || len(call.Args) != 1 {
			return nil
		}
		fn, ok := typeutil.Callee(pass.Info, call).(*types.Func)
		if !ok || !effects.Starts(fn) {
			return nil
		}
		u.Stmt, u.Call, u.How = s, call, GroupGo
		if fn.Pkg().Path() == "sync" {
			u.How = WaitGroupGo
		}
		u.Group = groupVar(pass.Info, recv)
		u.started(pass, call.Args[0])
	}
	var loops []ast.Stmt
	var ok bool
	if u.Place, loops, ok = placeOf(c); !ok || pass.IsTest(u.File) {
		return nil
	}
	if !u.perItem(pass, c, loops) {
		return nil
	}
	u.survey(pass)
	return u
}

// started notes the function that will run as a goroutine.
func (u *Unbounded) started(pass *rule.Pass, f ast.Expr) {
	f = ast.Unparen(f)
	switch x := f.(type) { // a function with its type arguments is the same function
	case *ast.IndexExpr:
		f = x.X
	case *ast.IndexListExpr:
		f = x.X
	}
	switch f := f.(type) {
	case *ast.FuncLit:
		u.Lit = f
		u.Work = pass.Effects.Region(f.Body)
	case *ast.Ident:
		u.Fn, _ = pass.Info.Uses[f].(*types.Func)
	case *ast.SelectorExpr:
		u.Fn, _ = pass.Info.Uses[f.Sel].(*types.Func)
	}
	switch {
	case u.Lit != nil:
	case u.Fn != nil && pass.Effects.Decl(u.Fn) != nil:
		u.Work = pass.Effects.Region(pass.Effects.Decl(u.Fn).Body)
	case u.Fn != nil:
		u.Work = &effects.Region{Summary: pass.Effects.Of(u.Fn)}
	default:
		u.Work = &effects.Region{Summary: effects.Summary{Opaque: types.ExprString(f)}}
	}
}

// perItem finds the loop that multiplies the launch: the innermost one whose
// number of rounds isn't fixed, or else the innermost. A callback counts when
// the function that takes it is known to call it for each item.
func (u *Unbounded) perItem(pass *rule.Pass, c inspector.Cursor, loops []ast.Stmt) bool {
	if len(loops) == 0 {
		return u.How == GroupGo && u.inWalker(pass, c)
	}
	u.Outer, u.Loops = loops[len(loops)-1], loops
	for _, l := range loops {
		if t := tripOf(pass, l, u.Body); !t.fixed {
			u.Loop, u.Trip = l, t
			return true
		}
	}
	u.Loop, u.Trip = loops[0], tripOf(pass, loops[0], u.Body)
	return true
}

// walkers call their function argument once for each item, on the caller's
// goroutine and with no lock held.
var walkers = map[string]bool{
	"path/filepath.Walk": true, "path/filepath.WalkDir": true, "io/fs.WalkDir": true,
	"sync.Map.Range": true, "go/ast.Inspect": true,
}

// inWalker tells whether the launch stands in a literal that is handed to a
// walker; the place then becomes the function around the walk.
func (u *Unbounded) inWalker(pass *rule.Pass, c inspector.Cursor) bool {
	lit, ok := u.Func.(*ast.FuncLit)
	if !ok {
		return false
	}
	cur, ok := c.Inspector().Root().FindNode(lit)
	if !ok {
		return false
	}
	call, ok := cur.Parent().Node().(*ast.CallExpr)
	if !ok {
		return false
	}
	fn, ok := typeutil.Callee(pass.Info, call).(*types.Func)
	if !ok || fn.Pkg() == nil || !walkers[fn.Pkg().Path()+"."+effects.Symbol(fn)] {
		return false
	}
	var loops []ast.Stmt
	u.Place, loops, ok = placeOf(cur.Parent())
	u.Walk = lit
	u.Trip = trip{over: "what " + effects.Name(fn, pass.Pkg) + " finds"}
	if len(loops) > 0 {
		u.Outer = loops[len(loops)-1]
	}
	return ok
}

// groupVar is the variable of g in g.Go; nil for a field or an expression.
func groupVar(info *types.Info, x ast.Expr) *types.Var {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok {
		return nil
	}
	v, _ := info.ObjectOf(id).(*types.Var)
	return v
}
