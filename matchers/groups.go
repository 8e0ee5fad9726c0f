package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A Group is what one declaration starts goroutines in, or counts them with, and
// waits for them by: an errgroup.Group of golang.org/x/sync or a sync.WaitGroup,
// known by the identity of its type. A look-alike from elsewhere is none: nobody
// can say what its Wait does.
type Group struct {
	Kind GroupKind
	Text string     // as the code writes it: "g", "s.wg"
	Var  *types.Var // the variable, or the field of s.wg
	Root *types.Var // where the path starts: Var itself, or s

	Made    ast.Stmt      // makes it in this declaration; nil for a parameter, a field, a package's variable
	Maker   *ast.CallExpr // errgroup.WithContext(parent), where Made is that; else nil
	Ctx     *types.Var    // the group's context; nil without one, or when it is dropped
	CtxName *ast.Ident    // its name where it is made: "_" when it is dropped

	Ops []GroupOp // every mention of the group behind Made, in source order
}

// A GroupKind is a type of group.
type GroupKind uint8

// The kinds.
const (
	ErrGroup GroupKind = iota
	WaitGroup
	PoolGroup // of github.com/sourcegraph/conc: only where a rule asks for it (groupsOf)
)

// A GroupOp is one mention of a group.
type GroupOp struct {
	Kind  GroupOpKind
	At    ast.Expr         // the group as it is written there
	Call  *ast.CallExpr    // g.Go(f), wg.Done(); nil for GroupHanded
	Lit   *ast.FuncLit     // f of Go and TryGo, where it is a literal
	Cur   inspector.Cursor // of Call, of At for GroupHanded
	Func  ast.Node         // the innermost *ast.FuncDecl or *ast.FuncLit around it
	Loops []ast.Stmt       // between the mention and Func, innermost first
	Defer *ast.DeferStmt   // `defer wg.Done()`, else nil
}

// A GroupOpKind is what a mention does.
type GroupOpKind uint8

// The mentions.
const (
	GroupHanded   GroupOpKind = iota // anything else: passed on, stored, copied, its address taken
	GroupGoes                        // Go
	GroupTryGoes                     // TryGo
	GroupWaits                       // Wait
	GroupSetLimit                    // SetLimit
	GroupAdds                        // Add
	GroupDone                        // Done
)

var groupOps = map[string]GroupOpKind{
	"Go": GroupGoes, "TryGo": GroupTryGoes, "Wait": GroupWaits, "SetLimit": GroupSetLimit, "Add": GroupAdds, "Done": GroupDone,
}

const errgroupPath = "golang.org/x/sync/errgroup"

// groupKind reads a type, or what it points to.
func groupKind(t types.Type) (GroupKind, bool) {
	switch {
	case isNamed(t, errgroupPath, "Group"):
		return ErrGroup, true
	case isNamed(t, "sync", "WaitGroup"):
		return WaitGroup, true
	}
	return 0, false
}

// groupsIn gathers the groups that a declaration mentions, in the order of their
// first mention.
func groupsIn(pass *rule.Pass, decl ast.Decl) []*Group { return groupsOf(pass, decl, groupKind) }

// groupsOf is groupsIn for the types that kindOf knows.
func groupsOf(pass *rule.Pass, decl ast.Decl, kindOf func(types.Type) (GroupKind, bool)) []*Group {
	if !marksOf(pass).groups[decl] {
		return nil
	}
	root, ok := pass.FindNode(decl)
	if !ok {
		return nil
	}
	var list []*Group
	at := map[groupKey]*Group{}
	for c := range root.Preorder((*ast.Ident)(nil), (*ast.SelectorExpr)(nil)) {
		key, kind, ok := groupAt(pass.Info, c, kindOf)
		if !ok {
			continue
		}
		g := at[key]
		if g == nil {
			g = &Group{Kind: kind, Text: key.text, Var: key.v, Root: key.root}
			at[key] = g
			list = append(list, g)
		}
		g.note(pass, c)
	}
	return list
}

type groupKey struct {
	root, v *types.Var
	text    string
}

// groupAt reads a mention: a variable, or a path of fields that starts at one.
// The longest expression counts: `s.wg`, not `wg` in it.
func groupAt(info *types.Info, c inspector.Cursor, kindOf func(types.Type) (GroupKind, bool)) (key groupKey, kind GroupKind, ok bool) {
	x := c.Node().(ast.Expr)
	if sel, inner := c.Parent().Node().(*ast.SelectorExpr); inner && sel.Sel == x {
		return key, 0, false
	}
	if kv, inner := c.Parent().Node().(*ast.KeyValueExpr); inner && kv.Key == x {
		return key, 0, false // a field's name in a literal
	}
	switch x := x.(type) {
	case *ast.Ident:
		key.v, _ = info.ObjectOf(x).(*types.Var)
	case *ast.SelectorExpr:
		key.v, _ = info.Uses[x.Sel].(*types.Var)
	}
	if key.v == nil {
		return key, 0, false
	}
	if kind, ok = kindOf(key.v.Type()); !ok {
		return key, 0, false
	}
	key.root, key.text = rootOf(info, x), types.ExprString(x)
	return key, kind, key.root != nil
}

// rootOf is the variable that a path of names starts from, nil for anything but
// names.
func rootOf(info *types.Info, x ast.Expr) *types.Var {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			v, _ := info.ObjectOf(e).(*types.Var)
			return v
		case *ast.SelectorExpr:
			if id, ok := e.X.(*ast.Ident); ok {
				if _, isPkg := info.Uses[id].(*types.PkgName); isPkg {
					x = e.Sel
					continue
				}
			}
			x = e.X
		default:
			return nil
		}
	}
}

// note adds one mention of the group: where it is made, or what is done with it.
func (g *Group) note(pass *rule.Pass, c inspector.Cursor) {
	if id, ok := c.Node().(*ast.Ident); ok && g.madeAt(pass.Info, id, c) {
		return
	}
	op := GroupOp{At: c.Node().(ast.Expr), Cur: c}
	if sel, ok := c.Parent().Node().(*ast.SelectorExpr); ok && sel.X == op.At {
		if call, ok := c.Parent().Parent().Node().(*ast.CallExpr); ok && call.Fun == ast.Expr(sel) {
			if kind, known := groupOps[sel.Sel.Name]; known {
				op.Kind, op.Call, op.Cur = kind, call, c.Parent().Parent()
				op.Defer, _ = op.Cur.Parent().Node().(*ast.DeferStmt)
			}
		}
	}
	if (op.Kind == GroupGoes || op.Kind == GroupTryGoes) && len(op.Call.Args) == 1 {
		op.Lit, _ = ast.Unparen(op.Call.Args[0]).(*ast.FuncLit)
	}
	p, loops, ok := placeOf(c)
	if !ok {
		return // the initial value of a package's variable
	}
	op.Func, op.Loops = p.Func, loops
	g.Ops = append(g.Ops, op)
}

// madeAt notes the statement that makes the group, if id stands there.
//
//	g, ctx := errgroup.WithContext(ctx)
//	var g errgroup.Group
//	g := new(errgroup.Group)
//	g, ctx = errgroup.WithContext(ctx)
func (g *Group) madeAt(info *types.Info, id *ast.Ident, c inspector.Cursor) bool {
	switch p := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		if len(p.Lhs) == 0 || p.Lhs[0] != ast.Expr(id) || len(p.Rhs) != 1 {
			return false
		}
		if g.Made != nil && p.Tok != token.DEFINE {
			return false // made anew: a mention
		}
		g.Made = p
		g.withContext(info, p.Rhs[0], p.Lhs)
		return true
	case *ast.ValueSpec:
		if p.Type == ast.Expr(id) || len(p.Names) == 0 {
			return false
		}
		decl, ok := c.Parent().Parent().Parent().Node().(*ast.DeclStmt)
		if !ok || info.Defs[id] == nil {
			return false
		}
		g.Made = decl
		if len(p.Values) == 1 {
			var names []ast.Expr
			for _, n := range p.Names {
				names = append(names, n)
			}
			g.withContext(info, p.Values[0], names)
		}
		return true
	}
	return info.Defs[id] != nil // a parameter
}

// withContext reads errgroup.WithContext and the name of what it gives.
func (g *Group) withContext(info *types.Info, value ast.Expr, lhs []ast.Expr) {
	call, ok := ast.Unparen(value).(*ast.CallExpr)
	if !ok || len(lhs) != 2 {
		return
	}
	fn := callee(info, call)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != errgroupPath || fn.Name() != "WithContext" {
		return
	}
	g.Maker = call
	g.CtxName, _ = lhs[1].(*ast.Ident)
	if g.CtxName != nil && g.CtxName.Name != "_" {
		g.Ctx, _ = info.ObjectOf(g.CtxName).(*types.Var)
	}
}

// ops gathers the group's mentions of some kinds, in source order.
func (g *Group) ops(kinds ...GroupOpKind) []GroupOp {
	var list []GroupOp
	for _, op := range g.Ops {
		if slices.Contains(kinds, op.Kind) {
			list = append(list, op)
		}
	}
	return list
}

// handed is the first mention that gives the group out of sight, nil for none.
func (g *Group) handed() *GroupOp {
	for i := range g.Ops {
		if g.Ops[i].Kind == GroupHanded {
			return &g.Ops[i]
		}
	}
	return nil
}
