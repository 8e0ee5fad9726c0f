// Package verify answers one question about a rewritten package, in memory: does
// it still type-check, with every comment kept and every name that was not
// touched standing for the same thing as before. It knows go/types and nothing
// of loading, patches or rules.
package verify

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A Package is one package as it was type-checked. It is never changed: With
// makes a new one, which shares the syntax of the files that stayed the same.
type Package struct {
	Path      string
	Fset      *token.FileSet
	Names     []string // absolute file names, one for each of Files
	Files     []*ast.File
	Types     *types.Package
	Info      *types.Info
	GoVersion string // of the module, "go1.24"; "" is the newest, as in types.Config
	Sizes     types.Sizes
	Importer  types.Importer // must give the packages that Types was checked against, or identities break
}

// With type-checks the package with new text for some of its files; names that
// are not its own are passed over, and without any of its own p itself comes
// back. It errs with the parser's or the type-checker's first error and its place.
// When nothing is wrong but imports that became unused, it errs with
// *UnusedImports and returns the package all the same, so that the rest can be
// checked already.
//
// Importers of p need no check of their own: goherd's patches change bodies, and
// a body is not part of what an importer sees.
func (p *Package) With(changed map[string][]byte) (*Package, error) {
	q, err := p.parse(changed)
	if err != nil || q == p {
		return q, err
	}
	q.Info = wholeInfo()
	return q, q.check(p, q.Files)
}

// Again type-checks the files as they are: for a package that lost some of them.
func (p *Package) Again() (*Package, error) {
	q := *p
	q.Info = wholeInfo()
	return &q, q.check(p, q.Files)
}

func wholeInfo() *types.Info {
	return &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue),
		Defs:         make(map[*ast.Ident]types.Object),
		Uses:         make(map[*ast.Ident]types.Object),
		Implicits:    make(map[ast.Node]types.Object),
		Instances:    make(map[*ast.Ident]types.Instance),
		Scopes:       make(map[ast.Node]*types.Scope),
		Selections:   make(map[*ast.SelectorExpr]*types.Selection),
		FileVersions: make(map[*ast.File]string),
	}
}

// Recheck answers as With does, in less time: where the edits that led to the new
// text lie in function bodies, the bodies of the other files are not looked at
// again. The result is good for Resolves and for another Recheck of bodies and
// imports, but not to be analysed.
func (p *Package) Recheck(changed map[string][]byte, edits map[string][]Span) (*Package, error) {
	q, err := p.parse(changed)
	if err != nil || q == p {
		return q, err
	}
	q.Info = &types.Info{ // what Resolves asks for
		Defs:       make(map[*ast.Ident]types.Object),
		Uses:       make(map[*ast.Ident]types.Object),
		Selections: make(map[*ast.SelectorExpr]*types.Selection),
	}
	if !onlyBodies(p, q, edits) {
		return q, q.check(p, q.Files)
	}
	files := slices.Clone(q.Files)
	for i, f := range files {
		if f == p.Files[i] {
			files[i] = hollow(f)
		}
	}
	return q, q.check(p, files)
}

// parse makes a copy of p with the new text, not yet type-checked; it is p itself
// when no file of its own has changed.
func (p *Package) parse(changed map[string][]byte) (*Package, error) {
	q := *p
	q.Files = slices.Clone(p.Files)
	stale := false
	for i, name := range p.Names {
		src, ok := changed[name]
		if !ok {
			continue
		}
		f, err := parser.ParseFile(p.Fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		q.Files[i], stale = f, true
	}
	if !stale {
		return p, nil
	}
	return &q, nil
}

// hollow copies f with "for {}" as every function's body: it uses no name, and
// needs no return.
func hollow(f *ast.File) *ast.File {
	g := *f
	g.Decls = slices.Clone(f.Decls)
	for i, d := range g.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			at := fn.Body.Lbrace
			loop := &ast.ForStmt{For: at, Body: &ast.BlockStmt{Lbrace: at, Rbrace: at}}
			fn := *fn
			fn.Body = &ast.BlockStmt{Lbrace: at, List: []ast.Stmt{loop}, Rbrace: fn.Body.Rbrace}
			g.Decls[i] = &fn
		}
	}
	return &g
}

// check fills in q.Types and the maps of q.Info. Files are those of q, some of them hollow.
func (q *Package) check(old *Package, files []*ast.File) error {
	var errs []types.Error
	config := types.Config{
		GoVersion: q.GoVersion,
		Sizes:     q.Sizes,
		Importer:  q.Importer,
		Error: func(err error) {
			e := err.(types.Error)
			if i, _, unused := q.unusedImport(e); !unused || files[i] == q.Files[i] {
				errs = append(errs, e)
			}
		},
	}
	q.Types = types.NewPackage(old.Types.Path(), old.Types.Name())
	err := types.NewChecker(&config, q.Fset, q.Types, q.Info).Files(files)
	if len(errs) > 0 {
		return q.classify(old, errs)
	}
	if _, told := err.(types.Error); err != nil && !told { // the module asks for a newer Go than ours
		return fmt.Errorf("type-check: %w", err)
	}
	return nil
}

// An Import is one import spec of a file. Name is "" where the spec gives none.
type Import struct{ File, Path, Name string }

// An UnusedImports error says that a package is sound but for imports that its
// old version used and nothing uses any more.
type UnusedImports struct{ Imports []Import }

func (e *UnusedImports) Error() string {
	i := e.Imports[0]
	return fmt.Sprintf("type-check: %s: %q imported and not used", i.File, i.Path)
}

// classify tells a package that is wrong from one that only has imports left
// over. An import that old did not have is the patch's own, so one that nothing
// uses is an error.
func (q *Package) classify(old *Package, errs []types.Error) error {
	unused := &UnusedImports{}
	for _, e := range errs {
		_, spec, ok := q.unusedImport(e)
		if !ok || !old.imports(spec) {
			at := q.Fset.PositionFor(e.Pos, false)
			return fmt.Errorf("type-check: %s: %s", at, e.Msg)
		}
		unused.Imports = append(unused.Imports, spec)
	}
	return unused
}

// unusedImport finds the import that e complains of, and its file. go/types keeps the codes of
// its errors to itself, so the words have to do; a change of theirs would turn
// an import that could be removed into an error, never the other way round.
func (q *Package) unusedImport(e types.Error) (int, Import, bool) {
	if !strings.Contains(e.Msg, " imported ") || !strings.HasSuffix(e.Msg, " and not used") {
		return -1, Import{}, false
	}
	for i, f := range q.Files {
		for _, spec := range f.Imports {
			if spec.Pos() <= e.Pos && e.Pos < spec.End() {
				return i, importOf(q.Names[i], spec), true
			}
		}
	}
	return -1, Import{}, false
}

func (p *Package) imports(want Import) bool {
	i := slices.Index(p.Names, want.File)
	return slices.ContainsFunc(p.Files[i].Imports, func(s *ast.ImportSpec) bool { return importOf(want.File, s) == want })
}

func importOf(file string, spec *ast.ImportSpec) Import {
	i := Import{File: file, Path: strings.Trim(spec.Path.Value, "`\"")}
	if spec.Name != nil {
		i.Name = spec.Name.Name
	}
	return i
}

// Comments errs when a comment of old is not in new. White space is folded,
// since a comment that moves is indented anew.
func Comments(old, new *ast.File) error {
	left := map[string]int{}
	for c := range comments(new) {
		left[fold(c)]++
	}
	for c := range comments(old) {
		if left[fold(c)]--; left[fold(c)] < 0 {
			return errors.New("lost comment " + fold(c))
		}
	}
	return nil
}

func comments(f *ast.File) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, group := range f.Comments {
			for _, c := range group.List {
				if !yield(c.Text) {
					return
				}
			}
		}
	}
}

func fold(text string) string { return strings.Join(strings.Fields(text), " ") }
