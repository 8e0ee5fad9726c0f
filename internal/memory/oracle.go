package memory

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"sync"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
)

// An Oracle answers for the functions that one package declares or calls. It
// computes an answer when it is asked for, and keeps it. It is safe for
// concurrent use: its lock is held while it computes. An oracle then asks those
// of packages that its own imports, and imports form no cycle, so locks are taken
// in one order and can't deadlock.
type Oracle struct {
	fset  *token.FileSet
	pkg   *types.Package
	files []*ast.File
	fact  func(*types.Package) *Oracle

	mu      sync.Mutex
	frozen  bool // the syntax is gone
	info    *types.Info
	types   *typing
	decls   map[*types.Func]*declared
	order   []*declared
	names   map[string]*declared
	exposed map[types.Object]bool // package variables whose address is taken; nil: not looked for yet
	alone   map[types.Type]string // see aloneBehind
	single  []*types.TypeName
	impls   map[types.Type]*implementations
	others  map[*types.Package]*Oracle
	bodies  map[ast.Node]*body // looked at for regions
	tarjan  tarjan
	ready   map[string]*Summary // what another process computed
	raw     []byte              // ready, not yet read
}

// A declared is a function of the package.
type declared struct {
	fn    *types.Func
	decl  *ast.FuncDecl
	index int // in the order of declaration
	sum   *Summary
	done  bool
	mark  mark
}

// New makes the oracle of the package of pass, and exports it as a fact. It only
// lists the declarations.
func New(pass *analysis.Pass) *Oracle {
	o := &Oracle{
		fset: pass.Fset, pkg: pass.Pkg, files: pass.Files, info: pass.TypesInfo, types: newTyping(),
		others: map[*types.Package]*Oracle{}, bodies: map[ast.Node]*body{}, alone: map[types.Type]string{},
	}
	o.fact = func(p *types.Package) *Oracle {
		var f Fact
		if pass.ImportPackageFact == nil || !pass.ImportPackageFact(p, &f) {
			return nil
		}
		return f.oracle
	}
	if pass.ExportPackageFact != nil {
		pass.ExportPackageFact(&Fact{oracle: o})
	}
	return o
}

// list finds the declarations, once somebody asks.
func (o *Oracle) list() {
	if o.decls != nil || o.frozen {
		return
	}
	o.decls, o.names, o.impls = map[*types.Func]*declared{}, map[string]*declared{}, map[types.Type]*implementations{}
	for _, f := range o.files {
		for _, d := range f.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if fn, ok := o.info.Defs[fd.Name].(*types.Func); ok {
				d := &declared{fn: fn, decl: fd, index: len(o.order)}
				o.order = append(o.order, d)
				o.decls[fn] = d
				if fd.Name.Name != "init" && fd.Name.Name != "_" {
					o.names[effects.Symbol(fn)] = d
				}
			}
		}
	}
}

// Release lets go of the syntax. What has not been computed by then is unknown.
func (o *Oracle) Release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frozen = true
	o.files, o.info, o.bodies, o.impls, o.fact, o.alone, o.single = nil, nil, nil, nil, nil, nil, nil
	o.ready = o.table()
	o.decls, o.order, o.names, o.types, o.others, o.exposed = nil, nil, nil, nil, nil, nil
}

// table is what has been computed, by name.
func (o *Oracle) table() map[string]*Summary {
	t := map[string]*Summary{}
	for name, s := range o.ready {
		t[name] = s
	}
	for name, d := range o.names {
		if d.done {
			t[name] = d.sum
		}
	}
	return t
}

// Of is what calling fn does to memory, in fn's own terms.
func (o *Oracle) Of(fn *types.Func) *Summary {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list()
	fn = fn.Origin()
	if d := o.decls[fn]; d != nil && d.decl.Body != nil {
		return o.compute(d)
	}
	if o.frozen {
		if s := o.byName(fn); s != nil {
			return s
		}
		return unknown(fn, o.pkg, "its syntax is gone")
	}
	return o.ofCallOf(fn)
}

// ofCallOf is what a call of fn does with its own parameters as operands.
func (o *Oracle) ofCallOf(fn *types.Func) *Summary {
	sig := fn.Signature()
	b := o.newBody(nil, sig, false)
	b.frame = &frame{}
	b.turns, b.seen, b.trust = 2, map[seenKey]int{}, Proved
	u := &use{sig: sig}
	if r := sig.Recv(); r != nil {
		u.recv = &typed{[]elem{{loc: Loc{Root: b.param[r]}}}, r.Type()}
	}
	for p := range sig.Params().Variables() {
		a := typed{nil, p.Type()}
		if o.types.hasRefs(p.Type()) {
			a.vals = []elem{{loc: Loc{Root: b.param[p]}}}
		}
		u.args = append(u.args, a)
	}
	b.walked, b.memo = map[*ast.FuncLit]bool{}, map[litState]bool{}
	b.results = b.callFunc(fn, u)
	return b.summary()
}

// named gives the summary of another package's function, by name: export data and
// variants with tests have other objects than the package that was analysed.
func (o *Oracle) byName(fn *types.Func) *Summary {
	o.read()
	return o.ready[effects.Symbol(fn)]
}

// foreign is byName for the oracle of a package that imports this one.
func (o *Oracle) foreign(fn *types.Func) *Summary {
	if !fn.Exported() {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list()
	if s := o.byName(fn); s != nil {
		return s
	}
	if d := o.names[effects.Symbol(fn)]; d != nil && d.decl.Body != nil {
		return o.compute(d)
	}
	return nil
}

func (o *Oracle) other(pkg *types.Package) *Oracle {
	p, ok := o.others[pkg]
	if !ok {
		p = o.fact(pkg)
		o.others[pkg] = p
	}
	return p
}

// callee is the summary of a function, or why there is none; neither where the
// table may know.
func (o *Oracle) callee(fn *types.Func, b *body) (s *Summary, why string) {
	if d := o.decls[fn]; d != nil {
		if d.decl.Body == nil {
			return nil, "it has no body in Go"
		}
		if d.sum == nil && d.mark.onStack { // it is being solved, and nobody saw the way here
			return nil, tooMuch
		}
		o.compute(d)
		return d.sum, ""
	}
	if fn.Pkg() == nil || fn.Pkg() == o.pkg {
		return nil, "it has no body here"
	}
	if fn.Pkg().Path() == "C" {
		return nil, "it is C"
	}
	if _, ok := effects.Lookup(fn); ok {
		return nil, ""
	}
	if p := o.other(fn.Pkg()); p != nil && p != o {
		return p.foreign(fn), ""
	}
	return nil, ""
}

// exposes tells whether the address of a variable of the package is taken anywhere.
func (o *Oracle) exposes(v *types.Var) bool {
	if o.exposed == nil {
		o.exposed = map[types.Object]bool{}
		note := func(x ast.Expr) {
			if obj := effects.Root(o.info, x); obj != nil && obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
				o.exposed[obj] = true
			}
		}
		for _, f := range o.files {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.UnaryExpr:
					if n.Op == token.AND {
						note(n.X)
					}
				case *ast.SliceExpr:
					note(n.X)
				case *ast.SelectorExpr:
					if s := o.info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
						note(n.X)
					}
				}
				return true
			})
		}
	}
	return o.exposed[v]
}

// unknown is a function of which nothing is known.
func unknown(fn *types.Func, from *types.Package, why string) *Summary {
	s := &Summary{}
	op := Opaque{Name: effects.Name(fn, from), Why: why}
	sig := fn.Signature()
	everything := func(r Root) {
		l := Loc{Root: r, Path: deepest}
		op.Reach = append(op.Reach, l)
		s.flows = append(s.flows, flow{from: elem{loc: l}, why: why, may: true})
	}
	if r := sig.Recv(); r != nil {
		everything(Root{Kind: Receiver, Name: r.Name()})
	}
	for i := range sig.Params().Len() {
		everything(Root{Kind: Param, Index: i, Name: sig.Params().At(i).Name()})
	}
	s.Opaque = []Opaque{op}
	vals := []elem{anything}
	for _, l := range op.Reach {
		vals = join(vals, elem{loc: l})
	}
	for range sig.Results().Len() {
		s.results = append(s.results, vals)
		s.inner = append(s.inner, nil)
	}
	return s
}

const tooMuch = "too much to follow"

// look solves the body of a declared function.
func (o *Oracle) look(d *declared, sites bool) *body {
	b := o.newBody(d.decl, d.fn.Signature(), sites)
	b.solve(d.decl.Body, nil)
	return b
}

func (o *Oracle) summarise(d *declared) *Summary {
	s := o.look(d, false).summary()
	if s.many {
		s = unknown(d.fn, o.pkg, tooMuch)
		s.many = true
	}
	return s
}

// bodyAt is the function around a node, solved with all its places.
func (o *Oracle) bodyAt(n ast.Node) *body {
	for _, d := range o.order {
		if d.decl.Pos() <= n.Pos() && n.End() <= d.decl.End() && d.decl.Body != nil {
			b := o.bodies[d.decl]
			if b == nil {
				o.compute(d)
				b = o.look(d, true)
				o.keepBody(d.decl, b)
			}
			return b
		}
	}
	return o.initialiserAt(n)
}

const maxBodies = 8 // rules ask of one function at a time

func (o *Oracle) keepBody(n ast.Node, b *body) {
	if len(o.bodies) >= maxBodies {
		clear(o.bodies)
	}
	o.bodies[n] = b
}

// initialiserAt is bodyAt for the value of a package variable.
func (o *Oracle) initialiserAt(n ast.Node) *body {
	for _, f := range o.files {
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || n.Pos() < gen.Pos() || gen.End() < n.End() {
				continue
			}
			for _, spec := range gen.Specs {
				vs, ok := spec.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for _, x := range vs.Values {
					if x.Pos() <= n.Pos() && n.End() <= x.End() {
						b := o.bodies[x]
						if b == nil {
							b = o.newBody(x, nil, true)
							b.solve(nil, x)
							o.keepBody(x, b)
						}
						return b
					}
				}
			}
		}
	}
	return nil
}

// Call is what a call does to memory, in terms of the function around it, once
// its operands have been evaluated.
func (o *Oracle) Call(call *ast.CallExpr) *Summary {
	return o.partOf(call, func(e event) bool {
		return e.site == call.Lparen || slices.Contains(e.outer, call.Lparen)
	})
}

// Region is what running node does to memory, in terms of the function around
// it: a statement, a list of statements in a block, an expression. A literal
// that node only makes is not run, unless node lies in it.
func (o *Oracle) Region(node ast.Node) *Summary {
	return o.partOf(node, func(e event) bool {
		return within(node, e.site) || slices.ContainsFunc(e.outer, func(p token.Pos) bool { return within(node, p) })
	})
}

func (o *Oracle) partOf(n ast.Node, keep func(event) bool) *Summary {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list()
	var b *body
	if !o.frozen {
		b = o.bodyAt(n)
	}
	s := nowhere("its syntax is gone")
	if b != nil {
		if s = b.part(n.Pos(), n.End(), keep); s.many {
			s = nowhere(tooMuch)
		}
		for _, v := range s.visits {
			s.Opaque = append(s.Opaque, Opaque{Name: v.loc.String(), Why: "it is a function value", Reach: []Loc{{Path: deepest}}, At: v.at})
			s.Trust = NotKnown
		}
	}
	return s
}

// nowhere is a part of a function of which nothing is known.
func nowhere(why string) *Summary {
	return &Summary{Opaque: []Opaque{{Name: "code", Why: why, Reach: []Loc{{Path: deepest}}}}, many: true}
}
