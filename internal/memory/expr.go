package memory

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A spot is what an expression stands for: variables, or a copy with values.
type spot struct {
	cells []Loc
	vals  []elem
	copy  bool
}

// variable is where v is stored.
func (b *body) variable(v *types.Var) Loc {
	var l Loc
	if root, ok := b.param[v]; ok {
		l.Root = root
		return l
	}
	if v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
		l.Root, l.block = b.o.globalRoot(v), b.o.types.block(v.Type())
		return l
	}
	l.Root = Root{Kind: Local, Object: v}
	if b.sites || b.addressed[l.Root] {
		l.block = b.o.types.block(v.Type())
	}
	return l
}

func (o *Oracle) globalRoot(v *types.Var) Root {
	return Root{Kind: Global, Object: v, Name: v.Pkg().Path() + "." + v.Name(), hidden: !v.Exported() && v.Pkg() == o.pkg && !o.exposes(v)}
}

// spot finds what x stands for, evaluating what is needed on the way.
func (b *body) spot(x ast.Expr) spot {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if v, ok := b.info.ObjectOf(x).(*types.Var); ok {
			return b.spotOf(v)
		}
	case *ast.SelectorExpr:
		if sel := b.info.Selections[x]; sel != nil {
			if sel.Kind() == types.FieldVal {
				s, _ := b.follow(x, sel.Index())
				return s
			}
		} else if v, ok := b.info.Uses[x.Sel].(*types.Var); ok {
			return b.spotOf(v)
		}
	case *ast.IndexExpr:
		return b.index(x)
	case *ast.StarExpr:
		if p, ok := b.info.TypeOf(x.X).Underlying().(*types.Pointer); ok {
			return spot{cells: deref(b.eval(x.X), "", b.o.types.block(p.Elem()))}
		}
	}
	return spot{vals: b.eval(x), copy: true}
}

// follow goes along fields from x.X. It returns the type that it ends at.
func (b *body) follow(x *ast.SelectorExpr, fields []int) (spot, types.Type) {
	t := b.info.TypeOf(x.X)
	var s spot
	if _, ok := t.Underlying().(*types.Pointer); ok {
		s = spot{vals: b.eval(x.X), copy: true}
	} else {
		s = b.spot(x.X)
	}
	for _, i := range fields {
		p, isPtr := t.Underlying().(*types.Pointer)
		if isPtr {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok { // a field through a type parameter
			return spot{cells: []Loc{{}}}, t
		}
		f := st.Field(i)
		switch {
		case isPtr:
			s = spot{cells: deref(b.valuesOf(x.Sel.Pos(), s, p), f.Name(), b.o.types.block(t))}
		case s.copy:
			s.vals = pick(s.vals, f.Name())
		default:
			for k, c := range s.cells {
				s.cells[k] = c.plus(step{f.Name(), false})
			}
		}
		t = f.Type()
	}
	return s, t
}

func (b *body) index(x *ast.IndexExpr) spot {
	t := b.info.TypeOf(x.X)
	if t == nil || b.info.Types[x.X].IsType() {
		return spot{copy: true}
	}
	switch u := coreOf(t).(type) {
	case *types.Slice:
		vals := b.eval(x.X)
		b.eval(x.Index)
		return spot{cells: deref(vals, element, b.o.types.block(u.Elem()))}
	case *types.Map:
		vals := b.eval(x.X)
		b.eval(x.Index)
		return spot{cells: deref(vals, element, b.o.types.mapBlock(t))}
	case *types.Pointer:
		vals := b.eval(x.X)
		b.eval(x.Index)
		return spot{cells: deref(vals, element, b.o.types.block(u.Elem()))}
	case *types.Array:
		s := b.spot(x.X)
		b.eval(x.Index)
		if s.copy {
			s.vals = pick(s.vals, element)
			return s
		}
		for k, c := range s.cells {
			s.cells[k] = c.plus(step{element, false})
		}
		return s
	}
	vals := b.eval(x.X) // a string, an instance of a function, a type parameter
	b.eval(x.Index)
	return spot{vals: vals, copy: true}
}

// coreOf is the type that operations on t go by; for a type parameter whose
// types have one form, that form.
func coreOf(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.TypeParam); ok {
		if i, ok := p.Constraint().Underlying().(*types.Interface); ok && i.NumEmbeddeds() == 1 {
			e := i.EmbeddedType(0)
			if u, ok := e.(*types.Union); ok && u.Len() == 1 {
				e = u.Term(0).Type()
			}
			if _, ok := e.Underlying().(*types.Interface); !ok {
				return e.Underlying()
			}
		}
	}
	return t.Underlying()
}

// valuesOf reads a spot.
func (b *body) valuesOf(site token.Pos, s spot, t types.Type) []elem {
	if s.copy {
		return s.vals
	}
	refs := b.o.types.hasRefs(t)
	var out []elem
	for _, c := range s.cells {
		b.touch(site, c, false)
		if refs {
			out = join(out, b.heap.load(c)...)
		}
	}
	if refs && b.o.types.isShared(t) {
		return hush(out)
	}
	return out
}

// hush marks values of a type that is safe to share.
func hush(vals []elem) []elem {
	var out []elem
	for _, e := range vals {
		if e != anything && e != tooMany {
			e.quiet = true
		}
		out = join(out, e)
	}
	return out
}

// addressOf gives the addresses of what a spot stands for. A copy has none that
// anybody else knows.
func (b *body) addressOf(site token.Pos, s spot) []elem {
	if s.copy {
		root := Root{Kind: Fresh, site: site}
		b.heap.store(Loc{Root: root}, s.vals)
		return []elem{{loc: Loc{Root: root}, addr: true}}
	}
	var out []elem
	for _, c := range s.cells {
		b.addressed[c.Root.key()] = true
		out = join(out, elem{loc: c, addr: true})
	}
	return out
}

// eval evaluates x, notes what that touches, and gives what its value refers to.
func (b *body) eval(x ast.Expr) []elem {
	if b.visits++; b.visits > maxVisits {
		b.many = true
		return nil
	}
	tv := b.info.Types[x]
	if tv.IsType() || tv.Value != nil || tv.IsNil() {
		return nil
	}
	switch x := x.(type) {
	case *ast.ParenExpr:
		return b.eval(x.X)
	case *ast.Ident:
		if fn, ok := b.info.Uses[x].(*types.Func); ok {
			return functionValue(fn)
		}
		if v, ok := b.info.ObjectOf(x).(*types.Var); ok && v.Name() != "_" {
			if !b.sites && !b.o.types.hasRefs(v.Type()) && v.Parent() != b.o.pkg.Scope() && !b.addressed[b.variable(v).Root.key()] {
				return nil
			}
			return b.valuesOf(x.Pos(), b.spot(x), v.Type())
		}
		return nil
	case *ast.SelectorExpr:
		return b.selector(x)
	case *ast.FuncLit:
		return b.closure(x)
	case *ast.CompositeLit:
		return b.composite(x)
	case *ast.IndexExpr:
		return b.valuesOf(x.Lbrack, b.index(x), b.info.TypeOf(x))
	case *ast.IndexListExpr:
		return b.eval(x.X)
	case *ast.StarExpr:
		return b.valuesOf(x.Star, b.spot(x), b.info.TypeOf(x))
	case *ast.SliceExpr:
		return b.slice(x)
	case *ast.UnaryExpr:
		return b.unary(x)
	case *ast.BinaryExpr:
		b.eval(x.X)
		b.eval(x.Y)
	case *ast.TypeAssertExpr:
		return b.eval(x.X)
	case *ast.CallExpr:
		if r := b.call(x); len(r) > 0 {
			return r[0]
		}
	}
	return nil
}

func functionValue(fn *types.Func) []elem {
	return []elem{{loc: Loc{Root: Root{Kind: function, Object: fn}}, addr: true}}
}

func (b *body) selector(x *ast.SelectorExpr) []elem {
	sel := b.info.Selections[x]
	switch {
	case sel == nil: // a package's
		return b.eval(x.Sel)
	case sel.Kind() == types.FieldVal:
		return b.valuesOf(x.Sel.Pos(), b.spot(x), sel.Type())
	case sel.Kind() == types.MethodVal:
		fn := sel.Obj().(*types.Func)
		recv := b.receiver(x, sel, fn)
		have := b.bounds[x.Sel.Pos()]
		b.bounds[x.Sel.Pos()] = bound{fn, join(have.recv, recv...)}
		root := Root{Kind: Fresh, site: x.Sel.Pos()}
		b.heap.store(Loc{Root: root, Path: deepest}, recv)
		return []elem{{loc: Loc{Root: root}, addr: true}}
	}
	return functionValue(sel.Obj().(*types.Func))
}

func (b *body) slice(x *ast.SliceExpr) []elem {
	for _, i := range []ast.Expr{x.Low, x.High, x.Max} {
		if i != nil {
			b.eval(i)
		}
	}
	if _, ok := b.info.TypeOf(x.X).Underlying().(*types.Array); ok {
		return b.addressOf(x.Lbrack, b.spot(x.X))
	}
	return b.eval(x.X)
}

func (b *body) unary(x *ast.UnaryExpr) []elem {
	switch x.Op {
	case token.AND:
		if lit, ok := ast.Unparen(x.X).(*ast.CompositeLit); ok {
			return b.made(lit.Lbrace, b.composite(lit))
		}
		return b.addressOf(x.OpPos, b.spot(x.X))
	case token.ARROW:
		vals := b.eval(x.X)
		if !b.o.types.hasRefs(b.info.TypeOf(x)) {
			return nil
		}
		return b.received(vals)
	}
	b.eval(x.X)
	return nil
}

// received is what may come out of channels.
func (b *body) received(chans []elem) []elem {
	var out []elem
	for _, c := range deref(chans, element, nil) {
		out = join(out, b.heap.load(c)...)
	}
	return out
}

// made is a new object that holds vals; its value is its address.
func (b *body) made(site token.Pos, vals []elem) []elem {
	root := Root{Kind: Fresh, site: site}
	b.heap.store(Loc{Root: root}, vals)
	return []elem{{loc: Loc{Root: root}, addr: true}}
}

func (b *body) composite(x *ast.CompositeLit) []elem {
	t := b.info.TypeOf(x)
	ptr, isPtr := t.Underlying().(*types.Pointer) // &T left out inside another literal
	if isPtr {
		t = ptr.Elem()
	}
	st, isStruct := coreOf(t).(*types.Struct)
	_, isArray := coreOf(t).(*types.Array)
	var vals []elem
	for i, e := range x.Elts {
		name := element
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && isStruct {
				name = id.Name
			} else {
				vals = join(vals, under(b.eval(kv.Key), element)...)
			}
			e = kv.Value
		} else if isStruct {
			name = st.Field(i).Name()
		}
		vals = join(vals, under(b.eval(e), name)...)
	}
	if isStruct && !isPtr || isArray && !isPtr {
		return vals
	}
	return b.made(x.Lbrace, vals)
}

// closure is a function literal as a value: it holds the addresses of the
// variables around it that it uses.
func (b *body) closure(lit *ast.FuncLit) []elem {
	root := Root{Kind: Fresh, site: lit.Pos()}
	if b.lits[lit.Pos()] == nil {
		b.lits[lit.Pos()] = lit
		b.litOrder = append(b.litOrder, lit)
		var vals []elem
		ast.Inspect(lit.Body, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			v, ok := b.info.Uses[id].(*types.Var)
			if !ok || v.IsField() || v.Pos() >= lit.Pos() && v.Pos() < lit.End() {
				return true
			}
			if l := b.variable(v); l.Root.Kind != Global {
				b.addressed[l.Root.key()] = true
				vals = append(vals, elem{sub: "*", loc: Loc{Root: l.Root}, addr: true})
			}
			return true
		})
		for _, e := range vals { // however many: none may be lost
			if len(vals) <= maxValues {
				b.heap.store(Loc{Root: root}, []elem{e})
			}
		}
		if len(vals) > maxValues {
			b.heap.holds[root] = dedupe(vals)
		}
	}
	return []elem{{loc: Loc{Root: root}, addr: true}}
}

func dedupe(vals []elem) []elem {
	seen := map[elem]bool{}
	var out []elem
	for _, e := range vals {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out
}
