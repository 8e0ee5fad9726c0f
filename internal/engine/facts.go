package engine

import (
	"cmp"
	"fmt"
	"go/types"
	"reflect"
	"slices"
	"sync"

	"golang.org/x/tools/go/analysis"
)

// facts is what the units know about each other's objects. Roots of one load
// share their objects, so an object is its own key; the facts of generic
// functions belong to their origin. It is safe for concurrent use.
//
// Two kinds of object stand for another one. What p's test sees of an importer
// q of p is "q [p.test]", which comes from export data: q itself was analysed.
// And after a round has changed p, its importers still hold the old p.
type facts struct {
	units map[string]*types.Package         // the plain unit of each import path
	heirs map[*types.Package]*types.Package // what an earlier round made of a package

	mu       sync.RWMutex
	known    map[*types.Package]bool // packages that are units themselves
	objects  map[objectKey]analysis.Fact
	packages map[packageKey]analysis.Fact
}

type objectKey struct {
	object types.Object
	kind   reflect.Type
}

type packageKey struct {
	pkg  *types.Package
	kind reflect.Type
}

func newFacts(units []*unit) *facts {
	f := &facts{
		units: map[string]*types.Package{}, heirs: map[*types.Package]*types.Package{}, known: map[*types.Package]bool{},
		objects: map[objectKey]analysis.Fact{}, packages: map[packageKey]analysis.Fact{},
	}
	for _, u := range units {
		f.known[u.pkg.Types] = true
		if u.id == u.pkg.Path {
			f.units[u.id] = u.pkg.Types
		}
	}
	return f
}

// inherit makes heir stand for pkg. No pass may be running.
func (f *facts) inherit(pkg, heir *types.Package) {
	f.heirs[pkg], f.known[heir] = heir, true
	if f.units[pkg.Path()] == pkg {
		f.units[pkg.Path()] = heir
	}
}

func (f *facts) importObject(o types.Object, fact analysis.Fact) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return copyFact(f.objects[objectKey{f.home(o), reflect.TypeOf(fact)}], fact)
}

func (f *facts) exportObject(pkg *types.Package, o types.Object, fact analysis.Fact) {
	if o.Pkg() != pkg {
		panic(fmt.Sprintf("fact about %s exported by package %s", o, pkg.Path()))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.objects[objectKey{origin(o), reflect.TypeOf(fact)}] = fact
}

func (f *facts) importPackage(pkg *types.Package, fact analysis.Fact) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return copyFact(f.packages[packageKey{f.owner(pkg), reflect.TypeOf(fact)}], fact)
}

func (f *facts) exportPackage(pkg *types.Package, fact analysis.Fact) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.packages[packageKey{pkg, reflect.TypeOf(fact)}] = fact
}

// allObjects lists the facts about the objects of the given packages. Which other
// packages have been analysed by now is a matter of luck, so they are left out.
func (f *facts) allObjects(of map[*types.Package]bool) []analysis.ObjectFact {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var list []analysis.ObjectFact
	for k, fact := range f.objects {
		if of[k.object.Pkg()] {
			list = append(list, analysis.ObjectFact{Object: k.object, Fact: fact})
		}
	}
	slices.SortFunc(list, func(a, b analysis.ObjectFact) int {
		return cmp.Or(cmp.Compare(a.Object.Pkg().Path(), b.Object.Pkg().Path()), cmp.Compare(a.Object.Pos(), b.Object.Pos()))
	})
	return list
}

func (f *facts) allPackages(of map[*types.Package]bool) []analysis.PackageFact {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var list []analysis.PackageFact
	for k, fact := range f.packages {
		if of[k.pkg] {
			list = append(list, analysis.PackageFact{Package: k.pkg, Fact: fact})
		}
	}
	slices.SortFunc(list, func(a, b analysis.PackageFact) int { return cmp.Compare(a.Package.Path(), b.Package.Path()) })
	return list
}

// home gives the object that holds the facts about o.
func (f *facts) home(o types.Object) types.Object {
	o = origin(o)
	if o.Pkg() == nil {
		return o
	}
	if owner := f.owner(o.Pkg()); owner != o.Pkg() {
		return counterpart(o, owner)
	}
	return o
}

// owner gives the package that was analysed in place of pkg.
func (f *facts) owner(pkg *types.Package) *types.Package {
	if !f.known[pkg] {
		if unit := f.units[pkg.Path()]; unit != nil {
			pkg = unit
		}
	}
	for f.heirs[pkg] != nil {
		pkg = f.heirs[pkg]
	}
	return pkg
}

// counterpart finds by name what o is in pkg, another version of o's package. It
// gives o itself, about which nothing is known, where there is no such thing.
func counterpart(o types.Object, pkg *types.Package) types.Object {
	fn, ok := o.(*types.Func)
	if !ok || fn.Signature().Recv() == nil {
		if o.Parent() == o.Pkg().Scope() {
			if c := pkg.Scope().Lookup(o.Name()); c != nil {
				return c
			}
		}
		return o
	}
	t := fn.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	if !ok {
		return o
	}
	name, ok := pkg.Scope().Lookup(named.Obj().Name()).(*types.TypeName)
	if !ok {
		return o
	}
	if c, _, _ := types.LookupFieldOrMethod(name.Type(), true, pkg, o.Name()); c != nil && c.Pkg() == pkg {
		return c
	}
	return o
}

// release lets facts that hold on to syntax let go of it. No pass may be running.
func (f *facts) release() {
	for _, fact := range f.packages {
		if r, ok := fact.(interface{ Release() }); ok {
			r.Release()
		}
	}
}

// copyFact writes what is known into fact, as analysis.Pass promises.
func copyFact(known, fact analysis.Fact) bool {
	if known == nil {
		return false
	}
	reflect.ValueOf(fact).Elem().Set(reflect.ValueOf(known).Elem())
	return true
}

// origin undoes instantiation.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return o
}
