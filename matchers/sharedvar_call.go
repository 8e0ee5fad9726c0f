package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/effects"
)

// call records what one call touches itself: its operands, the literals that it
// runs here, and what its receiver becomes.
func (w *walker) call(call *ast.CallExpr) {
	if w.info.Types[call.Fun].IsType() {
		w.args(call, 0)
		return
	}
	switch fn := typeutil.Callee(w.info, call).(type) {
	case *types.Builtin:
		w.builtin(call, fn.Name())
		return
	case *types.Func:
		w.declared(call, fn)
		return
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.FuncLit:
		w.args(call, 0)
		w.body(f)
	case *ast.Ident:
		w.args(call, 0)
		switch lit := w.lits[w.info.ObjectOf(f)]; {
		case lit != nil && w.skip == nil:
			w.body(lit)
			return
		case lit != nil: // it stands elsewhere than it runs
			w.behindVeil(lit)
		default:
			w.expr(f)
		}
		w.events = append(w.events, event{call.Rparen, eventCall, nil})
	default:
		w.expr(call.Fun)
		w.args(call, 0)
	}
}

func (w *walker) args(call *ast.CallExpr, from int) {
	for _, a := range call.Args[min(from, len(call.Args)):] {
		w.expr(a)
	}
}

func (w *walker) builtin(call *ast.CallExpr, name string) {
	switch name {
	case "make", "new":
		w.args(call, 1)
	case "delete", "clear", "len":
		what := actMapSet
		if name == "len" {
			what = actRead
		}
		if !w.inMap(call.Args[0], what, call) {
			w.expr(call.Args[0])
		}
		w.args(call, 1)
	case "close":
		w.args(call, 0)
		w.channel(event{call.Pos(), eventClose, call.Args[0]})
	default:
		w.args(call, 0)
	}
}

// declared records a call of a declared function or a method.
func (w *walker) declared(call *ast.CallExpr, fn *types.Func) {
	if saysSomething(call) {
		w.tells = max(w.tells, call.Pos())
	}
	see := w.runsPlainly(fn)
	for _, a := range call.Args {
		lit, ok := ast.Unparen(a).(*ast.FuncLit)
		switch {
		case ok && effects.Starts(fn):
			was := w.stance
			w.locks = nil
			w.body(lit)
			w.stance = was
		case ok && see:
			w.body(lit)
		default:
			w.expr(a)
		}
	}
	sel, isSel := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !isSel {
		w.expr(call.Fun)
	}
	w.writesInto(call, fn)
	w.through(call, fn)
	w.handsChannel(call)
	if !w.underLock(call, fn) && isSel {
		w.receiver(call, sel, fn)
	}
}

// handsChannel: a function that is handed a channel may wait at it.
func (w *walker) handsChannel(call *ast.CallExpr) {
	for _, a := range call.Args {
		t := w.info.TypeOf(a)
		if t == nil {
			continue
		}
		if _, isChan := t.Underlying().(*types.Chan); isChan && !effects.IsSignal(w.info, a) {
			w.events = append(w.events, event{call.Rparen, eventReceive, a})
			w.asked, w.met = true, true
		}
	}
}

// receiver records what a method does to what it is called on.
func (w *walker) receiver(call *ast.CallExpr, sel *ast.SelectorExpr, fn *types.Func) {
	s := w.info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal {
		return // of a package
	}
	_, wantsPtr := fn.Signature().Recv().Type().(*types.Pointer)
	_, isPtr := w.info.TypeOf(sel.X).Underlying().(*types.Pointer)
	what := actRead
	switch {
	case !wantsPtr:
	case changesReceiver(fn):
		what = actMethod
	case !isPtr:
		what = actAddress
	}
	if what == actMethod && isPtr {
		if v, path, ok := locate(w.info, sel.X); ok {
			w.note(v, path, actRead, sel.X)
			w.note(v, path+"*", actMethod, call)
			return
		}
	}
	if !w.touch(sel.X, what, call) {
		w.expr(sel.X)
	}
}

// changesReceiver tells whether a method with a pointer receiver is known to
// change what it is called on, with nothing that makes that safe: a list type has
// such a method only to grow, and the standard library's buffers say so.
func changesReceiver(fn *types.Func) bool {
	if fn.Signature().Recv() == nil {
		return false
	}
	ptr, ok := fn.Signature().Recv().Type().(*types.Pointer)
	if !ok {
		return false
	}
	t := ptr.Elem()
	if _, isSlice := t.Underlying().(*types.Slice); isSlice {
		return fn.Signature().Params().Len() > 0 && fn.Signature().Results().Len() == 0 // Add(err); Err() only looks
	}
	if !isBuffer(t) {
		return false
	}
	switch fn.Name() {
	case "Write", "WriteByte", "WriteRune", "WriteString", "ReadFrom", "Reset", "Truncate", "Grow":
		return true
	}
	return false
}

// writesInto: fmt.Fprintf(&buf, ...) writes to a buffer.
func (w *walker) writesInto(call *ast.CallExpr, fn *types.Func) {
	if !printsInto(fn) || len(call.Args) == 0 {
		return
	}
	x := ast.Unparen(call.Args[0])
	t := w.info.TypeOf(x)
	if t == nil || !isBuffer(t) {
		return
	}
	if u, ok := x.(*ast.UnaryExpr); ok && u.Op == token.AND {
		w.touch(u.X, actMethod, call)
	} else if v, path, ok := locate(w.info, x); ok {
		w.note(v, path+"*", actMethod, call)
	}
}

// printsInto tells whether fn is fmt.Fprint or one of its kind.
func printsInto(fn *types.Func) bool {
	return fn.Pkg() != nil && fn.Pkg().Path() == "fmt" && strings.HasPrefix(fn.Name(), "Fprint")
}

// runsPlainly tells whether a function is known to call its function arguments
// on the caller's goroutine with no lock held.
func (w *walker) runsPlainly(fn *types.Func) bool {
	if fn.Pkg() == nil {
		return false
	}
	switch path := fn.Pkg().Path(); path {
	case "sort", "slices", "maps", "strings", "bytes":
		return true
	default:
		return walkers[path+"."+effects.Symbol(fn)]
	}
}

// tellWord is how methods are called by which others can learn that something
// has happened: the reader of a pipe that is closed, for one.
var tellWord = regexp.MustCompile(`^(Close|Cancel|Signal|Broadcast|Store|Set|Swap|Notify|Stop|Shutdown|Fail|Abort|Exit|Flush)`)

func saysSomething(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && tellWord.MatchString(sel.Sel.Name)
}
