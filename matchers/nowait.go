// # nowait
//
// A function starts goroutines in a group, and returns without waiting for them:
// always, because nobody calls Wait, or on some path, because a return stands
// between the first Go and the Wait. What still runs then goes on behind the
// caller's back. It writes what the function has already returned, uses what
// was closed meanwhile, and its errors reach nobody.
//
// # Before
//
//	func convert(ctx context.Context, store Store, layers []Layer) ([]Layer, error) {
//		out := make([]Layer, len(layers))
//		g, gctx := errgroup.WithContext(ctx)
//		for i, l := range layers {
//			id, err := store.Diff(ctx, l)
//			if err != nil {
//				return nil, err
//			}
//			g.Go(func() error {
//				var err error
//				out[i], err = store.Convert(gctx, l, id)
//				return err
//			})
//		}
//		if err := g.Wait(); err != nil {
//			return nil, err
//		}
//		return out, nil
//	}
//
// # After
//
//	func convert(ctx context.Context, store Store, layers []Layer) ([]Layer, error) {
//		out := make([]Layer, len(layers))
//		g, gctx := errgroup.WithContext(ctx)
//		for i, l := range layers {
//			id, err := store.Diff(ctx, l)
//			if err != nil {
//				g.Go(func() error { return err })
//				_ = g.Wait()
//				return nil, err
//			}
//			g.Go(func() error {
//				var err error
//				out[i], err = store.Convert(gctx, l, id)
//				return err
//			})
//		}
//		if err := g.Wait(); err != nil {
//			return nil, err
//		}
//		return out, nil
//	}
//
// # Before, nobody waits
//
//	func warm(c *Cache, keys []string) {
//		var wg sync.WaitGroup
//		for _, key := range keys {
//			wg.Add(1)
//			go func() {
//				defer wg.Done()
//				c.Fill(key)
//			}()
//		}
//	}
//
// # After, nobody waits
//
//	func warm(c *Cache, keys []string) {
//		var wg sync.WaitGroup
//		for _, key := range keys {
//			wg.Add(1)
//			go func() {
//				defer wg.Done()
//				c.Fill(key)
//			}()
//		}
//		wg.Wait()
//	}
//
// # What it writes
//
// A Wait above each return that jumps over it, and at the end of a function that
// has none. A return keeps its error. Where the group has a context that its
// functions use, the error is handed to the group first, so that they are told to
// stop; where the function has a cancel function for what they use, that is
// called first; workers that take their items from a channel which the function
// would have closed later get it closed. A return that says nil gives the group's
// error instead.
//
// # What it finds
//
// Groups of golang.org/x/sync/errgroup, sync.WaitGroup and the pools of
// github.com/sourcegraph/conc that a function makes itself: a return between what
// is started and the Wait, a Go or Add behind the last Wait or beside a goroutine
// that waits already, no Wait at all. What is started may stand in literals that
// are called there, and in functions of the package that are handed the group.
//
// Without a patch: a WaitGroup in an unexported field, or in a variable of the
// package, that the package counts with and nowhere waits for; and a goroutine of
// no group that writes a variable which its function reads below, when nothing
// there could be a wait for it.
//
// # When it stays quiet
//
// When every path waits, also in a deferred function, in a goroutine of its own,
// or by receiving from a channel that the goroutines send on or close; when the
// group is handed on or stored, so that somebody else may wait; when the process
// ends with the function, or a test has failed; when a comment says that nobody
// should wait; when the function leaves because it was told to (a context has
// ended that is not the group's, a timer, a channel that carries nothing); when
// Done is the first thing that a goroutine does, which tells that it has started.
//
// # When it refuses
//
// When a wait might not end: what runs is only stopped by something that the
// function does later, or on return; it reads from a connection or another stream
// that somebody else has to close; it needs a channel that the function serves; a
// lock is held; Add has counted more than was started. When the function has no
// way to return the group's error, or may be about to return nil where that error
// would be lost.

package matchers

import (
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A NoWait is a group of goroutines that its function leaves without having
// waited for them, always or on some path.
type NoWait struct {
	Place
	Group  *Group
	Leaves []*NoWaitLeave

	events []groupEvent
	starts []*groupStart
	lost   ast.Node    // a mention that gives the group out of sight
	shared bool        // a field, or a variable of the package
	loose  *looseStart // no group at all
	late   ast.Node    // starts something when another goroutine waits already
	root   inspector.Cursor
}

//go:embed nowait.go
var noWaitSource string

// NoWaitRule finds functions that leave the goroutines of a group behind.
var NoWaitRule = rule.Spec[*NoWait]{
	Name:        "nowait",
	Summary:     "goroutines of a group that their function leaves without waiting for them",
	Best:        rule.Review,
	Kind:        rule.Repair,
	Obligations: []string{"B14", "D1", "D3", "D4", "D8", "D9"},
	Doc:         pageOf(noWaitSource),
	Find:        findNoWait,
	Guards: []rule.Guard[*NoWait]{
		{Name: "escapes", Hazard: "D8", Check: groupStaysHere},
		{Name: "leaves", Hazard: "D9", Check: functionLeaves},
		{Name: "meant", Hazard: "D9", Check: notLeftOnPurpose},
		{Name: "balance", Hazard: "D8", Check: countsAreBalanced},
		{Name: "ends", Hazard: "D3", Check: groupEnds},
		{Name: "served", Hazard: "D4", Check: needsNothingLater},
		{Name: "lock-held", Hazard: "D1", Check: waitsUnderNoLock},
		{Name: "error", Hazard: "B14", Check: errorHasAWay},
	},
	Message: func(pass *rule.Pass, n *NoWait) string { return n.message(pass) },
	Changes: func(pass *rule.Pass, n *NoWait) []string { return n.changes(pass) },
}

// findNoWait yields each group that a function makes and starts something in, and
// each shared WaitGroup that nobody waits for.
func findNoWait(pass *rule.Pass) iter.Seq[rule.Match[*NoWait]] {
	return func(yield func(rule.Match[*NoWait]) bool) {
		if !imports(pass.Pkg, "sync") && !imports(pass.Pkg, errgroupPath) && !imports(pass.Pkg, concPath) && !imports(pass.Pkg, concPath+"/pool") {
			return
		}
		shared := &sharedGroups{pass: pass, at: map[*types.Var]*sharedGroup{}}
		var found []*NoWait
		for _, f := range pass.Files {
			for _, d := range f.Decls {
				all := groupsOf(pass, d, waitedKind)
				for _, g := range all {
					if n := localNoWait(pass, g, all); n != nil {
						found = append(found, n)
					}
					shared.note(g, d)
				}
			}
		}
		found = slices.Concat(found, shared.left(), looseNoWaits(pass))
		slices.SortStableFunc(found, func(a, b *NoWait) int { return int(a.pos() - b.pos()) })
		for _, n := range found {
			m := rule.Match[*NoWait]{Shape: n, File: n.File, Decl: n.Decl, Pos: n.pos(), End: n.end(), Key: n.name()}
			if !yield(m) {
				return
			}
		}
	}
}

// localNoWait reads a group that a function makes; nil where it makes none, or
// starts nothing in it.
func localNoWait(pass *rule.Pass, g *Group, all []*Group) *NoWait {
	if g.Made == nil || !makesGroup(pass.Info, g) {
		return nil
	}
	c, ok := pass.FindNode(g.Made)
	if !ok {
		return nil
	}
	n := &NoWait{Group: g, root: pass.Syntax()}
	if n.Place, _, ok = placeOf(c); !ok {
		return nil
	}
	n.readEvents(pass, all)
	if len(n.starts) == 0 {
		return nil
	}
	n.Leaves = n.findLeaves(pass)
	return n
}

// name is what the goroutines are known by: the group, or what they write.
func (n *NoWait) name() string {
	if n.loose != nil {
		return n.loose.v.Name()
	}
	return n.Group.Text
}

// pos and end span the statement that a reader should look at: the first return
// that jumps over the wait; else what makes the group, counts with it, or starts
// the goroutine.
func (n *NoWait) pos() token.Pos { return n.at().Pos() }

func (n *NoWait) end() token.Pos { return n.at().End() }

func (n *NoWait) at() ast.Node {
	switch {
	case n.loose != nil:
		return n.loose.stmt
	case n.shared:
		return n.Group.Ops[0].Cur.Node()
	case n.waits() && len(n.Leaves) > 0 && n.Leaves[0].Return != nil:
		return n.Leaves[0].Return
	}
	return n.Group.Made
}

// waits tells whether the function waits for the group at all.
func (n *NoWait) waits() bool {
	return slices.ContainsFunc(n.events, func(e groupEvent) bool { return e.kind.isWait() })
}

func (n *NoWait) message(pass *rule.Pass) string {
	g, fn := n.name(), funcName(n.Place, pass)
	switch {
	case n.loose != nil:
		return fmt.Sprintf("%s reads %s at line %d, and nothing waits for the goroutine that writes it", fn, g, pass.Line(n.loose.read.Pos()))
	case n.shared:
		return fmt.Sprintf("%s counts goroutines, and nothing in the package waits for it", g)
	case len(n.Leaves) == 0 && n.late != nil:
		return fmt.Sprintf("what is started in %s at line %d may come when the Wait of line %d is over", g, pass.Line(n.late.Pos()), pass.Line(n.aside().Pos()))
	case !n.waits():
		return fmt.Sprintf("nobody waits for %s: what it starts runs on when %s returns", g, fn)
	case n.behindWait():
		return fmt.Sprintf("what is started in %s behind its Wait runs on when %s returns: nobody waits for it", g, fn)
	}
	return fmt.Sprintf("%s returns%s and leaves behind what still runs in %s", fn, linesOf(pass, n.Leaves), g)
}

// aside is the goroutine that waits while the function goes on.
func (n *NoWait) aside() ast.Node {
	for _, e := range n.events {
		if e.kind == eventAside {
			return e.op.Call
		}
	}
	return n.at()
}

// behindWait tells whether everything that is left was started behind the last
// Wait.
func (n *NoWait) behindWait() bool {
	last := token.NoPos
	for _, e := range n.events {
		if e.kind == eventWaits {
			last = max(last, e.at.Pos())
		}
	}
	first := slices.IndexFunc(n.starts, func(s *groupStart) bool { return s.at.Pos() > last })
	return last.IsValid() && first >= 0 && !slices.ContainsFunc(n.Leaves, func(l *NoWaitLeave) bool { return l.At < last })
}

// linesOf says where the function leaves: " at line 4", " at lines 4 and 9".
func linesOf(pass *rule.Pass, leaves []*NoWaitLeave) string {
	var lines []string
	for _, l := range leaves {
		lines = append(lines, strconv.Itoa(pass.Line(l.At)))
	}
	switch n := len(lines); n {
	case 0:
		return ""
	case 1:
		return " at line " + lines[0]
	default:
		return " at lines " + strings.Join(lines[:n-1], ", ") + " and " + lines[n-1]
	}
}

// funcName is the function around a place in words.
func funcName(p Place, pass *rule.Pass) string {
	if d, ok := p.Func.(*ast.FuncDecl); ok {
		return d.Name.Name
	}
	return "the function of line " + strconv.Itoa(pass.Line(p.Func.Pos()))
}

func (n *NoWait) changes(pass *rule.Pass) []string {
	list := []string{fmt.Sprintf("%s returns%s only when what still runs in %s has ended, and so later than now", funcName(n.Place, pass), linesOf(pass, n.Leaves), n.Group.Text)}
	var tells, cancels, closes, gives bool
	for _, l := range n.Leaves {
		tells, gives = tells || l.Tell, gives || l.Give != Keep
		cancels, closes = cancels || l.Cancel != "", closes || len(l.Close) > 0
	}
	if tells {
		list = append(list, "the error is handed to the group as well: its context ends, and with it what uses that, where it ran to its end before")
	}
	if cancels {
		list = append(list, "what was cancelled on return is cancelled before the wait")
	}
	if closes {
		list = append(list, "workers that would have stayed for ever, since nobody closed their channel, come to their end")
	}
	if gives {
		list = append(list, "an error of what was started is returned, where it was lost and nil was returned")
	}
	return list
}
