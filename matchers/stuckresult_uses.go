package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// readUses sorts every mention of the channel and gathers the senders; false
// when the syntax is not one that the rule reads.
func (s *StuckResult) readUses(pass *rule.Pass) bool {
	root := pass.Syntax()
	for _, id := range uses(pass.Info, s.Func, s.Chan) {
		c, ok := root.FindNode(id)
		if !ok || id.Pos() == s.Chan.Pos() {
			continue
		}
		u := chanUse{at: id}
		u.kind, u.stmt = kindOfUse(pass.Info, c)
		var launch ast.Stmt
		u.inner, launch = outermostLit(pass.Info, c, s.Func)
		switch {
		case u.kind == useHandOver:
			if !s.addCallee(pass, c) {
				u.kind = useOther
			}
		case u.kind == useSend && launch != nil:
			s.addLit(c, u.inner, launch)
		case u.kind == useSend:
			u.kind = useOther // the function itself sends, or a literal that may run anywhere
		}
		s.uses = append(s.uses, u)
	}
	return true
}

// kindOfUse looks at what stands around one mention.
func kindOfUse(info *types.Info, c inspector.Cursor) (useKind, ast.Stmt) {
	id := c.Node()
	p := c.Parent()
	for {
		if _, paren := p.Node().(*ast.ParenExpr); !paren {
			break
		}
		p = p.Parent()
	}
	switch n := p.Node().(type) {
	case *ast.SendStmt:
		if n.Chan == id {
			return useSend, nil
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return useReceive, nil
		}
	case *ast.RangeStmt:
		if n.X == id {
			return useRange, n
		}
	case *ast.ReturnStmt:
		return useReturn, nil
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "close" && info.Uses[f] == types.Universe.Lookup("close") {
			return useClose, nil
		}
		if _, ok := p.Parent().Node().(*ast.GoStmt); ok && n.Fun != id {
			return useHandOver, nil
		}
	}
	return useOther, nil
}

// outermostLit is the outermost function literal between a node and fn, and the
// statement that starts it as a goroutine; nil where it is started by nothing.
func outermostLit(info *types.Info, c inspector.Cursor, fn ast.Node) (*ast.FuncLit, ast.Stmt) {
	var lit *ast.FuncLit
	var cur inspector.Cursor
	for up := range c.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if up.Node() == fn {
			break
		}
		if l, ok := up.Node().(*ast.FuncLit); ok {
			lit, cur = l, up
		}
	}
	if lit == nil {
		return nil, nil
	}
	call, ok := cur.Parent().Node().(*ast.CallExpr)
	if !ok {
		return lit, nil
	}
	switch st := cur.Parent().Parent().Node().(type) {
	case *ast.GoStmt:
		if call.Fun == ast.Expr(lit) {
			return lit, st
		}
	case *ast.ExprStmt:
		if fn := callee(info, call); fn != nil && fn.Name() == "Go" && effects.Starts(fn) {
			return lit, st
		}
	}
	return lit, nil
}

// addLit notes a literal that is started as a goroutine and sends.
func (s *StuckResult) addLit(c inspector.Cursor, lit *ast.FuncLit, launch ast.Stmt) {
	for _, have := range s.Senders {
		if have.Body == lit.Body {
			return
		}
	}
	s.add(c, &Sender{Stmt: launch, Body: lit.Body, Chan: s.Chan})
}

// addCallee notes `go f(ch)` where f is a literal, or declared in this package;
// false when its body can't be seen, or does more with the channel than send and
// close.
func (s *StuckResult) addCallee(pass *rule.Pass, c inspector.Cursor) bool {
	arg := c
	for arg.Parent().Node() != nil {
		if _, paren := arg.Parent().Node().(*ast.ParenExpr); !paren {
			break
		}
		arg = arg.Parent()
	}
	call, ok := arg.Parent().Node().(*ast.CallExpr)
	if !ok {
		return false
	}
	launch, ok := arg.Parent().Parent().Node().(*ast.GoStmt)
	if !ok {
		return false
	}
	for i, a := range call.Args {
		if a != arg.Node() {
			continue
		}
		body, param := calledWith(pass, call, i)
		if param == nil || !onlySends(pass, body, param) {
			return false
		}
		s.add(c, &Sender{Stmt: launch, Body: body, Chan: param})
	}
	return true
}

// calledWith is the body that a call runs, and the parameter that takes its i-th
// argument; nil where they can't be seen.
func calledWith(pass *rule.Pass, call *ast.CallExpr, i int) (*ast.BlockStmt, *types.Var) {
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok {
		sig, ok := pass.Info.TypeOf(lit).(*types.Signature)
		if !ok || sig.Variadic() || i >= sig.Params().Len() {
			return nil, nil
		}
		return lit.Body, sig.Params().At(i)
	}
	fn := callee(pass.Info, call)
	if fn == nil || fn.Signature().Variadic() || i >= fn.Signature().Params().Len() {
		return nil, nil
	}
	decl := pass.Effects.Decl(fn)
	if decl == nil {
		return nil, nil
	}
	return decl.Body, fn.Origin().Signature().Params().At(i)
}

func onlySends(pass *rule.Pass, body *ast.BlockStmt, param *types.Var) bool {
	for _, id := range uses(pass.Info, body, param) {
		c, ok := pass.FindNode(id)
		if !ok {
			return false // in a file that is not looked at
		}
		if k, _ := kindOfUse(pass.Info, c); k != useSend && k != useClose {
			return false
		}
	}
	return true
}

// add completes a sender: the loop around its launch, and how often it sends.
func (s *StuckResult) add(c inspector.Cursor, snd *Sender) {
	for up := range c.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil), (*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		loop, ok := up.Node().(ast.Stmt)
		if up.Node() == s.Func {
			break
		}
		if ok && within(snd.Stmt, loop) && !within(s.Made, loop) && snd.Loop == nil {
			snd.Loop = loop
		} else if ok && snd.Loop != nil && within(snd.Loop, loop) && !within(s.Made, loop) {
			snd.Most = many // a loop in a loop: no expression counts that
		}
	}
	s.Senders = append(s.Senders, snd)
}

// inSelect tells whether the send at pos is one of several cases of a select.
func inSelect(root ast.Node, pos token.Pos) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectStmt); ok && len(sel.Body.List) > 1 {
			for _, c := range sel.Body.List {
				if comm := c.(*ast.CommClause).Comm; comm != nil && comm.Pos() == pos {
					found = true
				}
			}
		}
		return !found
	})
	return found
}
