package git

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, text string, names ...string) {
	t.Helper()
	for _, name := range names {
		must(t, os.MkdirAll(filepath.Dir(name), 0o755))
		must(t, os.WriteFile(name, []byte(text), 0o644))
	}
}

// git runs the command as a user would, with nothing from the machine's own configuration.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

func newRepo(t *testing.T, dir string, names ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command")
	}
	must(t, os.MkdirAll(dir, 0o755))
	git(t, dir, "init", "-q")
	for _, name := range names {
		write(t, "package p\n", filepath.Join(dir, name))
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "first")
}

func wantDirty(t *testing.T, dir string, files, want []string, wantRepo bool) {
	t.Helper()
	got, inRepo, err := Dirty(t.Context(), dir, files)
	if err != nil || !slices.Equal(got, want) || inRepo != wantRepo {
		t.Errorf("Dirty(%q) = %q, %v, %v; want %q, %v", files, got, inRepo, err, want, wantRepo)
	}
}

func TestEveryKindOfChange(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir, "clean.go", "edited.go", "staged.go", "both.go", "moved.go", "sub/edited.go", "other.go", ".gitignore")
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, "ignored.go\nout/\n", in(".gitignore"))
	git(t, dir, "commit", "-qam", "ignore")
	write(t, "package q\n", in("edited.go"), in("staged.go"), in("both.go"), in("sub/edited.go"), in("new.go"), in("added.go"), in("deep/er/new.go"), in("ignored.go"), in("out/a.go"), in("other.go"))
	git(t, dir, "add", "staged.go", "both.go", "added.go")
	write(t, "package r\n", in("both.go"))
	git(t, dir, "mv", "moved.go", "there.go")

	dirty := []string{"edited.go", "staged.go", "both.go", "sub/edited.go", "new.go", "added.go", "deep/er/new.go", "ignored.go", "out/a.go", "there.go"}
	wantDirty(t, dir, append([]string{"clean.go"}, dirty...), dirty, true)
	wantDirty(t, dir, []string{"clean.go"}, nil, true) // though other.go is dirty
	wantDirty(t, "/", []string{in("sub/edited.go"), in("clean.go")}, []string{in("sub/edited.go")}, true)
	wantDirty(t, dir, nil, nil, true)
}

// A user who likes to see copies changes what git status prints.
func TestCopies(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir, "from.go", "clean.go")
	git(t, dir, "config", "status.renames", "copies")
	write(t, "package p\n\n// a line\n// and one more\n", filepath.Join(dir, "from.go"))
	git(t, dir, "commit", "-qam", "longer")
	write(t, "package p\n\n// a line\n// and one more\n// new\n", filepath.Join(dir, "from.go"), filepath.Join(dir, "to.go"))
	git(t, dir, "add", "-A")
	wantDirty(t, dir, []string{"clean.go", "from.go", "to.go"}, []string{"from.go", "to.go"}, true)
}

func TestBeforeTheFirstCommit(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir)
	must(t, os.RemoveAll(filepath.Join(dir, ".git")))
	git(t, dir, "init", "-q")
	write(t, "package p\n", filepath.Join(dir, "a.go"), filepath.Join(dir, "b.go"))
	git(t, dir, "add", "a.go")
	wantDirty(t, dir, []string{"a.go", "b.go"}, []string{"a.go", "b.go"}, true)
}

// Names that mean something else to a shell, to git's pathspecs or to its quoting.
func TestOddNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("file systems elsewhere take fewer names")
	}
	dir := t.TempDir()
	odd := []string{"-f.go", ":(top)a.go", ":!b.go", "*.go", "[ab].go", "sp ace.go", "new\nline.go", `back\slash.go`, "\"quoted\".go", "ünï.go", "\xff.go", " lead.go"}
	newRepo(t, dir, append([]string{"a.go", "b.go"}, odd...)...)
	wantDirty(t, dir, odd, nil, true)
	write(t, "package q\n", filepath.Join(dir, "a.go"))
	for _, name := range odd {
		wantDirty(t, dir, []string{name}, nil, true) // "*.go" is not a.go
	}
	write(t, "package p\n", filepath.Join(dir, "a.go"))
	for _, name := range odd {
		write(t, "package q\n", filepath.Join(dir, name))
	}
	wantDirty(t, dir, odd, odd, true)
	wantDirty(t, dir, []string{"a.go", "b.go"}, nil, true)
}

func TestSeveralRepositories(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	newRepo(t, filepath.Join(dir, "lib"), "lib.go")
	newRepo(t, filepath.Join(dir, "app"), "a.go", "pkg/b.go")
	app := filepath.Join(dir, "app")
	git(t, app, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", filepath.Join(dir, "lib"), "third/lib")
	git(t, app, "commit", "-qm", "submodule")
	git(t, app, "worktree", "add", "-q", "--detach", filepath.Join(dir, "tree"))
	git(t, app, "init", "-q", "nested")
	write(t, "package p\n", filepath.Join(app, "nested/n.go"))
	must(t, os.MkdirAll(filepath.Join(app, "pkg/bogus/.git"), 0o755))
	write(t, "package p\n", filepath.Join(app, "pkg/bogus/x.go"))
	must(t, os.Symlink(app, filepath.Join(dir, "link")))

	files := []string{"app/a.go", "app/pkg/b.go", "app/third/lib/lib.go", "lib/lib.go", "tree/a.go", "tree/pkg/b.go", "app/nested/n.go", "app/pkg/bogus/x.go", "link/a.go", "link/pkg/b.go"}
	for _, name := range []string{"app/pkg/b.go", "app/third/lib/lib.go", "tree/a.go"} {
		write(t, "package q\n", filepath.Join(dir, name))
	}
	dirty := []string{"app/pkg/b.go", "app/third/lib/lib.go", "tree/a.go", "app/nested/n.go", "app/pkg/bogus/x.go", "link/pkg/b.go"}
	wantDirty(t, dir, files, dirty, true)

	write(t, "package p\n", filepath.Join(dir, "loose/l.go"))
	wantDirty(t, dir, []string{"loose/l.go"}, nil, false)
	wantDirty(t, dir, []string{"loose/l.go", "app/a.go", "app/pkg/b.go"}, []string{"app/pkg/b.go"}, false)
}

func TestManyFiles(t *testing.T) {
	dir := t.TempDir()
	var names, dirty []string
	for i := range 700 {
		names = append(names, fmt.Sprintf("%s%03d.go", strings.Repeat("long", 40), i))
	}
	newRepo(t, dir, names...)
	for i := 0; i < len(names); i += 7 {
		write(t, "package q\n", filepath.Join(dir, names[i]))
		dirty = append(dirty, names[i])
	}
	wantDirty(t, dir, names, dirty, true)
}

func TestChunks(t *testing.T) {
	got := chunks([]string{"aa", "bb", "cc", "a name that is too long by itself", "d"}, 6)
	want := "[[aa bb] [cc] [a name that is too long by itself] [d]]"
	if fmt.Sprint(got) != want {
		t.Errorf("chunks = %v, want %v", got, want)
	}
	if got := chunks(nil, 6); got != nil {
		t.Errorf("chunks of nothing = %v", got)
	}
}

// A hook runs with variables that point at its own repository and index.
func TestInsideAHook(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, filepath.Join(dir, "hooked"), "a.go")
	newRepo(t, filepath.Join(dir, "mine"), "a.go")
	write(t, "package q\n", filepath.Join(dir, "mine/a.go"))
	t.Setenv("GIT_DIR", filepath.Join(dir, "hooked/.git"))
	t.Setenv("GIT_WORK_TREE", filepath.Join(dir, "hooked"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(dir, "no such index"))
	t.Setenv("GIT_GLOB_PATHSPECS", "1")
	wantDirty(t, dir, []string{"mine/a.go", "hooked/a.go"}, []string{"mine/a.go"}, true)
}

// What a repository configures must not run: it may be a stranger's.
func TestRepositoryRunsNothing(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir, "a.go")
	mark := filepath.Join(dir, "ran")
	script := filepath.Join(dir, "evil.sh")
	must(t, os.WriteFile(script, []byte("#!/bin/sh\ntouch '"+mark+"'\n"), 0o755))
	git(t, dir, "config", "core.fsmonitor", script)
	must(t, os.MkdirAll(filepath.Join(dir, ".git/hooks"), 0o755))
	must(t, os.Symlink(script, filepath.Join(dir, ".git/hooks/post-index-change")))
	wantDirty(t, dir, []string{"a.go"}, nil, true)
	if _, err := os.Stat(mark); err == nil {
		t.Error("the repository's own script was run")
	}
}

func TestNoGitCommand(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir, "a.go")
	write(t, "package q\n", filepath.Join(dir, "a.go"))
	t.Setenv("PATH", t.TempDir())
	wantDirty(t, dir, []string{"a.go"}, nil, false)
}

// A repository that git can't read is an error, not a clean one.
func TestBrokenRepository(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir, "a.go")
	write(t, "garbage", filepath.Join(dir, ".git/index"))
	dirty, _, err := Dirty(t.Context(), dir, []string{"a.go"})
	if err == nil || !strings.Contains(err.Error(), "index") {
		t.Errorf("Dirty = %q, %v; want git's own words about the index", dirty, err)
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir, "a.go")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Dirty(ctx, dir, []string{"a.go"}); err != context.Canceled {
		t.Errorf("Dirty = %v, want %v", err, context.Canceled)
	}
}
