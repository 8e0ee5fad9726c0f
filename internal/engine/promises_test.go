package engine

import (
	"go/ast"
	"go/types"
	"iter"
	"path/filepath"
	"testing"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/promise"
	"github.com/goherd/goherd/internal/rule"
)

// verbs finds every function of which it is known that it only reads, or writes.
var verbs = rule.New(rule.Spec[*ast.FuncDecl]{
	Name: "verbs", Best: rule.Review,
	Find: func(p *rule.Pass) iter.Seq[rule.Match[*ast.FuncDecl]] {
		return func(yield func(rule.Match[*ast.FuncDecl]) bool) {
			for _, f := range p.Files {
				for _, d := range f.Decls {
					if fd, ok := d.(*ast.FuncDecl); ok && !yield(rule.Match[*ast.FuncDecl]{Shape: fd, Pos: fd.Pos(), End: fd.End(), File: f, Decl: fd}) {
						return
					}
				}
			}
		}
	},
	Message: func(p *rule.Pass, fd *ast.FuncDecl) string {
		fn := p.Info.Defs[fd.Name].(*types.Func)
		return fd.Name.Name + ": " + p.Effects.Of(fn).Verb.String()
	},
}, func(*rule.Pass, *ast.FuncDecl) (*patch.Patch, error) { return nil, errRefused })

// TestPromisesTravel: what is promised of an interface's method in one package is
// known in another, which calls a function of the first.
func TestPromisesTravel(t *testing.T) {
	dir := lay(t, `
-- go.mod --
module example.com/m

go 1.26.0
-- store/p.go --
package store

type Repo interface{ Get() error; Put() error }

func Look(r Repo) error { return r.Get() }
func Keep(r Repo) error { return r.Put() }
-- p.go --
package m

import "example.com/m/store"

func look(r store.Repo) error { return store.Look(r) }
func direct(r store.Repo) error { return r.Get() }
func keep(r store.Repo) error { return store.Keep(r) }
`)
	var list promise.List
	for text, verb := range map[string]promise.Verb{"**/store.Repo.Get": promise.Reads, "**.Repo.P*": promise.Writes} {
		p, err := promise.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		list.Entries = append(list.Entries, promise.Entry{Pattern: p, Verb: verb, Place: "c.yaml:1:1"})
	}
	for _, c := range []struct {
		promises *promise.List
		want     []string
	}{
		{nil, []string{"look: unknown", "direct: unknown", "keep: unknown", "Look: unknown", "Keep: unknown"}},
		{&list, []string{"look: read", "direct: read", "keep: write", "Look: read", "Keep: write"}},
	} {
		res := do(t, Options{Dir: dir, Tests: true, Rounds: 1, Rules: []*rule.Rule{verbs}, Promises: c.promises})
		var got []string
		for _, f := range res.Run.Findings {
			got = append(got, f.Message)
		}
		equal(t, "warnings", res.Run.Warnings, []string{})
		equal(t, "verbs", got, c.want)
	}
}

// TestSameFolder: a module may be known by a link.
func TestSameFolder(t *testing.T) {
	dir := lay(t, "-- a/x --\n-- b/x --\n")
	if !sameFolder(filepath.Join(dir, "a"), filepath.Join(dir, "b", "..", "a")) || sameFolder(filepath.Join(dir, "a"), filepath.Join(dir, "b")) {
		t.Error("a and b")
	}
	if sameFolder(filepath.Join(dir, "nowhere"), filepath.Join(dir, "nowhere")) {
		t.Error("what isn't there is no folder")
	}
}
