package herdtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/rule"
)

const toyDoc = `# toy

Use fast.

## Before

	func F() int {

		return slow(1)
	}

## After

	func F() int {

		return fast(1)
	}

## What it writes

	goherd

## Before, with --form pool --limit 3

` + "```go" + `
func G() error {
	slow(2)
	return errors.New("")
}
` + "```" + `

## After

This is it:

` + "```go" + `
func G() error {
	fast(2)
	return errors.New("")
}
` + "```" + `
`

func TestExamplesOf(t *testing.T) {
	got, err := examplesOf(&rule.Rule{Doc: toyDoc})
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v; want two examples", got, err)
	}
	if want := (rule.Options{Limit: 3, Form: rule.FormPool}); got[1].options != want || got[0].options != (rule.Options{}) {
		t.Errorf("options are %+v and %+v", got[0].options, got[1].options)
	}
	for _, doc := range []string{"", strings.Replace(toyDoc, "After", "Later", 1), strings.Replace(toyDoc, "Before", "Earlier", 1), toyDoc + "## Before\n"} {
		if _, err := examplesOf(&rule.Rule{Doc: doc}); err == nil {
			t.Errorf("no error for page %q", doc)
		}
	}
}

func TestCompareExamples(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	if err := writeFile(filepath.Join(dir, "docs", "toy.go"), []byte("package p\n\nfunc slow(int) int\n\nfunc fast(int) int\n")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, doc, want string }{
		{"as it is", toyDoc, ""},
		{"another After", strings.Replace(toyDoc, "return fast(1)", "return fast(2)", 1), "the After is not what goherd writes"},
		{"nothing", strings.Replace(toyDoc, "slow(1)", "slow(0)", 1), "goherd writes nothing: example.go:5: no want for this finding: toy/advice:T1"},
	}
	for _, tt := range tests {
		c := Config{Dir: dir, Rules: []*rule.Rule{{Name: "toy", Doc: tt.doc}}, Run: toyEngine{}.run}
		got, err := wrongExamples(c, t.TempDir())
		if text := strings.Join(got, "\n"); err != nil || (text == "") != (tt.want == "") || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %q, %v; want %q in it", tt.name, text, err, tt.want)
		}
	}
}

func TestStalePages(t *testing.T) {
	dir := t.TempDir()
	c := Config{Rules: []*rule.Rule{{Name: "toy", Summary: "slow calls", Doc: toyDoc, Best: rule.Safe, Kind: rule.Repair}}}
	if got, err := stalePages(c, dir); err != nil || len(got) != 1 || !strings.Contains(got[0], "toy.md is stale") {
		t.Errorf("without a page: got %q, %v", got, err)
	}
	c.Update = true
	if got, err := stalePages(c, dir); err != nil || len(got) != 0 {
		t.Errorf("while updating: got %q, %v", got, err)
	}
	c.Update = false
	if got, err := stalePages(c, dir); err != nil || len(got) != 0 {
		t.Errorf("after the update: got %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gone.md"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := stalePages(c, dir); err != nil || len(got) != 1 || !strings.Contains(got[0], "gone.md is the page of no rule") {
		t.Errorf("with a page too many: got %q, %v", got, err)
	}
}
