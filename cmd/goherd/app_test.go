package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/rule"
)

// A run of a second or less shows nothing; a longer one shows a line that is gone in the end.
func TestSpinner(t *testing.T) {
	for _, tt := range []struct {
		runs time.Duration
		want []string
		not  string
	}{
		{900 * time.Millisecond, nil, "l"},
		{1100 * time.Millisecond, []string{"\r\x1b[K| loading", "\r\x1b[K"}, "analysing"},
		{2500 * time.Millisecond, []string{"| loading", "/ loading", "analysing 3/12", "\r\x1b[K"}, "\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			s := startSpinner(&out)
			s.update("loading", 0, 0)
			if tt.runs > 2*time.Second {
				time.Sleep(2 * time.Second)
				s.update("analysing", 3, 12)
				tt.runs -= 2 * time.Second
			}
			time.Sleep(tt.runs)
			s.stop()
			got := out.String()
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("after %v: %q lacks %q", tt.runs, got, want)
				}
			}
			if strings.Contains(got, tt.not) {
				t.Errorf("after %v: %q has %q", tt.runs, got, tt.not)
			}
			if got != "" && !strings.HasSuffix(got, "\r\x1b[K") {
				t.Errorf("after %v the line stays: %q", tt.runs, got)
			}
		})
	}
}

// slow is an app whose analysis takes two seconds and says so.
func slow(out *bytes.Buffer, terminal bool, env map[string]string) *app {
	return &app{
		stdout: &bytes.Buffer{}, stderr: out, getenv: func(name string) string { return env[name] },
		terminal: func(io.Writer) bool { return terminal },
		analyse: func(_ context.Context, o engine.Options) (*engine.Result, error) {
			if o.Progress != nil {
				o.Progress("loading", 0, 0)
			}
			time.Sleep(2 * time.Second)
			return &engine.Result{Run: &rule.Run{}}, nil
		},
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	for _, tt := range []struct {
		name     string
		terminal bool
		env      map[string]string
		args     []string
		want     bool
	}{
		{"terminal", true, nil, nil, true},
		{"pipe", false, nil, nil, false},
		{"quiet", true, nil, []string{"--quiet"}, false},
		{"dumb", true, map[string]string{"TERM": "dumb"}, nil, false},
		{"no colour", true, map[string]string{"NO_COLOR": "1"}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				if code := slow(&out, tt.terminal, tt.env).run(t.Context(), tt.args); code != exitClean {
					t.Errorf("exit code %d: %s", code, &out)
				}
				if got := strings.Contains(out.String(), "loading"); got != tt.want {
					t.Errorf("progress shown: %v, want %v: %q", got, tt.want, &out)
				}
			})
		})
	}
}

// A pipe and a file are no terminals; what script(1) makes is one.
func TestTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) || isTerminal(&bytes.Buffer{}) {
		t.Error("a file was taken for a terminal")
	}
	if os.Getenv("GOHERD_TEST_TERMINAL") != "" {
		if !isTerminal(os.Stdout) {
			t.Error("script's terminal was not seen")
		}
		return
	}
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("no script command")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("script", "-qec", exe+" -test.run='^TestTerminal$'", os.DevNull)
	cmd.Env = append(os.Environ(), "GOHERD_TEST_TERMINAL=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNearest(t *testing.T) {
	commands := []string{"diff", "apply", "explain", "rules", "version", "completion", "help"}
	for word, want := range map[string]string{
		"aply": "apply", "appyl": "apply", "dif": "diff", "d": "diff", "Explain": "explain", "vresion": "version", "hlep": "help", "rule": "rules",
		"foo": "", "x": "", "fix": "", "suggest": "",
	} {
		if got := nearest(word, commands); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

// With no rule registered at all, a run is still a run.
func TestNoRules(t *testing.T) {
	var out, errs bytes.Buffer
	a := slow(&errs, false, nil)
	a.stdout = &out
	synctest.Test(t, func(t *testing.T) {
		if code := a.run(t.Context(), []string{"rules"}); code != exitClean || !strings.HasPrefix(out.String(), "RULE ") {
			t.Errorf("goherd rules: %d, %q, %q", code, &out, &errs)
		}
		if code := a.run(t.Context(), []string{"explain", "tame"}); code != exitUsage || !strings.Contains(errs.String(), "there is none yet") {
			t.Errorf("goherd explain: %d, %q", code, &errs)
		}
		if code := a.run(t.Context(), []string{"diff"}); code != exitClean {
			t.Errorf("goherd diff: %d, %q", code, &errs)
		}
	})
}

// Error texts come from the go command, from git and from file names.
func TestErrorsAreClean(t *testing.T) {
	var errs bytes.Buffer
	a := slow(&errs, false, nil)
	a.analyse = func(context.Context, engine.Options) (*engine.Result, error) {
		return nil, &engine.NothingError{Reason: "a\x1b[2J.go:1: bad\n\tsecond line"}
	}
	if code := a.run(t.Context(), nil); code != exitNothing {
		t.Errorf("exit code %d", code)
	}
	if want := "goherd: nothing was analysed: a\\x1b[2J.go:1: bad\n    second line\n"; errs.String() != want {
		t.Errorf("got %q, want %q", errs.String(), want)
	}
}
