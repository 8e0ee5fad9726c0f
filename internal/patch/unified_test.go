package patch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestUnified(t *testing.T) {
	tests := []struct{ name, file, old, new, want string }{
		{"equal", "f.go", "a\n", "a\n", ""},
		{"change", "d/f.go", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
			"--- a/d/f.go\n+++ b/d/f.go\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
		{"contexts that touch are one hunk", "f", "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
			"--- a/f\n+++ b/f\n@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n"},
		{"contexts that don't are two", "f", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\nB\n",
			"--- a/f\n+++ b/f\n@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -6,4 +5,4 @@\n 5\n 6\n 7\n-b\n+B\n"},
		{"from empty", "f", "", "a\nb\n", "--- a/f\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"to empty", "f", "a\nb\n", "", "--- a/f\n+++ b/f\n@@ -1,2 +0,0 @@\n-a\n-b\n"},
		{"final newline goes", "f", "a\nb\n", "a\nb",
			"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"},
		{"no final newline on both sides", "f", "a\nb", "c\nb",
			"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n"},
		{"CRLF", "f", "a\r\n", "b\r\n", "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\r\n+b\r\n"},
		{"a space in the name", "my file.go", "a\n", "b\n",
			"--- a/my file.go\t\n+++ b/my file.go\t\n@@ -1,1 +1,1 @@\n-a\n+b\n"},
		{"a name that git quotes", "é\t\"\\\x01.go", "a\n", "b\n",
			"--- \"a/\\303\\251\\t\\\"\\\\\\001.go\"\n+++ \"b/\\303\\251\\t\\\"\\\\\\001.go\"\n@@ -1,1 +1,1 @@\n-a\n+b\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Unified(tt.file, []byte(tt.old), []byte(tt.new)); got != tt.want {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
		})
	}
}

func TestPatchUnified(t *testing.T) {
	p := &Patch{Files: []File{
		{Name: "/r/a.go", Old: []byte("a\n"), Edits: []Edit{repl(0, 1, "b")}},
		{Name: "/r/b.go", Old: []byte("a\n"), Edits: []Edit{repl(0, 9, "b")}},
		{Name: "/r/c.go", Old: []byte("a\n")},
		{Name: "/r/d.go", Old: []byte("a\n"), Edits: []Edit{ins(2, "b\n")}},
	}}
	want := "--- a/a.go\n+++ b/a.go\n@@ -1,1 +1,1 @@\n-a\n+b\n" +
		"# no diff of \"b.go\": \"apply edits: /r/b.go: edit [0, 9) lies outside the file's 2 bytes\"\n" +
		"--- a/d.go\n+++ b/d.go\n@@ -1,1 +1,2 @@\n a\n+b\n"
	if got := p.Unified(func(abs string) string { return strings.TrimPrefix(abs, "/r/") }); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := (*Patch)(nil).Unified(nil); got != "" {
		t.Errorf("nil patch: %q", got)
	}
}

// TestGitApply holds every diff of a random change against git itself.
func TestGitApply(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	names := []string{"f.go", "dir/f.go", "my file.go", "-x", "dev/null"}
	if runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		names = append(names, " lead and trail ", "a 2024-01-01 10:00:00 +0000", "quo\"te", "back\\slash", "tab\tbed", "new\nline", "é/ü.go", "bad\xff", "q\" and space", "\a\b\v\f\r\x7f")
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 96 {
		old := randomText(r)
		for range r.IntN(4) {
			old = append(old, randomText(r)...)
		}
		new := randomChange(r, old)
		switch i {
		case 0:
			old, new = []byte("a\nb\n"), nil
		case 1:
			old, new = []byte{}, []byte("a\nb\n")
		case 2:
			old, new = []byte("a"), nil
		case 3:
			old, new = []byte{}, []byte("a")
		}
		gitApply(t, git, names[i%len(names)], old, new)
	}
}

func gitApply(t *testing.T, git, name string, old, new []byte) {
	t.Helper()
	diff := Unified(name, old, new)
	if (diff == "") != bytes.Equal(old, new) {
		t.Fatalf("old %q\nnew %q\ndiff %q", old, new, diff)
	}
	if diff == "" {
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, old, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(git, "apply", "-p1")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	cmd.Stdin = strings.NewReader(diff)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s\n%s\n%s", err, out, diff, fmt.Sprintf("old %q\nnew %q", old, new))
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, new) {
		t.Fatalf("git made %q of %q, %v; want %q by\n%s", got, old, err, new, diff)
	}
}

// TestGitApplyMakesFile: no old text is no file, while an empty text is an empty one.
func TestGitApplyMakesFile(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("git", "apply")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(Unified("go.sum", nil, []byte("a\nb\n")))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s", err, out)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "go.sum")); err != nil || string(got) != "a\nb\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
