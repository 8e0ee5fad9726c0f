package effects

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A gatherer walks a region once.
type gatherer struct {
	o    *Oracle
	info *types.Info
	r    *Region
	lits map[types.Object][]*ast.FuncLit // what a local function variable holds; nil among them is something unknown
	seen map[*ast.FuncLit]int            // how deep in loops it was walked, plus one

	path     pathState
	deferred int // literals around that are deferred
	called   int // literals around, those that are called where they stand too
}

func (o *Oracle) gather(node ast.Node) *Region { return o.gatherAs(node, nil) }

// gatherAs gathers the body of a function with the signature sig, where that is
// known.
func (o *Oracle) gatherAs(node ast.Node, sig *types.Signature) *Region {
	g := &gatherer{o: o, info: o.info, r: &Region{node: node, path: &track{}}, lits: map[types.Object][]*ast.FuncLit{}, seen: map[*ast.FuncLit]int{}}
	g.path.cur, g.path.sig = g.r.path, sig
	g.walk(node, 0)
	return g.r
}

// walk gathers n; depth counts the loops around it.
func (g *gatherer) walk(n ast.Node, depth int) {
	if n == nil {
		return
	}
	ast.Inspect(n, func(m ast.Node) bool {
		if m == n {
			return !g.special(m, depth)
		}
		if m == nil {
			return false
		}
		switch m := m.(type) {
		case *ast.GoStmt, *ast.FuncLit, *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.SendStmt,
			*ast.UnaryExpr, *ast.CallExpr, *ast.AssignStmt, *ast.ValueSpec,
			*ast.IfStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.DeferStmt, *ast.ReturnStmt, *ast.BranchStmt:
			g.walk(m, depth)
			return false
		case *ast.BinaryExpr:
			if m.Op == token.LAND || m.Op == token.LOR {
				g.walk(m, depth)
				return false
			}
		}
		return true
	})
}

// special handles the nodes that mean something here; false lets walk go on
// into their children.
func (g *gatherer) special(n ast.Node, depth int) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		g.spawn(n.Call, depth)
	case *ast.FuncLit:
		// Reached on its own: stored or returned, not run here.
	case *ast.ForStmt:
		g.forLoop(n, depth)
	case *ast.RangeStmt:
		g.rangeLoop(n, depth)
	case *ast.SelectStmt:
		g.selectStmt(n, depth)
	case *ast.SendStmt:
		g.chanOp(ChanOp{Kind: Send, Chan: n.Chan, Pos: n.Pos(), Depth: depth})
		return false
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			g.chanOp(ChanOp{Kind: Recv, Chan: n.X, Pos: n.Pos(), Depth: depth})
		}
		return false
	case *ast.CallExpr:
		g.call(n, depth)
	case *ast.IfStmt:
		g.ifStmt(n, depth)
	case *ast.SwitchStmt:
		g.walk(n.Init, depth)
		g.walk(n.Tag, depth)
		g.clauses(n.Body, depth)
	case *ast.TypeSwitchStmt:
		g.walk(n.Init, depth)
		g.walk(n.Assign, depth)
		g.clauses(n.Body, depth)
	case *ast.BinaryExpr:
		if n.Op != token.LAND && n.Op != token.LOR {
			return false
		}
		g.walk(n.X, depth)
		g.unsure(n.Y, depth)
	case *ast.DeferStmt:
		g.deferStmt(n, depth)
	case *ast.ReturnStmt:
		for _, x := range n.Results {
			g.walk(x, depth)
		}
		g.leave(n)
	case *ast.BranchStmt:
		if n.Tok == token.GOTO || n.Label != nil {
			g.path.left++
		} else if n.Tok != token.FALLTHROUGH {
			g.path.broke++
		}
	case *ast.AssignStmt:
		for i, lhs := range n.Lhs {
			if len(n.Lhs) == len(n.Rhs) {
				g.remember(lhs, n.Rhs[i])
			} else {
				g.remember(lhs, nil)
			}
		}
		return false
	case *ast.ValueSpec:
		for i, v := range n.Values {
			if i < len(n.Names) {
				g.remember(n.Names[i], v)
			}
		}
		return false
	default:
		return false
	}
	return true
}

// remember notes which function literals a local variable holds, so that a call
// of the variable can be followed.
func (g *gatherer) remember(lhs, value ast.Expr) {
	id, ok := lhs.(*ast.Ident)
	if !ok {
		return
	}
	obj := g.info.ObjectOf(id)
	if obj == nil || obj.Type() == nil {
		return
	}
	if IsContext(obj.Type()) && obj.Pos() < g.r.node.Pos() {
		g.r.rebinds = true
	}
	if _, isFunc := obj.Type().Underlying().(*types.Signature); !isFunc {
		return
	}
	lit, _ := value.(*ast.FuncLit)
	g.lits[obj] = append(g.lits[obj], lit)
}
