package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

const chain = `
-- go.mod --
module m

go 1.24
-- a/a.go --
package a

func F() int { return 10 }

func G() int { return 77 }
-- a/a_test.go --
package a

func h() int { return 10 + F() }
-- a/x_test.go --
package a_test

import "m/a"

func h() int { return 10 + a.F() }
-- b/b.go --
package b

func F() int { return 77 }
`

// TestFixpoint: what one round writes is what the next one finds, in the file, in
// its tests and in the external tests; nothing is read again.
func TestFixpoint(t *testing.T) {
	dir := lay(t, chain)
	list := rules(
		toy{name: "ten", from: "10", to: "20"},
		toy{name: "twenty", from: "20", to: "30"},
		toy{name: "thirty", from: "30", to: "40", best: rule.Safe, before: func(name string) {
			write(t, name, []byte("package gone\n")) // a later round must not look at the file
		}},
	)
	cases := []struct{ rounds, changing, applied int }{{0, 1, 3}, {1, 1, 3}, {2, 2, 6}, {10, 3, 9}}
	for _, c := range cases {
		dir := dir
		if c.rounds == 10 {
			dir = lay(t, chain)
		}
		res := do(t, Options{Dir: dir, Tests: true, Rules: list, Safety: rule.Review, Rounds: c.rounds})
		if res.Rounds != c.changing || len(res.Applied) != c.applied || len(res.Run.Findings) != 3 || len(res.Left) != 0 {
			t.Errorf("--rounds %d: %d rounds, %d applied, %d findings, %d left", c.rounds, res.Rounds, len(res.Applied), len(res.Run.Findings), len(res.Left))
		}
		want := fmt.Sprint(10 * (c.changing + 1))
		for _, name := range []string{"a/a.go", "a/a_test.go", "a/x_test.go"} {
			f := change(t, res, name)
			contains(t, name, string(f.New), "return "+want)
			contains(t, name, string(f.Old), "return 10")
			if len(f.IDs) != c.changing {
				t.Errorf("%s has %d findings, want %d", name, len(f.IDs), c.changing)
			}
		}
		last := res.Applied[len(res.Applied)-1]
		contains(t, "a later patch", last.Patch, "+func h() int { return "+want)
	}
}

// A rule that brings back what another one takes away would never end.
func TestCycle(t *testing.T) {
	res := do(t, Options{Dir: lay(t, chain), Rules: rules(
		toy{name: "up", from: "77", to: "78"},
		toy{name: "down", from: "78", to: "77"},
	), Safety: rule.Review, Rounds: 10})
	contains(t, "warnings", strings.Join(res.Run.Warnings, "\n"), "a/a.go: goherd's own bug: round 2 brings back what an earlier round replaced")
	if res.Rounds != 1 || len(res.Applied) != 2 || len(res.Left) != 2 || len(res.Changes) != 2 {
		t.Errorf("%d rounds, %d applied, %d left, %d changes", res.Rounds, len(res.Applied), len(res.Left), len(res.Changes))
	}
	contains(t, "text", string(change(t, res, "b/b.go").New), "78")
}

// What loses a conflict in one round lands in the next, if it is still there.
func TestConflictLandsLater(t *testing.T) {
	list := rules(toy{name: "sum", from: "10 + F()", to: "F() + 10"}, toy{name: "ten", from: "10", to: "20"})
	res := do(t, Options{Dir: lay(t, chain), Tests: true, Rules: list, Safety: rule.Review, Rounds: 10})
	contains(t, "text", string(change(t, res, "a/a_test.go").New), "F() + 20")
	if len(res.Left) != 0 || res.Rounds != 2 {
		t.Errorf("%d left, %d rounds", len(res.Left), res.Rounds)
	}
}

// A file that changes after it was parsed is not patched: the reader sees the
// difference, and so does the engine where a rule read the file by itself.
func TestFileChangesMeanwhile(t *testing.T) {
	dir := lay(t, chain)
	name := filepath.Join(dir, "b", "b.go")
	spoil := func(file string) {
		if file == name {
			write(t, name, []byte("package b\n\nfunc F() int { return 77 + 1 }\n"))
		}
	}
	byHand := func(p *rule.Pass, at place, edits []patch.Edit) (*patch.Patch, error) {
		src, err := os.ReadFile(at.name)
		return &patch.Patch{Files: []patch.File{{Name: at.name, Old: src, Edits: edits}}}, err
	}
	res := do(t, Options{Dir: dir, Rules: rules(toy{name: "late", from: "77", to: "79", before: spoil, rewrite: byHand}), Safety: rule.Review})
	equal(t, "applied", byRule(res.Applied, "late"), []string{"a/a.go G"})
	if got := res.Run.Findings[1].Refused; got != "b/b.go changed while goherd was reading it" {
		t.Errorf("refused: %s", got)
	}

	src := newSources()
	src.sums[name] = src.sum([]byte("package b\n"))
	if _, err := src.read(name); err == nil || err.Error() != name+" changed while goherd was reading it" {
		t.Errorf("read: %v", err)
	}
}

// TestBytes: what a patch doesn't touch stays as it is, to the byte.
func TestBytes(t *testing.T) {
	files := map[string]string{
		"crlf.go":  "package m\r\n\r\nimport \"os\"\r\n\r\nfunc Crlf() { os.Exit( 10 ) }\r\n",
		"bom.go":   "\ufeffpackage m\n\nfunc Bom() int { return 10 }\n",
		"noeol.go": "package m\n\nfunc Noeol() int { return 10 }",
		"ugly.go":  "package m\nfunc   Ugly( )int{return 10 ;   }\n\n\n\n",
		"raw.go":   "package m\r\n\r\nvar Raw = `a\r\nb` + \"10\"\r\n",
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), []byte("module m\n\ngo 1.24\n"))
	for name, text := range files {
		write(t, filepath.Join(dir, name), []byte(text))
	}
	res := do(t, Options{Dir: dir, Rules: rules(toy{name: "ten", from: "10", to: "2000"}, toy{name: "exit", from: "os.Exit(", to: "func(int) {}("}), Safety: rule.Review, Rounds: 2})
	for name, text := range files {
		want := strings.ReplaceAll(text, "10", "2000")
		if name == "crlf.go" {
			want = "package m\r\n\r\nfunc Crlf() { func(int) {}( 2000 ) }\r\n"
		}
		if got := string(change(t, res, name).New); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestLarge: a file of 30,000 lines with a hundred findings, and a function of
// 5,000.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("package m\n\nfunc Long() (n int) {\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "\tn += %d\n", i%7)
	}
	b.WriteString("\treturn n\n}\n")
	for i := range 5000 {
		mark := ""
		if i%50 == 0 {
			mark = " + 424242"
		}
		fmt.Fprintf(&b, "\n// F%d is one of many.\nfunc F%d() int {\n\treturn %d%s\n}\n", i, i, i, mark)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), []byte("module m\n\ngo 1.24\n"))
	write(t, filepath.Join(dir, "large.go"), []byte(b.String()))
	res := do(t, Options{Dir: dir, Rules: rules(toy{name: "mark", from: "424242", to: "4343"}), Safety: rule.Review})
	if n := len(res.Applied); n != 100 || len(res.Run.Warnings) > 0 {
		t.Errorf("%d applied, warnings %q", n, res.Run.Warnings)
	}
	if got, want := string(res.Changes[0].New), strings.ReplaceAll(b.String(), "424242", "4343"); got != want {
		t.Error("the text is not what it should be")
	}
}

// A panic outside the rules costs one package, not the run. (No rule at all in
// the list is what makes goherd.Find itself panic.)
func TestPanicInPackage(t *testing.T) {
	res := do(t, Options{Dir: lay(t, chain), Rules: []*rule.Rule{nil}})
	contains(t, "warnings", strings.Join(res.Run.Warnings, "\n"), "goherd's own bug: package m/a was passed over, since analysing it panicked: ")
	if len(res.Run.Warnings) != 2 {
		t.Errorf("warnings %q", res.Run.Warnings)
	}
}

type note struct{ Text string }

func (*note) AFact() {}

// TestFacts: what a pass exports about its functions is there for importers,
// whatever variant of the package they see, and follows it into later rounds.
func TestFacts(t *testing.T) {
	dir := lay(t, `
-- go.mod --
module m

go 1.24
-- low/low.go --
package low

type Box[T any] struct{ v T }

func (b *Box[T]) Get() T { return b.v }

func Plain() {}

type Doer interface{ Do() }

var Var int
-- mid/mid.go --
package mid

import "m/low"

func Use() int { b := low.Box[int]{}; low.Plain(); var d low.Doer; if d != nil { d.Do() }; return b.Get() + low.Var }
-- low/x_test.go --
package low_test

import "m/mid"

var _ = mid.Use()
-- low/in_test.go --
package low

var _ = 0
`)
	r := &run{Options: Options{Dir: dir, Patterns: []string{"./..."}, Tests: true}, ctx: context.Background()}
	l, err := loadPackages(r.ctx, r.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.open(l); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, u := range r.units {
		order = append(order, u.id)
		pass := r.pass(u)
		exportNotes(pass, u.id)
		equal(t, u.id, readNotes(pass), map[string][]string{
			"m/mid":                   {"(*Box[int]).Get in m/low", "Box in m/low", "Do in m/low", "Doer in m/low", "Plain in m/low", "Var in m/low"},
			"m/low_test [m/low.test]": {"Use in m/mid"},
		}[u.id])
		if all := pass.AllObjectFacts(); u.id == "m/mid" && len(all) != 7 {
			t.Errorf("mid sees %d facts", len(all))
		}
	}
	equal(t, "order", order, []string{"m/low", "m/low [m/low.test]", "m/mid", "m/low_test [m/low.test]"})

	low, mid := r.units[0], r.units[2]
	heir, err := low.pkg.With(map[string][]byte{filepath.Join(dir, "low", "low.go"): []byte("package low\n\ntype Box[T any] struct{ v T }\n\nfunc (b *Box[T]) Get() T { return b.v }\n\nfunc Plain() {}\n\ntype Doer interface{ Do() }\n")})
	if err != nil {
		t.Fatal(err)
	}
	r.facts.inherit(low.pkg.Types, heir.Types)
	low.pkg = heir
	exportNotes(r.pass(low), "round 2")
	equal(t, "later", readNotes(r.pass(mid)), []string{"(*Box[int]).Get in round 2", "Box in round 2", "Do in round 2", "Doer in round 2", "Plain in round 2", "Var in m/low"})
}

func readNotes(pass *analysis.Pass) []string {
	var list []string
	for id, o := range pass.TypesInfo.Uses {
		if o.Pkg() == nil || o.Pkg() == pass.Pkg {
			continue
		}
		var n note
		if pass.ImportObjectFact(o, &n) {
			name := id.Name
			if name == "Get" {
				name = "(*Box[int]).Get"
			}
			list = append(list, name+" in "+n.Text)
		}
	}
	return sortedSet(list)
}

func exportNotes(pass *analysis.Pass, text string) {
	for _, o := range pass.TypesInfo.Defs {
		if o != nil && o.Pkg() == pass.Pkg && o.Exported() && o.Name() != "T" {
			pass.ExportObjectFact(o, &note{text})
		}
	}
	pass.ExportPackageFact(&note{text})
	var n note
	if !pass.ImportPackageFact(pass.Pkg, &n) || n.Text != text {
		panic("a package fact is lost")
	}
}
