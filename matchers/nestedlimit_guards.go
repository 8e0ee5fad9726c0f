package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// sameGroup: the same name is the same group only as long as nobody puts another
// one there.
func sameGroup(pass *rule.Pass, n *NestedLimit) rule.Verdict {
	at := n.Call.Pos()
	if n.under != nil {
		return sameGroup(pass, n.under)
	}
	for _, r := range n.runs {
		for f := r.in; f != nil; f = f.up {
			if where := remade(pass.Info, f); where.IsValid() {
				return rule.Quiet(where, "the function that the group runs makes a group of its own")
			}
		}
	}
	for _, r := range n.runs {
		if r.in.path.fields != "" {
			return rule.Assumed(at, fmt.Sprintf("%s is taken to be one group throughout: no function on the way sets it", n.Group.Text))
		}
	}
	return rule.Holds(at, "it is the same group: the variable is captured or handed on")
}

// remade is where a function puts another group, or another owner of it, into
// the path.
func remade(info *types.Info, f *frame) token.Pos {
	found := token.NoPos
	body, _ := bodyAndType(f.fn)
	ast.Inspect(body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for _, lhs := range a.Lhs {
			p, ok := pathOf(info, lhs)
			if ok && p.root == f.path.root && (p.fields == f.path.fields || strings.HasPrefix(f.path.fields, p.fields+".")) {
				found = a.Pos()
			}
		}
		return true
	})
	return found
}

// slotsRunOut: whether functions that wait for a slot may hold them all.
func slotsRunOut(pass *rule.Pass, n *NestedLimit) rule.Verdict {
	at := n.Call.Pos()
	switch n.What {
	case LimitOfZero:
		return rule.Refuse(at, "only the author knows what bound was meant: a negative one is none")
	case WaitInside:
		return rule.Refuse(at, "the function has to end before the Wait that it calls can return: wait outside, or use a group of its own")
	case LimitAbove:
		return rule.Refuse(at, fmt.Sprintf("what has to change is the Go of line %d: it waits for a slot, and its caller holds one", pass.Line(n.under.Call.Pos())))
	}
	if len(n.short) == 0 {
		return rule.Quiet(at, "no limit of the group is in view, or it leaves room beside the functions that start others")
	}
	i := max(0, slices.IndexFunc(n.short, func(s shortage) bool { return s.certain }))
	limit, line := n.short[i].limit.call, pass.Line(n.short[i].limit.call.Pos())
	text := types.ExprString(limit.Args[0])
	switch holders := n.short[i].holders; {
	case holders == 0:
		return rule.Holds(limit.Pos(), fmt.Sprintf("the group has a limit (line %d), and nothing bounds the functions that start others", line))
	case !n.short[i].certain:
		return rule.Refuse(at, fmt.Sprintf("this waits for ever where %s is %d, since %s: let it be one more (line %d)", text, holders, holdersInWords(holders), line))
	default:
		return rule.Holds(limit.Pos(), fmt.Sprintf("the limit is %s, and %s", text, holdersInWords(holders)))
	}
}

func holdersInWords(n int) string {
	if n == 1 {
		return "the function that starts the others holds one slot"
	}
	return fmt.Sprintf("the functions that start the others hold %d", n)
}

// errorGoesUp: what runs in place hands its error to the function around it.
func errorGoesUp(pass *rule.Pass, n *NestedLimit) rule.Verdict {
	at := n.Call.Pos()
	if n.Stmt == nil {
		return rule.Refuse(at, "the call is no statement of its own")
	}
	results := n.Type.Results
	if results == nil || results.NumFields() != 1 || !isErrorType(pass.Info.TypeOf(results.List[0].Type)) {
		return rule.Refuse(at, "with TryGo, what gets no slot would run here, and the function around it has no error to return: its failure would be lost")
	}
	claim := "the error of what runs here goes to the group: the function around it is the one that the group runs"
	assumed := false
	for _, r := range n.runs {
		if r.in.up == nil {
			continue
		}
		assumed = true
		if site := n.search.dropped(r.in.fn); site != nil {
			return rule.Refuse(site.Pos(), fmt.Sprintf("line %d drops the error of the function that this stands in: a failure of what runs here would be lost", pass.Line(site.Pos())))
		}
	}
	if !assumed {
		return rule.Holds(at, claim)
	}
	return rule.Assumed(at, "the error of what runs here is returned by the function around it, and taken to go on from there as that one's own errors do")
}

// dropped is a call of fn whose result nobody takes.
func (s *nestedSearch) dropped(fn funcNode) *ast.CallExpr {
	for _, site := range s.calls.sites[fn] {
		c, ok := s.pass.FindNode(site.call)
		if !ok {
			continue
		}
		switch p := c.Parent().Node().(type) {
		case *ast.ExprStmt, *ast.GoStmt, *ast.DeferStmt:
			return site.call
		case *ast.AssignStmt:
			if id, ok := p.Lhs[0].(*ast.Ident); ok && len(p.Lhs) == 1 && id.Name == "_" {
				return site.call
			}
		}
	}
	return nil
}

// nestedWorkEnds: what runs in place keeps its caller from going on.
func nestedWorkEnds(pass *rule.Pass, n *NestedLimit) rule.Verdict {
	at := n.Call.Args[0].Pos()
	if call, x := streamRead(pass, n.work(), n.Call.Args[0], nil); call != nil {
		return rule.Refuse(call.Pos(), fmt.Sprintf("what is started goes on until %s has no more to give: in place, it would keep its caller from going on", x))
	}
	for _, w := range n.work() {
		switch {
		case w.Ends == effects.No:
			return rule.Refuse(at, "what is started runs until it is stopped: in place, it would keep its caller from going on ("+w.EndsWhy+")")
		case w.Ends == effects.Unknown:
			return rule.Assumed(at, fmt.Sprintf("what is started is taken to come to its end: %s could not be looked into", w.Opaque))
		}
	}
	return rule.Holds(at, "what is started comes to its end by itself")
}

// work is what the inner Go starts.
func (n *NestedLimit) work() []*effects.Region {
	var list []*effects.Region
	f := n.Call.Args[0]
	for _, fn := range n.search.calls.callees(f) {
		body, _ := bodyAndType(fn)
		list = append(list, n.search.pass.Effects.Region(body))
	}
	if list == nil {
		list = append(list, &effects.Region{Summary: effects.Summary{Opaque: types.ExprString(f)}})
	}
	return list
}

// nestedWorkWaits: in place, the work must not wait for something that its
// caller does only afterwards.
func nestedWorkWaits(pass *rule.Pass, n *NestedLimit) rule.Verdict {
	at := n.Call.Args[0].Pos()
	m := &meetings{n: n, seen: map[ast.Node]bool{}}
	for _, w := range n.work() {
		m.region(w, n.Call.Args[0])
	}
	if later := n.servesBelow(pass); later != nil {
		return rule.Refuse(later.Pos(), fmt.Sprintf("others may wait for what the function around does with a channel at line %d, and that would come only when what runs in place has ended", pass.Line(later.Pos())))
	}
	switch {
	case m.why != "":
		return rule.Refuse(m.at, fmt.Sprintf("what is started may wait for another goroutine (%s): in place, it would wait for what its caller has still to do", m.why))
	case m.opaque != "":
		return rule.Assumed(at, fmt.Sprintf("what is started is taken not to wait for its caller: %s could not be looked into", m.opaque))
	}
	return rule.Holds(at, "what is started waits for no goroutine but its own")
}

// servesBelow is what the function around does with a channel below the call.
func (n *NestedLimit) servesBelow(pass *rule.Pass) (found ast.Node) {
	inspectOwn(n.Body, func(m ast.Node) bool {
		serves := false
		switch m := m.(type) {
		case *ast.SendStmt:
			serves = true
		case *ast.CallExpr:
			serves = closedBy(pass.Info, m) != nil
		}
		if serves && found == nil && m.Pos() > n.Call.End() {
			found = m
		}
		return found == nil
	})
	return found
}

// meetings looks for waits for other goroutines, other than the waits for slots
// that the rule removes.
type meetings struct {
	n      *NestedLimit
	seen   map[ast.Node]bool
	at     token.Pos
	why    string
	opaque string
}

func (m *meetings) region(r *effects.Region, own ast.Node) {
	info := m.n.search.pass.Info
	mine := func(x ast.Expr) bool {
		root := effects.Root(info, x)
		return root != nil && within(posNode(root.Pos()), own)
	}
	for _, op := range r.Chans {
		if op.Kind == effects.Close || op.Out || op.Default || op.Kind != effects.Send && effects.IsSignal(info, op.Chan) || mine(op.Chan) {
			continue
		}
		m.meet(op.Pos, "channel "+types.ExprString(op.Chan))
	}
	if r.Meets == effects.Unknown && m.opaque == "" {
		m.opaque = r.Opaque
	}
	for _, c := range r.Calls {
		if m.n.search.at[c.Expr] != nil {
			continue // a Go from inside, which is what is mended
		}
		if d := m.n.search.pass.Effects.Decl(c.Fn); d != nil {
			if !m.seen[d] {
				m.seen[d] = true
				m.region(m.n.search.pass.Effects.Region(d.Body), d)
			}
			continue
		}
		s := m.n.search.pass.Effects.Of(c.Fn)
		sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr)
		if s.Meets == effects.Yes && !(ok && mine(sel.X)) {
			m.meet(c.Expr.Pos(), s.MeetsWhy)
		}
	}
}

func (m *meetings) meet(at token.Pos, why string) {
	if m.why == "" {
		m.at, m.why = at, why
	}
}

// nestedUnderLock: in place, the work would run with the lock held.
func nestedUnderLock(pass *rule.Pass, n *NestedLimit) rule.Verdict {
	for _, r := range n.runs {
		at := ast.Node(n.Call)
		for f := r.in; f != nil; f = f.up {
			body, _ := bodyAndType(f.fn)
			held := heldAt(body, at)
			for _, name := range sortedKeys(held) {
				return rule.Refuse(held[name], fmt.Sprintf("%s is held there: in place, the work would run under it", name))
			}
			if d, ok := f.fn.(*ast.FuncDecl); ok && strings.HasSuffix(d.Name.Name, "Locked") {
				return rule.Refuse(n.Call.Pos(), d.Name.Name+" is called with a lock held, as its name says: in place, the work would run under it")
			}
			at = f.at
		}
	}
	return rule.Holds(n.Call.Pos(), "no lock is held on the way from the group to here")
}
