package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

// pair tells whether a node of one round and one of another may run in any order, or
// at once, as far as the memory goes that the rounds share. What a round reaches
// through its own variables is left out: itemsApart answers for that.
func (s *SeqLoop) pair(pass *rule.Pass, a, b ast.Node) (c Claim, clash bool) {
	return together(s.shared(pass, a, true), s.shared(pass, b, true))
}

// shared is what running a node does to memory that isn't reached through the
// round's own variables; without plain, also not to the function's other variables
// themselves, for which nothingCarried answers.
func (s *SeqLoop) shared(pass *rule.Pass, n ast.Node, plain bool) *memory.Summary {
	all := *pass.Memory.Region(n)
	kept := all.Accesses
	all.Accesses = nil
	for _, a := range kept {
		if !s.isRounds(pass, a.Loc) && (plain || a.Loc.Root.Kind != memory.Local || a.Loc.Path != (memory.Path{})) {
			all.Accesses = append(all.Accesses, a)
		}
	}
	opaque := all.Opaque
	all.Opaque = nil
	for _, o := range opaque {
		reach := o.Reach
		o.Reach = nil
		for _, l := range reach {
			if !s.isRounds(pass, l) {
				o.Reach = append(o.Reach, l)
			}
		}
		all.Opaque = append(all.Opaque, o)
	}
	return &all
}

// isRounds tells whether memory belongs to the round: it is a variable of the loop's
// head or body, is reached through one, or lies in an element of what the loop goes
// over.
func (s *SeqLoop) isRounds(pass *rule.Pass, l memory.Loc) bool {
	v, ok := l.Root.Object.(*types.Var)
	return ok && s.inRound(v) || s.isElement(pass, l)
}

// isElement tells whether memory is reached through an element of what the loop goes
// over, named as memory names it: "0[].addrs", "recv.servers[]".
func (s *SeqLoop) isElement(pass *rule.Pass, l memory.Loc) bool {
	over := rootOf(pass.Info, s.Head.Over)
	if over == nil || !isPath(s.Head.Over) {
		return false
	}
	if l.Root.Object != types.Object(over) && !((l.Root.Kind == memory.Param || l.Root.Kind == memory.Receiver) && l.Root.Name == over.Name()) {
		return false
	}
	fields := strings.TrimPrefix(types.ExprString(s.Head.Over), over.Name())
	return strings.HasPrefix(strings.TrimPrefix(l.String(), l.Root.String()), fields+"[]")
}

// isPath tells whether x is a name, or fields below one.
func isPath(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return isPath(x.X)
	}
	return false
}

// roundsApart: two rounds' calls run at once, so neither may write what the other
// uses (A4).
func roundsApart(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	moved := s.moved()
	taken := ""
	for i, a := range moved {
		for _, b := range moved[i:] {
			c, clash := s.pair(pass, a, b)
			switch {
			case clash || c.Sure == Unsure:
				return rule.Refuse(a.Pos(), fmt.Sprintf("the rounds may use the same memory: %s", c.Why))
			case c.Sure == Likely && taken == "":
				taken = c.Why
			}
		}
	}
	if taken != "" {
		return rule.Assumed(s.Main().Call.Pos(), fmt.Sprintf("%s is taken to be safe for use at the same time: %s", s.Main().Name(), taken))
	}
	return rule.Holds(s.Main().Call.Pos(), "no round's calls write what another's touch")
}

// moved are the nodes that run in a goroutine.
func (s *SeqLoop) moved() []ast.Node {
	var list []ast.Node
	for _, c := range s.Calls {
		for _, n := range c.Between {
			list = append(list, n)
		}
		list = append(list, c.Call)
	}
	return list
}

// itemsApart: where a round writes into its item, the item must not be another
// round's as well (A3).
func itemsApart(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	f := s.flow(pass)
	for _, w := range f.writes() {
		if _, plain := ast.Unparen(w.at).(*ast.Ident); plain || w.v == nil {
			continue
		}
		own := s.inRound(w.v) && !s.isOwn(pass.Info, w.at) && s.ofItem(pass)[w.v] && !f.otherField(w.at, w.v)
		if own || !s.inRound(w.v) && f.ownElement(w.at) && f.readsField(w.at) {
			return rule.Assumed(w.at.Pos(), fmt.Sprintf("no item is taken to come twice: %s is written once all calls have returned", types.ExprString(w.at)))
		}
	}
	for _, n := range s.moved() {
		for _, a := range pass.Memory.Region(n).Accesses {
			if !a.Write || a.Atomic {
				continue
			}
			v, ok := a.Loc.Root.Object.(*types.Var)
			if s.isElement(pass, a.Loc) || ok && s.inRound(v) && !s.madeByName(pass.Info, v) && !isFilled(s, v) && !isInert(v.Type()) {
				return rule.Assumed(n.Pos(), "no item is taken to come twice: the call writes to its own")
			}
		}
	}
	return rule.Holds(s.Loop.Pos(), "no round changes what another's call is given")
}

// readsField tells whether what runs ahead reads, in any item, the field that x ends
// in, or an item as a whole.
func (f *loopFlow) readsField(x ast.Expr) bool {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return true
	}
	field, item := f.pass.Info.Uses[sel.Sel], f.pass.Info.TypeOf(sel.X)
	found := false
	for _, root := range f.before {
		named := map[ast.Expr]bool{} // items of which only a field is looked at
		ast.Inspect(root, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if v, isVar := f.pass.Info.Uses[n.Sel].(*types.Var); isVar && v.IsField() {
					named[n.X] = true
					found = found || f.pass.Info.Uses[n.Sel] == field
				}
			case ast.Expr:
				if t := f.pass.Info.TypeOf(n); t != nil && !named[n] && types.Identical(t, item) {
					found = true
				}
			}
			return !found
		})
	}
	return found
}

func isFilled(s *SeqLoop, v *types.Var) bool {
	for _, c := range s.Calls {
		for _, f := range c.Fills {
			if f == v {
				return true
			}
		}
	}
	return false
}
