package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// A CopyPlan is where each round or goroutine gets its own copy.
type CopyPlan struct {
	Body  *ast.BlockStmt // at the top of a loop's body
	Above ast.Stmt       // or right above what starts the goroutine
}

// copyHolds: a copy must show what the original would have, and nothing may go
// on to use the copy where it meant the original.
func copyHolds(pass *rule.Pass, s *SharedVar) rule.Verdict {
	if s.Fix != CopyVariable {
		return rule.Holds(s.at.Pos(), "nothing is copied")
	}
	p := s.Vars[0].pairs[0]
	if p.head {
		return s.copyInLoop(pass, p.loop)
	}
	return s.copyAbove(pass, p)
}

// copyInLoop gives each round its own loop variables, as go1.22 does.
func (s *SharedVar) copyInLoop(pass *rule.Pass, loop ast.Node) rule.Verdict {
	body := bodyOf(loop.(ast.Stmt)).(*ast.BlockStmt)
	for _, v := range s.Vars {
		at := token.NoPos
		inspectAssigned(pass.Info, body, v.Var, func(p token.Pos) { at = p })
		if at.IsValid() {
			return rule.Refuse(at, fmt.Sprintf("%s is changed, or its address is taken, at line %d: a copy would be another variable", v.Var.Name(), pass.Line(at)))
		}
		if declaresName(pass.Info, body.List, v.Var.Name()) {
			return rule.Refuse(body.Pos(), fmt.Sprintf("the loop's body has another %s", v.Var.Name()))
		}
		if holdsLock(v.Var.Type()) {
			return rule.Refuse(body.Pos(), fmt.Sprintf("%s holds a lock, which must not be copied", v.Var.Name()))
		}
		if id := s.keptElsewhere(pass, body, v.Var); id != nil {
			return rule.Refuse(id.Pos(), fmt.Sprintf("line %d keeps %s for later: with a copy it would see another round's", line(pass, id), v.Var.Name()))
		}
	}
	s.Copy = CopyPlan{Body: body}
	return rule.Holds(body.Pos(), "the loop's body only reads what is copied")
}

// keptElsewhere is a use of a loop variable in a literal that is no goroutine and
// doesn't run on the spot: what it sees would change.
func (s *SharedVar) keptElsewhere(pass *rule.Pass, body *ast.BlockStmt, v *types.Var) (found *ast.Ident) {
	ast.Inspect(body, func(n ast.Node) bool {
		lit, ok := n.(*ast.FuncLit)
		if !ok || found != nil {
			return found == nil
		}
		for _, l := range s.fan.launches {
			if l.lit == lit {
				return false
			}
		}
		c, ok := pass.FindNode(lit)
		if ids := uses(pass.Info, lit, v); len(ids) > 0 && (!ok || calledHere(pass, c) == calledElsewhere) {
			found = ids[0]
		}
		return true
	})
	return found
}

// copyAbove hands the goroutine the value that the variable has when it starts.
func (s *SharedVar) copyAbove(pass *rule.Pass, p *pair) rule.Verdict {
	v := p.a.v
	var start *launch
	for _, q := range s.Vars[0].pairs {
		if start != nil && start != q.l {
			return rule.Refuse(q.l.stmt.Pos(), "several goroutines read it")
		}
		start = q.l
		if q.loop == nil || len(q.ways) == 0 || !q.ways[0].round {
			return rule.Refuse(q.b.at.Pos(), fmt.Sprintf("%s is assigned at line %d, when the goroutine has already started", v.Name(), line(pass, q.b.at)))
		}
	}
	for _, a := range start.on(v) {
		if a.act == actAddress || a.path != "" && a.act != actRead {
			return rule.Refuse(a.at.Pos(), fmt.Sprintf("the address of %s is taken at line %d", v.Name(), line(pass, a.at)))
		}
	}
	var list []ast.Stmt
	for c := range start.cur.Enclosing() {
		if list = stmtsOf(c.Node()); list != nil {
			break
		}
	}
	for _, id := range uses(pass.Info, s.Body, v) {
		if id.Pos() >= start.stmt.End() && len(list) > 0 && id.Pos() < list[len(list)-1].End() {
			return rule.Refuse(id.Pos(), fmt.Sprintf("%s is used again at line %d, behind the goroutine's start", v.Name(), pass.Line(id.Pos())))
		}
	}
	if declaresName(pass.Info, list, v.Name()) {
		return rule.Refuse(start.stmt.Pos(), fmt.Sprintf("there is another %s around", v.Name()))
	}
	if holdsLock(v.Type()) {
		return rule.Refuse(start.stmt.Pos(), fmt.Sprintf("%s holds a lock, which must not be copied", v.Name()))
	}
	s.Copy = CopyPlan{Above: start.stmt}
	return rule.Assumed(start.stmt.Pos(), fmt.Sprintf("the goroutine is taken to mean the value that %s has when it starts", v.Name()))
}

// holdsLock tells whether a value of the type has a lock in it.
func holdsLock(t types.Type) bool {
	if _, isPtr := t.Underlying().(*types.Pointer); isPtr {
		return false
	}
	if m, _, _ := types.LookupFieldOrMethod(types.NewPointer(t), true, nil, "Lock"); m != nil {
		return true
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for f := range s.Fields() {
		if holdsLock(f.Type()) {
			return true
		}
	}
	return false
}
