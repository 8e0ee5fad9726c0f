package rule

import (
	"go/ast"
	"go/token"
)

// A Climb is what became of one match on its rule's ladder.
type Climb struct {
	Rule     *Rule
	Pos, End token.Pos
	File     *ast.File
	Decl     ast.Decl
	Verdicts []Verdict // of Rule.Guards from the first on; those behind were not asked
	Finding  *Finding  // nil: a guard kept the place quiet, or the rule panicked
}

// Outcome is what one guard said of a match, in the word that users read.
type Outcome string

// The outcomes.
const (
	Proved    Outcome = "proved"
	AssumedSo Outcome = "assumed"
	NotKnown  Outcome = "unknown"
	Refused   Outcome = "refused"
	Quieted   Outcome = "quiet"
	NoAnswer  Outcome = "no answer" // the guard said nothing: its hazard stays open
	NotAsked  Outcome = "not asked" // an earlier guard ended the climb
)
