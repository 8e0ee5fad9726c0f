package goherd

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

// A Trace is what one package's analysis looked at, kept for explanations.
type Trace struct {
	Looks   []*Look // every match of every rule, in the order of the rules
	Ignores []Ignore

	fset    *token.FileSet
	info    *types.Info
	pkg     *types.Package
	effects *effects.Oracle
	memory  *memory.Oracle
}

// A Look is one match: how it climbed its ladder, and what came of it after that.
type Look struct {
	*rule.Climb
	IgnoredBy  token.Pos     // the directive that silenced its finding
	OutruledBy *rule.Finding // the finding that speaks of the same statements instead
}

// An Ignore is one directive: which rule it silences, and where.
type Ignore struct {
	Pos  token.Pos
	Rule string // "": every rule
	File *ast.File
	Decl ast.Decl // the declaration that it covers whole, or nil
	Line int      // else the line that it covers
}

func newTrace(p *rule.Pass) *Trace {
	t := &Trace{fset: p.Fset, info: p.Info, pkg: p.Pkg, effects: p.Effects, memory: p.Memory}
	p.Trace = func(c *rule.Climb) { t.Looks = append(t.Looks, &Look{Climb: c}) }
	return t
}

// judge says what became of each finding behind its ladder: kept are those that
// no directive silenced, heard those that came out.
func (t *Trace) judge(pass *analysis.Pass, directives []*directive, kept, heard []*rule.Finding) {
	for _, d := range directives {
		t.Ignores = append(t.Ignores, Ignore{d.pos, d.rule, d.file, d.decl, d.line})
	}
	for _, l := range t.Looks {
		f := l.Finding
		switch {
		case f == nil || slices.Contains(heard, f):
		case !slices.Contains(kept, f):
			i := slices.IndexFunc(directives, func(d *directive) bool { return d.covers(pass, f) })
			l.IgnoredBy = directives[i].pos
		default:
			i := slices.IndexFunc(heard, func(h *rule.Finding) bool { return outrules(h, f) })
			l.OutruledBy = heard[i]
		}
	}
}
