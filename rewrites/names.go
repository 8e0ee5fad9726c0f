package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strconv"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/imports"
)

// fresh is the first of the names, or the first with a number behind it, that
// means nothing yet anywhere in the declaration or the package.
func (d *declaration) fresh(names ...string) string { return d.freshBut(nil, names...) }

// freshBut is fresh for a name that must not be one of given either.
func (d *declaration) freshBut(given map[string]bool, names ...string) string {
	taken := maps.Clone(given)
	if taken == nil {
		taken = map[string]bool{}
	}
	ast.Inspect(d.decl, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			taken[id.Name] = true
		}
		return true
	})
	free := func(name string) bool { return !taken[name] && d.visible(name) == nil }
	for _, name := range names {
		if free(name) {
			return name
		}
	}
	for i := 2; ; i++ {
		if name := names[0] + strconv.Itoa(i); free(name) {
			return name
		}
	}
}

// visible is what a name means at the file's level, nil for nothing.
func (d *declaration) visible(name string) types.Object {
	if scope := d.pass.Info.Scopes[d.file]; scope != nil {
		if _, obj := scope.LookupParent(name, token.NoPos); obj != nil {
			return obj
		}
	}
	return nil
}

// use makes a package of the standard library usable at pos and gives the name
// to use it by. It refuses where that name means something else (hazard F4).
func (d *declaration) use(path, name string, pos token.Pos) (string, error) {
	for _, spec := range d.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err != nil || p != path {
			continue
		}
		if spec.Name != nil && spec.Name.Name != "_" && spec.Name.Name != "." {
			name = spec.Name.Name
		}
		if spec.Name == nil || spec.Name.Name == name {
			return name, d.means(name, path, pos)
		}
	}
	if err := d.means(name, path, pos); err != nil {
		return "", err
	}
	edits, err := imports.Add(d.src, path, "")
	if err != nil {
		return "", err
	}
	d.imports = append(d.imports, edits...)
	return name, nil
}

// means refuses where name, at pos, is something other than the package path.
func (d *declaration) means(name, path string, pos token.Pos) error {
	scope := d.pass.Pkg.Scope().Innermost(pos)
	if scope == nil {
		scope = d.pass.Info.Scopes[d.file]
	}
	_, obj := scope.LookupParent(name, pos)
	if pkg, ok := obj.(*types.PkgName); obj == nil || ok && pkg.Imported().Path() == path {
		return nil
	}
	return refuse("F4", "%s, which the new code needs as package %q, means something else there", name, path)
}

// node is the tree's twin of a node of the pass's syntax.
func node[N dst.Node](d *declaration, n ast.Node) (N, error) {
	m, ok := d.nodes[n].(N)
	if !ok {
		return m, refuse("F13", "the statement at line %d can't be found in the printed declaration", d.pass.Fset.PositionFor(n.Pos(), false).Line)
	}
	return m, nil
}
