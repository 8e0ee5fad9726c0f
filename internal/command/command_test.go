//go:build unix

package command

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func do(t *testing.T, line string, timeout time.Duration) *Result {
	t.Helper()
	r, err := Run(t.Context(), t.TempDir(), line, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRun(t *testing.T) {
	for _, tt := range []struct {
		line, how, output string
	}{
		{"echo a; echo b >&2", "", "a\nb\n"},
		{"echo broken; exit 3", "exit status 3", "broken\n"},
		{"nosuchcommand", "exit status 127", "not found"},
		{"kill -9 $$", "signal: killed", ""},
		{"cat", "", ""}, // its input is empty, and not the terminal
	} {
		r := do(t, tt.line, time.Minute)
		if r.OK != (tt.how == "") || r.How != tt.how || !strings.Contains(r.Output, tt.output) || r.TimedOut {
			t.Errorf("%s: %+v", tt.line, r)
		}
	}
}

func TestRunsInDir(t *testing.T) {
	dir := t.TempDir()
	r, err := Run(t.Context(), dir, "pwd -P >here", time.Minute)
	if err != nil || !r.OK {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "here")); err != nil {
		t.Error(err)
	}
	if _, err := Run(t.Context(), filepath.Join(dir, "nosuch"), "true", time.Minute); err == nil {
		t.Error("a command ran in no folder")
	}
}

// stops wants the file that line writes to once in a while to be left alone soon.
func stops(t *testing.T, file string) {
	t.Helper()
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	time.Sleep(200 * time.Millisecond)
	if after := size(); after != before || before == 0 {
		t.Errorf("somebody still writes: %d bytes, then %d", before, after)
	}
}

const ticking = `(while :; do echo tick >>F; sleep 0.02; done)`

// A command that hangs is ended with all that it has started.
func TestTimeout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ticks")
	line := strings.ReplaceAll(ticking+" & "+ticking, "F", file)
	start := time.Now()
	r := do(t, line, 300*time.Millisecond)
	if r.OK || !r.TimedOut || r.How != "no end after 300ms" {
		t.Errorf("%+v", r)
	}
	if took := time.Since(start); took > grace {
		t.Errorf("it took %v", took)
	}
	stops(t, file)
}

// Also one that doesn't want to end.
func TestTimeoutIgnored(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the grace to pass")
	}
	file := filepath.Join(t.TempDir(), "ticks")
	r := do(t, strings.ReplaceAll("trap '' TERM; "+ticking, "F", file), 300*time.Millisecond)
	if r.OK || !r.TimedOut {
		t.Errorf("%+v", r)
	}
	stops(t, file)
}

// What a command leaves in the background doesn't outlive it, nor keep it waiting
// for longer than the grace.
func TestLeftBehind(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ticks")
	r := do(t, strings.ReplaceAll(ticking+" >/dev/null 2>&1 & sleep 0.1; echo done", "F", file), time.Minute)
	if !r.OK || r.Output != "done\n" {
		t.Errorf("%+v", r)
	}
	stops(t, file)
}

func TestCancelled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ticks")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, t.TempDir(), strings.ReplaceAll(ticking, "F", file), time.Minute)
	if r != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", r, err)
	}
	stops(t, file)
}

// Endless output costs no memory, and its end is kept.
func TestTail(t *testing.T) {
	r := do(t, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exit 1", time.Minute)
	if len(r.Output) > tailSize || !strings.HasSuffix(r.Output, "line 19999\n") || !strings.HasPrefix(r.Output, "line ") {
		t.Errorf("%d bytes: %.40q ... ", len(r.Output), r.Output)
	}
}
