package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// A walker reads what one goroutine runs, in the order in which it runs it, and
// notes each variable that it touches and under what.
type walker struct {
	pass   *rule.Pass
	info   *types.Info
	root   ast.Node                      // the literal, or the function's body
	rounds map[*types.Var]bool           // variables that are another in each round: see roundVars
	skip   map[ast.Node]bool             // literals that run elsewhere
	lits   map[types.Object]*ast.FuncLit // what local function variables hold
	inside map[*ast.FuncLit]bool         // that are being walked

	callees *callees // what the package's functions write, nil where that doesn't matter

	stance
	stmt     ast.Stmt
	failing  int            // how many `if err != nil` are around
	tested   []types.Object // what the conditions around found not to be nil
	deferred []deferred
	acts     []*access
	events   []event
	tells    token.Pos // the last place where it closes, cancels or sets something that others may look at
}

// A deferred is what runs when the goroutine ends.
type deferred struct {
	lit *ast.FuncLit
	stance
	stmt ast.Stmt
}

// An event is one place where the walked code waits for others, or gives them
// something.
type event struct {
	pos  token.Pos
	kind eventKind
	ch   ast.Expr // the channel, nil for a call
}

type eventKind uint8

const (
	eventCall    eventKind = iota // a call that may wait, by its name
	eventWait                     // Wait
	eventReceive                  // <-ch, whose value is dropped
	eventTake                     // v := <-ch
	eventRange                    // for v := range ch
	eventSend
	eventClose
	eventSlot // a slot of a semaphore is taken: behind the loop, all of them may be
)

// walk reads a function's body.
func (w *walker) walk(body *ast.BlockStmt) {
	w.list(body.List)
	for i := len(w.deferred) - 1; i >= 0; i-- {
		d := w.deferred[i]
		d.last, d.waited, d.asked, d.met = true, d.waited || w.waited, d.asked || w.asked, d.met || w.met
		w.stance, w.stmt = d.stance, d.stmt
		w.body(d.lit)
	}
}

func (w *walker) list(list []ast.Stmt) {
	outer := w.stmt
	for _, s := range list {
		w.stmt = s
		w.statement(s)
	}
	w.stmt = outer
}

func (w *walker) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		if u, ok := ast.Unparen(s.X).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
			w.expr(u.X)
			w.channel(event{u.Pos(), eventReceive, u.X})
			return
		}
		w.expr(s.X)
	case *ast.SendStmt:
		w.expr(s.Chan)
		w.expr(s.Value)
		w.channel(event{s.Pos(), eventSend, s.Chan})
	case *ast.IncDecStmt:
		w.write(s.X, actOf(w.info, token.ADD_ASSIGN, s.X, nil, false), s)
	case *ast.AssignStmt:
		w.assign(s)
	case *ast.GoStmt:
		w.spawn(s.Call)
	case *ast.DeferStmt:
		w.deferCall(s)
	case *ast.ReturnStmt:
		for _, x := range s.Results {
			w.expr(x)
		}
	case *ast.DeclStmt:
		w.declare(s)
	default:
		w.branch(s)
	}
}

// branch reads a statement that has statements inside.
func (w *walker) branch(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		w.list(s.List)
	case *ast.LabeledStmt:
		w.statement(s.Stmt)
	case *ast.IfStmt:
		w.ifStmt(s)
	case *ast.ForStmt:
		w.forStmt(s)
	case *ast.RangeStmt:
		w.rangeStmt(s)
	case *ast.SwitchStmt:
		w.optional(s.Init)
		if s.Tag != nil {
			w.expr(s.Tag)
		}
		w.clauses(s.Body, s.Tag)
	case *ast.TypeSwitchStmt:
		w.optional(s.Init)
		w.statement(s.Assign)
		w.clauses(s.Body, nil)
	case *ast.SelectStmt:
		w.clauses(s.Body, nil)
	}
}

func (w *walker) optional(s ast.Stmt) {
	if s != nil {
		w.statement(s)
	}
}

func (w *walker) assign(s *ast.AssignStmt) {
	for i, x := range s.Rhs {
		if lit, ok := ast.Unparen(x).(*ast.FuncLit); ok && len(s.Lhs) == len(s.Rhs) && w.hold(s.Lhs[i], lit) {
			continue
		}
		w.expr(x)
	}
	for i, lhs := range s.Lhs {
		id, plain := ast.Unparen(lhs).(*ast.Ident)
		if plain && (id.Name == "_" || s.Tok == token.DEFINE && w.info.Defs[id] != nil) {
			continue
		}
		var rhs ast.Expr
		if len(s.Lhs) == len(s.Rhs) {
			rhs = s.Rhs[i]
		}
		what := actOf(w.info, s.Tok, lhs, rhs, w.failing > 0)
		if id, ok := rhs.(*ast.Ident); ok && what == actAssign && slices.Contains(w.tested, w.info.Uses[id]) {
			what = actKeep
		}
		w.write(lhs, what, s)
	}
}

// hold remembers that a local variable is a function literal, so that its calls
// can be followed.
func (w *walker) hold(lhs ast.Expr, lit *ast.FuncLit) bool {
	id, ok := lhs.(*ast.Ident)
	if !ok || w.info.Defs[id] == nil {
		return false
	}
	w.lits[w.info.Defs[id]] = lit
	return true
}

func (w *walker) declare(s *ast.DeclStmt) {
	gen, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range gen.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for i, x := range vs.Values {
			if lit, ok := ast.Unparen(x).(*ast.FuncLit); ok && len(vs.Names) == len(vs.Values) && w.hold(vs.Names[i], lit) {
				continue
			}
			w.expr(x)
		}
	}
}

// spawn reads a go statement: its operands are evaluated here, its function runs
// with no lock held.
func (w *walker) spawn(call *ast.CallExpr) {
	for _, a := range call.Args {
		w.expr(a)
	}
	lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit)
	if !ok {
		if id, isIdent := ast.Unparen(call.Fun).(*ast.Ident); !isIdent || w.lits[w.info.ObjectOf(id)] == nil {
			w.expr(call.Fun)
		}
		return
	}
	was := w.stance
	w.locks = nil
	w.body(lit)
	w.stance = was
}

func (w *walker) deferCall(s *ast.DeferStmt) {
	for _, a := range s.Call.Args {
		w.expr(a)
	}
	if saysSomething(s.Call) {
		w.tells = w.root.End()
	}
	switch f := ast.Unparen(s.Call.Fun).(type) {
	case *ast.FuncLit:
		w.deferred = append(w.deferred, deferred{f, w.stance, w.stmt})
	case *ast.CallExpr: // defer lock(x)()
		w.expr(f)
	}
}

// body reads a literal that runs here.
func (w *walker) body(lit *ast.FuncLit) {
	if w.skip[lit] || w.inside[lit] {
		return
	}
	w.inside[lit] = true
	stmt := w.stmt
	w.list(lit.Body.List)
	w.stmt = stmt
	delete(w.inside, lit)
}
