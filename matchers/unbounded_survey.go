package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

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
	u.groupContext(pass.Info)
	u.findOthers(pass.Info)
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
	at := u.start()
	if u.Made != nil && u.Fix == SetLimit {
		at = u.Made.End()
	}
	u.Limit = chooseLimit(pass, u.Place, u.Work, at)
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
					if len(s.Lhs) == 2 {
						u.CtxName, _ = s.Lhs[1].(*ast.Ident)
					}
				}
			case *ast.DeclStmt:
				if spec := declares(info, s, u.Group); spec != nil {
					u.Made = s
					if len(spec.Names) == 2 && len(spec.Values) == 1 {
						u.CtxName = spec.Names[1]
					}
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

// groupContext sees whether anything looks at the group's context: a use in the
// loop's head comes before a failure, one behind the wait too late.
func (u *Unbounded) groupContext(info *types.Info) {
	if u.CtxName == nil {
		return
	}
	u.Ctx, _ = info.ObjectOf(u.CtxName).(*types.Var)
	if u.CtxName.Name == "_" {
		u.Ctx = nil
	}
	u.Deaf = true
	if u.Ctx == nil {
		return
	}
	for _, id := range uses(info, u.Body, u.Ctx) {
		head := u.Loop != nil && within(id, u.Loop) && !within(id, bodyOf(u.Loop))
		late := u.Joined != nil && id.Pos() > u.Joined.Pos() && u.Joined.Pos() > u.Stmt.Pos()
		if id != u.CtxName && id.Pos() > u.CtxName.Pos() && !head && !late && !within(id, u.Made) {
			u.Deaf = false
		}
	}
}

func firstIdent(list []ast.Expr) *ast.Ident {
	id, _ := list[0].(*ast.Ident)
	return id
}

func declares(info *types.Info, s *ast.DeclStmt, v *types.Var) *ast.ValueSpec {
	gen, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return nil
	}
	for _, spec := range gen.Specs {
		if vs, ok := spec.(*ast.ValueSpec); ok {
			for _, name := range vs.Names {
				if info.Defs[name] == v {
					return vs
				}
			}
		}
	}
	return nil
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
			u.LateArg = u.argumentFor(info, send.Chan)
			return send
		}
		return nil
	}
	return nil
}

// argumentFor is what the function calls x, a parameter of its goroutine's
// literal; x itself where it is none.
func (u *Unbounded) argumentFor(info *types.Info, x ast.Expr) ast.Expr {
	id, ok := x.(*ast.Ident)
	if !ok || u.How != GoStmt {
		return x
	}
	n := 0
	for _, field := range u.Lit.Type.Params.List {
		for _, name := range field.Names {
			if info.Defs[name] == info.Uses[id] && n < len(u.Call.Args) {
				return u.Call.Args[n]
			}
			n++
		}
	}
	return x
}

// findOthers gathers the other literals that each round starts in the group.
func (u *Unbounded) findOthers(info *types.Info) {
	if u.How != GroupGo || u.Group == nil || u.Loop == nil {
		return
	}
	inspectOwn(u.Loop, func(n ast.Node) bool {
		call, recv, name, ok := methodCall(n)
		if !ok || name != "Go" || call == u.Call || len(call.Args) != 1 || groupVar(info, recv) != u.Group {
			return true
		}
		if lit, ok := ast.Unparen(call.Args[0]).(*ast.FuncLit); ok && !slices.Contains(u.Others, lit) {
			u.Others = append(u.Others, lit)
		}
		return true
	})
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
	received := u.findReceive(info)
	if at := u.findWait(info); at != nil {
		return at
	}
	if received != nil {
		u.Collects = u.Received
	}
	return received
}

// findReceive is the first receive behind the launch of what the items send.
func (u *Unbounded) findReceive(info *types.Info) ast.Node {
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
			u.Received = types.ExprString(ch)
		}
		return at == nil
	})
	return at
}

// findWait is the call of Wait that ends the fan-out.
func (u *Unbounded) findWait(info *types.Info) ast.Node {
	wanted := u.counter(info)
	var at ast.Node
	inspectOwn(u.Body, func(n ast.Node) bool {
		_, recv, name, ok := methodCall(n)
		if !ok || name != "Wait" || len(wanted) == 0 {
			return at == nil
		}
		if wanted[0] != anyCounter && types.ExprString(recv) != wanted[0] || wanted[0] == anyCounter && !isNamed(info.TypeOf(recv), "sync", "WaitGroup") {
			return at == nil
		}
		if _, deferred := n.(*ast.DeferStmt); deferred || n.Pos() > u.Stmt.Pos() {
			at = n
		}
		return at == nil
	})
	return at
}

// anyCounter stands for a WaitGroup that the started function reaches by itself.
const anyCounter = "*"

// counter is what the goroutines count down, as the function writes it: "wg",
// "s.wg"; none where they count nothing.
func (u *Unbounded) counter(info *types.Info) []string {
	if u.How != GoStmt {
		_, recv, _, _ := methodCall(u.Stmt)
		return []string{types.ExprString(recv)}
	}
	var found []string
	if u.Lit != nil {
		ast.Inspect(u.Lit.Body, func(n ast.Node) bool {
			if _, recv, name, ok := methodCall(n); ok && name == "Done" && isNamed(info.TypeOf(recv), "sync", "WaitGroup") {
				found = append(found, types.ExprString(u.argumentFor(info, recv)))
			}
			return true
		})
	}
	for _, arg := range u.Call.Args {
		if isNamed(info.TypeOf(arg), "sync", "WaitGroup") {
			found = append(found, strings.TrimPrefix(types.ExprString(arg), "&"))
		}
	}
	if found == nil && u.Fn != nil {
		found = []string{anyCounter}
	}
	return found
}

// callee is the declared function that a call expression names, else nil.
func callee(info *types.Info, call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	return fn
}
