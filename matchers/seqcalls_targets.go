package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
)

// targets decides where the results of a launched member go. What stands in front
// of the member in the text now runs behind it, so a variable that is there
// already is given its value early only where nobody could see that.
func (pl *planner) targets(l *Launched) []Target {
	to := make([]Target, len(l.Results))
	for i, r := range l.Results {
		switch {
		case r.Blank():
			to[i] = ToNowhere
		case i == l.Err && !l.InHead:
			to[i] = ToCheck // if onlyChecked, which plan asks once all are known
		case i == l.Err || r.Var == nil || l.InHead && r.New:
			to[i] = ToLater
		case r.New && l.Cond == nil && !pl.shadows(r.Var.Name(), r.Var, l.Stmts[0].End()):
			to[i] = ToOwn
		case r.New && l.Cond != nil && pl.onlyName(r.Var):
			to[i] = ToOwn
		case !r.New && pl.quietUntil(l, r.Var):
			to[i] = ToThere
		default:
			to[i] = ToLater
		}
	}
	return to
}

// onlyChecked tells whether what the launched members do with an error variable
// is seen by their checks and by nobody else: then each check has its own. Behind
// them the variable may be assigned anew. One that is declared elsewhere must go on
// being read somewhere, or Go wouldn't have it.
func (pl *planner) onlyChecked(v *types.Var) bool {
	info := pl.pass.Info
	if isNamedResult(info, pl.p.Type, v) || !within(posNode(v.Pos()), pl.p.Body) || capturedIn(info, pl.p.Body, v) {
		return false
	}
	for _, loop := range pl.loops {
		if !within(posNode(v.Pos()), loop) {
			return false // the next round may look at it
		}
	}
	if !pl.declares(v) && !pl.readElsewhere(v) {
		return false
	}
	start := pl.launched[0].Stmts[0].Pos()
	for _, id := range uses(info, pl.p.Body, v) {
		if id.Pos() < start || pl.inLaunched(id) {
			continue
		}
		return pl.assignsAnew(id, v) // the first one behind
	}
	return true
}

// inLaunched tells whether a name stands in a statement of a launched member, and goes
// from there: where the call stands in the head of its check, that keeps the name.
func (pl *planner) inLaunched(id *ast.Ident) bool {
	return slices.ContainsFunc(pl.launched, func(l *Launched) bool {
		return !l.InHead && slices.ContainsFunc(l.Stmts, func(s ast.Stmt) bool { return within(id, s) })
	})
}

// declares tells whether a launched member declares an error variable.
func (pl *planner) declares(v *types.Var) bool {
	return slices.ContainsFunc(pl.launched, func(l *Launched) bool {
		return l.Err >= 0 && l.Results[l.Err].New && l.ErrVar() == v
	})
}

// readElsewhere tells whether something that isn't launched reads a variable.
func (pl *planner) readElsewhere(v *types.Var) bool {
	assigned := map[ast.Node]bool{}
	for _, x := range assignedIn(pl.p.Body) {
		assigned[x] = true
	}
	return slices.ContainsFunc(uses(pl.pass.Info, pl.p.Body, v), func(id *ast.Ident) bool {
		return pl.pass.Info.Defs[id] == nil && !assigned[id] && !pl.inLaunched(id)
	})
}

// assignsAnew tells whether a name is assigned by a statement of the list itself:
// by := where the group takes the variable's declaration away.
func (pl *planner) assignsAnew(id *ast.Ident, v *types.Var) bool {
	declared := pl.declares(v)
	for _, s := range pl.list {
		a, ok := s.(*ast.AssignStmt)
		if ok && slices.Contains(a.Lhs, ast.Expr(id)) {
			return !declared || a.Tok == token.DEFINE
		}
	}
	return false
}

// capturedIn tells whether a function literal names a variable: nobody knows when
// that looks at it.
func capturedIn(info *types.Info, root ast.Node, v *types.Var) bool {
	captured := false
	ast.Inspect(root, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			captured = captured || len(uses(info, lit, v)) > 0
			return false
		}
		return !captured
	})
	return captured
}

// onlyName tells whether a name means one variable in all of the declaration.
func (pl *planner) onlyName(v *types.Var) bool {
	only := true
	ast.Inspect(pl.p.Decl, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == v.Name() && !isFieldName(pl.pass.Info, id) {
			only = only && pl.pass.Info.ObjectOf(id) == types.Object(v)
		}
		return only
	})
	return only && meansNothing(pl, v)
}

// meansNothing tells whether v's name is free outside of the function.
func meansNothing(pl *planner, v *types.Var) bool {
	_, obj := pl.pass.Pkg.Scope().Innermost(pl.p.Decl.Pos()).LookupParent(v.Name(), pl.p.Decl.Pos())
	return obj == nil
}

// quietUntil tells whether nobody can see that a variable has its new value
// before the statements in front of the member have run: it is local, it is
// mentioned by none of them and by no literal, and where one of them leaves, it
// leaves the function (hazards B11, A13).
func (pl *planner) quietUntil(l *Launched, v *types.Var) bool {
	info := pl.pass.Info
	if !within(posNode(v.Pos()), pl.p.Body) || isNamedResult(info, pl.p.Type, v) || l.Cond != nil && len(l.Results) > 0 && l.Err < 0 {
		return false
	}
	for i := range pl.run {
		it := &pl.run[i]
		if it == l.item {
			break
		}
		if slices.Contains(pl.left, it) && declaresOnly(info, it, v) {
			return false // declared below the launch
		}
		if pl.mentions(it)[v] && !declaresOnly(info, it, v) {
			return false
		}
		if it.member != nil && it.member.Check != nil && it.member.Handler.Exit != ExitReturn && it.member.Handler.Exit != ExitOn {
			return false
		}
	}
	return !capturedIn(info, pl.p.Body, v) && !pointedAt(info, pl.p.Body, v)
}

// pointedAt tells whether a variable's address is taken.
func pointedAt(info *types.Info, root ast.Node, v *types.Var) bool {
	pointed := false
	ast.Inspect(root, func(n ast.Node) bool {
		u, ok := n.(*ast.UnaryExpr)
		pointed = pointed || ok && u.Op == token.AND && effects.Root(info, u.X) == types.Object(v)
		return !pointed
	})
	return pointed
}

// declaresOnly tells whether an item is `var v T` and nothing more about v.
func declaresOnly(info *types.Info, it *item, v *types.Var) bool {
	if it.member != nil || it.cond != nil || len(it.stays) != 1 {
		return false
	}
	names, values := declared(it.stays[0])
	mine := false
	for _, id := range names {
		mine = mine || info.Defs[id] == types.Object(v)
	}
	return mine && len(values) == 0
}

// rootVar is the variable at the start of a path of names and elements.
func rootVar(info *types.Info, x ast.Expr) (*types.Var, bool) {
	v, ok := effects.Root(info, x).(*types.Var)
	return v, ok
}
