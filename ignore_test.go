package goherd

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/rule"
)

func TestParseDirective(t *testing.T) {
	for _, c := range []struct {
		comment string
		names   []string
		warning string // part of it
	}{
		{"//goherd:ignore stuckresult it ends with the process", []string{"stuckresult"}, ""},
		{"//goherd:ignore\tstuckresult\tit ends with the process", []string{"stuckresult"}, ""},
		{"//goherd:ignore stuckresult,unbounded both are few", []string{"stuckresult", "unbounded"}, ""},
		{"//goherd:ignore", nil, "needs a rule and a reason"},
		{"//goherd:ignore ", nil, "needs a rule and a reason"},
		{"//goherd:ignore stuckresult", nil, "needs a reason"},
		{"//goherd:ignore stuckresult,unbounded", nil, "needs a reason"},
		{"//goherd:ignore stuckresults few", nil, `names "stuckresults", which is no rule: the rules are `},
		{"//goherd:ignore stuckresult,nosuch few", nil, `names "nosuch"`},
		{"//goherd:ignore stuckresult, unbounded few", nil, "which is no rule"},
		{"//goherd:ignore all few", nil, `names "all"`},
		{"//goherd:ignored stuckresult few", nil, "//goherd:ignored is no directive: there is //goherd:ignore RULE why, and //goherd:read"},
		{"//goherd:reads", nil, "//goherd:reads is no directive"},
		{"//goherd:Ignore\tstuckresult few", nil, "//goherd:Ignore is no directive"},
		{"//goherd:read", nil, ""},
		{"//goherd:read it asks the cache", nil, ""},
		{"//goherd: is a program", nil, ""},
		{"//goherd:", nil, ""},
		{"//goherder:ignore stuckresult few", nil, ""},
		{"// goherd:ignore stuckresult few", nil, ""},
		{"// see //goherd:ignore stuckresult few", nil, ""},
		{"/*goherd:ignore stuckresult few*/", nil, ""},
		{"//nolint:goherd", []string{""}, ""},
		{"//nolint:goherd // few", []string{""}, ""},
		{"//nolint:goherd//few", []string{""}, ""},
		{"//nolint:errcheck,goherd // few", []string{""}, ""},
		{"//nolint:errcheck // not goherd", nil, ""},
		{"//nolint:goherds", nil, ""},
		{"//nolint", nil, ""},
		{"// nolint:goherd", nil, ""},
	} {
		names, warning := parseDirective(c.comment)
		if !slices.Equal(names, c.names) || (warning == "") != (c.warning == "") || !strings.Contains(warning, c.warning) {
			t.Errorf("%s: names %q and warns %q, want %q and %q", c.comment, names, warning, c.names, c.warning)
		}
	}
}

// TestSilence puts a finding of stuckresult on the statement that starts with
// the word here, and looks whether it is heard and what is warned of.
func TestSilence(t *testing.T) {
	for _, c := range []struct {
		name, source string
		heard        bool
		warning      string
	}{
		{name: "nothing said", heard: true, source: `
			func f() {
				here()
			}`},
		{name: "above", source: `
			func f() {
				//goherd:ignore stuckresult few
				here()
			}`},
		{name: "behind", source: `
			func f() {
				here() //goherd:ignore stuckresult few
			}`},
		{name: "in a group of comments", source: `
			func f() {
				// This is so.
				//goherd:ignore stuckresult few
				// And this.
				here()
			}`},
		{name: "above a statement of several lines", source: `
			func f() {
				//goherd:ignore stuckresult few
				here(
					1,
				)
			}`},
		{name: "behind the last of several lines", source: `
			func f() {
				here(
					1,
				) //goherd:ignore stuckresult few
			}`},
		{name: "above the declaration", source: `
			//goherd:ignore stuckresult few
			func f() {
				go there()
				here()
			}`},
		{name: "in the doc comment", source: `
			// f is so.
			//
			//goherd:ignore stuckresult few
			func f() {
				go there()
				here()
			}`},
		{name: "above a variable", source: `
			//goherd:ignore stuckresult few
			var f = func() {
				go there()
				here()
			}`},
		{name: "every rule", source: `
			func f() {
				here() //nolint:goherd
			}`},
		{name: "nolint that silences nothing is golangci-lint's affair", heard: true, source: `
			func f() {
				here()
				there() //nolint:goherd
			}`},
		{name: "a blank line between", heard: true, warning: "silences nothing", source: `
			func f() {
				//goherd:ignore stuckresult few

				here()
			}`},
		{name: "a blank line below the declaration's", heard: true, warning: "silences nothing", source: `
			//goherd:ignore stuckresult few

			func f() {
				here()
			}`},
		{name: "above another declaration", heard: true, warning: "silences nothing", source: `
			//goherd:ignore stuckresult few
			func g() {}

			func f() {
				here()
			}`},
		{name: "behind the line above", heard: true, warning: "silences nothing", source: `
			func f() {
				there() //goherd:ignore stuckresult few
				here()
			}`},
		{name: "below", heard: true, warning: "silences nothing", source: `
			func f() {
				here()
				//goherd:ignore stuckresult few
			}`},
		{name: "another rule, which runs", heard: true, warning: "ignore unbounded silences nothing", source: `
			func f() {
				here() //goherd:ignore unbounded few
			}`},
		{name: "two rules, of which one finds nothing", warning: "ignore unbounded silences nothing", source: `
			func f() {
				here() //goherd:ignore stuckresult,unbounded few
			}`},
		{name: "no reason", heard: true, warning: "needs a reason", source: `
			func f() {
				here() //goherd:ignore stuckresult
			}`},
		{name: "twice", source: `
			//goherd:ignore stuckresult few
			func f() {
				here() //goherd:ignore stuckresult few
			}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pass, f := findingAtHere(t, c.source)
			kept, _, warnings := silence(pass, pass.Files, Rules, []*rule.Finding{f})
			if heard := len(kept) == 1; heard != c.heard {
				t.Errorf("heard is %t", heard)
			}
			var said []string
			for _, w := range warnings {
				said = append(said, w.Text)
			}
			if all := strings.Join(said, "\n"); len(said) > 1 || (all == "") != (c.warning == "") || !strings.Contains(all, c.warning) {
				t.Errorf("warns %q, want %q", said, c.warning)
			}
		})
	}
}

// TestReadDirective: each //goherd:read of the source stands where it promises
// something, or has a warning of its own.
func TestReadDirective(t *testing.T) {
	for _, c := range []struct {
		name, source string
		idle         []int // lines of the source
	}{
		{name: "a function", source: `
			// get looks.
			//
			//goherd:read
			func get() {}`},
		{name: "a method, with the reason", source: `
			//goherd:read it asks the cache
			func (t *T) get() {}`},
		{name: "a function without a body", source: `
			//goherd:read
			func get()`},
		{name: "a method in an interface", source: `
			type repo interface {
				//goherd:read
				get()
				// put writes.
				put()
			}`},
		{name: "in a type that holds an interface", source: `
			type T struct {
				r interface {
					//goherd:read
					get()
				}
			}`},
		{name: "in an interface that no type declares", idle: []int{3}, source: `
			func f(r interface {
				//goherd:read
				get()
			}) {
			}`},
		{name: "in an interface that a function declares", idle: []int{4}, source: `
			func f() {
				type repo interface {
					//goherd:read
					get()
				}
			}`},
		{name: "a type", idle: []int{2}, source: `
			//goherd:read
			type repo interface{ get() }`},
		{name: "a variable", idle: []int{2}, source: `
			//goherd:read
			var get = func() {}`},
		{name: "an embedded interface", idle: []int{3}, source: `
			type repo interface {
				//goherd:read
				reader
			}`},
		{name: "a field", idle: []int{3}, source: `
			type repo struct {
				//goherd:read
				get func()
			}`},
		{name: "a statement", idle: []int{3, 4}, source: `
			func f() {
				//goherd:read
				get() //goherd:read
			}`},
		{name: "behind a method", idle: []int{3}, source: `
			type repo interface {
				get() //goherd:read
			}`},
		{name: "behind a declaration", idle: []int{2}, source: `
			func get() {} //goherd:read`},
		{name: "a blank line between", idle: []int{2}, source: `
			//goherd:read

			func get() {}`},
		{name: "on its own", idle: []int{2, 4}, source: `
			//goherd:read

			//goherd:read`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pass, _ := findingAtHere(t, c.source)
			_, _, warnings := silence(pass, pass.Files, Rules, nil)
			var idle []int
			for _, w := range warnings {
				if !strings.HasPrefix(w.Text, "//goherd:read promises nothing here") {
					t.Errorf("warns %q", w.Text)
				}
				idle = append(idle, pass.Fset.Position(w.Pos).Line-1)
			}
			if !slices.Equal(idle, c.idle) {
				t.Errorf("warns of lines %v, want %v", idle, c.idle)
			}
		})
	}
}

// TestSilenceOfARuleThatDoesNotRun: with --rules unbounded, a directive for
// stuckresult has nothing to silence, and must not be called superfluous.
func TestSilenceOfARuleThatDoesNotRun(t *testing.T) {
	pass, _ := findingAtHere(t, `
		func f() {
			here() //goherd:ignore stuckresult few
		}`)
	ran := slices.DeleteFunc(slices.Clone(Rules), func(r *rule.Rule) bool { return r.Name == "stuckresult" })
	if _, _, warnings := silence(pass, pass.Files, ran, nil); len(warnings) > 0 {
		t.Errorf("warns %q", warnings[0].Text)
	}
}

// TestSilenceInItsOwnFile: lines of one file say nothing about those of another.
func TestSilenceInItsOwnFile(t *testing.T) {
	pass, f := findingAtHere(t, `
		func f() {
			here()
		}`)
	other, err := parser.ParseFile(pass.Fset, "b.go", "package p\n\nfunc g() {\n\there() //goherd:ignore stuckresult few\n}\n", parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if kept, _, _ := silence(pass, append(pass.Files, other), Rules, []*rule.Finding{f}); len(kept) != 1 {
		t.Error("silenced from another file")
	}
}

func findingAtHere(t *testing.T, source string) (*analysis.Pass, *rule.Finding) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "a.go", "package p\n"+source+"\n", parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	f := &rule.Finding{File: file}
	for _, r := range Rules {
		if r.Name == "stuckresult" {
			f.Rule = r
		}
	}
	for _, d := range file.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "here" {
					f.Decl, f.Pos, f.End = d, call.Pos(), call.End()
				}
			}
			return true
		})
	}
	return &analysis.Pass{Fset: fset, Files: []*ast.File{file}}, f
}
