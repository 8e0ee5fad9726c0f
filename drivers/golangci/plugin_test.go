package golangci

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
)

// TestExample reads the example as golangci-lint hands it over, and wants what the
// analyzer then says of the example's package.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("example/.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Linters struct {
			Settings struct {
				Custom map[string]struct {
					Type     string
					Settings any
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	conf := file.Linters.Settings.Custom["goherd"]
	made, err := register.GetPlugin("goherd")
	if err != nil || conf.Type != "module" || conf.Settings == nil {
		t.Fatalf("%v; the example says %+v", err, conf)
	}
	p, err := made(conf.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if p.GetLoadMode() != register.LoadModeTypesInfo {
		t.Errorf("load mode %s", p.GetLoadMode())
	}
	analyzers, err := p.BuildAnalyzers()
	if err != nil || len(analyzers) != 1 {
		t.Fatalf("%v, %v", analyzers, err)
	}
	want := "shop.go:11:2: stuckresult (safe)"
	if got := said(t, analyzers[0]); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("it says %q, want one that begins %q", got, want)
	}
}

// said runs the analyzer over the example.
func said(t *testing.T, a *analysis.Analyzer) []string {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax | packages.NeedModule, Dir: "example"}, "./...")
	if err != nil || packages.PrintErrors(pkgs) > 0 {
		t.Fatal(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{a}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for act := range graph.All() {
		if act.Err != nil {
			t.Error(act.Err)
		}
		if !act.IsRoot {
			continue
		}
		for _, d := range act.Diagnostics {
			place := act.Package.Fset.Position(d.Pos).String()
			lines = append(lines, place[strings.LastIndex(place, "/")+1:]+": "+d.Message)
		}
	}
	return lines
}

func TestFlags(t *testing.T) {
	s := Settings{Rules: []string{"all"}, Skip: []string{"seqcalls", "seqloop"}, Safety: "safe", Limit: 3, Form: "pool", Reads: []string{"**.A.B", "**.C.D"}, Writes: []string{"**.E.F"}}
	want := map[string]string{"rules": "all", "skip": "seqcalls,seqloop", "safety": "safe", "limit": "3", "form": "pool", "reads": "**.A.B,**.C.D", "writes": "**.E.F"}
	if got := s.flags(); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (Settings{}).flags(); len(got) > 0 {
		t.Errorf("nothing is set, and %v", got)
	}
}

func TestSettings(t *testing.T) {
	for _, tt := range []struct {
		raw  any
		want string // part of the error; "" for none
	}{
		{nil, ""},
		{map[string]any{}, ""},
		{map[string]any{"skip": []any{"seqcalls"}}, ""},
		{map[string]any{"skipp": []any{"seqcalls"}}, `unknown field "skipp"`},
		{map[string]any{"rules": "seqcalls"}, "rules"},
		{map[string]any{"rules": []any{"seqcals"}}, `there is no rule "seqcals"`},
		{map[string]any{"safety": "sure"}, `unknown safety "sure"`},
		{map[string]any{"limit": -1}, "-1 is negative"},
		{map[string]any{"form": "pools"}, `there is no form "pools"`},
		{map[string]any{"reads": []any{"Get"}}, "it names no function"},
		{"safe", "goherd's settings"},
	} {
		p, err := New(tt.raw)
		if tt.want == "" && (err != nil || p == nil) || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%v: %v, want %q", tt.raw, err, tt.want)
		}
	}
}
