package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// readerLearns: whoever receives until the channel is closed takes the end for
// success, and whoever reads from a pipe takes io.EOF for it.
func readerLearns(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	at := l.Stmt.Pos()
	if l.Feed != nil {
		return rule.Refuse(at, fmt.Sprintf("whoever receives from %s takes what has come for all there is: the error has to reach them, as a result of the function that starts the goroutine, or through the channel", types.ExprString(l.Feed)))
	}
	if l.Fix == FixReturn {
		return rule.Holds(at, "no reader is left to think that all is well")
	}
	if l.Pipe = l.pipe(pass); l.Pipe != "" {
		l.Fix = FixPipe
		return rule.Assumed(at, "the reader is taken to want the error: it used to take what had come for all there is")
	}
	if w := l.written(pass.Info); w != "" && l.closes(pass.Info, w) {
		return rule.Refuse(at, fmt.Sprintf("whoever reads from the pipe takes what has come for all there is: %s.CloseWithError would tell them, but more than this call stands before its Close", w))
	}
	return rule.Holds(at, "no reader is left to think that all is well")
}

// pipe is the writer of an io.Pipe that the call writes to, where it is the last
// thing that does and the goroutine closes it then; else "".
//
//	defer w.Close()
//	f(w)
//
//	f(w)
//	w.Close()
func (l *LostGoErr) pipe(pass *rule.Pass) string {
	if l.Lit == nil || l.Drop == DropStarted || l.Drop == DropSwallowed {
		return ""
	}
	w := l.written(pass.Info)
	if w == "" {
		return ""
	}
	list := l.Lit.Body.List
	for i, s := range list {
		if s != l.Stmt {
			continue
		}
		if i+1 < len(list) {
			if closesPipe(pass.Info, list[i+1]) == w {
				return w
			}
			return ""
		}
		for _, before := range list[:i] {
			if d, ok := before.(*ast.DeferStmt); ok && closesPipe(pass.Info, d) == w {
				return w
			}
		}
	}
	return ""
}

// plainWrites fail only when the reader has gone, who then needs no word.
var plainWrites = []string{"Write", "WriteString", "WriteByte", "WriteRune", "Fprint", "Fprintf", "Fprintln", "Close", "CloseWithError"}

// written is the pipe's writer among the operands of the call.
func (l *LostGoErr) written(info *types.Info) (w string) {
	if slices.Contains(plainWrites, calledName(info, l.Call)) {
		return ""
	}
	ast.Inspect(l.Call, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if v, isVar := info.ObjectOf(id).(*types.Var); ok && isVar && !v.IsField() && isNamed(v.Type(), "io", "PipeWriter") {
			w = id.Name
		}
		return w == ""
	})
	return w
}

// closes tells whether the goroutine closes the writer of a pipe.
func (l *LostGoErr) closes(info *types.Info, w string) bool {
	found := false
	if l.Lit != nil {
		inspectOwn(l.Lit.Body, func(n ast.Node) bool {
			s, ok := n.(ast.Stmt)
			found = found || ok && closesPipe(info, s) == w
			return !found
		})
	}
	return found
}

// closesPipe is w where a statement is `w.Close()`, `_ = w.Close()` or
// `defer w.Close()` on the writer of a pipe.
func closesPipe(info *types.Info, s ast.Stmt) string {
	var n ast.Node = s
	if a, ok := s.(*ast.AssignStmt); ok {
		if call := blankCall(a); call != nil {
			n = call
		}
	}
	_, recv, name, ok := methodCall(n)
	if id, plain := recv.(*ast.Ident); ok && plain && name == "Close" && isNamed(info.TypeOf(recv), "io", "PipeWriter") {
		return id.Name
	}
	return ""
}

// groupIsHere: into a group that comes from elsewhere an error may go only when
// it is known who waits for it, and what else that would end.
func groupIsHere(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	at := l.Stmt.Pos()
	if l.Fix == FixReturn {
		switch other := l.Group.handed(); {
		case l.Group.Made == nil:
			return rule.Refuse(at, fmt.Sprintf("%s comes from elsewhere: who waits for it can't be seen here", l.Group.Text))
		case other != nil:
			return rule.Refuse(other.At.Pos(), fmt.Sprintf("%s is handed on at line %d: who waits for it can't be seen", l.Group.Text, pass.Line(other.At.Pos())))
		}
		return rule.Holds(at, "the group is made here and stays here")
	}
	if l.Fix == FixNone && l.How == GoStmt && l.Drop == DropStarted {
		if g := l.receiversGroup(pass); g != "" {
			return rule.Refuse(at, fmt.Sprintf("%s, in which others are started, would carry the error: whether this goroutine belongs in it, and ends when it should, only the author knows", g))
		}
	}
	return rule.Holds(at, "no group is concerned")
}

// receiversGroup is the errgroup that the receiver holds and that other goroutines
// run in: "s.eg"; "" for none.
func (l *LostGoErr) receiversGroup(pass *rule.Pass) string {
	recv, named := receiverAndType(pass.Info, l.Decl)
	if named == nil {
		return ""
	}
	s, ok := named.Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	for f := range s.Fields() {
		if isNamed(f.Type(), errgroupPath, "Group") && startsIn(pass, f) {
			return recv.Name() + "." + f.Name()
		}
	}
	return ""
}

// startsIn tells whether anything is started in the group of a field.
func startsIn(pass *rule.Pass, field *types.Var) bool {
	for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
		_, recv, name, ok := methodCall(c.Node())
		if !ok || name != "Go" {
			continue
		}
		if sel, ok := ast.Unparen(recv).(*ast.SelectorExpr); ok && pass.Info.Uses[sel.Sel] == field {
			return true
		}
	}
	return false
}

// receiverAndType is the receiver of a method, and its type; nil for a function.
func receiverAndType(info *types.Info, decl ast.Decl) (*types.Var, *types.Named) {
	d, ok := decl.(*ast.FuncDecl)
	if !ok || d.Recv == nil || len(d.Recv.List[0].Names) == 0 {
		return nil, nil
	}
	v, ok := info.Defs[d.Recv.List[0].Names[0]].(*types.Var)
	if !ok {
		return nil, nil
	}
	t := types.Unalias(v.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, _ := t.(*types.Named)
	return v, named
}

// othersGoOn: an error that is returned ends what it is returned to. A group that
// was to keep going, and a function that returned nil, would no longer do so.
func othersGoOn(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	at := l.Stmt.Pos()
	if l.Fix == FixReturn {
		if l.Drop == DropBlank {
			return rule.Refuse(at, fmt.Sprintf("the error is dropped by name: return it where %s should fail with it, else say here why it doesn't matter", l.Group.Text))
		}
		return rule.Assumed(at, "a failure is taken to be one of the group's: nothing says that the group should go on without it")
	}
	if l.Fix == FixNone {
		if wait := l.collected(pass); wait.IsValid() {
			return rule.Refuse(at, fmt.Sprintf("the function waits for the goroutine at line %d and returns an error itself: it could return this one, with those of the others (one slot each, errors.Join behind the Wait)", pass.Line(wait)))
		}
	}
	return rule.Holds(at, "nothing ends for the error's sake")
}

// waitIsLookedAt tells whether each Wait of the group gives its error to somebody.
func (l *LostGoErr) waitIsLookedAt() bool {
	waits := l.Group.ops(GroupWaits)
	for _, op := range waits {
		switch p := op.Cur.Parent().Node().(type) {
		case *ast.ExprStmt, *ast.DeferStmt, *ast.GoStmt:
			return false
		case *ast.AssignStmt:
			if blankCall(p) != nil {
				return false
			}
		}
	}
	return len(waits) > 0
}

// collected is where the function waits for the goroutine by a WaitGroup, if it
// returns an error itself.
func (l *LostGoErr) collected(pass *rule.Pass) token.Pos {
	res := l.Type.Results
	if l.Lit == nil || res == nil || !isErrorType(pass.Info.TypeOf(res.List[len(res.List)-1].Type)) {
		return token.NoPos
	}
	for _, g := range groupsIn(pass, l.Decl) {
		if g.Kind != WaitGroup || !l.counts(g) {
			continue
		}
		for _, op := range g.ops(GroupWaits) {
			if op.Func == l.Func && (op.Defer != nil || op.Call.Pos() > l.Launch.End()) {
				return op.Call.Pos()
			}
		}
	}
	return token.NoPos
}

// counts tells whether the goroutine is one that the WaitGroup waits for.
func (l *LostGoErr) counts(g *Group) bool {
	if l.uses(g) {
		return true
	}
	for _, op := range g.ops(GroupDone) {
		if within(op.Call, l.Lit) {
			return true
		}
	}
	return false
}

// endIsNoFailure: what runs until it is stopped says so when it is: with
// http.ErrServerClosed, or with its context's error. That is no failure.
func endIsNoFailure(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	at := l.Call.Pos()
	if l.Fn == nil {
		return rule.Holds(at, "nothing is known to give an error only because it was stopped")
	}
	sum := pass.Effects.Of(l.Fn)
	daemon := sum.Ends == effects.No || daemonName.MatchString(l.Fn.Name())
	if daemon && l.Fix == FixReturn {
		return rule.Refuse(at, fmt.Sprintf("%s may run until it is stopped, and what it returns then would be the group's error", effects.Name(l.Fn, pass.Pkg)))
	}
	switch {
	case !daemon:
		return rule.Holds(at, "it isn't known to run until it is stopped")
	case servesHTTP(pass, l.Fn):
		l.Unless = &Sentinel{"net/http", "http", "ErrServerClosed"}
		return rule.Holds(at, "http.ErrServerClosed is left out: a server that was shut down gives it")
	case takesContext(pass.Info, l.Call):
		l.Unless = &Sentinel{"context", "context", "Canceled"}
		return rule.Assumed(at, "what it returns when its context is cancelled is taken to be context.Canceled, which is left out")
	}
	if sum.Ends == effects.No && pass.Effects.Decl(l.Fn) == nil && l.Fn.Pkg().Path() != "net/http" { // http.ListenAndServe can't be stopped
		return rule.Refuse(at, fmt.Sprintf("%s runs until it is stopped (%s), and what it returns then may be no failure", effects.Name(l.Fn, pass.Pkg), sum.EndsWhy))
	}
	return rule.Assumed(at, fmt.Sprintf("what %s returns when it is stopped is taken to be nil, or worth a line", effects.Name(l.Fn, pass.Pkg)))
}

// servesHTTP tells whether a function is a method of http.Server that serves, or a
// function of this module that calls one and leaves http.ErrServerClosed to others.
func servesHTTP(pass *rule.Pass, fn *types.Func) bool {
	if fn.Pkg() != nil && fn.Pkg().Path() == "net/http" {
		return fn.Signature().Recv() != nil
	}
	decl := pass.Effects.Decl(fn)
	if decl == nil { // it may know the error itself; to leave it out twice does no harm
		return strings.HasPrefix(pass.Effects.Of(fn).EndsWhy, "(*http.Server).")
	}
	serves, knows := false, false
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if obj := pass.Info.Uses[id]; ok && obj != nil && obj.Pkg() != nil && obj.Pkg().Path() == "net/http" {
			called, _ := obj.(*types.Func)
			serves = serves || called != nil && called.Signature().Recv() != nil && pass.Effects.Of(called).Ends == effects.No
			knows = knows || obj.Name() == "ErrServerClosed"
		}
		return true
	})
	return serves && !knows
}

// takesContext tells whether a call is given a context that may be cancelled.
func takesContext(info *types.Info, call *ast.CallExpr) bool {
	for _, a := range call.Args {
		if t := info.TypeOf(a); t != nil && effects.IsContext(t) {
			_, made := ast.Unparen(a).(*ast.CallExpr) // context.Background()
			return !made
		}
	}
	return false
}

// somebodyHears: an error that is given to somebody must find somebody.
func somebodyHears(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	at := l.Stmt.Pos()
	switch {
	case l.Fix == FixReturn:
		return rule.Assumed(at, fmt.Sprintf("whoever looks at %s.Wait is taken to want to know", l.Group.Text))
	case l.Fix == FixPipe:
		return rule.Assumed(at, "whoever reads from the pipe is taken to want to know")
	case l.Drop == DropStarted && l.Lit != nil:
		return rule.Refuse(at, "a go statement throws the results of its function away: the literal has to deal with its errors itself")
	case servesLogger(pass.Info, l.Decl):
		return rule.Refuse(at, "the function is part of a logger: what it logs could come back to it, and fail again")
	case calledName(pass.Info, l.Call) == "":
		return rule.Refuse(at, fmt.Sprintf("%s has no name to log its failure by", types.ExprString(l.Call.Fun)))
	}
	l.Fix = FixLog
	if l.Log = findLogger(pass, l); l.Log == nil {
		l.Log = (&logWriter{pass: pass, l: l}).write(&logSource{lib: logStd, recv: "log", imports: []*LogImport{{"log", "log"}}})
		return rule.Refuse(at, "no logger is in use here, and nobody waits for the goroutine: log the error, send it to somebody, or say in a comment why it doesn't matter")
	}
	if l.Drop == DropBlank && l.round(pass) {
		return rule.Refuse(at, "it is dropped by name in each round of a loop: whether a line for each failure is worth it, its author knows")
	}
	return rule.Assumed(at, fmt.Sprintf("a failure is taken to be worth a line in the log; %s", l.Log.Why))
}
