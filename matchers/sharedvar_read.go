package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// read walks what each goroutine runs and what the function does itself.
func (f *fanOut) read(decl ast.Decl, callees *callees) {
	rounds := roundVars(f.pass.Info, decl)
	helpers := keptLits(f.pass.Info, decl)
	skip := map[ast.Node]bool{}
	for _, l := range f.launches {
		w := f.walker(l.lit, rounds)
		w.inside[l.lit], w.callees = true, callees
		maps.Copy(w.lits, helpers)
		w.walk(l.lit.Body)
		l.acts = slices.DeleteFunc(w.acts, func(a *access) bool {
			return within(posNode(a.v.Pos()), l.lit) || ownOfHelper(helpers, l, a.v) || l.from.IsValid() && a.at.Pos() < l.from
		})
		l.tells = w.tells
		skip[l.lit] = true
	}
	w := f.walker(f.Body, rounds)
	w.skip = skip
	w.walk(f.Body)
	f.own, f.events = w.acts, w.events
	f.serial = map[*types.Var]bool{}
	for _, g := range groupsIn(f.pass, decl) {
		for _, op := range g.ops(GroupSetLimit) {
			n := 0
			if len(op.Call.Args) == 1 && constInt(f.pass.Info, op.Call.Args[0], &n) && n == 1 {
				f.serial[g.Var] = true
			}
		}
	}
}

// keptLits gathers the literals that local variables hold for good.
func keptLits(info *types.Info, decl ast.Decl) map[types.Object]*ast.FuncLit {
	lits := map[types.Object]*ast.FuncLit{}
	keep := func(id *ast.Ident, x ast.Expr) {
		lit, ok := ast.Unparen(x).(*ast.FuncLit)
		v, isVar := info.Defs[id].(*types.Var)
		if ok && isVar && onlyValue(info, decl, v) != nil {
			lits[v] = lit
		}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, x := range n.Rhs {
				if id, ok := n.Lhs[i].(*ast.Ident); ok && len(n.Lhs) == len(n.Rhs) {
					keep(id, x)
				}
			}
		case *ast.ValueSpec:
			for i, x := range n.Values {
				if i < len(n.Names) {
					keep(n.Names[i], x)
				}
			}
		}
		return true
	})
	return lits
}

// ownOfHelper tells whether v is declared in a function that the goroutine only
// calls: each call has its own.
func ownOfHelper(helpers map[types.Object]*ast.FuncLit, l *launch, v *types.Var) bool {
	for _, lit := range helpers {
		if within(posNode(v.Pos()), lit) && !within(l.lit, lit) {
			return true
		}
	}
	return false
}

func (f *fanOut) walker(root ast.Node, rounds map[*types.Var]bool) *walker {
	return &walker{
		pass: f.pass, info: f.pass.Info, root: root, rounds: rounds,
		lits: map[types.Object]*ast.FuncLit{}, inside: map[*ast.FuncLit]bool{},
	}
}

// roundsShare is the innermost loop around the launch whose rounds share v; head
// tells that they only do before go1.22.
func (l *launch) roundsShare(v *types.Var) (loop ast.Node, head bool) {
	for _, loop := range l.loops {
		at := posNode(v.Pos())
		switch {
		case loop == l.listed:
		case !within(at, loop):
			return loop, false
		case inHead(loop, v):
			return loop, true
		}
	}
	return nil, false
}

// loopsSharing gives every loop around the launch whose rounds share v.
func (l *launch) loopsSharing(v *types.Var) (list []ast.Node) {
	for _, loop := range l.loops {
		if !within(posNode(v.Pos()), loop) || inHead(loop, v) {
			list = append(list, loop)
		}
	}
	return list
}

// inHead tells whether a loop's head declares v.
func inHead(loop ast.Node, v *types.Var) bool {
	switch loop.(type) {
	case *ast.ForStmt, *ast.RangeStmt:
		return v.Pos() < bodyStart(loop)
	}
	return false
}

// headOf is what gives a loop's variables their next values.
func headOf(loop ast.Node) ast.Node {
	switch l := loop.(type) {
	case *ast.RangeStmt:
		return l.X
	case *ast.ForStmt:
		if l.Post != nil {
			return l.Post
		}
	}
	return nil
}

func bodyStart(loop ast.Node) token.Pos {
	switch l := loop.(type) {
	case *ast.ForStmt:
		return l.Body.Pos()
	case *ast.RangeStmt:
		return l.Body.Pos()
	case *ast.FuncLit:
		return l.Body.Pos()
	}
	return loop.Pos()
}

func (f *fanOut) roundOf(loop ast.Node) stretch { return stretch{bodyStart(loop), loop.End()} }
