package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/cfg"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A ctxState is what is so at one point of a run about one group and its
// context: a set of claims, one bit each.
type ctxState uint64

const (
	groupHere ctxState = 1 << iota // the group's variable holds this group
	waitDone                       // its Wait has returned
	waitBegun                      // another goroutine waits for it, and may be done
	goneAgain                      // inside a function that the group was given behind Wait
)

// The bits above say which variables hold the group's context or one derived
// from it, and which deferred calls are still to come. A function that needs
// more of either is none that the rule reads.
const (
	maxCtxVars   = 16
	maxCtxDefers = 24
)

func holdsCtx(i int) ctxState    { return 1 << (8 + i) }
func derivedCtx(i int) ctxState  { return 1 << (8 + maxCtxVars + i) }
func deferToCome(k int) ctxState { return 1 << (8 + 2*maxCtxVars + k) }

// ctxStates is a set, sorted.
type ctxStates []ctxState

func (set ctxStates) with(list ...ctxState) ctxStates {
	for _, s := range list {
		if i, found := slices.BinarySearch(set, s); !found {
			set = slices.Insert(slices.Clone(set), i, s)
		}
	}
	return set
}

// each is the set of what becomes of its members.
func (set ctxStates) each(becomes func(ctxState) ctxState) ctxStates {
	var out ctxStates
	for _, s := range set {
		out = out.with(becomes(s))
	}
	return out
}

// A ctxWhen says in which states a name of the context is used.
type ctxWhen uint8

const (
	ctxOther   ctxWhen = 1 << iota // it doesn't hold the group's context
	ctxLive                        // before Wait
	ctxDead                        // behind Wait, which has cancelled it
	ctxPerhaps                     // while another goroutine waits
	ctxDerived                     // it holds a context derived from the group's, not that one
	ctxAgain                       // with ctxDead: in a function of the same group
)

// A ctxFlow follows one group's context through the function that makes it, on
// all paths: a use is behind Wait where Wait has returned on the way there.
// Function literals run where they are called, deferred ones at the end, and
// others from where they are made.
type ctxFlow struct {
	pass  *rule.Pass
	made  ast.Node       // the statement, or the line of a var block, that makes the group
	body  *ast.BlockStmt // of the function around it
	group *types.Var
	vars  []*types.Var // the context, and what is assigned from it

	lits     map[*types.Var]*ast.FuncLit // functions that a local variable holds for good
	defers   []*ast.DeferStmt            // in source order
	deferIn  []*ast.BlockStmt            // the body that each belongs to
	finishes []finish                    // goroutines that wait for the group
	comms    map[ast.Node]bool           // receives that stand in a select's case

	graphs map[*ast.BlockStmt]*cfg.CFG
	exits  map[ctxEntry]ctxStates
	opened map[types.Object]opened // what was made with the context
	when   map[*ast.Ident]ctxWhen
	waits  []*ast.CallExpr // the group's Waits that were met
	again  []*ast.CallExpr // its Gos behind Wait
}

// A ctxEntry is one run of a body.
type ctxEntry struct {
	body *ast.BlockStmt
	in   ctxState
}

// run follows a body from its first statement, and gives the states in which it
// is left. A function that calls itself counts as doing nothing in there.
func (f *ctxFlow) run(body *ast.BlockStmt, in ctxState) ctxStates {
	key := ctxEntry{body, in}
	if out, ok := f.exits[key]; ok {
		return out
	}
	f.exits[key] = ctxStates{in}
	type step struct {
		b *cfg.Block
		s ctxState
	}
	seen := map[step]bool{}
	todo := []step{{f.graph(body).Blocks[0], in}}
	var out ctxStates
	for len(todo) > 0 {
		st := todo[0]
		todo = todo[1:]
		if seen[st] {
			continue
		}
		seen[st] = true
		states := ctxStates{st.s}
		for _, n := range st.b.Nodes {
			states = f.eval(n, states)
		}
		if st.b.Return() != nil {
			out = out.with(f.leave(body, states)...)
		}
		for _, next := range st.b.Succs {
			for _, s := range states {
				todo = append(todo, step{next, f.along(st.b, next, s)})
			}
		}
	}
	f.exits[key] = out
	return out
}

func (f *ctxFlow) graph(body *ast.BlockStmt) *cfg.CFG {
	if f.graphs[body] == nil {
		f.graphs[body] = cfg.New(body, f.pass.Effects.Returns)
	}
	return f.graphs[body]
}

// along takes a state from one block to the next. A loop over a channel that is
// closed behind Wait has come to its end once Wait has returned, and so has
// whoever receives what is sent behind Wait.
func (f *ctxFlow) along(from, to *cfg.Block, s ctxState) ctxState {
	if s&waitBegun == 0 {
		return s
	}
	switch to.Kind {
	case cfg.KindRangeDone:
		if r, ok := to.Stmt.(*ast.RangeStmt); ok && from.Kind == cfg.KindRangeLoop && from.Stmt == to.Stmt && f.endsRange(r) {
			return s | waitDone
		}
	case cfg.KindSelectCaseBody:
		if comm := to.Stmt.(*ast.CommClause).Comm; comm != nil && f.tells(effects.Received(comm)) {
			return s | waitDone
		}
	}
	return s
}

// leave runs what the body has deferred, last first.
func (f *ctxFlow) leave(body *ast.BlockStmt, states ctxStates) ctxStates {
	for k := len(f.defers) - 1; k >= 0; k-- {
		if f.deferIn[k] != body {
			continue
		}
		var out ctxStates
		for _, s := range states {
			if s&deferToCome(k) == 0 {
				out = out.with(s)
			} else {
				out = out.with(f.deferred(f.defers[k].Call, s&^deferToCome(k))...)
			}
		}
		states = out
	}
	return states
}

// deferred runs one deferred call. Its arguments were evaluated where it was
// deferred: they are still what they were there.
func (f *ctxFlow) deferred(call *ast.CallExpr, s ctxState) ctxStates {
	for _, a := range call.Args {
		if id, i := f.tracked(a); id != nil {
			f.note(id, ctxStates{s | holdsCtx(i)})
		}
	}
	if lit := f.literal(call.Fun); lit != nil {
		return f.run(lit.Body, s)
	}
	if f.isWait(call) && s&groupHere != 0 {
		f.waited(call)
		return ctxStates{s | waitDone}
	}
	return ctxStates{s}
}

// noteOpened records whether what was made with the context is used behind Wait.
func (f *ctxFlow) noteOpened(id *ast.Ident, states ctxStates) {
	if _, ok := f.opened[f.pass.Info.Uses[id]]; !ok {
		return
	}
	for _, s := range states {
		if s&waitDone != 0 && s&groupHere != 0 {
			f.when[id] |= ctxDead
		} else {
			f.when[id] |= ctxLive
		}
	}
}

// note records the states in which a name of the context is used.
func (f *ctxFlow) note(id *ast.Ident, states ctxStates) {
	_, i := f.tracked(id)
	for _, s := range states {
		f.when[id] |= f.whenIn(id.Pos(), i, s)
	}
}

func (f *ctxFlow) whenIn(at token.Pos, i int, s ctxState) ctxWhen {
	var w ctxWhen
	switch {
	case s&holdsCtx(i) == 0:
		return ctxOther
	case s&waitDone != 0:
		w = ctxDead
	case s&waitBegun != 0 && f.drains(at):
		w = ctxPerhaps
	default:
		w = ctxLive
	}
	if s&derivedCtx(i) != 0 {
		w |= ctxDerived
	}
	if s&goneAgain != 0 {
		w |= ctxAgain
	}
	return w
}

// tracked is the name that x is, and its index among the variables that are
// followed; nil for anything else.
func (f *ctxFlow) tracked(x ast.Expr) (*ast.Ident, int) {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok {
		return nil, -1
	}
	v, ok := f.pass.Info.ObjectOf(id).(*types.Var)
	if !ok {
		return nil, -1
	}
	if i := slices.Index(f.vars, v); i >= 0 {
		return id, i
	}
	return nil, -1
}

// literal is the function that x stands for: a literal, or a variable that only
// ever holds one.
func (f *ctxFlow) literal(x ast.Expr) *ast.FuncLit {
	switch x := ast.Unparen(x).(type) {
	case *ast.FuncLit:
		return x
	case *ast.Ident:
		if v, ok := f.pass.Info.Uses[x].(*types.Var); ok {
			return f.lits[v]
		}
	}
	return nil
}

func (f *ctxFlow) isGroup(x ast.Expr) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && f.pass.Info.ObjectOf(id) == types.Object(f.group)
}

// isWait tells whether a call is the Wait of what the group's variable holds.
func (f *ctxFlow) isWait(call *ast.CallExpr) bool {
	_, recv, name, ok := methodCall(call)
	return ok && name == "Wait" && f.isGroup(recv)
}

// isLaunch tells whether a call gives the group a function.
func (f *ctxFlow) isLaunch(call *ast.CallExpr) bool {
	_, recv, name, ok := methodCall(call)
	return ok && (name == "Go" || name == "TryGo") && f.isGroup(recv)
}

func (f *ctxFlow) waited(call *ast.CallExpr) {
	if !slices.Contains(f.waits, call) {
		f.waits = append(f.waits, call)
	}
}
