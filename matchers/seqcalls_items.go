package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// An item is one entry of a statement list as seqcalls reads it: a member with
// its check, the same inside `if cond { ... }`, or a statement that stays.
type item struct {
	at, n  int         // the statements list[at:at+n]
	member *Member     // nil for a statement that stays
	cond   *ast.IfStmt // around the member
	stays  []ast.Stmt  // what doesn't move: the statement itself; in an `if`, what else its body does
	weight int         // of the member's waiting
	waits  string      // "s.users.Get waits for the network"
	reads  Claim       // of the member
	doubt  bool        // the member has something that the guards will object to
}

// items reads a statement list from at on up to the first statement that nothing
// may be moved across, and gives the index behind what it read.
func items(pass *rule.Pass, p Place, list []ast.Stmt, at int, loose bool) (run []item, next int) {
	for at < len(list) {
		it, ok := itemAt(pass, p, list, at)
		if !ok || it.doubt && !loose {
			return run, at + max(it.n, 1)
		}
		run = append(run, it)
		at += it.n
	}
	return run, at
}

// itemAt reads one item; ok is false where nothing may be moved across it.
func itemAt(pass *rule.Pass, p Place, list []ast.Stmt, at int) (it item, ok bool) {
	it = item{at: at, n: 1}
	if m, n := memberAt(pass, list, at); m != nil {
		it.n = n
		if it.launchable(pass, m) {
			return it, true
		}
		if m.Check != nil {
			it.stays = m.Stmts
			return it, m.Handler.Exit != ExitUnknown && !guardVerb(calleeName(m)) && harmlessCall(pass, m.Call) && localWrites(pass, p, m.Stmts...) && it.handlerStays(pass, p, m)
		}
	}
	if s, isIf := list[at].(*ast.IfStmt); isIf && s.Init == nil && s.Else == nil {
		if inner, ok := conditional(pass, p, s); ok {
			inner.at, inner.n = at, 1
			return inner, true
		}
	}
	it.stays = list[at : at+1]
	return it, stays(pass, p, list[at])
}

// launchable notes the member where its call waits for something outside, and
// nothing says that it writes.
func (it *item) launchable(pass *rule.Pass, m *Member) bool {
	it.weight, it.waits = weightOf(pass, m.Call)
	if it.weight == 0 {
		return false
	}
	reads, writes := readOf(pass, m.Call)
	if writes {
		return false
	}
	it.member, it.reads = m, reads
	it.doubt = reads.Sure < Likely || m.isGuard(pass) || m.Check != nil && !handlerMayStay(pass, m) || hasOneUser(pass, m.Call) || impureOperand(pass, m) != nil // the dearest last
	return true
}

// handlerStays tells whether what a check does may run behind calls that used to
// come after it.
func (it *item) handlerStays(pass *rule.Pass, p Place, m *Member) bool {
	return m.Handler.Exit != ExitOn || stays(pass, p, m.Check.Body)
}

// handlerMayStay: a handler that leaves may do what it likes, for nothing comes
// behind it; one that goes on only what may be put off (hazard B9).
func handlerMayStay(pass *rule.Pass, m *Member) bool {
	return m.Handler.Exit != ExitOn && m.Handler.Exit != ExitUnknown || harmless(pass, m.Check.Body)
}

// calleeName is the last part of what is called.
func calleeName(m *Member) string {
	if m.Fn != nil {
		return m.Fn.Name()
	}
	return types.ExprString(m.Call.Fun)
}

// conditional reads `if cond { x, err = f(ctx); ... }` with one member in it.
func conditional(pass *rule.Pass, p Place, s *ast.IfStmt) (item, bool) {
	it := item{cond: s}
	body := s.Body.List
	for at := 0; at < len(body); {
		inner, ok := itemAt(pass, p, body, at)
		if !ok || inner.cond != nil || inner.member != nil && (it.member != nil || len(it.stays) > 0) {
			return it, false
		}
		if inner.member != nil {
			it.member, it.weight, it.waits, it.reads, it.doubt = inner.member, inner.weight/2, inner.waits, inner.reads, inner.doubt
		}
		it.stays = append(it.stays, inner.stays...)
		at += inner.n
	}
	return it, it.member != nil && !condMayPanic(pass, s.Cond) && impure(pass, s.Cond) == nil // the dearest question last
}

// condMayPanic tells whether a condition has an index, a division or an assertion in it:
// it is asked for earlier now, and twice.
func condMayPanic(pass *rule.Pass, cond ast.Expr) bool {
	fails := false
	ast.Inspect(cond, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr, *ast.SliceExpr, *ast.TypeAssertExpr:
			fails = true
		case *ast.BinaryExpr:
			fails = fails || (n.Op == token.QUO || n.Op == token.REM) && pass.Info.Types[n.Y].Value == nil
		}
		return !fails
	})
	return fails
}

// impureOperand is what a member's call evaluates and that may do something, nil
// for nothing. Calls that only read are part of the member.
func impureOperand(pass *rule.Pass, m *Member) ast.Expr {
	own := []*ast.CallExpr{m.Call}
	for _, c := range callsOf(m.Call) {
		if got, writes := effectOf(pass, c); got.Sure >= Likely && !writes && pass.Effects.Call(c).Block.Waits() {
			own = append(own, c)
		}
	}
	if x := impure(pass, m.Call, own...); x != nil {
		return x
	}
	for _, r := range m.Results {
		if x := impure(pass, r.Lhs); x != nil {
			return x
		}
	}
	return nil
}

// stays tells whether a statement may be left where it is although calls that
// stand behind it begin earlier: it doesn't leave the list, doesn't wait or
// synchronise, does nothing outside of the process but log, and writes only
// variables of this function.
func stays(pass *rule.Pass, p Place, s ast.Stmt) bool {
	if d, ok := s.(*ast.DeferStmt); ok {
		return !mentionsRecover(d) && !isUnlock(d)
	}
	return harmless(pass, s) && localWrites(pass, p, s)
}

// harmless is stays without a look at what is written.
func harmless(pass *rule.Pass, root ast.Node) bool {
	ok := true
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt, *ast.BranchStmt, *ast.GoStmt, *ast.DeferStmt, *ast.SelectStmt, *ast.SendStmt, *ast.LabeledStmt:
			ok = false
		case *ast.UnaryExpr:
			ok = ok && n.Op != token.ARROW
		case *ast.RangeStmt:
			switch pass.Info.TypeOf(n.X).Underlying().(type) {
			case *types.Chan, *types.Signature:
				ok = false
			}
		case *ast.FuncLit:
			return false // made, and not called: a call of it is no known one
		case *ast.CallExpr:
			ok = ok && harmlessCall(pass, n)
		}
		return ok
	})
	return ok
}

// harmlessCall tells whether a call changes nothing outside but the log, waits for
// nobody and comes back. What it writes in memory is compared later.
func harmlessCall(pass *rule.Pass, call *ast.CallExpr) bool {
	if id := calleeIdent(call); id != nil && pass.Info.Types[call.Fun].IsBuiltin() {
		return id.Name != "panic" && id.Name != "close" && id.Name != "recover"
	}
	s := pass.Effects.Call(call)
	return s.Verb.Harmless() && s.Exits == effects.No && s.Meets == effects.No && s.Ends == effects.Yes && s.Spawns == effects.SpawnNone
}

// localWrites tells whether all that statements assign belongs to this function:
// its variables, and what they made themselves.
func localWrites(pass *rule.Pass, p Place, stmts ...ast.Stmt) bool {
	ok := true
	for _, s := range stmts {
		for _, x := range assignedIn(s) {
			ok = ok && ownMemory(pass, p, x)
		}
	}
	return ok
}

// assignedIn gathers what a statement assigns, its literals left out.
func assignedIn(root ast.Node) []ast.Expr {
	var list []ast.Expr
	inspectOwn(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			list = append(list, n.Lhs...)
		case *ast.IncDecStmt:
			list = append(list, n.X)
		case *ast.RangeStmt:
			for _, x := range []ast.Expr{n.Key, n.Value} {
				if x != nil {
					list = append(list, x)
				}
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				list = append(list, name)
			}
		case *ast.CallExpr:
			if id := calleeIdent(n); id != nil && (id.Name == "copy" || id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
				list = append(list, &ast.ParenExpr{X: n.Args[0]})
			}
		}
		return true
	})
	return list
}

// ownMemory tells whether x is a variable of this function, or a part of one
// that the function made itself: nobody else reads it while calls are under way.
func ownMemory(pass *rule.Pass, p Place, x ast.Expr) bool {
	v, ok := effects.Root(pass.Info, x).(*types.Var)
	if id, isName := x.(*ast.Ident); isName {
		return id.Name == "_" || ok && v.Parent() != pass.Pkg.Scope()
	}
	if !ok || !within(posNode(v.Pos()), p.Func) {
		return false
	}
	switch v.Type().Underlying().(type) {
	case *types.Struct, *types.Array:
		return true
	}
	switch made := onlyValue(pass.Info, p.Body, v).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		_, lit := made.X.(*ast.CompositeLit)
		return made.Op == token.AND && lit
	case *ast.CallExpr:
		id := calleeIdent(made)
		return id != nil && (id.Name == "make" || id.Name == "new") && pass.Info.Types[made.Fun].IsBuiltin()
	}
	return false
}

func mentionsRecover(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "recover" {
			found = true
		}
		return !found
	})
	return found
}

func isUnlock(d *ast.DeferStmt) bool {
	_, _, name, ok := methodCall(d)
	return ok && (name == "Unlock" || name == "RUnlock" || name == "Done")
}
