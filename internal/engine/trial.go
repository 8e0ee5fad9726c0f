package engine

import (
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/trial"
	"github.com/goherd/goherd/internal/verify"
)

// A tried is some patches applied together, in memory, and found good.
type tried struct {
	texts map[string][]byte         // every changed file, as it came out
	pkgs  map[*unit]*verify.Package // every unit that holds one of them, type-checked anew
}

// try checks patches together, in every unit that holds one of their files.
func (r *run) try(patches ...*patch.Patch) (*tried, error) {
	files := map[string][]byte{}
	for _, p := range patches {
		for name := range names(p) {
			files[name] = nil
		}
	}
	units := r.holding(files)
	pkgs := make([]*verify.Package, len(units))
	for i, u := range units {
		pkgs[i] = u.pkg
	}
	t, err := trial.Try(pkgs, !r.last, patches...)
	if err != nil {
		return nil, err
	}
	out := &tried{texts: t.Texts, pkgs: map[*unit]*verify.Package{}}
	for i, u := range units {
		out.pkgs[u] = t.Packages[i]
	}
	return out, nil
}
