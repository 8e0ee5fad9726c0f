package imports

import (
	"strings"
	"testing"
)

func TestRemove(t *testing.T) {
	tests := []struct{ name, path, as, before, after string }{
		{"from the middle", "os", "",
			"package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"sync\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n"},
		{"a whole group at the top", "fmt", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n)\n", "package p\n\nimport (\n\t\"a.b/c\"\n)\n"},
		{"a whole group at the end", "a.b/c", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n)\n"},
		{"a whole group between two", "a.b/c", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n\n\t\"d.e/f\"\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\n\t\"d.e/f\"\n)\n"},
		{"a group that keeps a comment" + tidied, "a.b/c", "",
			"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n\t// c\n)\n", "package p\n\nimport (\n\t\"fmt\"\n\t// c\n)\n"},
		{"the top, with a comment below", "fmt", "",
			"package p\n\nimport (\n\t\"fmt\"\n\t// c\n\t\"os\"\n)\n", "package p\n\nimport (\n\t// c\n\t\"os\"\n)\n"},
		{"only that name", "os", "sys",
			"package p\n\nimport (\n\t\"os\"\n\tsys \"os\"\n)\n", "package p\n\nimport (\n\t\"os\"\n)\n"},
		{"no such name", "os", "sys", "package p\n\nimport \"os\"\n", "package p\n\nimport \"os\"\n"},
		{"neighbours' trailing comments line up anew" + tidied, "longest", "",
			"package p\n\nimport (\n\t\"a\" // a\n\t\"longest\"\n\t\"n/m\" // n\n)\n", "package p\n\nimport (\n\t\"a\"   // a\n\t\"n/m\" // n\n)\n"},
		{"lone", "os", "", "package p\n\nimport \"os\"\n", "package p\n"},
		{"lone, after a comment", "os", "", "package p\n\n// c\n\nimport \"os\"\n", "package p\n\n// c\n"},
		{"one of several lone ones", "os", "",
			"package p\n\nimport \"fmt\"\nimport \"os\"\n", "package p\n\nimport \"fmt\"\n"},
		{"the first of several lone ones", "fmt", "",
			"package p\n\nimport \"fmt\"\nimport \"os\"\n", "package p\n\nimport \"os\"\n"},
		{"block of one", "os", "", "package p\n\nimport (\n\t\"os\"\n)\n", "package p\n"},
		{"block of one beside cgo", "os", "",
			"package p\n\n// int x;\nimport \"C\"\n\nimport (\n\t\"os\"\n)\n", "package p\n\n// int x;\nimport \"C\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRemove(t, tt.before+tail, tt.after+tail, tt.path, tt.as)
			if strings.HasSuffix(tt.name, tidied) {
				return
			}
			crlf := strings.NewReplacer("\n", "\r\n")
			checkRemove(t, "\ufeff"+crlf.Replace(tt.before+tail), "\ufeff"+crlf.Replace(tt.after+tail), tt.path, tt.as)
			checkRemove(t, tt.before, tt.after, tt.path, tt.as) // nothing after the imports
		})
	}
}

func checkRemove(t *testing.T, before, after, path, as string) {
	t.Helper()
	edits, err := Remove([]byte(before), path, as)
	if err != nil {
		t.Fatal(err)
	}
	got := apply(t, before, edits)
	if got != after {
		t.Fatalf("got\n%s\nwant\n%s", got, after)
	}
	if isClean([]byte(before)) && !isClean([]byte(got)) {
		t.Errorf("not gofmt-clean:\n%s", got)
	}
}

func TestRemoveErrors(t *testing.T) {
	const comment, declComment = "it has a comment", "its declaration has a comment"
	tests := []struct{ name, src, want string }{
		{"doc comment", "package p\n\nimport (\n\t// c\n\t\"os\"\n\t\"sync\"\n)\n", comment},
		{"trailing comment", "package p\n\nimport (\n\t\"os\" // c\n\t\"sync\"\n)\n", comment},
		{"trailing directive", "package p\n\nimport (\n\t\"os\" //nolint:x\n\t\"sync\"\n)\n", comment},
		{"lone, doc comment", "package p\n\n// c\nimport \"os\"\n", declComment},
		{"lone, trailing comment", "package p\n\nimport \"os\" // c\n", comment},
		{"lone, comment within", "package p\n\nimport /* c */ \"os\"\n", declComment},
		{"last of a block with a comment", "package p\n\nimport (\n\t\"os\"\n\t// c\n)\n", declComment},
		{"last of a block with a comment behind", "package p\n\nimport (\n\t\"os\"\n) // c\n", declComment},
		{"semicolon", "package p\n\nimport (\n\t\"os\"; \"fmt\"\n)\n", "the import block isn't gofmt-formatted"},
		{"new preamble", "package p\n\n// c\nimport (\n\t\"C\"\n\t\"os\"\n)\n", "the comment above the block would become cgo's preamble"},
		{"no Go", "hello", "parse the imports: 1:1: expected 'package', found hello"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			edits, err := Remove([]byte(tt.src), "os", "")
			if err == nil || !strings.HasSuffix(err.Error(), `remove import "os": `+tt.want) || edits != nil {
				t.Errorf("got %+v, %v, want error %q", edits, err, tt.want)
			}
		})
	}
}

// TestAddRemove: what Add adds, Remove takes away without a trace, but for a lone
// import's parentheses.
func TestAddRemove(t *testing.T) {
	for _, src := range []string{
		"package p\n", "package p // c\n\n// d\n", "package p\n\nimport \"C\"\n",
		"package p\n\nimport (\n\t\"fmt\"\n)\n",
		"package p\n\nimport (\n\t\"a.b/c\"\n)\n",
		"package p\n\nimport (\n\t\"fmt\"\n\n\t\"a.b/c\"\n)\n",
		"package p\n\nimport (\n\t\"a\"   // a\n\t\"fmt\" // f\n)\n",
		"package p\n\nimport \"fmt\"\nimport \"sync\"\n",
		"package p\n\nimport (\n\t// c\n\t\"fmt\"\n)\n",
	} {
		for _, path := range []string{"b", "runtime/metrics", "a.b/b", "golang.org/x/sync/errgroup"} {
			for _, eol := range []string{"\n", "\r\n"} {
				if eol == "\r\n" && strings.Contains(src, "// f") {
					continue // lined-up comments are kept so in gofmt-clean files only
				}
				old := strings.ReplaceAll(src+tail, "\n", eol)
				added := mustAdd(t, old, path, "")
				checkRemove(t, added, old, path, "")
			}
		}
	}
}
