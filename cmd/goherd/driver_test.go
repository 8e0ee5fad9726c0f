package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestCalledByGo: neither is the go command taken for a person, nor a person for
// the go command.
func TestCalledByGo(t *testing.T) {
	t.Chdir(t.TempDir())
	files := map[string]string{
		"vet.cfg":         `{"ID": "p [p.test]", "Compiler": "gc", "ImportPath": "p", "GoFiles": ["/p/p.go"], "VetxOnly": true}`,
		"app.cfg":         `{"ID": "app"}`,
		"ini.cfg":         "[app]\nID = p\n",
		"dir.cfg/main.go": "package main\n",
	}
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	unit, err := filepath.Abs("vet.cfg")
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]bool{
		"-V=full":                              true,
		"-flags":                               true,
		unit:                                   true,
		"-json " + unit:                        true,
		"-fix -diff " + unit:                   true,
		"-goherd.limit 4 -json " + unit:        true,
		"-tags a,b -goherd.rules=x " + unit:    true,
		"":                                     false,
		"./...":                                false,
		"--version":                            false,
		"-V=full ./...":                        false,
		"-flags ./...":                         false,
		"diff " + unit:                         false,
		"apply --safety review " + unit:        false,
		"--safety advice ./dir.cfg":            false,
		"dir.cfg":                              false,
		"app.cfg":                              false,
		"ini.cfg":                              false,
		"--verbose nosuch.cfg":                 false,
		"-C . ./...":                           false,
		"diff --format json -C /tmp ./... -V=": false,
	} {
		if got := calledByGo(strings.Fields(line)); got != want {
			t.Errorf("goherd %s: called by the go command: %t, want %t", line, got, want)
		}
	}
}

// TestUpgrade: the go command keeps what a tool said of a package. It must not
// serve what another goherd said, and does not: it asks each binary for its hash.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/upgrade\n\ngo 1.26.0\n")
	write("p.go", "package p\n\nfunc f() {\n\tc := make(chan int)\n\tdone := make(chan bool, 1)\n\tgo func() { c <- 1 }()\n\tselect {\n\tcase <-c:\n\tcase <-done:\n\t}\n}\n")
	build := func(id string) string {
		t.Helper()
		exe := filepath.Join(t.TempDir(), "goherd")
		if runtime.GOOS == "windows" {
			exe += ".exe"
		}
		if out, err := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-buildid="+id, "-o", exe, ".").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return exe
	}
	// vet tells whether the tool ran, and whether the finding was shown.
	vet := func(tool string) (ran, found bool) {
		t.Helper()
		cmd := exec.Command("go", "vet", "-x", "-vettool="+tool, "./...")
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput() // fails where something was found
		return strings.Contains(string(out), tool+" "), strings.Contains(string(out), "p.go:4:2: stuckresult (safe)")
	}
	old, new := build("one"), build("two")
	for i, step := range []struct {
		tool string
		runs bool
	}{{old, true}, {old, false}, {new, true}, {new, false}, {old, false}} {
		if ran, found := vet(step.tool); ran != step.runs || !found {
			t.Errorf("step %d: the tool ran: %t, want %t; the finding was shown: %t", i, ran, step.runs, found)
		}
	}
}
