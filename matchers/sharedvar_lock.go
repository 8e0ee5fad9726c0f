package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A LockPlan is what goes under a mutex, and which.
type LockPlan struct {
	Mutex   string    // a lock that is at hand, as the code writes it; "" for a new one
	Above   ast.Stmt  // where a new one is declared
	Regions []*Region // what is locked
}

// A Region is statements in a row that are put under the lock.
type Region struct {
	First, Last ast.Stmt
	Hoist       ast.Expr // work that must not run under the lock: it is done before
	Results     *ast.AssignStmt
}

// shortLock: what is put under a lock has to be over in a moment, and must not
// wait for anything.
func shortLock(pass *rule.Pass, s *SharedVar) rule.Verdict {
	if s.Fix != Mutex {
		return rule.Holds(s.at.Pos(), "no lock is added")
	}
	s.Lock = LockPlan{}
	if a := s.lockedForReading(); a != nil {
		return rule.Refuse(a.at.Pos(), fmt.Sprintf("the lock is held for reading only, at line %d", line(pass, a.at)))
	}
	if a, why := s.unclear(pass); a != nil {
		return rule.Refuse(a.at.Pos(), why)
	}
	if b := s.readLater(); b != nil {
		return rule.Refuse(b.at.Pos(), fmt.Sprintf("line %d touches %s as well: whether the goroutines are through by then can't be told", line(pass, b.at), b.text()))
	}
	var stmts []ast.Stmt
	hoist := map[ast.Stmt]ast.Expr{}
	for _, a := range s.unlocked() {
		u := lockable(pass, a)
		if u.why != "" {
			return rule.Refuse(a.at.Pos(), fmt.Sprintf("%s at line %d can't simply be put under a lock: %s", a.v.Name(), line(pass, a.at), u.why))
		}
		if !slices.Contains(stmts, u.stmt) {
			stmts = append(stmts, u.stmt)
		}
		if u.hoist != nil {
			hoist[u.stmt] = u.hoist
		}
	}
	s.Lock.Regions = regions(s.Body, outermost(stmts), hoist)
	if why := s.chooseMutex(pass); why != "" {
		return rule.Refuse(s.at.Pos(), why)
	}
	return rule.Holds(s.at.Pos(), "what goes under the lock waits for nothing")
}

// unlocked gathers the accesses that need the lock, in source order: whatever the
// goroutines do with no lock held, also where a guard has explained why it meets
// nothing, and what of the function's own code is left.
func (s *SharedVar) unlocked() (list []*access) {
	add := func(a *access) {
		again := func(b *access) bool { return b.at == a.at && b.act == a.act }
		if len(a.locks) == 0 && !a.veiled && !a.waited && !slices.ContainsFunc(list, again) {
			list = append(list, a)
		}
	}
	for _, v := range s.Vars {
		for _, p := range v.found {
			add(p.a)
			if p.l2 != nil {
				add(p.b)
			}
		}
		for _, p := range v.pairs {
			add(p.b)
		}
	}
	slices.SortStableFunc(list, func(a, b *access) int { return int(a.at.Pos() - b.at.Pos()) })
	return list
}

// lockedForReading is a write under a read lock, which lets others read, and
// write the same way.
func (s *SharedVar) lockedForReading() *access {
	for _, v := range s.Vars {
		for _, p := range v.pairs {
			for _, a := range []*access{p.a, p.b} {
				if a.writes() && len(a.locks) > 0 && !slices.ContainsFunc(a.locks, func(l heldLock) bool { return !l.read }) {
					return a
				}
			}
		}
	}
	return nil
}

// unclear is an access that a lock around it might not fit: in a function that
// something else calls, or that is called with the lock held, too.
func (s *SharedVar) unclear(pass *rule.Pass) (*access, string) {
	locked := map[ast.Node]bool{}
	var all []*access
	for _, v := range s.Vars {
		for _, p := range v.found {
			all = append(all, p.a)
			if p.l2 != nil {
				all = append(all, p.b)
			}
		}
	}
	for _, a := range append(all, s.fan.own...) {
		locked[a.at] = locked[a.at] || len(a.locks) > 0
	}
	for _, a := range all {
		switch {
		case len(a.locks) > 0:
		case a.veiled:
			return a, fmt.Sprintf("line %d touches %s in a function that something else calls, perhaps with a lock held", line(pass, a.at), a.text())
		case locked[a.at]:
			return a, fmt.Sprintf("line %d is also reached with a lock held", line(pass, a.at))
		}
	}
	return nil, ""
}

// readLater is where the function's own code touches what the goroutines write,
// behind a channel operation that doesn't say that they are through: each may
// write after it has sent.
func (s *SharedVar) readLater() *access {
	for _, v := range s.Vars {
		for _, p := range v.found {
			if p.l2 == nil && p.b.act != actHead && p.a.writes() && p.a.met && !p.a.veiled && len(p.a.locks) == 0 && !slices.Contains(v.pairs, p) && !s.fan.joins(p) {
				return p.b
			}
		}
	}
	return nil
}

// joins tells whether a Wait stands on every way of a pair.
func (f *fanOut) joins(p *pair) bool {
	for _, w := range p.ways {
		waits := false
		for _, e := range f.events {
			in := slices.ContainsFunc(w.code, func(s stretch) bool { return s.holds(e.pos) }) || w.rest.holds(e.pos)
			waits = waits || e.kind == eventWait && in
		}
		if !waits {
			return false
		}
	}
	return true
}

// A unit is the statement to lock for one access.
type unit struct {
	stmt  ast.Stmt
	hoist ast.Expr
	why   string
}

// lockable finds the statement that an access needs the lock for.
func lockable(pass *rule.Pass, a *access) unit {
	u := unit{stmt: a.stmt}
	if a.stmt == nil {
		u.why = "it stands in no statement of its own"
		return u
	}
	switch s := a.stmt.(type) {
	case *ast.AssignStmt:
		heavy := heavyCalls(pass, s, a)
		if len(heavy) == 0 {
			return u
		}
		if u.hoist = hoistable(pass, s, heavy); u.hoist == nil {
			u.why = fmt.Sprintf("%s runs in the same statement", types.ExprString(heavy[0].Fun))
		}
		return u
	case *ast.IncDecStmt, *ast.ExprStmt, *ast.IfStmt:
	default:
		u.why = "it stands in the head of another statement"
		return u
	}
	u.why = staysShort(pass, a.stmt, a)
	return u
}

// staysShort tells why a statement must not run under a lock, "" where it may.
func staysShort(pass *rule.Pass, s ast.Stmt, a *access) (why string) {
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ReturnStmt, *ast.BranchStmt:
			why = fmt.Sprintf("line %d leaves from inside", line(pass, n))
		case *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.FuncLit:
			why = "there is more in it than a moment's work"
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				why = "it receives from a channel"
			}
		}
		return why == ""
	})
	if why == "" {
		if heavy := heavyCalls(pass, s, a); len(heavy) > 0 {
			why = fmt.Sprintf("%s runs in the same statement", types.ExprString(heavy[0].Fun))
		}
	}
	return why
}

// heavyCalls gathers the calls of a statement that may take a while, or a lock.
func heavyCalls(pass *rule.Pass, s ast.Stmt, a *access) (list []*ast.CallExpr) {
	ast.Inspect(s, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || ast.Node(call) == a.at || pass.Info.Types[call.Fun].IsType() || isAnyBuiltin(pass.Info, call) {
			return true
		}
		if fn := callee(pass.Info, call); fn != nil && isLight(pass, fn) {
			return true
		}
		list = append(list, call)
		return false
	})
	return list
}

func isAnyBuiltin(info *types.Info, call *ast.CallExpr) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	_, ok = info.Uses[id].(*types.Builtin)
	return ok
}

// isLight tells whether a function is known to compute, and to come back at once.
func isLight(pass *rule.Pass, fn *types.Func) bool {
	s := pass.Effects.Of(fn)
	return s.Block == effects.None && s.Opaque == "" && s.Ends == effects.Yes && s.Meets == effects.No && !s.Heavy()
}

// hoistable is the operand that can be worked out before the lock is taken, and
// holds all of the heavy calls; nil where there is none.
//
//	m[k] = f()             out = append(out, f())            n += f()
func hoistable(pass *rule.Pass, s *ast.AssignStmt, heavy []*ast.CallExpr) ast.Expr {
	if len(s.Lhs) != 1 || len(s.Rhs) != 1 {
		return nil
	}
	x := s.Rhs[0]
	if call, ok := ast.Unparen(x).(*ast.CallExpr); ok && isBuiltin(pass.Info, call, "append") {
		if len(call.Args) != 2 {
			return nil
		}
		x = call.Args[1]
	}
	for _, c := range heavy {
		if !within(c, x) {
			return nil
		}
	}
	if t := pass.Info.TypeOf(x); t == nil || len(heavy) == 0 {
		return nil
	}
	return x
}

// outermost drops statements that stand inside another one.
func outermost(stmts []ast.Stmt) []ast.Stmt {
	return slices.DeleteFunc(slices.Clone(stmts), func(s ast.Stmt) bool {
		return slices.ContainsFunc(stmts, func(t ast.Stmt) bool { return t != s && within(s, t) })
	})
}

// regions joins statements that stand in a row; work that is hoisted ends a row.
func regions(body ast.Node, stmts []ast.Stmt, hoist map[ast.Stmt]ast.Expr) []*Region {
	var list []*Region
	ast.Inspect(body, func(n ast.Node) bool {
		var last *Region
		for _, s := range stmtsOf(n) {
			if !slices.Contains(stmts, s) {
				last = nil
				continue
			}
			if last != nil && hoist[s] == nil {
				last.Last = s
				continue
			}
			last = &Region{First: s, Last: s, Hoist: hoist[s]}
			list = append(list, last)
		}
		return true
	})
	return list
}
