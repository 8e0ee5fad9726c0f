package herdtest

import (
	"fmt"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/goherd/goherd"
)

// A loaded is the packages of cases, parsed and type-checked once, to be analysed
// many times: the engine would load for each run. Dependencies come first.
type loaded map[*Case][]*analysis.Pass

const loadMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule

// loadCases lays the cases out under dir and loads them, one command a site.
func loadCases(dir string, cases []*Case) (loaded, error) {
	own, err := readGoMod()
	if err != nil {
		return nil, err
	}
	all, err := layOut(filepath.Join(dir, beforeFolder), own, cases, asIs)
	if err != nil {
		return nil, err
	}
	l := loaded{}
	for _, s := range all {
		if err := l.load(s); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l loaded) load(s *site) error {
	config := &packages.Config{Mode: loadMode, Dir: filepath.Join(s.root, s.home()), Tests: true}
	pkgs, err := packages.Load(config, s.patterns(s.home(), s.cases)...)
	if err != nil {
		return err
	}
	f := facts{}
	for _, pkg := range dependenciesFirst(pkgs) {
		if len(pkg.Syntax) == 0 || strings.HasSuffix(pkg.PkgPath, ".test") {
			continue
		}
		at := slices.IndexFunc(s.cases, func(c *Case) bool { return c.hasPackage(pkg.PkgPath) })
		if at < 0 {
			return fmt.Errorf("package %s is in no case", pkg.PkgPath)
		}
		if len(pkg.Errors) > 0 {
			return fmt.Errorf("case %s: %v", s.cases[at].Name, pkg.Errors[0])
		}
		l[s.cases[at]] = append(l[s.cases[at]], f.pass(pkg))
	}
	return nil
}

// dependenciesFirst sorts packages so that facts are there before they are asked for.
func dependenciesFirst(pkgs []*packages.Package) []*packages.Package {
	var sorted []*packages.Package
	seen := map[*packages.Package]bool{}
	var visit func(*packages.Package)
	visit = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, path := range slices.Sorted(maps.Keys(p.Imports)) {
			visit(p.Imports[path])
		}
		if slices.Contains(pkgs, p) {
			sorted = append(sorted, p)
		}
	}
	for _, p := range pkgs {
		visit(p)
	}
	return sorted
}

// facts is what the packages of one load know of each other's objects.
type facts map[factKey]analysis.Fact

type factKey struct {
	about any // a types.Object or a *types.Package
	kind  reflect.Type
}

func (f facts) pass(pkg *packages.Package) *analysis.Pass {
	return &analysis.Pass{
		Analyzer: goherd.Analyzer, Fset: pkg.Fset, Files: pkg.Syntax,
		Pkg: pkg.Types, TypesInfo: pkg.TypesInfo, TypesSizes: pkg.TypesSizes,
		ResultOf: map[*analysis.Analyzer]any{}, Report: func(analysis.Diagnostic) {}, ReadFile: os.ReadFile,
		ImportObjectFact:  func(o types.Object, fact analysis.Fact) bool { return f.get(o, fact) },
		ExportObjectFact:  func(o types.Object, fact analysis.Fact) { f.put(o, fact) },
		ImportPackageFact: func(p *types.Package, fact analysis.Fact) bool { return f.get(p, fact) },
		ExportPackageFact: func(fact analysis.Fact) { f.put(pkg.Types, fact) },
		AllObjectFacts:    func() []analysis.ObjectFact { return nil },
		AllPackageFacts:   func() []analysis.PackageFact { return nil },
	}
}

func (f facts) put(about any, fact analysis.Fact) { f[factKey{about, reflect.TypeOf(fact)}] = fact }

func (f facts) get(about any, fact analysis.Fact) bool {
	known, ok := f[factKey{about, reflect.TypeOf(fact)}]
	if ok {
		reflect.ValueOf(fact).Elem().Set(reflect.ValueOf(known).Elem())
	}
	return ok
}
