package matchers

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// closesWhat names the result of a call that somebody must close, cancel or give
// back, "" for none (hazard B23).
func closesWhat(pass *rule.Pass, call *ast.CallExpr) string {
	t := pass.Info.TypeOf(call.Fun)
	if t == nil {
		return callName(call)
	}
	sig, ok := t.Underlying().(*types.Signature)
	if !ok {
		return callName(call)
	}
	s := pass.Effects.Call(call)
	for i := range sig.Results().Len() {
		r := sig.Results().At(i).Type()
		if isErrorType(r) {
			continue
		}
		if s.Closes.Has(i) || isCancel(r) || effects.IsContext(r) {
			return types.TypeString(r, types.RelativeTo(pass.Pkg))
		}
	}
	return ""
}

// isCancel tells whether t is a function without arguments: what calling it would
// have done is lost with it.
func isCancel(t types.Type) bool {
	sig, ok := t.Underlying().(*types.Signature)
	return ok && sig.Params().Len() == 0
}

// resultKeeps tells whether a result goes on to depend on a context that the call
// is given: it would die with a group's context (hazard B4).
func resultKeeps(pass *rule.Pass, call *ast.CallExpr) bool {
	s := pass.Effects.Call(call)
	return !s.Keeps.Empty()
}

// contextArg is the index of the argument that is a context, -1 without.
func contextArg(info *types.Info, call *ast.CallExpr) int {
	return slices.IndexFunc(call.Args, func(a ast.Expr) bool { return effects.IsContext(info.TypeOf(a)) })
}

// A Handed is one value that a call works with: its receiver or an argument.
type Handed struct {
	X    ast.Expr
	Type types.Type
	To   *ast.CallExpr // the call itself, or one in it
}

// handedTo gathers the receivers and arguments of a call and of the calls in it.
// What a call in it only looks at and is done with, such as r of r.Context(), is
// there too: see looksOnly.
func handedTo(pass *rule.Pass, call *ast.CallExpr) []Handed {
	info := pass.Info
	var list []Handed
	for _, c := range callsOf(call) {
		add := func(x ast.Expr) {
			if t := info.TypeOf(x); t != nil && info.Types[x].IsValue() {
				list = append(list, Handed{x, t, c})
			}
		}
		if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
			add(sel.X)
		}
		for _, a := range c.Args {
			add(a)
		}
	}
	return list
}

// looksOnly tells whether what h is handed to is a call inside of call that computes.
func (h Handed) looksOnly(pass *rule.Pass, call *ast.CallExpr) bool {
	return h.To != call && computes(pass, h.To)
}

// oneUser finds what a call works with that has one user at a time, or is a
// transaction or a session through which everything goes in order (H1 to H7).
// What the call itself has just made is nobody else's: db.QueryRow(...).Scan(&n).
func oneUser(pass *rule.Pass, call *ast.CallExpr) (x ast.Expr, why string, hazard string) {
	for _, h := range handedTo(pass, call) {
		if why, hazard := oneUserType(pass, h.Type); why != "" && (hazard == "H3" || !isMadeBy(pass, h.X)) && !h.looksOnly(pass, call) {
			return h.X, why, hazard
		}
		if openedHere(pass, h.X, h.Type) {
			return h.X, types.ExprString(h.X) + " is opened and closed in this function, and nothing says that it may have several users at once", "H7"
		}
	}
	return nil, "", ""
}

// openedHere tells whether x is a variable of an interface type that its function
// closes with a defer, as it does a reader, a querier or a connection of its own.
func openedHere(pass *rule.Pass, x ast.Expr, t types.Type) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	if !ok || !types.IsInterface(t) || effects.IsContext(t) || !rule.Once(pass, closedKey{}, closedLater)[pass.Info.Uses[id]] {
		return false
	}
	n := namedOf(t)
	return n == nil || effects.LookupType(n.Obj()).Use != effects.Shared
}

type closedKey struct{}

// closedLater gathers the variables that a defer closes: v.Close(), or a call with
// Close in its name that is given v, as runutil.CloseWithLogOnErr(logger, v, "querier").
func closedLater(pass *rule.Pass) map[types.Object]bool {
	closed := map[types.Object]bool{}
	note := func(x ast.Expr) {
		if id, ok := ast.Unparen(x).(*ast.Ident); ok {
			closed[pass.Info.Uses[id]] = true
		}
	}
	for c := range pass.Syntax().Preorder((*ast.DeferStmt)(nil)) {
		ast.Inspect(c.Node(), func(n ast.Node) bool {
			if call, recv, name, ok := methodCall(n); ok && name == "Close" && len(call.Args) == 0 {
				note(recv)
			} else if call, ok := n.(*ast.CallExpr); ok {
				if id := lastIdent(call.Fun); id != nil && slices.Contains(wordsOf(id.Name), "close") {
					for _, a := range call.Args {
						note(a)
					}
				}
			}
			return true
		})
	}
	delete(closed, nil)
	return closed
}

func hasOneUser(pass *rule.Pass, call *ast.CallExpr) bool {
	x, _, _ := oneUser(pass, call)
	return x != nil
}

// isMadeBy tells whether x is what a known function has just made: the row of
// `db.QueryRow(...).Scan(&x)` has no other user.
func isMadeBy(pass *rule.Pass, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := callee(pass.Info, call)
	if fn == nil {
		return false
	}
	_, known := effects.Lookup(fn)
	return known
}

// oneUserType is oneUser for a type.
func oneUserType(pass *rule.Pass, t types.Type) (why, hazard string) {
	if effects.IsContext(t) {
		return "", ""
	}
	name := types.TypeString(t, func(p *types.Package) string { return p.Name() })
	if n := namedOf(t); n != nil {
		switch h := effects.LookupType(n.Obj()); {
		case h.Session:
			return name + " is a transaction or a session: what goes through it is in order", "H3"
		case h.Use == effects.Alone && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "net/http":
			return name + " has one user at a time", "H2"
		case h.Use == effects.Alone:
			return name + " has one user at a time", "H7"
		case h.Use == effects.Shared:
			return "", ""
		}
		if carriesContext(n) {
			return name + " belongs to one request and is no context.Context", "H1"
		}
		if !types.IsInterface(t) && sessionLike(n.Obj().Name()) {
			return name + " is a session, as its name says", "H3"
		}
	}
	if held := holdsSession(pass, t); held != "" {
		return fmtHeld(name, held), "H3"
	}
	return "", ""
}

func fmtHeld(name, held string) string {
	return name + " may hold a " + held + ", through which everything goes in order"
}

// sessionLike tells whether a type's name says that it is a transaction.
func sessionLike(name string) bool {
	words := wordsOf(name)
	return slices.ContainsFunc(words, func(w string) bool {
		return w == "tx" || w == "txn" || w == "transaction" || w == "session" || w == "cursor" || w == "pipeline" || w == "batch"
	})
}

// carriesContext tells whether a type looks like a context without being
// context.Context: gin's, echo's, fiber's, or a program's own (H1).
func carriesContext(n *types.Named) bool {
	name := n.Obj().Name()
	return n.Obj().Pkg() != nil && (name == "Context" || name == "Ctx" || name == "RequestCtx")
}

// holdsSession names a session of an imported package that an interface could
// hold, "" for none. An interface that nearly everything satisfies says nothing.
func holdsSession(pass *rule.Pass, t types.Type) string {
	iface, ok := t.Underlying().(*types.Interface)
	if !ok || iface.NumMethods() == 0 || isErrorType(t) {
		return ""
	}
	for _, n := range pass.Sessions() {
		if types.Implements(n, iface) || types.Implements(types.NewPointer(n), iface) {
			return n.Obj().Pkg().Name() + "." + n.Obj().Name()
		}
	}
	return ""
}

// inTransaction tells whether a node stands in a closure that is handed to a
// function that runs it in a transaction: that may ride in the context (H3).
func inTransaction(pass *rule.Pass, p Place) string {
	c, ok := pass.FindNode(p.Body)
	if !ok {
		return ""
	}
	for up := range c.Enclosing((*ast.CallExpr)(nil)) {
		call := up.Node().(*ast.CallExpr)
		if !slices.ContainsFunc(call.Args, func(a ast.Expr) bool { return within(p.Body, a) }) {
			continue
		}
		name := callName(call)
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			name = name[i+1:]
		}
		if runsInTransaction(name) {
			return callName(call)
		}
	}
	return ""
}

func runsInTransaction(name string) bool {
	words := wordsOf(name)
	return name == "Do" || slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "tx", "txn", "transaction", "transactional", "transact", "atomic", "atomically", "session", "locked":
			return true
		}
		return false
	}) || strings.HasSuffix(name, "UnitOfWork")
}
