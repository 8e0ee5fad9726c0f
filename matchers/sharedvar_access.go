package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// An access is one place that touches a variable, or what it leads to.
type access struct {
	v    *types.Var
	path string // from v to what is touched: ".f" a field in place, "*" behind a pointer, "[]" in a map
	act  act
	at   ast.Node
	stmt ast.Stmt // the statement of a list that it stands in
	says string   // for actCallee: what happens
	deep int      // for actCallee: in how many functions, one inside the other
	stance
}

// An act is what is done there.
type act uint8

// The acts; from actAssign on they write.
const (
	actRead    act = iota
	actAddress     // its address is taken: nobody knows
	actHand        // a map is handed on: whoever gets it may look into it
	actAssign      // a value of its own: err = f()
	actKeep        // a constant, or an error that has happened: failed = true
	actAppend      // out = append(out, x)
	actCount       // n++, n += x
	actMapSet      // m[k] = v, delete(m, k)
	actMethod      // a method that changes what it is called on: buf.WriteString(s)
	actHead        // the loop's head goes on to the next
	actCallee      // a function of this package writes it
)

func (a *access) writes() bool { return a.act >= actAssign }

// collects tells whether the write adds to what is there, so that every
// goroutine's share counts.
func (a *access) collects() bool { return a.act >= actKeep && a.act <= actMethod }

// A stance is under what an access runs.
type stance struct {
	locks  []heldLock
	veiled bool     // inside a function that something else calls, and that may lock, or call it once
	last   bool     // in a deferred function
	waited bool     // behind a wait for another goroutine
	asked  bool     // behind a call that is handed a channel, and may wait at it
	met    bool     // behind any channel operation
	lone   ast.Node // in a branch that one goroutine takes
}

// A heldLock is a lock by the words that take it.
type heldLock struct {
	text string
	read bool
	x    ast.Expr // the lock
}

// bare tells whether nothing was seen that keeps an access from the others.
func (a *access) bare() bool { return len(a.locks) == 0 && !a.veiled && !a.waited && a.lone == nil }

// meets tells whether a and b touch the same memory: one of the two is the other,
// or a field in it.
func meets(a, b *access) bool {
	if a.v != b.v {
		return false
	}
	long, short := a.path, b.path
	if len(long) < len(short) {
		long, short = short, long
	}
	rest, ok := strings.CutPrefix(long, short)
	return ok && (rest == "" || rest[0] == '.') && !strings.ContainsAny(rest, "*[")
}

// locate reads an expression as a path that starts at a variable; ok is false
// for anything else, an element of a list among it: which one can't be told.
func locate(info *types.Info, x ast.Expr) (v *types.Var, path string, ok bool) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		v, ok = info.ObjectOf(x).(*types.Var)
		return v, "", ok
	case *ast.SelectorExpr:
		return locateField(info, x)
	case *ast.StarExpr:
		if v, path, ok = locate(info, x.X); ok {
			return v, path + "*", true
		}
	case *ast.IndexExpr:
		if !isMap(info, x.X) {
			return nil, "", false
		}
		if v, path, ok = locate(info, x.X); ok {
			return v, path + "[]", true
		}
	}
	return nil, "", false
}

// locateField reads x.f, with the embedded fields and the pointers that it
// leads through.
func locateField(info *types.Info, x *ast.SelectorExpr) (v *types.Var, path string, ok bool) {
	sel := info.Selections[x]
	if sel == nil { // of another package
		v, ok = info.Uses[x.Sel].(*types.Var)
		return v, "", ok
	}
	if sel.Kind() != types.FieldVal {
		return nil, "", false
	}
	if v, path, ok = locate(info, x.X); !ok {
		return nil, "", false
	}
	t := sel.Recv()
	for _, i := range sel.Index() {
		if p, isPtr := t.Underlying().(*types.Pointer); isPtr {
			path, t = path+"*", p.Elem()
		}
		s, isStruct := t.Underlying().(*types.Struct)
		if !isStruct {
			return nil, "", false
		}
		path, t = path+"."+s.Field(i).Name(), s.Field(i).Type()
	}
	return v, path, true
}

func isMap(info *types.Info, x ast.Expr) bool {
	t := info.TypeOf(x)
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// actOf tells what an assignment of rhs to lhs does; rhs is nil where several
// values come from one call.
func actOf(info *types.Info, tok token.Token, lhs, rhs ast.Expr, failed bool) act {
	if x, ok := ast.Unparen(lhs).(*ast.IndexExpr); ok && isMap(info, x.X) {
		return actMapSet
	}
	switch {
	case tok != token.ASSIGN && tok != token.DEFINE:
		return actCount
	case rhs == nil:
		return actAssign
	case appendsTo(info, lhs, rhs):
		return actAppend
	case info.Types[rhs].Value != nil:
		return actKeep
	case failed && isErrorVar(info, lhs) && saysError(info, rhs):
		return actKeep
	}
	return actAssign
}

// appendsTo reads `xs = append(xs, ...)`.
func appendsTo(info *types.Info, lhs, rhs ast.Expr) bool {
	call, ok := ast.Unparen(rhs).(*ast.CallExpr)
	return ok && isBuiltin(info, call, "append") && len(call.Args) > 1 && types.ExprString(call.Args[0]) == types.ExprString(lhs)
}

func isBuiltin(info *types.Info, call *ast.CallExpr, names ...string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := info.Uses[id].(*types.Builtin)
	for _, name := range names {
		if ok && b.Name() == name {
			return true
		}
	}
	return false
}

func isErrorVar(info *types.Info, x ast.Expr) bool { return isErrorType(info.TypeOf(x)) }

// saysError tells whether x is an error that is at hand, perhaps wrapped: not the
// result of work that could also have succeeded.
func saysError(info *types.Info, x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return true
	case *ast.CallExpr:
		fn := callee(info, x)
		if fn == nil || fn.Pkg() == nil {
			return false
		}
		switch fn.Pkg().Path() {
		case "fmt", "errors", "github.com/pkg/errors":
			return true
		}
	}
	return false
}
