package rule

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"

	"github.com/goherd/goherd/internal/effects"
)

// Form is the target form of a rewrite, as the user chose it.
type Form string

// The forms of CLI flag --form.
const (
	FormAuto     Form = "auto"
	FormOrdered  Form = "ordered"
	FormErrgroup Form = "errgroup"
	FormPool     Form = "pool"
)

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
	Options Options

	// ReadFile gives the bytes that the package was parsed from; it errs when the
	// file has changed since.
	ReadFile func(name string) ([]byte, error)

	// Off names one guard as "rule/guard" that answers "holds" whatever it sees.
	// The harness switches guards off one by one to prove that each is alive.
	Off string
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

// IsTest tells whether f is a test file.
func (p *Pass) IsTest(f *ast.File) bool {
	name := p.Fset.PositionFor(f.Pos(), false).Filename
	return len(name) > len("_test.go") && name[len(name)-len("_test.go"):] == "_test.go"
}
