package nogo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	_ "github.com/aymanbagabas/go-udiff"           // nogo's sources need it
	_ "github.com/bazelbuild/rules_go/go/runfiles" // so that go.mod requires rules_go, whose commands can't be imported
	_ "github.com/goherd/goherd"                   // nogo is built with it
	_ "golang.org/x/tools/go/analysis/unitchecker" // and with all that a driver needs
)

// TestNogo does what Bazel does for a library and one that uses it, with rules_go's
// own builder and nogo: it makes nogo's main of the example's configuration, builds
// nogo from rules_go's sources with goherd in it, and runs both actions for each
// package (RunNogo, ValidateNogo). What it leaves out is Bazel itself: the build
// files, the sandbox, and compiling with rules_go instead of the go command.
func TestNogo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rules_go's sources are laid out for Unix here")
	}
	b := newBazel(t)

	// The library has facts and nothing to say.
	lib := b.nogo("fetch", nil)
	if lib.log != "" || len(lib.facts) == 0 {
		t.Errorf("fetch: %d bytes of facts, and\n%s", len(lib.facts), lib.log)
	}
	// A dependency outside of the checked ones gets a facts-only action.
	if only := b.nogo("fetch", nil, "-facts_only"); !bytes.Equal(only.facts, lib.facts) {
		t.Error("the facts alone are other facts")
	}

	app := b.nogo("shop", map[string]string{"fetch": lib.factsFile})
	want := []string{
		"shop/shop.go:12:2: stuckresult (safe): ",
		"shop/shop.go:27:2: seqcalls (review): ",
	}
	if got := lines(app.log); len(got) != len(want) {
		t.Errorf("shop: %d diagnostics, want %d:\n%s", len(got), len(want), app.log)
	} else {
		for i, line := range got {
			if !strings.HasPrefix(line, want[i]) || !strings.HasSuffix(line, "(goherd)") {
				t.Errorf("%s, want %s", line, want[i])
			}
		}
	}
	// go vet says the same.
	if got, vet := strings.Join(lines(app.log), "\n"), b.vet(); strings.ReplaceAll(got, " (goherd)", "") != vet {
		t.Errorf("nogo says\n%s\ngo vet\n%s", got, vet)
	}
	// The evidence comes from the facts: without them there is less of it.
	if bare := b.nogo("shop", nil); strings.Contains(bare.log, "seqcalls (review)") {
		t.Errorf("without facts of fetch:\n%s", bare.log)
	}
	// Twice the same.
	if again := b.nogo("shop", map[string]string{"fetch": lib.factsFile}); again.log != app.log || again.patch != app.patch || !bytes.Equal(again.facts, app.facts) {
		t.Error("a second run differs")
	}
	b.validates(app)
	b.mends(app)
}

// A flag that nobody knows fails the build instead of being passed over.
func TestNogoFlags(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rules_go's sources are laid out for Unix here")
	}
	b := newBazel(t, `"safety": "review"`, `"safety": "sure"`)
	out, err := b.tryNogo("fetch", nil)
	if err == nil || !strings.Contains(out, `unknown safety "sure"`) {
		t.Errorf("%v: %s", err, out)
	}
}

// A bazel is the example with all that Bazel would have made of rules_go.
type bazel struct {
	t                 *testing.T
	dir               string // of the example, where the actions run
	builder, nogoTool string
	goroot            string // with the archives of the standard library
	list              string // of its packages
	archives          map[string]string
	n                 int
}

// newBazel builds the tools. Changes are pairs: old and new in the configuration.
func newBazel(t *testing.T, changes ...string) *bazel {
	t.Helper()
	here, err := os.Getwd()
	check(t, err)
	tmp := t.TempDir()
	b := &bazel{t: t, dir: filepath.Join(tmp, "execroot"), builder: filepath.Join(tmp, "builder"), nogoTool: filepath.Join(tmp, "nogo")}
	check(t, os.CopyFS(b.dir, os.DirFS("example")))
	conf, err := os.ReadFile(filepath.Join(b.dir, "nogo.json"))
	check(t, err)
	conf = []byte(strings.NewReplacer(changes...).Replace(string(conf)))
	check(t, os.WriteFile(filepath.Join(b.dir, "nogo.json"), conf, 0o666))

	rules := strings.TrimSpace(output(t, here, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/bazelbuild/rules_go"))
	sources := filepath.Join(rules, "go", "tools", "builders")
	build, err := os.ReadFile(filepath.Join(sources, "BUILD.bazel"))
	check(t, err)
	layOut(t, sources, filesOf(t, string(build), "builder_srcs"), filepath.Join(tmp, "b"), "module builder\n\ngo 1.26.0\n", "")
	output(t, filepath.Join(tmp, "b"), "go", "build", "-ldflags=-X main.rulesGoStdlibPrefix=//stdlib:", "-o", b.builder, ".")

	// nogo uses a package of x/tools that is internal, as rules_go's copy may.
	mod, err := os.ReadFile("go.mod")
	check(t, err)
	sum, err := os.ReadFile("go.sum")
	check(t, err)
	text := strings.Replace(string(mod), "module github.com/goherd/goherd/drivers/nogo", "module golang.org/x/tools/nogo", 1)
	text = strings.Replace(text, "=> ../..", "=> "+filepath.Join(here, "../.."), 1)
	layOut(t, sources, filesOf(t, string(build), "nogo_srcs"), filepath.Join(tmp, "n"), text, string(sum))
	output(t, b.dir, b.builder, "gennogomain", "-output", filepath.Join(tmp, "n", "main.go"),
		"-analyzer_importpath", "github.com/goherd/goherd", "-config", "nogo.json")
	output(t, filepath.Join(tmp, "n"), "go", "build", "-mod=mod", "-o", b.nogoTool, ".")

	b.exports(tmp)
	return b
}

// filesOf reads the list of a target's sources.
func filesOf(t *testing.T, build, target string) []string {
	t.Helper()
	_, rest, ok := strings.Cut(build, `name = "`+target+`"`)
	rest, _, _ = strings.Cut(rest, "visibility")
	rest, _, _ = strings.Cut(rest, "deps")
	names := regexp.MustCompile(`"([a-z0-9_]+\.go)"`).FindAllStringSubmatch(rest, -1)
	if !ok || len(names) < 5 {
		t.Fatalf("BUILD.bazel has no sources of %s", target)
	}
	var files []string
	for _, m := range names {
		files = append(files, m[1])
	}
	return files
}

func layOut(t *testing.T, from string, files []string, to, mod, sum string) {
	t.Helper()
	check(t, os.MkdirAll(to, 0o777))
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(from, name))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(to, name), text, 0o666))
	}
	check(t, os.WriteFile(filepath.Join(to, "go.mod"), []byte(mod), 0o666))
	check(t, os.WriteFile(filepath.Join(to, "go.sum"), []byte(sum), 0o666))
}

// exports puts the archives of the standard library where rules_go looks for them,
// and notes those of the example's packages.
func (b *bazel) exports(tmp string) {
	b.archives = map[string]string{}
	b.goroot, b.list = filepath.Join(tmp, "goroot"), filepath.Join(tmp, "packages.txt")
	var std []string
	out := output(b.t, b.dir, "go", "list", "-deps", "-export", "-json=ImportPath,Export,Standard", "./...")
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var p struct {
			ImportPath, Export string
			Standard           bool
		}
		check(b.t, d.Decode(&p))
		if !p.Standard {
			b.archives[p.ImportPath] = p.Export
			continue
		}
		std = append(std, p.ImportPath)
		if p.Export == "" { // unsafe
			continue
		}
		to := filepath.Join(b.goroot, "pkg", "std", filepath.FromSlash(p.ImportPath)+".a")
		check(b.t, os.MkdirAll(filepath.Dir(to), 0o777))
		check(b.t, os.Symlink(p.Export, to))
	}
	check(b.t, os.WriteFile(b.list, []byte(strings.Join(std, "\n")+"\n"), 0o666))
}

// A checked is what nogo's action made for a package.
type checked struct {
	factsFile, dir string
	facts          []byte
	log, patch     string
}

// nogo runs the action RunNogo for a package of the example, which must succeed
// whatever is found.
func (b *bazel) nogo(name string, facts map[string]string, more ...string) checked {
	b.t.Helper()
	out, err := b.tryNogo(name, facts, more...)
	if err != nil {
		b.t.Fatalf("nogo %s: %v\n%s", name, err, out)
	}
	dir := b.out()
	c := checked{factsFile: dir + ".facts", dir: dir}
	c.facts, err = os.ReadFile(c.factsFile)
	check(b.t, err)
	c.log, c.patch = b.read(dir, ".log"), b.read(dir, ".patch")
	return c
}

// read gives the text of the one file in dir with this ending, "" where there is none.
func (b *bazel) read(dir, ending string) string {
	entries, err := os.ReadDir(dir)
	check(b.t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			check(b.t, err)
			return string(text)
		}
	}
	return ""
}

func (b *bazel) out() string { return filepath.Join(filepath.Dir(b.goroot), fmt.Sprint("out", b.n)) }

func (b *bazel) tryNogo(name string, facts map[string]string, more ...string) (string, error) {
	b.n++
	check(b.t, os.MkdirAll(b.out(), 0o777))
	path := "example.com/shop/" + name
	args := []string{"nogo", "-sdk", runtime.GOROOT(), "-goroot", b.goroot, "-installsuffix", "std",
		"-package_list", b.list, "-importpath", path, "-p", path, "-src", filepath.Join(name, name+".go")}
	for other, archive := range b.archives {
		if other != path {
			args = append(args, "-arc", other+"="+other+"="+archive)
		}
	}
	for other, file := range facts {
		args = append(args, "-facts", "example.com/shop/"+other+"=example.com/shop/"+other+"="+file)
	}
	args = append(args, "-nogo", b.nogoTool, "-go_version", strings.TrimPrefix(runtime.Version(), "go"), "-out_facts", b.out()+".facts", "-out", b.out())
	cmd := exec.Command(b.builder, append(args, more...)...)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// vet is what go vet says of the example.
func (b *bazel) vet() string {
	b.t.Helper()
	tool := filepath.Join(filepath.Dir(b.dir), "goherd")
	output(b.t, "../..", "go", "build", "-o", tool, "./cmd/goherd")
	cmd := exec.Command("go", "vet", "-vettool="+tool, "-goherd.skip=lostgoerr", "-goherd.limit=4", "./...")
	cmd.Dir = b.dir
	out, _ := cmd.CombinedOutput() // fails where something was found
	var list []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") {
			list = append(list, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(list, "\n")
}

// validates runs the action that fails the build where something was found.
func (b *bazel) validates(c checked) {
	b.t.Helper()
	cmd := exec.Command(b.builder, "nogovalidation", filepath.Join(c.dir, "valid"), c.dir)
	out, err := cmd.CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); !ok || e.ExitCode() != 1 || !strings.Contains(string(out), "stuckresult") || !strings.Contains(string(out), "$ patch -p1 <") {
		b.t.Errorf("the validation: %v\n%s", err, out)
	}
}

// mends applies nogo's patch: what comes out builds, and has the fixes of what is safe.
func (b *bazel) mends(c checked) {
	b.t.Helper()
	cmd := exec.Command("git", "apply", "-p1", "-")
	cmd.Dir = b.dir
	cmd.Stdin = strings.NewReader(c.patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("git apply: %v\n%s\n%s", err, out, c.patch)
	}
	text, err := os.ReadFile(filepath.Join(b.dir, "shop", "shop.go"))
	check(b.t, err)
	if strings.Count(string(text), "make(chan error, 1)") != 1 || !strings.Contains(string(text), "fetch.Status(ctx, b)") {
		b.t.Errorf("mended to\n%s", text)
	}
	output(b.t, b.dir, "go", "vet", "./...")
}

func lines(log string) []string {
	var list []string
	for _, line := range strings.Split(log, "\n") {
		if strings.HasSuffix(line, "(goherd)") {
			list = append(list, line)
		}
	}
	return list
}

func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
