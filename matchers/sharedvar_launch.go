package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A fanOut is a function that starts goroutines, and what they and it touch.
type fanOut struct {
	Place
	pass     *rule.Pass
	launches []*launch
	own      []*access           // by the function's own code
	events   []event             // in the function's own code
	serial   map[*types.Var]bool // groups with a limit of 1
}

// A launch is one place that starts a goroutine.
type launch struct {
	stmt   ast.Stmt      // the statement that starts it
	call   *ast.CallExpr // of go, of Go, or the call that is handed the literal
	lit    *ast.FuncLit  // what runs
	loops  []ast.Node    // around it in the function, innermost first: loops, and literals that a walker calls
	listed ast.Node      // the loop over a list of literals of which it is one
	many   string        // for a literal that is handed over: who runs several of it at once
	group  *types.Var    // of g.Go
	acts   []*access     // by the goroutine
	tells  token.Pos     // the last place where it says something that the function may hear without a channel
	from   token.Pos     // what stands before this runs with the function: t.Parallel()
	cur    inspector.Cursor
}

// fanOutsIn gathers the functions in a declaration that start goroutines whose
// code is in view.
func fanOutsIn(pass *rule.Pass, decl ast.Decl, vis *visitors, callees *callees) []*fanOut {
	if m := marksOf(pass); !m.starts[decl] && !m.tests[decl] && (vis == nil || len(vis.how) == 0) {
		return nil
	}
	root, ok := pass.FindNode(decl)
	if !ok {
		return nil
	}
	b := &fanOutBuilder{pass: pass, vis: vis, at: map[ast.Node]*fanOut{}}
	for c := range root.Preorder((*ast.GoStmt)(nil), (*ast.CallExpr)(nil)) {
		b.look(c)
	}
	for _, f := range b.list {
		f.read(decl, callees)
	}
	return b.list
}

type fanOutBuilder struct {
	pass *rule.Pass
	vis  *visitors
	at   map[ast.Node]*fanOut
	list []*fanOut
}

// look notes the goroutines that one statement or call starts.
func (b *fanOutBuilder) look(c inspector.Cursor) {
	switch n := c.Node().(type) {
	case *ast.GoStmt:
		lits, list := litsOf(b.pass, n.Call.Fun, c)
		for _, lit := range lits {
			b.add(c, &launch{call: n.Call, lit: lit, listed: list})
		}
	case *ast.CallExpr:
		fn := callee(b.pass.Info, n)
		if fn == nil || len(n.Args) == 0 {
			return
		}
		if effects.Starts(fn) && fn.Pkg().Path() != "time" {
			lits, list := litsOf(b.pass, n.Args[0], c)
			for _, lit := range lits {
				l := &launch{call: n, lit: lit, listed: list}
				if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
					l.group = groupVar(b.pass.Info, sel.X)
				}
				b.add(c, l)
			}
			return
		}
		b.handed(c, n, fn)
	}
}

// handed notes literals that are handed to a function which runs them in
// goroutines.
func (b *fanOutBuilder) handed(c inspector.Cursor, call *ast.CallExpr, fn *types.Func) {
	p, _, _ := placeOf(c)
	test := p.File != nil && b.pass.IsTest(p.File)
	for i, a := range call.Args {
		lit, ok := ast.Unparen(a).(*ast.FuncLit)
		if !ok {
			continue
		}
		if from := parallelSubtest(b.pass.Info, fn, lit); from.IsValid() {
			b.add(c, &launch{call: call, lit: lit, from: from})
		} else if how := b.vis.of(fn, i); how.starts || how.many != "" && !test { // a test's own input may leave it at one
			b.add(c, &launch{call: call, lit: lit, many: how.many})
		}
	}
}

// parallelSubtest is the place behind t.Parallel() in the literal of t.Run.
func parallelSubtest(info *types.Info, fn *types.Func, lit *ast.FuncLit) token.Pos {
	if !isSubtest(fn) {
		return token.NoPos
	}
	for _, s := range lit.Body.List {
		call, _, name, ok := methodCall(s)
		if ok && name == "Parallel" && callee(info, call) != nil && callee(info, call).FullName() == "(*testing.T).Parallel" {
			return s.End()
		}
	}
	return token.NoPos
}

// isSubtest tells whether fn is Run of testing.T.
func isSubtest(fn *types.Func) bool { return fn.Name() == "Run" && fn.FullName() == "(*testing.T).Run" }

// add places a launch in the function around it.
func (b *fanOutBuilder) add(c inspector.Cursor, l *launch) {
	p, loops, ok := placeThrough(b.pass, c)
	l.cur, l.loops, l.stmt = c, loops, stmtAround(c)
	if !ok || l.stmt == nil || within(l.stmt, l.lit) {
		return
	}
	f := b.at[p.Func]
	if f == nil {
		f = &fanOut{Place: p, pass: b.pass}
		b.at[p.Func] = f
		b.list = append(b.list, f)
	}
	f.launches = append(f.launches, l)
}

// stmtAround is the statement of a list around a node.
func stmtAround(c inspector.Cursor) ast.Stmt {
	for up := range c.Enclosing() {
		s, ok := up.Node().(ast.Stmt)
		if !ok {
			continue
		}
		switch up.Parent().Node().(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause, *ast.LabeledStmt:
			return s
		}
	}
	return nil
}

// placeThrough is placeOf, but goes on through a literal that is called on the
// spot, and through the callback of a walker, which counts as a loop.
func placeThrough(pass *rule.Pass, c inspector.Cursor) (p Place, loops []ast.Node, ok bool) {
	for up := range c.Enclosing() {
		switch n := up.Node().(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			if p.Func == nil {
				loops = append(loops, n)
			}
		case *ast.FuncLit:
			if p.Func == nil {
				switch calledHere(pass, up) {
				case calledOnce:
					continue
				case calledForEach:
					loops = append(loops, n)
					continue
				}
			}
			p.within(n, n.Body, n.Type)
		case *ast.FuncDecl:
			p.within(n, n.Body, n.Type)
			p.Decl = n
		case *ast.GenDecl:
			p.Decl = n
		case *ast.File:
			p.File = n
		}
	}
	return p, loops, p.Func != nil && p.Decl != nil && p.File != nil
}

type called uint8

const (
	calledElsewhere called = iota
	calledOnce
	calledForEach
)

// calledHere tells whether a literal runs where it stands.
func calledHere(pass *rule.Pass, c inspector.Cursor) called {
	call, ok := c.Parent().Node().(*ast.CallExpr)
	if !ok {
		return calledElsewhere
	}
	if call.Fun == c.Node() {
		switch c.Parent().Parent().Node().(type) {
		case *ast.GoStmt, *ast.DeferStmt:
			return calledElsewhere
		}
		return calledOnce
	}
	if fn := callee(pass.Info, call); fn != nil && fn.Pkg() != nil && walkers[fn.Pkg().Path()+"."+effects.Symbol(fn)] {
		return calledForEach
	}
	return calledElsewhere
}

// litsOf gives the literals that x may be: itself, what a local variable holds,
// or, for the variable of a loop over literals, all of those and that loop.
func litsOf(pass *rule.Pass, x ast.Expr, c inspector.Cursor) ([]*ast.FuncLit, ast.Node) {
	switch x := ast.Unparen(x).(type) {
	case *ast.FuncLit:
		return []*ast.FuncLit{x}, nil
	case *ast.Ident:
		v, ok := pass.Info.Uses[x].(*types.Var)
		p, _, inFunc := placeOf(c)
		if !ok || !inFunc || v.Parent() == nil || v.Parent() == pass.Pkg.Scope() {
			return nil, nil
		}
		if lit, ok := onlyValue(pass.Info, p.Decl, v).(*ast.FuncLit); ok {
			return []*ast.FuncLit{lit}, nil
		}
		for up := range c.Enclosing((*ast.RangeStmt)(nil)) {
			r := up.Node().(*ast.RangeStmt)
			if id, ok := r.Value.(*ast.Ident); ok && pass.Info.Defs[id] == types.Object(v) {
				return listedLits(pass.Info, p.Decl, r.X), r
			}
		}
	}
	return nil, nil
}

// listedLits gives the literals of a list of functions.
func listedLits(info *types.Info, decl ast.Node, x ast.Expr) []*ast.FuncLit {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		v, isVar := info.Uses[id].(*types.Var)
		if !isVar {
			return nil
		}
		x = onlyValue(info, decl, v)
	}
	list, ok := x.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	var lits []*ast.FuncLit
	for _, e := range list.Elts {
		if lit, ok := ast.Unparen(e).(*ast.FuncLit); ok {
			lits = append(lits, lit)
		}
	}
	return lits
}
