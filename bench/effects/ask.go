package main

import (
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
)

// An asker answers for the functions of one package.
type asker struct {
	pkg     *types.Package
	effects *effects.Oracle
}

// ask computes the summaries of the package of pass, and exports them as facts.
func ask(pass *analysis.Pass) *asker {
	return &asker{pass.Pkg, effects.Compute(pass)}
}

func nameOf(fn *types.Func) string { return effects.Name(fn, fn.Pkg()) }

// of says what is known of fn, in the words of golden.txt and in goherd's own.
func (a *asker) of(fn *types.Func) (*said, []string) {
	s := a.effects.Of(fn)
	out := &said{Waits: s.Block.String(), Opaque: s.Opaque, Surely: "unknown", Verb: "unknown", Panics: "unknown", Exits: "unknown", Spawns: "unknown", Ctx: "unknown", Open: "unknown"}
	return out, []string{s.String()}
}
