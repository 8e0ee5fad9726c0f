package tabletest

import (
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/goherd/goherd/internal/effects"
)

// TestStandardLibrary holds the table against the standard library and the
// modules that goherd requires itself. The other modules are bench/known's part.
func TestStandardLibrary(t *testing.T) {
	of := ByPackage()
	paths := slices.DeleteFunc(slices.Sorted(maps.Keys(of)), func(path string) bool {
		first, _, _ := strings.Cut(path, "/")
		return strings.Contains(first, ".") && !strings.HasPrefix(path, "golang.org/x/sync/")
	})
	for _, pkg := range load(t, paths) {
		for _, err := range Check(pkg, of[pkg.Path()]) {
			t.Error(err)
		}
	}
}

func load(t *testing.T, paths []string) []*types.Package {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles |
		packages.NeedImports | packages.NeedTypes | packages.NeedTypesSizes | packages.NeedExportFile}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	var list []*types.Package
	for _, p := range pkgs {
		if len(p.Errors) > 0 || p.Types == nil {
			t.Errorf("%s: %v", p.PkgPath, p.Errors)
			continue
		}
		list = append(list, p.Types)
	}
	if len(list) != len(paths) {
		t.Errorf("%d of %d packages are there", len(list), len(paths))
	}
	return list
}

// TestCheckErrs shows each complaint once. The lines are of a table of their
// own; what words they carry is looked up in the real one.
func TestCheckErrs(t *testing.T) {
	strings := load(t, []string{"strings"})[0]
	for table, want := range map[string]string{
		"strings Cutt none":                                             "no such function",
		"strings Builder.Cut none":                                      "no such function",
		"strings Cut* none\nstrings CutPrefix none":                     "a line above",
		"strings * none\nstrings Cut none":                              "a line above",
		"strings Build type alone":                                      "no such type",
		"strings Cut type alone":                                        "no such type",
		"strings Builder type alone\nstrings Reader,Builder type alone": "line 1 has it",
		"strings Builder type alone\nstrings Builder.* none":            "",
	} {
		lines, err := effects.ParseTable(table)
		if err != nil {
			t.Fatal(err)
		}
		errs := Check(strings, lines)
		if want == "" && len(errs) > 0 || want != "" && (len(errs) != 1 || !contains(errs[0], want)) {
			t.Errorf("%q: %v, want %q", table, errs, want)
		}
	}
}

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }

// TestCheckPlaces holds places against a signature with something of everything.
func TestCheckPlaces(t *testing.T) {
	sig := find(load(t, []string{"fmt"})[0], "Fscanf").Signature() // (io.Reader, string, ...any)
	for words, want := range map[string]string{
		"writes=0":       "",
		"writes=0,2+":    "",
		"writes=1+":      "",
		"writes=all":     "",
		"writes=2":       "",
		"writes=1":       "parameter 1 is string",
		"writes=3":       "no parameter 3",
		"writes=3+":      "nothing fits",
		"writes=recv":    "receiver",
		"writes=recv,2+": "receiver",
	} {
		lines, err := effects.ParseTable("p f none " + words)
		if err != nil {
			t.Fatal(err)
		}
		err = checkPlaces(sig, lines[0].Known.Writes, refers)
		if (err == nil) != (want == "") || err != nil && !contains(err, want) {
			t.Errorf("%s: %v, want %q", words, err, want)
		}
	}
}

// TestEnds looks at what counts as something to be closed.
func TestEnds(t *testing.T) {
	pkgs := map[string]*types.Package{}
	for _, p := range load(t, []string{"net/http", "context", "os", "strings", "time"}) {
		pkgs[p.Name()] = p
	}
	for _, c := range []struct {
		pkg, fn string
		result  int
		want    bool
	}{
		{"http", "Get", 0, true},
		{"context", "WithCancel", 1, true},
		{"context", "WithCancel", 0, false},
		{"os", "Open", 0, true},
		{"os", "ReadFile", 0, false},
		{"time", "NewTicker", 0, true},
		{"strings", "NewReader", 0, false},
	} {
		typ := find(pkgs[c.pkg], c.fn).Signature().Results().At(c.result).Type()
		if got := ends(typ) || holdsBody(typ); got != c.want {
			t.Errorf("result %d of %s.%s ends: %t", c.result, c.pkg, c.fn, got)
		}
	}
}

func find(pkg *types.Package, name string) *types.Func { return pkg.Scope().Lookup(name).(*types.Func) }
