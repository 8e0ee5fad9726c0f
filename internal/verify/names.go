package verify

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
)

// A Span is one edit as Resolves needs it: old bytes [Start, End) became Len
// bytes. (A type of our own, so that this room needs nothing but go/types.)
type Span struct{ Start, End, Len int }

// Resolves errs when a name outside the edited bytes no longer stands for what
// it stood for: edits holds, for each changed file, its edits sorted by Start.
//
// A patch that declares min in one file changes what min means in all of them, so
// it looks at the unchanged files too, unless the edits lie in function bodies,
// which no other file can see. Uses, Defs and Selections are compared. Implicits need no look of their own:
// a type switch's variable is compared where it is used, an import likewise.
func Resolves(old, new *Package, edits map[string][]Span) error {
	c := &comparison{old: old, new: new, edits: edits}
	local := onlyBodies(old, new, edits)
	for i, name := range old.Names {
		if local && old.Files[i] == new.Files[i] {
			continue
		}
		if err := c.file(i, name); err != nil {
			return err
		}
	}
	return nil
}

type comparison struct {
	old, new *Package
	edits    map[string][]Span
}

// onlyBodies tells whether all edits lie in bodies of functions and in imports,
// and no text that they put in ends such a body to declare something beside it.
func onlyBodies(old, new *Package, edits map[string][]Span) bool {
	for i, f := range old.Files {
		if f == new.Files[i] {
			continue
		}
		was, is := declarations(f), declarations(new.Files[i])
		if !slices.EqualFunc(was, is, sameHead) {
			return false
		}
		base := old.Fset.File(f.FileStart)
		for _, d := range was {
			end := d.End()
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				end = fn.Body.Lbrace
			}
			if place(edits[old.Names[i]], base.Offset(d.Pos()), base.Offset(end)) == inside {
				return false
			}
		}
	}
	return true
}

// declarations lists those of f but for its imports, which no other file can see.
func declarations(f *ast.File) []ast.Decl {
	return slices.DeleteFunc(slices.Clone(f.Decls), func(d ast.Decl) bool {
		g, ok := d.(*ast.GenDecl)
		return ok && g.Tok == token.IMPORT
	})
}

// sameHead tells whether a and b are functions of one name, or no functions. An
// edited receiver, signature or variable is found by its place.
func sameHead(a, b ast.Decl) bool {
	f, fn := a.(*ast.FuncDecl)
	g, gn := b.(*ast.FuncDecl)
	return fn == gn && (!fn || f.Name.Name == g.Name.Name)
}

// A name is one identifier with its place. sel is the selector that it ends, if any.
type name struct {
	id     *ast.Ident
	offset int
	sel    *ast.SelectorExpr
}

// file compares the names of file i.
func (c *comparison) file(i int, file string) error {
	was := names(c.old, c.old.Files[i])
	is := was
	if c.old.Files[i] != c.new.Files[i] {
		is = names(c.new, c.new.Files[i])
	}
	at := make(map[int]name, len(is))
	for _, n := range is {
		at[n.offset] = n
	}
	spans := c.edits[file]
	for _, n := range was {
		end := n.offset + len(n.id.Name)
		where := place(spans, n.offset, end)
		if where == inside {
			continue
		}
		offset := shift(spans, n.offset)
		m, ok := at[offset]
		if !ok || m.id.Name != n.id.Name {
			if where == touching {
				continue // the edit made it longer or shorter: it is a new name
			}
			return fmt.Errorf("%s: %s is no name any more", c.position(n), n.id.Name)
		}
		delete(at, offset)
		if err := c.compare(n, m); err != nil {
			return err
		}
	}
	return c.leftOver(file, was, at)
}

// leftOver errs when a name came to light that no edit wrote: text that was a
// comment or a string became code. A name right beside an edit may also be what
// is left of a longer one.
func (c *comparison) leftOver(file string, was []name, at map[int]name) error {
	back := turned(c.edits[file])
	shortened := func(n name) bool {
		start := shift(back, n.offset)
		end := start + len(n.id.Name)
		return slices.ContainsFunc(was, func(o name) bool { return o.offset < end && start < o.offset+len(o.id.Name) })
	}
	var fresh []name
	for _, n := range at {
		where := place(back, n.offset, n.offset+len(n.id.Name))
		if where == outside || where == touching && !shortened(n) {
			fresh = append(fresh, n)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	first := slices.MinFunc(fresh, func(a, b name) int { return cmp.Compare(a.offset, b.offset) })
	return fmt.Errorf("%s: %s was no name before", c.new.Fset.PositionFor(first.id.Pos(), false), first.id.Name)
}

// compare errs when n and m, one name before and after, stand for different things.
func (c *comparison) compare(n, m name) error {
	for _, side := range []struct{ was, is types.Object }{
		{c.old.Info.Uses[n.id], c.new.Info.Uses[m.id]},
		{c.old.Info.Defs[n.id], c.new.Info.Defs[m.id]},
	} {
		if !c.same(side.was, side.is) {
			return fmt.Errorf("%s: %s stood for %s and now stands for %s", c.position(n), n.id.Name, c.describe(c.old, side.was), c.describe(c.new, side.is))
		}
	}
	if n.sel == nil || m.sel == nil {
		return nil
	}
	was, is := c.old.Info.Selections[n.sel], c.new.Info.Selections[m.sel]
	if (was == nil) != (is == nil) || was != nil && (was.Kind() != is.Kind() || was.Indirect() != is.Indirect() || !slices.Equal(was.Index(), is.Index())) {
		return fmt.Errorf("%s: %s selects differently", c.position(n), n.id.Name)
	}
	return nil
}

// same tells whether was and is are one object: the same pointer, or of this
// package and declared at the same place.
func (c *comparison) same(was, is types.Object) bool {
	if was == nil || is == nil {
		return was == nil && is == nil
	}
	was, is = origin(was), origin(is)
	if was == is {
		return true
	}
	if a, ok := was.(*types.PkgName); ok {
		b, ok := is.(*types.PkgName)
		return ok && a.Imported() == b.Imported() // an edit may move the spec
	}
	if was.Pkg() != c.old.Types || is.Pkg() != c.new.Types {
		return foreign(was) == foreign(is) && was.Pkg() != c.old.Types && is.Pkg() != c.new.Types
	}
	if was.Name() != is.Name() || !sameKind(was, is) {
		return false
	}
	return c.samePlace(was, is)
}

// samePlace tells whether the declarations of two objects of this package
// correspond. One that was edited corresponds to what its edit declares under
// that name; where its edit declares no such name any more, the declaration has
// moved, and any edit may have taken it up.
func (c *comparison) samePlace(was, is types.Object) bool {
	a, b := c.old.Fset.PositionFor(was.Pos(), false), c.new.Fset.PositionFor(is.Pos(), false)
	if a.Filename != b.Filename {
		return false
	}
	spans := c.edits[a.Filename]
	end := a.Offset + len(was.Name())
	switch place(spans, a.Offset, end) {
	case outside:
		return shift(spans, a.Offset) == b.Offset
	case touching:
		if shift(spans, a.Offset) == b.Offset {
			return true
		}
	}
	after := turned(spans)
	i, j := spanAt(spans, a.Offset, end), spanAt(after, b.Offset, b.Offset+len(is.Name()))
	return j >= 0 && (i == j || !c.declares(a.Filename, after[i], is.Name()))
}

// declares tells whether the text that an edit put in declares name.
func (c *comparison) declares(file string, text Span, name string) bool {
	f := c.new.Files[slices.Index(c.new.Names, file)]
	for _, n := range names(c.new, f) {
		if n.id.Name == name && c.new.Info.Defs[n.id] != nil && text.Start <= n.offset && n.offset < text.End {
			return true
		}
	}
	return false
}

func (c *comparison) position(n name) token.Position {
	return c.old.Fset.PositionFor(n.id.Pos(), false)
}

func (c *comparison) describe(p *Package, o types.Object) string {
	if o == nil {
		return "nothing"
	}
	text := types.ObjectString(o, types.RelativeTo(p.Types))
	if o.Pkg() == p.Types && o.Pos().IsValid() {
		return fmt.Sprintf("%s of line %d", text, p.Fset.PositionFor(o.Pos(), false).Line)
	}
	return text
}

// names lists the identifiers of f in source order.
func names(p *Package, f *ast.File) []name {
	file := p.Fset.File(f.FileStart)
	var list []name
	selected := map[*ast.Ident]*ast.SelectorExpr{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			selected[n.Sel] = n
		case *ast.Ident:
			list = append(list, name{n, file.Offset(n.Pos()), selected[n]})
		}
		return true
	})
	slices.SortFunc(list, func(a, b name) int { return cmp.Compare(a.offset, b.offset) })
	return list
}

// origin undoes instantiation: one field or method of a generic type is one
// object however often the type is instantiated.
func origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Var:
		return o.Origin()
	case *types.Func:
		return o.Origin()
	}
	return o
}

// foreign names an object of another package, or of none.
func foreign(o types.Object) string {
	return types.ObjectString(o, func(p *types.Package) string { return p.Path() })
}

func sameKind(a, b types.Object) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }
