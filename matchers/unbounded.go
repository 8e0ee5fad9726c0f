// # unbounded
//
// A loop starts one goroutine for each item of something that can be long, and
// nothing bounds how many run at once: a thousand items are a thousand
// connections, files or megabytes at the same time. A bound keeps the number
// that runs, and the number that waits, in hand.
//
// # Before
//
//	func sizes(ctx context.Context, urls []string) ([]int64, error) {
//		out := make([]int64, len(urls))
//		g, ctx := errgroup.WithContext(ctx)
//		for i, url := range urls {
//			g.Go(func() error {
//				req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
//				if err != nil {
//					return err
//				}
//				resp, err := http.DefaultClient.Do(req)
//				if err != nil {
//					return err
//				}
//				out[i] = resp.ContentLength
//				return resp.Body.Close()
//			})
//		}
//		return out, g.Wait()
//	}
//
//	func readAll(paths []string) [][]byte {
//		out := make([][]byte, len(paths))
//		var wg sync.WaitGroup
//		for i, path := range paths {
//			wg.Add(1)
//			go func() {
//				defer wg.Done()
//				out[i], _ = os.ReadFile(path)
//			}()
//		}
//		wg.Wait()
//		return out
//	}
//
// # After
//
//	func sizes(ctx context.Context, urls []string) ([]int64, error) {
//		out := make([]int64, len(urls))
//		g, ctx := errgroup.WithContext(ctx)
//		g.SetLimit(8)
//		for i, url := range urls {
//			g.Go(func() error {
//				req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
//				if err != nil {
//					return err
//				}
//				resp, err := http.DefaultClient.Do(req)
//				if err != nil {
//					return err
//				}
//				out[i] = resp.ContentLength
//				return resp.Body.Close()
//			})
//		}
//		return out, g.Wait()
//	}
//
//	func readAll(paths []string) [][]byte {
//		out := make([][]byte, len(paths))
//		var wg sync.WaitGroup
//		sem := make(chan struct{}, 8)
//		for i, path := range paths {
//			sem <- struct{}{}
//			wg.Add(1)
//			go func() {
//				defer wg.Done()
//				defer func() { <-sem }()
//				out[i], _ = os.ReadFile(path)
//			}()
//		}
//		wg.Wait()
//		return out
//	}
//
// # What it finds
//
// A go statement, a WaitGroup's Go or an errgroup's Go in a loop whose number of
// rounds the source doesn't fix, or in the callback of a walk; the semaphore
// that is taken inside the goroutine, which bounds the work and not the
// goroutines; and the bounded errgroup whose functions never look at the group's
// context, so that items are still started after one has failed. Always with a
// reason why an item is dear: it is proved, known from goherd's table, or
// assumed from a signature to wait for the network, a file or a process, or it
// has loops inside loops.
//
// # What it writes
//
// With an errgroup, SetLimit where the group is made. Else a semaphore, taken
// before the goroutine starts and given back when it ends. Where the function
// waits for its goroutines, the slot is taken without a select on the context:
// the items still to come then end by their own look at the context, as they
// did, and what they report isn't lost. Where nobody waits for them and the
// function's only result is an error, the wait for a slot also ends with the
// context. With --form pool, a fixed number of workers over a channel.
//
// The bound is a number at hand that means one (a parameter, a field, a
// constant called concurrency, parallelism, workers, ...), else --limit, else the
// table's figure for the client, else a processor each for what computes or
// starts processes, else 8. Where a setting is 0 or less, a group stays without a
// bound, as before, and a semaphore gets the default.
//
// # When it is safe
//
// Never: a bound trades time for memory, and the loop now waits. Findings are
// for review.
//
// # When it stays quiet
//
// When the loop runs a fixed number of times, or as often as there are workers
// or processors; when the group has its limit, or the loop takes a slot, waits
// or paces itself; when the goroutines are workers over a channel, or run until
// they are stopped; when an item is cheap. In test files.
//
// # When it refuses
//
// When the goroutines wait for each other, or send on a channel that is only
// received from after the loop: with a bound they would wait for ever. When an
// item polls for something, changes what the loop goes over, or is a function
// that the caller chose. When the list is what the receiver is made of. When a
// goroutine may run until it is stopped, or outlives the function and can't be
// looked into. When the group is made elsewhere, is used inside the functions it
// runs, or a lock is held around the loop. When an item's clock starts before
// its slot is free. An accept loop gets advice.

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

// An Unbounded is a loop that starts one goroutine an item, and nothing bounds
// how many run at once.
type Unbounded struct {
	Place
	Loop  ast.Stmt     // the innermost loop whose number of rounds the source doesn't fix; nil inside a callback
	Outer ast.Stmt     // the outermost loop around it: what is made for the loop stands above this
	Loops []ast.Stmt   // all loops around the launch, innermost first
	Walk  *ast.FuncLit // the callback that a walker calls for each item, where there is no loop
	Stmt  ast.Stmt     // what starts the goroutine: `go f(x)`, `wg.Go(f)`, `g.Go(f)`
	How   Launch
	Call  *ast.CallExpr // the go statement's call, or the call of Go
	Lit   *ast.FuncLit  // the function that is started, where it is a literal
	Fn    *types.Func   // the function that is started, where it is a declared one
	Work  *effects.Region
	Trip  trip

	Group    *types.Var     // g of g.Go, where a plain variable
	Made     ast.Stmt       // the statement that makes the group, when it stands in this function
	Ctx      *types.Var     // the group's context; nil without one, or when it is dropped
	CtxName  *ast.Ident     // its name where it is made: "_" when it is dropped
	Limited  bool           // the group has its SetLimit
	Late     *ast.SendStmt  // takes a slot inside the goroutine
	LateArg  ast.Expr       // the semaphore as the function calls it
	Others   []*ast.FuncLit // what else each round starts in the same group
	Joined   ast.Node       // where the function waits for all of them
	Collects string         // the channel that it waits on, where that is how
	Received string         // the channel that it receives from what the items send
	Deaf     bool           // an errgroup with a context that none of its functions looks at
	Give     string         // the context to heed while waiting for a slot: see waitsWithContext

	Fix   BoundFix
	Limit Limit
}

// A Launch is a way to start a goroutine.
type Launch uint8

// The ways.
const (
	GoStmt Launch = iota
	WaitGroupGo
	GroupGo
)

// A BoundFix is what the rewrite writes.
type BoundFix uint8

// The fixes.
const (
	SetLimit    BoundFix = iota // g.SetLimit(n) below the group's declaration
	Semaphore                   // a slot taken before each goroutine, given back at its end
	AcquireSoon                 // the slot that the goroutine takes first, taken before it starts
	CheckGroup                  // a look at the group's context first thing in each function
	Pool                        // a fixed number of workers over a channel of items
)

//go:embed unbounded.go
var unboundedSource string

// UnboundedRule finds fan-outs without a bound.
var UnboundedRule = rule.Spec[*Unbounded]{
	Name:        "unbounded",
	Summary:     "a goroutine per item, with nothing that bounds how many run at once",
	Best:        rule.Review, // a bound trades time for memory
	Kind:        rule.Refactor,
	Obligations: []string{"B6", "B17", "B18", "D1", "D3", "D4", "D5", "D8", "D9", "F7", "J1", "J2", "J3"},
	Doc:         pageOf(unboundedSource),
	Find:        findUnbounded,
	Guards: []rule.Guard[*Unbounded]{
		{Name: "constant-count", Hazard: "J2", Check: countIsOpen},
		{Name: "bounded", Hazard: "J3", Check: nothingBounds},
		{Name: "daemon", Hazard: "D3", Check: itemEnds},
		{Name: "pays", Hazard: "J1", Check: itemIsDear},
		{Name: "siblings", Hazard: "D4", Check: siblingsDontWait},
		{Name: "group-local", Hazard: "D8", Check: groupIsLocal},
		{Name: "nested-go", Hazard: "D5", Check: noNestedGo},
		{Name: "lock-held", Hazard: "D1", Check: noLockHeld},
		{Name: "outlives", Hazard: "D9", Check: joined},
		{Name: "timeout-runs", Hazard: "B18", Check: noTimeoutRuns},
		{Name: "after-failure", Hazard: "B6", Check: afterFailure},
		{Name: "slot-heeds-ctx", Hazard: "B17", Check: slotHeedsContext},
		{Name: "operands", Hazard: "F7", Check: operandsMove},
	},
	Message: unboundedMessage,
	Changes: unboundedChanges,
}

// findUnbounded yields every launch inside a loop, and every g.Go in a callback
// that a walker calls for each item. One group is reported once.
func findUnbounded(pass *rule.Pass) iter.Seq[rule.Match[*Unbounded]] {
	return func(yield func(rule.Match[*Unbounded]) bool) {
		groups := map[*types.Var]bool{}
		for c := range pass.Syntax().Preorder((*ast.GoStmt)(nil), (*ast.ExprStmt)(nil)) {
			u := launchAt(pass, c)
			if u == nil || u.Group != nil && u.How == GroupGo && groups[u.Group] {
				continue
			}
			if u.Group != nil && !u.Trip.fixed && !u.Trip.chosen {
				groups[u.Group] = true
			}
			m := rule.Match[*Unbounded]{
				Shape: u, File: u.File, Decl: u.Decl,
				Pos: u.Stmt.Pos(), End: u.Stmt.End(),
				Key: fmt.Sprintf("%d over %s: %s", u.How, u.Trip.over, types.ExprString(u.Call.Fun)),
			}
			if u.Loop != nil {
				m.Pos, m.End = u.Loop.Pos(), u.Loop.End()
			}
			if u.Made != nil && u.How == GroupGo && u.Made.Pos() < m.Pos {
				m.Pos = u.Made.Pos()
			}
			if !yield(m) {
				return
			}
		}
	}
}

func unboundedMessage(pass *rule.Pass, u *Unbounded) string {
	cost := u.cost()
	switch {
	case u.Fix == CheckGroup:
		return fmt.Sprintf("after one function of %s has failed, those that are still to start run anyway: none looks at the group's context", u.Group.Name())
	case u.Late != nil:
		return fmt.Sprintf("the slot is taken inside the goroutine: it bounds the work, not the goroutines, and there is one for each of %s", u.Trip.over)
	case u.Trip.over == "":
		return fmt.Sprintf("one goroutine for each round of %s, with no bound%s", u.Trip.stream, cost)
	}
	return fmt.Sprintf("one goroutine for each of %s, with no bound%s", u.Trip.over, cost)
}

// cost says what makes an item dear: " (http.Get waits for the network)".
func (u *Unbounded) cost() string {
	switch {
	case u.Work.Block.Waits() && u.Work.Trust == effects.Guessed:
		return fmt.Sprintf(" (%s probably %s)", u.Work.Via, u.Work.Block.In())
	case u.Work.Block.Waits():
		return fmt.Sprintf(" (%s %s)", u.Work.Via, u.Work.Block.In())
	case u.Work.Heavy():
		return " (each keeps a processor busy)"
	}
	return ""
}

func unboundedChanges(pass *rule.Pass, u *Unbounded) []string {
	n := u.Limit.Expr
	slot := fmt.Sprintf("at most %s run at a time (%s); the loop waits for a free slot before it starts the next", n, u.Limit.Why)
	switch u.Fix {
	case CheckGroup:
		return []string{checkChange}
	case AcquireSoon:
		return []string{"the loop waits for a free slot before it starts the next goroutine; what runs at a time stays as it was"}
	case Pool:
		return []string{fmt.Sprintf("%s workers take the items in order; an item starts once one of them is free", n)}
	}
	changes := []string{slot}
	if u.Limit.MayBeZero && u.Fix == SetLimit {
		changes = append(changes, "where "+n+" is 0 or less, nothing is bounded, as before")
	} else if u.Limit.MayBeZero {
		changes = append(changes, "where "+n+" is less than 1, "+DefaultLimit+" run at a time")
	}
	if u.Joined == nil {
		changes = append(changes, "the function no longer returns at once when more than "+n+" items are under way")
	}
	if u.Collects != "" {
		changes = append(changes, "what comes through "+u.Collects+" is looked at only once the loop has started every item: a failure is seen later")
	}
	if u.Give != "" {
		changes = append(changes, "when "+u.Give+" ends while the loop waits for a slot, the function returns its error and the items behind are not started")
	}
	if u.checks() {
		changes = append(changes, checkChange)
	}
	return changes
}

const checkChange = "a function that has not started when another has failed, or when the caller's context has ended, returns the context's error instead of running"

// checks tells whether the rewrite also adds the look at the group's context:
// with a bound, items are started after a failure that used to be started before.
func (u *Unbounded) checks() bool { return u.Deaf && u.Fix == SetLimit && u.Lit != nil }
