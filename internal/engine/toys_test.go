package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/token"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/imports"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A toy is a rule made of text: it finds from, and replaces it by to.
type toy struct {
	name     string
	from, to string
	adds     string // an import path that the replacement needs
	best     rule.Safety
	owes     []string                                                               // hazards that nothing answers
	guard    func(token.Pos) rule.Verdict                                           // answers hazard A1
	refuse   error                                                                  // what the rewrite says instead
	before   func(name string)                                                      // called before a match is yielded
	rewrite  func(p *rule.Pass, at place, edits []patch.Edit) (*patch.Patch, error) // in place of the usual one
}

// A place is the shape of every toy. Its match spans one byte, since goherd.Find
// lets one rule only speak of one place, and the edits of two are to meet here.
type place struct {
	name string
	at   int
	pos  token.Pos
}

func (t toy) rule() *rule.Rule {
	if t.best == rule.Advice {
		t.best = rule.Review
	}
	spec := rule.Spec[place]{
		Name: t.name, Best: t.best, Obligations: t.owes, Find: t.find,
		Message: func(*rule.Pass, place) string { return "found " + t.from },
	}
	if t.guard != nil {
		spec.Guards = []rule.Guard[place]{{Name: "guard", Hazard: "A1", Check: func(_ *rule.Pass, at place) rule.Verdict { return t.guard(at.pos) }}}
	}
	return rule.New(spec, func(p *rule.Pass, at place) (*patch.Patch, error) {
		if t.refuse != nil {
			return nil, t.refuse
		}
		edits := []patch.Edit{{Start: at.at, End: at.at + len(t.from), New: t.to}}
		if t.rewrite != nil {
			return t.rewrite(p, at, edits)
		}
		src, err := p.ReadFile(at.name)
		if err != nil {
			return nil, err
		}
		if t.adds != "" {
			more, err := imports.Add(src, t.adds, "")
			if err != nil {
				return nil, err
			}
			edits = append(more, edits...)
		}
		return &patch.Patch{Title: t.name, Files: []patch.File{{Name: at.name, Old: src, Edits: edits}}}, nil
	})
}

func (t toy) find(p *rule.Pass) iter.Seq[rule.Match[place]] {
	return func(yield func(rule.Match[place]) bool) {
		for _, f := range p.Files {
			file := p.Fset.File(f.FileStart)
			src, err := p.ReadFile(file.Name())
			if err != nil {
				panic(err)
			}
			for at := bytes.Index(src, []byte(t.from)); at >= 0; at = next(src, t.from, at) {
				if t.before != nil {
					t.before(file.Name())
				}
				pos := file.Pos(at)
				m := rule.Match[place]{Shape: place{file.Name(), at, pos}, Pos: pos, End: pos + 1, File: f, Decl: declAt(f, pos), Key: t.from}
				if !yield(m) {
					return
				}
			}
		}
	}
}

func next(src []byte, from string, at int) int {
	i := bytes.Index(src[at+len(from):], []byte(from))
	if i < 0 {
		return -1
	}
	return at + len(from) + i
}

func declAt(f *ast.File, pos token.Pos) ast.Decl {
	for _, d := range f.Decls {
		if d.Pos() <= pos && pos < d.End() {
			return d
		}
	}
	return nil
}

func rules(toys ...toy) []*rule.Rule {
	var list []*rule.Rule
	for _, t := range toys {
		list = append(list, t.rule())
	}
	return list
}

// lay writes an archive into a new folder.
func lay(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	return dir
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// do runs the engine with tests, at safety review, unless o says otherwise.
func do(t *testing.T, o Options) *Result {
	t.Helper()
	res, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// byRule lists "path:line func" of each finding of one rule.
func byRule(list []*rule.Located, name string) []string {
	places := []string{}
	for _, f := range list {
		if f.Rule == name {
			places = append(places, strings.TrimSpace(f.Path+" "+f.Func))
		}
	}
	return places
}

func one(t *testing.T, res *Result, name string) *rule.Located {
	t.Helper()
	i := slices.IndexFunc(res.Run.Findings, func(f *rule.Located) bool { return f.Rule == name })
	if i < 0 {
		t.Fatalf("no finding of %s", name)
	}
	return res.Run.Findings[i]
}

func change(t *testing.T, res *Result, rel string) Change {
	t.Helper()
	i := slices.IndexFunc(res.Changes, func(c Change) bool { return c.Rel == rel })
	if i < 0 {
		t.Fatalf("%s has not changed", rel)
	}
	return res.Changes[i]
}

func equal[S ~[]E, E comparable](t *testing.T, what string, got, want S) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func contains(t *testing.T, what, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s: got %q, want %q in it", what, text, part)
	}
}

var errRefused = errors.New("a label leaves the loop")
