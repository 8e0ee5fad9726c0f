package herdtest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// TestCompareCase seeds each way in which a driver can differ from the program,
// and wants the complaint.
func TestCompareCase(t *testing.T) {
	const old = "package x\n\nvar a = slow(1)\nvar b = slow(2)\n"
	const new = "package x\n\nvar a = fast(1)\nvar b = slow(2)\n"
	finding := func(change func(*rule.Located)) *rule.Located {
		f := &rule.Located{Rule: "toy", Safety: rule.Safe, Path: "x.go", Line: 3, Col: 9, Message: "slow"}
		f.Patch = patch.Unified("services/toy_x/x.go", []byte(old), []byte(new))
		if change != nil {
			change(f)
		}
		return f
	}
	said := func(name string, change func(*diagnostic)) diagnostic {
		x := diagnostic{Category: "toy", Message: "toy (safe): slow", words: "slow", path: "x.go", line: 3, col: 9, safety: rule.Safe}
		x.addFix(name, strings.Index(old, "slow"), strings.Index(old, "(1)"), "fast")
		if change != nil {
			change(&x)
		}
		return x
	}
	for _, tt := range []struct {
		name    string
		finding func(*rule.Located)
		said    func(*diagnostic)
		silent  bool // the driver says nothing
		again   bool // the driver says it twice
		want    []string
	}{
		{name: "the same"},
		{name: "more behind the message", said: func(x *diagnostic) { x.words += ": because" }},
		{name: "not reported", silent: true, want: []string{"go vet doesn't report x.go:3: toy (safe): slow", "go fix changes 0 files, goherd 1"}},
		{name: "twice", again: true, want: []string{"go vet alone reports x.go:3"}},
		{name: "another line", said: func(x *diagnostic) { x.line++ }, want: []string{"go vet alone reports x.go:4", "go vet doesn't report x.go:3", "go fix changes 0 files, goherd 1"}},
		{name: "another rule", said: func(x *diagnostic) { x.Category = "tow" }, want: []string{"go vet alone reports", "go vet doesn't report", "go fix changes 0"}},
		{name: "safer", finding: func(f *rule.Located) { f.Safety = rule.Review }, want: []string{"goherd says review, and go vet", "1 fixes of a finding that is review"}},
		{name: "no fix, no reason", said: func(x *diagnostic) { x.SuggestedFixes = nil }, want: []string{"go vet doesn't say why there is no fix"}},
		{name: "no fix, and why", said: func(x *diagnostic) { x.SuggestedFixes, x.Message = nil, x.Message+" (its fix is not offered here: so)" }},
		{name: "two fixes", said: func(x *diagnostic) { x.addFix(x.SuggestedFixes[0].Edits[0].Filename, 0, 3, "") }, want: []string{"2 fixes of a finding", "the fix of x.go:3: toy (safe): slow is another one", "x.go: the fixes together are not what goherd writes"}},
		{name: "another fix", said: func(x *diagnostic) { x.SuggestedFixes[0].Edits[0].New = "best" }, want: []string{"the fix of x.go:3: toy (safe): slow is another one", "x.go: the fixes together are not what goherd writes"}},
		{name: "no warning", said: func(x *diagnostic) { x.Category, x.Message = "ignore", "idle" }, want: []string{"go vet alone warns: x.go:3:9: idle", "go vet doesn't report", "go fix changes 0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Case{Name: "toy_x", Files: []txtar.File{{Name: "x.go", Data: []byte(old)}}}
			s := &site{root: t.TempDir(), cases: []*Case{c}}
			name := filepath.Join(s.root, s.dir(c), "x.go")
			if err := writeFile(name, []byte(old)); err != nil {
				t.Fatal(err)
			}
			d := &drivers{prover: newProver(Config{}, ""), fixed: map[string][]byte{}}
			d.before = []*site{s}
			d.outcomes[c] = &outcome{findings: []*rule.Located{finding(tt.finding)}, changes: []engine.Change{{Rel: "x.go", Old: []byte(old), New: []byte(new)}}}
			var list []diagnostic
			if !tt.silent {
				list = append(list, said(name, tt.said))
			}
			if tt.again {
				list = append(list, said(name, tt.said))
			}
			d.compareCase(group{site: s}, c, list)
			if got := d.problems[c]; !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestFixedTexts: what is the same lands once, and what meets is an error.
func TestFixedTexts(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.go")
	if err := writeFile(name, []byte("one two")); err != nil {
		t.Fatal(err)
	}
	var a, b, c diagnostic
	a.addFix(name, 0, 3, "six")
	b.addFix(name, 4, 7, "ten")
	c.addFix(name, 1, 4, "")
	texts, err := fixedTexts([]diagnostic{a, b, a})
	if err != nil || len(texts) != 1 || string(texts[0].new) != "six ten" {
		t.Errorf("got %q, %v", texts, err)
	}
	if texts, err := fixedTexts([]diagnostic{a, c}); err == nil {
		t.Errorf("edits that meet: got %q", texts)
	}
}

// addFix replaces bytes [at, end).
func (x *diagnostic) addFix(name string, at, end int, new string) {
	x.SuggestedFixes = append(x.SuggestedFixes, suggestedFix{Edits: []textEdit{{Filename: name, Start: at, End: end, New: new}}})
}

func TestHeaders(t *testing.T) {
	const diff = "--- /w/a/x.go (old)\n+++ /w/a/x.go (new)\n@@ -1 +1 @@\n-one (old)\n+one (new)\n"
	const want = "--- a/a/x.go\n+++ b/a/x.go\n@@ -1 +1 @@\n-one (old)\n+one (new)\n"
	if got := headers(diff, "/w"); got != want {
		t.Errorf("got %q", got)
	}
}
