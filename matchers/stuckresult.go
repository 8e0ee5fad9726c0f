// # stuckresult
//
// A goroutine sends its result on a channel without room, and the function that
// should receive it may leave first: on a timeout, when its context ends, on
// another error. The goroutine then stays blocked on its send for ever, with
// all it holds. Room for every send lets it end.
//
// # Before
//
//	func fetch(ctx context.Context, url string) (*http.Response, error) {
//		type result struct {
//			resp *http.Response
//			err  error
//		}
//		done := make(chan result)
//		go func() {
//			resp, err := http.Get(url)
//			done <- result{resp, err}
//		}()
//		select {
//		case r := <-done:
//			return r.resp, r.err
//		case <-ctx.Done():
//			return nil, ctx.Err()
//		}
//	}
//
// # After
//
//	func fetch(ctx context.Context, url string) (*http.Response, error) {
//		type result struct {
//			resp *http.Response
//			err  error
//		}
//		done := make(chan result, 1)
//		go func() {
//			resp, err := http.Get(url)
//			done <- result{resp, err}
//		}()
//		select {
//		case r := <-done:
//			return r.resp, r.err
//		case <-ctx.Done():
//			return nil, ctx.Err()
//		}
//	}
//
// # When it is safe
//
// The channel stays in view, so that every send and receive is counted; no
// number of goroutines or paths sends more often than there will be room; and
// nothing of note runs behind a send, so nothing can have counted on the value
// having been received. The values, their order and the choice of every select
// are then what they were, and the goroutine ends. Where a statement runs
// behind a send, the finding is for review, and says which.
//
// # What it finds
//
// One goroutine or several, started by go, by a WaitGroup or by an errgroup, also
// one for each round of a loop: the room is then len(items). Literals, and
// functions of the same package that are handed the channel. A receiver that
// leaves in a select, by a return before or between its receives, or by leaving
// the loop that receives. A function that returns its channel, when a caller in
// the same package may leave without receiving.
//
// # When it stays quiet
//
// When the function receives on every path; when a path ends the process or
// fails the test; when the send has another way out (a select with a default, a
// context or a timer); when the channel is handed on, or received from
// elsewhere; when a goroutine sends any number of times, for which the way out
// is a select and not room; when somebody chose a room other than 1.
//
// # When it refuses
//
// When a goroutine sends twice on a path because a return is missing: room
// would hide that. When the number of goroutines is not known where the channel
// is made.

package matchers

import (
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"iter"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A StuckResult is a result channel without room whose receiver may leave: the
// goroutine that sends then stays for ever.
type StuckResult struct {
	Place
	Chan    *types.Var
	Made    ast.Stmt      // the statement that makes the channel
	Make    *ast.CallExpr // make(chan T) or make(chan T, k)
	At      ast.Node      // Made, or the line of a var block
	Cap     int           // the constant room it has
	Senders []*Sender
	uses    []chanUse
	leaves  *leave // how the receiver can leave, found by the guard
}

// A Sender is one place that starts a goroutine which sends on the channel.
type Sender struct {
	Stmt  ast.Stmt       // the go statement, or the call of a group's Go
	Body  *ast.BlockStmt // what the goroutine runs
	Chan  types.Object   // the channel's name in there: the captured variable, or a parameter
	Loop  ast.Stmt       // the loop that starts one for each round, else nil
	Most  int            // the most sends on one path; many when it is not bounded
	Twice token.Pos      // a send behind which a return is missing
}

const many = 1 << 20

//go:embed stuckresult.go
var stuckResultSource string

// StuckResultRule finds goroutines that stay blocked on sending their result.
var StuckResultRule = rule.Spec[*StuckResult]{
	Name:        "stuckresult",
	Summary:     "a goroutine that blocks for ever sending a result that nobody receives",
	Best:        rule.Safe,
	Kind:        rule.Repair,
	Obligations: []string{"A13", "B15", "B16", "D9", "D10", "D11", "D12"},
	Doc:         pageOf(stuckResultSource),
	Find:        findStuckResult,
	Guards: []rule.Guard[*StuckResult]{
		{Name: "escapes", Hazard: "B16", Check: channelStaysHere},
		{Name: "way-out", Hazard: "D11", Check: sendsHaveNoWayOut},
		{Name: "send-count", Hazard: "B15", Check: sendsAreCounted},
		{Name: "double-send", Hazard: "D10", Check: noReturnMissing},
		{Name: "receiver-leaves", Hazard: "D9", Check: receiverLeaves},
		{Name: "hand-off", Hazard: "D12", Check: nothingAfterSend},
		{Name: "count-steady", Hazard: "A13", Check: countIsSteady},
	},
	Message: func(pass *rule.Pass, s *StuckResult) string {
		if s.leaves == nil {
			return fmt.Sprintf("the goroutine may send on %s more often than anybody receives", s.Chan.Name())
		}
		who := "the goroutine that sends"
		if len(s.Senders) > 1 || s.Senders[0].Loop != nil {
			who = "each goroutine that still has to send"
		}
		return fmt.Sprintf("%s on %s stays blocked for ever when %s", who, s.Chan.Name(), s.leaves.when)
	},
	Changes: func(pass *rule.Pass, s *StuckResult) []string {
		return []string{"a goroutine ends once it has sent, also when nobody receives any more"}
	},
}

// findStuckResult yields each local channel without room, or with too little,
// that goroutines of the same function send on.
func findStuckResult(pass *rule.Pass) iter.Seq[rule.Match[*StuckResult]] {
	return func(yield func(rule.Match[*StuckResult]) bool) {
		for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
			s := channelMade(pass, c)
			if s == nil || !s.readUses(pass) || len(s.Senders) == 0 {
				continue
			}
			m := rule.Match[*StuckResult]{
				Shape: s, File: s.File, Decl: s.Decl, Pos: s.At.Pos(), End: s.At.End(),
				Key: s.Chan.Name() + " " + types.ExprString(s.Make),
			}
			if !yield(m) {
				return
			}
		}
	}
}

// channelMade reads `ch := make(chan T)`, `var ch = make(chan T)`, with no room
// or a constant one; nil for anything else.
func channelMade(pass *rule.Pass, c inspector.Cursor) *StuckResult {
	call := c.Node().(*ast.CallExpr)
	if id, ok := call.Fun.(*ast.Ident); !ok || id.Name != "make" || len(call.Args) == 0 {
		return nil
	}
	ch, ok := pass.Info.TypeOf(call).Underlying().(*types.Chan)
	if !ok || ch.Dir() != types.SendRecv {
		return nil
	}
	s := &StuckResult{Make: call}
	if len(call.Args) == 2 && !constInt(pass.Info, call.Args[1], &s.Cap) {
		return nil
	}
	var lhs *ast.Ident
	switch p := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		if len(p.Lhs) == len(p.Rhs) && p.Tok == token.DEFINE {
			for i, rhs := range p.Rhs {
				if rhs == ast.Expr(call) {
					lhs, _ = p.Lhs[i].(*ast.Ident)
				}
			}
		}
		s.Made, s.At = p, p
	case *ast.ValueSpec:
		if len(p.Names) == 1 {
			lhs = p.Names[0]
		}
		s.Made, _ = c.Parent().Parent().Parent().Node().(*ast.DeclStmt)
		s.At = p
	}
	if lhs == nil || s.Made == nil {
		return nil
	}
	s.Chan, _ = pass.Info.Defs[lhs].(*types.Var)
	var inFunc bool
	s.Place, _, inFunc = placeOf(c)
	if s.Chan == nil || !inFunc || onlyValue(pass.Info, s.Func, s.Chan) == nil {
		return nil
	}
	return s
}

// A chanUse is one mention of the channel.
type chanUse struct {
	kind  useKind
	at    *ast.Ident
	stmt  ast.Stmt     // the receive loop of a range
	inner *ast.FuncLit // the outermost literal around it, nil in the function itself
}

type useKind uint8

const (
	useOther useKind = iota
	useSend
	useReceive
	useRange
	useClose
	useReturn
	useHandOver // an argument of a goroutine that is started
)
