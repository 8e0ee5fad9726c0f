package engine

import (
	"fmt"
	"go/token"
	"go/types"
	"os"
	"slices"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// A stock is every package that a fix may import, with the identities of the
// load: a context.Context that came from anywhere else would be another type. It
// is safe for concurrent use.
type stock struct {
	fset  *token.FileSet
	units []*unit
	ask   func(dir string, overlay map[string][]byte, paths []string) ([]*packages.Package, error) // for export data files

	mu      sync.Mutex
	view    map[string]*types.Package // all that the load knows by import path, complete or not; nil until asked
	exports map[string]string         // export data of what no package of the load imports
}

// get gives the package of an import path that the importer does not have yet.
func (s *stock) get(path string) (*types.Package, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == nil {
		s.view = viewOf(s.units)
	}
	if pkg := s.view[path]; pkg != nil && pkg.Complete() {
		return pkg, nil
	}
	if s.exports[path] == "" {
		if err := s.locate(path); err != nil {
			return nil, fmt.Errorf("load %s for a new import: %w", path, err)
		}
	}
	return s.read(path)
}

// locate asks the go command for export data of path. Packages that fixes are
// wont to import come along, so that there is one such question in a run.
func (s *stock) locate(path string) error {
	wanted := []string{"context", "errors", "runtime", "sync", "sync/atomic", "time"}
	if !slices.Contains(wanted, path) {
		wanted = append(wanted, path)
	}
	return s.fetch("", nil, path, wanted)
}

// order asks for export data of a package that the module in dir gains together
// with what overlay has for its files. It errs where the go command can't build it.
func (s *stock) order(path, dir string, overlay map[string][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.exports[path] != "" {
		return nil
	}
	return s.fetch(dir, overlay, path, []string{path})
}

// fetch asks the go command, in dir or where the run takes place.
func (s *stock) fetch(dir string, overlay map[string][]byte, path string, wanted []string) error {
	pkgs, err := s.ask(dir, overlay, wanted)
	if err != nil {
		return err
	}
	if s.exports == nil {
		s.exports = map[string]string{}
	}
	for _, p := range pkgs {
		if len(p.Errors) > 0 && p.PkgPath == path {
			return p.Errors[0]
		}
		if s.exports[p.PkgPath] == "" {
			s.exports[p.PkgPath] = p.ExportFile
		}
	}
	if s.exports[path] == "" {
		return fmt.Errorf("the go command gave no export data")
	}
	return nil
}

// read decodes export data into the view, so that what it shares with the load
// is the same. Only packages that nobody has imported are completed.
func (s *stock) read(path string) (*types.Package, error) {
	f, err := os.Open(s.exports[path])
	if err != nil {
		return nil, fmt.Errorf("open export data of %s: %w", path, err)
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read export data of %s: %w", path, err)
	}
	pkg, err := gcexportdata.Read(r, s.fset, s.view, path)
	if err != nil {
		return nil, fmt.Errorf("read export data of %s: %w", path, err)
	}
	s.view[path] = pkg
	return pkg, nil
}

// viewOf gathers the packages below units by import path. Variants that were
// built for a test are left out: their types are not those of the plain package.
func viewOf(units []*unit) map[string]*types.Package {
	view := map[string]*types.Package{"unsafe": types.Unsafe}
	seen := map[*packages.Package]bool{}
	var visit func(p *packages.Package)
	visit = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		if p.ID == p.PkgPath && p.Types != nil {
			view[p.PkgPath] = p.Types
		}
		for _, imp := range p.Imports {
			visit(imp)
		}
	}
	for _, u := range units {
		visit(u.loaded)
	}
	return view
}

// An importer serves the type-checker for one unit: what the unit imports
// already, and from the stock what a fix adds.
type importer struct {
	loaded *packages.Package
	stock  *stock
}

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if imp := i.loaded.Imports[path]; imp != nil && imp.Types != nil && imp.Types.Complete() {
		return imp.Types, nil
	}
	return i.stock.get(path)
}
