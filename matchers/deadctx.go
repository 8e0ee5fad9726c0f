// # deadctx
//
// errgroup.WithContext gives a group and a context, and that context is cancelled
// as soon as the group's Wait returns, also when nothing has failed. What is given
// it behind Wait starts with a context that has ended: it fails at once with
// "context canceled", or quietly does nothing. It happens most where the group's
// context goes by the name of the outer one: at the top of a function, := assigns
// it to the parameter.
//
// # Before
//
//	func sizes(ctx context.Context, db *sql.DB, urls []string) error {
//		sizes := make([]int64, len(urls))
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
//				sizes[i] = resp.ContentLength
//				return resp.Body.Close()
//			})
//		}
//		if err := g.Wait(); err != nil {
//			return err
//		}
//		for i, url := range urls {
//			if _, err := db.ExecContext(ctx, "insert into sizes values (?, ?)", url, sizes[i]); err != nil {
//				return err
//			}
//		}
//		return nil
//	}
//
//	func analyze(ctx context.Context, db *sql.DB, tables []string) error {
//		g, gctx := errgroup.WithContext(ctx)
//		g.SetLimit(4)
//		for _, table := range tables {
//			g.Go(func() error {
//				_, err := db.ExecContext(gctx, "analyze "+table)
//				return err
//			})
//		}
//		if err := g.Wait(); err != nil {
//			return err
//		}
//		_, err := db.ExecContext(gctx, "vacuum")
//		return err
//	}
//
// # After
//
//	func sizes(ctx context.Context, db *sql.DB, urls []string) error {
//		sizes := make([]int64, len(urls))
//		g, gctx := errgroup.WithContext(ctx)
//		g.SetLimit(8)
//		for i, url := range urls {
//			g.Go(func() error {
//				req, err := http.NewRequestWithContext(gctx, http.MethodHead, url, nil)
//				if err != nil {
//					return err
//				}
//				resp, err := http.DefaultClient.Do(req)
//				if err != nil {
//					return err
//				}
//				sizes[i] = resp.ContentLength
//				return resp.Body.Close()
//			})
//		}
//		if err := g.Wait(); err != nil {
//			return err
//		}
//		for i, url := range urls {
//			if _, err := db.ExecContext(ctx, "insert into sizes values (?, ?)", url, sizes[i]); err != nil {
//				return err
//			}
//		}
//		return nil
//	}
//
//	func analyze(ctx context.Context, db *sql.DB, tables []string) error {
//		g, gctx := errgroup.WithContext(ctx)
//		g.SetLimit(4)
//		for _, table := range tables {
//			g.Go(func() error {
//				_, err := db.ExecContext(gctx, "analyze "+table)
//				return err
//			})
//		}
//		if err := g.Wait(); err != nil {
//			return err
//		}
//		_, err := db.ExecContext(ctx, "vacuum")
//		return err
//	}
//
// # What it finds
//
// The context behind Wait by whatever name: the parameter that was assigned, a
// variable of a block that hides the outer one, names that it was given later,
// and contexts that were derived from it. It follows all paths through the
// function that makes the group; function literals count where they are called,
// and deferred calls where the function ends. Where a goroutine waits for the
// group and then closes a channel, the last rounds of the loop that drains the
// channel count, too. Functions that the group is given behind Wait; a question
// whether the context has ended, which is always answered yes there. And results
// that live as long as the context that they were asked for with (rows,
// transactions, responses, processes, streams), where the group's functions asked
// for them and they are used behind Wait.
//
// # What it writes
//
// Where the group's context took the name of the outer one, it gets a name of its
// own, and what stands behind Wait keeps the name. Where it has its own, the
// outer context is written behind Wait in its place. A group that a loop waits
// for in each round is made in the loop.
//
// # When it is safe
//
// When the context is an argument of a call that is made there and then, the
// group's context comes there only behind Wait, and the outer context is a local
// variable that nobody assigns in between, or is asked for in a way that always
// gives the same. Nothing before Wait is different then. The call gets a context
// that is alive where it got one that had ended.
//
// For review are goroutines, deferred calls and functions that are handed over;
// what stores the context; ctx.Err() and ctx.Done(), which are taken to ask about
// the caller's context; places that some paths come to without having passed
// Wait; and a group that moves into its loop.
//
// # When it stays quiet
//
// When only values of the context are asked for, as loggers and traces do: they
// outlive a cancellation. When a test asks whether the context has ended. When the
// group is in a field, or who waits for it is out of sight. Groups of other
// packages are none of its business.
//
// # When it refuses
//
// When a result that keeps the context is used behind Wait: with the outer
// context nothing would end that call when another function fails, and nobody
// would close what it gave. When the group goes on behind Wait other than in
// rounds: it needs a new group. When the outer context has no name, or is another
// by then; when one function literal runs before and behind Wait; when something
// just waits for the context to end, and would then wait for the caller.

package matchers

import (
	_ "embed" // this file, for its page
	"go/ast"
	"go/types"
	"iter"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A DeadCtx is a group whose context is used once Wait has returned, and so has
// been cancelled.
type DeadCtx struct {
	Place
	Group *types.Var
	Ctx   *types.Var
	Made  ast.Node      // the statement, or the line of a var block, that makes both
	Maker *ast.CallExpr // errgroup.WithContext(parent)
	Name  *ast.Ident    // the context's name there

	Outer   string       // the context that the group was made from, as the code says it
	Rename  bool         // the group's context goes by its name: it gets a name of its own
	Renamed []*ast.Ident // where that is written
	Unused  bool         // nothing of the group's context is left: its name becomes _
	Replace []*ast.Ident // where Outer is written instead
	Turned  []*ast.Ident // where the same letters come to mean another variable
	Move    *groupMove   // the group is made anew in each round of a loop, instead

	uses   []*ctxUse
	harm   []*ctxUse // those that a cancelled context changes
	fixed  []*ctxUse // those whose context becomes the outer one
	waits  []*ast.CallExpr
	again  []*ast.CallExpr
	stuck  *ctxStuck // why it can't be mended
	noMove string    // why Move is nil, for a group that goes on behind Wait
	kept   *ctxKept  // a result that is used behind Wait, instead of the context itself
}

//go:embed deadctx.go
var deadCtxSource string

// DeadCtxRule finds uses of a group's context behind Wait.
var DeadCtxRule = rule.Spec[*DeadCtx]{
	Name:        "deadctx",
	Summary:     "a group's context that is used behind Wait, which has cancelled it",
	Best:        rule.Safe,
	Kind:        rule.Repair,
	Obligations: []string{"A13", "B3", "B4", "B5", "B20", "D8"},
	Doc:         pageOf(deadCtxSource),
	Find:        findDeadCtx,
	Guards: []rule.Guard[*DeadCtx]{
		{Name: "kept", Hazard: "B4", Check: nothingKeepsIt},
		{Name: "heeded", Hazard: "B3", Check: somebodyHeedsIt},
		{Name: "asked", Hazard: "B3", Check: askedWhetherItEnded},
		{Name: "group-again", Hazard: "D8", Check: groupEndsWithWait},
		{Name: "outer", Hazard: "B5", Check: outerIsAtHand},
		{Name: "steady", Hazard: "A13", Check: outerIsSteady},
		{Name: "every-path", Hazard: "B5", Check: deadOnEveryPath},
		{Name: "elsewhere", Hazard: "B20", Check: runsHere},
	},
	Message: deadCtxMessage,
	Changes: deadCtxChanges,
}

// findDeadCtx yields each group with a context that is used behind Wait.
func findDeadCtx(pass *rule.Pass) iter.Seq[rule.Match[*DeadCtx]] {
	return func(yield func(rule.Match[*DeadCtx]) bool) {
		for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
			for _, s := range groupWithContext(pass, c).read(pass) {
				at, key := s.place()
				m := rule.Match[*DeadCtx]{
					Shape: s, File: s.File, Decl: s.Decl, Pos: at.Pos(), End: at.End(),
					Key: key + " " + types.ExprString(s.Maker),
				}
				if !yield(m) {
					return
				}
			}
		}
	}
}

// place is what to point at, and its words.
func (s *DeadCtx) place() (ast.Node, string) {
	if s.kept != nil {
		return s.kept.used, s.Group.Name() + " " + s.kept.v.Name()
	}
	return s.first().node, s.Group.Name() + " " + s.Ctx.Name()
}

// groupWithContext reads `g, ctx := errgroup.WithContext(parent)` with two local
// variables; nil for anything else.
func groupWithContext(pass *rule.Pass, c inspector.Cursor) *DeadCtx {
	s := &DeadCtx{Maker: c.Node().(*ast.CallExpr)}
	fn := callee(pass.Info, s.Maker)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != errgroupPath || fn.Name() != "WithContext" || len(s.Maker.Args) != 1 {
		return nil
	}
	var names []ast.Expr
	switch p := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		s.Made, names = p, p.Lhs
	case *ast.ValueSpec:
		s.Made = p
		for _, id := range p.Names {
			names = append(names, id)
		}
	}
	if len(names) != 2 {
		return nil
	}
	var ok bool
	if s.Place, _, ok = placeOf(c); !ok {
		return nil
	}
	s.Name, _ = names[1].(*ast.Ident)
	s.Group, s.Ctx = localVar(pass.Info, names[0], s.Func), localVar(pass.Info, names[1], s.Func)
	if s.Group == nil || s.Ctx == nil {
		return nil
	}
	return s
}

// read follows the context. It gives the shape itself where the context is used
// behind Wait, and one for each result that keeps it and is used there.
func (s *DeadCtx) read(pass *rule.Pass) (list []*DeadCtx) {
	if s == nil {
		return nil
	}
	f := follow(pass, s, s.Made)
	if f == nil || len(f.waits) == 0 || !s.gatherUses(f) {
		return nil
	}
	s.waits, s.again = f.waits, f.again
	slices.SortFunc(s.waits, func(a, b *ast.CallExpr) int { return int(a.Pos() - b.Pos()) })
	s.Outer = types.ExprString(ast.Unparen(s.Maker.Args[0]))
	for _, u := range s.uses {
		if u.when&(ctxDead|ctxPerhaps) != 0 && (u.heeds() || u.kind == ctxParent) {
			s.harm = append(s.harm, u)
		}
	}
	if s.first() != nil {
		s.plan(pass)
		list = append(list, s)
	}
	for _, k := range f.kept() {
		one := *s
		one.kept = &k
		list = append(list, &one)
	}
	return list
}

// first is the use to point at: the first that is changed by a cancellation,
// else the first behind Wait at all.
func (s *DeadCtx) first() *ctxUse {
	if len(s.harm) > 0 {
		return s.harm[0]
	}
	for _, u := range s.uses {
		if u.when&(ctxDead|ctxPerhaps) != 0 && u.kind == ctxHarmless {
			return u
		}
	}
	return nil
}

// Names are what the group's context may be called, the best first.
func (s *DeadCtx) Names() []string {
	name := s.Group.Name()
	if len(name) <= 2 {
		return []string{name + "ctx", name + "Ctx"}
	}
	return []string{name + "Ctx"}
}
