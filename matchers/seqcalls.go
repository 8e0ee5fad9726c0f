// # seqcalls
//
// Calls that wait for something outside of the program stand one behind the
// other, though none needs what the others give: three round trips where one
// would do. A group makes them at the same time.
//
// # Before
//
//	func (s *Pages) Load(ctx context.Context, id string) (*Page, error) {
//		user, err := s.users.GetUser(ctx, id)
//		if err != nil {
//			return nil, fmt.Errorf("user: %w", err)
//		}
//		orders, err := s.orders.ListOrders(ctx, id)
//		if err != nil {
//			return nil, fmt.Errorf("orders: %w", err)
//		}
//		return &Page{User: user, Orders: orders}, nil
//	}
//
// # After
//
//	func (s *Pages) Load(ctx context.Context, id string) (*Page, error) {
//		var (
//			wg                 sync.WaitGroup
//			user               *User
//			orders             []Order
//			userErr, ordersErr error
//		)
//		wg.Go(func() { user, userErr = s.users.GetUser(ctx, id) })
//		wg.Go(func() { orders, ordersErr = s.orders.ListOrders(ctx, id) })
//		wg.Wait()
//		if err := userErr; err != nil {
//			return nil, fmt.Errorf("user: %w", err)
//		}
//		if err := ordersErr; err != nil {
//			return nil, fmt.Errorf("orders: %w", err)
//		}
//		return &Page{User: user, Orders: orders}, nil
//	}
//
// # What it finds
//
// Two or more calls in one list of statements that each wait for the network or
// for a process, that only read, and of which some don't need the others. They
// need not touch: what stands between them stays, below the group, or goes above
// it where it only declares a variable that a call needs. Calls that need one
// another become a chain in one goroutine, beside the others; a call that needs
// two chains follows the group; a call in an `if` is started under the same
// condition.
//
// A call reads where goherd's table, its body or a constant (a SELECT, the method
// GET) says so. Of an interface or a client in another module, a name like Get or
// List is taken for it, and the finding is for review.
//
// # What it writes
//
// Each call has its own variables and its own error. The checks of the errors
// keep their text and their order and come behind Wait, so that the error which
// was returned before is the one which is returned now. With --form errgroup, an
// errgroup.Group with a context: the first error in time wins, and the other
// calls are cancelled. Where nothing requires golang.org/x/sync yet, that form, when
// it is asked for, adds it to go.mod and go.sum, with the newest version that the
// go line allows and the module cache holds; or the finding says what to run.
//
// # When it is safe
//
// In the ordered form, when it is proved that the calls only read, heed their
// context, don't panic, and share no memory that one of them writes; and when no
// call with the context comes later than it did: in a handler, by a defer, in the
// next round of a loop that goes on, or between the calls.
//
// # When it stays quiet
//
// When a call writes or may write. When a call's only result is an error and its
// name says that it decides whether anything else may be done (Check, Validate,
// Authorize). In transactions and sessions, while a lock is held, in code that
// sleeps or limits its rate or says that it wants an order, and in tests.
//
// # When it refuses
//
// When the function recovers from panics. When a call gives something that has to
// be closed, and an earlier one may fail. When two calls ask the same question,
// so that the second could be answered by a cache. When a type has no name here.

package matchers

import (
	_ "embed" // this file, for its page
	"go/ast"
	"go/token"
	"iter"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A SeqCalls is a run of statements with calls that could be made at the same
// time.
type SeqCalls struct {
	Place
	Loops  []ast.Stmt  // around the list, in its function, innermost first
	List   []ast.Stmt  // the statement list
	From   int         // index of the statement that the group takes the place of
	To     int         // index behind the last statement of the last launched member
	Calls  []*Launched // in the order of the text
	Chains int         // how many goroutines; Launched.Chain numbers them in the order of the text
	Hoist  []ast.Stmt  // what goes above the group
	run    []item
	Safest rule.Safety // the weakest grade that a guard has given
	Form   rule.Form   // what the rewrite has written: ordered or errgroup
	Needs  string      // what go.mod gains for it; "" for nothing
}

//go:embed seqcalls.go
var seqCallsSource string

// SeqCallsRule finds calls in a row that don't need each other.
var SeqCallsRule = rule.Spec[*SeqCalls]{
	Name:        "seqcalls",
	Summary:     "calls in a row that wait, and don't need each other",
	Best:        rule.Safe,
	Kind:        rule.Refactor,
	Obligations: []string{"A2", "A4", "B1", "B8", "B9", "B23", "C1", "D1", "D7", "E3", "E5", "H3", "H5", "J1", "J4"},
	Doc:         pageOf(seqCallsSource),
	Find:        findSeqCalls,
	Guards: []rule.Guard[*SeqCalls]{
		{Name: "pays", Hazard: "J1", Check: noting(groupPays)},
		{Name: "session", Hazard: "H3", Check: noting(noSession)},
		{Name: "decides", Hazard: "B1", Check: noting(nothingDecides)},
		{Name: "lock-held", Hazard: "D1", Check: noting(callsUnderNoLock)},
		{Name: "paced", Hazard: "E5", Check: noting(noPacing)},
		{Name: "thread", Hazard: "H5", Check: noting(ownThread)},
		{Name: "reads", Hazard: "E3", Check: noting(onlyReads)},
		{Name: "operands", Hazard: "A2", Check: noting(operandsOnlyLook)},
		{Name: "memory", Hazard: "A4", Check: noting(memoryApart)},
		{Name: "handler", Hazard: "B9", Check: noting(handlersWait)},
		{Name: "left-open", Hazard: "B23", Check: noting(nothingLeftOpen)},
		{Name: "same-question", Hazard: "J4", Check: noting(noSameQuestion)},
		{Name: "connections", Hazard: "D7", Check: noting(enoughConnections)},
		{Name: "panics", Hazard: "C1", Check: noting(panicsStay)},
		{Name: "heeds", Hazard: "B8", Check: noting(contextsAreHeeded)},
	},
	Message: seqCallsMessage,
	Changes: seqCallsChanges,
	Gain:    seqCallsGain,
}

// findSeqCalls yields the runs of each statement list, outside of tests. Where a
// list has none without doubts, it yields those that have.
func findSeqCalls(pass *rule.Pass) iter.Seq[rule.Match[*SeqCalls]] {
	return func(yield func(rule.Match[*SeqCalls]) bool) {
		for c := range pass.Syntax().Preorder((*ast.BlockStmt)(nil), (*ast.CaseClause)(nil), (*ast.CommClause)(nil)) {
			list := statementsOf(c.Node())
			if len(list) < 2 {
				continue
			}
			place, loops, ok := placeOf(c)
			if !ok || pass.IsTest(place.File) || !mayPay(pass, list) {
				continue
			}
			for _, s := range runsIn(pass, c, place, loops, list) {
				if !yield(s.match()) {
					return
				}
			}
		}
	}
}

// mayPay is a glance at a list before anything dear is asked of it: what waits
// there and isn't known to write, conditional calls counted whole, would have to
// pay (see groupPays).
func mayPay(pass *rule.Pass, list []ast.Stmt) bool {
	sum, most := 0, 0
	var look func(list []ast.Stmt)
	look = func(list []ast.Stmt) {
		for at := 0; at < len(list); at++ {
			if m, n := memberAt(pass, list, at); m != nil {
				at += n - 1
				w, _ := weightOf(pass, m.Call)
				if w == 0 {
					continue
				}
				if _, writes := readOf(pass, m.Call); !writes {
					sum, most = sum+w, max(most, w)
				}
			} else if s, ok := list[at].(*ast.IfStmt); ok && s.Init == nil && s.Else == nil {
				look(s.Body.List)
			}
		}
	}
	look(list)
	return sum >= paysFrom && sum-most >= fullWeight/2
}

func statementsOf(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

// runsIn gives the runs of one list with at least two chains.
func runsIn(pass *rule.Pass, c inspector.Cursor, place Place, loops []ast.Stmt, list []ast.Stmt) (found []*SeqCalls) {
	for _, loose := range []bool{false, true} {
		for at := 0; at < len(list); {
			var run []item
			run, at = items(pass, place, list, at, loose)
			if s := newSeqCalls(pass, place, loops, list, run); s != nil {
				found = append(found, s)
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// newSeqCalls plans a run; nil where there is nothing to gain in it.
func newSeqCalls(pass *rule.Pass, place Place, loops []ast.Stmt, list []ast.Stmt, run []item) *SeqCalls {
	for len(run) > 0 && run[0].member == nil {
		run = run[1:]
	}
	for len(run) > 0 && run[len(run)-1].member == nil {
		run = run[:len(run)-1]
	}
	if len(run) < 2 || jumps(place.Body) {
		return nil
	}
	pl := &planner{pass: pass, p: place, loops: loops, list: list, run: run}
	pl.plan()
	if pl.chains < 2 {
		return nil
	}
	last := pl.launched[len(pl.launched)-1]
	s := &SeqCalls{
		Place: place, Loops: loops, List: list, Calls: pl.launched, Chains: pl.chains, run: run,
		From: pl.launched[0].item.at, To: last.item.at + last.item.n, Safest: rule.Safe,
	}
	for _, h := range pl.hoisted {
		s.Hoist = append(s.Hoist, h.stays...)
	}
	return s
}

// jumps tells whether a body has a goto, which must not lead across declarations.
func jumps(body *ast.BlockStmt) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		b, ok := n.(*ast.BranchStmt)
		found = found || ok && b.Tok == token.GOTO
		return !found
	})
	return found
}

// First and Last are the statements that the group spans.
func (s *SeqCalls) First() ast.Stmt { return s.List[s.From] }

// Last is the last statement of the last member.
func (s *SeqCalls) Last() ast.Stmt { return s.List[s.To-1] }

// Chain gives the members of one goroutine.
func (s *SeqCalls) Chain(n int) (list []*Launched) {
	for _, l := range s.Calls {
		if l.chain == n {
			list = append(list, l)
		}
	}
	return list
}

func (s *SeqCalls) match() rule.Match[*SeqCalls] {
	names := make([]string, len(s.Calls))
	for i, l := range s.Calls {
		names[i] = l.Name()
	}
	return rule.Match[*SeqCalls]{
		Shape: s, File: s.File, Decl: s.Decl, Pos: s.First().Pos(), End: s.Last().End(),
		Key: strings.Join(names, " "),
	}
}

// FailsUnseen tells whether the call gives an error that no check looks at.
func (l *Launched) FailsUnseen() bool { return l.Check == nil && l.lastIsError() }

// Contexts gathers the names of the context that a member's call is given and for
// which a group's may stand: none where the result goes on to depend on it (B4).
func (l *Launched) Contexts(pass *rule.Pass) (list []*ast.Ident) {
	if resultKeeps(pass, l.Call) {
		return nil
	}
	for _, c := range callsOf(l.Call) {
		if i := contextArg(pass.Info, c); i >= 0 {
			if id, ok := ast.Unparen(c.Args[i]).(*ast.Ident); ok {
				list = append(list, id)
			}
		}
	}
	return list
}

// Opens names what a member's call gives that somebody must close, "" for nothing.
func (l *Launched) Opens(pass *rule.Pass) string { return closesWhat(pass, l.Call) }
