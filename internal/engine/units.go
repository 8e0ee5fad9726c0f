package engine

import (
	"go/ast"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/internal/verify"
)

// A unit is one package as it is analysed. A package with tests is up to three:
// p, "p [p.test]" (with its in-package tests) and "p_test [p.test]".
type unit struct {
	id     string
	loaded *packages.Package // syntax and types have moved to pkg
	pkg    *verify.Package   // as of the last round
	report map[string]bool   // the files that this unit reports on, and may be edited
	deps   []*unit           // those that it imports, directly or through packages that are no units
	index  int               // place in dependency order
}

func (u *unit) module() string {
	if u.loaded.Module == nil {
		return ""
	}
	return u.loaded.Module.Path
}

// forget lets go of the syntax, which is most of what a run holds.
func (u *unit) forget() { u.pkg.Files, u.pkg.Names, u.pkg.Info = nil, nil, nil }

// subject is the import path that the unit is about: for p_test it is p.
func (u *unit) subject() string {
	if _, test, ok := strings.Cut(u.id, " ["); ok {
		return strings.TrimSuffix(test, ".test]")
	}
	return u.pkg.Path
}

// A census is what a load held: the packages to analyse, and what is left alone.
type census struct {
	units    []*unit // in dependency order
	skipped  rule.Skipped
	warnings []string
	causes   []string // what is wrong with each package that has errors of its own
}

// takeCensus sorts the loaded packages. Each file is reported on by the first
// unit in the order of IDs that has it, so "p" goes before "p [p.test]".
func takeCensus(l *load) *census {
	c := &census{}
	seen := files{}
	roots := map[*packages.Package]bool{}
	for _, pkg := range l.pkgs {
		roots[pkg] = true
	}
	for _, pkg := range l.pkgs {
		if ours(pkg) {
			c.skipped.OtherSystems += seen.countOthers(pkg.IgnoredFiles)
		}
		if len(pkg.Errors) > 0 || pkg.IllTyped {
			c.passOver(l.root, pkg, roots)
			continue
		}
		if len(pkg.Syntax) > 0 { // a package that is nothing but tests comes with an empty variant
			c.units = append(c.units, c.unit(l, pkg, seen))
		}
	}
	c.skipped.TypeErrors = sortedSet(c.skipped.TypeErrors)
	c.causes = sortedSet(c.causes)
	c.units = inOrder(c.units)
	return c
}

// unit takes syntax and types out of pkg, so that they can go when they are no
// longer needed.
func (c *census) unit(l *load, pkg *packages.Package, seen files) *unit {
	u := &unit{id: pkg.ID, loaded: pkg, report: map[string]bool{}}
	u.pkg = &verify.Package{
		Path: pkg.PkgPath, Fset: l.fset, Files: pkg.Syntax,
		Types: pkg.Types, Info: pkg.TypesInfo, Sizes: pkg.TypesSizes,
	}
	if pkg.Module != nil && pkg.Module.GoVersion != "" {
		u.pkg.GoVersion = "go" + pkg.Module.GoVersion // as go/packages does, or the check would judge by other rules
	}
	for _, f := range pkg.Syntax {
		name := l.fset.File(f.FileStart).Name() // not of Position: a //line directive would lie
		u.pkg.Names = append(u.pkg.Names, name)
		if ours(pkg) && c.mayEdit(l.root, pkg, name, f, seen) {
			u.report[name] = true
		}
	}
	if ours(pkg) {
		c.skipped.Cgo += seen.countCgo(pkg)
	}
	pkg.Syntax, pkg.TypesInfo = nil, nil
	return u
}

// mayEdit tells whether findings in f are shown, and counts it if it is a file
// that nobody edits by hand. The answer for the second variant that has the file
// is no.
func (c *census) mayEdit(root string, pkg *packages.Package, name string, f *ast.File, seen files) bool {
	switch {
	case !slices.Contains(pkg.GoFiles, name): // the copy that cgo made; the original is counted
		return false
	case !seen.first(name):
		return false
	case vendored(root, name):
		c.skipped.Vendored++
		return false
	case ast.IsGenerated(f):
		c.skipped.Generated++
		return false
	}
	return true
}

// ours tells whether pkg belongs to a main module, so that its files are the
// user's own. A package made of files that were named has no module; who names a
// file means it.
func ours(pkg *packages.Package) bool {
	if pkg.Module == nil {
		return pkg.ID == "command-line-arguments"
	}
	return pkg.Module.Main
}

// vendored looks below root only: a checkout may itself lie in a vendor folder.
func vendored(root, name string) bool {
	dir := filepath.ToSlash(filepath.Dir(relative(root, name)))
	return slices.Contains(strings.Split(dir, "/"), "vendor")
}

// files remembers which files have been seen, since variants of a package share them.
type files map[string]bool

func (seen files) first(name string) bool {
	was := seen[name]
	seen[name] = true
	return !was
}

// countOthers counts the Go files among names that other systems, or other build
// tags, would compile. The go command itself passes over those that start with
// "_" or ".".
func (seen files) countOthers(names []string) int {
	n := 0
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasSuffix(base, ".go") && !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, ".") && seen.first(name) {
			n++
		}
	}
	return n
}

// countCgo counts the files that the go command replaced by copies from cgo.
func (seen files) countCgo(pkg *packages.Package) int {
	n := 0
	for _, name := range pkg.GoFiles {
		if !slices.Contains(pkg.CompiledGoFiles, name) && seen.first(name) {
			n++
		}
	}
	return n
}

// inOrder sorts units so that each comes after those that it depends on, and
// fills in deps. What an importer of q sees in p's test is "q [p.test]", which
// is loaded from export data alone: the unit q stands in for it.
func inOrder(units []*unit) []*unit {
	g := &graph{units: map[*packages.Package]*unit{}, plain: map[string]*unit{}, below: map[*packages.Package][]*unit{}}
	for _, u := range units {
		g.units[u.loaded] = u
		if u.id == u.pkg.Path {
			g.plain[u.id] = u
		}
	}
	var order []*unit
	visited := map[*unit]bool{}
	var visit func(u *unit)
	visit = func(u *unit) {
		if visited[u] {
			return
		}
		visited[u] = true
		for _, d := range g.reach(u.loaded) {
			visit(d)
		}
		u.index = len(order)
		order = append(order, u)
	}
	for _, u := range units {
		visit(u)
	}
	for _, u := range order {
		u.deps = slices.DeleteFunc(g.reach(u.loaded), func(d *unit) bool { return d.index >= u.index })
	}
	return order
}

type graph struct {
	units map[*packages.Package]*unit
	plain map[string]*unit // by import path
	below map[*packages.Package][]*unit
}

// reach lists the units that pkg imports, directly or through packages that are
// no units, sorted by ID.
func (g *graph) reach(pkg *packages.Package) []*unit {
	if known, ok := g.below[pkg]; ok {
		return slices.Clone(known)
	}
	g.below[pkg] = nil // the import graph has no cycles, but the stand-ins are our own
	set := map[*unit]bool{}
	for _, imp := range pkg.Imports {
		if u := g.units[imp]; u != nil {
			set[u] = true
			continue
		}
		if u := g.plain[imp.PkgPath]; u != nil {
			set[u] = true
		}
		for _, u := range g.reach(imp) {
			set[u] = true
		}
	}
	list := slices.SortedFunc(maps.Keys(set), func(a, b *unit) int { return strings.Compare(a.id, b.id) })
	g.below[pkg] = list
	return slices.Clone(list)
}

func sortedSet(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
