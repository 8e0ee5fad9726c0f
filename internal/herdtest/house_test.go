package herdtest

import (
	"slices"
	"strings"
	"testing"
)

// TestArchitecture holds every import of the module against the house.
func TestArchitecture(t *testing.T) {
	own, err := readGoMod()
	if err != nil {
		t.Fatal(err)
	}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		graph, err := importGraph(own.dir, goos)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range violations(graph) {
			t.Errorf("GOOS=%s: %s", goos, text)
		}
		root := slices.ContainsFunc(graph, func(n node) bool { return n.ImportPath == self && len(n.Imports) > 0 })
		if len(graph) < 10 || !root {
			t.Errorf("GOOS=%s: the import graph has %d packages, so hardly the whole module: %v", goos, len(graph), graph)
		}
	}
}

// TestViolations shows that the checker sees each kind of violation, and no others.
func TestViolations(t *testing.T) {
	tests := []struct {
		from, path string
		want       string // part of the complaint; "" if it is allowed
	}{
		{"matchers", "go/ast", ""},
		{"matchers", self + "/internal/rule", ""},
		{"matchers", self + "/rewrites", "matchers imports " + self + "/rewrites: it may enter only internal/rule"},
		{"matchers", "github.com/dave/dst/decorator", "its door is rewrites"},
		{"rewrites", "github.com/dave/dst/decorator", ""},
		{"internal/patch", "go/ast", "must not see Go syntax"},
		{"internal/imports", "go/ast", ""},
		{"internal/imports", self + "/internal/rule", "it may enter only internal/patch"},
		{"internal/verify", self, "it may enter only no other room"},
		{"internal/report", "golang.org/x/tools/go/packages", "its door is internal/engine"},
		{"internal/engine", "golang.org/x/tools/go/analysis", ""},
		{"internal/engine", "golang.org/x/tools/go/analysis/unitchecker", "its door is cmd/goherd"},
		{"internal/engine", "github.com/dave/dstruct", "has no door"},
		{"cmd/goherd", self + "/internal/herdtest", "it may enter only"},
		{"internal/cellar", "fmt", "internal/cellar is no room of the house"},
	}
	for _, tt := range tests {
		got := violations([]node{{ImportPath: self + "/" + tt.from, Imports: []string{tt.path}}})
		if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
			t.Errorf("%s imports %s: got %q, want %q", tt.from, tt.path, got, tt.want)
		}
	}
}
