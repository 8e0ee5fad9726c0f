// # seqloop
//
// A loop asks a peer about one item after another, and no answer is needed for the
// next question. A hundred items are a hundred round trips in a row, where eight at
// a time would take an eighth of the time.
//
// # Before
//
//	func addresses(ctx context.Context, hosts []string) (map[string][]string, error) {
//		found := map[string][]string{}
//		for _, host := range hosts {
//			addrs, err := net.DefaultResolver.LookupHost(ctx, host)
//			if err != nil {
//				return nil, fmt.Errorf("look up %s: %w", host, err)
//			}
//			found[host] = addrs
//		}
//		return found, nil
//	}
//
// # After
//
//	func addresses(ctx context.Context, hosts []string) (map[string][]string, error) {
//		found := map[string][]string{}
//		results, errs := make([][]string, len(hosts)), make([]error, len(hosts))
//		var wg sync.WaitGroup
//		var stop atomic.Bool
//		sem := make(chan struct{}, 8)
//		for i, host := range hosts {
//			sem <- struct{}{}
//			if stop.Load() { // an earlier item has failed
//				break
//			}
//			wg.Go(func() {
//				defer func() { <-sem }()
//				if results[i], errs[i] = net.DefaultResolver.LookupHost(ctx, host); errs[i] != nil {
//					stop.Store(true)
//				}
//			})
//		}
//		wg.Wait()
//		for i, host := range hosts {
//			addrs, err := results[i], errs[i]
//			if err != nil {
//				return nil, fmt.Errorf("look up %s: %w", host, err)
//			}
//			found[host] = addrs
//		}
//		return found, nil
//	}
//
// # What it finds
//
// A loop over a slice, an array, a map or a number, whose body may compute
// something and pass items over, then makes one call that waits for the network or
// for a process, or a chain of such calls, and then does something with the
// results: appends them, puts them in a map or at an index, adds them up, sets a
// field of the item, logs an error and goes on, or returns it. A look at ctx.Err()
// in front of a call goes along with the call, and an if around the rest of the body
// becomes one that passes the others over. Loops over channels
// and iterators are left alone: their end isn't known before it comes.
//
// # What it writes
//
// Each round has a place of its own for its results and its error. A semaphore
// bounds how many rounds run at once. Below the wait stands the loop as it was,
// with the call replaced by what it gave: so the order, the error that is returned,
// the results in front of it, sums of floats, nil slices and the order of the log
// stay as they were. Behind a failure that ends the loop no new round is started.
// The slot is taken before the flag is looked at, so that a round is never left out
// for the failure of one behind it.
//
// With --form errgroup, an errgroup.Group with a limit: the first error in time
// wins, and the other calls are cancelled; go.mod gains golang.org/x/sync where it
// doesn't require it. With --form pool, a fixed number of
// workers over a channel of indexes. The bound is chosen as unbounded chooses it.
//
// # When it is safe
//
// When it is proved that the calls only read, heed their context, don't panic, and
// that no round writes memory that another's call touches. Calls that change
// something are for review, where each names its item and nothing speaks of an
// order.
//
// # When it stays quiet
//
// When a round is cheap, or there is one at most. When each round makes the same
// call: it polls, tries again, or takes what comes next. When a lock is held, in
// transactions, in code that sleeps, limits its rate or says that it wants an
// order, where goroutines are started already, and in tests.
//
// # When it refuses
//
// When the loop ends once a round has found something. When one round leaves to the
// next what its call works with: a cursor, a budget, a set of what was seen. When
// the list may be in an order that matters, when a call gives something that has to
// be closed, when each round has a timeout of its own, and when the function
// recovers from panics. When the items are what a flag was given, which are one or
// two; when the peer is known to ask for one change at a time; and when a failure ends
// a loop that deletes. A first item on which the others depend is not taken apart
// from them: that is a variable that one round leaves to the next.

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
	Skips    []Skip         // of Prefix: what stands for an if around the rest
	Calls    []*LoopCall
	Rest     []ast.Stmt // behind the last call and its check
	Work     *effects.Region
	Limit    Limit
	Form     rule.Form     // what the rewrite has written
	Needs    string        // what go.mod gains for it; "" for nothing
	Safest   rule.Safety   // the weakest grade that a guard has given
	Changing *LoopCall     // may change something outside of the program; nil where all only read
	Late     ast.Node      // ends the loop on an error that is found behind the calls
	Lives    *LoopCall     // the loop goes on when it fails, also for the end of its context
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
		"A2", "A3", "A4", "A9", "A10", "B6", "B8", "B13", "B18", "B23", "C1", "C3", "D1", "D4", "D7", "E3", "E4", "E5", "F1", "G2", "H3", "H5", "J1", "J2", "J4",
	},
	Doc:  pageOf(seqLoopSource),
	Find: findSeqLoops,
	Guards: remembering([]rule.Guard[*SeqLoop]{
		{Name: "tests", Hazard: "C3", Check: notInTests},
		{Name: "pays", Hazard: "J1", Check: roundsPay},
		{Name: "typed", Hazard: "J1", Check: notTyped},
		{Name: "same-call", Hazard: "J4", Check: callsDiffer},
		{Name: "lock-held", Hazard: "D1", Check: loopUnlocked},
		{Name: "paced", Hazard: "E5", Check: ofRun(noPacing)},
		{Name: "thread", Hazard: "H5", Check: ofRun(ownThread)},
		{Name: "starts", Hazard: "D4", Check: nothingElseStarts},
		{Name: "session", Hazard: "H3", Check: ofRun(noSession)},
		{Name: "search", Hazard: "F1", Check: noSearch},
		{Name: "steps", Hazard: "G2", Check: noSteps},
		{Name: "reads", Hazard: "E3", Check: loopReads},
		{Name: "one-at-a-time", Hazard: "E5", Check: severalAtATime},
		{Name: "deletes", Hazard: "B6", Check: deletesNoMore},
		{Name: "own-timeout", Hazard: "B18", Check: noOwnTimeout},
		{Name: "carried", Hazard: "A10", Check: nothingCarried},
		{Name: "collected", Hazard: "A9", Check: collectsApart},
		{Name: "prefix", Hazard: "A2", Check: prefixComputes},
		{Name: "memory", Hazard: "A4", Check: roundsApart},
		{Name: "items", Hazard: "A3", Check: itemsApart},
		{Name: "left-open", Hazard: "B23", Check: nothingToClose},
		{Name: "panics", Hazard: "C1", Check: processStays},
		{Name: "connections", Hazard: "D7", Check: ofRun(enoughConnections)},
		{Name: "heeds", Hazard: "B8", Check: ofRun(contextsAreHeeded)},
		{Name: "after-failure", Hazard: "B6", Check: stopsOnFailure},
		{Name: "keeps-going", Hazard: "B13", Check: endsAtFailure},
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
		before := map[ast.Node]int{} // by the block they stand in
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
			block := c.Parent()
			if s.Label, _ = block.Node().(*ast.LabeledStmt); s.Label != nil {
				block = block.Parent()
			}
			s.survey(pass)
			if s.pays(pass) {
				before[block.Node()]++
			}
			s.Number = before[block.Node()]
			m := rule.Match[*SeqLoop]{
				Shape: s, File: s.File, Decl: s.Decl,
				Pos: s.Loop.Pos(), End: s.Loop.End(),
				Key: fmt.Sprintf("%s over %s", s.Main().Name(), types.ExprString(s.Head.Over)),
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
