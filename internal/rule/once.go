package rule

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
)

// Once gives what find finds in the package of the pass, and asks it only once. key
// is of a type of its own, as for a context's values.
func Once[T any](p *Pass, key any, find func(*Pass) T) T {
	if v, ok := p.once[key]; ok {
		return v.(T)
	}
	v := find(p)
	if p.once == nil {
		p.once = map[any]any{}
	}
	p.once[key] = v
	return v
}

type (
	sessionsKey struct{}
	declsKey    struct{}
)

// Sessions are the transactions and sessions that the effects' table knows of, of
// all packages that Pkg imports, directly or not, in the table's order.
func (p *Pass) Sessions() []*types.Named {
	return Once(p, sessionsKey{}, func(p *Pass) []*types.Named { return effects.Sessions(p.Pkg) })
}

// decls are the cursors of all declarations of Files, by their position.
func (p *Pass) decls() []inspector.Cursor {
	return Once(p, declsKey{}, func(p *Pass) (list []inspector.Cursor) {
		for f := range p.Syntax().Children() {
			for c := range f.Children() {
				if _, ok := c.Node().(ast.Decl); ok {
					list = append(list, c)
				}
			}
		}
		slices.SortFunc(list, func(a, b inspector.Cursor) int { return cmp.Compare(a.Node().Pos(), b.Node().Pos()) })
		return list
	})
}

// declAt is the cursor of the declaration that a place lies in.
func (p *Pass) declAt(pos token.Pos) (inspector.Cursor, bool) {
	list := p.decls()
	i, found := slices.BinarySearchFunc(list, pos, func(c inspector.Cursor, pos token.Pos) int { return cmp.Compare(c.Node().Pos(), pos) })
	if !found {
		i--
	}
	if i < 0 || pos >= list[i].Node().End() {
		return inspector.Cursor{}, false
	}
	return list[i], true
}

// FindNode is the cursor of a node that is a declaration of Files or lies in one. It
// looks there only, where inspector's own method would look through all files.
func (p *Pass) FindNode(n ast.Node) (inspector.Cursor, bool) {
	c, ok := p.declAt(n.Pos())
	if !ok || c.Node() == n {
		return c, ok
	}
	return c.FindNode(n)
}

// DeclsAt gives the declarations that hold any of the places.
func (p *Pass) DeclsAt(places []token.Pos) map[ast.Decl]bool {
	set := map[ast.Decl]bool{}
	for _, pos := range places {
		if c, ok := p.declAt(pos); ok {
			set[c.Node().(ast.Decl)] = true
		}
	}
	return set
}
