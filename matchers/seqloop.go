// # seqloop
//
// A loop asks for one thing after another, each answer independent of the last.
//
// # Before
//
//	func f() {}
//
// # After
//
//	func f() {}

package matchers

import (
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/types"
	"iter"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A SeqLoop is a loop whose rounds each make one call, or one chain of calls, that
// waits, and don't need each other.
type SeqLoop struct {
	Place
	Loop     ast.Stmt // *ast.RangeStmt or *ast.ForStmt
	Label    *ast.LabeledStmt
	Outer    []ast.Stmt // the loops around it, innermost first
	Head     LoopHead
	Block    *ast.BlockStmt // the loop's body
	Prefix   []ast.Stmt     // before the first call
	Calls    []*LoopCall
	Rest     []ast.Stmt // behind the last call and its check
	Work     *effects.Region
	Limit    Limit
	Form     rule.Form     // what the rewrite has written
	Safest   rule.Safety   // the weakest grade that a guard has given
	Changing *LoopCall     // may change something outside of the program; nil where all only read
	Late     ast.Node      // ends the loop on an error that is found behind the calls
	Tells    *ast.CallExpr // behind the calls, tells somebody outside something
	Held     *types.Var    // a result of which every round holds one, and did not before

	Number int // of those in the same list of statements that may get a patch, from 1
}

//go:embed seqloop.go
var seqLoopSource string

// SeqLoopRule finds loops whose rounds could wait side by side.
var SeqLoopRule = rule.Spec[*SeqLoop]{
	Name:    "seqloop",
	Summary: "a loop that waits for one independent call after another",
	Best:    rule.Safe,
	Kind:    rule.Refactor,
	Obligations: []string{
		"A2", "A3", "A4", "A9", "A10", "B6", "B8", "B18", "B23", "C1", "C3", "D1", "D4", "D7", "E3", "E4", "E5", "F1", "G2", "H3", "H5", "J1", "J2", "J4",
	},
	Doc:  pageOf(seqLoopSource),
	Find: findSeqLoops,
	Guards: remembering([]rule.Guard[*SeqLoop]{
		{Name: "tests", Hazard: "C3", Check: notInTests},
		{Name: "pays", Hazard: "J1", Check: roundsPay},
		{Name: "same-call", Hazard: "J4", Check: callsDiffer},
		{Name: "lock-held", Hazard: "D1", Check: loopUnlocked},
		{Name: "paced", Hazard: "E5", Check: ofRun(noPacing)},
		{Name: "thread", Hazard: "H5", Check: ofRun(ownThread)},
		{Name: "starts", Hazard: "D4", Check: nothingElseStarts},
		{Name: "session", Hazard: "H3", Check: ofRun(noSession)},
		{Name: "search", Hazard: "F1", Check: noSearch},
		{Name: "steps", Hazard: "G2", Check: noSteps},
		{Name: "reads", Hazard: "E3", Check: loopReads},
		{Name: "carried", Hazard: "A10", Check: nothingCarried},
		{Name: "collected", Hazard: "A9", Check: collectsApart},
		{Name: "prefix", Hazard: "A2", Check: prefixComputes},
		{Name: "own-timeout", Hazard: "B18", Check: noOwnTimeout},
		{Name: "memory", Hazard: "A4", Check: roundsApart},
		{Name: "items", Hazard: "A3", Check: itemsApart},
		{Name: "left-open", Hazard: "B23", Check: nothingToClose},
		{Name: "panics", Hazard: "C1", Check: ofRun(panicsStay)},
		{Name: "connections", Hazard: "D7", Check: ofRun(enoughConnections)},
		{Name: "heeds", Hazard: "B8", Check: ofRun(contextsAreHeeded)},
		{Name: "after-failure", Hazard: "B6", Check: stopsOnFailure},
		{Name: "output", Hazard: "E4", Check: outputComesLater},
		{Name: "held-at-once", Hazard: "J2", Check: resultsFit},
	}),
	Message: seqLoopMessage,
	Changes: seqLoopChanges,
}

// findSeqLoops yields every loop whose rounds can be numbered, and that can be cut
// into calls and what is done with their results.
func findSeqLoops(pass *rule.Pass) iter.Seq[rule.Match[*SeqLoop]] {
	return func(yield func(rule.Match[*SeqLoop]) bool) {
		for c := range pass.Syntax().Preorder((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
			s := &SeqLoop{Loop: c.Node().(ast.Stmt), Safest: rule.Safe}
			var ok bool
			if s.Place, s.Outer, ok = placeOf(c); !ok {
				continue
			}
			s.Outer = s.Outer[1:]
			if s.Head, ok = loopHeadOf(pass.Info, s.Loop); !ok {
				continue
			}
			s.Block = bodyOf(s.Loop).(*ast.BlockStmt)
			if !s.split(pass) {
				continue
			}
			s.Label, _ = c.Parent().Node().(*ast.LabeledStmt)
			s.survey(pass)
			m := rule.Match[*SeqLoop]{
				Shape: s, File: s.File, Decl: s.Decl,
				Pos: s.Loop.Pos(), End: s.Loop.End(),
				Key: fmt.Sprintf("%s over %s", s.Calls[0].Name(), types.ExprString(s.Head.Over)),
			}
			if !yield(m) {
				return
			}
		}
	}
}

// survey joins what the calls do.
func (s *SeqLoop) survey(pass *rule.Pass) {
	for _, c := range s.Calls {
		c.Reads, c.Writes = readOf(pass, c.Call)
		s.findFills(pass, c)
	}
	moved := &ast.BlockStmt{Lbrace: s.Block.Lbrace, Rbrace: s.Block.Rbrace}
	for _, c := range s.Calls {
		moved.List = append(moved.List, &ast.ExprStmt{X: c.Call})
	}
	s.Work = pass.Effects.Region(moved)
	s.Limit = chooseLimit(pass, s.Place, s.Work, s.Loop.Pos())
}
