package known

import (
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/tabletest"
)

// TestTable holds every line about a package outside of the standard library
// against that package.
func TestTable(t *testing.T) {
	of := tabletest.ByPackage()
	maps.DeleteFunc(of, func(path string, _ []effects.Line) bool { return standard(path) })
	for _, path := range imports(t) { // one major version stands for all
		if any := effects.AnyMajor(path); of[path] == nil && of[any] != nil {
			of[path] = of[any]
			delete(of, any)
		}
	}
	if imported, named := imports(t), slices.Sorted(maps.Keys(of)); !slices.Equal(imported, named) {
		for _, path := range named {
			if !slices.Contains(imported, path) {
				t.Errorf("packages.go should import %s", path)
			}
		}
		for _, path := range imported {
			if !slices.Contains(named, path) {
				t.Errorf("packages.go imports %s, of which the table has nothing", path)
			}
		}
	}
	all, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(of)) {
		p := all[path]
		switch {
		case p == nil:
			t.Errorf("%s was not loaded", path)
		case p.err != nil:
			t.Errorf("type-check %s: %v", path, p.err)
		default:
			for _, err := range tabletest.Check(p.pkg, of[path]) {
				t.Error(err)
			}
		}
	}
}

func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// imports are the packages that packages.go imports, sorted.
func imports(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "packages.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, path)
	}
	slices.Sort(list)
	return list
}
