package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// nobodyElse: what belongs to the receiver, to whoever handed it in, or to the
// package can be written from elsewhere too; a lock of this function's own would
// only look like one.
func nobodyElse(pass *rule.Pass, s *SharedVar) rule.Verdict {
	for _, v := range s.Vars {
		a := v.pairs[0].written()
		switch {
		case a.act == actCallee:
			return rule.Refuse(a.at.Pos(), "the lock belongs where the write is")
		case v.Var.Parent() == v.Var.Pkg().Scope():
			return rule.Refuse(a.at.Pos(), fmt.Sprintf("%s belongs to a package: other functions may touch it at the same time, so it needs a lock beside it", a.text()))
		case strings.Contains(a.path, "*") && !within(posNode(v.Var.Pos()), s.Body):
			return rule.Refuse(a.at.Pos(), fmt.Sprintf("%s belongs to whoever holds %s, and they may touch it at the same time: it needs a lock beside it", a.text(), v.Var.Name()))
		}
	}
	return rule.Holds(s.at.Pos(), "what is shared belongs to this function")
}

// inView: the variable is this function's own, and nobody has its address.
func inView(pass *rule.Pass, s *SharedVar) rule.Verdict {
	for _, v := range s.Vars {
		if s.Fix != OwnVariable && !within(posNode(v.Var.Pos()), s.Func) {
			return rule.Refuse(v.Var.Pos(), fmt.Sprintf("%s is declared outside the function that starts the goroutines, at line %d", v.Var.Name(), pass.Line(v.Var.Pos())))
		}
		if s.Fix == OwnVariable && v.pairs[0].written().path != "" {
			a := v.pairs[0].written()
			return rule.Refuse(a.at.Pos(), fmt.Sprintf("%s is a part of %s: give each goroutine a place of its own for its result", a.text(), v.Var.Name()))
		}
		if id := addressTaken(pass.Info, s.Decl, v.Var); id != nil && s.Fix != CopyVariable {
			return rule.Refuse(id.Pos(), fmt.Sprintf("the address of %s is taken at line %d: who writes through it can't be told", v.Var.Name(), pass.Line(id.Pos())))
		}
	}
	if s.Fix == Mutex {
		return rule.Assumed(s.at.Pos(), "a lock is taken to be what is meant: every goroutine's share counts, and nothing else touches it meanwhile")
	}
	return rule.Holds(s.at.Pos(), "the variable is this function's own, and nobody has its address")
}

// addressTaken is the first `&v`, nil for none. It doesn't count where a buffer is
// handed to fmt.Fprintf, nor where a deferred call is handed the address of a
// result: it then sees what is returned.
func addressTaken(info *types.Info, decl ast.Node, v *types.Var) (found *ast.UnaryExpr) {
	printed := map[ast.Expr]bool{}
	r := &reading{owner: ownerOf(decl, v)}
	returned := r.isResult() && !r.bareReturn()
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			return !returned
		case *ast.CallExpr:
			if fn := callee(info, n); fn != nil && printsInto(fn) && len(n.Args) > 0 && isBuffer(v.Type()) {
				printed[n.Args[0]] = true
			}
		case *ast.UnaryExpr:
			id, ok := ast.Unparen(n.X).(*ast.Ident)
			if ok && n.Op == token.AND && info.Uses[id] == types.Object(v) && !printed[n] && found == nil {
				found = n
			}
		}
		return true
	})
	return found
}

// isBuffer tells whether a type is one of those that are handed to fmt.Fprintf.
func isBuffer(t types.Type) bool {
	return isNamed(t, "strings", "Builder") || isNamed(t, "bytes", "Buffer")
}

// mapNotAsked, listNotAsked: a goroutine that looks before it writes needs one
// lock around both.
func mapNotAsked(pass *rule.Pass, s *SharedVar) rule.Verdict {
	return s.notAsked(pass, func(path string) bool { return strings.HasSuffix(path, "[]") })
}

func listNotAsked(pass *rule.Pass, s *SharedVar) rule.Verdict {
	return s.notAsked(pass, func(path string) bool { return !strings.HasSuffix(path, "[]") })
}

func (s *SharedVar) notAsked(pass *rule.Pass, ours func(path string) bool) rule.Verdict {
	if s.Fix != Mutex {
		return rule.Holds(s.at.Pos(), "no lock is added")
	}
	for _, v := range s.Vars {
		for _, p := range v.pairs {
			for _, a := range []*access{p.a, p.b} {
				switch {
				case !ours(a.path):
				case a.act == actHand:
					return rule.Refuse(a.at.Pos(), fmt.Sprintf("%s is handed on at line %d: whoever gets it may look into it while it is written", a.text(), line(pass, a.at)))
				case (a == p.a || p.l2 != nil) && s.askedApart(a):
					return rule.Refuse(a.at.Pos(), fmt.Sprintf("line %d looks at %s and another line writes it: both belong under one lock", line(pass, a.at), a.text()))
				}
			}
		}
	}
	return rule.Holds(s.at.Pos(), "no goroutine looks at what it writes apart from writing it")
}

// askedApart tells whether an access only looks, in a statement that doesn't
// write the same.
func (s *SharedVar) askedApart(a *access) bool {
	if a.writes() || a.act == actAddress {
		return false
	}
	for _, v := range s.Vars {
		if v.Var == a.v {
			return !v.withWrite(a)
		}
	}
	return false
}

// withWrite tells whether the statement of a read also writes.
func (v *Shared) withWrite(a *access) bool {
	for _, p := range v.found {
		for _, w := range []*access{p.a, p.b} {
			if w.writes() && a.stmt != nil && w.stmt != nil && (within(w.at, a.stmt) || within(a.at, w.stmt)) {
				return true
			}
		}
	}
	return false
}

// orderStays: appended values come in the order in which the goroutines get
// there, with a lock and without.
func orderStays(pass *rule.Pass, s *SharedVar) rule.Verdict {
	if s.Fix != Mutex {
		return rule.Holds(s.at.Pos(), "no order is at stake")
	}
	var kept *access
	for _, v := range s.Vars {
		for _, p := range v.pairs {
			a := p.written()
			if a.act == actAppend {
				if id := takenInOrder(pass.Info, s.Body, v.Var); id != nil {
					return rule.Refuse(id.Pos(), fmt.Sprintf("line %d takes %s for the results of the items in order, and they come as the goroutines finish: give each a place of its own", pass.Line(id.Pos()), a.text()))
				}
			}
			if kept == nil && (a.act == actAppend || a.act == actKeep || a.act == actMethod) {
				kept = a
			}
		}
	}
	switch {
	case kept == nil:
		return rule.Holds(s.at.Pos(), "no order is at stake")
	case kept.act == actKeep:
		return rule.Assumed(kept.at.Pos(), fmt.Sprintf("it is taken not to matter which goroutine sets %s last", kept.text()))
	}
	return rule.Assumed(kept.at.Pos(), fmt.Sprintf("nobody is taken to count on an order in %s: the goroutines come as they finish, as before", kept.text()))
}

// takenInOrder finds `out[i]` where i counts something else than out.
func takenInOrder(info *types.Info, body ast.Node, list *types.Var) (found *ast.Ident) {
	counts := map[types.Object]bool{}
	inspectOwn(body, func(n ast.Node) bool {
		var def ast.Expr
		var head ast.Node
		switch n := n.(type) {
		case *ast.RangeStmt:
			def, head = n.Key, n.X
		case *ast.ForStmt:
			if a, ok := n.Init.(*ast.AssignStmt); ok && n.Cond != nil {
				def, head = a.Lhs[0], n.Cond
			}
		case *ast.IndexExpr:
			id, isIdent := ast.Unparen(n.X).(*ast.Ident)
			i, byName := ast.Unparen(n.Index).(*ast.Ident)
			if isIdent && byName && info.Uses[id] == types.Object(list) && counts[info.Uses[i]] && found == nil {
				found = id
			}
		}
		if id, ok := def.(*ast.Ident); ok && info.Defs[id] != nil && len(uses(info, head, list)) == 0 {
			counts[info.Defs[id]] = true
		}
		return true
	})
	return found
}

// written is the side of a pair that writes, the goroutine's first.
func (p *pair) written() *access {
	if !p.a.writes() && p.b.writes() && p.b.act != actHead {
		return p.b
	}
	return p.a
}

// text is an access as the code writes it, without what stands behind a map's or
// list's name.
func (a *access) text() string {
	switch x := a.at.(type) {
	case *ast.AssignStmt:
		for _, lhs := range x.Lhs {
			if t := textOf(lhs, a.v); t != "" {
				return t
			}
		}
	case *ast.IncDecStmt:
		if t := textOf(x.X, a.v); t != "" {
			return t
		}
	case *ast.SelectorExpr:
		return types.ExprString(x)
	case *ast.CallExpr:
		if sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr); ok && a.act == actMethod {
			if t := textOf(sel.X, a.v); t != "" {
				return t
			}
		}
	}
	return a.v.Name()
}

func textOf(x ast.Expr, v *types.Var) string {
	if ix, ok := ast.Unparen(x).(*ast.IndexExpr); ok {
		x = ix.X
	}
	text := types.ExprString(x)
	if path := strings.TrimPrefix(text, "*"); path == v.Name() || strings.HasPrefix(path, v.Name()+".") || strings.HasSuffix(path, "."+v.Name()) {
		return text
	}
	return ""
}
