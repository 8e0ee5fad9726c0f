package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/types"
	"iter"
	"path/filepath"
	"sync"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// look runs goherd over ./... of a checkout with a rule of ours, which finds
// nothing and asks for the summaries of the golden functions.
func look(dir string, list []*golden, results map[*golden]*result) error {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var failed error
	probe := rule.New(rule.Spec[struct{}]{
		Name: "probe",
		Find: func(pass *rule.Pass) iter.Seq[rule.Match[struct{}]] {
			for _, f := range pass.Files {
				rel, err := filepath.Rel(dir, pass.Fset.File(f.FileStart).Name())
				if err != nil {
					continue
				}
				for _, g := range list {
					if filepath.ToSlash(rel) != g.File {
						continue
					}
					r, err := probed(pass, f, g)
					mu.Lock()
					if results[g] = r; err != nil {
						failed = err
					}
					mu.Unlock()
				}
			}
			return func(func(rule.Match[struct{}]) bool) {}
		},
	}, func(*rule.Pass, struct{}) (*patch.Patch, error) { return nil, nil })
	if _, err := engine.Run(context.Background(), engine.Options{Dir: dir, Patterns: []string{"./..."}, Tests: true, Rules: []*rule.Rule{probe}, Rounds: 1}); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	for _, g := range list {
		if results[g] == nil {
			return fmt.Errorf("%s was passed over", g.File)
		}
	}
	return nil
}

// probed judges what goherd says of one function.
func probed(pass *rule.Pass, f *ast.File, g *golden) (*result, error) {
	for _, d := range f.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fmt.Sprint(pass.Line(fd.Pos())) != g.Line {
			continue
		}
		if fn, ok := pass.Info.Defs[fd.Name].(*types.Func); ok && effects.Name(fn, fn.Pkg()) == g.Func {
			s, words := ask(pass, fn)
			r := &result{Summary: words}
			for _, fact := range g.Facts {
				r.Findings = append(r.Findings, judge(fact, s))
			}
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s:%s declares no %s", g.File, g.Line, g.Func)
}
