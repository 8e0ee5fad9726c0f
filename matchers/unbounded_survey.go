package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// survey looks at what stands around the launch and decides what would be
// written there. It judges nothing: the guards do.
func (u *Unbounded) survey(pass *rule.Pass) {
	if u.How == GroupGo && u.Group != nil {
		u.findGroup(pass.Info)
	}
	u.Late = u.lateSlot(pass.Info)
	u.Joined = u.findJoin(pass.Info)
	switch {
	case u.Late != nil:
		u.Fix = AcquireSoon
	case u.How == GroupGo && u.Limited && u.Deaf:
		u.Fix = CheckGroup
	case u.How == GroupGo:
		u.Fix = SetLimit
	case pass.Options.Form == rule.FormPool:
		u.Fix = Pool
	default:
		u.Fix = Semaphore
	}
	u.Limit = chooseLimit(pass, u.Place, u.Work)
}

// findGroup looks for the statement that makes the group, its context, and a
// SetLimit.
func (u *Unbounded) findGroup(info *types.Info) {
	eachList(u.Body, func(list []ast.Stmt) {
		for _, s := range list {
			switch s := s.(type) {
			case *ast.AssignStmt:
				if s.Tok == token.DEFINE && info.Defs[firstIdent(s.Lhs)] == u.Group {
					u.Made = s
					u.groupContext(info, s)
				}
			case *ast.DeclStmt:
				if declares(info, s, u.Group) {
					u.Made = s
				}
			}
		}
	})
	for _, id := range uses(info, u.Body, u.Group) {
		if id.Pos() > u.Group.Pos() && isMethod(u.Body, id, "SetLimit") {
			u.Limited = true
		}
	}
}

// groupContext reads `g, ctx := errgroup.WithContext(parent)`, and whether any
// function of the group looks at that context.
func (u *Unbounded) groupContext(info *types.Info, made *ast.AssignStmt) {
	if len(made.Lhs) != 2 || u.Lit == nil {
		return
	}
	u.CtxName, _ = made.Lhs[1].(*ast.Ident)
	if u.CtxName == nil {
		return
	}
	u.Ctx, _ = info.ObjectOf(u.CtxName).(*types.Var)
	if u.CtxName.Name == "_" {
		u.Ctx = nil
	}
	u.Deaf = u.Ctx == nil || len(uses(info, u.Lit, u.Ctx)) == 0 && (u.Loop == nil || len(uses(info, u.Loop, u.Ctx)) == 0)
}

func firstIdent(list []ast.Expr) *ast.Ident {
	id, _ := list[0].(*ast.Ident)
	return id
}

func declares(info *types.Info, s *ast.DeclStmt, v *types.Var) bool {
	gen, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return false
	}
	for _, spec := range gen.Specs {
		if vs, ok := spec.(*ast.ValueSpec); ok {
			for _, name := range vs.Names {
				if info.Defs[name] == v {
					return true
				}
			}
		}
	}
	return false
}

// eachList visits the statement lists of a function's own body, outermost first.
func eachList(body *ast.BlockStmt, visit func([]ast.Stmt)) {
	inspectOwn(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			visit(n.List)
		case *ast.CaseClause:
			visit(n.Body)
		case *ast.CommClause:
			visit(n.Body)
		}
		return true
	})
}

// isMethod tells whether id is the receiver in `id.name(...)`, below root.
func isMethod(root ast.Node, id *ast.Ident, names ...string) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		if _, recv, name, ok := methodCall(n); ok && recv == ast.Expr(id) {
			for _, want := range names {
				found = found || name == want
			}
		}
		return !found
	})
	return found
}

// lateSlot is the send that takes a slot as the first thing a goroutine does,
// when the goroutine also gives it back.
func (u *Unbounded) lateSlot(info *types.Info) *ast.SendStmt {
	if u.Lit == nil || u.How == GroupGo {
		return nil
	}
	for _, s := range u.Lit.Body.List {
		if _, deferred := s.(*ast.DeferStmt); deferred {
			continue
		}
		send, ok := s.(*ast.SendStmt)
		if ok && u.givesBack(info, send.Chan) {
			return send
		}
		return nil
	}
	return nil
}

// givesBack tells whether the goroutine receives from the channel it sent on:
// then the channel is a semaphore, and no way to talk to others.
func (u *Unbounded) givesBack(info *types.Info, ch ast.Expr) bool {
	text, sent, back := types.ExprString(ch), false, false
	for _, op := range u.Work.Chans {
		if types.ExprString(op.Chan) == text {
			sent = sent || op.Kind == effects.Send
			back = back || op.Kind == effects.Recv
		}
	}
	return sent && back
}

// findJoin is the place where the function waits for all that it started: the
// group's Wait, the Wait of the WaitGroup that the goroutines call Done on, or
// the first receive of what they send.
func (u *Unbounded) findJoin(info *types.Info) ast.Node {
	if at := u.findWait(info); at != nil {
		return at
	}
	sent := map[types.Object]bool{}
	for _, op := range u.Work.Chans {
		if v := localVar(info, op.Chan, u.Body); op.Kind == effects.Send && v != nil {
			sent[v] = true
		}
	}
	var at ast.Node
	inspectOwn(u.Body, func(n ast.Node) bool {
		var ch ast.Expr
		switch n := n.(type) {
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				ch = n.X
			}
		case *ast.RangeStmt:
			ch = n.X
		}
		if ch != nil && n.Pos() > u.Stmt.End() && sent[effects.Root(info, ch)] && at == nil {
			at = n
			u.Collects = types.ExprString(ch)
		}
		return at == nil
	})
	return at
}

// findWait is the call of Wait that ends the fan-out.
func (u *Unbounded) findWait(info *types.Info) ast.Node {
	group := types.Object(u.Group)
	if u.How == GoStmt {
		group = u.waitGroup(info)
	}
	if group == nil || group == types.Object((*types.Var)(nil)) {
		return nil
	}
	var at ast.Node
	inspectOwn(u.Body, func(n ast.Node) bool {
		_, recv, name, ok := methodCall(n)
		if !ok || name != "Wait" || effects.Root(info, recv) != group {
			return at == nil
		}
		if _, deferred := n.(*ast.DeferStmt); deferred || n.Pos() > u.Stmt.Pos() {
			at = n
		}
		return at == nil
	})
	return at
}

// waitGroup is the variable of the sync.WaitGroup that a goroutine of a go
// statement calls Done on, or is handed a pointer to.
func (u *Unbounded) waitGroup(info *types.Info) types.Object {
	var found types.Object
	look := func(n ast.Node) bool {
		if _, recv, name, ok := methodCall(n); ok && name == "Done" && isNamed(info.TypeOf(recv), "sync", "WaitGroup") {
			found = effects.Root(info, recv)
		}
		return found == nil
	}
	if u.Lit != nil {
		ast.Inspect(u.Lit.Body, look)
	}
	for _, arg := range u.Call.Args {
		if isNamed(info.TypeOf(arg), "sync", "WaitGroup") {
			found = effects.Root(info, arg)
		}
	}
	return found
}

// callee is the declared function that a call expression names, else nil.
func callee(info *types.Info, call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	return fn
}
