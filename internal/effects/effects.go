// Package effects says what calling a function may do: whether it blocks and on
// what, whether it ends, whether it waits for other goroutines. Rules ask an
// Oracle; "unknown" is the zero value of every answer.
package effects

import (
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// A Summary is what calling one function may do. It is the only fact that
// travels between packages, so it is complete in itself.
type Summary struct{}

// AFact marks Summary as a fact of go/analysis.
func (*Summary) AFact() {}

// An Oracle answers for the functions that one package declares or calls.
type Oracle struct{ of map[*types.Func]Summary }

// Compute summarises every function that the package of pass declares, exports
// the summaries as facts, and returns the oracle that rules ask.
func Compute(pass *analysis.Pass) *Oracle { return &Oracle{} }
