package herdtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A toyCase is one case as source, how the engine fails on it, and the complaints
// that the harness owes us: parts of them, in order, and no others.
type toyCase struct {
	name   string
	header string
	code   string // x.go, after the package clause and the two functions
	test   string // body of a test; "" for none
	more   string // what the archive holds after that
	diff   bool   // the golden is what the toy engine writes
	spoil  func(o engine.Options, res *engine.Result)
	want   []string
}

const (
	toyHead = "package x\n\nfunc slow(n int) int { return n }\n\nfunc fast(n int) int { return n }\n"
	call    = "\nfunc F() int {\n\treturn slow(1) // want toy/review `slow\\(1\\) could be fast`\n}\n"
)

// changed edits the new text of every change.
func changed(edit func(string) string) func(engine.Options, *engine.Result) {
	return func(_ engine.Options, res *engine.Result) {
		for i, c := range res.Changes {
			res.Changes[i].New = []byte(edit(string(c.New)))
		}
	}
}

func replaced(old, new string) func(engine.Options, *engine.Result) {
	return changed(func(s string) string { return strings.Replace(s, old, new, 1) })
}

var toyCases = []toyCase{
	{name: "good", code: call, diff: true},
	{name: "quiet", code: "\nfunc F() int { return fast(1) }\n"},
	{name: "refused", code: "\nfunc F() int { return slow(0) } // want toy/advice:T1 `fast`\n"},
	{name: "tested", code: call, diff: true, test: "if F() != 1 { t.Fatal() }"},
	{name: "repaired", header: "before: fails", code: strings.Replace(call, "slow(1)", "slow(1) + defect", 1) + "\nvar defect = len(\"fast\") - 4\n", diff: true, test: `b, _ := os.ReadFile("x.go"); if bytes.Contains(b, []byte("return slow")) { t.Fatal() }`},
	{
		name: "unwanted", code: "\nfunc F() int {\n\treturn slow(1)\n}\n", diff: true,
		want: []string{"x.go:8: no want for this finding: toy/review `slow\\(1\\) could be fast`"},
	},
	{
		name: "unmet", code: "\nfunc F() int { return 1 } // want toy/safe `gone`\n",
		want: []string{"x.go:7: no finding is toy/safe `gone`"},
	},
	{
		name: "wrongsafety", code: strings.Replace(call, "review", "safe", 1), diff: true,
		want: []string{"no want for this finding: toy/review", "no finding is toy/safe"},
	},
	{
		name: "wrongmessage", code: strings.Replace(call, "could be", "must be", 1), diff: true,
		want: []string{"no want for this finding", "no finding is"},
	},
	{
		name: "wronghazard", code: "\nfunc F() int { return slow(0) } // want toy/advice:T2 `fast`\n",
		want: []string{"toy/advice:T1", "toy/advice:T2"},
	},
	{name: "nodiff", code: call, want: []string{"section diff is another one"}},
	{
		name: "lostcomment", code: "\nfunc F() int {\n\t// A reason.\n\treturn slow(1) // want toy/review `fast`\n}\n", diff: true,
		spoil: replaced("\t// A reason.\n", ""), want: []string{"x.go: comment lost: // A reason."},
	},
	{
		name: "elsewhere", code: call + "\nvar x = 1\n", diff: true,
		spoil: replaced("var x = 1", "var x = 2"), want: []string{"x.go: bytes outside the findings' declarations changed"},
	},
	{
		name: "otherfunc", code: call + "\nfunc G() {}\n", diff: true,
		spoil: replaced("func G() {}", "func G() { return }"), want: []string{"x.go: bytes outside the findings' declarations changed"},
	},
	{
		name: "unformatted", code: call, diff: true,
		spoil: replaced("return fast", "return  fast"), want: []string{"x.go: the output is not gofmt-clean"},
	},
	{
		name: "unparsable", code: call, diff: true,
		spoil: replaced("fast(1)", "fast(1"), want: []string{"x.go: the output does not parse"},
	},
	{
		name: "untyped", code: call, diff: true,
		spoil: replaced("fast(1)", "faster(1)"), want: []string{"go vet of what was written"},
	},
	{
		name: "restless", code: call, diff: true,
		spoil: replaced("fast(1)", "fast(slow(1))"), want: []string{"a second run is not quiet"},
	},
	{
		name: "same", code: call,
		spoil: replaced("fast(1)", "slow(1)"), want: []string{"x.go: listed as changed, but it is the same"},
	},
	{
		name: "flaky", code: call, diff: true,
		spoil: func(o engine.Options, res *engine.Result) {
			if o.Jobs == 1 {
				res.Applied = nil
			}
		},
		want: []string{"--jobs 1 gives another result than --jobs 8"},
	},
	{
		name: "placed", code: call, diff: true,
		spoil: func(o engine.Options, res *engine.Result) {
			if filepath.Base(o.Dir) == services {
				res.Changes = nil
			}
		},
		want: []string{"goherd gives another diff in services"},
	},
	{
		name: "torn", code: call, diff: true,
		spoil: func(_ engine.Options, res *engine.Result) {
			for _, f := range res.Run.Findings {
				f.Patch = strings.Replace(f.Patch, "slow(1)", "slow(2)", 1)
			}
		},
		want: []string{"x.go:8: git apply of this finding's patch alone"},
	},
	{
		name: "left", code: call, diff: true,
		spoil: func(_ engine.Options, res *engine.Result) { res.Left = res.Applied },
		want:  []string{"x.go:8: toy is review, but its patch was not written"},
	},
	{
		name: "warned", code: call, diff: true,
		spoil: func(_ engine.Options, res *engine.Result) {
			res.Run.Warnings = []string{"rule toy panicked in package example.com/toy_warned and was passed over there: oh"}
		},
		want: []string{"section warnings is another one"},
	},
	{
		name: "warnedaloud", code: call, diff: true, more: "-- warnings --\nx.go:8: beware\n",
		spoil: func(_ engine.Options, res *engine.Result) {
			if res.Run.Findings != nil {
				res.Run.Warnings = []string{res.Run.Findings[0].Path + ":8: beware"}
			}
		},
	},
	{
		name: "broken", code: call, diff: true,
		spoil: func(_ engine.Options, res *engine.Result) {
			res.Run.Skipped.TypeErrors = []string{"example.com/toy_broken"}
		},
		want: []string{"package example.com/toy_broken does not type-check"},
	},
	{
		name: "neverfails", header: "before: fails", code: call, diff: true, test: "if F() != 1 { t.Fatal() }",
		want: []string{"the test passes before the rewrite"},
	},
	{
		name: "failsbefore", code: call, diff: true, test: "t.Fatal(\"as ever\")",
		want: []string{"the behaviour test fails before the rewrite", "the behaviour test fails after the rewrite"},
	},
	{
		name: "otherwise", code: call, diff: true, test: "if F() != 1 { t.Fatal() }",
		spoil: replaced("fast(1)", "fast(3)"), want: []string{"the behaviour test fails after the rewrite"},
	},
	{
		name: "racy", code: call, diff: true, test: "if F() != 1 { t.Fatal() }",
		spoil: replaced("\treturn fast(1)", "\tn := 0\n\tgo func() { n++ }()\n\tn++\n\treturn fast(1)"),
		want:  []string{"the behaviour test fails after the rewrite"},
	},
}

// asCase writes the toy case down as an author would have.
func (tc toyCase) asCase(t *testing.T) *Case {
	code := toyHead + tc.code
	text := "A toy.\n" + tc.header + "\n-- x.go --\n" + code
	if tc.test != "" {
		text += "-- x_test.go --\npackage x\n\nimport (\n\t\"bytes\"\n\t\"os\"\n\t\"testing\"\n)\n\nvar _, _ = bytes.Contains, os.ReadFile\n\nfunc TestF(t *testing.T) { " + tc.test + " }\n"
	}
	text += tc.more
	if tc.diff {
		new := []byte(toyCall.ReplaceAllString(code, "fast($1)"))
		change := engine.Change{Rel: "x.go", Old: []byte(code), New: new}
		if tc.spoil != nil {
			res := &engine.Result{Run: &rule.Run{}, Changes: []engine.Change{change}}
			tc.spoil(engine.Options{}, res)
			change = res.Changes[0]
		}
		text += "-- diff --\n" + patch.Unified("x.go", change.Old, change.New)
	}
	c, err := parseCase("toy_"+tc.name, []byte(text))
	if err != nil {
		t.Fatalf("%s: %v", tc.name, err)
	}
	return c
}

// TestProve shows that each thing that the harness has to notice is noticed, and
// that nothing else is complained of.
func TestProve(t *testing.T) {
	isolate(t)
	spoils := map[string]func(engine.Options, *engine.Result){}
	var cases []*Case
	for _, tc := range toyCases {
		spoils["toy_"+tc.name] = tc.spoil
		cases = append(cases, tc.asCase(t))
	}
	toy := toyEngine{spoil: func(stem string, o engine.Options, res *engine.Result) {
		if s := spoils[stem]; s != nil {
			s(o, res)
		}
	}}
	found := prove(t, Config{Rules: toyRules, Run: toy.run}, cases, t.TempDir())
	for i, tc := range toyCases {
		got := found[cases[i]]
		if tc.name == "flaky" { // whose run differs is not known
			got = found[nil]
		}
		if len(got) != len(tc.want) {
			t.Errorf("%s: %d complaints, want %d:\n%s", tc.name, len(got), len(tc.want), indent(strings.Join(got, "\n")))
			continue
		}
		for j, want := range tc.want {
			if !strings.Contains(got[j], want) {
				t.Errorf("%s: complaint %q, want %q in it", tc.name, got[j], want)
			}
		}
	}
}

var toyRules = []*rule.Rule{{Name: "toy"}}

// TestUpdate shows that -update writes the diff and nothing else, and only where it differs.
func TestUpdate(t *testing.T) {
	isolate(t)
	dir := t.TempDir()
	name := filepath.Join(dir, "toy_new.txtar")
	before := "A toy.\n-- x.go --\n" + toyHead + strings.Replace(call, "could be", "was never", 1)
	stale := before + "-- changes --\nstale\n"
	if err := os.WriteFile(name, []byte(stale), 0o666); err != nil {
		t.Fatal(err)
	}
	cases, err := readCases(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := prove(t, Config{Dir: dir, Rules: toyRules, Update: true, Run: toyEngine{}.run}, cases, t.TempDir())
	if complaints := found[cases[0]]; len(complaints) != 2 { // the want, and that finding
		t.Errorf("complaints %q, want only those about the want", complaints)
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sections, ok := bytes.CutPrefix(got, []byte(before))
	if !ok {
		t.Fatalf("the update touched the input:\n%s", got)
	}
	const diff = "-- diff --\n--- a/x.go\n+++ b/x.go\n@@ -5,5 +5,5 @@\n"
	if s := string(sections); !strings.HasPrefix(s, diff) || !strings.HasSuffix(s, "-- changes --\ntoy: it is fast\n") {
		t.Errorf("sections are\n%s", indent(s))
	}
	if cases, err = readCases(dir); err != nil {
		t.Fatal(err)
	}
	if again := cases[0].format(); !bytes.Equal(again, got) {
		t.Errorf("read and written again, the archive is\n%s", again)
	}
}

// TestOwnSite shows that a case with requirements of its own is proved like any other.
func TestOwnSite(t *testing.T) {
	isolate(t)
	var cases []*Case
	for _, mod := range []string{"module example.com/alone\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n\nreplace example.com/dep => ./dep\n", "module example.com/old\n\ngo 1.21\n"} {
		text := "A toy.\nrules: toy\n-- go.mod --\n" + mod + "-- sub/x.go --\n" + toyHead + call
		if strings.Contains(mod, "dep") {
			text = strings.Replace(text, "package x\n", "package x\n\nimport _ \"example.com/dep\"\n", 1)
			text += "-- dep/go.mod --\nmodule example.com/dep\n-- dep/dep.go --\npackage dep\n"
		}
		text += "-- sub/x_test.go --\npackage x\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { F() }\n"
		c, err := parseCase(fmt.Sprintf("toy_mod%d", len(cases)), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	found := prove(t, Config{Rules: toyRules, Run: toyEngine{}.run}, cases, t.TempDir())
	for _, c := range cases {
		if got := found[c]; len(got) != 1 || !strings.Contains(got[0], "section diff") {
			t.Errorf("%s: complaints %q, want one, of the diff", c.Name, got)
		}
	}
	if alone := slices.IndexFunc(cases, (*Case).needsOwnSite); alone != 0 || cases[1].needsOwnSite() {
		t.Error("the case with a requirement, and only that one, needs its own site")
	}
}
