package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// buildReal builds the program as users have it.
func buildReal(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "goherd")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// TestPreCommitHooks runs what .pre-commit-hooks.yaml says, where a file with a
// finding is about to be committed: the one reports and writes nothing, the other
// writes, and then the first is content.
func TestPreCommitHooks(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git")
	}
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID, Name, Entry, Language string
		Args, Types               []string
		PassFilenames             *bool `yaml:"pass_filenames"`
	}
	if err := yaml.Unmarshal(text, &hooks); err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{}
	for _, h := range hooks {
		line := append(strings.Fields(h.Entry), h.Args...)
		if h.Name == "" || h.Language != "golang" || h.PassFilenames == nil || *h.PassFilenames || line[0] != "goherd" || !slices.Equal(h.Types, []string{"go"}) {
			t.Errorf("the hook %+v", h)
		}
		lines[h.ID] = line[1:]
	}

	exe, dir := buildReal(t), t.TempDir()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	const slip = "package p\n\nfunc f() int {\n\tc := make(chan int)\n\tdone := make(chan bool, 1)\n\tgo func() { c <- 1 }()\n\tselect {\n\tcase n := <-c:\n\t\treturn n\n\tcase <-done:\n\t}\n\treturn 0\n}\n"
	for name, text := range map[string]string{"go.mod": "module example.com/m\n\ngo 1.26.0\n", "p.go": slip} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	run := func(want int, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			t.Fatal(err)
		}
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%s %s: exit code %d, want %d\n%s", filepath.Base(name), strings.Join(args, " "), got, want, out)
		}
	}
	run(0, "git", "init", "-q")
	run(0, "git", "add", "-A")
	run(1, exe, lines["goherd"]...)
	run(0, "git", "diff", "--exit-code")
	run(0, exe, lines["goherd-apply"]...)
	run(1, "git", "diff", "--exit-code", "--quiet") // pre-commit takes a change for a failure
	run(0, exe, lines["goherd"]...)
	run(0, exe, lines["goherd-apply"]...)
}
