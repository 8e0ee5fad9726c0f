package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/rule"
)

// The scripts run this test binary as goherd, with the toy rules of
// toys_test.go and the real engine. The other commands are goherd with something
// going wrong at the worst moment.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"goherd": func() {
			if calledByGo(os.Args[1:]) {
				unitchecker.Main(goherd.NewAnalyzer(driverToys))
			}
			play(&app{analyse: engine.Run})
		},

		// a cache of the go command
		"cacheprog": cacheProg,
		// with the rules that goherd has, where a toy can't show it
		"rulesherd": func() {
			if calledByGo(os.Args[1:]) {
				unitchecker.Main(goherd.Analyzer)
			}
			a := &app{
				rules: goherd.Rules, analyse: engine.Run, stdout: os.Stdout, stderr: os.Stderr,
				getenv: os.Getenv, terminal: func(io.Writer) bool { return false },
			}
			os.Exit(a.run(context.Background(), os.Args[1:]))
		},

		// kill -9 once the first file is written
		"goherd-killed": func() {
			play(&app{analyse: engine.Run, wrote: func(string) {
				p, _ := os.FindProcess(os.Getpid())
				_ = p.Kill()
				select {} // until the signal is delivered
			}})
		},

		// an editor saves z.go while the first file is written
		"goherd-raced": func() {
			play(&app{analyse: engine.Run, wrote: func(string) { scribble("z.go") }})
		},

		// an editor saves z.go between reading and writing
		"goherd-late": func() {
			play(&app{analyse: func(ctx context.Context, o engine.Options) (*engine.Result, error) {
				res, err := engine.Run(ctx, o)
				scribble("z.go")
				return res, err
			}})
		},

		// ^C while packages are loaded
		"goherd-interrupted": func() {
			play(&app{analyse: func(ctx context.Context, o engine.Options) (*engine.Result, error) {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return engine.Run(ctx, o)
			}})
		},

		// an engine that could not apply one finding
		"goherd-left": func() {
			play(&app{analyse: func(ctx context.Context, o engine.Options) (*engine.Result, error) {
				res, err := engine.Run(ctx, o)
				res.Left = []*rule.Located{{
					Rule: "rival", Safety: rule.Safe, Path: "p.go", Line: 3, Func: "f", Message: "wild is called",
					ConflictsWith: []string{res.Run.Findings[0].ID},
				}}
				return res, err
			}})
		},

		"goherd-broken": func() {
			play(&app{analyse: func(context.Context, engine.Options) (*engine.Result, error) { panic("out of hay") }})
		},
	})
}

func play(a *app) {
	a.rules = toys
	a.stdout, a.stderr, a.getenv = os.Stdout, os.Stderr, os.Getenv
	// A script says which streams a person looks at.
	a.terminal = func(w io.Writer) bool {
		return w == os.Stdout && os.Getenv("ON_TERMINAL") != ""
	}
	os.Exit(a.run(interruptible(), os.Args[1:]))
}

func scribble(name string) {
	b, err := os.ReadFile(name)
	if err == nil {
		err = os.WriteFile(name, append(b, "// edited\n"...), 0o644)
	}
	if err != nil {
		panic(err)
	}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOROOT"} {
				e.Setenv(name, goEnv(t, name))
			}
			tool, err := exec.LookPath("goherd")
			if err != nil {
				return err
			}
			e.Setenv("GOHERD", tool) // go vet looks for its tool in no PATH
			e.Setenv("CAMPAIGN", campaignScript)
			if tool, err = exec.LookPath("rulesherd"); err != nil {
				return err
			}
			e.Setenv("RULESHERD", tool)
			e.Setenv("MODCACHE", goEnv(t, "GOMODCACHE"))
			e.Setenv("SYNC", ownVersion(t, "golang.org/x/sync"))
			e.Setenv("GOPROXY", "off")
			e.Setenv("GOFLAGS", "")
			e.Setenv("XDG_CACHE_HOME", filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			e.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
			for _, who := range []string{"AUTHOR", "COMMITTER"} {
				e.Setenv("GIT_"+who+"_NAME", "a")
				e.Setenv("GIT_"+who+"_EMAIL", "a@example.com")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "git": runGit, "pathfor": pathFor, "valid": valid, "crlf": crlf},
	})
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out[:len(out)-1])
}

// ownVersion is the version of a module that goherd itself requires, which the
// module cache has.
func ownVersion(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// code N command... runs a command that must exit with N.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// runGit is git that must succeed. Scripts without git: [!exec:git] skip.
func runGit(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(ts.Exec("git", args...))
}

// crlf FILE wants every line of a file to end as on Windows.
func crlf(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	if n := strings.Count(text, "\n"); n == 0 || strings.Count(text, "\r\n") != n || strings.Count(text, "\r") != n {
		ts.Fatalf("%q", text)
	}
}

// pathfor command... leaves only these commands, and goherd's own, to be found.
func pathFor(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(".bin")
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, name := range append(args, "goherd") {
		exe, err := exec.LookPath(name)
		ts.Check(err)
		ts.Check(os.Symlink(exe, filepath.Join(dir, name)))
	}
	ts.Setenv("PATH", dir)
}

// The real thing, as main builds it: no toy rules, a real terminal question.
func TestRealProgram(t *testing.T) {
	var exe = filepath.Join(t.TempDir(), "goherd")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(exe, "version").Output()
	if want := fmt.Sprintf("(%s, %s/%s)\n", runtime.Version(), runtime.GOOS, runtime.GOARCH); err != nil || len(out) < len(want) || string(out[len(out)-len(want):]) != want {
		t.Errorf("goherd version: %q, %v", out, err)
	}
}

// campaignScript is absolute, since scripts run elsewhere.
var campaignScript, _ = filepath.Abs("../../docs/campaign/campaign.sh")
