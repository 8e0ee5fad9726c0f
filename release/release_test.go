package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestRelease builds for this machine, twice: the same bytes, with the right sum, and
// a program that says its version.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("two builds that share nothing with others")
	}
	here := runtime.GOOS + "/" + runtime.GOARCH
	if !slices.Contains(targets, here) {
		t.Skipf("no release is built for %s", here)
	}
	dir := t.TempDir()
	name := ""
	var archives [][]byte
	for _, to := range []string{"a", "b"} {
		r := release{version: "v9.8.7-test.1", from: "..", to: filepath.Join(dir, to)}
		if err := r.run([]string{here}); err != nil {
			t.Fatal(err)
		}
		sums, err := os.ReadFile(filepath.Join(r.to, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		var sum string
		if _, err := fmt.Sscanf(string(sums), "%s %s\n", &sum, &name); err != nil {
			t.Fatal(err)
		}
		archive, err := os.ReadFile(filepath.Join(r.to, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(archive)); got != sum {
			t.Errorf("%s has the sum %s, and SHA256SUMS says %s", name, got, sum)
		}
		archives = append(archives, archive)
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("the second archive differs from the first")
	}
	files := unpack(t, name, archives[0])
	for _, want := range []string{"LICENSE", "README.md", "man/goherd.1", "man/goherd-apply.1", "completions/goherd.bash", "completions/goherd.powershell"} {
		if len(files[want]) == 0 {
			t.Errorf("%s has no %s", name, want)
		}
	}
	exe := "goherd"
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	path := filepath.Join(dir, exe)
	if err := os.WriteFile(path, files[exe], 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "goherd v9.8.7-test.1 (go1.") {
		t.Errorf("%s, %v", out, err)
	}
	if root, err := filepath.Abs(".."); err != nil || bytes.Contains(files[exe], []byte(root)) {
		t.Errorf("the program names the folder that it was built in (%v)", err)
	}
}

func unpack(t *testing.T, name string, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	if strings.HasSuffix(name, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if files[f.Name], err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
	gz, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestZip(t *testing.T) {
	archive, err := zipped([]file{{"goherd.exe", []byte("program"), 0o755}, {"man/goherd.1", []byte("page"), 0o644}})
	if err != nil {
		t.Fatal(err)
	}
	if files := unpack(t, "x.zip", archive); string(files["goherd.exe"]) != "program" || string(files["man/goherd.1"]) != "page" {
		t.Errorf("unpacked %q", files)
	}
}

func TestUsage(t *testing.T) {
	for _, r := range []struct {
		version, system, want string
	}{
		{"1.2.3", "linux/amd64", "name one as in v1.2.3"},
		{"v1.2.3", "plan9/amd64", "the systems are linux/amd64"},
	} {
		err := release{version: r.version, from: "..", to: t.TempDir()}.run([]string{r.system})
		if err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%v: %v, want %q", r, err, r.want)
		}
	}
}

// TestContainerfile: the image has a Go that can build goherd and load what its
// modules ask for.
func TestContainerfile(t *testing.T) {
	recipe, err := os.ReadFile("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^go ([0-9]+\.[0-9]+)`).FindSubmatch(mod)
	from := regexp.MustCompile(`(?m)^ARG GO=([0-9]+\.[0-9]+)`).FindSubmatch(recipe)
	if want == nil || from == nil || string(want[1]) != string(from[1]) {
		t.Errorf("go.mod says go %s, the image has Go %s", want, from)
	}
}
