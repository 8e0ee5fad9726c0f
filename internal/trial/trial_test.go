package trial

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/verify"
)

const src = `package p

import (
	"fmt"
	"runtime"
)

// f says so.
func f(a int) {
	fmt.Println(a) // aloud
	runtime.Gosched()
}
`

// packageOf type-checks one file.
func packageOf(t *testing.T, src string) *verify.Package {
	t.Helper()
	p := &verify.Package{Path: "p", Fset: token.NewFileSet(), Names: []string{"p.go"}, Importer: importer.Default()}
	file, err := parser.ParseFile(p.Fset, "p.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	p.Files, p.Types = []*ast.File{file}, types.NewPackage("p", "p")
	p, err = p.Again()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// edit replaces the first place where old stands.
func edit(old, new string) *patch.Patch {
	at := strings.Index(src, old)
	return &patch.Patch{Title: "Edit", Files: []patch.File{{Name: "p.go", Old: []byte(src), Edits: []patch.Edit{{Start: at, End: at + len(old), New: new}}}}}
}

func TestTry(t *testing.T) {
	for _, tt := range []struct {
		name    string
		patches []*patch.Patch
		err     string   // part of it; "" where what comes out is good
		text    string   // part of what comes out
		dropped []string // imports
	}{
		{name: "nothing", text: ""},
		{name: "one", patches: []*patch.Patch{edit("Println(a)", "Print(a)")}, text: "\tfmt.Print(a) // aloud\n"},
		{name: "two", patches: []*patch.Patch{edit("Println(a)", "Print(a)"), edit("Gosched()", "GC()")}, text: "\tfmt.Print(a) // aloud\n\truntime.GC()\n"},
		{name: "an import that is left over", patches: []*patch.Patch{edit("\truntime.Gosched()\n", "")}, text: "import (\n\t\"fmt\"\n)\n", dropped: []string{"runtime"}},
		{name: "overlapping", patches: []*patch.Patch{edit("Println(a)", "Print(a)"), edit("ln(a)", "(a)")}, err: "edits overlap"},
		{name: "no Go", patches: []*patch.Patch{edit("Println(a)", "Print(a")}, err: "parse: "},
		{name: "ill-typed", patches: []*patch.Patch{edit("Println(a)", "Print(b)")}, err: "undefined: b"},
		{name: "a lost comment", patches: []*patch.Patch{edit(" // aloud", "")}, err: "aloud"},
		{name: "another meaning", patches: []*patch.Patch{edit("(a int) {\n", "(a int) {\n\t{ a := 1; _ = a }\n\tvar fmt interface{ Println(...any) }\n")}, err: "fmt stood for"},
	} {
		for _, whole := range []bool{false, true} {
			trial, err := Try([]*verify.Package{packageOf(t, src)}, whole, tt.patches...)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.err)
				}
				continue
			}
			if err != nil || !strings.Contains(string(trial.Texts["p.go"]), tt.text) {
				t.Errorf("%s: got %q, %v; want %q in it", tt.name, trial.Texts["p.go"], err, tt.text)
				continue
			}
			if len(trial.Dropped) != len(tt.dropped) || len(tt.dropped) > 0 && trial.Dropped[0].Path != tt.dropped[0] {
				t.Errorf("%s: dropped %v, want %v", tt.name, trial.Dropped, tt.dropped)
			}
		}
	}
}
