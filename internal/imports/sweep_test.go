package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSweep adds imports to files that people wrote, and takes theirs away. Large
// files are passed over, since gofmt reads all of each many times.
func TestSweep(t *testing.T) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command")
	}
	src := filepath.Join(strings.TrimSpace(string(out)), "src")
	files := append(goFiles(t, filepath.Join(src, "net")), goFiles(t, filepath.Join(src, "cmd", "go"))...)
	if len(files) == 0 {
		t.Skip("no sources of the standard library")
	}
	step := max(1, len(files)/300)
	if testing.Short() {
		step *= 10
	}
	for i := 0; i < len(files); i += step {
		sweepFile(t, files[i])
	}
}

func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}

func sweepFile(t *testing.T, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 20_000 {
		return
	}
	src, clean := string(text), isClean(text)
	before := importsOf(t, name, src)
	for _, path := range []string{"aaa", "runtime/metrics", "golang.org/x/sync/errgroup"} {
		if slices.Contains(before, `"`+path+`"`) {
			continue
		}
		edits, err := Add(text, path, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := apply(t, src, edits)
		checkImports(t, name, got, clean, append(slices.Clone(before), `"`+path+`"`))
	}
	sweepRounds(t, name, src, clean)
	for i := range before {
		if i == 0 || i == len(before)/2 || i == len(before)-1 {
			sweepRemove(t, name, src, clean, before, i)
		}
	}
}

// sweepRounds adds four imports by patches that were made apart. What a merge leaves
// out must fit in the next round.
func sweepRounds(t *testing.T, name, src string, clean bool) {
	t.Helper()
	paths := []string{"aaa", "golang.org/x/sync/errgroup", "a.b/c", "zzz"}
	want := importsOf(t, name, src)
	for _, path := range paths {
		if quoted := `"` + path + `"`; !slices.Contains(want, quoted) {
			want = append(want, quoted)
		}
	}
	for range 2 {
		src, _ = merged(t, src, paths...)
	}
	checkImports(t, name, src, clean, want)
}

// sweepRemove removes the i-th import, unless it has a comment.
func sweepRemove(t *testing.T, name, src string, clean bool, before []string, i int) {
	t.Helper()
	as, path, named := strings.Cut(before[i], " ")
	if !named {
		as, path = "", as
	}
	edits, err := Remove([]byte(src), strings.Trim(path, `"`), as)
	if err != nil {
		if !strings.Contains(err.Error(), "comment") {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	got := apply(t, src, edits)
	checkImports(t, name, got, clean, slices.Delete(slices.Clone(before), i, i+1))
}

func checkImports(t *testing.T, name, got string, clean bool, want []string) {
	t.Helper()
	after := importsOf(t, name, got)
	slices.Sort(after)
	slices.Sort(want)
	if !slices.Equal(after, want) {
		t.Errorf("%s: imports are %v, want %v", name, after, want)
	}
	if clean && !isClean([]byte(got)) {
		t.Errorf("%s: no longer gofmt-clean", name)
	}
}

// importsOf parses all of src and returns its imports as they are written.
func importsOf(t *testing.T, name, src string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range f.Imports {
		text := s.Path.Value
		if s.Name != nil {
			text = s.Name.Name + " " + text
		}
		out = append(out, text)
	}
	return out
}
