//go:build unix

package apply

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// kill -9 between two files: the next run finds the journal and undoes the first.
func TestKilledBetweenTwoFiles(t *testing.T) {
	names := []string{"a.go", "b.go", "c.go"}
	if tr := childTree(t, names...); tr != nil {
		tr.o.Wrote = func(path string) {
			if filepath.Base(path) == "b.go" {
				must(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
			}
		}
		t.Fatalf("still alive: %v", Write(tr.changes, tr.o))
	}
	tr := newTree(t, names...)
	out, state := runChild(t, t.Name(), tr)
	if ws, ok := state.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v\n%s", state, out)
	}
	tr.want("a.go: new a.go", "b.go: new b.go", "c.go: old c.go")
	tr.wantJournal(true)
	got, err := Recover(tr.o)
	must(t, err)
	if len(got.Restored) != 2 {
		t.Errorf("restored %q, want two files", got.Restored)
	}
	tr.want("a.go: old a.go", "b.go: old b.go", "c.go: old c.go")
	must(t, Write(tr.changes, tr.o)) // the dead run's lock went with it
	tr.want("a.go: new a.go", "b.go: new b.go", "c.go: new c.go")
}

// A write that the system itself refuses half-way through a file: the child may
// not make files of more than 1000 bytes once the first one is in place.
func TestSystemRefusesToWrite(t *testing.T) {
	names := []string{"a.go", "big.go"}
	if tr := childTree(t, names...); tr != nil {
		signal.Ignore(syscall.SIGXFSZ) // so that write gives EFBIG
		tr.o.Wrote = func(string) {
			must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}))
		}
		wantText(t, Write(tr.changes, tr.o), "big.go: write ", "file too large", "the one file already written is as before")
		return
	}
	tr := newTree(t, "a.go")
	big := "old " + strings.Repeat("x", 100_000)
	must(t, os.WriteFile(tr.path("big.go"), []byte(big), 0o644))
	out, state := runChild(t, t.Name(), tr)
	if !state.Success() {
		t.Fatalf("%v\n%s", state, out)
	}
	tr.want("a.go: old a.go", "big.go: "+big)
	tr.wantJournal(false)
}

// A disk that is really full. Mounting one needs root, so elsewhere the tests
// above stand in for it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small disk to be had here: %v: %s", err, out)
	}
	t.Cleanup(func() { must(t, exec.Command("umount", dir).Run()) })
	small, big := strings.Repeat("s", 50_000), strings.Repeat("b", 100_000)
	tr := &tree{t: t, dir: dir, o: Options{Root: dir, Journals: t.TempDir()}}
	for name, text := range map[string]string{"a.go": small, "b.go": big} {
		must(t, os.WriteFile(tr.path(name), []byte(text), 0o644))
	}
	tr.changes = []Change{
		{tr.path("a.go"), []byte(small), []byte(small + "!")},
		{tr.path("b.go"), []byte(big), []byte(big + big)},
	}
	wantText(t, Write(tr.changes, tr.o), "no space left on device", "the one file already written is as before")
	tr.want("a.go: "+small, "b.go: "+big)
	tr.wantJournal(false)

	// A full disk under the journal stops the run before it starts.
	tr.o.Journals, tr.changes = filepath.Join(dir, "journals"), tr.changes[1:]
	wantText(t, Write(tr.changes, tr.o), "nothing was written", "no space left on device")
	if hasTemporary(t, dir) || hasTemporary(t, tr.o.Journals) {
		t.Error("a temporary file stayed behind")
	}
}

// Root in a container must not take the user's files away.
func TestOwnerStays(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	tr := newTree(t, "a.go")
	must(t, os.Chown(tr.path("a.go"), 1234, 4321))
	must(t, Write(tr.changes, tr.o))
	info, err := os.Stat(tr.path("a.go"))
	must(t, err)
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 1234 || s.Gid != 4321 || info.Mode() != 0o644 {
		t.Errorf("owner is %d:%d with mode %v now", s.Uid, s.Gid, info.Mode())
	}
}

// A folder without write permission is no trouble for root, so ask as somebody else would be.
func TestFolderIsReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	tr := newTree(t, "a.go")
	must(t, os.Chmod(tr.dir, 0o555))
	t.Cleanup(func() { must(t, os.Chmod(tr.dir, 0o755)) })
	wantText(t, Write(tr.changes, tr.o), "permission denied", "no file had been written yet")
	tr.want("a.go: old a.go")
}

// kill -9 between two files of a session's second state, when some hold the first
// state and some the second: all come back.
func TestKilledInSecondState(t *testing.T) {
	names := []string{"a.go", "b.go", "c.go"}
	if tr := childTree(t, names...); tr != nil {
		second := false
		tr.o.Wrote = func(path string) {
			if second && filepath.Base(path) == "b.go" {
				must(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
			}
		}
		s, err := Begin(tr.o)
		must(t, err)
		must(t, s.Put(tr.changes))
		second = true
		var next []Change
		for _, c := range tr.changes {
			next = append(next, Change{c.Path, c.Old, []byte("newer " + filepath.Base(c.Path))})
		}
		t.Fatalf("still alive: %v", s.Put(next))
	}
	tr := newTree(t, names...)
	out, state := runChild(t, t.Name(), tr)
	if ws, ok := state.Sys().(syscall.WaitStatus); !ok || ws.Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v\n%s", state, out)
	}
	tr.want("a.go: newer a.go", "b.go: newer b.go", "c.go: new c.go")
	got, err := Recover(tr.o)
	must(t, err)
	if len(got.Restored) != 3 || len(got.Foreign) != 0 {
		t.Errorf("restored %q, left alone %q", got.Restored, got.Foreign)
	}
	tr.want("a.go: old a.go", "b.go: old b.go", "c.go: old c.go")
}
