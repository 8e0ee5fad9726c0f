package goherd

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// toyRule finds calls of the function from. What it writes is up to edits, which
// gets the file's text and where the call's name stands; nil makes it refuse.
func toyRule(name string, best rule.Safety, from string, edits func(src string, at int) []patch.Edit) *rule.Rule {
	return rule.New(rule.Spec[*ast.Ident]{
		Name: name, Summary: "calls of " + from, Best: best, Kind: rule.Repair, Obligations: []string{"A1"},
		Find: func(pass *rule.Pass) iter.Seq[rule.Match[*ast.Ident]] { return callsOf(pass, from) },
		Guards: []rule.Guard[*ast.Ident]{{Name: "fine", Hazard: "A1", Check: func(_ *rule.Pass, id *ast.Ident) rule.Verdict {
			if edits == nil {
				return rule.Refuse(id.Pos(), "nobody knows how")
			}
			return rule.Holds(id.Pos(), "it is fine")
		}}},
		Message: func(pass *rule.Pass, _ *ast.Ident) string {
			return from + " is called in sight of " + strings.Join(pass.Pkg.Scope().Names(), ", ")
		},
	}, func(pass *rule.Pass, id *ast.Ident) (*patch.Patch, error) {
		file := pass.Fset.File(id.Pos())
		src, err := pass.ReadFile(file.Name())
		if err != nil {
			return nil, err
		}
		list := edits(string(src), file.Offset(id.Pos()))
		return &patch.Patch{Title: "Mend " + from, Files: []patch.File{{Name: file.Name(), Old: src, Edits: list}}}, nil
	})
}

func callsOf(pass *rule.Pass, name string) iter.Seq[rule.Match[*ast.Ident]] {
	return func(yield func(rule.Match[*ast.Ident]) bool) {
		for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
			call := c.Node().(*ast.CallExpr)
			id, ok := call.Fun.(*ast.Ident)
			if !ok || id.Name != name {
				continue
			}
			m := rule.Match[*ast.Ident]{Shape: id, Pos: call.Pos(), End: call.End(), Key: name}
			for _, f := range pass.Files {
				for _, d := range f.Decls {
					if d.Pos() <= id.Pos() && id.Pos() < d.End() {
						m.File, m.Decl = f, d
					}
				}
			}
			if !yield(m) {
				return
			}
		}
	}
}

// rename writes another name in place of the call's.
func rename(from, to string) func(string, int) []patch.Edit {
	return func(_ string, at int) []patch.Edit { return []patch.Edit{{Start: at, End: at + len(from), New: to}} }
}

// replace writes over the first place where a text stands.
func replace(old, new string, shared bool) func(string, int) []patch.Edit {
	return func(src string, _ int) []patch.Edit {
		at := strings.Index(src, old)
		return []patch.Edit{{Start: at, End: at + len(old), New: new, Shared: shared}}
	}
}

// A drive is one package under a driver of our own.
type testDrive struct {
	t     *testing.T
	dir   string
	pass  *analysis.Pass
	facts map[types.Object]analysis.Fact
	said  []analysis.Diagnostic
}

// newDrive lays the files of an archive out as package example.com/p, and makes
// the pass that a driver would.
func newDrive(t *testing.T, archive string) *testDrive {
	t.Helper()
	d := &testDrive{t: t, dir: t.TempDir(), facts: map[types.Object]analysis.Fact{}}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(d.dir, f.Name)
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(fset, name, f.Data, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	config := types.Config{Importer: importer.Default(), GoVersion: "go1.26"}
	pkg, err := config.Check("example.com/p", fset, files, info)
	if err != nil {
		t.Fatal(err)
	}
	d.pass = &analysis.Pass{
		Fset: fset, Files: files, Pkg: pkg, TypesInfo: info, TypesSizes: types.SizesFor("gc", "amd64"),
		Module: &analysis.Module{Path: "example.com/p"}, ReadFile: os.ReadFile,
		Report:           func(x analysis.Diagnostic) { d.said = append(d.said, x) },
		ImportObjectFact: func(types.Object, analysis.Fact) bool { return false },
		ExportObjectFact: func(o types.Object, f analysis.Fact) { d.facts[o] = f },
	}
	return d
}

// run runs an analyzer of rules with flags like "safety=advice".
func (d *testDrive) run(rules []*rule.Rule, flags ...string) error {
	d.t.Helper()
	a := NewAnalyzer(rules)
	if err := analysis.Validate([]*analysis.Analyzer{a}); err != nil {
		d.t.Fatal(err)
	}
	for _, f := range flags {
		name, value, _ := strings.Cut(f, "=")
		if err := a.Flags.Set(name, value); err != nil {
			d.t.Fatal(err)
		}
	}
	_, err := a.Run(d.pass)
	return err
}

// lines are what was said, as "file:line category message", with "FIX" behind what
// carries a fix.
func (d *testDrive) lines() []string {
	var lines []string
	for _, x := range d.said {
		at := d.pass.Fset.PositionFor(x.Pos, false)
		line := fmt.Sprintf("%s:%d %s %s", filepath.Base(at.Filename), at.Line, x.Category, x.Message)
		if len(x.SuggestedFixes) > 0 {
			line += " FIX"
		}
		lines = append(lines, strings.ReplaceAll(line, d.dir+string(filepath.Separator), ""))
	}
	return lines
}

// expect holds what was said against a text with one line for each diagnostic:
// a part of each, in order.
func (d *testDrive) expect(want ...string) {
	d.t.Helper()
	got := d.lines()
	same := slices.EqualFunc(got, want, func(line, part string) bool {
		head, tail, _ := strings.Cut(part, "...")
		return strings.HasPrefix(line, head) && strings.HasSuffix(line, tail)
	})
	if !same {
		d.t.Errorf("said\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// fixed is a file after all fixes, each edit landing once. It fails where edits
// that differ touch the same bytes: what a driver would make of those is its own
// affair.
func (d *testDrive) fixed(name string) string {
	d.t.Helper()
	name = filepath.Join(d.dir, name)
	src, err := os.ReadFile(name)
	if err != nil {
		d.t.Fatal(err)
	}
	f := patch.File{Name: name, Old: src}
	seen := map[patch.Edit]bool{}
	for _, x := range d.said {
		if len(x.SuggestedFixes) > 1 {
			d.t.Errorf("%d fixes for one diagnostic", len(x.SuggestedFixes))
		}
		for _, fix := range x.SuggestedFixes {
			for _, e := range fix.TextEdits {
				file := d.pass.Fset.File(e.Pos)
				edit := patch.Edit{Start: file.Offset(e.Pos), End: file.Offset(e.End), New: string(e.NewText)}
				if file.Name() == name && !seen[edit] {
					seen[edit] = true
					f.Edits = append(f.Edits, edit)
				}
			}
		}
	}
	text, err := f.Apply()
	if err != nil {
		d.t.Error(err)
	}
	return string(text)
}
