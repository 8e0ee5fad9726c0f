package effects

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A Region is what running some statements on one goroutine may do.
type Region struct {
	Summary
	Calls  []Call
	Chans  []ChanOp
	Spawns []*ast.CallExpr // functions started as goroutines: `go f()`, g.Go(f), wg.Go(f)

	node    ast.Node
	started []*Region // literals that are started as goroutines here
	loops   int       // deepest nesting of loops in node itself
	endless string    // what keeps a loop in node itself running, "" if nothing does
	peer    string    // a call of a function value that takes a context and may fail
	opaque  string    // first call of a function value

	iterates ast.Expr          // the first function value that a range statement calls
	opaqueAt token.Pos         // where it stands
	path     *track            // what every normal return has come by
	panics   token.Pos         // the first explicit panic
	again    token.Pos         // the first in a deferred function: it comes after recover
	recovers token.Pos         // the first defer of a function that calls recover
	helps    bool              // calls recover itself, for the function that defers it
	guards   []*types.Func     // deferred functions, one of which may recover
	guardAt  token.Pos         // where the first stands
	asked    bool              // a context is asked whether it has ended
	rebinds  bool              // a context from outside of the region is assigned
	deaf     token.Pos         // a channel operation that waits on, whatever the context says
	results  []*ast.ReturnStmt // the region's own
	starts   []start           // where Spawns stand
}

// Callback names a function value that the region calls, takes to wait for a
// peer, and can't look into; "" for none.
func (r *Region) Callback() string { return r.peer }

// A Call is one call that the region's goroutine makes itself.
type Call struct {
	Expr  *ast.CallExpr
	Fn    *types.Func
	Depth int // how many loops of the region stand around it

	maybe   bool     // some condition stands around it
	later   bool     // it is deferred
	returns int      // how many return statements stand before it
	outside *Summary // the callee's, where this package doesn't declare it

	streamed, isStream bool // streamVerb has been asked, and knew
	stream             Verb
}

// A ChanKind is one of the operations on a channel.
type ChanKind uint8

// The operations.
const (
	Send ChanKind = iota
	Recv
	Range
	Close
)

// A ChanOp is one operation on a channel.
type ChanOp struct {
	Kind ChanKind
	Chan ast.Expr
	Pos  token.Pos
	// Out tells that the operation stands in a select with another way out: a
	// default, a context's Done, a timer.
	Out     bool
	Default bool // that way out is a default: the operation never waits
	Choice  bool // the select has any other case at all
	Depth   int  // how many loops of the region stand around it

	heeds   bool // another case of the select waits for a context
	maybe   bool // some condition stands around it
	returns int  // how many return statements stand before it
}
