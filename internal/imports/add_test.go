package imports

import (
	"bytes"
	"go/format"
	"reflect"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/patch"
)

const tail = "\nfunc f() {}\n"

// tidied ends the name of a case where more than the import changes, and that only
// in a gofmt-clean file; one with CRLF is none.
const tidied = ", tidied"

type addCase struct{ name, path, as, before, after string }

func addCases() []addCase {
	return []addCase{
		{"middle of the group", "os", "",
			"package p\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"sync\"\n)\n"},
		{"first of the group", "bufio", "",
			"package p\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n", "package p\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"sync\"\n)\n"},
		{"last of the group", "time", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\t\"time\"\n\n\t\"a.b/c\"\n)\n"},
		{"named", "os", "sys",
			"package p\n\nimport (\n\t\"fmt\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\tsys \"os\"\n)\n"},
		{"there under another name", "os", "sys",
			"package p\n\nimport (\n\t\"os\"\n)\n", "package p\n\nimport (\n\t\"os\"\n\tsys \"os\"\n)\n"},
		{"there for its side effects", "os", "",
			"package p\n\nimport (\n\t_ \"os\"\n)\n", "package p\n\nimport (\n\t\"os\"\n\t_ \"os\"\n)\n"},
		{"there", "os", "", "package p\n\nimport \"os\"\n", "package p\n\nimport \"os\"\n"},
		{"there with its own name", "os", "", "package p\n\nimport os \"os\"\n", "package p\n\nimport os \"os\"\n"},
		{"there in backquotes", "os", "", "package p\n\nimport `os`\n", "package p\n\nimport `os`\n"},
		{"third party, longest common prefix", "golang.org/x/sync/errgroup", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n\n\t\"golang.org/x/net/html\"\n\t\"k8s.io/api\"\n)\n",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n\n\t\"golang.org/x/net/html\"\n\t\"golang.org/x/sync/errgroup\"\n\t\"k8s.io/api\"\n)\n"},
		{"third party, first group of them", "golang.org/x/sync/errgroup", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"k8s.io/c\"\n\n\t\"me.org/x\"\n)\n",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"golang.org/x/sync/errgroup\"\n\t\"k8s.io/c\"\n\n\t\"me.org/x\"\n)\n"},
		{"third party, none there", "golang.org/x/sync/errgroup", "",
			"package p\n\nimport (\n\t\"fmt\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\n\t\"golang.org/x/sync/errgroup\"\n)\n"},
		{"third party, none there, below a comment", "a.b/c", "",
			"package p\n\nimport (\n\t\"fmt\"\n\t// \"os\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\t// \"os\"\n\n\t\"a.b/c\"\n)\n"},
		{"std, none there", "context", "",
			"package p\n\nimport (\n\t\"a.b/c\"\n)\n", "package p\n\nimport (\n\t\"context\"\n\n\t\"a.b/c\"\n)\n"},
		{"std, none there, comment behind the parenthesis", "context", "",
			"package p\n\nimport ( // c\n\t// d\n\t\"a.b/c\"\n)\n", "package p\n\nimport ( // c\n\t\"context\"\n\n\t// d\n\t\"a.b/c\"\n)\n"},
		{"one group for both kinds", "sync", "",
			"package p\n\nimport (\n\t\"a.b/c\"\n\t\"fmt\"\n\t\"z.y/x\"\n)\n", "package p\n\nimport (\n\t\"a.b/c\"\n\t\"fmt\"\n\t\"sync\"\n\t\"z.y/x\"\n)\n"},
		{"second block", "a.b/d", "",
			"package p\n\nimport (\n\t\"fmt\"\n)\n\nimport (\n\t\"a.b/c\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n)\n\nimport (\n\t\"a.b/c\"\n\t\"a.b/d\"\n)\n"},
		{"block beside a lone import", "os", "",
			"package p\n\nimport \"a.b/c\"\nimport (\n\t\"fmt\"\n)\n", "package p\n\nimport \"a.b/c\"\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n"},
		{"doc and trailing comments stay", "errors", "",
			"package p\n\nimport (\n\t\"bufio\" // b\n\t// about fmt\n\t// and more\n\t\"fmt\"\n)\n",
			"package p\n\nimport (\n\t\"bufio\" // b\n\t\"errors\"\n\t// about fmt\n\t// and more\n\t\"fmt\"\n)\n"},
		{"before a doc comment", "bufio", "",
			"package p\n\nimport (\n\t// about fmt\n\t\"fmt\"\n)\n", "package p\n\nimport (\n\t\"bufio\"\n\t// about fmt\n\t\"fmt\"\n)\n"},
		{"a doc comment is no new group", "os", "",
			"package p\n\nimport (\n\t\"fmt\"\n\t// about errors\n\t\"errors\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\t// about errors\n\t\"errors\"\n\t\"os\"\n)\n"},
		{"trailing comments that must be lined up anew" + tidied, "bytes", "",
			"package p\n\nimport (\n\t\"a\"   // a\n\t\"fmt\" // f\n)\n", "package p\n\nimport (\n\t\"a\" // a\n\t\"bytes\"\n\t\"fmt\" // f\n)\n"},
		{"a long trailing comment", "os", "",
			"package p\n\nimport (\n\t\"fmt\" /* one\n\ttwo */\n\t\"sync\"\n)\n", "package p\n\nimport (\n\t\"fmt\" /* one\n\ttwo */\n\t\"os\"\n\t\"sync\"\n)\n"},
		{"lone, after", "runtime", "",
			"package p\n\n// d\nimport \"fmt\" // c\n", "package p\n\n// d\nimport (\n\t\"fmt\" // c\n\t\"runtime\"\n)\n"},
		{"lone, before", "bufio", "",
			"package p\n\nimport f \"fmt\" // c\n", "package p\n\nimport (\n\t\"bufio\"\n\tf \"fmt\" // c\n)\n"},
		{"lone std, third party", "a.b/c", "",
			"package p\n\nimport \"fmt\" /* c */ // d\n", "package p\n\nimport (\n\t\"fmt\" /* c */ // d\n\n\t\"a.b/c\"\n)\n"},
		{"lone third party, std", "fmt", "",
			"package p\n\nimport \"a.b/c\"\n", "package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n)\n"},
		{"lone third party, third party before", "a.b/b", "",
			"package p\n\nimport \"a.b/c\"\n", "package p\n\nimport (\n\t\"a.b/b\"\n\t\"a.b/c\"\n)\n"},
		{"lone, end of file", "os", "", "package p\n\nimport \"fmt\" // c", "package p\n\nimport (\n\t\"fmt\" // c\n\t\"os\"\n)"},
		{"several without parentheses", "errors", "",
			"package p\n\nimport \"bufio\"\nimport \"fmt\" // c\n", "package p\n\nimport \"bufio\"\nimport \"errors\"\nimport \"fmt\" // c\n"},
		{"several without parentheses, last", "os", "",
			"package p\n\nimport \"bufio\"\nimport \"fmt\" // c\n", "package p\n\nimport \"bufio\"\nimport \"fmt\" // c\nimport \"os\"\n"},
		{"no imports", "os", "", "package p\n", "package p\n\nimport \"os\"\n"},
		{"no imports, comments", "os", "",
			"// Package p.\npackage p // c\n\n// g\n", "// Package p.\npackage p // c\n\nimport \"os\"\n\n// g\n"},
		{"no imports, long comment", "os", "",
			"package p /* c\nd */ // e\n", "package p /* c\nd */ // e\n\nimport \"os\"\n"},
		{"no imports, comment right below", "os", "",
			"package p\n\n// c\n", "package p\n\nimport \"os\"\n\n// c\n"},
		{"cgo alone", "os", "",
			"package p\n\n// int x;\nimport \"C\"\n", "package p\n\n// int x;\nimport \"C\"\n\nimport \"os\"\n"},
		{"cgo alone in a block", "os", "",
			"package p\n\n// int x;\nimport (\n\t\"C\"\n)\n", "package p\n\n// int x;\nimport (\n\t\"C\"\n)\n\nimport \"os\"\n"},
		{"cgo and a block", "os", "",
			"package p\n\n// int x;\nimport \"C\"\n\nimport (\n\t\"fmt\"\n)\n", "package p\n\n// int x;\nimport \"C\"\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n"},
		{"cgo and a lone import", "os", "",
			"package p\n\n// int x;\nimport \"C\"\n\nimport \"fmt\"\n", "package p\n\n// int x;\nimport \"C\"\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n"},
		{"cgo within a block", "bufio", "",
			"package p\n\nimport (\n\t// int x;\n\t\"C\"\n\n\t\"fmt\"\n)\n", "package p\n\nimport (\n\t// int x;\n\t\"C\"\n\n\t\"bufio\"\n\t\"fmt\"\n)\n"},
		{"empty block", "os", "", "package p\n\nimport ()\n", "package p\n\nimport (\n\t\"os\"\n)\n"},
		{"empty block over two lines", "os", "", "package p\n\nimport (\n)\n", "package p\n\nimport (\n\t\"os\"\n)\n"},
		{"empty block and another", "os", "",
			"package p\n\nimport ()\nimport (\n\t\"a.b/c\"\n)\n", "package p\n\nimport ()\nimport (\n\t\"os\"\n\n\t\"a.b/c\"\n)\n"},
		{"not gofmt-clean: no indentation", "os", "",
			"package p\nimport (\n\"sync\"\n\"fmt\"\n)\n", "package p\nimport (\n\"sync\"\n\"fmt\"\n\"os\"\n)\n"},
	}
}

func TestAdd(t *testing.T) {
	for _, tt := range addCases() {
		t.Run(tt.name, func(t *testing.T) {
			before, after := tt.before+tail, tt.after+tail
			if strings.HasSuffix(tt.name, "end of file") {
				before, after = tt.before, tt.after
			}
			checkAdd(t, before, after, tt.path, tt.as)
			crlf := strings.NewReplacer("\n", "\r\n")
			if !strings.HasSuffix(tt.name, tidied) {
				checkAdd(t, "\ufeff"+crlf.Replace(before), "\ufeff"+crlf.Replace(after), tt.path, tt.as)
			}
		})
	}
}

func checkAdd(t *testing.T, before, after, path, as string) {
	t.Helper()
	got := mustAdd(t, before, path, as)
	if got != after {
		t.Fatalf("got\n%s\nwant\n%s", got, after)
	}
	if again := mustAdd(t, got, path, as); again != got {
		t.Errorf("added twice:\n%s", again)
	}
	if isClean([]byte(before)) && !isClean([]byte(got)) {
		t.Errorf("not gofmt-clean:\n%s", got)
	}
}

func isClean(src []byte) bool {
	out, err := format.Source(src)
	return err == nil && bytes.Equal(out, src)
}

func mustAdd(t *testing.T, src, path, as string) string {
	t.Helper()
	edits, err := Add([]byte(src), path, as)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Add([]byte(src), path, as)
	if !reflect.DeepEqual(edits, again) {
		t.Errorf("two calls, two answers: %+v and %+v", edits, again)
	}
	for _, e := range edits {
		if !e.Shared {
			t.Errorf("edit %+v isn't Shared", e)
		}
	}
	return apply(t, src, edits)
}

func apply(t *testing.T, src string, edits []patch.Edit) string {
	t.Helper()
	got, err := patch.File{Name: "f.go", Old: []byte(src), Edits: edits}.Apply()
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestAddErrors(t *testing.T) {
	tests := []struct{ name, src, path, as, want string }{
		{"semicolon in a block", "package p\nimport (\n\t\"a\"; \"b\"\n)\n", "os", "", "the import block isn't gofmt-formatted"},
		{"block on one line", "package p\nimport (\"a\")\n", "os", "", "the import block isn't gofmt-formatted"},
		{"first on the line of the parenthesis", "package p\nimport (\"a\"\n\"b\"\n)\n", "os", "", "the import block isn't gofmt-formatted"},
		{"last on the line of the parenthesis", "package p\nimport (\n\"a\"\n\"b\")\n", "os", "", "the import block isn't gofmt-formatted"},
		{"semicolon behind a lone import", "package p\nimport \"a\"; var x int\n", "os", "", "the import block isn't gofmt-formatted"},
		{"two lone imports on a line", "package p\nimport \"a\"; import \"b\"\n", "os", "", "the import block isn't gofmt-formatted"},
		{"one line for everything", "package p; import \"a\"\n", "os", "", "the import block isn't gofmt-formatted"},
		{"code behind the package clause", "package p; var x int\n", "os", "", "there is code behind the package clause on its line"},
		{"comment within a lone import", "package p\nimport /* c */ \"a\"\n", "os", "", `there is a comment between the keyword and the path of "a"`},
		{"no Go", "hello", "os", "", "parse the imports: 1:1: expected 'package', found hello"},
		{"empty", "", "os", "", "parse the imports: 1:1: expected 'package', found 'EOF'"},
		{"no path", "package p\n", "", "", `"" is no import path`},
		{"bad path", "package p\n", "a b", "", `"a b" is no import path`},
		{"path with a quote", "package p\n", "a\"b", "", `"a\"b" is no import path`},
		{"bad name", "package p\n", "os", "a-b", `"a-b" is no name for an import`},
		{"name with code", "package p\n", "os", "a \"x\"; import b", `"a \"x\"; import b" is no name for an import`},
		{"cgo", "package p\n", "C", "", "cgo's import comes with a preamble that only its author can write"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			edits, err := Add([]byte(tt.src), tt.path, tt.as)
			if err == nil || !strings.HasSuffix(err.Error(), ": "+tt.want) || edits != nil {
				t.Errorf("got %+v, %v, want error %q", edits, err, tt.want)
			}
		})
	}
}

// TestAddTogether: patches that were made apart, each with its own import, land together.
func TestAddTogether(t *testing.T) {
	tests := []struct{ name, before, after string }{
		{"block", "package p\n\nimport (\n\t\"fmt\"\n)\n",
			"package p\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"runtime\"\n\t\"sync\"\n\n\t\"golang.org/x/sync/errgroup\"\n)\n"},
		{"block without std", "package p\n\nimport (\n\t\"k8s.io/api\"\n)\n",
			"package p\n\nimport (\n\t\"context\"\n\t\"runtime\"\n\t\"sync\"\n\n\t\"golang.org/x/sync/errgroup\"\n\t\"k8s.io/api\"\n)\n"},
		{"lone", "package p\n\nimport \"fmt\" // c\n",
			"package p\n\nimport (\n\t\"context\"\n\t\"fmt\" // c\n\t\"runtime\"\n\t\"sync\"\n\n\t\"golang.org/x/sync/errgroup\"\n)\n"},
		{"none", "package p\n",
			"package p\n\nimport \"context\"\nimport \"golang.org/x/sync/errgroup\"\nimport \"runtime\"\nimport \"sync\"\n"},
		{"cgo", "package p\n\nimport \"C\"\n",
			"package p\n\nimport \"C\"\n\nimport \"context\"\nimport \"golang.org/x/sync/errgroup\"\nimport \"runtime\"\nimport \"sync\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, paths := range [][]string{
				{"sync", "golang.org/x/sync/errgroup", "context", "runtime", "sync"},
				{"runtime", "context", "golang.org/x/sync/errgroup", "golang.org/x/sync/errgroup", "sync"},
			} {
				if got := together(t, tt.before+tail, paths...); got != tt.after+tail {
					t.Errorf("got\n%s\nwant\n%s", got, tt.after+tail)
				}
			}
		})
	}
}

func together(t *testing.T, src string, paths ...string) string {
	t.Helper()
	got, conflicts := merged(t, src, paths...)
	for i, with := range conflicts {
		if len(with) > 0 {
			t.Errorf("the patch for %s overlaps %v", paths[i], with)
		}
	}
	if isClean([]byte(src)) && !isClean([]byte(got)) {
		t.Errorf("not gofmt-clean:\n%s", got)
	}
	return got
}

// merged merges one patch for each path, and returns the file and the conflicts.
func merged(t *testing.T, src string, paths ...string) (string, [][]int) {
	t.Helper()
	var patches []*patch.Patch
	for _, path := range paths {
		edits, err := Add([]byte(src), path, "")
		if err != nil {
			t.Fatal(err)
		}
		patches = append(patches, &patch.Patch{Files: []patch.File{{Name: "/f.go", Old: []byte(src), Edits: edits}}})
	}
	m := patch.Merge(patches)
	if len(m.Files) == 0 {
		return src, m.Conflicts
	}
	got, err := m.Files[0].Apply()
	if err != nil {
		t.Fatal(err)
	}
	return string(got), m.Conflicts
}
