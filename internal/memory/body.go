package memory

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// maxEvents and maxVisits bound what is gathered of one function; beyond that it
// is too much to follow.
const (
	maxEvents = 20_000
	maxVisits = 20_000
)

// An event is one thing that a body does, with where it stands in the body.
type event struct {
	held  held         // before it
	site  token.Pos    // in the function, or in the literal where it is written
	outer []token.Pos  // the calls that lead to that literal
	later *ast.FuncLit // the innermost literal around it that the body only makes
	late  bool         // on the way out, among what was deferred

	access *Access
	opaque *Opaque
	lock   *lockUse
	flow   *flow
	visit  *visit
	trust  Trust
}

// An escape is a place outside that got hold of something of the function's own.
type escape struct {
	into  Loc
	whole bool // what is there is the address of all of it
	pos   token.Pos
}

// A bound is a method value.
type bound struct {
	fn   *types.Func
	recv []elem
}

// A body is one function as it is being looked at: first what its variables may
// refer to, over and over until nothing changes, and in the last turn, when that
// is known, what is touched.
type body struct {
	o     *Oracle
	info  *types.Info
	decl  ast.Node
	heap  heap
	param map[types.Object]Root
	named []*types.Var // named results

	lits      map[token.Pos]*ast.FuncLit
	litOrder  []*ast.FuncLit
	bounds    map[token.Pos]bound
	returned  map[*ast.FuncLit][][]elem
	escapes   map[Root][]escape
	addressed map[Root]bool
	loops     []ast.Node // all loops
	waits     map[types.Object]bool
	jumps     bool // it has a goto

	// Of the turn.
	events  []event
	seen    map[seenKey]int // the place of an event among events
	trust   Trust
	turns   int
	visits  int
	many    bool
	walked  map[*ast.FuncLit]bool
	memo    map[litState]bool
	active  []*ast.FuncLit
	making  map[token.Pos]bool // function values that callMade is calling
	nested  int                // calls that are followed inside of each other
	outer   []token.Pos
	later   *ast.FuncLit
	frame   *frame
	held    held
	dead    bool // no way leads here
	late    int  // runs what was deferred
	sites   bool // remember each event with its place, for regions
	results [][]elem
}

type litState struct {
	lit  *ast.FuncLit
	held string
}

// A frame is one call of the function itself or of a literal.
type frame struct {
	lit    *ast.FuncLit // nil: the function itself
	exit   held         // held at every return so far
	left   bool         // there was one
	defers []func()
	breaks []*outlet
}

// An outlet is where break and continue lead to.
type outlet struct {
	loop          bool
	broken, again state
}

func (o *Oracle) newBody(decl ast.Node, sig *types.Signature, sites bool) *body {
	b := &body{
		o: o, info: o.info, decl: decl, heap: heap{holds: map[Root][]elem{}}, param: map[types.Object]Root{},
		making: map[token.Pos]bool{}, lits: map[token.Pos]*ast.FuncLit{}, bounds: map[token.Pos]bound{}, returned: map[*ast.FuncLit][][]elem{},
		escapes: map[Root][]escape{}, addressed: map[Root]bool{}, sites: sites,
	}
	if sig != nil {
		if r := sig.Recv(); r != nil {
			b.param[r] = Root{Kind: Receiver, Name: r.Name()}
		}
		for i := range sig.Params().Len() {
			p := sig.Params().At(i)
			b.param[p] = Root{Kind: Param, Index: i, Name: p.Name()}
		}
		for v := range sig.Results().Variables() {
			b.named = append(b.named, v)
		}
	}
	b.survey()
	return b
}

// survey looks for loops, jumps, and variables that are waited on.
func (b *body) survey() {
	b.waits = map[types.Object]bool{}
	if b.decl == nil {
		return
	}
	ast.Inspect(b.decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			b.loops = append(b.loops, n)
		case *ast.BranchStmt:
			b.jumps = b.jumps || n.Tok == token.GOTO
		case *ast.CallExpr:
			if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && sel.Sel.Name == "Wait" {
				if obj := effects.Root(b.info, sel.X); obj != nil {
					b.waits[obj] = true
				}
			}
		}
		return true
	})
}

// solve turns until nothing new is stored anywhere; the events are then those of
// the last turn.
func (b *body) solve(stmts *ast.BlockStmt, expr ast.Expr) {
	const maxTurns = 12
	for b.turns = 1; ; b.turns++ {
		b.heap.changed = false
		b.turn(stmts, expr)
		if b.many = b.many || b.heap.many; b.many || !b.heap.changed && (b.turns > 1 || b.sites) {
			return
		}
		if b.turns == maxTurns {
			b.many = true
			return
		}
	}
}

func (b *body) turn(stmts *ast.BlockStmt, expr ast.Expr) {
	b.events, b.walked, b.memo, b.visits = b.events[:0], map[*ast.FuncLit]bool{}, map[litState]bool{}, 0
	b.seen, b.trust = map[seenKey]int{}, Proved
	b.held, b.dead, b.later = nil, false, nil
	b.frame = &frame{}
	if expr != nil {
		b.eval(expr)
	}
	if stmts != nil {
		b.block(stmts)
		b.leave()
		b.runDefers()
		b.frame.exit = b.held
	}
	for i := 0; i < len(b.litOrder); i++ { // walking finds more
		if lit := b.litOrder[i]; !b.walked[lit] {
			b.held, b.dead, b.later = nil, false, lit
			b.inline(lit, nil, nil)
		}
	}
	b.later = nil
}

// leave notes the locks at a way out.
func (b *body) leave() {
	if b.dead {
		return
	}
	f := b.frame
	if f.left {
		f.exit = f.exit.both(b.held)
	} else {
		f.exit, f.left = b.held, true
	}
	b.dead = true
}

// runDefers runs what the frame deferred, and goes on after it.
func (b *body) runDefers() {
	b.held, b.dead = b.frame.exit, false
	b.late++
	for _, d := range slices.Backward(b.frame.defers) {
		d()
	}
	b.late--
}

func (b *body) place(pos token.Pos) Place { return Place{Pos: pos, fset: b.o.fset} }

// emit notes an event. For a summary of the whole function, equal ones become one
// at once, and nothing counts that only a literal does which isn't called.
func (b *body) emit(site token.Pos, e event) {
	if !b.sites {
		if b.later != nil {
			return
		}
		b.trust = min(b.trust, e.trust)
		if b.merged(site, e) {
			return
		}
	}
	if len(b.events) >= maxEvents {
		b.many = true
		return
	}
	e.site, e.later, e.outer, e.late, e.held = site, b.later, b.outer, b.late > 0, b.held
	b.events = append(b.events, e)
}

const maxSeen = 160 // different events of one function

// A seenKey is what makes two events equal.
type seenKey struct {
	access accessKey
	from   elem
	may    bool
	name   string
}

// merged tells whether an event adds nothing, or added it to an earlier one.
func (b *body) merged(site token.Pos, e event) bool {
	var key seenKey
	switch {
	case e.access != nil && b.turns < 2:
		return true // the first turn is never the last
	case e.access != nil && !e.access.Loc.Root.private(): // others count by where they stand
		key.access = accessKey{e.access.Loc.place(), e.access.Write, e.access.Atomic, e.access.Handle}
	case e.flow != nil && !e.flow.from.loc.Root.private():
		key.access.loc, key.from, key.may = e.flow.into.place(), e.flow.from, e.flow.may
	case e.flow != nil:
		return true // of the function's own
	case e.access == nil && e.opaque == nil && e.lock == nil && e.visit == nil:
		return true // only trust
	default:
		return false
	}
	i, ok := b.seen[key]
	if !ok {
		if len(b.seen) >= maxSeen || len(b.events) >= maxEvents {
			b.many = true
			return true
		}
		b.seen[key] = len(b.events)
		return false
	}
	if have := b.events[i].access; have != nil {
		merge(have, e.access, e.access.Locks)
	}
	return true
}

// merge adds an access to an equal one: what is held at both, and the place of
// the one that holds less.
func merge(have, a *Access, locks []Lock) {
	if both := held(have.Locks).both(locks); len(both) < len(have.Locks) || !slices.Equal(both, have.Locks) {
		have.Locks, have.At, have.Via = both, a.At, a.Via
	}
	if have.Loc.block != a.Loc.block {
		have.Loc.block = nil
	}
	have.Known, have.Handed = have.Known && a.Known, have.Handed || a.Handed
}

// touch notes an access to l at pos.
func (b *body) touch(site token.Pos, l Loc, write bool) {
	if b.silent(l) {
		return
	}
	b.emit(site, event{trust: Proved, access: &Access{Loc: l, Write: write, Locks: b.held, At: b.place(site)}})
}

// silent tells whether nobody will ask for accesses to l: a variable of the
// function's own whose address goes nowhere.
func (b *body) silent(l Loc) bool {
	switch l.Root.Kind {
	case function:
		return true
	case Fresh:
		return !b.sites && b.escapes[l.Root.key()] == nil && b.turns > 1
	case Local, Param, Receiver:
		return !b.sites && !l.Path.remote() && !b.addressed[l.Root.key()]
	}
	return false
}
