package effects

import (
	"cmp"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// A scope is what one function declaration does to the variables that it names.
type scope struct {
	decl    *ast.FuncDecl
	params  map[types.Object]int      // the declaration's own, by index
	rebinds bool                      // a parameter that is a context is assigned
	vars    map[types.Object]*binding // nil until somebody asks
}

// A binding is where a variable gets its values from.
type binding struct {
	from    []source
	taken   bool            // its address is taken, or a literal of the function assigns it
	patched bool            // a field or an element of it is assigned
	remade  bool            // it is overwritten through a pointer, or a field Method or Body of it
	handed  []*ast.CallExpr // calls that get it as an argument
	uses    int             // where it is named
	plain   int             // those of them that hand it to nobody but a call
}

// escapes tells whether the variable is used otherwise than to select from it, to
// compare it, to return it, and as a call's argument: something else may hold it.
func (b *binding) escapes() bool { return b.taken || b.uses > b.plain }

// A source is one value: result i of an expression, or of a range over it.
type source struct {
	x   ast.Expr
	i   int // -1: a part of the variable comes from it
	pos token.Pos
}

// scopeAt is the scope of the declaration around pos, nil for none.
func (o *Oracle) scopeAt(pos token.Pos) *scope {
	i, found := slices.BinarySearchFunc(o.places, pos, func(d *ast.FuncDecl, pos token.Pos) int { return cmp.Compare(d.Pos(), pos) })
	if !found {
		i--
	}
	if i < 0 || pos >= o.places[i].End() {
		return nil
	}
	return o.scopeOf(o.places[i])
}

func (o *Oracle) scopeOf(d *ast.FuncDecl) *scope {
	if sc := o.scopes[d]; sc != nil {
		return sc
	}
	sc := &scope{decl: d, params: map[types.Object]int{}}
	i := 0
	for _, field := range d.Type.Params.List {
		for _, id := range field.Names {
			if obj := o.info.Defs[id]; obj != nil {
				sc.params[obj] = i
			}
			i++
		}
		if len(field.Names) == 0 {
			i++
		}
	}
	if !o.sealed {
		o.scopes[d] = sc
	}
	return sc
}

func (sc *scope) of(obj types.Object) *binding {
	b := sc.vars[obj]
	if b == nil {
		b = &binding{}
		sc.vars[obj] = b
	}
	return b
}

// read looks through the body once.
func (sc *scope) read(info *types.Info) {
	ast.Inspect(sc.decl.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) {
					sc.assign(info, lhs, source{x: n.Rhs[i], pos: n.Pos()}, n.Tok)
				} else {
					sc.assign(info, lhs, source{x: n.Rhs[0], i: i, pos: n.Pos()}, n.Tok)
				}
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				switch {
				case len(n.Values) == len(n.Names):
					sc.assign(info, id, source{x: n.Values[i], pos: n.Pos()}, token.ASSIGN)
				case len(n.Values) == 1:
					sc.assign(info, id, source{x: n.Values[0], i: i, pos: n.Pos()}, token.ASSIGN)
				case len(n.Values) == 0:
					sc.assign(info, id, source{pos: n.Pos()}, token.ASSIGN) // its zero value
				}
			}
		case *ast.IncDecStmt:
			sc.assign(info, n.X, source{x: n.X, pos: n.Pos()}, token.ADD_ASSIGN)
		case *ast.RangeStmt:
			for _, x := range []ast.Expr{n.Key, n.Value} {
				if x != nil {
					sc.assign(info, x, source{x: n.X, pos: n.Pos()}, token.RANGE)
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				if obj := Root(info, n.X); obj != nil {
					sc.of(obj).taken = true
				}
			}
		case *ast.CallExpr:
			for _, a := range n.Args {
				if id, ok := ast.Unparen(a).(*ast.Ident); ok {
					if v, ok := info.Uses[id].(*types.Var); ok {
						b := sc.of(v)
						b.handed = append(b.handed, n)
						b.plain++
					}
				}
			}
		case *ast.SelectorExpr:
			sc.mention(info, n.X)
		case *ast.BinaryExpr:
			sc.mention(info, n.X)
			sc.mention(info, n.Y)
		case *ast.ReturnStmt:
			for _, x := range n.Results {
				sc.mention(info, x)
			}
		case *ast.Ident:
			if v, ok := info.Uses[n].(*types.Var); ok && !v.IsField() {
				sc.of(v).uses++
			}
		}
		return true
	})
}

// mention notes a use that hands the variable to nobody.
func (sc *scope) mention(info *types.Info, x ast.Expr) {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		if v, ok := info.Uses[id].(*types.Var); ok {
			sc.of(v).plain++
		}
	}
}

func (sc *scope) assign(info *types.Info, lhs ast.Expr, from source, tok token.Token) {
	id, ok := ast.Unparen(lhs).(*ast.Ident)
	if !ok {
		if obj := Root(info, lhs); obj != nil {
			b := sc.of(obj)
			b.patched = true
			switch x := ast.Unparen(lhs).(type) {
			case *ast.StarExpr:
				b.remade = true
			case *ast.SelectorExpr:
				b.remade = b.remade || x.Sel.Name == "Method" || x.Sel.Name == "Body"
			}
			if from.x != nil {
				b.from = append(b.from, source{x: from.x, i: -1, pos: from.pos}) // part of it
			}
		}
		return
	}
	if obj := info.ObjectOf(id); obj != nil && id.Name != "_" {
		b := sc.of(obj)
		if tok != token.ASSIGN && tok != token.DEFINE {
			b.patched = true
		}
		b.from = append(b.from, from)
		if _, used := info.Uses[id]; used {
			b.plain++
		}
	}
}

// text is the string constant that x comes to, through a variable that is
// assigned once; param is the index of the parameter that it is instead, -1 for none.
func (o *Oracle) text(sc *scope, x ast.Expr) (text string, known bool, param int) {
	for range 8 { // as many variables in a row as anybody writes
		if tv := o.info.Types[x]; tv.Value != nil && tv.Value.Kind() == constant.String {
			return constant.StringVal(tv.Value), true, -1
		}
		v, b := o.variable(sc, x)
		if v == nil {
			return "", false, -1
		}
		if i, ok := sc.params[v]; ok {
			if b != nil && (len(b.from) > 0 || b.taken || b.patched) {
				return "", false, -1
			}
			return "", false, i
		}
		if b == nil || len(b.from) != 1 || b.taken || b.patched || b.from[0].x == nil || b.from[0].i != 0 {
			return "", false, -1
		}
		if _, isCall := ast.Unparen(b.from[0].x).(*ast.CallExpr); isCall && !o.info.Types[ast.Unparen(b.from[0].x).(*ast.CallExpr).Fun].IsType() {
			return "", false, -1
		}
		x = b.from[0].x
	}
	return "", false, -1
}

// variable is the local variable that x names, with its binding; nil for none.
func (o *Oracle) variable(sc *scope, x ast.Expr) (*types.Var, *binding) {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok || sc == nil {
		return nil, nil
	}
	v, ok := o.info.ObjectOf(id).(*types.Var)
	if !ok || v.Pos() < sc.decl.Pos() || v.Pos() >= sc.decl.End() {
		return nil, nil
	}
	return v, sc.binding(o.info, v)
}

// binding is what is known of a variable of the scope; nil: it is never assigned,
// nor named.
func (sc *scope) binding(info *types.Info, v types.Object) *binding {
	if sc.vars == nil {
		sc.vars = map[types.Object]*binding{}
		sc.read(info)
	}
	return sc.vars[v]
}

// visits are the variables that a search has been at. A search that comes by one
// again goes no further: each is looked at once, however they are assigned to
// each other.
type visits map[types.Object]bool

func (v visits) first(obj types.Object) bool {
	was := v[obj]
	v[obj] = true
	return !was
}
