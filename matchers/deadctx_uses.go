package matchers

import (
	"go/ast"
	"go/token"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
)

// A ctxUse is one place that names the context, or what was assigned from it.
type ctxUse struct {
	id     *ast.Ident
	of     int // the variable's index among those that are followed
	when   ctxWhen
	kind   ctxUseKind
	call   *ast.CallExpr // f of f(ctx), ctx.Err()
	to     int           // for ctxAssigned: the variable that takes it
	away   string        // runs elsewhere: "in a goroutine"; "" for the function itself
	awaits ctxAwaits     // for ctxAsked: whether somebody waits for the end
	node   ast.Node      // what to show of it
}

type ctxUseKind uint8

const (
	ctxHarmless ctxUseKind = iota // its values, a comparison
	ctxPassed                     // an argument of a call
	ctxAsked                      // Err or Done
	ctxCause                      // context.Cause: it tells why the group ended
	ctxStored                     // returned, sent, put into something
	ctxAssigned                   // to a variable that is followed
	ctxTarget                     // assigned anew
	ctxParent                     // of the group itself
	ctxAddress                    // its address is taken
)

// ctxAwaits says how the end of a context is asked for.
type ctxAwaits uint8

const (
	ctxAsks    ctxAwaits = iota // ctx.Err()
	ctxSelects                  // ctx.Done() in a select with other cases
	ctxWaits                    // ctx.Done() with nothing beside it
)

// heeds tells whether a use may do something else when the context is cancelled.
func (u *ctxUse) heeds() bool {
	return u.kind == ctxPassed || u.kind == ctxAsked || u.kind == ctxStored
}

// gatherUses sorts every mention of the context and of what is assigned from it.
func (s *DeadCtx) gatherUses(f *ctxFlow) bool {
	for i, v := range f.vars {
		for _, id := range uses(f.pass.Info, s.Decl, v) {
			if f.pass.Info.Uses[id] == nil || id == s.Name {
				continue // declared there, or made
			}
			c, ok := f.pass.FindNode(id)
			if !ok {
				return false
			}
			u := &ctxUse{id: id, of: i, when: f.when[id], to: -1}
			f.sort(u, c)
			if u.kind == ctxAddress {
				return false
			}
			u.away = f.away(c)
			s.uses = append(s.uses, u)
		}
	}
	slices.SortStableFunc(s.uses, func(a, b *ctxUse) int { return int(a.id.Pos() - b.id.Pos()) })
	return true
}

// sort says what is done with the context at c.
func (f *ctxFlow) sort(u *ctxUse, c inspector.Cursor) {
	x := c.Node()
	p := c.Parent()
	for {
		if _, paren := p.Node().(*ast.ParenExpr); !paren {
			break
		}
		x, p = p.Node(), p.Parent()
	}
	u.node = u.id
	switch n := p.Node().(type) {
	case *ast.CallExpr:
		u.call, u.node = n, n
		u.kind = f.passedTo(u, p)
	case *ast.SelectorExpr:
		u.kind = f.asked(u, n, p)
	case *ast.AssignStmt:
		u.node = n
		u.kind = f.assigned(u, x, n, n.Lhs, n.Rhs)
	case *ast.ValueSpec:
		var names []ast.Expr
		for _, id := range n.Names {
			names = append(names, id)
		}
		u.node = n
		u.kind = f.assigned(u, x, n, names, n.Values)
	case *ast.KeyValueExpr, *ast.CompositeLit, *ast.ReturnStmt, *ast.SendStmt, *ast.IndexExpr:
		u.kind = ctxStored
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			u.kind = ctxAddress
		}
	}
}

// passedTo looks at the call that is given the context.
func (f *ctxFlow) passedTo(u *ctxUse, p inspector.Cursor) ctxUseKind {
	fn := callee(f.pass.Info, u.call)
	switch {
	case fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" && fn.Name() == "Cause":
		return ctxCause
	case f.makes(u.call):
		return ctxParent
	}
	if to, ok := f.derivedInto(u.call, p); ok {
		u.to = to
		return ctxAssigned
	}
	if readsValuesOnly(f.pass, u.call, argIndex(u.call, u.id)) {
		return ctxHarmless
	}
	return ctxPassed
}

// makes tells whether a call is the one that makes the group.
func (f *ctxFlow) makes(call *ast.CallExpr) bool {
	switch n := f.made.(type) {
	case *ast.AssignStmt:
		return ast.Unparen(n.Rhs[0]) == ast.Expr(call)
	case *ast.ValueSpec:
		return ast.Unparen(n.Values[0]) == ast.Expr(call)
	}
	return false
}

// derivedInto is the followed variable that takes what a call makes of the
// context: `ctx, cancel := context.WithTimeout(gctx, d)`; -1 where it is dropped.
func (f *ctxFlow) derivedInto(call *ast.CallExpr, p inspector.Cursor) (to int, ok bool) {
	for givesContext(f.pass.Info, call) {
		up := p.Parent()
		var lhs []ast.Expr
		switch n := up.Node().(type) {
		case *ast.CallExpr:
			call, p = n, up
			continue
		case *ast.AssignStmt:
			lhs = n.Lhs
		case *ast.ValueSpec:
			for _, id := range n.Names {
				lhs = append(lhs, id)
			}
		}
		for _, x := range lhs {
			id, i := f.tracked(x)
			if id != nil {
				return i, true
			}
			if id, _ := x.(*ast.Ident); id != nil && id.Name == "_" {
				ok = true
			}
		}
		return -1, ok
	}
	return -1, false
}

// asked looks at ctx.Err(), ctx.Done() and ctx.Value(key).
func (f *ctxFlow) asked(u *ctxUse, sel *ast.SelectorExpr, p inspector.Cursor) ctxUseKind {
	u.node = sel
	if call, ok := p.Parent().Node().(*ast.CallExpr); ok && call.Fun == ast.Expr(sel) {
		u.call, u.node = call, call
	}
	switch sel.Sel.Name {
	case "Done":
		u.awaits = ctxWaits
		for up := range p.Enclosing((*ast.SelectStmt)(nil), (*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
			if sel, ok := up.Node().(*ast.SelectStmt); ok && len(sel.Body.List) > 1 && inComm(sel, u.id) {
				u.awaits = ctxSelects
			}
			break
		}
		return ctxAsked
	case "Err":
		return ctxAsked
	}
	return ctxHarmless
}

// inComm tells whether a name stands in what a select waits for, and not in what
// it does then.
func inComm(sel *ast.SelectStmt, id *ast.Ident) bool {
	return slices.ContainsFunc(sel.Body.List, func(st ast.Stmt) bool {
		c := st.(*ast.CommClause)
		return c.Comm != nil && within(id, c.Comm)
	})
}

// assigned tells a name that is assigned from one that is assigned to.
func (f *ctxFlow) assigned(u *ctxUse, x ast.Node, n ast.Node, lhs, rhs []ast.Expr) ctxUseKind {
	for _, l := range lhs {
		if l == x {
			return ctxTarget
		}
	}
	for i, r := range rhs {
		if r == x && len(lhs) == len(rhs) {
			if id, to := f.tracked(lhs[i]); id != nil {
				u.to = to
				return ctxAssigned
			}
			if id, ok := lhs[i].(*ast.Ident); ok && id.Name == "_" {
				return ctxHarmless
			}
		}
	}
	return ctxStored
}

const deferredCall = "in a deferred call"

// away says where a use runs, if not where the function itself is at work.
func (f *ctxFlow) away(c inspector.Cursor) string {
	for up := range c.Enclosing() {
		switch n := up.Node().(type) {
		case *ast.GoStmt:
			return "in a goroutine"
		case *ast.DeferStmt:
			return deferredCall
		case *ast.CallExpr:
			if fn := callee(f.pass.Info, n); fn != nil && effects.Starts(fn) && !within(c.Node(), n.Fun) {
				return "in a goroutine"
			}
		case *ast.FuncLit:
			if where := f.litAway(n, up); where != "" {
				return where
			}
			if n.Body == f.body {
				return ""
			}
		case *ast.FuncDecl:
			return ""
		}
	}
	return ""
}

// litAway tells whether a literal may run when the function is elsewhere.
func (f *ctxFlow) litAway(lit *ast.FuncLit, c inspector.Cursor) string {
	if lit.Body == f.body {
		return ""
	}
	if call, ok := c.Parent().Node().(*ast.CallExpr); ok {
		if ast.Unparen(call.Fun) == ast.Expr(lit) {
			return ""
		}
		if fn := callee(f.pass.Info, call); fn != nil && effects.Starts(fn) {
			return ""
		}
	}
	for _, held := range f.lits {
		if held == lit {
			return ""
		}
	}
	return "in a function that may run at any time"
}

// argIndex is the index of the argument that holds x.
func argIndex(call *ast.CallExpr, x ast.Node) int {
	return slices.IndexFunc(call.Args, func(a ast.Expr) bool { return within(x, a) })
}
