package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A loopFlow is what one round could leave to the calls of the next: all that is
// collected now happens once every call has returned.
type loopFlow struct {
	s      *SeqLoop
	pass   *rule.Pass
	before []ast.Node          // what runs ahead: prefix, calls and what stands between them
	reads  map[*types.Var]bool // the variables in it
}

func (s *SeqLoop) flow(pass *rule.Pass) *loopFlow {
	f := &loopFlow{s: s, pass: pass}
	for _, n := range s.Prefix {
		f.before = append(f.before, n)
	}
	for _, c := range s.Calls {
		for _, n := range c.Between {
			f.before = append(f.before, n)
		}
		f.before = append(f.before, c.Call)
	}
	f.reads = varsIn(pass.Info, f.before...)
	if v := rootOf(pass.Info, s.Head.Over); v != nil {
		f.reads[v] = true // the second loop asks it again
	}
	return f
}

// behind are the nodes that run below the wait, in the old order.
func (s *SeqLoop) behind() []ast.Node {
	var list []ast.Node
	for _, c := range s.Calls {
		if c.Check != nil {
			list = append(list, c.Check.Body)
		} else if c.Operand || c.InHead {
			list = append(list, c.Stmts[0])
		}
	}
	for _, n := range s.Rest {
		list = append(list, n)
	}
	return list
}

// A loopWrite is one place behind the calls that changes something.
type loopWrite struct {
	at ast.Expr   // `total`, `m[k]`, `x.Price`
	v  *types.Var // the variable at its root; nil where it starts from a call
}

// writes gathers what the round assigns behind its calls, by = and by :=.
func (f *loopFlow) writes() []loopWrite {
	var list []loopWrite
	add := func(x ast.Expr) {
		v, _ := effects.Root(f.pass.Info, x).(*types.Var)
		list = append(list, loopWrite{x, v})
	}
	for _, c := range f.s.Calls {
		for _, r := range c.Results {
			if !r.Blank() {
				add(r.Lhs)
			}
		}
	}
	for _, root := range f.s.behind() {
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, lhs := range n.Lhs {
					add(lhs)
				}
			case *ast.IncDecStmt:
				add(n.X)
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN && n.Key != nil {
					add(n.Key)
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					add(n.X)
				}
			case *ast.CallExpr:
				if id := calleeIdent(n); id != nil && len(n.Args) > 0 && f.pass.Info.Types[n.Fun].IsBuiltin() && (id.Name == "delete" || id.Name == "clear" || id.Name == "copy") {
					add(n.Args[0])
				}
			}
			return true
		})
	}
	return list
}

// inRound tells whether v belongs to the round: the loop's head or its body
// declares it.
func (s *SeqLoop) inRound(v *types.Var) bool { return v != nil && within(posNode(v.Pos()), s.Loop) }

// nothingCarried: a variable that one round leaves to the calls of the next is a
// cursor, a budget, a counter (A10).
func nothingCarried(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	f := s.flow(pass)
	for _, w := range f.writes() {
		id, plain := ast.Unparen(w.at).(*ast.Ident)
		if plain && w.v != nil && !s.inRound(w.v) && f.reads[w.v] {
			return rule.Refuse(w.at.Pos(), fmt.Sprintf("what one round leaves in %s is what the calls of the next work with", id.Name))
		}
	}
	return rule.Holds(s.Loop.Pos(), "no variable goes from one round to the calls of the next")
}

// collectsApart: what is filled behind the calls must not be what they read, or
// decide by (A9): a set of what was seen, a list that grows while it is worked off.
func collectsApart(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	f := s.flow(pass)
	for _, w := range f.writes() {
		if _, plain := ast.Unparen(w.at).(*ast.Ident); plain || w.v == nil || s.inRound(w.v) || !f.reads[w.v] {
			continue
		}
		if !f.ownElement(w.at) && !f.otherField(w.at, w.v) {
			return rule.Refuse(w.at.Pos(), fmt.Sprintf("the calls of the next round, or what decides about them, may read what this one puts in %s", types.ExprString(w.at)))
		}
	}
	assumed := ""
	for _, n := range f.after() {
		for _, c := range s.Calls {
			got, clash := together(s.shared(pass, n, false), s.shared(pass, c.Call, false))
			switch {
			case clash || got.Sure == Unsure:
				return rule.Refuse(n.Pos(), fmt.Sprintf("what is done behind the calls now comes after those of later rounds, and they may use the same memory: %s", got.Why))
			case got.Sure == Likely && assumed == "":
				assumed = got.Why
			}
		}
	}
	if assumed != "" {
		return rule.Assumed(s.Loop.Pos(), "what is done behind the calls is taken not to change what later rounds' calls work with: "+assumed)
	}
	return rule.Holds(s.Loop.Pos(), "the calls read nothing that the loop collects")
}

// ownElement tells whether x is, or lies in, the element of the round: xs[i].Price
// in a loop over xs with the index i.
func (f *loopFlow) ownElement(x ast.Expr) bool {
	over := rootOf(f.pass.Info, f.s.Head.Over)
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			id, plain := ast.Unparen(e.X).(*ast.Ident)
			if plain && over != nil && f.pass.Info.Uses[id] == types.Object(over) && f.s.Head.Key != nil && isUse(f.pass.Info, e.Index, f.s.Head.Key) {
				return f.readsOwnElement(over)
			}
			x = e.X
		default:
			return false
		}
	}
}

// readsOwnElement tells whether all that runs ahead reads of a list is the round's
// own element, or how long it is.
func (f *loopFlow) readsOwnElement(over *types.Var) bool {
	ok := true
	for _, root := range f.before {
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.IndexExpr:
				if isVar(f.pass.Info, n.X, over) && isUse(f.pass.Info, n.Index, f.s.Head.Key) {
					return false
				}
			case *ast.CallExpr:
				if isLen(f.pass.Info, n) {
					return false
				}
			case *ast.Ident:
				if f.pass.Info.Uses[n] == types.Object(over) {
					ok = false
				}
			}
			return ok
		})
	}
	return ok
}

// otherField tells whether a write to a field of v leaves alone what runs ahead:
// that names other fields of v only, and never v itself.
func (f *loopFlow) otherField(x ast.Expr, v *types.Var) bool {
	field := firstField(f.pass.Info, x, v)
	if field == nil {
		return false
	}
	ok := true
	for _, root := range f.before {
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if isVar(f.pass.Info, n.X, v) {
					got, isField := f.pass.Info.Uses[n.Sel].(*types.Var)
					ok = ok && isField && got != field
					return false
				}
			case *ast.Ident:
				if f.pass.Info.Uses[n] == types.Object(v) {
					ok = false
				}
			}
			return ok
		})
	}
	return ok
}

// firstField is the field of v that a path goes through first: count of
// s.count.total; nil where there is none.
func firstField(info *types.Info, x ast.Expr, v *types.Var) *types.Var {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			if isVar(info, e.X, v) {
				f, _ := info.Uses[e.Sel].(*types.Var)
				return f
			}
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// after are the nodes behind the calls but for the checks that end the loop: no
// round comes after those.
func (f *loopFlow) after() []ast.Node {
	var list []ast.Node
	for _, c := range f.s.Calls {
		if c.Check != nil && !c.Stops {
			list = append(list, c.Check.Body)
		} else if c.Check == nil && (c.Operand || c.InHead) {
			list = append(list, branchesOf(c.Stmts[0])...)
		}
	}
	for _, n := range f.s.Rest {
		list = append(list, n)
	}
	return list
}

// isInert tells whether a value of type t can't be changed through a copy of it.
func isInert(t types.Type) bool {
	if effects.IsContext(t) {
		return true
	}
	_, basic := t.Underlying().(*types.Basic)
	return basic
}
