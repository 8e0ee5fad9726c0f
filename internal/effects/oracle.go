package effects

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// An Oracle answers for the functions that one package declares or calls. It is
// complete when Compute returns, and safe for concurrent reading after that.
type Oracle struct {
	info  *types.Info
	pkg   *types.Package
	of    map[*types.Func]*Summary // declared here
	decls map[*types.Func]*ast.FuncDecl
	impls map[*types.Func][]*types.Func // an interface's method: those of the package's own types
	calls map[*types.Func][]*types.Func // declared here: whom each calls or starts, of those declared here
	fact  func(*types.Func) (Summary, bool)

	fset     *token.FileSet
	files    map[*token.File]bool     // of this package
	order    []*types.Func            // declared here with a body, in source order
	places   []*ast.FuncDecl          // theirs, by position
	kinds    map[types.Type]kind      // as outside
	promises Promises                 // may be nil
	helping  map[*types.Func]bool     // recover for the function that defers them
	reads    map[*types.Func]bool     // have the directive //goherd:read
	outside  map[*types.Func]*Summary // of other packages, as far as anybody asked before Compute returned
	scopes   map[*ast.FuncDecl]*scope // as outside
	sealed   bool                     // Compute has returned: nothing may change
}

// Compute summarises every function that the package of pass declares, exports
// the summaries as facts, and returns the oracle that rules ask.
//
// One walk over each body gathers what it does itself; then the summaries of
// the package's own callees are joined in until nothing changes. All answers
// only rise, and from finite sets, so that ends.
func Compute(pass *analysis.Pass) *Oracle { return ComputeWith(pass, nil) }

// ComputeWith is Compute with what the user promises; nil promises nothing.
func ComputeWith(pass *analysis.Pass, promises Promises) *Oracle {
	o := &Oracle{
		info: pass.TypesInfo, pkg: pass.Pkg, fset: pass.Fset, promises: promises,
		of: map[*types.Func]*Summary{}, decls: map[*types.Func]*ast.FuncDecl{}, calls: map[*types.Func][]*types.Func{},
		files: map[*token.File]bool{}, helping: map[*types.Func]bool{}, outside: map[*types.Func]*Summary{}, scopes: map[*ast.FuncDecl]*scope{}, kinds: map[types.Type]kind{},
		fact: func(fn *types.Func) (s Summary, ok bool) {
			ok = pass.ImportObjectFact != nil && pass.ImportObjectFact(fn, &s)
			return s, ok
		},
	}
	for _, f := range pass.Files {
		if pass.Fset != nil {
			o.files[pass.Fset.File(f.FileStart)] = true
		}
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil {
				if fn, ok := pass.TypesInfo.Defs[fd.Name].(*types.Func); ok {
					o.order = append(o.order, fn)
					o.decls[fn] = fd
				}
			}
		}
	}
	for _, fn := range o.order {
		o.places = append(o.places, o.decls[fn])
	}
	slices.SortFunc(o.places, func(a, b *ast.FuncDecl) int { return cmp.Compare(a.Pos(), b.Pos()) })
	promised := o.directives(pass.Files)
	methods := o.implementations()
	o.solve(o.order, methods)
	for _, fn := range promised {
		if o.of[fn] == nil {
			s := o.guess(fn)
			o.keepPromise(fn, &s)
			o.of[fn] = &s
			methods = append(methods, fn)
		}
	}
	if pass.ExportObjectFact != nil {
		for _, fn := range slices.Concat(o.order, methods) {
			if fn.Pkg() == pass.Pkg { // type T other.Interface has the other package's methods
				pass.ExportObjectFact(fn, o.of[fn])
			}
		}
	}
	o.sealed, o.scopes, o.kinds = true, nil, nil // what is asked later is found out again
	return o
}

// solve joins callees into callers until nothing changes.
func (o *Oracle) solve(order, methods []*types.Func) {
	regions := make([]*Region, len(order))
	for i, fn := range order {
		o.of[fn] = bottom(o.fset)
		o.keepPromise(fn, o.of[fn])
		regions[i] = o.gatherAs(o.decls[fn].Body, fn.Signature())
		o.calls[fn] = o.calledBy(regions[i])
		if regions[i].helps {
			o.helping[fn] = true
		}
	}
	for _, m := range methods {
		o.of[m] = &Summary{}
		*o.of[m] = o.guess(m)
		o.keepPromise(m, o.of[m])
	}
	members := slices.Concat(order, methods)
	a := newAgenda(members)
	for i, fn := range members {
		if i < len(order) {
			o.dependsOn(a, i, regions[i])
			continue
		}
		for _, impl := range o.impls[fn] {
			a.depends(i, impl)
		}
	}
	for i := a.take(); i >= 0; i = a.take() {
		fn, s := members[i], Summary{}
		if i < len(order) {
			s = o.summariseFunc(fn, regions[i]).rise(*o.of[fn])
		} else {
			s = o.joinImplementations(fn)
		}
		if s != *o.of[fn] {
			*o.of[fn] = s
			a.changed(i)
		}
	}
	o.findNoReturns(order, regions)
}

// dependsOn notes whose summaries that of member i is made of.
func (o *Oracle) dependsOn(a *agenda, i int, r *Region) {
	for j := range r.Calls {
		c := &r.Calls[j]
		a.depends(i, c.Fn.Origin())
		calls, _ := o.handed(c, o.ofCall(c))
		for _, h := range calls {
			a.depends(i, h.Fn.Origin())
		}
	}
	for _, sub := range r.started {
		o.dependsOn(a, i, sub)
	}
}

// bottom is the summary of a function that does nothing.
func bottom(fset *token.FileSet) *Summary {
	known := Ground{Trust: Proved}
	return &Summary{
		Block: None, Sure: None, Trust: Proved, Ends: Yes, Meets: No,
		Verb: Pure, Apart: Pure, VerbBy: known, Panics: PanicNo, PanicsBy: known, Exits: No, ExitsBy: known, Global: No, GlobalBy: known,
		Spawns: SpawnNone, SpawnsBy: known, Ctx: CtxNone, CtxBy: known, Closes: said, ClosesBy: known, Keeps: said, Through: said, KeepsBy: known,
		Errs: No, ErrsBy: known, fset: fset,
	}
}

// Of is what calling fn may do: what is promised; and its body, the table, an
// imported fact, or the shape of its signature, in this order. The table goes
// before facts: only some drivers analyse the standard library, and all must say
// the same.
func (o *Oracle) Of(fn *types.Func) Summary {
	fn = fn.Origin()
	if s, ok := o.of[fn]; ok {
		return *s
	}
	return *o.fromOutside(fn)
}

// fromOutside is Of for what this package doesn't declare.
func (o *Oracle) fromOutside(fn *types.Func) *Summary {
	if s := o.outside[fn]; s != nil {
		return s
	}
	s, ok := lookup(fn)
	if !ok {
		if s, ok = o.fact(fn); !ok {
			s = o.guess(fn)
		}
	}
	o.keepPromise(fn, &s)
	if !o.sealed {
		o.outside[fn] = &s
	}
	return &s
}

// Decl is fn's declaration where this package holds its body, else nil.
func (o *Oracle) Decl(fn *types.Func) *ast.FuncDecl { return o.decls[fn.Origin()] }

// Region is what running node's statements on one goroutine may do. Functions
// that node starts as goroutines are not part of it.
func (o *Oracle) Region(node ast.Node) *Region {
	r := o.gather(node)
	r.Summary = o.summarise(r)
	return r
}

// calledBy gathers the functions of this package that a region calls itself or
// in a goroutine that it starts.
func (o *Oracle) calledBy(r *Region) []*types.Func {
	var list []*types.Func
	for _, c := range r.Calls {
		if fn := c.Fn.Origin(); o.decls[fn] != nil {
			list = append(list, fn)
		}
	}
	for _, sub := range r.started {
		list = append(list, o.calledBy(sub)...)
	}
	return list
}

// Reaches tells whether running r can lead back to target, through functions of
// this package.
func (o *Oracle) Reaches(r *Region, target *types.Func) bool {
	seen := map[*types.Func]bool{}
	todo := o.calledBy(r)
	for len(todo) > 0 {
		fn := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if fn == target {
			return true
		}
		if !seen[fn] {
			seen[fn] = true
			todo = append(todo, o.calls[fn]...)
		}
	}
	return false
}

// guess reads a signature. A callee that takes a context first and may fail is
// assumed to wait for a peer: that is what the form is for. Everything else
// about it stays unknown.
func (o *Oracle) guess(fn *types.Func) Summary {
	sig := fn.Signature()
	s := Summary{Opaque: Name(fn, o.pkg), Trust: Guessed, Likely: HintOf(fn), Errs: Yes}
	if asksPeer(sig) {
		s.Block, s.Sure, s.Via = Network, Network, s.Opaque
	}
	if ContextParam(sig) < 0 {
		s.Ctx = CtxNone
	}
	if !returnsError(sig) {
		s.Errs = No
	}
	s.VerbBy.Via, s.PanicsBy.Via, s.ExitsBy.Via, s.GlobalBy.Via, s.SpawnsBy.Via, s.CtxBy.Via = s.Opaque, s.Opaque, s.Opaque, s.Opaque, s.Opaque, s.Opaque
	s.ClosesBy.Via, s.KeepsBy.Via, s.ErrsBy.Via = s.Opaque, s.Opaque, s.Opaque
	s.Closes = o.closable(sig)
	s.Keeps, s.Through = o.attachedResults(sig)
	return s
}

// asksPeer tells whether a signature is func(ctx, ...) (..., error).
func asksPeer(sig *types.Signature) bool {
	return sig.Params().Len() > 0 && sig.Results().Len() > 0 &&
		IsContext(sig.Params().At(0).Type()) && isError(sig.Results().At(sig.Results().Len()-1).Type())
}

// IsContext tells whether t is the standard library's context.Context itself:
// a type of that name from elsewhere may be anything (hazard H1).
func IsContext(t types.Type) bool { return isNamed(t, "context", "Context") }

func isNamed(t types.Type, pkg, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == pkg && n.Obj().Name() == name
}

// isError tells whether t is the universe's error and nothing that implements
// it (hazard B10).
func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }
