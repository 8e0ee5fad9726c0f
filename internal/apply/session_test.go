package apply

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Two states after another, and the second one stays.
func TestSession(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go")
	s, err := Begin(tr.o)
	must(t, err)
	if _, err := Begin(tr.o); err == nil {
		t.Error("a second session began below the same root")
	}
	must(t, s.Put(tr.changes[:2]))
	tr.want("a.go: new a.go", "b.go: new b.go", "c.go: old c.go")
	must(t, s.Put([]Change{{tr.path("b.go"), []byte("old b.go"), []byte("newer b.go")}, tr.changes[2]}))
	tr.want("a.go: old a.go", "b.go: newer b.go", "c.go: new c.go")
	if !tr.hasJournal() {
		t.Error("there is no journal to undo it")
	}
	must(t, s.Keep())
	tr.want("a.go: old a.go", "b.go: newer b.go", "c.go: new c.go")
	tr.wantJournal(false)
	if saved, err := s.Close(); saved != nil || err != nil {
		t.Errorf("Close after Keep: %v, %v", saved, err)
	}
	tr.want("a.go: old a.go", "b.go: newer b.go", "c.go: new c.go")
}

func TestSessionClosed(t *testing.T) {
	tr := newTree(t, "a.go", "b.go")
	s, err := Begin(tr.o)
	must(t, err)
	must(t, s.Put(tr.changes[:1]))
	must(t, s.Put(tr.changes[1:]))
	saved, err := s.Close()
	must(t, err)
	if len(saved) > 0 {
		t.Errorf("kept %v, which nobody changed", saved)
	}
	tr.want("a.go: old a.go", "b.go: old b.go")
	tr.wantJournal(false)
	must(t, Write(tr.changes, tr.o)) // the lock has gone
}

// What somebody else wrote into a file of the session is kept, and the file is as
// before: also one that was removed.
func TestSessionChangedByOthers(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go")
	must(t, os.Chmod(tr.path("b.go"), 0o755))
	s, err := Begin(tr.o)
	must(t, err)
	must(t, s.Put(tr.changes))
	must(t, os.WriteFile(tr.path("a.go"), []byte("mine"), 0o644))
	must(t, os.Remove(tr.path("b.go")))
	if got, want := s.Changed(), []string{tr.path("a.go"), tr.path("b.go")}; !slices.Equal(got, want) {
		t.Errorf("changed: %q, want %q", got, want)
	}
	err = s.Put(nil)
	wantText(t, err, "a.go changed since goherd read it", "b.go is gone since goherd read it")
	if _, ok := errors.AsType[*RefusedError](err); !ok {
		t.Errorf("got %T", err)
	}
	if b, _ := os.ReadFile(tr.path("c.go")); string(b) != "new c.go" {
		t.Errorf("c.go was touched: %q", b)
	}
	saved, err := s.Close()
	must(t, err)
	tr.want("a.go: old a.go", "b.go: old b.go", "c.go: old c.go")
	tr.wantJournal(false)
	if len(saved) != 2 || saved[0].Path != tr.path("a.go") || saved[1] != (Saved{Path: tr.path("b.go")}) {
		t.Fatalf("kept %v", saved)
	}
	if b, err := os.ReadFile(saved[0].Kept); err != nil || string(b) != "mine" {
		t.Errorf("kept %q, %v", b, err)
	}
	if info, err := os.Stat(tr.path("b.go")); err != nil || info.Mode() != 0o755 {
		t.Errorf("b.go came back as %v, %v", info.Mode(), err)
	}
}

// A write that fails in a later state rolls everything back, what earlier states
// wrote too.
func TestSessionFails(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go")
	full := false
	tr.o.replace = func(path string, data []byte) error {
		if full && filepath.Base(path) == "c.go" {
			return errors.New("no space left on device")
		}
		return replaceFile(path, data)
	}
	s, err := Begin(tr.o)
	must(t, err)
	must(t, s.Put(tr.changes[:2]))
	full = true
	wantText(t, s.Put(tr.changes[1:]), "c.go: no space left on device", "the one file already written is as before")
	tr.want("a.go: old a.go", "b.go: old b.go", "c.go: old c.go")
	tr.wantJournal(false)
}

// A file that was another one when goherd read it the second time is not written.
func TestSessionReadAnew(t *testing.T) {
	tr := newTree(t, "a.go")
	s, err := Begin(tr.o)
	must(t, err)
	must(t, s.Put(tr.changes))
	wantText(t, s.Put([]Change{{tr.path("a.go"), []byte("other a.go"), []byte("new")}}), "a.go changed since goherd read it")
	if _, err := s.Close(); err != nil {
		t.Error(err)
	}
	tr.want("a.go: old a.go")
}

// A journal of the first format is understood, too.
func TestFirstJournal(t *testing.T) {
	tr := newTree(t, "a.go")
	tr.interrupt(1)
	p, err := tr.o.place()
	must(t, err)
	b, err := os.ReadFile(p.journal)
	must(t, err)
	must(t, os.WriteFile(p.journal, []byte(strings.Replace(string(b), `"version":2`, `"version":1`, 1)), 0o600))
	_, err = Recover(tr.o)
	must(t, err)
	tr.want("a.go: old a.go")
}

// A file that one state makes is gone in the next, and in the end.
func TestSessionMakesFiles(t *testing.T) {
	tr := newTree(t, "a.go")
	made := Change{Path: tr.path("go.sum"), New: []byte("new go.sum")}
	s, err := Begin(tr.o)
	must(t, err)
	must(t, s.Put([]Change{made}))
	tr.want("a.go: old a.go", "go.sum: new go.sum")
	must(t, s.Put(tr.changes))
	tr.want("a.go: new a.go")
	must(t, s.Put([]Change{tr.changes[0], made}))
	tr.want("a.go: new a.go", "go.sum: new go.sum")
	if got := s.Changed(); len(got) > 0 {
		t.Errorf("changed: %q", got)
	}
	if _, err := s.Close(); err != nil {
		t.Error(err)
	}
	tr.want("a.go: old a.go")
	tr.wantJournal(false)
}
