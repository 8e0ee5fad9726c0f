package rewrites

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/dave/dst"
	"github.com/dave/dst/dstutil"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// DeadCtx gives what stands behind Wait the context that the group was made
// from. Where the group's context had taken its name, that one gets another:
//
//	g, ctx := errgroup.WithContext(ctx)
//	g.Go(func() error { return fetch(ctx) })
//	if err := g.Wait(); err != nil {
//		return err
//	}
//	return store(ctx)
//	=>
//	g, gctx := errgroup.WithContext(ctx)
//	g.Go(func() error { return fetch(gctx) })
//	if err := g.Wait(); err != nil {
//		return err
//	}
//	return store(ctx)
//
// and where it had its own:
//
//	return store(gctx)
//	=>
//	return store(ctx)
func DeadCtx(pass *rule.Pass, s *matchers.DeadCtx) (*patch.Patch, error) {
	title := "Use " + s.Outer + " behind " + s.Group.Name() + ".Wait"
	if s.Move != nil {
		title = "Make " + s.Group.Name() + " anew in each round"
	}
	p, err := inDecl(pass, s.File, s.Decl, title, func(d *declaration) error {
		if s.Move != nil {
			return d.moveGroup(s)
		}
		if err := d.replaceAll(s.Replace, s.Outer); err != nil {
			return err
		}
		return d.nameGroupCtx(s)
	})
	if err != nil {
		return nil, err
	}
	turned(pass, &p.Files[0], s.Turned)
	return p, nil
}

// replaceAll writes an expression in the place of names.
func (d *declaration) replaceAll(names []*ast.Ident, source string) error {
	for _, id := range names {
		old, err := node[*dst.Ident](d, id)
		if err != nil {
			return err
		}
		x, err := parseExpr(source)
		if err != nil {
			return err
		}
		*x.Decorations() = *old.Decorations()
		dstutil.Apply(d.tree, func(c *dstutil.Cursor) bool {
			if c.Node() == dst.Node(old) {
				c.Replace(x)
				return false
			}
			return true
		}, nil)
	}
	return nil
}

// nameGroupCtx gives the group's context a name of its own, or none where
// nothing uses it any more.
func (d *declaration) nameGroupCtx(s *matchers.DeadCtx) error {
	name := "_"
	switch {
	case !s.Unused && !s.Rename:
		return nil
	case !s.Unused:
		name = d.fresh(s.Names()...)
	}
	for _, id := range append([]*ast.Ident{s.Name}, s.Renamed...) {
		n, err := node[*dst.Ident](d, id)
		if err != nil {
			return err
		}
		n.Name = name
	}
	if a, ok := s.Made.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN && !s.Unused {
		made, err := node[*dst.AssignStmt](d, a)
		if err != nil {
			return err
		}
		made.Tok = token.DEFINE
	}
	return nil
}

// moveGroup makes the group in the loop that waits for it, instead of above:
//
//	g, ctx := errgroup.WithContext(ctx)
//	for _, p := range phases {
//		g.Go(...)
//	=>
//	for _, p := range phases {
//		g, ctx := errgroup.WithContext(ctx)
//		g.Go(...)
func (d *declaration) moveGroup(s *matchers.DeadCtx) error {
	before, err := node[dst.Stmt](d, s.Move.Before)
	if err != nil {
		return err
	}
	var moved []dst.Stmt
	for _, st := range s.Move.Stmts {
		n, err := node[dst.Stmt](d, st)
		if err != nil {
			return err
		}
		list, at := d.list(n)
		if at < 0 {
			return refuse("F13", "the statement that makes the group can't be found in the printed declaration")
		}
		// What comes behind moves up to where it stood. There is always a loop.
		(*list)[at+1].Decorations().Before = n.Decorations().Before
		*list = slices.Delete(*list, at, at+1)
		moved = append(moved, n)
	}
	apart := before.Decorations().Before
	if err := d.insertBefore(before, moved...); err != nil {
		return err
	}
	if len(before.Decorations().Start) > 0 { // its comment doesn't speak of the group
		before.Decorations().Before = apart
	}
	return nil
}

// turned adds edits that write some names as they stand: their letters stay, and
// they come to mean another variable, on purpose. All other names are still held
// to what they meant.
func turned(pass *rule.Pass, f *patch.File, names []*ast.Ident) {
	for _, id := range names {
		start := pass.Fset.PositionFor(id.Pos(), false).Offset
		end := start + len(id.Name)
		if slices.ContainsFunc(f.Edits, func(e patch.Edit) bool { return e.Start <= start && end <= e.End }) {
			continue
		}
		f.Edits = append(f.Edits, patch.Edit{Start: start, End: end, New: id.Name})
	}
	slices.SortStableFunc(f.Edits, func(a, b patch.Edit) int { return a.Start - b.Start })
}
