package matchers

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
)

// note records one access.
func (w *walker) note(v *types.Var, path string, what act, at ast.Node) {
	if v.Name() == "_" || v.IsField() {
		return
	}
	w.acts = append(w.acts, &access{v: v, path: path, act: what, at: at, stmt: w.stmt, stance: w.stance})
}

// touch records an access of a path, and the reads of the pointers and maps that
// lead there; false where x is no path.
func (w *walker) touch(x ast.Expr, what act, at ast.Node) bool {
	v, path, ok := locate(w.info, x)
	if !ok {
		return false
	}
	for i := range path {
		if path[i] == '*' || path[i] == '[' {
			w.note(v, path[:i], actRead, x)
		}
	}
	w.note(v, path, what, at)
	return true
}

// write records an assignment to x.
func (w *walker) write(x ast.Expr, what act, at ast.Node) {
	if ix, ok := ast.Unparen(x).(*ast.IndexExpr); ok {
		w.expr(ix.Index)
	}
	if w.touch(x, what, at) {
		return
	}
	switch x := ast.Unparen(x).(type) {
	case *ast.IndexExpr: // an element of a list: which one can't be told
		w.expr(x.X)
	case *ast.SelectorExpr:
		w.expr(x.X)
	case *ast.StarExpr:
		w.expr(x.X)
	}
}

// inMap records that what the map x holds is read or written at a node; false
// where x is no map, or not reached by a path.
func (w *walker) inMap(x ast.Expr, what act, at ast.Node) bool {
	if !isMap(w.info, x) {
		return false
	}
	v, path, ok := locate(w.info, x)
	if ok {
		w.note(v, path, actRead, at)
		w.note(v, path+"[]", what, at)
	}
	return ok
}

// expr records what evaluating x touches.
func (w *walker) expr(x ast.Expr) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if lit := w.lits[w.info.ObjectOf(x)]; lit != nil {
			w.behindVeil(lit)
		} else if !w.inMap(x, actHand, x) {
			w.touch(x, actRead, x)
		}
	case *ast.SelectorExpr:
		if !w.inMap(x, actHand, x) && !w.touch(x, actRead, x) {
			w.expr(x.X)
		}
	case *ast.IndexExpr:
		w.expr(x.Index)
		if !w.touch(x, actRead, x) {
			w.expr(x.X)
		}
	case *ast.StarExpr:
		if !w.touch(x, actRead, x) {
			w.expr(x.X)
		}
	case *ast.UnaryExpr:
		w.unary(x)
	case *ast.CallExpr:
		w.call(x)
	case *ast.FuncLit:
		w.behindVeil(x)
	case *ast.CompositeLit:
		w.composite(x)
	case *ast.BinaryExpr:
		w.expr(x.X)
		w.expr(x.Y)
	case *ast.SliceExpr:
		for _, y := range []ast.Expr{x.X, x.Low, x.High, x.Max} {
			if y != nil {
				w.expr(y)
			}
		}
	case *ast.TypeAssertExpr:
		w.expr(x.X)
	}
}

func (w *walker) unary(x *ast.UnaryExpr) {
	switch x.Op {
	case token.AND:
		if !w.touch(x.X, actAddress, x) {
			w.expr(x.X)
		}
	case token.ARROW:
		w.expr(x.X)
		w.channel(event{x.Pos(), eventTake, x.X})
	default:
		w.expr(x.X)
	}
}

func (w *walker) composite(x *ast.CompositeLit) {
	t := w.info.TypeOf(x)
	_, isStruct := t.Underlying().(*types.Struct)
	for _, e := range x.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if !isStruct {
				w.expr(kv.Key)
			}
			e = kv.Value
		}
		w.expr(e)
	}
}

// behindVeil reads a literal that somebody else calls: under a lock, once, later,
// or never.
func (w *walker) behindVeil(lit *ast.FuncLit) {
	was := w.stance
	w.veiled = true
	w.body(lit)
	w.stance = was
}

// channel records an operation on a channel. A context's end or a timer is no
// word from another goroutine; a channel with room for one that is filled and
// emptied here is a lock.
func (w *walker) channel(e event) {
	if (e.kind == eventReceive || e.kind == eventTake) && effects.IsSignal(w.info, e.ch) {
		return
	}
	if w.semaphore(e) {
		return
	}
	w.events = append(w.events, e)
	w.met = true
	if e.kind == eventReceive {
		w.waited = true
	}
}

// semaphore tells whether an operation is on a semaphore, a channel with room that
// the walked code fills and empties itself. With room for one it is a lock, and so
// it may be where its room isn't known; but a loop that takes a slot for each
// goroutine is not meant to run one at a time.
func (w *walker) semaphore(e event) bool {
	if e.kind != eventSend && e.kind != eventReceive || !w.fillsAndEmpties(e.ch) {
		return false
	}
	text, room := types.ExprString(e.ch), w.roomOf(e.ch)
	held := slices.ContainsFunc(w.locks, func(l heldLock) bool { return l.text == text })
	switch {
	case room == 0:
		return false // a hand-shake
	case w.skip != nil && room == 1:
		w.events = append(w.events, event{e.pos, eventWait, nil})
	case w.skip != nil:
		w.events = append(w.events, event{e.pos, eventSlot, nil})
	case room > 1:
	case e.kind == eventSend:
		w.lock(text, nil, false)
	case held && room == 1:
		w.unlock(text)
	default:
		w.unlock(text)
		w.waited, w.met = true, true
	}
	return true
}

func (w *walker) fillsAndEmpties(ch ast.Expr) bool {
	text := types.ExprString(ch)
	sends, receives := false, false
	ast.Inspect(w.root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SendStmt:
			sends = sends || types.ExprString(n.Chan) == text
		case *ast.UnaryExpr:
			receives = receives || n.Op == token.ARROW && types.ExprString(n.X) == text
		}
		return true
	})
	return sends && receives
}

// roomOf is the room of a channel that a local variable holds; -1 where it isn't
// known, many where it is a number that only the run knows.
func (w *walker) roomOf(ch ast.Expr) int {
	v, path, ok := locate(w.info, ch)
	if !ok || path != "" || v.Parent() == nil || v.Parent() == w.pass.Pkg.Scope() {
		return -1
	}
	decl := w.around(v)
	if decl == nil {
		return -1
	}
	call, ok := onlyValue(w.info, decl, v).(*ast.CallExpr)
	if !ok || !isBuiltin(w.info, call, "make") {
		return -1
	}
	n := 0
	if len(call.Args) == 2 && !constInt(w.info, call.Args[1], &n) {
		return many
	}
	return n
}

// around is the declaration that a local variable stands in.
func (w *walker) around(v *types.Var) ast.Decl {
	for _, f := range w.pass.Files {
		if f.FileStart <= v.Pos() && v.Pos() < f.FileEnd {
			for _, d := range f.Decls {
				if d.Pos() <= v.Pos() && v.Pos() < d.End() {
					return d
				}
			}
		}
	}
	return nil
}

// lock and unlock keep the list of held locks; older accesses share the old list.
func (w *walker) lock(text string, x ast.Expr, read bool) {
	w.locks = append(w.locks[:len(w.locks):len(w.locks)], heldLock{text, read, x})
}

func (w *walker) unlock(text string) {
	var rest []heldLock
	for _, l := range w.locks {
		if l.text != text {
			rest = append(rest, l)
		}
	}
	w.locks = rest
}

// lockWord is how helpers that take a lock are called, unlockWord those that give
// one back: what they lock can't be told, so everything between counts as locked.
var (
	lockWord   = regexp.MustCompile(`^_*(r?lock|try_?lock|acquire|withlock)([A-Z_]|$)|^(R?Lock|TryR?Lock|Acquire|WithLock)([A-Z_]|$)|(Lock|Locked)$`)
	unlockWord = regexp.MustCompile(`(?i)^_*(r?unlock|release|leave|done|exit)|unlock$`)
	waitWord   = regexp.MustCompile(`(?i)(wait|join|stop|shutdown|close|drain|finish|flush|sync$)`)
)

// underLock follows calls that take a lock, give it back, or wait.
func (w *walker) underLock(call *ast.CallExpr, fn *types.Func) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	name := fn.Name()
	plain := ok && len(call.Args) == 0 && fn.Signature().Recv() != nil
	switch {
	case plain && (name == "Lock" || name == "RLock"):
		w.lock(types.ExprString(sel.X), sel.X, name == "RLock")
	case plain && (name == "Unlock" || name == "RUnlock"):
		w.unlock(types.ExprString(sel.X))
	case fn.FullName() == "(*golang.org/x/sync/semaphore.Weighted).Acquire":
		switch one := w.weightOne(sel.X); {
		case one && w.skip != nil:
			w.events = append(w.events, event{call.Rparen, eventWait, nil})
		case one:
			w.lock(types.ExprString(sel.X), nil, false)
		case w.skip != nil:
			w.events = append(w.events, event{call.Rparen, eventSlot, nil})
		}
	case fn.FullName() == "(*golang.org/x/sync/semaphore.Weighted).Release":
		w.unlock(types.ExprString(sel.X))
	case strings.HasPrefix(name, "Wait") || strings.HasPrefix(name, "wait") || strings.HasSuffix(name, "Wait"):
		w.events = append(w.events, event{call.Rparen, eventWait, nil})
		w.waited, w.met = true, true
	case unlockWord.MatchString(name) && w.veiled && fn.FullName() != "(*sync.WaitGroup).Done":
		w.veiled = false
	case lockWord.MatchString(name):
		w.veiled = true
	case waitWord.MatchString(name):
		w.events = append(w.events, event{call.Rparen, eventCall, nil})
	default:
		return false
	}
	return true
}

// weightOne tells whether a semaphore lets one through at a time.
func (w *walker) weightOne(x ast.Expr) bool {
	v, path, ok := locate(w.info, x)
	if !ok || path != "" || w.around(v) == nil {
		return true
	}
	call, ok := onlyValue(w.info, w.around(v), v).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return true
	}
	n := 0
	return constInt(w.info, call.Args[0], &n) && n == 1
}
