package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

// A Member is one call with the handling of its error, as people write it: what
// the rules that make calls concurrent move as a whole.
//
//	x, err := f(ctx, a)          x, err = f(ctx, a)        x := f(ctx)
//	if err != nil { ... }        if err != nil { ... }
//
//	if x, err = f(ctx); err != nil { ... }     if err := f(ctx); err != nil { ... }
//	f(ctx)                                     var x, err = f(ctx)
type Member struct {
	Stmts []ast.Stmt // what it takes up: the call's statement and, where it stands apart, the check
	Call  *ast.CallExpr
	Fn    *types.Func // what is called; nil for a function value

	Tok     token.Token // := or =; token.ILLEGAL where the call's results are dropped
	Results []Result    // one for each result that is assigned
	Err     int         // index in Results of the error that Check looks at; -1 without
	Check   *ast.IfStmt // `if err != nil { ... }`, also where the call stands in its head; nil without
	InHead  bool        // the call stands in the head of Check
	Handler Handler     // what Check's body does
}

// A Result is one variable that a member's call is assigned to.
type Result struct {
	Lhs  ast.Expr
	Var  *types.Var // where Lhs is a plain name; nil for the blank one, a field, an element
	New  bool       // this statement declares Var
	Type types.Type // of the variable, which may be wider than what the call gives (hazard F6)
}

// Blank tells whether the result is assigned to "_".
func (r Result) Blank() bool {
	id, ok := r.Lhs.(*ast.Ident)
	return ok && id.Name == "_"
}

// A Handler is what is done with a member's error.
type Handler struct {
	Exit    Exit
	Returns *ast.ReturnStmt // where the whole body is one return
	Calls   bool            // something is called, besides what makes an error
}

// An Exit is how a handler ends.
type Exit uint8

// The exits. ExitUnknown is the zero value: nobody can say on.
const (
	ExitUnknown Exit = iota
	ExitOn           // it goes on behind the check, on some path or on all
	ExitBranch       // break, continue or goto, on some path; it never goes on
	ExitReturn       // it returns, on all paths
)

// memberAt reads the member that starts at list[i], and gives how many
// statements it takes; nil where the statement is none.
func memberAt(pass *rule.Pass, list []ast.Stmt, i int) (*Member, int) {
	info := pass.Info
	if s, ok := list[i].(*ast.IfStmt); ok {
		return headMember(info, s)
	}
	m := &Member{Err: -1, Stmts: list[i : i+1]}
	if !m.readCall(info, list[i]) {
		return nil, 0
	}
	if i+1 < len(list) {
		if check, ok := list[i+1].(*ast.IfStmt); ok && check.Init == nil && check.Else == nil && m.checkedBy(info, check) {
			m.Stmts = list[i : i+2]
			return m, 2
		}
	}
	return m, 1
}

// headMember reads `if x, err := f(); err != nil { ... }`.
func headMember(info *types.Info, s *ast.IfStmt) (*Member, int) {
	m := &Member{Err: -1, Stmts: []ast.Stmt{s}, InHead: true}
	if s.Init == nil || s.Else != nil || !m.readCall(info, s.Init) || !m.checkedBy(info, s) {
		return nil, 0
	}
	return m, 1
}

// readCall reads the statement that makes the call.
func (m *Member) readCall(info *types.Info, s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return m.calls(info, s.X)
	case *ast.AssignStmt:
		if len(s.Rhs) != 1 || s.Tok != token.ASSIGN && s.Tok != token.DEFINE || !m.calls(info, s.Rhs[0]) {
			return false
		}
		m.Tok = s.Tok
		for _, lhs := range s.Lhs {
			m.Results = append(m.Results, resultOf(info, lhs))
		}
		return true
	case *ast.DeclStmt:
		gen := s.Decl.(*ast.GenDecl)
		if gen.Tok != token.VAR || len(gen.Specs) != 1 {
			return false
		}
		spec := gen.Specs[0].(*ast.ValueSpec)
		if len(spec.Values) != 1 || !m.calls(info, spec.Values[0]) {
			return false
		}
		m.Tok = token.DEFINE
		for _, name := range spec.Names {
			m.Results = append(m.Results, resultOf(info, name))
		}
		return true
	}
	return false
}

// calls notes the call; a conversion or a builtin is none.
func (m *Member) calls(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || info.Types[call.Fun].IsType() || info.Types[call.Fun].IsBuiltin() {
		return false
	}
	m.Call, m.Fn = call, callee(info, call)
	return true
}

func resultOf(info *types.Info, lhs ast.Expr) Result {
	r := Result{Lhs: lhs, Type: info.TypeOf(lhs)}
	if id, ok := ast.Unparen(lhs).(*ast.Ident); ok && id.Name != "_" {
		r.Var, _ = info.ObjectOf(id).(*types.Var)
		r.New = info.Defs[id] != nil
	}
	return r
}

// checkedBy reads `if err != nil { ... }` where err is the last result that the
// call is assigned to, and is error itself (hazard B10).
func (m *Member) checkedBy(info *types.Info, s *ast.IfStmt) bool {
	n := len(m.Results)
	if n == 0 {
		return false
	}
	err := m.Results[n-1]
	if err.Var == nil || !isErrorType(err.Type) || !asksNotNil(info, s.Cond, err.Var) {
		return false
	}
	m.Check, m.Err = s, n-1
	m.Handler = readHandler(info, s.Body)
	return true
}

// asksNotNil tells whether a condition is `v != nil` and no more.
func asksNotNil(info *types.Info, cond ast.Expr, v *types.Var) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ || !info.Types[b.Y].IsNil() {
		return false
	}
	id, ok := ast.Unparen(b.X).(*ast.Ident)
	return ok && info.Uses[id] == types.Object(v)
}

// ErrVar is the variable that the check looks at, nil without one.
func (m *Member) ErrVar() *types.Var {
	if m.Err < 0 {
		return nil
	}
	return m.Results[m.Err].Var
}

// Name is how a message names the call: "s.users.Get", "fetch".
func (m *Member) Name() string { return callName(m.Call) }

// callName writes what is called, shortened where it is itself long.
func callName(call *ast.CallExpr) string {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		if inner, ok := ast.Unparen(f.X).(*ast.CallExpr); ok { // `db.QueryRow(...).Scan`
			return callName(inner) + "(...)." + f.Sel.Name
		}
		return types.ExprString(f)
	case *ast.FuncLit:
		return "a function literal"
	default:
		return types.ExprString(f)
	}
}

// readHandler reads the body of a check.
func readHandler(info *types.Info, body *ast.BlockStmt) Handler {
	h := Handler{Exit: exitOf(body.List)}
	if len(body.List) == 1 {
		h.Returns, _ = body.List[0].(*ast.ReturnStmt)
	}
	inspectOwn(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && !info.Types[call.Fun].IsType() {
			fn := callee(info, call)
			h.Calls = h.Calls || fn == nil || !makesError(fn)
		}
		return true
	})
	return h
}

// makesError tells whether a function only builds an error out of another.
func makesError(fn *types.Func) bool {
	if fn.Pkg() == nil {
		return fn.Name() == "Error"
	}
	switch fn.Pkg().Path() {
	case "fmt":
		return fn.Name() == "Errorf" || fn.Name() == "Sprintf" || fn.Name() == "Sprint"
	case "errors", "github.com/pkg/errors":
		return true
	}
	return false
}

// exitOf tells how a list of statements ends.
func exitOf(list []ast.Stmt) Exit {
	if len(list) == 0 {
		return ExitOn
	}
	branch := false
	for _, s := range list[:len(list)-1] { // a return before the end is one as well; a branch is not
		inspectOwn(s, func(n ast.Node) bool {
			b, ok := n.(*ast.BranchStmt)
			branch = branch || ok && b.Tok != token.FALLTHROUGH
			return true
		})
	}
	exit := lastExit(list[len(list)-1])
	if exit == ExitReturn && branch {
		return ExitBranch
	}
	return exit
}

func lastExit(s ast.Stmt) Exit {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return ExitReturn
	case *ast.BranchStmt:
		return ExitBranch
	case *ast.BlockStmt:
		return exitOf(s.List)
	case *ast.IfStmt:
		if s.Else == nil {
			return ExitOn
		}
		a, b := exitOf(s.Body.List), lastExit(s.Else)
		return min(a, b)
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
				return ExitReturn // it leaves the function, with nothing behind it
			}
		}
	}
	return ExitOn
}
