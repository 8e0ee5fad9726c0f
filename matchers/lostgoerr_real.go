package matchers

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// noTest: in tests errors of helpers are dropped by the dozen, and what a
// goroutine should do there is its own question (FailNow ends the wrong one).
func noTest(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	if pass.IsTest(l.File) || forTests.MatchString(pass.Pkg.Path()) {
		return rule.Quiet(l.Stmt.Pos(), "a test")
	}
	return rule.Holds(l.Stmt.Pos(), "no test depends on it")
}

// forTests is how packages are called that tests are made of.
var forTests = regexp.MustCompile(`(^|/)(e2e|test[^/]*|[^/]*(testing|testutils?|testsuite|testhelpers?)|mocks?|[a-z]*(server|http|grpc|db|fs|sql|log|unit|integration|[_-])tests?)(/|$)`)

// purpose is how people say that they drop an error because they want to.
var purpose = regexp.MustCompile(`(?i)\b(ignor\w*|best[- ]?effort|intentional\w*|deliberate\w*|on purpose|do(es)?n'?t (care|matter)|do(es)? not (care|matter)|not (critical|fatal|important)|non-?(fatal|critical)|never (fails?|errors?)|always nil|can'?(t|not) fail|fire[- ]and[- ]forget|harmless|nothing (we|to|else)|no need)\b` +
	`|\berr(or)?s?\b.*\b(already|logged|reported|surfaced|handled|expected|returned)\b` +
	`|\b(logs?|reports?|handles?|surfaces?)\b.*\berr(or)?s?\b`)

// nolint silences errcheck, which reports the same statements.
var nolint = regexp.MustCompile(`(nolint(:\s*([\w-]+\s*,\s*)*(errcheck|all)\b|\s|$))|#nosec|lint:ignore`)

// notOnPurpose: the author may have said why the error doesn't matter.
func notOnPurpose(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	for _, s := range []ast.Stmt{l.Stmt, l.Launch} {
		if c := remark(pass, l.File, s, l.Lit != nil && s == l.Launch); c != nil {
			return rule.Quiet(c.Pos(), "a comment says that the error is left on purpose")
		}
	}
	if d, ok := l.Decl.(*ast.FuncDecl); ok && d.Doc != nil && nolint.MatchString(comments(d.Doc)) {
		return rule.Quiet(d.Doc.Pos(), "the function's nolint covers it")
	}
	return rule.Holds(l.Stmt.Pos(), "nothing says that the error is left on purpose")
}

// notOnPurposeIn is notOnPurpose for a statement of another function.
func notOnPurposeIn(pass *rule.Pass, decl *ast.FuncDecl, s ast.Stmt) bool {
	for _, f := range pass.Files {
		if within(decl, f) {
			return remark(pass, f, s, false) == nil
		}
	}
	return false // a file that isn't looked at
}

// remark is a comment at the statement, or right above it, that says that the error
// is left on purpose. Of a long statement only the first and the last line count.
func remark(pass *rule.Pass, f *ast.File, s ast.Stmt, long bool) *ast.CommentGroup {
	first, last := pass.Line(s.Pos()), pass.Line(s.End())
	for _, group := range f.Comments {
		from, to := pass.Line(group.Pos()), pass.Line(group.End())
		near := to == first-1 || from == first || to == last || !long && from >= first && to <= last
		if text := comments(group); near && (purpose.MatchString(text) || nolint.MatchString(text)) {
			return group
		}
	}
	return nil
}

// comments is a group's text with its directives, which Text leaves out.
func comments(group *ast.CommentGroup) string {
	text := ""
	for _, c := range group.List {
		text += c.Text + "\n"
	}
	return text
}

// mayFail: only a real error is worth a word.
func mayFail(pass *rule.Pass, l *LostGoErr) rule.Verdict {
	if l.Drop == DropStarted && l.Lit != nil {
		if failures(pass, l.Lit.Body, l.Lit.Type, 0) < failsSilently {
			return rule.Quiet(l.Stmt.Pos(), "it returns nothing but nil, or tells somebody first")
		}
		return rule.Holds(l.Stmt.Pos(), "it may return an error")
	}
	if l.pipe(pass) != "" {
		return rule.Holds(l.Call.Pos(), "what goes into the pipe may fail before it is written")
	}
	if _, made := ast.Unparen(l.Call.Fun).(*ast.CallExpr); l.Fn == nil && (made || l.Drop == DropBlank) {
		return rule.Quiet(l.Call.Pos(), "a function value, dropped by name")
	}
	if why := realError(pass, l.Call); why != "" {
		return rule.Quiet(l.Call.Pos(), why)
	}
	return rule.Holds(l.Call.Pos(), "the error is a real one")
}

// cleanup is what ends something: by then nobody is left who could act on an error.
var cleanup = []string{
	"Close", "CloseAll", "CloseRead", "CloseWrite", "CloseSend", "CloseWithError", "CloseNow", "CloseIdle",
	"Shutdown", "Stop", "GracefulStop", "Cancel", "Kill", "Signal", "Release", "Unlock", "Rollback", "Unmount", "Umount",
	"Unsubscribe", "Disconnect", "Logout", "Cleanup", "CleanUp", "Flush", "Sync", "Discard", "Abort",
	"SetDeadline", "SetReadDeadline", "SetWriteDeadline", "SetKeepAlive", "SetNoDelay",
}

// streaming is what moves bytes: the other end, or the next read, shows a failure.
var streaming = []string{
	"Write", "WriteString", "WriteByte", "WriteRune", "WriteMessage", "WriteControl", "WriteJSON", "Encode", "Reply", "Ping", "Pong",
	"Read", "ReadByte", "ReadFull", "ReadAll", "ReadMessage", "Copy", "CopyN", "CopyBuffer", "Peek", "ReadFrom", "WriteTo",
}

// reporting says things itself, and waiting hears what others have said already.
var reporting = []string{"Wait", "Log", "Error", "Printf", "Print", "Println", "Fprintf", "Fprint", "Fprintln", "Sscanf", "Sscan", "Scanln"}

// realError tells why a call's error is not worth a word, "" where it is. It goes
// by the names of what is called where no body says more: to stay quiet costs
// nothing.
func realError(pass *rule.Pass, call *ast.CallExpr) string {
	for _, a := range call.Args {
		if t := pass.Info.TypeOf(a); t != nil && types.Identical(t, types.Universe.Lookup("error").Type()) {
			return "it is given an error, and deals with that"
		}
	}
	called := calledName(pass.Info, call)
	if called == "" {
		return ""
	}
	switch name := strings.ToUpper(called[:1]) + called[1:]; { // also close()
	case slices.Contains(cleanup, name):
		return "it cleans up"
	case slices.Contains(streaming, name) || copies(pass.Info, call):
		return "it moves bytes: the next read or the other end shows what is wrong"
	case slices.Contains(reporting, name):
		return "it prints, logs, or waits for what reports by itself"
	case strings.HasPrefix(name, "Serve") && servesOne(pass.Info, call):
		return "it serves a connection, whose end is no news"
	}
	for _, a := range call.Args {
		if isErrorType(pass.Info.TypeOf(a)) {
			return "it is given an error, and deals with that one"
		}
	}
	fn := callee(pass.Info, call)
	if fn == nil {
		return ""
	}
	if fn.Pkg() != nil {
		switch fn.Pkg().Path() {
		case "net":
			if fn.Signature().Recv() != nil {
				return "it moves bytes: the next read or the other end shows what is wrong"
			}
		case "context":
			return "the context's own error says only that it has ended"
		case "bufio", "mime/multipart", "archive/tar", "archive/zip", "encoding/csv", "encoding/xml", "text/tabwriter":
			return "it moves bytes: the next read or the other end shows what is wrong"
		}
		switch fn.Pkg().Path() + "." + effects.Symbol(fn) {
		case "os.Remove", "os.RemoveAll", "os.Setenv", "os.Unsetenv", "os.Process.Kill", "syscall.Kill", "golang.org/x/sys/unix.Kill",
			"math/rand.Read", "crypto/rand.Read", "flag.Set", "syscall.Close", "golang.org/x/sys/unix.Close":
			return "it cleans up, or never fails"
		}
	}
	switch decl := pass.Effects.Decl(fn); {
	case decl == nil:
	case failures(pass, decl.Body, decl.Type, 0) == failsNever:
		return "it returns nothing but nil or its context's error"
	case failures(pass, decl.Body, decl.Type, 0) == failsAloud:
		return "it logs what it returns, or tells somebody else"
	}
	return ""
}

// calledName is the name of the function, the variable or the field that is called;
// "" where it has none.
func calledName(info *types.Info, call *ast.CallExpr) string {
	if fn := callee(info, call); fn != nil {
		return fn.Name()
	}
	if id := lastIdent(call.Fun); id != nil {
		return id.Name
	}
	return ""
}

// copies tells whether a call takes a reader and a writer and counts bytes.
func copies(info *types.Info, call *ast.CallExpr) bool {
	fn := callee(info, call)
	if fn == nil {
		return false
	}
	res := fn.Signature().Results()
	if res.Len() != 2 || !types.Identical(res.At(0).Type(), types.Typ[types.Int64]) {
		return false
	}
	reads, writes := false, false
	for p := range fn.Signature().Params().Variables() {
		reads = reads || isNamed(p.Type(), "io", "Reader")
		writes = writes || isNamed(p.Type(), "io", "Writer")
	}
	return reads && writes
}

// servesOne tells whether a call is given a connection: what can be read, written
// and closed.
func servesOne(info *types.Info, call *ast.CallExpr) bool {
	for _, a := range call.Args {
		t := info.TypeOf(a)
		found := t != nil
		for _, name := range []string{"Read", "Write", "Close"} {
			found = found && types.NewMethodSet(t).Lookup(nil, name) != nil
		}
		if found {
			return true
		}
	}
	return false
}

// A failing says what a function's returned errors are.
type failing uint8

const (
	failsNever    failing = iota // nil, or its context's own error
	failsAloud                   // each is logged, or given to somebody, before it is returned
	failsSilently                // some are errors
)

const maxFailureDepth = 3 // `return a()` in b, `return b()` in c

// failures reads the returns of a function's own body.
func failures(pass *rule.Pass, body *ast.BlockStmt, typ *ast.FuncType, depth int) failing {
	if deferLooks(pass.Info, body, typ) {
		return failsAloud
	}
	worst := failsNever
	eachList(body, func(list []ast.Stmt) {
		for i, s := range list {
			if ret, ok := s.(*ast.ReturnStmt); ok {
				worst = max(worst, failure(pass, ret, list[:i], typ, depth))
			}
		}
	})
	return worst
}

// failure reads one return and the statements before it.
func failure(pass *rule.Pass, ret *ast.ReturnStmt, before []ast.Stmt, typ *ast.FuncType, depth int) failing {
	if len(ret.Results) == 0 {
		if typ.Results != nil && len(typ.Results.List[0].Names) > 0 {
			return failsSilently // a named result: anything
		}
		return failsNever
	}
	x := ast.Unparen(ret.Results[len(ret.Results)-1])
	if pass.Info.Types[x].IsNil() {
		return failsNever
	}
	if call, ok := x.(*ast.CallExpr); ok {
		fn := callee(pass.Info, call)
		if fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" {
			return failsNever
		}
		if fn != nil && depth < maxFailureDepth {
			if decl := pass.Effects.Decl(fn); decl != nil {
				return failures(pass, decl.Body, decl.Type, depth+1)
			}
		}
	}
	if err := errorIn(pass.Info, ret); err != nil {
		for _, s := range before {
			if tells(pass.Info, s, err) {
				return failsAloud
			}
		}
	}
	return failsSilently
}

// tells tells whether a statement gives an error to somebody: `log.Print(err)`,
// `w.CloseWithError(err)`, `errs <- err`, `s.err = err`.
func tells(info *types.Info, s ast.Stmt, err *ast.Ident) bool {
	switch s := s.(type) {
	case *ast.ExprStmt, *ast.SendStmt:
		return len(uses(info, s, info.Uses[err])) > 0
	case *ast.AssignStmt:
		for i, lhs := range s.Lhs {
			if _, field := ast.Unparen(lhs).(*ast.SelectorExpr); field && i < len(s.Rhs) && isSame(info, s.Rhs[i], err) {
				return true
			}
		}
	}
	return false
}

func isSame(info *types.Info, x ast.Expr, id *ast.Ident) bool {
	other, ok := ast.Unparen(x).(*ast.Ident)
	return ok && info.Uses[other] != nil && info.Uses[other] == info.Uses[id]
}

// deferLooks tells whether a deferred literal looks at the named error result.
func deferLooks(info *types.Info, body *ast.BlockStmt, typ *ast.FuncType) bool {
	if typ.Results == nil {
		return false
	}
	names := typ.Results.List[len(typ.Results.List)-1].Names
	if len(names) == 0 {
		return false
	}
	result := info.Defs[names[len(names)-1]]
	for _, s := range body.List {
		if d, ok := s.(*ast.DeferStmt); ok && result != nil && len(uses(info, d, result)) > 0 {
			return true
		}
	}
	return false
}
