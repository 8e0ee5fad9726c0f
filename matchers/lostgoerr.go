// # lostgoerr
//
// A goroutine calls something that may fail, and its error goes nowhere: the go
// statement throws it away, or the goroutine does. The work isn't done and nobody
// learns of it. Where something in the code already carries errors from there, it
// should carry this one, too: the group that the goroutine runs in, the pipe that
// it writes to, or the logger in use there.
//
// # Before
//
//	func (s *server) start(ctx context.Context) {
//		s.logger.Info("starting")
//		go s.refresh(ctx)
//		go func() {
//			_ = s.http.ListenAndServe()
//		}()
//	}
//
//	func stored(names []string) error {
//		var g errgroup.Group
//		for _, name := range names {
//			g.Go(func() error {
//				store(name)
//				return nil
//			})
//		}
//		return g.Wait()
//	}
//
//	func list(names []string) io.Reader {
//		r, w := io.Pipe()
//		go func() {
//			defer w.Close()
//			writeAll(w, names)
//		}()
//		return r
//	}
//
// # After
//
//	func (s *server) start(ctx context.Context) {
//		s.logger.Info("starting")
//		go func() {
//			if err := s.refresh(ctx); err != nil {
//				s.logger.Error("server refresh failed", "err", err)
//			}
//		}()
//		go func() {
//			if err := s.http.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) {
//				s.logger.Error("listen and serve failed", "err", err)
//			}
//		}()
//	}
//
//	func stored(names []string) error {
//		var g errgroup.Group
//		for _, name := range names {
//			g.Go(func() error {
//				return store(name)
//			})
//		}
//		return g.Wait()
//	}
//
//	func list(names []string) io.Reader {
//		r, w := io.Pipe()
//		go func() {
//			defer w.Close()
//			if err := writeAll(w, names); err != nil {
//				w.CloseWithError(err)
//			}
//		}()
//		return r
//	}
//
// # What it finds
//
// A go statement whose function returns an error. In a goroutine's literal, started
// by go or by a WaitGroup: a call that is not looked at (f() or _ = f()), and an if
// that does nothing with the error but return. In an errgroup: f() with nothing
// behind it but return nil. A goroutine that stops on an error and closes its
// channel, as if everything had been sent.
//
// # What it writes
//
// With an errgroup, the error is returned to it. With a pipe whose writer the
// goroutine closes, the error goes to the reader by CloseWithError. Else the
// goroutine stays as detached as it was, and logs: with the logger that the same
// function uses, else the receiver's, else the file's or the package's, in the
// form, the key and the case of what is logged there. log, slog, zap, zerolog,
// logrus, logr, klog, hclog and go-kit's log are known; another logger is used
// where an error is logged with it already. What a server or a context gives when
// it is shut down is no failure, and isn't logged.
//
// # When it is safe
//
// Never: an error that was dropped gets somebody who hears of it. Findings are for
// review.
//
// # When it stays quiet
//
// In test files. Where a comment says that the error is left on purpose, or
// //nolint:errcheck does. Where there is no error to speak of: printing, writing to
// a buffer or a hash, closing, flushing and other cleaning up, copying from stream
// to stream, waiting for what reports by itself, functions that return only nil or
// their context's error, functions that log what they return or tell somebody else
// first, functions that are given an error to deal with.
//
// # When it refuses
//
// When no logger is in use there, or the one that is may be nil or changes. When the
// function waits for the goroutine and returns an error itself: what it should return,
// only the author knows. When the
// receiver holds a group that could carry it, or the group comes from elsewhere.
// When a consumer takes the closed channel for success: the error needs a way to
// it. When the go statement evaluates something that may have changed when the
// goroutine runs. When the function would have to return an error first.

package matchers

import (
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/types"
	"iter"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A LostGoErr is a call in a goroutine whose error nobody looks at.
type LostGoErr struct {
	Place             // of the launch
	Launch ast.Stmt   // `go f(x)`, `wg.Go(f)`, `g.Go(f)`
	Loops  []ast.Stmt // around the launch, innermost first
	How    Launch
	Lit    *ast.FuncLit // what runs, where that is a literal
	Group  *Group       // g of g.Go, wg of wg.Go

	Drop DropKind
	Stmt ast.Stmt      // what drops the error
	Call *ast.CallExpr // whose error it is
	Fn   *types.Func   // the declared function or method that Call names, else nil
	Err  string        // how the error will be called: "err", or the name that it has
	Feed ast.Expr      // the channel that is closed whatever happened
	In   *types.Func   // the function of the goroutine in which it is dropped; nil where that is Lit, or Fn itself

	Fix    ErrFix
	Tail   *ast.ReturnStmt // FixReturn: the `return nil` behind the call
	Pipe   string          // FixPipe: the writer
	Log    *Logger         // FixLog
	Unless *Sentinel       // FixLog: the error that is none
}

// A DropKind is a way to lose an error.
type DropKind uint8

// The ways.
const (
	DropStarted   DropKind = iota // go f(x)
	DropUnchecked                 // f(x)
	DropBlank                     // _ = f(x)
	DropSwallowed                 // if err := f(x); err != nil { return }
)

// An ErrFix is what the rewrite writes.
type ErrFix uint8

// The fixes.
const (
	FixNone   ErrFix = iota
	FixReturn        // the errgroup's function returns it
	FixPipe          // the pipe's writer is closed with it
	FixLog           // it is logged
)

// A Sentinel is an error that says that all went well: http.ErrServerClosed.
type Sentinel struct{ Path, Package, Name string }

func (s Sentinel) String() string { return s.Package + "." + s.Name }

//go:embed lostgoerr.go
var lostGoErrSource string

// LostGoErrRule finds goroutines whose errors nobody hears of.
var LostGoErrRule = rule.Spec[*LostGoErr]{
	Name:        "lostgoerr",
	Summary:     "a goroutine whose error is dropped",
	Best:        rule.Review, // somebody will hear of what nobody heard of
	Kind:        rule.Repair,
	Obligations: []string{"B9", "B10", "B13", "B14", "C3", "D3", "D8", "D10", "F7"},
	Doc:         pageOf(lostGoErrSource),
	Find:        findLostGoErr,
	Guards: []rule.Guard[*LostGoErr]{
		{Name: "tests", Hazard: "C3", Check: noTest},
		{Name: "on-purpose", Hazard: "B9", Check: notOnPurpose},
		{Name: "real-error", Hazard: "B10", Check: mayFail},
		{Name: "closed-feed", Hazard: "D10", Check: readerLearns},
		{Name: "group-elsewhere", Hazard: "D8", Check: groupIsHere},
		{Name: "daemon", Hazard: "D3", Check: endIsNoFailure},
		{Name: "joined", Hazard: "B13", Check: othersGoOn},
		{Name: "hearer", Hazard: "B14", Check: somebodyHears},
		{Name: "operands", Hazard: "F7", Check: sameWhenItRuns},
	},
	Message: lostGoErrMessage,
	Changes: lostGoErrChanges,
}

// findLostGoErr yields each error that a goroutine drops.
func findLostGoErr(pass *rule.Pass) iter.Seq[rule.Match[*LostGoErr]] {
	return func(yield func(rule.Match[*LostGoErr]) bool) {
		for c := range pass.Syntax().Preorder((*ast.GoStmt)(nil), (*ast.ExprStmt)(nil)) {
			for _, l := range lostAt(pass, c) {
				at := l.Stmt
				if l.In != nil {
					at = l.Launch
				}
				m := rule.Match[*LostGoErr]{
					Shape: l, File: l.File, Decl: l.Decl, Pos: at.Pos(), End: at.End(),
					Key: fmt.Sprintf("%d %s", l.Drop, types.ExprString(l.Call.Fun)),
				}
				if !yield(m) {
					return
				}
			}
		}
	}
}

// lostAt gathers what one launch loses.
func lostAt(pass *rule.Pass, c inspector.Cursor) []*LostGoErr {
	base := &LostGoErr{Err: "err"}
	var call *ast.CallExpr
	switch s := c.Node().(type) {
	case *ast.GoStmt:
		base.Launch, base.How, call = s, GoStmt, s.Call
		base.Lit, _ = ast.Unparen(s.Call.Fun).(*ast.FuncLit)
	case *ast.ExprStmt:
		var ok bool
		if call, ok = s.X.(*ast.CallExpr); !ok {
			return nil
		}
		fn := callee(pass.Info, call)
		if fn == nil || fn.Name() == "AfterFunc" || !effects.Starts(fn) || len(call.Args) != 1 {
			return nil
		}
		base.Launch, base.How = s, GroupGo
		if fn.Pkg().Path() == "sync" {
			base.How = WaitGroupGo
		}
		if base.Lit, _ = ast.Unparen(call.Args[0]).(*ast.FuncLit); base.Lit == nil {
			return nil
		}
	}
	var ok bool
	if base.Place, base.Loops, ok = placeOf(c); !ok {
		return nil
	}
	return base.drops(pass, call)
}

func lostGoErrMessage(pass *rule.Pass, l *LostGoErr) string {
	what := l.name(pass)
	switch {
	case l.Feed != nil && l.In != nil:
		return fmt.Sprintf("the error of %s is dropped in %s, and %s is closed as if all had been sent", what, effects.Name(l.In, pass.Pkg), types.ExprString(l.Feed))
	case l.Feed != nil:
		return fmt.Sprintf("the error of %s is dropped, and %s is closed as if all had been sent", what, types.ExprString(l.Feed))
	case l.Fix == FixReturn:
		return fmt.Sprintf("the error of %s is dropped: the group never learns of it", what)
	case l.Drop == DropStarted:
		return fmt.Sprintf("the go statement drops the error of %s: nobody learns of it", what)
	}
	return fmt.Sprintf("the goroutine drops the error of %s: nobody learns of it", what)
}

// name is how a message names the callee.
func (l *LostGoErr) name(pass *rule.Pass) string {
	switch {
	case l.Fn != nil:
		return effects.Name(l.Fn, pass.Pkg)
	case l.Drop == DropStarted && l.Lit != nil:
		return "the function literal"
	}
	return types.ExprString(l.Call.Fun)
}

func lostGoErrChanges(pass *rule.Pass, l *LostGoErr) []string {
	what := l.name(pass)
	switch l.Fix {
	case FixReturn:
		changes := []string{fmt.Sprintf("when %s fails, %s.Wait returns its error, unless another came first", what, l.Group.Text)}
		if l.Group.Maker != nil {
			changes = append(changes, "the group's context then ends for the others")
		}
		return changes
	case FixPipe:
		return []string{fmt.Sprintf("when %s fails, whoever reads from the pipe gets its error, where it used to get io.EOF", what)}
	}
	logged := fmt.Sprintf("when %s fails, %s logs it", what, l.Log.Name)
	if l.Unless != nil {
		logged += fmt.Sprintf(", unless the error is %s, which only says that it was stopped", l.Unless)
	}
	if l.round(pass) {
		return []string{logged, "a failure that lasts is logged in each round of the loop around it"}
	}
	return []string{logged}
}

// round tells whether the error is dropped in a loop of the goroutine's own.
func (l *LostGoErr) round(pass *rule.Pass) bool {
	c, ok := pass.FindNode(l.Stmt)
	if !ok || l.Drop == DropStarted {
		return false
	}
	_, loops, _ := placeOf(c)
	return len(loops) > 0
}
