package modreq

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"
	"golang.org/x/tools/txtar"
)

// ownVersion is the version of golang.org/x/sync that goherd itself requires: the
// module cache of whoever runs the tests has it.
func ownVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(regexp.QuoteMeta(Module) + ` (\S+)`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("goherd's own go.mod doesn't require %s", Module)
	}
	return string(m[1])
}

// lay writes an archive's files below a new folder. OWN stands for ownVersion, SUMS
// for its lines of go.sum, and OLDER for an exclude of every newer release.
func lay(t *testing.T, archive string) string {
	t.Helper()
	own := ownVersion(t)
	r, ok := known(own)
	if !ok {
		t.Fatalf("sync.table lacks %s", own)
	}
	older := ""
	for _, n := range releases() {
		if semver.Compare(n.version, own) > 0 {
			older += fmt.Sprintf("exclude %s %s\n\n", Module, n.version)
		}
	}
	sums := fmt.Sprintf("%s %s %s\n%[1]s %[2]s/go.mod %[4]s\n", Module, own, r.sum, r.modSum)
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		text := strings.NewReplacer("SUMS\n", sums, "OLDER\n\n", older, "OWN", own).Replace(string(f.Data))
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if strings.Trim(text, "\n") != text { // the archive's own blank lines
			text = strings.TrimRight(text, "\n") + "\n"
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const user = `
-- p.go --
package p

import "golang.org/x/sync/errgroup"

var _ errgroup.Group
`

// neighbour is a module that requires x/sync for nobody: so a version is selected.
const neighbour = `
-- dep/go.mod --
module example.com/dep

go 1.26.0

require golang.org/x/sync OWN
-- dep/dep.go --
package dep
-- dep.go --
package p

import _ "example.com/dep"
`

// TestTidy lets the go command judge: with what For says, and without a network, the
// module builds with errgroup, and there is nothing to tidy.
func TestTidy(t *testing.T) {
	tests := []struct{ name, archive, words string }{
		{"new", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nOLDER\n\n" + user, "which is a new dependency"},
		{"beside others", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nOLDER\n\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => ./dep\n-- dep/go.mod --\nmodule example.com/dep\n\ngo 1.26.0\n-- dep/dep.go --\npackage dep\n-- dep.go --\npackage p\n\nimport _ \"example.com/dep\"\n" + user, "which is a new dependency"},
		{"selected", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => ./dep\n" + neighbour + user, "OWN, which is a new dependency"},
		{"indirect", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nrequire golang.org/x/sync OWN // indirect\n-- go.sum --\nSUMS\n" + user, "no longer // indirect"},
		{"indirect without its hash", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nrequire golang.org/x/sync OWN // indirect\n" + user, "no longer // indirect"},
		{"direct", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nrequire golang.org/x/sync OWN\n-- go.sum --\nSUMS\n" + user, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := lay(t, tt.archive)
			n, err := For(context.Background(), Request{GoMod: filepath.Join(dir, "go.mod"), Add: true})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(tt.words, "OWN", ownVersion(t))
			if !strings.Contains(n.Words, want) || (n.Words == "") != (want == "") || (len(n.Files) == 0) != (want == "") {
				t.Errorf("the words are %q for %d files, want %q", n.Words, len(n.Files), want)
			}
			for _, f := range n.Files {
				if err := os.WriteFile(f.Name, f.New, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range [][]string{{"build", "-mod=readonly", "./..."}, {"mod", "tidy", "-diff"}, {"mod", "verify"}} {
				cmd := exec.Command("go", args...)
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
		})
	}
}

// TestRefused holds what can't be had, and what is said then.
func TestRefused(t *testing.T) {
	vendor := "-- vendor/modules.txt --\n# example.com/x v1.0.0\n## explicit\nexample.com/x\n"
	tests := []struct{ name, archive, want string }{
		{"not in the cache", "-- go.mod --\nmodule m\n\ngo 1.13\n", "run `go mod download golang.org/x/sync@v0.2.0`"},
		{"too old", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nOLDER\n\nrequire golang.org/x/sync v0.0.0-20220722155255-886fb9371eb4\n", "has no SetLimit yet: run `go get golang.org/x/sync@OWN`"},
		{"keeps panics back", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nOLDER\n\nrequire golang.org/x/sync v0.14.0\n", "keeps a panic back"},
		{"replaced", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nreplace golang.org/x/sync => ./sync\n", "require it by hand"},
		{"unknown version", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nrequire golang.org/x/sync v1.99.0 // indirect\n", "run `go get golang.org/x/sync@v1.99.0`"},
		{"not formatted", "-- go.mod --\nmodule m\n\n\n\ngo 1.26.0\n\nrequire golang.org/x/sync OWN // indirect\n-- go.sum --\nSUMS\n", "go mod edit -fmt"},
		{"other hash", "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nOLDER\n\n-- go.sum --\ngolang.org/x/sync OWN h1:aaaa=\n", "go.sum has another hash"},
		{"vendor", "-- go.mod --\nmodule m\n\ngo 1.26.0\n" + vendor, "the vendor folder has no golang.org/x/sync/errgroup"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := lay(t, tt.archive)
			if tt.name == "not in the cache" {
				t.Setenv("GOMODCACHE", t.TempDir())
			}
			_, err := For(context.Background(), Request{GoMod: filepath.Join(dir, "go.mod"), Add: true})
			if err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(tt.want, "OWN", ownVersion(t))) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestNotAsked: nobody is given a dependency that they haven't asked for.
func TestNotAsked(t *testing.T) {
	dir := lay(t, "-- go.mod --\nmodule m\n\ngo 1.26.0\n")
	if n, err := For(context.Background(), Request{GoMod: filepath.Join(dir, "go.mod")}); err == nil {
		t.Errorf("got %+v without having asked for it", n)
	}
}

// TestVendored: what is vendored for others can be imported.
func TestVendored(t *testing.T) {
	dir := lay(t, "-- go.mod --\nmodule m\n\ngo 1.26.0\n\nrequire golang.org/x/sync OWN\n-- go.sum --\nSUMS\n-- vendor/modules.txt --\n# golang.org/x/sync OWN\n## explicit; go 1.26.0\ngolang.org/x/sync/errgroup\n")
	n, err := For(context.Background(), Request{GoMod: filepath.Join(dir, "go.mod"), Add: true})
	if err != nil || len(n.Files) > 0 {
		t.Errorf("got %+v, %v", n, err)
	}
}

// TestCache: what the cache holds has to be what the checksum database knows.
func TestCache(t *testing.T) {
	r := newest("1.26", nil)
	dir := t.TempDir()
	at := filepath.Join(dir, "cache", "download", "golang.org", "x", "sync", "@v", r.version)
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		t.Fatal(err)
	}
	for suffix, text := range map[string]string{".zip": "", ".mod": "", ".ziphash": r.sum} {
		if err := os.WriteFile(at+suffix, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.inCache(dir); err != nil {
		t.Errorf("it is in the cache: %v", err)
	}
	if err := os.WriteFile(at+".ziphash", []byte("h1:aaaa="), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := r.inCache(dir); err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("a cache with another hash: %v", err)
	}
}

// TestNewest holds which release goes with a go line.
func TestNewest(t *testing.T) {
	for line, want := range map[string]string{
		"1.13": "v0.2.0", "1.16": "v0.2.0", "1.17": "v0.4.0", "1.18": "v0.11.0", "1.22.5": "v0.11.0", "1.23": "v0.11.0",
		"1.23.0": "v0.16.0", "1.24.1": "v0.19.0", "1.25.0": "v0.22.0",
	} {
		if got := newest(line, nil).version; got != want {
			t.Errorf("go %s takes %s, want %s", line, got, want)
		}
	}
	if got := newest("1.23.0", []string{"v0.16.0"}).version; got != "v0.13.0" {
		t.Errorf("without v0.16.0 it is %s, want v0.13.0", got)
	}
}

// TestSumsSorted: go.sum is kept as the go command sorts it.
func TestSumsSorted(t *testing.T) {
	lines := []string{
		"a.org/x v1.2.0 h1:a", "a.org/x v1.2.0/go.mod h1:b", "a.org/x v1.10.0/go.mod h1:c",
		Module + " v0.9.0/go.mod h1:d", Module + " v0.10.0 h1:e", Module + " v0.10.0/go.mod h1:f", "z.org/x v0.1.0 h1:g",
	}
	want := strings.Join(lines, "\n") + "\n"
	for i, line := range lines {
		rest := slices.Delete(slices.Clone(lines), i, i+1)
		got, err := insertSum([]byte(strings.Join(rest, "\n")+"\n"), line)
		if err != nil || string(got) != want {
			t.Errorf("put back %q: %v\n%s", line, err, got)
		}
	}
}
