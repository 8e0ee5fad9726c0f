package herdtest

import (
	"go/ast"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// guarded is the toy rule in earnest: it works on syntax, and two of its four
// guards are alive.
func guarded(obligations ...string) *rule.Rule {
	return rule.New(rule.Spec[*ast.CallExpr]{
		Name: "toy", Best: rule.Review, Obligations: obligations,
		Find: findSlow,
		Guards: []rule.Guard[*ast.CallExpr]{
			{Name: "constant", Hazard: "T1", Check: notConstant},
			{Name: "negated", Hazard: "T2", Check: notNegated},
			{Name: "dead", Hazard: "T3", Check: always},
			{Name: "nobody", Hazard: "T4", Check: always},
		},
		Message: func(*rule.Pass, *ast.CallExpr) string { return "slow" },
	}, beFast)
}

func notConstant(_ *rule.Pass, c *ast.CallExpr) rule.Verdict {
	if _, ok := c.Args[0].(*ast.BasicLit); ok {
		return rule.Quiet(c.Pos(), "a constant")
	}
	return rule.Holds(c.Pos(), "no constant")
}

func notNegated(_ *rule.Pass, c *ast.CallExpr) rule.Verdict {
	if _, ok := c.Args[0].(*ast.UnaryExpr); ok {
		return rule.Refuse(c.Pos(), "negated")
	}
	return rule.Holds(c.Pos(), "not negated")
}

func always(_ *rule.Pass, c *ast.CallExpr) rule.Verdict { return rule.Holds(c.Pos(), "always") }

func beFast(pass *rule.Pass, c *ast.CallExpr) (*patch.Patch, error) {
	at := pass.Fset.PositionFor(c.Fun.Pos(), false)
	old, err := pass.ReadFile(at.Filename)
	edit := patch.Edit{Start: at.Offset, End: at.Offset + len("slow"), New: "fast"}
	return &patch.Patch{Title: "be fast", Files: []patch.File{{Name: at.Filename, Old: old, Edits: []patch.Edit{edit}}}}, err
}

func findSlow(pass *rule.Pass) iter.Seq[rule.Match[*ast.CallExpr]] {
	return func(yield func(rule.Match[*ast.CallExpr]) bool) {
		for _, f := range pass.Files {
			for _, d := range f.Decls {
				ast.Inspect(d, func(n ast.Node) bool {
					c, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					if fn, ok := c.Fun.(*ast.Ident); ok && fn.Name == "slow" {
						return yield(rule.Match[*ast.CallExpr]{Shape: c, Pos: c.Pos(), End: c.End(), File: f, Decl: d})
					}
					return true
				})
			}
		}
	}
}

func TestHazardsApart(t *testing.T) {
	got := hazardsApart(guarded("T1", "T2", "T3", "T5"))
	want := []string{
		"rule toy: guard nobody closes T4, which is none of its obligations",
		"rule toy: no guard closes obligation T5, so no finding can be better than advice",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWrongGuards(t *testing.T) {
	isolate(t)
	var cases []*Case
	for _, tc := range []struct{ name, header, arg string }{
		{"toy_constant", "guard: constant\n", "1"},
		{"toy_negated", "guard: negated, typo\ntwin: negated\n", "-n"},
		{"toy_dead", "guard: toy/dead\ntwin: dead, constant\n", "n"},
	} {
		text := "A toy.\n" + tc.header + "-- x.go --\n" + toyHead + "\nfunc F(n int) int { return slow(" + tc.arg + ") }\n"
		c, err := parseCase(tc.name, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	got, err := wrongGuards(Config{Rules: []*rule.Rule{guarded("T1", "T2", "T3", "T4")}}, cases, t.TempDir())
	want := []string{
		"case toy_negated: there is no guard toy/typo",
		"guard toy/negated: case toy_negated says that it is a twin, but toy offers no patch there",
		"guard toy/dead: case toy_dead names it, but comes out the same without it",
		`guard toy/nobody: no case says "guard: nobody"; it is dead: without it every case comes out the same`,
		`guard toy/nobody: no case says "twin: nobody"`,
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v; got\n%s\nwant\n%s", err, indent(strings.Join(got, "\n")), indent(strings.Join(want, "\n")))
	}
}
