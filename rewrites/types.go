package rewrites

import (
	"go/token"
	"go/types"
	"path"
	"strings"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/imports"
)

// typeAt writes a type as this file would at pos, and as text. A package that the
// file doesn't import yet is imported; what has no name there is refused (hazards
// F3, F4).
func (d *declaration) typeAt(t types.Type, pos token.Pos) (dst.Expr, string, error) {
	var failed error
	text := types.TypeString(t, func(p *types.Package) string {
		if p == d.pass.Pkg {
			return ""
		}
		name, err := d.packageName(p, pos)
		if err != nil && failed == nil {
			failed = err
		}
		return name
	})
	if failed != nil {
		return nil, "", failed
	}
	if name := d.shadowed(t, pos); name != "" {
		return nil, "", refuse("F4", "%s, which the new code needs as a type, means something else there", name)
	}
	x, err := parseType(text)
	return x, text, err
}

// packageName is the name of a package in this file, which may import it for that.
func (d *declaration) packageName(p *types.Package, pos token.Pos) (string, error) {
	for _, spec := range d.file.Imports {
		if name := d.pass.Info.PkgNameOf(spec); name != nil && name.Imported() == p && name.Name() != "_" && name.Name() != "." {
			return name.Name(), d.means(name.Name(), p.Path(), pos)
		}
	}
	if d.imported[p] != "" {
		return d.imported[p], nil
	}
	if p.Name() == "main" || !mayImport(d.pass.Pkg.Path(), p.Path()) {
		return "", refuse("F3", "the new code would have to name a type of %q, which can't be imported here", p.Path())
	}
	if d.visible(p.Name()) != nil || usedAsName(d, p.Name()) {
		return "", refuse("F4", "the new code would have to name a type of %q, and %s means something else here", p.Path(), p.Name())
	}
	alias := ""
	if path.Base(p.Path()) != p.Name() {
		alias = p.Name()
	}
	edits, err := imports.Add(d.src, p.Path(), alias)
	if err != nil {
		return "", err
	}
	d.imports = append(d.imports, edits...)
	if d.imported == nil {
		d.imported = map[*types.Package]string{}
	}
	d.imported[p] = p.Name()
	return p.Name(), nil
}

// mayImport tells whether the rule for internal packages and vendor folders lets
// one package import another.
func mayImport(from, path string) bool {
	if strings.Contains("/"+path+"/", "/vendor/") {
		return false
	}
	at := strings.LastIndex("/"+path+"/", "/internal/")
	if at < 0 {
		return true
	}
	root := strings.TrimSuffix(path[:max(at-1, 0)], "/")
	return root != "" && (from == root || strings.HasPrefix(from, root+"/"))
}

// shadowed is the name of a type of this package, or a predeclared one, in t that
// means something else at pos; "" for none.
func (d *declaration) shadowed(t types.Type, pos token.Pos) string {
	scope := d.pass.Pkg.Scope().Innermost(pos)
	if scope == nil {
		return ""
	}
	text := types.TypeString(t, func(p *types.Package) string {
		if p == d.pass.Pkg {
			return ""
		}
		return "\x00"
	})
	x, err := parseType(strings.ReplaceAll(text, "\x00.", "foreign__."))
	if err != nil {
		return ""
	}
	found := ""
	dst.Inspect(x, func(n dst.Node) bool {
		switch n := n.(type) {
		case *dst.SelectorExpr:
			return false
		case *dst.Field:
			if n.Type != nil {
				dst.Inspect(n.Type, func(m dst.Node) bool { return d.look(m, scope, pos, &found) })
			}
			return false
		default:
			return d.look(n, scope, pos, &found)
		}
	})
	return found
}

// look notes an identifier that is no type at pos.
func (d *declaration) look(n dst.Node, scope *types.Scope, pos token.Pos, found *string) bool {
	if _, sel := n.(*dst.SelectorExpr); sel {
		return false
	}
	id, ok := n.(*dst.Ident)
	if !ok || *found != "" {
		return true
	}
	if _, obj := scope.LookupParent(id.Name, pos); obj != nil {
		if _, isType := obj.(*types.TypeName); !isType {
			*found = id.Name
		}
	}
	return true
}
