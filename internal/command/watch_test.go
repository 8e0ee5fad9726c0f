package command

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "a.go", "own.go", "gone.go", "same.go", "sub/b.go", ".git/x.go", "node_modules/m/y.go", "notes.txt"} {
		write(name, "1")
	}
	w, err := NewWatch(dir)
	if err != nil {
		t.Fatal(err)
	}
	own := func(path string) bool { return path == filepath.Join(dir, "own.go") }
	if got, err := w.Changed(own); err != nil || len(got) > 0 {
		t.Errorf("nothing changed, and %q, %v", got, err)
	}
	for _, name := range []string{"go.sum", "own.go", "sub/b.go", ".git/x.go", "node_modules/m/y.go", "notes.txt", "new/c.go"} {
		write(name, "22")
	}
	write("same.go", "1") // written again, as a generator does
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "same.go"), later, later); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "gone.go")); err != nil {
		t.Fatal(err)
	}
	got, err := w.Changed(own)
	for i, name := range got {
		got[i] = filepath.ToSlash(name)
	}
	if want := []string{"go.sum", "gone.go", "new/c.go", "sub/b.go"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("changed: %q, %v; want %q", got, err, want)
	}
}
