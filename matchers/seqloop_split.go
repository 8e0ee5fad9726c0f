package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A LoopCall is one call that every round makes, with what stands in front of it.
type LoopCall struct {
	*Member
	Between []ast.Stmt // behind the call before: what decides whether this one is made, and with what
	Operand bool       // the call is an operand of Stmts[0], with one result
	Stops   bool       // an error of it ends the function, whatever the error is
	Skips   bool       // an error of it ends the round, whatever the error is
	Look    bool       // it asks whether the caller has given up: ctx.Err()

	Reads  Claim // that it only reads
	Writes bool  // it is known to write

	// Fills are variables that the round declares for the call to fill, and that are
	// used behind it: obj of `var obj T; err := c.Get(ctx, key, &obj)`.
	Fills []*types.Var
}

// split cuts the loop's body into what comes before the first call that waits, the
// calls with what stands between them, and the rest, which runs in the old order
// once all calls have returned.
//
//	for _, id := range ids {
//		if id == "" {                   // Prefix
//			continue
//		}
//		v, err := s.get(ctx, id)        // Calls[0]
//		if err != nil {
//			return nil, err
//		}
//		out = append(out, v)            // Rest
//	}
//
// It fails where a call that waits stands inside another statement: whether it is
// made at all, or how often, is then not the body's to say.
func (s *SeqLoop) split(pass *rule.Pass) bool {
	var pending, seen []ast.Stmt
	list := s.Block.List
	for i := 0; i < len(list); {
		call, n := (*LoopCall)(nil), 0
		if slices.ContainsFunc(list[i+1:], func(n ast.Stmt) bool { return waits(pass, n) }) {
			call, n = lookAt(pass, list, i)
		}
		if call == nil && !waits(pass, list[i]) {
			pending = append(pending, list[i])
			i++
			continue
		}
		if call == nil {
			call, n = loopCallAt(pass, list, i)
		}
		if call == nil {
			around, ok := list[i].(*ast.IfStmt)
			if !ok || i+1 < len(list) || !isAround(pass, around) {
				return false
			}
			seen = append(seen, list[:i]...)
			if redeclares(pass, seen, around.Body.List) {
				return false
			}
			pending = append(pending, s.skip(around))
			list, i = around.Body.List, 0
			continue
		}
		if len(s.Calls) == 0 {
			s.Prefix = pending
		} else {
			call.Between = pending
		}
		pending = nil
		call.namesAgain(pass.Info, seen)
		s.Calls = append(s.Calls, call)
		i += n
	}
	s.Rest = pending
	return len(s.Calls) > 0
}

// A Skip is an `if` around the rest of the body, and the statement that passes a
// round over in its stead. Their conditions are one, which is to be turned round.
type Skip struct{ Stmt, Around *ast.IfStmt }

// skip notes an `if` that holds the rest of the body: it is as good as one that
// passes the others over.
//
//	if wanted(id) {            if !wanted(id) {
//		v := s.get(ctx, id)  =>       continue
//	}                          }
//	                           v := s.get(ctx, id)
func (s *SeqLoop) skip(around *ast.IfStmt) ast.Stmt {
	skip := &ast.IfStmt{If: around.If, Cond: around.Cond, Body: &ast.BlockStmt{
		Lbrace: around.Body.Lbrace, Rbrace: around.Body.Lbrace,
		List: []ast.Stmt{&ast.BranchStmt{TokPos: around.Body.Lbrace, Tok: token.CONTINUE}},
	}}
	s.Skips = append(s.Skips, Skip{skip, around})
	return skip
}

// isAround tells whether an `if` only decides whether its body is run.
func isAround(pass *rule.Pass, s *ast.IfStmt) bool {
	return s.Init == nil && s.Else == nil && !waits(pass, s.Cond)
}

// redeclares tells whether statements declare a name that others in front of them
// declare as well: in one block that would be another thing. The error of a call may
// go into the variable that is there, which nobody looks at any more.
func redeclares(pass *rule.Pass, front, list []ast.Stmt) bool {
	before := declaredIn(pass.Info, front)
	for _, s := range list {
		for name, v := range declaredIn(pass.Info, []ast.Stmt{s}) {
			if old, again := before[name]; again {
				_, assigns := s.(*ast.AssignStmt)
				if !assigns || !waits(pass, s) || !isError(v) || !isError(old) {
					return true
				}
			}
		}
	}
	return false
}

func isError(obj types.Object) bool { return obj != nil && isErrorType(obj.Type()) }

// namesAgain has the call assign to the names that are declared already in what has
// become one block.
func (c *LoopCall) namesAgain(info *types.Info, front []ast.Stmt) {
	before := declaredIn(info, front)
	for i, r := range c.Results {
		if r.Var != nil && before[r.Var.Name()] != nil && len(c.Stmts) > 0 && !c.InHead {
			c.Results[i].New = false
		}
	}
}

// declaredIn gathers what a list of statements declares itself, by name.
func declaredIn(info *types.Info, list []ast.Stmt) map[string]types.Object {
	names := map[string]types.Object{}
	note := func(id *ast.Ident) {
		if obj := info.Defs[id]; obj != nil {
			names[id.Name] = obj
		}
	}
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			for _, x := range s.Lhs {
				if id, ok := x.(*ast.Ident); ok {
					note(id)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						note(id)
					}
				case *ast.TypeSpec:
					note(spec.Name)
				}
			}
		}
	}
	return names
}

// waits tells whether running a node waits, or probably does, for something outside
// the program.
func waits(pass *rule.Pass, n ast.Node) bool { return pass.Effects.Region(n).Block.Waits() }

// callWaits tells whether the call itself does, whatever its operands do.
func callWaits(pass *rule.Pass, call *ast.CallExpr) bool {
	bare := &ast.CallExpr{Fun: call.Fun, Lparen: call.Lparen, Rparen: call.Rparen}
	if fn := callee(pass.Info, call); fn != nil {
		return pass.Effects.Of(fn).Block.Waits()
	}
	return waits(pass, bare)
}

// loopCallAt reads the call at list[i], and how many statements it takes.
func loopCallAt(pass *rule.Pass, list []ast.Stmt, i int) (*LoopCall, int) {
	if m, n := memberAt(pass, list, i); m != nil && callWaits(pass, m.Call) {
		if m.Check != nil && waits(pass, m.Check.Body) {
			return nil, 0 // what is done about an error waits as well
		}
		c := &LoopCall{Member: m}
		if m.Check != nil && !hasLoneBranch(m.Check.Body) {
			c.Stops = m.Handler.Exit == ExitReturn
			c.Skips = m.Handler.Exit == ExitBranch && endsRound(m.Check.Body)
		}
		return c, n
	}
	return operandAt(pass, list[i]), 1
}

// lookAt reads a look at the context in front of a call, which ends the loop, and
// how many statements it takes; nil where there is none.
//
//	if err := ctx.Err(); err != nil { return err }
//	if ctx.Err() != nil { return }
func lookAt(pass *rule.Pass, list []ast.Stmt, i int) (*LoopCall, int) {
	m, n := memberAt(pass, list, i)
	if m == nil {
		m, n = bareLook(pass.Info, list[i]), 1
	}
	if m == nil || !asksContext(pass.Info, m.Call) {
		return nil, 0
	}
	check, ok := list[i+n-1].(*ast.IfStmt)
	if !ok {
		return nil, 0
	}
	c := &LoopCall{Member: m, Look: true, Operand: m.Check == nil}
	exit := exitOf(check.Body.List)
	if waits(pass, check.Body) || hasLoneBranch(check.Body) || exit != ExitReturn && (exit != ExitBranch || endsRound(check.Body)) {
		return nil, 0
	}
	c.Stops = true
	return c, n
}

// bareLook reads `if ctx.Err() != nil { ... }`.
func bareLook(info *types.Info, s ast.Stmt) *Member {
	check, ok := s.(*ast.IfStmt)
	if !ok || check.Init != nil || check.Else != nil {
		return nil
	}
	cond, ok := ast.Unparen(check.Cond).(*ast.BinaryExpr)
	if !ok || cond.Op != token.NEQ || !info.Types[cond.Y].IsNil() {
		return nil
	}
	call, ok := ast.Unparen(cond.X).(*ast.CallExpr)
	if !ok {
		return nil
	}
	return &Member{Err: -1, Stmts: []ast.Stmt{s}, Call: call, Fn: callee(info, call)}
}

// asksContext tells whether a call is ctx.Err().
func asksContext(info *types.Info, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Err" && len(call.Args) == 0 && effects.IsContext(info.TypeOf(sel.X)) && isPath(sel.X)
}

// Main is the first call that does more than to look at the context.
func (s *SeqLoop) Main() *LoopCall {
	for _, c := range s.Calls {
		if !c.Look {
			return c
		}
	}
	return s.Calls[0]
}

// endsRound tells whether a block ends with the loop's own `continue`.
func endsRound(body *ast.BlockStmt) bool {
	b, ok := body.List[len(body.List)-1].(*ast.BranchStmt)
	return ok && b.Tok == token.CONTINUE && b.Label == nil
}

// hasLoneBranch tells whether a block leaves by a branch other than at its end.
func hasLoneBranch(body *ast.BlockStmt) bool {
	found := false
	if len(body.List) == 0 {
		return false
	}
	for _, s := range body.List[:len(body.List)-1] {
		ast.Inspect(s, func(n ast.Node) bool {
			b, ok := n.(*ast.BranchStmt)
			found = found || ok && b.Tok != token.FALLTHROUGH
			return !found
		})
	}
	return found
}

// operandAt reads a call that is an operand of a statement, and is evaluated
// whenever the statement is.
//
//	out = append(out, s.get(ctx, id))
//	if v, err := s.get(ctx, id); err == nil { ... }
//	if s.has(ctx, id) { ... }
func operandAt(pass *rule.Pass, s ast.Stmt) *LoopCall {
	heads, rest := headsOf(s)
	for _, n := range rest {
		if waits(pass, n) {
			return nil
		}
	}
	if cond, ok := s.(*ast.IfStmt); ok && cond.Init != nil {
		m := &Member{Err: -1, Stmts: []ast.Stmt{s}, InHead: true}
		if waits(pass, cond.Cond) || !m.readCall(pass.Info, cond.Init) || !callWaits(pass, m.Call) {
			return nil
		}
		return &LoopCall{Member: m}
	}
	var found []*ast.CallExpr
	for _, x := range heads {
		if !unconditional(pass, x, &found) {
			return nil
		}
	}
	if len(found) != 1 {
		return nil
	}
	call := found[0]
	if _, tuple := pass.Info.TypeOf(call).(*types.Tuple); tuple {
		return nil // f(g()) with several values
	}
	return &LoopCall{Operand: true, Member: &Member{Err: -1, Stmts: []ast.Stmt{s}, Call: call, Fn: callee(pass.Info, call)}}
}

// headsOf gives the expressions that a statement evaluates once, and the nodes
// whose evaluation depends on them.
func headsOf(s ast.Stmt) (heads []ast.Expr, rest []ast.Node) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		for _, lhs := range s.Lhs {
			rest = append(rest, lhs)
		}
		return s.Rhs, rest
	case *ast.ExprStmt:
		return []ast.Expr{s.X}, nil
	case *ast.IfStmt:
		rest = append(rest, s.Body)
		if s.Else != nil {
			rest = append(rest, s.Else)
		}
		return []ast.Expr{s.Cond}, rest
	}
	return nil, []ast.Node{s}
}

// unconditional gathers the outermost calls of x that wait; false where one of
// them may not be made, or is made inside another.
func unconditional(pass *rule.Pass, x ast.Expr, found *[]*ast.CallExpr) bool {
	ok := true
	ast.Inspect(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			ok = ok && !waits(pass, n.Body)
			return false
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				ok = ok && !waits(pass, n.Y)
			}
		case *ast.CallExpr:
			if !pass.Info.Types[n.Fun].IsType() && callWaits(pass, n) {
				*found = append(*found, n)
				return false
			}
		}
		return ok
	})
	return ok
}
