package git

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "// line %d\n", i+1)
	}
	return b.String()
}

func edit(text string, line int, by string) string {
	lines := strings.SplitAfter(text, "\n")
	lines[line-1] = by
	return strings.Join(lines, "")
}

// changedLines lists the lines of a file that count as changed, as "3 7".
func changedLines(t *testing.T, h *History, file string, n int) string {
	t.Helper()
	var list []string
	for line := 1; line <= n; line++ {
		changed, err := h.Changed(file, line, line)
		must(t, err)
		if changed {
			list = append(list, fmt.Sprint(line))
		}
	}
	return strings.Join(list, " ")
}

func since(t *testing.T, dir, rev string) *History {
	t.Helper()
	h, err := Since(t.Context(), dir, rev)
	must(t, err)
	return h
}

// Committed, staged, unstaged and untracked changes count, on the branch only, and
// under the names of today.
func TestSince(t *testing.T) {
	dir := t.TempDir()
	newRepo(t, dir)
	in := func(name string) string { return filepath.Join(dir, name) }
	text := numbered(9)
	write(t, text, in("same.go"), in("committed.go"), in("staged.go"), in("unstaged.go"), in("cut.go"), in("moved.go"), in("movedalone.go"), in("theirs.go"), in("back.go"), in("untracked.go"))
	write(t, "ignored.go\n", in(".gitignore"))
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "base")
	git(t, dir, "branch", "-M", "trunk")
	git(t, dir, "branch", "work")
	write(t, edit(text, 2, "// two\n"), in("theirs.go")) // the trunk goes on, which must not count
	git(t, dir, "commit", "-qam", "theirs")
	git(t, dir, "checkout", "-q", "work")
	write(t, edit(text, 3, "// three\n"), in("committed.go"))
	write(t, edit(text, 1, "// one\n"), in("back.go"))
	git(t, dir, "rm", "-q", "--cached", "untracked.go")
	git(t, dir, "mv", "moved.go", "sub_there.go")
	write(t, edit(text, 5, "// five\n"), in("sub_there.go"))
	git(t, dir, "mv", "movedalone.go", "alone.go")
	git(t, dir, "commit", "-qam", "work")
	write(t, text, in("back.go"))
	write(t, edit(text, 4, "// four\n// and a half\n"), in("staged.go"))
	git(t, dir, "add", "staged.go")
	write(t, edit(text, 9, "// nine\n"), in("unstaged.go"))
	write(t, edit(text, 6, ""), in("cut.go"))
	write(t, text, in("new.go"), in("ignored.go"), in("deep/new.go"))

	all := "1 2 3 4 5 6 7 8 9"
	want := map[string]string{
		"same.go": "", "committed.go": "3", "staged.go": "4 5", "unstaged.go": "9", "cut.go": "5 6", "sub_there.go": "5",
		"alone.go": "", "theirs.go": "", "back.go": "", "new.go": all, "ignored.go": all, "deep/new.go": all, "untracked.go": all,
	}
	check := func(h *History) {
		t.Helper()
		for name, lines := range want {
			if got := changedLines(t, h, in(name), 9); got != lines {
				t.Errorf("%s: changed %q, want %q", name, got, lines)
			}
		}
	}
	check(since(t, dir, "trunk"))
	check(since(t, in("deep"), "trunk"))
	if changed, err := since(t, dir, "trunk").Changed(in("committed.go"), 1, 9); !changed || err != nil {
		t.Errorf("a span around a changed line: %v, %v", changed, err)
	}
	// The user's own ways with git diff make no difference.
	for _, c := range []string{
		"diff.noprefix true", "diff.mnemonicPrefix true", "diff.renames false", "diff.context 7", "diff.interHunkContext 9",
		"color.ui always", "diff.external false", "core.quotePath false", "diff.algorithm patience", "diff.relative true",
	} {
		key, value, _ := strings.Cut(c, " ")
		git(t, dir, "config", key, value)
	}
	write(t, "*.go -diff\n", in(".git/info/attributes"))
	check(since(t, in("deep"), "trunk"))
	// Without a branch, and in another worktree.
	git(t, dir, "checkout", "-q", "--detach")
	check(since(t, dir, "trunk"))
	check(since(t, dir, "trunk~1"))
	other := filepath.Join(t.TempDir(), "tree")
	git(t, dir, "worktree", "add", "-q", other, "work")
	if got := changedLines(t, since(t, other, "trunk"), filepath.Join(other, "committed.go"), 9); got != "3" {
		t.Errorf("in a worktree: %q", got)
	}
	// HEAD itself: what is not committed.
	if got := changedLines(t, since(t, dir, "HEAD"), in("committed.go"), 9); got != "" {
		t.Errorf("since HEAD: %q", got)
	}
}

func TestSinceHostileNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such names")
	}
	dir := t.TempDir()
	newRepo(t, dir)
	names := []string{
		"a b.go", "tab\there.go", "new\nline.go", `quote".go`, `back\slash.go`, "é.go", "\xff.go", "-x.go", ":!x.go", "a b/x b.go", " lead.go", "b/ b/c.go", "[x]*.go", "=>.go", "{a => b}.go",
	}
	for _, name := range names {
		write(t, numbered(9), filepath.Join(dir, name))
	}
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "base")
	for _, name := range names {
		write(t, edit(numbered(9), 3, "// three\n"), filepath.Join(dir, name))
	}
	git(t, dir, "mv", "a b.go", "b a b.go")
	h := since(t, dir, "HEAD")
	for _, name := range append(names[1:], "b a b.go") {
		if got := changedLines(t, h, filepath.Join(dir, name), 9); got != "3" {
			t.Errorf("%q: changed %q", name, got)
		}
	}
}

// What git can't say is an error that says what to do.
func TestSinceFails(t *testing.T) {
	origin := t.TempDir()
	newRepo(t, origin, "a.go")
	git(t, origin, "branch", "-M", "main")
	for i := range 4 {
		write(t, fmt.Sprintf("package p\n\n// %d\n", i), filepath.Join(origin, "a.go"))
		git(t, origin, "commit", "-qam", fmt.Sprint(i))
	}
	git(t, origin, "checkout", "-qb", "work", "main~3")
	for i := range 3 {
		write(t, "package p\n", filepath.Join(origin, fmt.Sprintf("w%d.go", i)))
		git(t, origin, "add", "-A")
		git(t, origin, "commit", "-qm", "w")
	}
	git(t, origin, "checkout", "-q", "--orphan", "island")
	git(t, origin, "commit", "-qm", "alone")
	git(t, origin, "checkout", "-q", "work")
	clone := func(args ...string) string {
		dir := filepath.Join(t.TempDir(), "clone")
		git(t, origin, append(append([]string{"clone", "-q"}, args...), "file://"+filepath.ToSlash(origin), dir)...)
		return dir
	}
	full := clone()
	single := clone("--single-branch", "--branch", "work")
	shallow := clone("--depth", "1", "--branch", "work")
	both := clone("--depth", "2", "--no-single-branch", "--branch", "work")
	deep := clone("--depth", "4", "--no-single-branch", "--branch", "work")
	empty := t.TempDir()
	git(t, empty, "init", "-q")
	plain := t.TempDir()

	for _, tt := range []struct{ name, dir, rev, want string }{
		{"no such commit", full, "nope", `git knows no commit "nope": git branch --all and git tag list the names that there are`},
		{"a range", full, "origin/main..HEAD", `git knows no commit "origin/main..HEAD"`},
		{"like a flag", full, "--all", `git knows no commit "--all"`},
		{"a file's name", full, "a.go", `git knows no commit "a.go"`},
		{"a branch of the remote", full, "main", `git knows no commit "main": did you mean origin/main?`},
		{"a branch that wasn't fetched", single, "origin/main", `git knows no commit "origin/main": git fetch origin main:refs/remotes/origin/main brings it, if there is one`},
		{"no common ancestor", full, "origin/island", "origin/island and HEAD have no commit in common: name a commit of this history"},
		{"shallow, unknown", shallow, "origin/main", `git knows no commit "origin/main", and this clone is shallow: git fetch --unshallow && git fetch origin main:refs/remotes/origin/main (in GitHub Actions: actions/checkout with fetch-depth: 0; in GitLab CI: GIT_DEPTH: 0)`},
		{"shallow, no base", both, "origin/main", "this clone is shallow, and where origin/main and HEAD part is not in it: git fetch --unshallow"},
		{"no commit", empty, "HEAD", `git knows no commit "HEAD"`},
		{"no repository", plain, "main", "is in no git repository, so nothing has changed since main there: run goherd in a clone, or use a baseline"},
	} {
		_, err := Since(t.Context(), tt.dir, tt.rev)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v\nwant %s", tt.name, err, tt.want)
		}
	}
	// A shallow clone that has all that is asked about is good.
	for _, tt := range []struct{ dir, rev string }{{shallow, "HEAD"}, {both, "HEAD~1"}, {deep, "origin/main"}} {
		if _, err := Since(t.Context(), tt.dir, tt.rev); err != nil {
			t.Errorf("shallow, %s: %v", tt.rev, err)
		}
	}
	// Files in no repository, and in another one.
	h := since(t, full, "origin/main")
	write(t, "package p\n", filepath.Join(plain, "x.go"))
	for file, want := range map[string]string{
		filepath.Join(plain, "x.go"):  "is in no git repository, so git can't say what changed in it since origin/main: leave it out, or use a baseline",
		filepath.Join(origin, "a.go"): "is in another repository than ",
	} {
		if _, err := h.Changed(file, 1, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", file, err, want)
		}
	}
	t.Setenv("PATH", "")
	if _, err := Since(t.Context(), full, "HEAD"); err == nil || !strings.Contains(err.Error(), "there is no git command") {
		t.Errorf("without git: %v", err)
	}
}

// A shallow clone whose history is cut off between HEAD and the only common commit
// that it sees may hide a nearer one.
func TestSinceCut(t *testing.T) {
	origin := t.TempDir()
	newRepo(t, origin, "a.go")
	git(t, origin, "branch", "-M", "main")
	step := func(name string) {
		write(t, "package p\n", filepath.Join(origin, name+".go"))
		git(t, origin, "add", "-A")
		git(t, origin, "commit", "-qm", name)
	}
	step("root")
	git(t, origin, "branch", "side")
	for i := range 3 {
		step(fmt.Sprintf("m%d", i))
	}
	git(t, origin, "branch", "long")
	git(t, origin, "checkout", "-q", "side")
	step("s")
	git(t, origin, "checkout", "-q", "long")
	step("l")
	git(t, origin, "merge", "-q", "--no-edit", "side") // long: a short way to the root
	git(t, origin, "checkout", "-q", "main")
	git(t, origin, "merge", "-q", "--no-edit", "side")
	dir := filepath.Join(t.TempDir(), "clone")
	git(t, origin, "clone", "-q", "--depth", "3", "--no-single-branch", "--branch", "long", "file://"+filepath.ToSlash(origin), dir)
	_, err := Since(t.Context(), dir, "origin/main")
	if want := "may not be in it: git fetch --unshallow"; err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	full := since(t, origin, "long")
	if err == nil {
		if h := since(t, dir, "origin/main"); h.Base != full.Base {
			t.Errorf("base %s, and really %s", h.Base, full.Base)
		}
	}
}

func TestSinceInSubmodules(t *testing.T) {
	lib, dir := t.TempDir(), t.TempDir()
	newRepo(t, lib, "old.go")
	write(t, numbered(9), filepath.Join(lib, "lib.go"))
	git(t, lib, "add", "-A")
	git(t, lib, "commit", "-qm", "lib")
	newRepo(t, dir, "a.go")
	git(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://"+filepath.ToSlash(lib), "third/lib")
	git(t, dir, "commit", "-qm", "with lib")
	git(t, dir, "branch", "base")
	sub := filepath.Join(dir, "third", "lib")
	write(t, edit(numbered(9), 4, "// four\n"), filepath.Join(sub, "lib.go"))
	git(t, sub, "commit", "-qam", "four")
	git(t, dir, "commit", "-qam", "lib moves on")
	write(t, edit(edit(numbered(9), 4, "// four\n"), 7, "// seven\n"), filepath.Join(sub, "lib.go"))

	h := since(t, dir, "base")
	if got := changedLines(t, h, filepath.Join(sub, "lib.go"), 9); got != "4 7" {
		t.Errorf("since the superproject's commit: %q", got)
	}
	if got := changedLines(t, h, filepath.Join(sub, "old.go"), 1); got != "" {
		t.Errorf("an old file of it: %q", got)
	}
	if got := changedLines(t, since(t, sub, "HEAD"), filepath.Join(sub, "lib.go"), 9); got != "7" {
		t.Errorf("inside of it, by its own history: %q", got)
	}
	if got := changedLines(t, since(t, dir, "base~1"), filepath.Join(sub, "lib.go"), 9); got != "1 2 3 4 5 6 7 8 9" {
		t.Errorf("before it was there: %q", got)
	}
	git(t, sub, "checkout", "-q", "--detach")
	must(t, os.RemoveAll(filepath.Join(dir, ".git", "modules", "third", "lib", "refs", "heads")))
	must(t, os.MkdirAll(filepath.Join(dir, ".git", "modules", "third", "lib", "refs", "heads"), 0o755))
	if got := changedLines(t, since(t, dir, "base"), filepath.Join(sub, "lib.go"), 9); got != "4 7" {
		t.Errorf("detached: %q", got)
	}
}
