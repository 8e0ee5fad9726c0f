package engine

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/rule"
)

const keeping = `
-- go.mod --
module m

go 1.24
-- a.go --
package a

func F() int {
	return 10
}

func G() int {
	a := 10
	return a + 10
}
`

func only(names ...string) func([]Candidate) ([]bool, error) {
	return func(found []Candidate) ([]bool, error) {
		wanted := make([]bool, len(found))
		for i, c := range found {
			for _, name := range names {
				wanted[i] = wanted[i] || c.Func == name
			}
		}
		return wanted, nil
	}
}

// What the user doesn't want is neither shown, counted nor applied, in any round.
func TestKeep(t *testing.T) {
	dir := lay(t, keeping)
	list := rules(toy{name: "ten", from: "10", to: "20"}, toy{name: "twenty", from: "20", to: "30"})
	res := do(t, Options{Dir: dir, Rules: list, Safety: rule.Review, Rounds: 10, Keep: only("F")})
	equal(t, "found", byRule(res.Run.Findings, "ten"), []string{"a.go F"})
	equal(t, "applied", byRule(res.Applied, "twenty"), []string{"a.go F"})
	equal(t, "left", byRule(res.Left, "ten"), []string{})
	equal(t, "files", res.Files, []string{filepath.Join(dir, "a.go")})
	if s := res.Run.Summary; s.Safe+s.Review+s.Advice != 1 {
		t.Errorf("counted %+v", s)
	}
	text := string(change(t, res, "a.go").New)
	if strings.Count(text, "30") != 1 || strings.Count(text, "10") != 2 {
		t.Errorf("written:\n%s", text)
	}
}

func TestKeepFails(t *testing.T) {
	bad := errors.New("git is out")
	_, err := Run(context.Background(), Options{
		Dir: lay(t, keeping), Rules: rules(toy{name: "ten", from: "10", to: "20"}), Rounds: 3,
		Keep: func([]Candidate) ([]bool, error) { return nil, bad },
	})
	if err != bad {
		t.Errorf("got %v, want %v", err, bad)
	}
}

// A later round is asked with the lines of the file that was loaded, and with none
// for what an earlier round wrote.
func TestKeepLines(t *testing.T) {
	dir := lay(t, keeping)
	list := rules(
		toy{name: "ten", from: "return 10", to: "x := 20\n\treturn x"},
		toy{name: "aten", from: "a := 10", to: "a := 30"},
		toy{name: "sum", from: "a + 10", to: "a + 11", before: func(string) {}},
		toy{name: "twenty", from: "20", to: "30"},
	)
	file := filepath.Join(dir, "a.go")
	rounds := 0
	kin := map[string]string{}
	do(t, Options{Dir: dir, Rules: list, Safety: rule.Review, Rounds: 10, Keep: func(found []Candidate) ([]bool, error) {
		rounds++
		wanted := make([]bool, len(found))
		for i, c := range found {
			if c.File != file || c.Lines[0].File != file {
				t.Errorf("round %d: %s in %s, %+v", rounds, c.Rule, c.File, c.Lines)
			}
			want := map[string]int{"ten": 4, "aten": 8, "sum": 9, "twenty": 0}[c.Rule]
			for _, at := range c.Lines {
				if at.First != want || at.Last != want {
					t.Errorf("round %d: %s touches %+v, want line %d", rounds, c.Rule, c.Lines, want)
				}
			}
			kin[c.Rule] = c.Kin
			wanted[i] = c.Rule != "sum" // which stays for later rounds, further down then
		}
		return wanted, nil
	}})
	if rounds < 3 || len(kin) != 4 {
		t.Errorf("asked %d times, about %v", rounds, kin)
	}
}

// An import that a patch adds is not what the finding is about.
func TestKeepNotForImports(t *testing.T) {
	dir := lay(t, keeping)
	do(t, Options{Dir: dir, Rules: rules(toy{name: "ten", from: "return 10", to: "return os.Getpid()", adds: "os"}), Rounds: 1, Keep: func(found []Candidate) ([]bool, error) {
		for _, c := range found {
			for _, at := range c.Lines {
				if at.First != 4 {
					t.Errorf("touches %+v", c.Lines)
				}
			}
		}
		return make([]bool, len(found)), nil
	}})
}

// The patch is there as edits too, and columns in UTF-16 units.
func TestFix(t *testing.T) {
	dir := lay(t, "-- go.mod --\nmodule m\n\ngo 1.24\n-- a.go --\npackage a\n\nfunc F() (string, int) {\n\treturn \"𝄞é\", 10\n}\n")
	f := one(t, do(t, Options{Dir: dir, Rules: rules(toy{name: "ten", from: "10", to: "20"}), Safety: rule.Review, Rounds: 1}), "ten")
	if f.Col != 19 || f.Col16 != 16 {
		t.Errorf("column %d, in UTF-16 %d", f.Col, f.Col16)
	}
	if len(f.Fix) != 1 || f.Fix[0].Name != "a.go" || len(f.Fix[0].Edits) != 1 {
		t.Fatalf("fix %+v", f.Fix)
	}
	if e := f.Fix[0].Edits[0]; e.New != "\treturn \"𝄞é\", 20\n" || string(f.Fix[0].Old[e.Start:e.End]) != "\treturn \"𝄞é\", 10\n" {
		t.Errorf("edit %+v", e)
	}
}
