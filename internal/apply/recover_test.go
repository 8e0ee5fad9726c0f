package apply

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// interrupt leaves the tree as a run that was killed after its first n files does.
func (tr *tree) interrupt(n int) {
	tr.t.Helper()
	p, err := tr.o.place()
	must(tr.t, err)
	var files []entry
	for _, c := range tr.changes {
		files = append(files, entry{Path: c.Path, Mode: 0o644, Old: c.Old, New: c.New})
	}
	j, err := newJournal(tr.o.Root, files)
	must(tr.t, err)
	must(tr.t, os.MkdirAll(tr.o.Journals, 0o700))
	must(tr.t, p.save(j))
	for _, c := range tr.changes[:n] {
		must(tr.t, os.WriteFile(c.Path, c.New, 0o644))
	}
}

func TestRecoverNothing(t *testing.T) {
	tr := newTree(t, "a.go")
	got, err := Recover(tr.o)
	if got != nil || err != nil {
		t.Errorf("Recover without a journal = %v, %v", got, err)
	}
	if _, err := os.Stat(tr.o.Journals); err == nil {
		t.Error("a folder was made for nothing")
	}
}

func TestRecover(t *testing.T) {
	tr := newTree(t, "a.go", "b.go", "c.go", "d.go", "e.go")
	tr.interrupt(4)
	tr.wantJournal(true)
	must(t, os.WriteFile(tr.path("b.go"), []byte("edited since"), 0o644))
	must(t, os.Remove(tr.path("c.go")))
	must(t, os.Chmod(tr.path("d.go"), 0o600))
	got, err := Recover(tr.o)
	must(t, err)
	if want := []string{tr.path("a.go"), tr.path("d.go")}; !slices.Equal(got.Restored, want) {
		t.Errorf("restored %q, want %q", got.Restored, want)
	}
	if want := []string{tr.path("b.go"), tr.path("c.go")}; !slices.Equal(got.Foreign, want) || got.Files != 5 {
		t.Errorf("left alone %q of %d, want %q of 5", got.Foreign, got.Files, want)
	}
	tr.want("a.go: old a.go", "b.go: edited since", "d.go: old d.go", "e.go: old e.go")
	if info, err := os.Stat(tr.path("d.go")); err != nil || info.Mode() != 0o644 {
		t.Errorf("d.go did not get its mode back: %v, %v", info.Mode(), err)
	}
	tr.wantJournal(false)
}

// Temporary files of a killed write go; files that only look like one stay.
func TestRecoverSweeps(t *testing.T) {
	tr := newTree(t, "a.go")
	tr.interrupt(0)
	for name, text := range map[string]string{
		".a.go123": "new", ".a.go456": "", ".a.go": "new a.go", ".a.go789": "somebody's", ".a.go7x": "new", ".b.go1": "new",
	} {
		must(t, os.WriteFile(tr.path(name), []byte(text), 0o600))
	}
	_, err := Recover(tr.o)
	must(t, err)
	tr.want(".a.go: new a.go", ".a.go789: somebody's", ".a.go7x: new", ".b.go1: new", "a.go: old a.go")
}

func TestDamagedJournal(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"half":    func(b []byte) []byte { return b[:len(b)/2] },
		"empty":   func([]byte) []byte { return nil },
		"flipped": func(b []byte) []byte { return []byte(strings.Replace(string(b), `"old":"b`, `"old":"c`, 1)) },
		"newer":   func(b []byte) []byte { return []byte(strings.Replace(string(b), `"version":2`, `"version":3`, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTree(t, "a.go", "b.go")
			tr.interrupt(1)
			p, err := tr.o.place()
			must(t, err)
			b, err := os.ReadFile(p.journal)
			must(t, err)
			if string(damage(b)) == string(b) {
				t.Fatal("the damage changes nothing")
			}
			must(t, os.WriteFile(p.journal, damage(b), 0o600))
			_, err = Recover(tr.o)
			wantText(t, err, "then delete "+p.journal)
			tr.want("a.go: new a.go", "b.go: old b.go")
			tr.wantJournal(true)
		})
	}
}

// The tests below need a process of their own: this one, started again.

const childDir = "GOHERD_APPLY_TEST_DIR"

func runChild(t *testing.T, test string, tr *tree) (string, *os.ProcessState) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe, "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), childDir+"="+tr.dir, "GOHERD_APPLY_TEST_JOURNALS="+tr.o.Journals)
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState
}

// childTree is the parent's tree as its child sees it; nil in the parent.
func childTree(t *testing.T, names ...string) *tree {
	dir := os.Getenv(childDir)
	if dir == "" {
		return nil
	}
	tr := &tree{t: t, dir: dir, o: Options{Root: dir, Journals: os.Getenv("GOHERD_APPLY_TEST_JOURNALS")}}
	for _, name := range names {
		old, err := os.ReadFile(tr.path(name))
		must(t, err)
		tr.changes = append(tr.changes, Change{tr.path(name), old, []byte("new" + strings.TrimPrefix(string(old), "old"))})
	}
	return tr
}

func hasTemporary(t *testing.T, dir string) bool {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".*"))
	must(t, err)
	return found != nil
}
