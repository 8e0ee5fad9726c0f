package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A looseStart is a goroutine of no group that writes a variable of its function,
// which the function reads below although nothing waits for the goroutine.
type looseStart struct {
	stmt  *ast.GoStmt
	v     *types.Var
	write token.Pos
	read  *ast.Ident
}

// looseNoWaits finds goroutines that a function starts without a group, and whose
// results it reads without having waited.
func looseNoWaits(pass *rule.Pass) []*NoWait {
	var list []*NoWait
	for c := range pass.Syntax().Preorder((*ast.GoStmt)(nil)) {
		if n := looseAt(pass, c); n != nil {
			list = append(list, n)
		}
	}
	return list
}

func looseAt(pass *rule.Pass, c inspector.Cursor) *NoWait {
	n := &NoWait{root: pass.Syntax()}
	var ok bool
	if n.Place, _, ok = placeOf(c); !ok || pass.IsTest(n.File) {
		return nil
	}
	l := &looseStart{stmt: c.Node().(*ast.GoStmt)}
	lit := startedBody(pass, n.Body, l.stmt.Call.Fun)
	if lit == nil || tellsItsEnd(pass, lit) || n.joinsLoose(pass, l.stmt, lit) {
		return nil
	}
	for _, w := range writesOf(pass, n, lit) {
		if id := n.readBelow(pass, l.stmt, w.v); id != nil {
			l.v, l.write, l.read = w.v, w.at, id
			n.loose = l
			return n
		}
	}
	return nil
}

// startedBody is the literal that a go statement runs: in place, or held by a
// variable of the function.
func startedBody(pass *rule.Pass, body *ast.BlockStmt, f ast.Expr) *ast.FuncLit {
	if v := localVar(pass.Info, f, body); v != nil {
		lit, _ := onlyValue(pass.Info, body, v).(*ast.FuncLit)
		return lit
	}
	lit, _ := ast.Unparen(f).(*ast.FuncLit)
	return lit
}

// tellsItsEnd tells whether a goroutine says in any way that somebody could wait
// for how far it is: it sends, closes, stops, counts down, cancels or takes a lock.
func tellsItsEnd(pass *rule.Pass, lit *ast.FuncLit) bool {
	found := false
	ast.Inspect(lit.Body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.SendStmt:
			found = true
		case *ast.CallExpr:
			if t := pass.Info.TypeOf(m.Fun); closedBy(pass.Info, m) != nil || isNamed(t, "context", "CancelFunc") {
				found = true
			}
			if fn := callee(pass.Info, m); fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "sync" {
				found = true
			}
			if _, _, name, ok := methodCall(m); ok && slices.Contains(stops, name) {
				found = true // `w.Close()`: whoever reads to the end has waited
			}
		}
		return !found
	})
	return found
}

// joinsLoose tells whether the function, once it has started the goroutine, waits
// for anything that may be it: a Wait, a receive from a channel of its own or of
// the goroutine, a lock, time that passes.
func (n *NoWait) joinsLoose(pass *rule.Pass, stmt *ast.GoStmt, lit *ast.FuncLit) bool {
	found := false
	inspectOwn(n.Body, func(m ast.Node) bool {
		if m.Pos() < stmt.Pos() && !n.inOneLoop(stmt, m) {
			return true
		}
		var ch ast.Expr
		switch m := m.(type) {
		case *ast.UnaryExpr:
			if m.Op == token.ARROW {
				ch = m.X
			}
		case *ast.RangeStmt:
			if isSendable(pass.Info.TypeOf(m.X)) {
				ch = m.X
			}
		case *ast.CallExpr:
			_, _, name, ok := methodCall(m)
			found = found || ok && (strings.HasPrefix(name, "Wait") || strings.HasSuffix(name, "Lock") || name == "Join" || name == "Sleep")
		}
		if ch != nil && !strings.Contains(types.ExprString(ch), "Done()") {
			_, own := ast.Unparen(ch).(*ast.Ident)
			found = found || own || mentions(lit, types.ExprString(ch))
		}
		return !found
	})
	return found
}

// mentions tells whether an expression is written below a node.
func mentions(root ast.Node, text string) bool {
	found := false
	ast.Inspect(root, func(m ast.Node) bool {
		if x, ok := m.(*ast.SelectorExpr); ok && types.ExprString(x) == text {
			found = true
		}
		return !found
	})
	return found
}

// A looseWrite is one write of a goroutine to a variable of its function.
type looseWrite struct {
	v  *types.Var
	at token.Pos
}

// writesOf gathers what a literal writes of the variables of the function around:
// itself, its elements, or through a method of sync/atomic and the like.
func writesOf(pass *rule.Pass, n *NoWait, lit *ast.FuncLit) []looseWrite {
	var list []looseWrite
	note := func(x ast.Expr, at token.Pos) {
		v, ok := effects.Root(pass.Info, x).(*types.Var)
		if !ok || v.IsField() || v.Pos() < n.Func.Pos() || v.Pos() >= lit.Pos() || within(posNode(v.Pos()), lit) {
			return
		}
		if _, pointer := v.Type().Underlying().(*types.Pointer); !pointer {
			list = append(list, looseWrite{v, at})
		}
	}
	inspectOwn(lit.Body, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			for _, lhs := range m.Lhs {
				note(lhs, m.Pos())
			}
		case *ast.IncDecStmt:
			note(m.X, m.Pos())
		case *ast.CallExpr:
			fn := callee(pass.Info, m)
			if fn == nil || fn.Pkg() == nil || !slices.Contains([]string{"sync/atomic", "go.uber.org/atomic"}, fn.Pkg().Path()) || strings.HasPrefix(fn.Name(), "Load") {
				return true
			}
			if sel, ok := m.Fun.(*ast.SelectorExpr); ok && fn.Signature().Recv() != nil {
				note(sel.X, m.Pos())
			} else if len(m.Args) > 0 {
				note(m.Args[0], m.Pos())
			}
		}
		return true
	})
	return list
}

// readBelow is where the function itself reads v, below the goroutine's start and
// the loops around that.
func (n *NoWait) readBelow(pass *rule.Pass, stmt *ast.GoStmt, v *types.Var) *ast.Ident {
	from := stmt.End()
	if c, ok := n.root.FindNode(stmt); ok {
		if _, loops, ok := placeOf(c); ok && len(loops) > 0 {
			from = loops[len(loops)-1].End()
		}
	}
	var found *ast.Ident
	for _, s := range n.Body.List {
		if s.Pos() < from || found != nil {
			continue
		}
		if assigns(pass.Info, s, v) {
			return nil // it holds something else by then
		}
		inspectOwn(s, func(m ast.Node) bool {
			if u, ok := m.(*ast.UnaryExpr); ok && u.Op == token.AND || isLenCall(pass.Info, m) {
				return false
			}
			if id, ok := m.(*ast.Ident); ok && pass.Info.Uses[id] == types.Object(v) && found == nil {
				found = id
			}
			return true
		})
	}
	return found
}

func isLenCall(info *types.Info, m ast.Node) bool {
	x, ok := m.(ast.Expr)
	return ok && isLen(info, x)
}

func assigns(info *types.Info, s ast.Stmt, v *types.Var) bool {
	a, ok := s.(*ast.AssignStmt)
	return ok && slices.ContainsFunc(a.Lhs, func(x ast.Expr) bool { return isUseOf(info, x, v) })
}
