package engine

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/rule"
)

// Ids are what a baseline remembers. They survive 200 changes that move lines, move
// functions, and format other functions anew, made at random in the demo.
func TestIDsSurvive(t *testing.T) {
	const rounds, changes = 4, 50
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "demo"))); err != nil {
		t.Fatal(err)
	}
	look := func() []*rule.Located { return do(t, Options{Dir: dir, Rules: goherd.Rules, Rounds: 1}).Run.Findings }
	first := look()
	want := idsOf(first)
	if len(want) < 10 {
		t.Fatalf("the demo has %d findings: hardly a test", len(want))
	}
	lines := placesOf(first)
	r := rand.New(rand.NewPCG(20, 26))
	made := map[string]int{}
	for round := range rounds {
		files := map[string]bool{}
		for range changes {
			f := first[r.IntN(len(first))]
			name := filepath.Join(dir, filepath.FromSlash(f.Path))
			files[name] = true
			s := shuffler{t: t, r: r, name: name, busy: busyIn(first, f.Path)}
			made[s.change()]++
		}
		now := look()
		if got := idsOf(now); !slices.Equal(got, want) {
			t.Fatalf("round %d: ids %v, want %v; changed: %v", round, got, want, files)
		}
		if slices.Equal(placesOf(now), lines) {
			t.Errorf("round %d moved nothing", round)
		}
		lines = placesOf(now)
	}
	total := 0
	for _, n := range made {
		total += n
	}
	if total != rounds*changes || len(made) < 5 {
		t.Errorf("made %v", made)
	}
}

func idsOf(list []*rule.Located) []string {
	var ids []string
	for _, f := range list {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	return ids
}

func placesOf(list []*rule.Located) []string {
	var places []string
	for _, f := range list {
		places = append(places, fmt.Sprintf("%s %s:%d", f.ID, f.Path, f.Line))
	}
	slices.Sort(places)
	return places
}

// busyIn names the functions of a file that have findings.
func busyIn(list []*rule.Located, path string) map[string]bool {
	busy := map[string]bool{}
	for _, f := range list {
		if f.Path == path {
			busy[f.Func] = true
		}
	}
	return busy
}

// A shuffler changes one file in a way that means nothing.
type shuffler struct {
	t    *testing.T
	r    *rand.Rand
	name string
	busy map[string]bool

	fset *token.FileSet
	src  []byte
	file *ast.File
}

// change makes one change, and says of what kind.
func (s *shuffler) change() string {
	s.parse()
	var funcs, others []*ast.FuncDecl
	for _, d := range s.file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			funcs = append(funcs, fn)
			if !s.busy[funcName(fn)] && fn.Body != nil && len(fn.Body.List) > 0 {
				others = append(others, fn)
			}
		}
	}
	kinds := []string{"lines above", "comment above", "moved", "lines inside", "swapped"}
	if len(others) > 0 {
		kinds = append(kinds, "flat", "airy")
	}
	kind := kinds[s.r.IntN(len(kinds))]
	fn := funcs[s.r.IntN(len(funcs))]
	from, to := s.span(fn)
	switch kind {
	case "lines above":
		s.replace(from, from, strings.Repeat("\n", 1+s.r.IntN(5)))
	case "comment above":
		s.replace(from, from, fmt.Sprintf("// A remark, %d.\n\n", s.r.IntN(1000)))
	case "moved": // to the end
		text := string(s.src[from:to])
		s.src = append(slices.Delete(slices.Clone(s.src), from, to), "\n"+text+"\n"...)
	case "swapped":
		other := funcs[s.r.IntN(len(funcs))]
		if a, b := s.span(other); b <= from {
			s.swap(a, b, from, to)
		} else if to <= a {
			s.swap(from, to, a, b)
		}
	case "lines inside": // above the last statement, also of a function with findings
		last := s.offset(fn.Body.List[len(fn.Body.List)-1].Pos())
		at := bytes.LastIndexByte(s.src[:last], '\n') + 1
		s.replace(at, at, "\n\n")
	case "flat": // another function without its indentation
		a, b := s.span(others[s.r.IntN(len(others))])
		s.replace(a, b, strings.ReplaceAll(string(s.src[a:b]), "\t", " "))
	case "airy":
		fn := others[s.r.IntN(len(others))]
		at := s.offset(fn.Body.Lbrace) + 1
		s.replace(at, at, "\n\n\n")
	}
	if err := os.WriteFile(s.name, s.src, 0o666); err != nil {
		s.t.Fatal(err)
	}
	return kind
}

func (s *shuffler) parse() {
	s.fset = token.NewFileSet()
	var err error
	if s.src, err = os.ReadFile(s.name); err != nil {
		s.t.Fatal(err)
	}
	if s.file, err = parser.ParseFile(s.fset, s.name, s.src, parser.ParseComments); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shuffler) offset(p token.Pos) int { return s.fset.File(p).Offset(p) }

// span is a function with its comment.
func (s *shuffler) span(fn *ast.FuncDecl) (from, to int) {
	from = s.offset(fn.Pos())
	if fn.Doc != nil {
		from = s.offset(fn.Doc.Pos())
	}
	return from, s.offset(fn.End())
}

func (s *shuffler) replace(from, to int, text string) {
	s.src = slices.Concat(s.src[:from], []byte(text), s.src[to:])
}

func (s *shuffler) swap(a, b, c, d int) {
	s.src = slices.Concat(s.src[:a], s.src[c:d], s.src[b:c], s.src[a:b], s.src[d:])
}
