// # nestedlimit
//
// A group with a limit makes Go wait until a slot is free. A function that runs
// in the group holds a slot; when it calls Go of the same group it waits for
// another. Once all slots are held by functions that wait like this, none of
// them goes on, and Wait never returns. It shows only where the tree is wide
// enough for the limit.
//
// # Before
//
//	func hashTree(ctx context.Context, root string, sums *Sums) error {
//		g, ctx := errgroup.WithContext(ctx)
//		g.SetLimit(8)
//		var walk func(dir string) error
//		walk = func(dir string) error {
//			entries, err := os.ReadDir(dir)
//			if err != nil {
//				return err
//			}
//			for _, e := range entries {
//				path := filepath.Join(dir, e.Name())
//				g.Go(func() error {
//					if e.IsDir() {
//						return walk(path)
//					}
//					return sums.Add(ctx, path)
//				})
//			}
//			return nil
//		}
//		g.Go(func() error { return walk(root) })
//		return g.Wait()
//	}
//
// # After
//
//	func hashTree(ctx context.Context, root string, sums *Sums) error {
//		g, ctx := errgroup.WithContext(ctx)
//		g.SetLimit(8)
//		var walk func(dir string) error
//		walk = func(dir string) error {
//			entries, err := os.ReadDir(dir)
//			if err != nil {
//				return err
//			}
//			for _, e := range entries {
//				path := filepath.Join(dir, e.Name())
//				work := func() error {
//					if e.IsDir() {
//						return walk(path)
//					}
//					return sums.Add(ctx, path)
//				}
//				if !g.TryGo(work) {
//					if err := work(); err != nil {
//						return err
//					}
//				}
//			}
//			return nil
//		}
//		g.Go(func() error { return walk(root) })
//		return g.Wait()
//	}
//
// # What it writes
//
// TryGo starts the function where a slot is free. Where none is, the function
// runs at once on the goroutine that came to it, which holds a slot anyway. So
// nothing waits for a slot while it holds one, and no more run at a time than
// the limit says.
//
// # What it finds
//
// A Go of the same group inside a function that the group runs: right there,
// in a literal that a variable holds (a walk that calls itself), in functions and
// methods of the package that are handed the group, or something that holds it
// in a field. The limit may be set elsewhere in the package; then the place
// where it is set is named, too. A Wait of the group inside a function that it
// runs, which waits for its own end, with a limit or without. A limit that is 0,
// with which nothing ever starts.
//
// # When it stays quiet
//
// When the group has no limit that can be seen, or a negative one; when TryGo is
// called there; when each level makes a group of its own; when the inner Go is
// called on a goroutine of its own, which holds no slot; when only one function
// of the group calls Go and the limit leaves room for it and another.
//
// # When it refuses
//
// When the function around the inner Go has no error to return, so that a
// failure of what runs there would be lost. When what runs may not end, waits for
// something that its caller has still to do, or would run under a lock. A Wait
// inside, and a limit of 0: only the author knows what was meant.

package matchers

import (
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/types"
	"iter"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// A NestedLimit is a place where a function of a group waits for what only the
// group's own functions can give: a slot, or their end.
type NestedLimit struct {
	Place
	What   NestedWhat
	Group  *Group        // as the declaration sees it
	Stmt   *ast.ExprStmt // the call's statement; nil where it is none
	Call   *ast.CallExpr // Go, Wait or SetLimit
	Number int           // which of the declaration's inner Go calls it is, from 1

	runs   []run        // how functions of a group come here
	short  []shortage   // of an inner Go: the groups whose slots may run out
	under  *NestedLimit // of a limit: the Go that waits because of it
	search *nestedSearch
}

// NestedWhat says what the place is.
type NestedWhat uint8

// The places.
const (
	NestedGo    NestedWhat = iota // a Go from inside
	WaitInside                    // a Wait from inside
	LimitAbove                    // the limit of a group whose Go is called from inside in another declaration
	LimitOfZero                   // SetLimit(0)
)

// A run is one Go of a group whose function comes to the place.
type run struct {
	group  *Group // as the declaration of that Go sees it
	op     GroupOp
	limits []groupLimit
	in     *frame
}

//go:embed nestedlimit.go
var nestedLimitSource string

// NestedLimitRule finds functions that wait for a slot of the group they run in.
var NestedLimitRule = rule.Spec[*NestedLimit]{
	Name:        "nestedlimit",
	Summary:     "a function that waits for a slot of the group it runs in, and holds one",
	Best:        rule.Review,
	Kind:        rule.Repair,
	Obligations: []string{"B9", "D1", "D3", "D4", "D5", "D8"},
	Doc:         pageOf(nestedLimitSource),
	Find:        findNestedLimit,
	Guards: []rule.Guard[*NestedLimit]{
		{Name: "same-group", Hazard: "D8", Check: sameGroup},
		{Name: "slots-run-out", Hazard: "D5", Check: slotsRunOut},
		{Name: "error-goes-up", Hazard: "B9", Check: errorGoesUp},
		{Name: "work-ends", Hazard: "D3", Check: nestedWorkEnds},
		{Name: "work-waits", Hazard: "D4", Check: nestedWorkWaits},
		{Name: "lock-held", Hazard: "D1", Check: nestedUnderLock},
	},
	Message: func(pass *rule.Pass, n *NestedLimit) string {
		g := n.Group.Text
		switch n.What {
		case LimitOfZero:
			return fmt.Sprintf("a limit of 0 lets nothing start: every %s.Go waits for ever", g)
		case WaitInside:
			return fmt.Sprintf("%s.Wait is called by a function that runs in %s%s: it waits for its own end", g, g, n.through(pass))
		case LimitAbove:
			u := n.under
			return fmt.Sprintf("with this limit the %s.Go of line %d, which functions of the group come to%s, may wait for a slot for ever", u.Group.Text, pass.Line(u.Call.Pos()), u.through(pass))
		}
		return fmt.Sprintf("%s.Go waits for a slot, and functions that run in %s come to it%s: once they hold all slots, none goes on", g, g, n.through(pass))
	},
	Changes: func(pass *rule.Pass, n *NestedLimit) []string {
		list := []string{
			"where no slot is free, the function runs at once on the goroutine that came to it, and what stands below it there starts only when it has ended",
			"if it fails there, its error is returned at once, and what would have been started below is not started",
		}
		if n.outside() {
			list = append(list, "reached from outside the group, too: there it runs beside the functions that hold the slots, one more than the limit")
		}
		return list
	},
}

// findNestedLimit yields each place where a function of a group waits for the
// group, the limits that make it wait, and each limit of 0.
func findNestedLimit(pass *rule.Pass) iter.Seq[rule.Match[*NestedLimit]] {
	return func(yield func(rule.Match[*NestedLimit]) bool) {
		if !imports(pass.Pkg, errgroupPath) {
			return
		}
		for _, n := range newNestedSearch(pass).places() {
			m := rule.Match[*NestedLimit]{
				Shape: n, File: n.File, Decl: n.Decl, Pos: n.Call.Pos(), End: n.Call.End(),
				Key: types.ExprString(n.Call.Fun),
			}
			if !yield(m) {
				return
			}
		}
	}
}

// imports tells whether a package imports another itself.
func imports(pkg *types.Package, path string) bool {
	return slices.ContainsFunc(pkg.Imports(), func(p *types.Package) bool { return p.Path() == path })
}

// through names the functions on the way from the group to the place.
func (n *NestedLimit) through(pass *rule.Pass) string {
	for _, r := range n.runs {
		for f := r.in; f != nil; f = f.up {
			if name := n.search.calls.name(f.fn); name != "" {
				return " through " + name
			}
		}
	}
	return ""
}

// outside tells whether the place is also reached otherwise than by functions of
// the group.
func (n *NestedLimit) outside() bool {
	for _, r := range n.runs {
		for _, site := range n.search.calls.sites[r.in.fn] {
			if !n.search.met[site.call] {
				return true
			}
		}
	}
	return false
}
