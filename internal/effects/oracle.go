package effects

import (
	"go/ast"
	"go/types"

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
}

// Compute summarises every function that the package of pass declares, exports
// the summaries as facts, and returns the oracle that rules ask.
//
// One walk over each body gathers what it does itself; then the summaries of
// the package's own callees are joined in until nothing changes. All answers
// only rise, and from finite sets, so that ends.
func Compute(pass *analysis.Pass) *Oracle {
	o := &Oracle{
		info: pass.TypesInfo, pkg: pass.Pkg,
		of: map[*types.Func]*Summary{}, decls: map[*types.Func]*ast.FuncDecl{}, calls: map[*types.Func][]*types.Func{},
		fact: func(fn *types.Func) (s Summary, ok bool) {
			ok = pass.ImportObjectFact != nil && pass.ImportObjectFact(fn, &s)
			return s, ok
		},
	}
	var order []*types.Func
	for _, f := range pass.Files {
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil {
				if fn, ok := pass.TypesInfo.Defs[fd.Name].(*types.Func); ok {
					order = append(order, fn)
					o.decls[fn] = fd
				}
			}
		}
	}
	methods := o.implementations()
	o.solve(order, methods)
	order = append(order, methods...)
	if pass.ExportObjectFact != nil {
		for _, fn := range order {
			if fn.Pkg() == pass.Pkg { // type T other.Interface has the other package's methods
				pass.ExportObjectFact(fn, o.of[fn])
			}
		}
	}
	return o
}

// solve joins callees into callers until nothing changes.
func (o *Oracle) solve(order, methods []*types.Func) {
	regions := make([]*Region, len(order))
	for i, fn := range order {
		o.of[fn] = &Summary{Block: None, Trust: Proved, Ends: Yes, Meets: No}
		regions[i] = o.gather(o.decls[fn].Body)
		o.calls[fn] = o.calledBy(regions[i])
	}
	for _, m := range methods {
		o.of[m] = &Summary{}
		*o.of[m] = guess(m, o.pkg)
	}
	for changed := true; changed; {
		changed = false
		for i, fn := range order {
			s := o.summarise(regions[i]).rise(*o.of[fn])
			if s != *o.of[fn] {
				*o.of[fn] = s
				changed = true
			}
		}
		for _, m := range methods {
			s := o.joinImplementations(m)
			if s != *o.of[m] {
				*o.of[m] = s
				changed = true
			}
		}
	}
}

// Of is what calling fn may do: from its body, the table, an imported fact, or
// the shape of its signature, in this order. The table goes before facts: only
// some drivers analyse the standard library, and all must say the same.
func (o *Oracle) Of(fn *types.Func) Summary {
	fn = fn.Origin()
	if s, ok := o.of[fn]; ok {
		return *s
	}
	if s, ok := lookup(fn); ok {
		return s
	}
	if s, ok := o.fact(fn); ok {
		return s
	}
	return guess(fn, o.pkg)
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
func guess(fn *types.Func, from *types.Package) Summary {
	s := Summary{Opaque: Name(fn, from), Trust: Guessed}
	if asksPeer(fn.Signature()) {
		s.Block, s.Via = Network, s.Opaque
	}
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
