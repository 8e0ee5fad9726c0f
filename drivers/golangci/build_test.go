package golangci

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var build = flag.String("build", "", "build a golangci-lint of this `VERSION` with the plugin, and run it: minutes, and hundreds of modules")

// TestBuilt builds a golangci-lint with the plugin, as golangci-lint custom does but
// without git, and runs it over the example: it finds, keeps silent where it is told
// to, mends, and has nothing more to say.
//
//	go test ./drivers/golangci -build v2.15.0
func TestBuilt(t *testing.T) {
	if *build == "" {
		t.Skip("only with -build VERSION")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), `package main

import (
	"fmt"
	"os"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"

	_ "github.com/goherd/goherd/drivers/golangci"
)

func main() {
	if err := commands.Execute(commands.BuildInfo{Version: "`+strings.TrimPrefix(*build, "v")+`"}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitcodes.Failure)
	}
}
`)
	write(t, filepath.Join(dir, "go.mod"), "module example.com/custom\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/golangci/golangci-lint/v2 "+*build+
		"\n\tgithub.com/goherd/goherd/drivers/golangci v0.0.0-00010101000000-000000000000\n)\n\nreplace (\n\tgithub.com/goherd/goherd => "+filepath.Join(here, "../..")+
		"\n\tgithub.com/goherd/goherd/drivers/golangci => "+here+"\n)\n")
	run(t, dir, 0, "go", "mod", "tidy")
	exe := filepath.Join(dir, "custom-gcl")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	run(t, dir, 0, "go", "build", "-o", exe, ".")
	t.Setenv("GOLANGCI_LINT_CACHE", filepath.Join(dir, "cache"))

	shop := t.TempDir()
	if err := os.CopyFS(shop, os.DirFS("example")); err != nil {
		t.Fatal(err)
	}
	for _, round := range []string{"cold", "from its cache"} {
		out := run(t, shop, 1, exe, "run", "--output.json.path", "stdout", "--show-stats=false")
		var found struct {
			Issues []struct {
				FromLinter, Text string
				Pos              struct {
					Filename     string
					Line, Column int
				}
				SuggestedFixes []any
			}
		}
		line, _, _ := strings.Cut(out, "\n")
		if err := json.Unmarshal([]byte(line), &found); err != nil {
			t.Fatalf("%s: %v\n%s", round, err, out)
		}
		if len(found.Issues) != 1 {
			t.Fatalf("%s: %d issues, want one\n%s", round, len(found.Issues), out)
		}
		i := found.Issues[0]
		if i.FromLinter != "goherd" || i.Pos.Filename != "shop.go" || i.Pos.Line != 11 || !strings.HasPrefix(i.Text, "stuckresult (safe)") || len(i.SuggestedFixes) != 1 {
			t.Errorf("%s: %+v", round, i)
		}
	}
	run(t, shop, 0, exe, "run", "--fix")
	fixed, err := os.ReadFile(filepath.Join(shop, "shop.go"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(fixed), "make(chan error, 1)") != 1 {
		t.Errorf("--fix wrote\n%s", fixed)
	}
	run(t, shop, 0, "go", "vet", "./...")
	run(t, shop, 0, exe, "run")

	// Settings that mean nothing are an error, and not silence.
	config, err := os.ReadFile("example/.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(shop, ".golangci.yml"), strings.Replace(string(config), "safety: review", "safety: sure", 1))
	if out := run(t, shop, 3, exe, "run"); !strings.Contains(out, `unknown safety "sure"`) {
		t.Errorf("it says\n%s", out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run wants an exit code, and gives what was printed.
func run(t *testing.T, dir string, want int, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Fatalf("%s %s: exit code %d, want %d\n%s%s", filepath.Base(name), strings.Join(args, " "), got, want, &out, &errs)
	}
	return out.String() + errs.String()
}
