package imports

import (
	"slices"
	"testing"
)

// FuzzAdd feeds anything to Add and Remove: what they accept must come out with the
// imports that it had, and the one.
func FuzzAdd(f *testing.F) {
	for _, src := range []string{
		"package p\n", "package p // c", "\ufeffpackage p\r\n\r\nimport \"a\"\r\n", "package p\n\nimport ()\n",
		"package p\n\nimport (\n\t\"a\" // c\n\n\t// d\n\t_ \"x.y/z\"\n)\n\nfunc f() {\n", "package p\nimport \"C\"\nimport . \"b\"",
		"package p\n\nimport (\n\t\"a\"; \"b\" /*\n*/)\n", "package p; import \"a\"",
	} {
		f.Add([]byte(src), "os", "")
		f.Add([]byte(src), "x.y/a", "b")
	}
	f.Fuzz(func(t *testing.T, src []byte, path, name string) {
		checkFuzzed(t, src, path, name)
	})
}

func checkFuzzed(t *testing.T, src []byte, path, name string) {
	t.Helper()
	before, err := parse(src)
	edits, addErr := Add(src, path, name)
	if err != nil || addErr != nil {
		return
	}
	got := apply(t, string(src), edits)
	after, err := parse([]byte(got))
	if err != nil {
		t.Fatalf("%v after adding %q as %q to %q: %q", err, path, name, src, got)
	}
	want := texts(before)
	s := spec{path: path, name: name}
	if len(edits) > 0 {
		want = append(want, s.text())
		slices.Sort(want)
	}
	if !slices.Equal(texts(after), want) {
		t.Fatalf("imports are %q, want %q", texts(after), want)
	}
	if again, err := Add([]byte(got), path, name); err != nil || len(again) > 0 {
		t.Fatalf("added twice: %+v, %v", again, err)
	}
	edits, err = Remove([]byte(got), path, name)
	if err != nil {
		return
	}
	if _, err := parse([]byte(apply(t, got, edits))); err != nil {
		t.Fatalf("%v after removing %q from %q", err, path, got)
	}
}

// texts returns all imports, sorted.
func texts(h *head) []string {
	var out []string
	for _, d := range h.decls {
		for _, s := range d.specs {
			out = append(out, s.text())
		}
	}
	slices.Sort(out)
	return out
}
