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
		switch {
		case len(list) == 1:
			f.diff = r.unified(f.Patch, t.texts)
			continue
		case r.mayOrphan(f.Patch, uses):
			if own, err := r.try(f.Patch); err == nil {
				f.diff = r.unified(f.Patch, own.texts)
				continue
			}
		}
		f.diff = f.Patch.Unified(r.rel)
	}
}

// unified is the diff from what p was made for to the texts that came out.
func (r *run) unified(p *patch.Patch, texts map[string][]byte) string {
	var w strings.Builder
	for _, f := range p.Files {
		w.WriteString(patch.Unified(r.rel(f.Name), f.Old, texts[f.Name]))
	}
	return w.String()
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
