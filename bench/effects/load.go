package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/goherd/goherd"
)

const loadMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule

// load gives the packages of a checkout that match ./..., each after those that
// it imports: as the engine loads them, with dependencies from export data. Tests
// are left out, as they are for the variants of packages that others import.
func load(dir string) ([]*packages.Package, *token.FileSet, error) {
	fset := token.NewFileSet()
	pkgs, err := packages.Load(&packages.Config{Mode: loadMode, Dir: dir, Fset: fset}, "./...")
	if err != nil {
		return nil, nil, err
	}
	var order []*packages.Package
	seen := map[*packages.Package]bool{}
	var visit func(p *packages.Package)
	visit = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, path := range sortedKeys(p.Imports) {
			visit(p.Imports[path])
		}
		if len(p.Syntax) > 0 && len(p.Errors) == 0 && !p.IllTyped {
			order = append(order, p)
		}
	}
	for _, p := range pkgs {
		visit(p)
	}
	if len(order) == 0 {
		return nil, nil, fmt.Errorf("no package of %s could be loaded", dir)
	}
	return order, fset, nil
}

// facts is what packages know of each other's objects; all are of one load.
type facts map[factKey]analysis.Fact

type factKey struct {
	of   any // an object or a package
	kind reflect.Type
}

func (f facts) get(of any, fact analysis.Fact) bool {
	known := f[factKey{of, reflect.TypeOf(fact)}]
	if known != nil {
		reflect.ValueOf(fact).Elem().Set(reflect.ValueOf(known).Elem())
	}
	return known != nil
}

func (f facts) set(of any, fact analysis.Fact) { f[factKey{of, reflect.TypeOf(fact)}] = fact }

// pass is what a driver would hand to goherd's analyzer for p.
func (f facts) pass(p *packages.Package, fset *token.FileSet) *analysis.Pass {
	pass := &analysis.Pass{
		Analyzer: goherd.Analyzer, Fset: fset, Files: p.Syntax, OtherFiles: p.OtherFiles, IgnoredFiles: p.IgnoredFiles,
		Pkg: p.Types, TypesInfo: p.TypesInfo, TypesSizes: p.TypesSizes,
		ResultOf: map[*analysis.Analyzer]any{}, Report: func(analysis.Diagnostic) {},
		ImportObjectFact:  func(o types.Object, fact analysis.Fact) bool { return f.get(origin(o), fact) },
		ExportObjectFact:  func(o types.Object, fact analysis.Fact) { f.set(origin(o), fact) },
		ImportPackageFact: func(pkg *types.Package, fact analysis.Fact) bool { return f.get(pkg, fact) },
		ExportPackageFact: func(fact analysis.Fact) { f.set(p.Types, fact) },
		AllObjectFacts:    func() []analysis.ObjectFact { return nil },
		AllPackageFacts:   func() []analysis.PackageFact { return nil },
	}
	if m := p.Module; m != nil {
		pass.Module = &analysis.Module{Path: m.Path, Version: m.Version, GoVersion: m.GoVersion}
	}
	return pass
}

// origin undoes instantiation: a generic function's facts are those of all its instances.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return o
}

// declared finds the golden function in p; nil where p doesn't have its file.
func declared(g *golden, dir string, p *packages.Package, fset *token.FileSet) (*types.Func, error) {
	for _, f := range p.Syntax {
		rel, err := filepath.Rel(dir, fset.File(f.FileStart).Name())
		if err != nil || filepath.ToSlash(rel) != g.File {
			continue
		}
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fmt.Sprint(fset.PositionFor(fd.Pos(), false).Line) == g.Line {
				fn, _ := p.TypesInfo.Defs[fd.Name].(*types.Func)
				if fn != nil && nameOf(fn) == g.Func {
					return fn, nil
				}
			}
		}
		return nil, fmt.Errorf("%s:%s holds no %s", g.File, g.Line, g.Func)
	}
	return nil, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
