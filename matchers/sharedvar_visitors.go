package matchers

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// Visitors are the parameters and fields of function type that this package
// calls in goroutines of its own: a literal that is handed to one runs there.
type visitors struct {
	pass *rule.Pass
	how  map[*types.Var]visit
}

// A visit says how a function value is run.
type visit struct {
	starts bool   // in a goroutine that is still there when the call returns
	many   string // several at once: where
}

// of is what fn does with its i-th argument.
func (v *visitors) of(fn *types.Func, i int) visit {
	sig := fn.Origin().Signature()
	if v == nil || fn.Pkg() != v.pass.Pkg || i >= sig.Params().Len() || sig.Variadic() && i == sig.Params().Len()-1 {
		return visit{}
	}
	return v.how[sig.Params().At(i)]
}

// visitorsOf looks through the package's goroutines for calls of parameters and
// fields, and through its calls for what becomes such a parameter.
func visitorsOf(pass *rule.Pass) *visitors {
	v := &visitors{pass: pass, how: map[*types.Var]visit{}}
	for _, f := range pass.Files {
		for _, d := range f.Decls {
			if !marksOf(pass).starts[d] {
				continue
			}
			if called := functionValues(pass.Info, d); len(called) > 0 {
				for _, fan := range fanOutsIn(pass, d, nil, nil) {
					v.calledIn(fan, called)
				}
			}
			v.startedIn(d)
		}
	}
	for changed := len(v.how) > 0; changed; {
		changed = false
		for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil), (*ast.KeyValueExpr)(nil), (*ast.AssignStmt)(nil)) {
			changed = v.passOn(c) || changed
		}
	}
	return v
}

// calledIn notes the function values that the goroutines of a function call with
// no lock held.
func (v *visitors) calledIn(fan *fanOut, called map[ast.Node]*types.Var) {
	for _, l := range fan.launches {
		for _, a := range l.acts {
			if a.act != actRead || !a.bare() || a.met {
				continue // under a lock, or in its turn
			}
			if fv := called[a.at]; fv != nil {
				v.note(fan, l, fv)
			}
		}
	}
}

// functionValues gathers the parameters, variables and fields of function type that
// are called below decl, by the expression that names them.
func functionValues(info *types.Info, decl ast.Decl) map[ast.Node]*types.Var {
	called := map[ast.Node]*types.Var{}
	ast.Inspect(decl, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if fv := funcVar(info, call.Fun); fv != nil {
				called[call.Fun] = fv
			}
		}
		return true
	})
	return called
}

// funcVar is the variable or field of function type that x names.
func funcVar(info *types.Info, x ast.Expr) *types.Var {
	id := lastIdent(x)
	if id == nil {
		return nil
	}
	fv, ok := info.Uses[id].(*types.Var)
	if !ok {
		return nil
	}
	if _, isFunc := fv.Type().Underlying().(*types.Signature); !isFunc {
		return nil
	}
	return fv.Origin()
}

// note records that a launch runs fv.
func (v *visitors) note(fan *fanOut, l *launch, fv *types.Var) {
	how := v.how[fv]
	if v.usedApart(fan, fv) {
		return // with some settings it runs here, and one at a time
	}
	for _, loop := range l.loops {
		if stmt, ok := loop.(ast.Stmt); ok && tripOf(v.pass, stmt, fan.Body).chosen {
			return // perhaps a single worker
		}
		if w := fan.nextRound(l, loop, fan.roundOf(loop)); !within(posNode(fv.Pos()), loop) && w.why == "" && !fan.closes(&pair{l2: l}, w) && !fan.serial[l.group] {
			how.many = fmt.Sprintf("the loop at line %d", v.pass.Line(loop.Pos()))
		}
		break
	}
	if !fan.closes(&pair{}, way{code: []stretch{{l.stmt.End(), fan.Body.End()}}}) {
		how.starts = true
	}
	v.how[fv] = how
}

// usedApart tells whether a function also uses the function value elsewhere than
// in its goroutines.
func (v *visitors) usedApart(fan *fanOut, fv *types.Var) bool {
	for _, id := range uses(v.pass.Info, fan.Decl, fv) {
		inside := false
		for _, l := range fan.launches {
			inside = inside || within(id, l.lit)
		}
		if !inside && v.pass.Info.Defs[id] == nil {
			return true
		}
	}
	return false
}

// startedIn notes function values that are started as they are: go f(), g.Go(f).
func (v *visitors) startedIn(decl ast.Decl) {
	root, ok := v.pass.FindNode(decl)
	if !ok {
		return
	}
	for c := range root.Preorder((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		var x ast.Expr
		switch n := c.Node().(type) {
		case *ast.GoStmt:
			x = n.Call.Fun
		case *ast.CallExpr:
			if fn := callee(v.pass.Info, n); fn != nil && effects.Starts(fn) && fn.Pkg().Path() != "time" && len(n.Args) == 1 {
				x = n.Args[0]
			}
		}
		if x == nil {
			continue
		}
		if fv := funcVar(v.pass.Info, x); fv != nil {
			how := v.how[fv]
			how.starts = true
			v.how[fv] = how
		}
	}
}

// passOn follows a parameter that becomes one that is known: as an argument, or
// stored in a field.
func (v *visitors) passOn(c inspector.Cursor) bool {
	switch n := c.Node().(type) {
	case *ast.CallExpr:
		fn := callee(v.pass.Info, n)
		if fn == nil {
			return false
		}
		changed := false
		for i, a := range n.Args {
			if fv := funcVar(v.pass.Info, a); fv != nil && usedOnce(v.pass.Info, c, fv) {
				changed = v.becomes(fv, v.of(fn, i)) || changed
			}
		}
		return changed
	case *ast.KeyValueExpr:
		field := funcVar(v.pass.Info, n.Key)
		if field == nil || !field.IsField() {
			return false
		}
		return v.becomes(funcVar(v.pass.Info, n.Value), visit{many: v.how[field].many})
	case *ast.AssignStmt:
		if len(n.Lhs) != len(n.Rhs) {
			return false
		}
		changed := false
		for i, lhs := range n.Lhs {
			if field := funcVar(v.pass.Info, lhs); field != nil && field.IsField() {
				changed = v.becomes(funcVar(v.pass.Info, n.Rhs[i]), visit{many: v.how[field].many}) || changed
			}
		}
		return changed
	}
	return false
}

// usedOnce tells whether a function does nothing else with one of its parameters.
func usedOnce(info *types.Info, c inspector.Cursor, fv *types.Var) bool {
	n := 0
	for up := range c.Enclosing((*ast.FuncDecl)(nil)) {
		for _, id := range uses(info, up.Node(), fv) {
			if info.Defs[id] == nil {
				n++
			}
		}
	}
	return n == 1
}

// becomes joins what is known of a parameter with what it becomes.
func (v *visitors) becomes(fv *types.Var, how visit) bool {
	if fv == nil || how == (visit{}) {
		return false
	}
	was := v.how[fv]
	now := visit{was.starts || how.starts, was.many}
	if now.many == "" {
		now.many = how.many
	}
	v.how[fv] = now
	return now != was
}
