package memory

import (
	"bytes"
	"encoding/gob"
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

	"github.com/goherd/goherd/internal/effects"
)

// std are packages that the tests' sources may import: one load serves all tests.
var std = sync.OnceValues(func() (map[string]*types.Package, error) {
	paths := []string{"bufio", "bytes", "context", "database/sql", "encoding/json", "errors", "fmt", "io", "maps", "math/rand", "net", "net/http", "os", "os/exec",
		"reflect", "runtime", "slices", "sort", "strings", "sync", "sync/atomic", "time", "golang.org/x/sync/errgroup"}
	config := &packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedTypes | packages.NeedExportFile}
	pkgs, err := packages.Load(config, paths...)
	if err != nil {
		return nil, err
	}
	of := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range pkgs {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("%s: %v", p.PkgPath, p.Errors[0])
		}
		of[p.PkgPath] = p.Types
	}
	return of, nil
})

// A world is a few packages that see each other, with the facts of each.
type world struct {
	pkgs  map[string]*types.Package
	facts map[*types.Package]*Fact
	fset  *token.FileSet
	gob   bool // facts go through an encoding and back
}

func newWorld(t testing.TB) *world {
	t.Helper()
	known, err := std()
	if err != nil {
		t.Fatal(err)
	}
	return &world{pkgs: maps.Clone(known), facts: map[*types.Package]*Fact{}, fset: token.NewFileSet()}
}

// Import makes a world an importer of types.
func (w *world) Import(path string) (*types.Package, error) {
	if p := w.pkgs[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %s in this test", path)
}

// A checked is one package of a world.
type checked struct {
	*Oracle
	file *ast.File
	info *types.Info
}

// add type-checks one package from the text below its package clause, with the
// imports that the text mentions, and makes its oracle.
func (w *world) add(t testing.TB, path, text string) *checked {
	t.Helper()
	base := path[strings.LastIndexByte(path, '/')+1:]
	source := "package " + base + "; " + w.imports(text) + text // one line more, so that lines count as in text
	file, err := parser.ParseFile(w.fset, base+".go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	return w.check(t, path, file)
}

func (w *world) check(t testing.TB, path string, file *ast.File) *checked {
	t.Helper()
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
		Implicits: map[ast.Node]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
	}
	config := types.Config{Importer: w, GoVersion: "go1.26"}
	pkg, err := config.Check(path, w.fset, []*ast.File{file}, info)
	if err != nil {
		t.Fatal(err)
	}
	w.pkgs[path] = pkg
	pass := &analysis.Pass{
		Fset: w.fset, Files: []*ast.File{file}, Pkg: pkg, TypesInfo: info,
		ImportPackageFact: func(p *types.Package, f analysis.Fact) bool {
			known := w.facts[p]
			if known != nil {
				*f.(*Fact) = *known
			}
			return known != nil
		},
		ExportPackageFact: func(f analysis.Fact) { w.facts[pkg] = f.(*Fact) },
	}
	c := &checked{New(pass), file, info}
	if w.gob {
		w.facts[pkg] = throughGob(t, w.facts[pkg])
	}
	return c
}

// throughGob sends a fact to another process and back.
func throughGob(t testing.TB, f *Fact) *Fact {
	t.Helper()
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(f); err != nil {
		t.Fatal(err)
	}
	var back Fact
	if err := gob.NewDecoder(&buf).Decode(&back); err != nil {
		t.Fatal(err)
	}
	return &back
}

// imports writes the import lines of the packages that a text mentions.
func (w *world) imports(text string) string {
	out := ""
	for _, path := range slices.Sorted(maps.Keys(w.pkgs)) {
		if mentions(text, w.pkgs[path].Name()+".") {
			out += fmt.Sprintf("import %q; ", path)
		}
	}
	return out
}

func mentions(text, word string) bool {
	for at := 0; ; at += len(word) {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		if at += i; at == 0 || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.\"/", rune(text[at-1])) {
			return true
		}
	}
}

// fn finds a function "f" or a method "T.m".
func (c *checked) fn(t testing.TB, name string) *types.Func {
	t.Helper()
	recv, method, isMethod := strings.Cut(name, ".")
	obj := c.pkg.Scope().Lookup(recv)
	if obj != nil && isMethod {
		obj, _, _ = types.LookupFieldOrMethod(obj.Type(), true, c.pkg, method)
	}
	fn, ok := obj.(*types.Func)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return fn
}

// words is the summary of a function.
func (c *checked) words(t testing.TB, name string) string { return c.Of(c.fn(t, name)).String() }

// body is the body of a function "f" or "T.m".
func (c *checked) body(t testing.TB, name string) *ast.BlockStmt {
	t.Helper()
	for _, d := range c.file.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && effects.Symbol(c.info.Defs[fd.Name].(*types.Func)) == name {
			return fd.Body
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}

// calls are the calls of callee in a function's body, "s.Get"; "" for all.
func (c *checked) calls(t testing.TB, fn, callee string) []*ast.CallExpr {
	t.Helper()
	var out []*ast.CallExpr
	ast.Inspect(c.body(t, fn), func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && (types.ExprString(call.Fun) == callee || callee == "") {
			out = append(out, call)
		}
		return true
	})
	return out
}

// names names the functions of a package in their order.
func (c *checked) names(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, d := range c.file.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok {
			out = append(out, effects.Symbol(c.info.Defs[fd.Name].(*types.Func)))
		}
	}
	return out
}
