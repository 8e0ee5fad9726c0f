package goherd

import (
	"fmt"
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/verify"
)

// A view is some files of a package, with what was found in them, and the package
// that they were looked at in.
//
// The go command vets a package together with its tests, and never without them.
// The program looks at a file that is no test in the package without tests, where
// fewer functions, constants and methods are in sight. So does a driver: else
// tests would add evidence, or a name from a test get into code that is built
// without it.
type view struct {
	found *Result
	pkg   *verify.Package
	known map[string]*types.Package // what its files import, by the path as written
	file  map[string]*ast.File      // by name: those that may be reported on and edited
}

// look takes the views of a package: one, or two where it holds tests and other
// files. Facts are those of the whole.
func look(pass *analysis.Pass, o Options) []*view {
	var tests, others []*ast.File
	for _, f := range pass.Files {
		if strings.HasSuffix(nameOf(pass, f), "_test.go") {
			tests = append(tests, f)
		} else {
			others = append(others, f)
		}
	}
	if len(tests) == 0 || len(others) == 0 {
		return []*view{viewOf(pass, o, pass.Files)}
	}
	quick := viewOf(silent(pass), o, others)
	if len(quick.found.Findings)+len(quick.found.Warnings) > 0 {
		if plain := without(pass, others); plain != nil {
			quick = viewOf(plain, o, others)
		}
	}
	return []*view{quick, viewOf(pass, o, tests)}
}

func viewOf(pass *analysis.Pass, o Options, files []*ast.File) *view {
	v := &view{known: map[string]*types.Package{}, file: map[string]*ast.File{}}
	for _, f := range files {
		if !ast.IsGenerated(f) { // cgo's copies are, too
			v.file[nameOf(pass, f)] = f
		}
		for path, pkg := range importsOf(pass.TypesInfo, f) {
			v.known[path] = pkg
		}
	}
	o.Report = func(f *ast.File) bool { return v.file[nameOf(pass, f)] == f }
	v.found = Find(pass, o)
	v.pkg = packageOf(pass)
	return v
}

// silent is pass without a voice: what it would say is said by another pass.
func silent(pass *analysis.Pass) *analysis.Pass {
	p := *pass
	p.Report = func(analysis.Diagnostic) {}
	p.ExportObjectFact = func(types.Object, analysis.Fact) {}
	p.ExportPackageFact = func(analysis.Fact) {}
	return &p
}

// without is the package as it is when only some of its files are built; nil
// where they don't make a package.
func without(pass *analysis.Pass, files []*ast.File) *analysis.Pass {
	whole := packageOf(pass)
	whole.Names, whole.Files = nil, nil
	for _, f := range files {
		whole.Names = append(whole.Names, nameOf(pass, f))
		whole.Files = append(whole.Files, f)
	}
	q, err := whole.Again()
	if err != nil {
		return nil
	}
	p := silent(pass)
	p.Files, p.Pkg, p.TypesInfo = q.Files, q.Types, q.Info
	return p
}

// packageOf is the package of a pass for a check of its patches.
func packageOf(pass *analysis.Pass) *verify.Package {
	p := &verify.Package{
		Path: pass.Pkg.Path(), Fset: pass.Fset, Files: pass.Files,
		Types: pass.Pkg, Info: pass.TypesInfo, GoVersion: pass.Pkg.GoVersion(), Sizes: pass.TypesSizes,
	}
	known := atHand{}
	for _, f := range pass.Files {
		p.Names = append(p.Names, nameOf(pass, f))
		for path, pkg := range importsOf(pass.TypesInfo, f) {
			known[path] = pkg
		}
	}
	p.Importer = known
	return p
}

// An atHand importer knows what the package imports already, with the identities that
// it was type-checked against, and nothing else: a driver gives no more.
type atHand map[string]*types.Package

func (i atHand) Import(path string) (*types.Package, error) {
	if pkg := i[path]; pkg != nil {
		return pkg, nil
	}
	return nil, fmt.Errorf("no file of the package imports %q", path)
}

// importsOf gives what each path that f imports stands for.
func importsOf(info *types.Info, f *ast.File) map[string]*types.Package {
	known := map[string]*types.Package{}
	for _, spec := range f.Imports {
		obj := info.Implicits[spec]
		if spec.Name != nil {
			obj = info.Defs[spec.Name]
		}
		path, err := strconv.Unquote(spec.Path.Value)
		if name, ok := obj.(*types.PkgName); ok && err == nil {
			known[path] = name.Imported()
		}
	}
	return known
}

// nameOf is the file's own name, whatever a //line directive says.
func nameOf(pass *analysis.Pass, f *ast.File) string { return pass.Fset.File(f.FileStart).Name() }
