package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// A Launched is one member that is started in the group, with what becomes of
// its results.
type Launched struct {
	*Member
	Cond  *ast.IfStmt // the condition around it, nil without
	To    []Target    // one for each of Results
	chain int
	item  *item
}

// A Target says where a result goes.
type Target uint8

// The places.
const (
	ToNowhere Target = iota // it is assigned to "_"
	ToOwn                   // the variable that its statement declares, now declared above the group
	ToThere                 // the variable that is there
	ToLater                 // a variable of the group, which is assigned to the rest behind Wait
	ToCheck                 // a variable of the group, which the head of the check gives its old name
)

// A planner cuts one run into chains: what is launched, what is hoisted above the
// launch, what stays behind it.
type planner struct {
	pass     *rule.Pass
	p        Place
	loops    []ast.Stmt // around the list, in its function
	list     []ast.Stmt
	run      []item
	launched []*Launched
	hoisted  []*item
	left     []*item // what stays and is not hoisted, so far
	chains   int
}

// plan takes the items of a run in their order. A member is launched where all
// that it needs is there by then: it starts a chain of its own, or goes on with
// the one chain that it depends on. What depends on two chains follows the group.
func (pl *planner) plan() {
	for i := range pl.run {
		it := &pl.run[i]
		if it.member == nil {
			pl.stay(it)
			continue
		}
		hoist, ok := pl.needs(it)
		chain := -1
		if ok {
			chain, ok = pl.chainFor(it)
		}
		if !ok {
			pl.stay(it)
			continue
		}
		for _, h := range append(hoist, pl.variables(it)...) {
			if slices.Contains(pl.hoisted, h) {
				continue
			}
			pl.hoisted = append(pl.hoisted, h)
			pl.left = slices.DeleteFunc(pl.left, func(l *item) bool { return l == h })
		}
		if chain < 0 {
			chain = pl.chains
			pl.chains++
		}
		l := &Launched{Member: it.member, Cond: it.cond, chain: chain, item: it}
		l.To = pl.targets(l)
		pl.launched = append(pl.launched, l)
	}
	for _, l := range pl.launched {
		if l.Err >= 0 && l.To[l.Err] == ToCheck && !pl.onlyChecked(l.ErrVar()) {
			l.To[l.Err] = ToLater
		}
	}
}

// stay notes an item that isn't launched. In front of the first that is, it stands
// above the group and is in nobody's way.
func (pl *planner) stay(it *item) {
	if len(pl.launched) > 0 {
		pl.left = append(pl.left, it)
	}
}

// needs gathers what has to be hoisted so that the member of it may be launched;
// ok is false where it needs something that can't be, or writes what something
// that stays in front of it looks at (hazards A1, A3).
func (pl *planner) needs(it *item) (hoist []*item, ok bool) {
	uses, writes := pl.callUses(it), writtenBy(pl.pass.Info, it.member.Call)
	for _, l := range pl.left {
		if !common(uses, pl.defs(l)) && !common(writes, pl.mentions(l)) {
			continue
		}
		if !pl.hoistable(l) {
			return nil, false
		}
		hoist = append(hoist, l)
	}
	for _, l := range pl.launched { // its check now runs behind the write
		if l.Check != nil && (common(writes, varsIn(pl.pass.Info, l.Check.Body)) || nakedReturn(l.Check.Body) && anyResult(pl.pass.Info, pl.p.Type, writes)) {
			return nil, false
		}
	}
	return hoist, true
}

// variables gathers what declares the variables that a member's results go to,
// where it has to stand above the launch.
func (pl *planner) variables(it *item) (hoist []*item) {
	for _, l := range pl.left {
		for _, r := range it.member.Results {
			if r.Var != nil && declaresOnly(pl.pass.Info, l, r.Var) && pl.hoistable(l) && !slices.Contains(hoist, l) {
				hoist = append(hoist, l)
			}
		}
	}
	return hoist
}

// chainFor is the chain that the member of it has to go on with: -1 for a new
// one; ok is false where it must follow the group.
func (pl *planner) chainFor(it *item) (chain int, ok bool) {
	info := pl.pass.Info
	uses, writes := pl.callUses(it), writtenBy(info, it.member.Call)
	chain = -1
	for _, l := range pl.launched {
		given := l.results(info)
		if common(uses, l.settled(info)) || l.Cond != nil && (common(uses, given) || common(writes, pl.mentions(l.item))) {
			return 0, false // what the check or the rest of an `if` assigns
		}
		if !common(uses, given) && !common(writes, pl.callUses(l.item)) && !common(writes, given) {
			continue
		}
		if it.cond != nil || !l.passesOn(uses) || chain >= 0 && chain != l.chain {
			return 0, false
		}
		chain = l.chain
	}
	for _, l := range pl.launched { // behind a failure nothing else is done in a chain
		if chain >= 0 && l.chain == chain && l.Check != nil && l.Handler.Exit == ExitOn {
			return 0, false
		}
	}
	return chain, true
}

// passesOn tells whether the next call of a chain may follow in the same
// goroutine: where this one fails nothing else is done, and what it gives is
// there under its own name.
func (l *Launched) passesOn(uses map[*types.Var]bool) bool {
	if l.Check == nil && l.lastIsError() || l.Check != nil && l.Handler.Exit == ExitOn {
		return false
	}
	for i, r := range l.Results {
		if r.Var != nil && uses[r.Var] && l.To[i] != ToOwn && l.To[i] != ToThere {
			return false
		}
	}
	return true
}

// lastIsError tells whether the call gives an error that nothing checks there.
func (m *Member) lastIsError() bool {
	if m.Fn == nil {
		return true
	}
	res := m.Fn.Signature().Results()
	return res.Len() > 0 && isErrorType(res.At(res.Len()-1).Type())
}

// results gathers the variables that the call itself gives a value.
func (m *Member) results(info *types.Info) map[*types.Var]bool {
	vars := writtenBy(info, m.Call)
	for _, r := range m.Results {
		if r.Var != nil {
			vars[r.Var] = true
		}
	}
	return vars
}

// settled gathers the variables that a launched member's check assigns, or that
// the rest of the `if` around it does.
func (l *Launched) settled(info *types.Info) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	var roots []ast.Node
	if l.Check != nil {
		roots = append(roots, l.Check.Body)
	}
	for _, s := range l.item.stays {
		roots = append(roots, s)
	}
	for _, root := range roots {
		addAssigned(info, vars, root)
	}
	return vars
}

// callUses gathers what has to be there when the member of an item is launched.
func (pl *planner) callUses(it *item) map[*types.Var]bool {
	vars := varsIn(pl.pass.Info, it.member.Call)
	if it.cond != nil {
		for v := range varsIn(pl.pass.Info, it.cond.Cond) {
			vars[v] = true
		}
	}
	return vars
}

// mentions gathers all variables of an item's statements.
func (pl *planner) mentions(it *item) map[*types.Var]bool {
	return varsIn(pl.pass.Info, it.nodes()...)
}

// defs gathers the variables that an item's statements assign.
func (pl *planner) defs(it *item) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	for _, n := range it.nodes() {
		addAssigned(pl.pass.Info, vars, n)
		ast.Inspect(n, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				for v := range writtenBy(pl.pass.Info, call) {
					vars[v] = true
				}
			}
			return true
		})
	}
	return vars
}

// nodes gives the statements of an item.
func (it *item) nodes() []ast.Node {
	if it.cond != nil {
		return []ast.Node{it.cond}
	}
	var list []ast.Node
	if it.member != nil {
		for _, s := range it.member.Stmts {
			list = append(list, s)
		}
	}
	for _, s := range it.stays {
		list = append(list, s)
	}
	return list
}

func addAssigned(info *types.Info, vars map[*types.Var]bool, root ast.Node) {
	for _, x := range assignedIn(root) {
		if v, ok := rootVar(info, x); ok {
			vars[v] = true
		}
	}
}

// hoistable tells whether what stays may go above the launch instead: it declares
// a variable, does nothing else, and needs nothing of the run.
func (pl *planner) hoistable(it *item) bool {
	if it.member != nil || it.cond != nil || len(it.stays) != 1 {
		return false
	}
	names, values := declared(it.stays[0])
	if names == nil {
		return false
	}
	for _, id := range names {
		if pl.pass.Info.Defs[id] == nil && id.Name != "_" || pl.shadows(id.Name, pl.pass.Info.Defs[id], it.stays[0].End()) {
			return false
		}
	}
	for _, x := range values {
		if impure(pl.pass, x) != nil || mayPanic(pl.pass, x, receiverOf(pl.pass.Info, pl.p.Decl)) != nil {
			return false
		}
		for i := range pl.run {
			before := &pl.run[i]
			if before.at >= it.at || slices.Contains(pl.hoisted, before) {
				continue
			}
			if common(varsIn(pl.pass.Info, x), pl.defs(before)) {
				return false
			}
		}
	}
	return true
}

// declared reads `x := a`, `var x = a`, `var x T`.
func declared(s ast.Stmt) (names []*ast.Ident, values []ast.Expr) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		if s.Tok != token.DEFINE {
			return nil, nil
		}
		for _, x := range s.Lhs {
			names = append(names, x.(*ast.Ident))
		}
		return names, s.Rhs
	case *ast.DeclStmt:
		gen := s.Decl.(*ast.GenDecl)
		if gen.Tok != token.VAR {
			return nil, nil
		}
		for _, spec := range gen.Specs {
			names = append(names, spec.(*ast.ValueSpec).Names...)
			values = append(values, spec.(*ast.ValueSpec).Values...)
		}
		return names, values
	}
	return nil, nil
}

// shadows tells whether a name would come to mean obj, declared at the top of the
// run, where it means something else between there and end (hazard F2).
func (pl *planner) shadows(name string, obj types.Object, end token.Pos) bool {
	found := false
	for i := range pl.run {
		for _, n := range pl.run[i].nodes() {
			ast.Inspect(n, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.Name == name && id.Pos() < end && !isFieldName(pl.pass.Info, id) {
					found = found || pl.pass.Info.ObjectOf(id) != obj
				}
				return !found
			})
		}
	}
	return found
}

// isFieldName tells whether an identifier is a selected or a literal's field, or
// a method: it means the same wherever it stands.
func isFieldName(info *types.Info, id *ast.Ident) bool {
	switch obj := info.ObjectOf(id).(type) {
	case *types.Var:
		return obj.IsField()
	case *types.Func:
		return obj.Signature().Recv() != nil
	}
	return false
}

// common tells whether two sets have an element in common.
func common(a, b map[*types.Var]bool) bool {
	if len(b) < len(a) {
		a, b = b, a
	}
	for v := range a {
		if b[v] {
			return true
		}
	}
	return false
}

// nakedReturn tells whether a body has a return that names nothing.
func nakedReturn(body ast.Node) bool {
	found := false
	inspectOwn(body, func(n ast.Node) bool {
		r, ok := n.(*ast.ReturnStmt)
		found = found || ok && len(r.Results) == 0
		return !found
	})
	return found
}

// anyResult tells whether one of the variables is a named result.
func anyResult(info *types.Info, typ *ast.FuncType, vars map[*types.Var]bool) bool {
	for v := range vars {
		if isNamedResult(info, typ, v) {
			return true
		}
	}
	return false
}

func isNamedResult(info *types.Info, typ *ast.FuncType, v *types.Var) bool {
	if typ.Results == nil {
		return false
	}
	for _, f := range typ.Results.List {
		for _, name := range f.Names {
			if info.Defs[name] == types.Object(v) {
				return true
			}
		}
	}
	return false
}
