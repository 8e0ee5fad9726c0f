package herdtest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/goherd/goherd/internal/herdtest/programs"
)

// A reducer makes failures small: first all other functions of the package go, then one
// statement after another, as long as it fails in one of the ways in which it failed.
type reducer struct {
	*field
	known map[string]*types.Package // what programs import, by path
	lib   *ast.File
	fset  *token.FileSet
}

// reduceRounds bounds how often all smaller forms are tried.
const reduceRounds = 12

// reduce is a small program that fails as one does; the same one where nothing smaller does.
func (r *reducer) reduce(one *failure) (*failure, error) {
	best := one
	list := []*programs.Program{one.program}
	for round := range reduceRounds {
		sub, err := r.alone(one, list)
		if err != nil {
			return nil, err
		}
		var next *failure
		for _, f := range sub.failures(one.off) {
			common := slices.ContainsFunc(f.classes, func(c string) bool { return slices.Contains(one.classes, c) })
			if common && (next == nil || len(f.program.Body) < len(next.program.Body)) {
				next = f
			}
		}
		if next == nil {
			if round == 0 {
				best.words += "\n(It doesn't fail without the other functions of its package.)"
			}
			break
		}
		best = next
		if list, err = r.smaller(best.program); err != nil || len(list) == 0 {
			return best, err
		}
	}
	return best, nil
}

// alone takes some programs through all of it, in a package of their own.
func (r *reducer) alone(one *failure, list []*programs.Program) (*field, error) {
	o := r.RandomOptions
	o.Log = nil
	o.Work, o.Off, o.Sample = filepath.Join(o.Work, "reduce"), nil, max(o.Sample, 48)
	o.Race = slices.Contains(one.classes, raceClass)
	if one.off != "" {
		o.Off = []string{one.off}
	}
	sub, err := emptyField(o)
	if err != nil {
		return nil, err
	}
	sub.add(one.program.Rule, share{form: one.lot.form}, list)
	return sub, sub.run()
}

// smaller are the smaller programs that compile.
func (r *reducer) smaller(p *programs.Program) ([]*programs.Program, error) {
	if err := r.prepare(); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(p.Smaller(), func(q *programs.Program) bool { return !r.compiles(q) })
	slices.SortStableFunc(list, func(a, b *programs.Program) int { return cmp.Compare(len(a.Body), len(b.Body)) })
	return list, nil
}

// prepare loads what programs import.
func (r *reducer) prepare() (err error) {
	if r.known != nil {
		return nil
	}
	r.fset, r.known = token.NewFileSet(), map[string]*types.Package{}
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports}, programs.Imports()...)
	if err != nil {
		return fmt.Errorf("load what programs import: %w", err)
	}
	for _, p := range loaded {
		r.known[p.PkgPath] = p.Types
	}
	r.lib, err = parser.ParseFile(r.fset, "lib.go", r.field.lib, 0)
	return err
}

func (r *reducer) compiles(p *programs.Program) bool {
	file, err := parser.ParseFile(r.fset, p.Name, p.Source(), 0)
	if err != nil {
		return false
	}
	c := types.Config{Importer: r, GoVersion: "go" + r.module.own.version}
	_, err = c.Check("p", r.fset, []*ast.File{r.lib, file}, nil)
	return err == nil
}

// Import makes a reducer an importer of what is loaded.
func (r *reducer) Import(path string) (*types.Package, error) {
	if p := r.known[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s is not loaded", path)
}
