package rewrites

import (
	"go/token"
	"go/types"
	"strings"

	"github.com/dave/dst"
	"github.com/dave/dst/decorator"

	"github.com/goherd/goherd/matchers"
)

// parseExpr reads Go source as an expression of the tree.
func parseExpr(source string) (dst.Expr, error) {
	f, err := decorator.ParseFile(token.NewFileSet(), "", "package p\nvar _ = "+source, 0)
	if err != nil {
		return nil, err
	}
	return f.Decls[0].(*dst.GenDecl).Specs[0].(*dst.ValueSpec).Values[0], nil
}

// parseType reads Go source as a type.
func parseType(source string) (dst.Expr, error) {
	f, err := decorator.ParseFile(token.NewFileSet(), "", "package p\nvar _ "+source, 0)
	if err != nil {
		return nil, err
	}
	return f.Decls[0].(*dst.GenDecl).Specs[0].(*dst.ValueSpec).Type, nil
}

// typeExpr writes a type as this file would, and refuses where it has no name
// here (hazard F3).
func (d *declaration) typeExpr(t types.Type) (dst.Expr, error) {
	missing := ""
	source := types.TypeString(t, func(p *types.Package) string {
		if p == d.pass.Pkg {
			return ""
		}
		for _, spec := range d.file.Imports {
			if name := d.pass.Info.PkgNameOf(spec); name != nil && name.Imported() == p {
				return name.Name()
			}
		}
		missing = p.Path()
		return p.Name()
	})
	if missing != "" {
		return nil, refuse("F3", "the new code would have to name a type of %q, which this file doesn't import", missing)
	}
	return parseType(source)
}

// bound writes the number of the limit as it stands at hand.
func (d *declaration) bound(l matchers.Limit, at token.Pos) (dst.Expr, error) {
	source := l.Expr
	if l.Import != "" {
		name, err := d.use(l.Import, l.Import, at)
		if err != nil {
			return nil, err
		}
		source = name + strings.TrimPrefix(source, l.Import)
	}
	if l.Convert && d.taken("int") {
		return nil, refuse("F4", "int means something else here, and %s has to be converted", l.Expr)
	}
	x, err := parseExpr(source)
	if err == nil && l.Convert {
		x = call(ident("int"), x)
	}
	return x, err
}

// room writes the number of slots. A setting may be 0 or less, with which a
// semaphore would wait for ever: then it is goherd's default.
//
//	limit := s.cfg.Concurrency
//	if limit < 1 {
//		limit = 8
//	}
func (d *declaration) room(l matchers.Limit, at token.Pos) (dst.Expr, []dst.Stmt, error) {
	x, err := d.bound(l, at)
	if err != nil || !l.MayBeZero {
		return x, nil, err
	}
	name := d.fresh("limit")
	return ident(name), []dst.Stmt{
		define(name, x),
		&dst.IfStmt{
			Cond: &dst.BinaryExpr{X: ident(name), Op: token.LSS, Y: number("1")},
			Body: &dst.BlockStmt{List: []dst.Stmt{&dst.AssignStmt{
				Lhs: []dst.Expr{ident(name)}, Tok: token.ASSIGN, Rhs: []dst.Expr{number(matchers.DefaultLimit)},
			}}},
		},
	}, nil
}

// taken tells whether a predeclared name means something else in the file.
func (d *declaration) taken(name string) bool {
	obj := d.visible(name)
	return obj == nil || obj.Parent() != types.Universe || usedAsName(d, name)
}

func usedAsName(d *declaration, name string) bool {
	for id := range d.pass.Info.Defs {
		if id.Name == name && d.decl.Pos() <= id.Pos() && id.Pos() < d.decl.End() {
			return true
		}
	}
	return false
}
