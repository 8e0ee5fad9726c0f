package effects

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"
)

// known are the packages of the table that can be looked at here, by path: the
// standard library's and those of goherd's own requirements. One load serves
// all tests.
var known = sync.OnceValues(func() (map[string]*types.Package, error) {
	paths := slices.Sorted(maps.Keys(table()))
	paths = slices.DeleteFunc(paths, func(path string) bool { return !atHand(path) })
	config := &packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles |
		packages.NeedImports | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedExportFile}
	pkgs, err := packages.Load(config, paths...)
	if err != nil {
		return nil, err
	}
	of := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("%s: %v", p.PkgPath, p.Errors[0])
		}
		if p.Types != nil {
			of[p.PkgPath] = p.Types
		}
	}
	return of, nil
})

// atHand tells whether a package of the table is of the standard library or of
// a module that goherd requires. All the others would have to be downloaded.
func atHand(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") || strings.HasPrefix(path, "golang.org/x/sync/")
}

// A world is a few packages that see each other, and the facts of each.
type world struct {
	pkgs  map[string]*types.Package
	facts map[types.Object]Summary
	mute  bool // nobody hears of facts
}

func newWorld(t *testing.T) *world {
	t.Helper()
	std, err := known()
	if err != nil {
		t.Fatal(err)
	}
	return &world{pkgs: maps.Clone(std), facts: map[types.Object]Summary{}}
}

// Import makes a world an importer of types.
func (w *world) Import(path string) (*types.Package, error) {
	if p := w.pkgs[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s in this test", path)
}

// pass type-checks one package from the text below its package clause, and adds
// the imports that the text mentions.
func (w *world) pass(t *testing.T, path, text string) *analysis.Pass {
	t.Helper()
	fset := token.NewFileSet()
	source := "package " + path + "\n" + w.imports(text) + text
	file, err := parser.ParseFile(fset, path+"/"+path+".go", source, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
		Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
	}
	config := types.Config{Importer: w, GoVersion: "go1.26"}
	pkg, err := config.Check(path, fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	w.pkgs[path] = pkg
	return &analysis.Pass{
		Fset: fset, Files: []*ast.File{file}, Pkg: pkg, TypesInfo: info,
		ImportObjectFact: func(o types.Object, f analysis.Fact) bool {
			s, ok := w.facts[o]
			if ok = ok && !w.mute; ok {
				*f.(*Summary) = s
			}
			return ok
		},
		ExportObjectFact: func(o types.Object, f analysis.Fact) { w.facts[o] = *f.(*Summary) },
	}
}

// imports writes the import lines of the packages that a text mentions.
func (w *world) imports(text string) string {
	lines := ""
	for _, path := range slices.Sorted(maps.Keys(w.pkgs)) {
		if p := w.pkgs[path]; mentions(text, p.Name()+".") && !slices.Contains([]string{"html/template", "crypto/rand", "math/rand/v2"}, path) {
			lines += fmt.Sprintf("import %q\n", path)
		}
	}
	return lines
}

// mentions tells whether text has word, and not as the end of a longer one.
func mentions(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		at += i
		if at == 0 || !isLetter(text[at-1]) && text[at-1] != '.' {
			return true
		}
		at += len(word)
	}
}

func isLetter(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_'
}

// find is the function "f" or the method "T.m" of a package.
func find(t *testing.T, pkg *types.Package, name string) *types.Func {
	t.Helper()
	recv, method, isMethod := strings.Cut(name, ".")
	obj := pkg.Scope().Lookup(recv)
	if obj != nil && isMethod {
		obj, _, _ = types.LookupFieldOrMethod(obj.Type(), true, pkg, method)
	}
	fn, ok := obj.(*types.Func)
	if !ok {
		t.Fatalf("package %s has no function %s", pkg.Path(), name)
	}
	return fn
}

// words says of a summary what the tests compare: its class; "ends", "endless"
// or "ends?"; "alone", "meets" or "meets?"; and, where there are any, the loops,
// "dear" and "opaque".
func words(s Summary) string {
	ends := map[Answer]string{Unknown: "ends?", No: "endless", Yes: "ends"}
	meets := map[Answer]string{Unknown: "meets?", No: "alone", Yes: "meets"}
	out := s.Block.String() + " " + ends[s.Ends] + " " + meets[s.Meets]
	if s.Loops > 0 {
		out += fmt.Sprintf(" loops=%d", s.Loops)
	}
	if s.Dear {
		out += " dear"
	}
	if s.Opaque != "" {
		out += " opaque"
	}
	return out
}
