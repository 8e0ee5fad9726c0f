package apply

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A tree is a folder of files, and the changes that turn "old NAME" into "new NAME".
type tree struct {
	t       *testing.T
	dir     string
	o       Options
	changes []Change
}

func newTree(t *testing.T, names ...string) *tree {
	t.Helper()
	tr := &tree{t: t, dir: t.TempDir()}
	tr.o = Options{Root: tr.dir, Journals: filepath.Join(t.TempDir(), "journals")}
	for _, name := range names {
		path := filepath.Join(tr.dir, name)
		must(t, os.WriteFile(path, []byte("old "+name), 0o644))
		tr.changes = append(tr.changes, Change{path, []byte("old " + name), []byte("new " + name)})
	}
	return tr
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (tr *tree) path(name string) string { return filepath.Join(tr.dir, name) }

// want checks every file of the tree: "a.go: new a.go". A temporary file that
// stayed behind shows as one too many.
func (tr *tree) want(lines ...string) {
	tr.t.Helper()
	entries, err := os.ReadDir(tr.dir)
	must(tr.t, err)
	var got []string
	for _, e := range entries {
		b, err := os.ReadFile(tr.path(e.Name()))
		must(tr.t, err)
		got = append(got, e.Name()+": "+string(b))
	}
	if !slices.Equal(got, lines) {
		tr.t.Errorf("files:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

func (tr *tree) wantJournal(want bool) {
	tr.t.Helper()
	got, err := Pending(tr.o)
	must(tr.t, err)
	if got != want {
		tr.t.Errorf("a journal is pending: %v, want %v", got, want)
	}
}

func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestWrite(t *testing.T) {
	tr := newTree(t, "a.go", "b.go")
	must(t, os.Chmod(tr.path("a.go"), 0o755))
	must(t, os.Chmod(tr.path("b.go"), 0o600))
	var wrote []string
	tr.o.Wrote = func(path string) {
		wrote = append(wrote, filepath.Base(path))
		if !tr.hasJournal() {
			t.Error("a file is written and there is no journal to undo it")
		}
	}
	must(t, Write(tr.changes, tr.o))
	tr.want("a.go: new a.go", "b.go: new b.go")
	tr.wantJournal(false)
	if !slices.Equal(wrote, []string{"a.go", "b.go"}) {
		t.Errorf("told of %q", wrote)
	}
	for name, want := range map[string]os.FileMode{"a.go": 0o755, "b.go": 0o600} {
		if info, err := os.Stat(tr.path(name)); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, want %v (%v)", name, info.Mode(), want, err)
		}
	}
}

// hasJournal looks for the journal without taking the lock, which the run holds.
func (tr *tree) hasJournal() bool {
	p, err := tr.o.place()
	must(tr.t, err)
	return p.hasJournal()
}

func TestWriteNothing(t *testing.T) {
	o := Options{Root: t.TempDir(), Journals: filepath.Join(t.TempDir(), "never made")}
	must(t, Write(nil, o))
	if _, err := os.Stat(o.Journals); err == nil {
		t.Error("a run without changes left a folder behind")
	}
}

// Each guard stops the whole run, also when the file comes last.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		spoil      func(path string) error
	}{
		{"changed", "b.go changed since goherd read it; run goherd again", func(p string) error { return os.WriteFile(p, []byte("mine"), 0o644) }},
		{"read-only", "b.go is read-only: chmod u+w it", func(p string) error { return os.Chmod(p, 0o444) }},
		{"writable for others only", "b.go is read-only", func(p string) error { return os.Chmod(p, 0o466) }},
		{"gone", "b.go is gone since goherd read it", os.Remove},
		{"symbolic link", "b.go is a symbolic link", func(p string) error {
			return errors.Join(os.Rename(p, p+".real"), os.Symlink(p+".real", p))
		}},
		{"folder", "b.go is not a regular file", func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := newTree(t, "a.go", "b.go")
			must(t, tt.spoil(tr.path("b.go")))
			err := Write(tr.changes, tr.o)
			wantText(t, err, tt.want, "nothing was written")
			if refused, ok := errors.AsType[*RefusedError](err); !ok || len(refused.Problems) != 1 {
				t.Errorf("got %#v, want a *RefusedError of one file", err)
			}
			if b, err := os.ReadFile(tr.path("a.go")); err != nil || string(b) != "old a.go" {
				t.Errorf("a.go holds %q (%v): it was written although b.go could not be", b, err)
			}
			tr.wantJournal(false)
		})
	}
}

func TestRefusedNamesEveryFile(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go")
	must(t, os.Chmod(tr.path("a.go"), 0o444))
	must(t, os.WriteFile(tr.path("c.go"), []byte("mine"), 0o644))
	wantText(t, Write(tr.changes, tr.o), "a.go is read-only", "c.go changed")
}

// failAt is a disk that is full from the nth write on.
func failAt(n int) func(string, []byte) error {
	return func(path string, data []byte) error {
		if n--; n == 0 {
			return errors.New("no space left on device")
		}
		return replaceFile(path, data)
	}
}

func TestRollBack(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go")
	tr.o.replace = failAt(3)
	err := Write(tr.changes, tr.o)
	wantText(t, err, "c.go: no space left on device", "rolled back: the 2 files already written are as before")
	e, ok := errors.AsType[*RolledBackError](err)
	if !ok || len(e.Undone) != 2 || e.Stuck != nil {
		t.Errorf("got %#v", err)
	}
	tr.want("a.go: old a.go", "b.go: old b.go", "c.go: old c.go")
	tr.wantJournal(false)
}

func TestRollBackOfTheFirstFile(t *testing.T) {
	tr := newTree(t, "a.go", "b.go")
	tr.o.replace = failAt(1)
	wantText(t, Write(tr.changes, tr.o), "a.go: no space left", "no file had been written yet")
	tr.want("a.go: old a.go", "b.go: old b.go")
	tr.wantJournal(false)
}

// A disk that stays full can't take the old bytes back either: the journal
// stays, Write refuses to run over it, and Recover mends it later.
func TestRollBackThatFails(t *testing.T) {
	tr := newTree(t, "a.go", "b.go")
	writes := 0
	tr.o.replace = func(path string, data []byte) error {
		if writes++; writes > 1 {
			return errors.New("no space left on device")
		}
		return replaceFile(path, data)
	}
	err := Write(tr.changes, tr.o)
	wantText(t, err, "b.go: no space", "a.go could not be put back", "goherd apply puts them back")
	tr.want("a.go: new a.go", "b.go: old b.go")
	tr.wantJournal(true)

	tr.o.replace = nil
	var pending *PendingError
	if err := Write(tr.changes, tr.o); !errors.As(err, &pending) {
		t.Errorf("Write over a journal gave %v, want a *PendingError", err)
	}
	if _, err := Recover(tr.o); err != nil {
		t.Error(err)
	}
	tr.want("a.go: old a.go", "b.go: old b.go")
	tr.wantJournal(false)
}

// An editor saves b.go while a.go is written, and a.go before the roll-back.
func TestSomebodyElseWrites(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go")
	tr.o.Wrote = func(path string) {
		if filepath.Base(path) == "b.go" {
			must(t, os.WriteFile(tr.path("a.go"), []byte("edited a.go"), 0o644))
			must(t, os.WriteFile(tr.path("c.go"), []byte("edited c.go"), 0o644))
		}
	}
	err := Write(tr.changes, tr.o)
	wantText(t, err, "c.go changed since goherd read it", "left as they are: "+tr.path("a.go"))
	tr.want("a.go: edited a.go", "b.go: old b.go", "c.go: edited c.go")
	tr.wantJournal(false)
}

func TestTwoRunsAtOnce(t *testing.T) {
	tr := newTree(t, "a.go", "b.go")
	var second, recovering error
	var pending bool
	o := tr.o
	o.Wrote = func(string) {
		second = Write(tr.changes, tr.o)
		_, recovering = Recover(tr.o)
		pending, _ = Pending(tr.o)
	}
	must(t, Write(tr.changes, o))
	for _, err := range []error{second, recovering} {
		wantText(t, err, "another goherd", fmt.Sprintf("process %d", os.Getpid()), "run goherd again")
	}
	if pending {
		t.Error("a run that is going on was taken for an interrupted one")
	}
	tr.want("a.go: new a.go", "b.go: new b.go")
}

func TestRoot(t *testing.T) {
	top := t.TempDir()
	top, err := filepath.EvalSymlinks(top)
	must(t, err)
	for _, dir := range []string{"repo/.git", "repo/mod/pkg", "work/mod/pkg", "plain"} {
		must(t, os.MkdirAll(filepath.Join(top, dir), 0o755))
	}
	for _, file := range []string{"repo/mod/go.mod", "work/go.work", "work/mod/go.mod"} {
		must(t, os.WriteFile(filepath.Join(top, file), nil, 0o644))
	}
	must(t, os.Symlink(filepath.Join(top, "repo/mod"), filepath.Join(top, "link")))
	for dir, want := range map[string]string{
		"repo/mod/pkg": "repo", "repo": "repo", "link/pkg": "repo",
		"work/mod/pkg": "work", "work": "work", "plain": "plain",
	} {
		got, err := Root(filepath.Join(top, dir))
		if err != nil || got != filepath.Join(top, want) {
			t.Errorf("Root(%s) = %s, %v; want %s", dir, got, err, want)
		}
	}
	if _, err := Root(filepath.Join(top, "nowhere")); err == nil {
		t.Error("a folder that isn't there has a root")
	}
}

// TestWriteMakesFiles: a file that isn't there yet is made, and goes again when the
// run is rolled back.
func TestWriteMakesFiles(t *testing.T) {
	tr := newTree(t, "a.go")
	tr.changes = append(tr.changes, Change{Path: tr.path("go.sum"), New: []byte("new go.sum")})
	must(t, Write(tr.changes, tr.o))
	tr.want("a.go: new a.go", "go.sum: new go.sum")
	tr.wantJournal(false)

	again := newTree(t, "z.go")
	again.changes = append([]Change{{Path: again.path("go.sum"), New: []byte("new go.sum")}}, again.changes...)
	again.o.replace = func(string, []byte) error { return errors.New("the disk is full") }
	wantText(t, Write(again.changes, again.o), "the disk is full")
	again.want("z.go: old z.go")
	again.wantJournal(false)

	made := newTree(t)
	must(t, os.WriteFile(made.path("go.sum"), nil, 0o644))
	made.changes = []Change{{Path: made.path("go.sum"), New: []byte("new go.sum")}}
	wantText(t, Write(made.changes, made.o), "go.sum", "was made since")
	made.want("go.sum: ")
}

// TestRecoverMadeFiles: what an interrupted run had made goes, and what somebody has
// put there since stays.
func TestRecoverMadeFiles(t *testing.T) {
	for _, now := range []string{"new go.sum", "mine"} {
		tr := newTree(t)
		tr.changes = []Change{{Path: tr.path("go.sum"), New: []byte("new go.sum")}}
		p, err := tr.o.place()
		must(t, err)
		unlock, err := p.acquire()
		must(t, err)
		j, err := newJournal(tr.dir, []entry{{Path: tr.path("go.sum"), New: []byte("new go.sum")}})
		must(t, err)
		must(t, p.save(j))
		unlock()
		must(t, os.WriteFile(tr.path("go.sum"), []byte(now), 0o644))
		done, err := Recover(tr.o)
		must(t, err)
		if now == "mine" {
			tr.want("go.sum: mine")
		} else {
			tr.want()
		}
		if len(done.Restored)+len(done.Foreign) != 1 || (now == "mine") != (len(done.Foreign) == 1) {
			t.Errorf("with %q there, it restored %v and left %v", now, done.Restored, done.Foreign)
		}
		tr.wantJournal(false)
	}
}
