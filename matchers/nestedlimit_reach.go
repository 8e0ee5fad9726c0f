package matchers

import (
	"go/ast"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A groupPath is a group as one function sees it: a variable, and the fields
// from there on.
type groupPath struct {
	root   *types.Var
	fields string // ".eg"; "" for the variable itself
}

// pathOf reads a variable and fields of it: `g`, `&g`, `t.eg`.
func pathOf(info *types.Info, x ast.Expr) (groupPath, bool) {
	x = ast.Unparen(x)
	if u, ok := x.(*ast.UnaryExpr); ok {
		x = ast.Unparen(u.X)
	}
	root := rootOf(info, x)
	if root == nil {
		return groupPath{}, false
	}
	p := groupPath{root: root}
	for {
		sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
		if !ok || info.Uses[sel.Sel] == types.Object(root) {
			return p, true
		}
		p.fields = "." + sel.Sel.Name + p.fields
		x = sel.X
	}
}

// below is how p goes on behind another path; ok is false where it doesn't.
func (p groupPath) below(have groupPath) (rest string, ok bool) {
	if have.root != p.root {
		return "", false
	}
	rest, ok = strings.CutPrefix(p.fields, have.fields)
	return rest, ok && (rest == "" || rest[0] == '.')
}

// in is the path below the variable v that stands for x; ok is false where the
// group isn't reached through x.
func (g *groupCalls) in(p groupPath, x ast.Expr, v *types.Var) (groupPath, bool) {
	have, ok := pathOf(g.pass.Info, x)
	if !ok || v == nil {
		return groupPath{}, false
	}
	if rest, ok := p.below(have); ok {
		return groupPath{v, rest}, true
	}
	if made := g.structs[have.root]; have.fields == "" && len(made) == 1 { // `w := walker{eg: g}`
		for _, e := range made[0].Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, isName := kv.Key.(*ast.Ident)
			value, isPath := pathOf(g.pass.Info, kv.Value)
			if !isName || !isPath {
				continue
			}
			if rest, ok := p.below(value); ok {
				return groupPath{v, "." + key.Name + rest}, true
			}
		}
	}
	return groupPath{}, false
}

// A funcNode is an *ast.FuncDecl or an *ast.FuncLit.
type funcNode = ast.Node

// A groupCalls knows who calls whom in one package, as far as that is written
// down: declared functions, and literals that a variable holds.
type groupCalls struct {
	pass    *rule.Pass
	lits    map[types.Object][]*ast.FuncLit      // what a function variable holds
	names   map[*ast.FuncLit]string              // that variable's name
	structs map[types.Object][]*ast.CompositeLit // what a variable is made as
	sites   map[funcNode][]callSite
}

type callSite struct {
	call *ast.CallExpr
	decl ast.Decl
}

// callsIn reads the package once.
func callsIn(pass *rule.Pass) *groupCalls {
	g := &groupCalls{pass: pass, lits: map[types.Object][]*ast.FuncLit{}, names: map[*ast.FuncLit]string{}, structs: map[types.Object][]*ast.CompositeLit{}, sites: map[funcNode][]callSite{}}
	for _, f := range pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i := range n.Lhs {
					if len(n.Lhs) == len(n.Rhs) {
						g.remember(n.Lhs[i], n.Rhs[i])
					}
				}
			case *ast.ValueSpec:
				for i, v := range n.Values {
					g.remember(n.Names[i], v)
				}
			}
			return true
		})
	}
	for _, f := range pass.Files {
		for _, d := range f.Decls {
			ast.Inspect(d, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					for _, fn := range g.callees(call.Fun) {
						g.sites[fn] = append(g.sites[fn], callSite{call, d})
					}
				}
				return true
			})
		}
	}
	return g
}

func (g *groupCalls) remember(lhs, value ast.Expr) {
	id, ok := lhs.(*ast.Ident)
	if !ok {
		return
	}
	obj := g.pass.Info.ObjectOf(id)
	value = ast.Unparen(value)
	if u, ok := value.(*ast.UnaryExpr); ok {
		value = u.X
	}
	switch lit := value.(type) {
	case *ast.FuncLit:
		g.lits[obj], g.names[lit] = append(g.lits[obj], lit), id.Name
	case *ast.CompositeLit:
		g.structs[obj] = append(g.structs[obj], lit)
	}
}

// callees are the functions that an expression may name, of those in view.
func (g *groupCalls) callees(f ast.Expr) []funcNode {
	var obj types.Object
	switch f := ast.Unparen(f).(type) {
	case *ast.FuncLit:
		return []funcNode{f}
	case *ast.Ident:
		obj = g.pass.Info.Uses[f]
	case *ast.SelectorExpr:
		obj = g.pass.Info.Uses[f.Sel]
	case *ast.IndexExpr:
		return g.callees(f.X)
	case *ast.IndexListExpr:
		return g.callees(f.X)
	}
	var list []funcNode
	switch obj := obj.(type) {
	case *types.Func:
		if d := g.pass.Effects.Decl(obj); d != nil {
			list = append(list, d)
		}
	case *types.Var:
		for _, lit := range g.lits[obj] {
			list = append(list, lit)
		}
	}
	return list
}

// bodyAndType of a function.
func bodyAndType(fn funcNode) (*ast.BlockStmt, *ast.FuncType) {
	switch fn := fn.(type) {
	case *ast.FuncDecl:
		return fn.Body, fn.Type
	case *ast.FuncLit:
		return fn.Body, fn.Type
	}
	return nil, nil
}

// binds gives the path by which the function fn, called with args on recv, sees
// the group of p.
func (g *groupCalls) binds(p groupPath, fn funcNode, recv ast.Expr, args []ast.Expr) []groupPath {
	info := g.pass.Info
	var list []groupPath
	if p.root.Parent() == g.pass.Pkg.Scope() || isLit(fn) && !within(posNode(p.root.Pos()), fn) {
		list = append(list, p) // a package's variable, or captured
	}
	if recv != nil {
		if q, ok := g.in(p, recv, receiverOf(info, fn)); ok {
			list = append(list, q)
		}
	}
	params := paramsOf(info, fn)
	for i, a := range args {
		if i < len(params) {
			if q, ok := g.in(p, a, params[i]); ok {
				list = append(list, q)
			}
		}
	}
	return list
}

func isLit(fn funcNode) bool {
	_, ok := fn.(*ast.FuncLit)
	return ok
}

func varOf(info *types.Info, id *ast.Ident) *types.Var {
	v, _ := info.Defs[id].(*types.Var)
	return v
}

// receiverOf is a method's receiver, nil where it has none or no name.
func receiverOf(info *types.Info, fn funcNode) *types.Var {
	d, ok := fn.(*ast.FuncDecl)
	if !ok || d.Recv == nil || len(d.Recv.List[0].Names) != 1 {
		return nil
	}
	return varOf(info, d.Recv.List[0].Names[0])
}

// paramsOf gathers the parameters of a function, nil for one without a name.
func paramsOf(info *types.Info, fn funcNode) []*types.Var {
	_, typ := bodyAndType(fn)
	var list []*types.Var
	for _, field := range typ.Params.List {
		if len(field.Names) == 0 {
			list = append(list, nil)
		}
		for _, name := range field.Names {
			list = append(list, varOf(info, name))
		}
	}
	return list
}

// A frame is one function on the way from the function that a group runs to a
// mention of the same group.
type frame struct {
	fn   funcNode
	path groupPath // the group as fn sees it
	up   *frame    // who called it; nil for the function that the group runs
	at   ast.Node  // the call, in up
}

// A reached is a mention of a group inside a function that runs in the group.
type reached struct {
	kind GroupOpKind
	call *ast.CallExpr
	in   *frame
}

// inside follows what the function f of `g.Go(f)` does on its own goroutine, and
// gathers the calls of the same group's methods. Every call that it meets is
// noted in met.
func (g *groupCalls) inside(p groupPath, f ast.Expr, met map[*ast.CallExpr]bool) []reached {
	w := &insideWalk{g: g, seen: map[funcNode]map[groupPath]bool{}, met: met}
	var recv ast.Expr
	if sel, ok := ast.Unparen(f).(*ast.SelectorExpr); ok {
		recv = sel.X
	}
	for _, fn := range g.callees(f) {
		for _, q := range g.binds(p, fn, recv, nil) {
			w.follow(&frame{fn: fn, path: q})
		}
	}
	return w.found
}

type insideWalk struct {
	g     *groupCalls
	seen  map[funcNode]map[groupPath]bool
	met   map[*ast.CallExpr]bool
	found []reached
}

func (w *insideWalk) follow(f *frame) {
	if w.seen[f.fn][f.path] {
		return
	}
	if w.seen[f.fn] == nil {
		w.seen[f.fn] = map[groupPath]bool{}
	}
	w.seen[f.fn][f.path] = true
	body, _ := bodyAndType(f.fn)
	inspectOwn(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			return false // on a goroutine of its own, which holds no slot
		case *ast.CallExpr:
			return w.call(f, n)
		}
		return true
	})
}

// call looks at one call; false keeps the walk out of its arguments.
func (w *insideWalk) call(f *frame, call *ast.CallExpr) bool {
	info := w.g.pass.Info
	w.met[call] = true
	var recv ast.Expr
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		recv = sel.X
		if kind, known := groupOps[sel.Sel.Name]; known {
			if p, ok := pathOf(info, recv); ok && p == f.path {
				w.found = append(w.found, reached{kind, call, f})
				return false
			}
		}
	}
	if fn := callee(info, call); fn != nil && effects.Starts(fn) {
		return false
	}
	for _, fn := range w.g.callees(call.Fun) {
		for _, q := range w.g.binds(f.path, fn, recv, call.Args) {
			w.follow(&frame{fn, q, f, call})
		}
	}
	for _, a := range call.Args { // a visitor is taken to run here
		if lit, ok := ast.Unparen(a).(*ast.FuncLit); ok {
			for _, q := range w.g.binds(f.path, lit, nil, nil) {
				w.follow(&frame{lit, q, f, call})
			}
		}
	}
	return true
}
