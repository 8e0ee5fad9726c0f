package engine

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/patch"
)

// show fills in the diff of each finding alone, after they were checked together.
// One that takes the last use of an import away is tried alone: its own diff has
// to remove the import, even if another finding goes on using it.
func (r *run) show(list []*finding, t *tried) {
	uses := packageUses{}
	for _, f := range list {
		texts := map[string][]byte(nil) // what the patch alone makes of its files
		switch {
		case len(list) == 1:
			texts = t.texts
		case r.mayOrphan(f.Patch, uses):
			if own, err := r.try(f.Patch); err == nil {
				texts = own.texts
			}
		}
		f.diff, f.fix = r.alone(f.Patch, texts)
	}
}

// alone is the diff from what p was made for to texts, and the edits of whole
// lines that do the same. Without texts, it is to what p makes of its files.
func (r *run) alone(p *patch.Patch, texts map[string][]byte) (diff string, fix []patch.File) {
	var w strings.Builder
	for _, f := range p.Files {
		name, text := r.rel(f.Name), texts[f.Name]
		if texts == nil {
			var err error
			if text, err = f.Apply(); err != nil {
				return p.Unified(r.rel), nil // which says so
			}
		}
		w.WriteString(patch.Unified(name, f.Old, text))
		fix = append(fix, patch.File{Name: name, Old: f.Old, Edits: patch.Lines(f.Old, text, 0)})
	}
	return w.String(), fix
}

// packageUses remembers for each file where it uses which import.
type packageUses map[string]map[types.Object][]int

func (p packageUses) of(u *unit, name string) map[types.Object][]int {
	if known, ok := p[name]; ok {
		return known
	}
	file := u.pkg.Files[slices.Index(u.pkg.Names, name)]
	base := u.pkg.Fset.File(file.FileStart)
	at := map[types.Object][]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if imp, ok := u.pkg.Info.Uses[id].(*types.PkgName); ok {
				at[imp] = append(at[imp], base.Offset(id.Pos()))
			}
		}
		return true
	})
	p[name] = at
	return at
}

// mayOrphan tells whether p edits every use that its file makes of some import.
func (r *run) mayOrphan(p *patch.Patch, uses packageUses) bool {
	for _, f := range p.Files {
		if r.owners[f.Name] == nil { // go.mod or go.sum
			continue
		}
		stays := func(at int) bool {
			return !slices.ContainsFunc(f.Edits, func(e patch.Edit) bool { return e.Start <= at && at < e.End })
		}
		for _, offsets := range uses.of(r.owners[f.Name], f.Name) {
			if !slices.ContainsFunc(offsets, stays) {
				return true
			}
		}
	}
	return false
}
