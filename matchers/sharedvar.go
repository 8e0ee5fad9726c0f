// # sharedvar
//
// The goroutines that a function starts write one of its variables at the same
// time: the err that all of them assign, a map, a list, a number. That is a data
// race. One goroutine returns the error of another, or loses its own; elements
// and counts go missing; a map that is written twice at once ends the program.
// Each goroutine gets a variable of its own, or they take turns.
//
// # Before
//
//	func load(ctx context.Context, s *store, id string) (*page, error) {
//		var user *user
//		var orders []order
//		var err error
//		g, ctx := errgroup.WithContext(ctx)
//		g.Go(func() error {
//			user, err = s.user(ctx, id)
//			return err
//		})
//		g.Go(func() error {
//			orders, err = s.orders(ctx, id)
//			return err
//		})
//		if err := g.Wait(); err != nil {
//			return nil, err
//		}
//		return &page{user, orders}, nil
//	}
//
//	func lengths(urls []string) map[string]int64 {
//		lengths := map[string]int64{}
//		var wg sync.WaitGroup
//		for _, url := range urls {
//			wg.Go(func() {
//				resp, err := http.Head(url)
//				if err != nil {
//					return
//				}
//				resp.Body.Close()
//				lengths[url] = resp.ContentLength
//			})
//		}
//		wg.Wait()
//		return lengths
//	}
//
// # After
//
//	func load(ctx context.Context, s *store, id string) (*page, error) {
//		var user *user
//		var orders []order
//		g, ctx := errgroup.WithContext(ctx)
//		g.Go(func() error {
//			var err error
//			user, err = s.user(ctx, id)
//			return err
//		})
//		g.Go(func() error {
//			var err error
//			orders, err = s.orders(ctx, id)
//			return err
//		})
//		if err := g.Wait(); err != nil {
//			return nil, err
//		}
//		return &page{user, orders}, nil
//	}
//
//	func lengths(urls []string) map[string]int64 {
//		lengths := map[string]int64{}
//		var wg sync.WaitGroup
//		var mu sync.Mutex
//		for _, url := range urls {
//			wg.Go(func() {
//				resp, err := http.Head(url)
//				if err != nil {
//					return
//				}
//				resp.Body.Close()
//				mu.Lock()
//				lengths[url] = resp.ContentLength
//				mu.Unlock()
//			})
//		}
//		wg.Wait()
//		return lengths
//	}
//
// # What it finds
//
// Function literals that are started by go, by a WaitGroup or by an errgroup, in
// a loop or beside each other, also by way of a variable or a list of functions;
// literals that are handed to a function of the same package which runs them in
// goroutines, at once or one for each item; parallel subtests. Two of them that
// touch one variable, of which one writes, and the function itself where it goes
// on to touch the variable before it waits. Loop variables, in files for a Go
// before 1.22. Methods of the package that write a map, a list or a number of
// their receiver or of a parameter with no lock held, where several goroutines
// call one on the same value.
//
// # What it writes
//
// A variable for each goroutine, where each assigns it before reading it and
// nobody reads what they leave. A mutex around what they collect: entries of a
// map, appended elements, counts, flags, the error that is kept. One mutex serves
// all that the goroutines of a function collect; one that they already lock is
// used. The order of appended elements stays what it is, the order in which the
// goroutines finish. A copy for each round, where the rounds of a loop share its
// variable, or for each goroutine, where the loop goes on to assign it.
//
// # When it is safe
//
// A variable for each goroutine: every use of the variable is in view, every
// goroutine assigns it first, and whatever comes behind them assigns it again
// before it reads. A copy of a loop variable that the loop's body doesn't change.
// A mutex is for review: whether each goroutine's share is meant to count, the
// code can't say.
//
// # When it stays quiet
//
// When a lock is held on both sides, or sync.Once, an atomic operation or a
// channel with room for one lets one through; when a channel, a Wait or any word
// from the one to the other stands in between; when the round waits for its
// goroutine, or the group runs one at a time; when only one of two branches is
// taken, or one round alone starts a goroutine; when each goroutine has its own
// element, field or variable; when a function that can't be looked into calls the
// literal, since it may hold a lock.
//
// # When it refuses
//
// When the function reads what the goroutines leave: whose value that is, is
// chance, and neither a lock nor a variable each would mend it. When a goroutine
// looks before it writes, in another statement, or hands a map on: both belong
// under one lock. When the list is taken for the results of the items in order.
// When what would go under the lock may take its time. When the variable belongs
// to the receiver, to a parameter behind a pointer, or to the package: its lock
// belongs beside it. When somebody has its address.

package matchers

import (
	"cmp"
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/types"
	"iter"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// A SharedVar is what several goroutines that one function starts touch at once.
type SharedVar struct {
	Place
	Fix  SharedFix
	Vars []*Shared // several where one edit serves them all

	Own  []OwnEdit  // OwnVariable: one for each of the goroutines' literals
	Drop *ast.Ident // OwnVariable: the outer declaration, when nothing uses it any more
	Lock LockPlan   // Mutex
	Copy CopyPlan   // CopyVariable

	fan *fanOut
	at  ast.Node
}

// A Shared is one variable with the accesses that meet.
type Shared struct {
	Var   *types.Var
	pairs []*pair // that no guard has explained yet
	found []*pair // all of them
}

// A SharedFix is what the rewrite writes.
type SharedFix uint8

// The fixes.
const (
	OwnVariable  SharedFix = iota // each goroutine declares its own
	Mutex                         // a lock around each write
	CopyVariable                  // each round, or each goroutine, has a copy
)

//go:embed sharedvar.go
var sharedVarSource string

// SharedVarRule finds variables that goroutines write at once.
var SharedVarRule = rule.Spec[*SharedVar]{
	Name:        "sharedvar",
	Summary:     "a variable that several goroutines write at once",
	Best:        rule.Safe,
	Kind:        rule.Repair,
	Obligations: []string{"A4", "A5", "A6", "A9", "A12", "A13", "B11", "B12", "D1", "D12", "G1", "G6"},
	Doc:         pageOf(sharedVarSource),
	Find:        findSharedVar,
	Guards: []rule.Guard[*SharedVar]{
		{Name: "rounds-share", Hazard: "A12", Check: roundsShare},
		{Name: "at-once", Hazard: "G6", Check: runAtOnce},
		{Name: "ordered", Hazard: "D12", Check: nothingOrders},
		{Name: "locked", Hazard: "D1", Check: noLockAround},
		{Name: "nobody-else", Hazard: "A4", Check: nobodyElse},
		{Name: "in-view", Hazard: "A5", Check: inView},
		{Name: "copy-holds", Hazard: "A13", Check: copyHolds},
		{Name: "own-first", Hazard: "B12", Check: ownFirst},
		{Name: "not-read-after", Hazard: "B11", Check: notReadAfter},
		{Name: "map-not-asked", Hazard: "A9", Check: mapNotAsked},
		{Name: "list-not-asked", Hazard: "A6", Check: listNotAsked},
		{Name: "short-lock", Hazard: "D1", Check: shortLock},
		{Name: "order", Hazard: "G1", Check: orderStays},
	},
	Message: sharedVarMessage,
	Changes: sharedVarChanges,
}

// findSharedVar yields what the goroutines of each function touch together.
func findSharedVar(pass *rule.Pass) iter.Seq[rule.Match[*SharedVar]] {
	return func(yield func(rule.Match[*SharedVar]) bool) {
		vis, callees := visitorsOf(pass), calleesOf(pass)
		for _, f := range pass.Files {
			for _, d := range f.Decls {
				for _, m := range matchesIn(fanOutsIn(pass, d, vis, callees)) {
					if !yield(m) {
						return
					}
				}
			}
		}
	}
}

// matchesIn gives the matches of one declaration in source order.
func matchesIn(fans []*fanOut) (list []rule.Match[*SharedVar]) {
	for _, f := range fans {
		for _, s := range f.shapes() {
			list = append(list, rule.Match[*SharedVar]{
				Shape: s, File: f.File, Decl: f.Decl, Pos: s.at.Pos(), End: s.at.End(),
				Key: fmt.Sprintf("%d %s", s.Fix, s.names()),
			})
		}
	}
	slices.SortStableFunc(list, func(a, b rule.Match[*SharedVar]) int { return cmp.Compare(a.Pos, b.Pos) })
	return list
}

// shapes makes one shape of each variable. Variables that one lock can serve, and
// those of one loop's head, share a shape.
func (f *fanOut) shapes() (list []*SharedVar) {
	vars, pairs := f.sharedIn()
	together := map[any]*SharedVar{}
	for _, v := range vars {
		one := &Shared{v, slices.Clone(pairs[v]), pairs[v]}
		s := &SharedVar{Place: f.Place, Fix: one.fix(), Vars: []*Shared{one}, fan: f, at: one.firstBare().at}
		var with any
		switch {
		case s.Fix == Mutex && one.plain(f):
			with = Mutex
		case s.Fix == CopyVariable && one.pairs[0].head:
			with = one.pairs[0].loop
		}
		if have := together[with]; have != nil && with != nil {
			have.Vars = append(have.Vars, one)
			continue
		}
		together[with] = s
		list = append(list, s)
	}
	return list
}

// fix chooses by what the goroutines do: a copy where they only read, a lock
// where every share counts, else a variable each.
func (v *Shared) fix() SharedFix {
	writes, collects := 0, 0
	for _, p := range v.pairs {
		for _, a := range []*access{p.a, p.b} {
			if a.writes() && (a == p.a || p.l2 != nil) {
				writes++
				if a.collects() {
					collects++
				}
			}
		}
	}
	switch {
	case writes == 0:
		return CopyVariable
	case writes == collects:
		return Mutex
	}
	return OwnVariable
}

// firstBare is the first write with nothing around it, or where the goroutine
// only reads its first read: where the finding stands.
func (v *Shared) firstBare() *access {
	if v.fix() == CopyVariable {
		return v.found[0].a
	}
	for _, p := range v.found {
		if a := p.written(); a.bare() {
			return a
		}
	}
	return v.found[0].written()
}

// plain tells whether a variable is the function's own, and each of its accesses
// can simply be put under a lock: then one lock serves it with others.
func (v *Shared) plain(f *fanOut) bool {
	s := &SharedVar{Place: f.Place, Vars: []*Shared{v}, fan: f}
	for _, a := range s.unlocked() {
		if lockable(f.pass, a).why != "" || strings.Contains(a.path, "*") {
			return false
		}
	}
	if a, _ := s.unclear(f.pass); a != nil {
		return false
	}
	for _, p := range v.found {
		if len(p.a.locks)+len(p.b.locks) > 0 || s.askedApart(p.a) || p.l2 != nil && s.askedApart(p.b) {
			return false
		}
	}
	return within(posNode(v.Var.Pos()), f.Body) && addressTaken(f.pass.Info, f.Decl, v.Var) == nil
}
