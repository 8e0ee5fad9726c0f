package matchers

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A logLib is a way to log, known by the identity of its types and functions.
type logLib uint8

// The libraries. A custom logger is known only where somebody logs an error with it.
const (
	noLog logLib = iota
	logSlog
	logStd
	logZap
	logSugar
	logZerolog
	logLogrus
	logLogr
	logKlog
	logHclog
	logKit
	logCustom
)

// A logUse is one statement that logs.
type logUse struct {
	lib    logLib
	recv   ast.Expr // "slog", "s.logger", "log.G(ctx)"
	method string   // of the last call: "Error", "Errorf", "Msg"
	errs   bool     // at the level for errors, or with no levels
	warns  bool     // at the level for warnings
	call   *ast.CallExpr
	msg    int        // which argument of call is the message, -1 for none
	err    *ast.Ident // the error that is logged, nil for none
	cur    inspector.Cursor
}

// logTypes are the types that people keep a logger in.
var logTypes = []struct {
	path, name string
	lib        logLib
}{
	{"log/slog", "Logger", logSlog},
	{"log", "Logger", logStd},
	{"go.uber.org/zap", "Logger", logZap},
	{"go.uber.org/zap", "SugaredLogger", logSugar},
	{"github.com/rs/zerolog", "Logger", logZerolog},
	{"github.com/sirupsen/logrus", "Logger", logLogrus},
	{"github.com/sirupsen/logrus", "Entry", logLogrus},
	{"github.com/sirupsen/logrus", "FieldLogger", logLogrus},
	{"github.com/sirupsen/logrus", "Ext1FieldLogger", logLogrus},
	{"github.com/go-logr/logr", "Logger", logLogr},
	{"github.com/hashicorp/go-hclog", "Logger", logHclog},
	{"github.com/hashicorp/go-hclog", "InterceptLogger", logHclog},
	{"github.com/go-kit/log", "Logger", logKit},
	{"github.com/go-kit/kit/log", "Logger", logKit},
}

// logPackages have functions that log.
var logPackages = map[string]logLib{
	"log/slog": logSlog, "log": logStd, "github.com/sirupsen/logrus": logLogrus,
	"k8s.io/klog": logKlog, "k8s.io/klog/v2": logKlog, "github.com/rs/zerolog/log": logZerolog,
}

// logTypeOf tells which library a type logs with.
func logTypeOf(t types.Type) logLib {
	for _, l := range logTypes {
		if isNamed(t, l.path, l.name) {
			return l.lib
		}
	}
	return noLog
}

// logLevels are the names of what logs, by library; those from the first that says
// Error on are at the level for errors.
var logLevel = regexp.MustCompile(`^(Trace|Debug|Info|Notice|Warn|Warning|Error|DPanic|Panic|Fatal|Print|Log|Msg|Output)(|f|w|ln|S|Context|Depth|Attrs|Ctx)$`)

// logUseAt reads a statement; nil where it doesn't log.
func logUseAt(info *types.Info, s *ast.ExprStmt) *logUse {
	call, ok := s.X.(*ast.CallExpr)
	if !ok {
		return nil
	}
	fn := callee(info, call)
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if fn == nil || !ok || fn.Pkg() == nil || !logLevel.MatchString(fn.Name()) {
		return nil
	}
	u := &logUse{call: call, method: fn.Name(), recv: sel.X, msg: -1}
	if u.lib = libOf(fn); u.lib == noLog {
		return nil
	}
	u.errs = u.lib == logStd || strings.HasPrefix(u.method, "Error")
	u.warns = strings.HasPrefix(u.method, "Warn")
	switch u.lib {
	case logZerolog:
		if !u.unwindEvent(info) {
			return nil
		}
	case logKit:
		u.unwindKit(info)
	}
	u.stripWith(info)
	for i, a := range call.Args {
		if v := info.Types[a].Value; v != nil && u.msg < 0 && isText(info.TypeOf(a)) {
			u.msg = i
		}
	}
	u.err = errorIn(info, call)
	if u.lib == logCustom && (!u.errs && !u.warns || u.err == nil || u.msg < 0) {
		return nil
	}
	return u
}

// libOf tells which library a function logs with.
func libOf(fn *types.Func) logLib {
	if fn.Pkg() == nil { // err.Error()
		return noLog
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		lib := logPackages[fn.Pkg().Path()]
		if lib == noLog && (strings.HasPrefix(fn.Name(), "Error") || strings.HasPrefix(fn.Name(), "Warn")) && fn.Signature().Results().Len() == 0 && takesMessage(fn) {
			return logCustom
		}
		return lib
	}
	if isNamed(recv.Type(), "github.com/rs/zerolog", "Event") && strings.HasPrefix(fn.Name(), "Msg") {
		return logZerolog
	}
	if lib := logTypeOf(recv.Type()); lib != noLog {
		return lib
	}
	if fn.Pkg().Path() == "github.com/sirupsen/logrus" { // a part of an interface that is made of others
		return logLogrus
	}
	if n := namedOf(recv.Type()); n != nil && strings.HasSuffix(strings.ToLower(n.Obj().Name()), "logger") && fn.Signature().Results().Len() == 0 && takesMessage(fn) {
		return logCustom
	}
	return noLog
}

// takesMessage tells whether a function ends in a string and any number of things.
func takesMessage(fn *types.Func) bool {
	p := fn.Signature().Params()
	return fn.Signature().Variadic() && p.Len() > 1 && isText(p.At(p.Len()-2).Type())
}

func isText(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// namedOf is the named type of t or of what it points to.
func namedOf(t types.Type) *types.Named {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, _ := t.(*types.Named)
	return n
}

// unwindEvent walks `log.Error().Err(err).Str("k", v).Msg("...")` down to `log`.
func (u *logUse) unwindEvent(info *types.Info) bool {
	for {
		call, ok := ast.Unparen(u.recv).(*ast.CallExpr)
		if !ok {
			return false
		}
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		fn := callee(info, call)
		if !ok || fn == nil {
			return false
		}
		u.recv = sel.X
		if recv := fn.Signature().Recv(); recv == nil || !isNamed(recv.Type(), "github.com/rs/zerolog", "Event") {
			u.errs = fn.Name() == "Error" || fn.Name() == "Err"
			return true
		}
	}
}

// unwindKit takes the logger out of `level.Error(logger).Log(...)`.
func (u *logUse) unwindKit(info *types.Info) {
	u.errs = false
	call, ok := ast.Unparen(u.recv).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return
	}
	if fn := callee(info, call); fn != nil && fn.Pkg() != nil && strings.HasSuffix(fn.Pkg().Path(), "/log/level") {
		u.recv, u.errs = call.Args[0], fn.Name() == "Error"
	}
}

// stripWith leaves out what is added to a logger for one line: l.With("k", v).
func (u *logUse) stripWith(info *types.Info) {
	for {
		call, ok := ast.Unparen(u.recv).(*ast.CallExpr)
		if !ok {
			return
		}
		sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(sel.Sel.Name, "With") && sel.Sel.Name != "V" && sel.Sel.Name != "Named" {
			return
		}
		fn := callee(info, call)
		if fn == nil || fn.Signature().Recv() == nil && logPackages[fn.Pkg().Path()] == noLog {
			return
		}
		u.recv = sel.X
	}
}

// errorIn is the one error that is named below n, nil for none or several.
func errorIn(info *types.Info, n ast.Node) *ast.Ident {
	var found *ast.Ident
	several := false
	ast.Inspect(n, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok {
			v, isVar := info.Uses[id].(*types.Var)
			if isVar && isErrorType(v.Type()) {
				several = several || found != nil && info.Uses[found] != v
				found = id
			}
		}
		return true
	})
	if several {
		return nil
	}
	return found
}

// logUses gathers what logs in the package, tests aside, in source order.
func logUses(pass *rule.Pass) []*logUse {
	tests := map[*ast.File]bool{}
	for _, f := range pass.Files {
		tests[f] = pass.IsTest(f)
	}
	var list []*logUse
	for c := range pass.Syntax().Preorder((*ast.ExprStmt)(nil)) {
		if u := logUseAt(pass.Info, c.Node().(*ast.ExprStmt)); u != nil {
			u.cur = c
			if p, _, ok := placeOf(c); ok && !tests[p.File] {
				list = append(list, u)
			}
		}
	}
	return list
}

// byLibrary groups uses by their library: the one that most of them use first, of
// several the first in the text.
func byLibrary(list []*logUse) [][]*logUse {
	at := map[logLib]int{}
	var groups [][]*logUse
	for _, u := range list {
		i, known := at[u.lib]
		if !known {
			i, at[u.lib] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], u)
	}
	slices.SortStableFunc(groups, func(a, b []*logUse) int { return len(b) - len(a) })
	return groups
}

// servesLogger tells whether a declaration is a method that a logger calls: a hook, a
// handler, the writer that lines go to. To log from there could go round for ever.
func servesLogger(info *types.Info, decl ast.Decl) bool {
	d, ok := decl.(*ast.FuncDecl)
	if !ok || d.Recv == nil {
		return false
	}
	switch d.Name.Name {
	case "Write", "Fire", "Log", "Emit":
		return true
	}
	for _, field := range d.Type.Params.List {
		t := info.TypeOf(field.Type)
		if isNamed(t, "log/slog", "Record") || isNamed(t, "go.uber.org/zap/zapcore", "Entry") || isNamed(t, "github.com/rs/zerolog", "Event") {
			return true
		}
	}
	return false
}
