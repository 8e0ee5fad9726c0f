package rule

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/memory"
)

// Form is the target form of a rewrite, as the user chose it.
type Form string

// The forms of the flag --form.
const (
	FormAuto     Form = "auto"     // what fits the code that is there
	FormOrdered  Form = "ordered"  // sync.WaitGroup; errors are looked at in the order of the code
	FormErrgroup Form = "errgroup" // golang.org/x/sync/errgroup; the first error in time wins
	FormPool     Form = "pool"     // a fixed number of workers over a channel
)

// FormNames are the forms that a rule of today can write.
func FormNames() []string {
	return []string{string(FormAuto), string(FormOrdered), string(FormErrgroup), string(FormPool)}
}

// Options are what the user may choose about every rewrite.
type Options struct {
	Limit int  // the bound written into a fan-out; 0: the rule chooses
	Form  Form // "" means FormAuto
}

// A Pass is one package with its syntax and types: what a matcher may look at.
type Pass struct {
	Fset    *token.FileSet
	Files   []*ast.File // those that may be reported on, in the order of the load
	Pkg     *types.Package
	Info    *types.Info
	Effects *effects.Oracle
	Memory  *memory.Oracle // computes only what a rule asks for
	Options Options

	// ReadFile gives the bytes that the package was parsed from; it errs when the
	// file has changed since.
	ReadFile func(name string) ([]byte, error)

	// Off names one guard as "rule/guard" that answers "holds" whatever it sees.
	// The harness switches guards off one by one to prove that each is alive.
	Off string

	// Trace, where set, is told how each match climbed its rule's ladder.
	Trace func(*Climb)

	// At is the match whose guards or rewrite are at work, for a report of a
	// panic; token.NoPos between matches.
	At token.Pos

	syntax *inspector.Inspector
	once   map[any]any
}

// Syntax is the root over Files, for walks that need a node's surroundings. It
// is built once for all rules of the pass.
func (p *Pass) Syntax() inspector.Cursor {
	if p.syntax == nil {
		p.syntax = inspector.New(p.Files)
	}
	return p.syntax.Root()
}

// AtLeast tells whether f is compiled with language version v ("go1.22") or a
// later one. Files of one package can differ (a //go:build line decides), and an
// unknown version counts as too old.
func (p *Pass) AtLeast(f *ast.File, v string) bool {
	have := p.Info.FileVersions[f]
	if have == "" {
		have = p.Pkg.GoVersion()
	}
	return have != "" && version.Compare(have, v) >= 0
}

// IsTest tells whether f is a test file, or one that tests are made of: it
// imports testing.
func (p *Pass) IsTest(f *ast.File) bool {
	for _, spec := range f.Imports {
		if spec.Path.Value == `"testing"` {
			return true
		}
	}
	return strings.HasSuffix(p.Fset.PositionFor(f.Pos(), false).Filename, "_test.go")
}

// Line is the line of pos in its own file, whatever //line says.
func (p *Pass) Line(pos token.Pos) int { return p.Fset.PositionFor(pos, false).Line }
