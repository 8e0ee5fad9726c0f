package known

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// A listed package is what the go command says of one: where it lies, and what
// its imports stand for.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports         []string
	ImportMap       map[string]string
	Standard        bool
	Error           *struct{ Err string }

	done chan struct{} // closed when types and err are there
	pkg  *types.Package
	err  error
}

// load type-checks everything that this package imports, from source and without
// the bodies of functions: to compile these modules takes many times as long.
func load() (map[string]*listed, error) {
	cmd := exec.Command("go", "list", "-deps", "-tags=packages", "-json=ImportPath,Dir,GoFiles,Imports,ImportMap,Standard,Error", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	all := map[string]*listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &listed{done: make(chan struct{})}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read what go list printed: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("list %s: %s", p.ImportPath, p.Error.Err)
		}
		all[p.ImportPath] = p
	}
	fset, slots := token.NewFileSet(), make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for _, p := range all {
		wg.Go(func() { p.check(all, fset, slots) })
	}
	wg.Wait()
	return all, nil
}

// check waits for what p imports and type-checks p.
func (p *listed) check(all map[string]*listed, fset *token.FileSet, slots chan struct{}) {
	defer close(p.done)
	if p.ImportPath == "unsafe" {
		p.pkg = types.Unsafe
		return
	}
	for _, path := range p.Imports {
		if q := all[path]; q != nil {
			<-q.done
		}
	}
	slots <- struct{}{}
	defer func() { <-slots }()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			p.err = err
			return
		}
		files = append(files, f)
	}
	config := types.Config{
		IgnoreFuncBodies: true,
		Importer: importer(func(path string) (*types.Package, error) {
			if mapped := p.ImportMap[path]; mapped != "" {
				path = mapped
			}
			if path == "unsafe" {
				return types.Unsafe, nil
			}
			q := all[path]
			if q == nil {
				return nil, fmt.Errorf("%s was not listed", path)
			}
			return q.pkg, q.err
		}),
	}
	p.pkg, p.err = config.Check(p.ImportPath, fset, files, nil)
}

type importer func(string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }
