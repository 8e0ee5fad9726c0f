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
	Loop   ast.Stmt // *ast.RangeStmt or *ast.ForStmt
	Label  *ast.LabeledStmt
	Outer  []ast.Stmt // the loops around it, innermost first
	Head   LoopHead
	Block  *ast.BlockStmt // the loop's body
	Prefix []ast.Stmt     // before the first call
	Calls  []*LoopCall
	Rest   []ast.Stmt // behind the last call and its check
	Work   *effects.Region
	Limit  Limit
}

//go:embed seqloop.go
var seqLoopSource string

// SeqLoopRule finds loops whose rounds could wait side by side.
var SeqLoopRule = rule.Spec[*SeqLoop]{
	Name:        "seqloop",
	Summary:     "a loop that waits for one independent call after another",
	Best:        rule.Safe,
	Kind:        rule.Refactor,
	Obligations: []string{"J1"},
	Doc:         pageOf(seqLoopSource),
	Find:        findSeqLoops,
	Guards: []rule.Guard[*SeqLoop]{
		{Name: "pays", Hazard: "J1", Check: roundsPay},
	},
	Message: seqLoopMessage,
	Changes: seqLoopChanges,
}

// findSeqLoops yields every loop whose rounds can be numbered, and that can be cut
// into calls and what is done with their results.
func findSeqLoops(pass *rule.Pass) iter.Seq[rule.Match[*SeqLoop]] {
	return func(yield func(rule.Match[*SeqLoop]) bool) {
		for c := range pass.Syntax().Preorder((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
			s := &SeqLoop{Loop: c.Node().(ast.Stmt)}
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
	moved := &ast.BlockStmt{Lbrace: s.Block.Lbrace, Rbrace: s.Block.Rbrace}
	for _, c := range s.Calls {
		moved.List = append(moved.List, &ast.ExprStmt{X: c.Call})
	}
	s.Work = pass.Effects.Region(moved)
	s.Limit = chooseLimit(pass, s.Place, s.Work, s.Loop.Pos())
}

func seqLoopMessage(pass *rule.Pass, s *SeqLoop) string {
	return fmt.Sprintf("%s waits for each of %s in turn, and no round needs another", s.Calls[0].Name(), types.ExprString(s.Head.Over))
}

func seqLoopChanges(pass *rule.Pass, s *SeqLoop) []string { return nil }

func roundsPay(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	return rule.Assumed(s.Loop.Pos(), "todo")
}
