package matchers

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A Logger is the statement that logs a lost error.
type Logger struct {
	Source  string       // `s.logger.Error("collector run failed", "err", err)`
	Name    string       // what logs: "s.logger.Error"
	Why     string       // "run logs with s.logger at line 12"
	Imports []*LogImport // that Source names, in order
}

// A LogImport is a package by the name that Source uses.
type LogImport struct{ Path, Name string }

// A logSource is a logger as the new place can write it.
type logSource struct {
	lib     logLib
	recv    string // "slog", "s.logger"
	imports []*LogImport
	why     string
	model   *logUse // how errors are logged there, nil where nobody does
}

// findLogger chooses the logger in use at the drop: that of the same function,
// else the receiver's, else that of the file or the package. nil for none.
func findLogger(pass *rule.Pass, l *LostGoErr) *Logger {
	all := logUses(pass)
	in := func(n ast.Node) []*logUse {
		return slices.DeleteFunc(slices.Clone(all), func(u *logUse) bool { return !within(u.call, n) })
	}
	w := &logWriter{pass: pass, l: l, all: all}
	for _, list := range [][]*logUse{in(l.Decl), w.ofReceiver(all)} {
		if s := w.reach(list); s != nil {
			return w.write(s)
		}
	}
	if s := w.held(); s != nil {
		return w.write(s)
	}
	for _, list := range append(byLibrary(in(l.File)), byLibrary(all)...) {
		if s := w.reach(list); s != nil {
			return w.write(s)
		}
	}
	return nil
}

// A logWriter writes a logger's use for one place.
type logWriter struct {
	pass    *rule.Pass
	l       *LostGoErr
	all     []*logUse // of the package
	imports []*LogImport
	model   ast.Decl // the declaration that an expression is taken from
}

// ofReceiver keeps the uses in methods of the same type.
func (w *logWriter) ofReceiver(all []*logUse) []*logUse {
	_, named := receiverAndType(w.pass.Info, w.l.Decl)
	if named == nil {
		return nil
	}
	var list []*logUse
	for _, u := range all {
		p, _, _ := placeOf(u.cur)
		recv, other := receiverAndType(w.pass.Info, p.Decl)
		if other != nil && other.Origin() == named.Origin() && effects.Root(w.pass.Info, u.recv) == types.Object(recv) {
			list = append(list, u)
		}
	}
	return list
}

// reach takes the first logger of the list that can be written at the drop: one with
// which errors are logged, else one that warns of them, else any.
func (w *logWriter) reach(list []*logUse) *logSource {
	for _, kind := range []func(*logUse) bool{
		func(u *logUse) bool { return u.errs && u.err != nil },
		func(u *logUse) bool { return u.warns && u.err != nil },
		func(u *logUse) bool { return u.lib != logCustom },
	} {
		for _, u := range list {
			if kind(u) {
				if s := w.sourceOf(u); s != nil {
					return s
				}
			}
		}
	}
	return nil
}

// sourceOf is the logger of one use, nil where it can't be written at the drop.
func (w *logWriter) sourceOf(u *logUse) *logSource {
	p, _, _ := placeOf(u.cur)
	w.imports, w.model = nil, p.Decl
	recv, ok := w.source(u.recv, nil)
	if !ok || w.mayBeNil(u.recv) {
		return nil
	}
	s := &logSource{lib: u.lib, recv: recv, imports: w.imports, model: u}
	s.why = fmt.Sprintf("%s logs at line %d", recv, w.pass.Line(u.call.Pos()))
	if p.File != w.l.File {
		s.why = fmt.Sprintf("%s logs elsewhere in the package", recv)
	}
	if u.lib != logCustom && (!u.errs || u.err == nil) {
		s.model = w.alike(u.lib)
	}
	if _, text := w.like(s, u, ""); u.lib == logCustom && text == "" {
		return nil // nobody knows its usual form
	}
	w.imports = nil
	return s
}

// alike is the first use of a library that logs an error, in this file or else in the
// package, for its form.
func (w *logWriter) alike(lib logLib) *logUse {
	var other *logUse
	for _, u := range w.all {
		if u.lib != lib || !u.errs || u.err == nil {
			continue
		}
		if within(u.call, w.l.File) {
			return u
		}
		if other == nil {
			other = u
		}
	}
	return other
}

// held looks for a logger in the parameters of the functions around the drop and
// in the receiver's fields.
func (w *logWriter) held() *logSource {
	found := func(v *types.Var, source string) *logSource {
		lib := logTypeOf(v.Type())
		if lib == noLog || comparedToNil(w.pass, v) {
			return nil
		}
		return &logSource{lib: lib, recv: source, why: source + " is at hand", model: w.alike(lib)}
	}
	d, ok := w.l.Decl.(*ast.FuncDecl)
	if !ok {
		return nil
	}
	for _, field := range d.Type.Params.List {
		for _, name := range field.Names {
			if v, ok := w.pass.Info.Defs[name].(*types.Var); ok && meansHere(w.pass, name.Name, v, w.l.Stmt.Pos()) && w.l.keeps(w.pass, v) {
				if s := found(v, name.Name); s != nil {
					return s
				}
			}
		}
	}
	recv, named := receiverAndType(w.pass.Info, d)
	if named == nil || recv.Name() == "_" || !meansHere(w.pass, recv.Name(), recv, w.l.Stmt.Pos()) {
		return nil
	}
	for _, f := range fieldsOf(w.pass.Pkg, named, 2) {
		if s := found(f, recv.Name()+"."+f.Name()); s != nil {
			return s
		}
	}
	return nil
}

// fieldsOf gathers the fields that a selector on a type reaches by name, those of
// what it embeds behind its own.
func fieldsOf(pkg *types.Package, named *types.Named, depth int) []*types.Var {
	st, ok := named.Underlying().(*types.Struct)
	if !ok || depth == 0 {
		return nil
	}
	var list, inner []*types.Var
	for f := range st.Fields() {
		if f.Exported() || f.Pkg() == pkg {
			list = append(list, f)
		}
		if n := namedOf(f.Type()); f.Embedded() && n != nil {
			inner = append(inner, fieldsOf(pkg, n, depth-1)...)
		}
	}
	return append(list, inner...)
}

// mayBeNil tells whether somebody asks if a logger is nil: then it may be, and a
// line that logs with it could panic.
func (w *logWriter) mayBeNil(x ast.Expr) bool {
	id := lastIdent(x)
	if id == nil {
		return false
	}
	v, ok := w.pass.Info.Uses[id].(*types.Var)
	return ok && comparedToNil(w.pass, v)
}

// comparedToNil tells whether the package compares a variable or a field with nil.
func comparedToNil(pass *rule.Pass, v *types.Var) bool {
	for c := range pass.Syntax().Preorder((*ast.BinaryExpr)(nil)) {
		b := c.Node().(*ast.BinaryExpr)
		if id := lastIdent(b.X); id != nil && pass.Info.Types[b.Y].IsNil() {
			if got, ok := pass.Info.Uses[id].(*types.Var); ok && got.Origin() == v.Origin() {
				return true
			}
		}
	}
	return false
}

// source writes an expression of the model for the drop's place: names that mean
// the same there, the other receiver by our own name, a context by the one at hand,
// and err by our error's name. ok is false where something has no name there.
func (w *logWriter) source(x ast.Expr, err *ast.Ident) (text string, ok bool) {
	switch x := ast.Unparen(x).(type) {
	case *ast.BasicLit:
		return x.Value, true
	case *ast.Ident:
		return w.name(x, err)
	case *ast.SelectorExpr:
		text, ok = w.source(x.X, err)
		return text + "." + x.Sel.Name, ok
	case *ast.CallExpr:
		fun, ok := w.source(x.Fun, err)
		var args []string
		for _, a := range x.Args {
			arg, can := w.source(a, err)
			args, ok = append(args, arg), ok && can
		}
		return fun + "(" + strings.Join(args, ", ") + ")", ok
	}
	return "", false
}

func (w *logWriter) name(id, err *ast.Ident) (string, bool) {
	info, at := w.pass.Info, w.l.Stmt.Pos()
	obj := info.Uses[id]
	if err != nil && obj == info.Uses[err] {
		return w.l.Err, true
	}
	switch obj := obj.(type) {
	case *types.PkgName:
		text := w.use(obj.Imported().Path(), obj.Imported().Name())
		return text, importable(w.pass, text, obj.Imported().Path(), at)
	case *types.Func, *types.Const, *types.Nil, *types.Builtin:
		return id.Name, meansHere(w.pass, id.Name, obj, at)
	case *types.Var:
		if meansHere(w.pass, id.Name, obj, at) {
			return id.Name, w.l.keeps(w.pass, obj)
		}
		if effects.IsContext(obj.Type()) {
			ctx := w.context()
			return ctx, ctx != ""
		}
		theirs, named := receiverAndType(info, w.model)
		ours, same := receiverAndType(info, w.l.Decl)
		if theirs == obj && same != nil && named.Origin() == same.Origin() && ours.Name() != "_" {
			return ours.Name(), meansHere(w.pass, ours.Name(), ours, at)
		}
	}
	return "", false
}

// use notes a package that the new line names, by its name in this file.
func (w *logWriter) use(path, name string) string {
	for _, spec := range w.l.File.Imports {
		if p := w.pass.Info.PkgNameOf(spec); p != nil && p.Imported().Path() == path && p.Name() != "_" && p.Name() != "." {
			name = p.Name()
		}
	}
	w.imports = append(w.imports, &LogImport{path, name})
	return name
}

// importable tells whether a name means a package at pos, or nothing yet.
func importable(pass *rule.Pass, name, path string, pos token.Pos) bool {
	scope := pass.Pkg.Scope().Innermost(pos)
	if scope == nil {
		return false
	}
	_, obj := scope.LookupParent(name, pos)
	pkg, ok := obj.(*types.PkgName)
	return obj == nil || ok && pkg.Imported().Path() == path
}

// context is a context that is at hand: one that the call is given, else a
// parameter of the functions around.
func (w *logWriter) context() string {
	at := w.l.Stmt.Pos()
	usable := func(id *ast.Ident) bool {
		v, ok := w.pass.Info.ObjectOf(id).(*types.Var)
		return ok && id.Name != "_" && effects.IsContext(v.Type()) && meansHere(w.pass, id.Name, v, at) && w.l.keeps(w.pass, v)
	}
	for _, a := range w.l.Call.Args {
		if id, ok := ast.Unparen(a).(*ast.Ident); ok && usable(id) {
			return id.Name
		}
	}
	name := ""
	ast.Inspect(w.l.Decl, func(n ast.Node) bool {
		if typ, ok := n.(*ast.FuncType); ok {
			for _, field := range typ.Params.List {
				for _, id := range field.Names {
					if usable(id) {
						name = id.Name // the innermost comes last
					}
				}
			}
		}
		return true
	})
	return name
}

// write makes the line that logs.
func (w *logWriter) write(s *logSource) *Logger {
	w.imports = slices.Clone(s.imports)
	msg, err := w.message(s), w.l.Err
	method, text := "", ""
	if u := s.model; u != nil {
		p, _, _ := placeOf(u.cur)
		w.model = p.Decl
		method, text = w.like(s, u, msg)
	}
	if text == "" {
		method, text = w.plainly(s, msg, err)
	}
	w.imports = slices.CompactFunc(w.imports, func(a, b *LogImport) bool { return *a == *b })
	return &Logger{Source: text, Name: method, Why: s.why, Imports: w.imports}
}

// like logs as the model does: its method, what stands before its message, and the
// form in which it names the error.
func (w *logWriter) like(s *logSource, u *logUse, msg string) (method, text string) {
	before := slices.Clone(w.imports)
	method = s.recv + "." + u.method
	args, ok := w.prefix(u)
	switch {
	case u.msg < 0 || !ok:
	case strings.HasSuffix(u.method, "f") && u.lib != logZerolog:
		return method, call(method, append(args, strconv.Quote(msg+": "+verbOf(w.pass.Info, u)), w.l.Err))
	case u.lib == logSlog, u.lib == logZap, u.lib == logSugar && strings.HasSuffix(u.method, "w"), u.lib == logHclog, u.lib == logCustom:
		if pair, ok := w.errorArgs(u); ok {
			return method, call(method, append(append(args, strconv.Quote(msg)), pair...))
		}
	case u.lib == logStd && u.method == "Println":
		return method, call(method, []string{strconv.Quote(msg + ":"), w.l.Err})
	}
	w.imports = before
	return "", ""
}

func call(fun string, args []string) string { return fun + "(" + strings.Join(args, ", ") + ")" }

// prefix writes the arguments before the model's message.
func (w *logWriter) prefix(u *logUse) ([]string, bool) {
	var args []string
	for i := 0; i < u.msg; i++ {
		arg, ok := w.source(u.call.Args[i], nil)
		if !ok {
			return nil, false
		}
		args = append(args, arg)
	}
	return args, true
}

// errorArgs writes the arguments by which the model names its error:
// `"err", err`, `zap.Error(err)`.
func (w *logWriter) errorArgs(u *logUse) ([]string, bool) {
	for i := u.msg + 1; i < len(u.call.Args); i++ {
		a := u.call.Args[i]
		if errorIn(w.pass.Info, a) == nil {
			continue
		}
		value, ok := w.source(a, u.err)
		if !ok {
			return nil, false
		}
		_, field := ast.Unparen(a).(*ast.CallExpr)
		if key := w.pass.Info.Types[u.call.Args[i-1]].Value; i > u.msg+1 && key != nil && key.Kind() == constant.String {
			name, ok := w.source(u.call.Args[i-1], nil)
			return []string{name, value}, ok
		}
		return []string{value}, field
	}
	return nil, false
}

var verbs = regexp.MustCompile(`%[+#]?[a-z]`)

// verbOf is the verb by which a format prints its last argument, the error.
func verbOf(info *types.Info, u *logUse) string {
	v := info.Types[u.call.Args[u.msg]].Value
	last := u.call.Args[len(u.call.Args)-1]
	if id, ok := ast.Unparen(last).(*ast.Ident); ok && v != nil && u.err != nil && info.Uses[id] == info.Uses[u.err] {
		if found := verbs.FindAllString(constant.StringVal(v), -1); len(found) > 0 && found[len(found)-1] != "%w" {
			return found[len(found)-1]
		}
	}
	return "%v"
}

// plainly logs in the library's usual form.
func (w *logWriter) plainly(s *logSource, msg, err string) (method, text string) {
	text = strconv.Quote(msg)
	switch s.lib {
	case logStd:
		return s.recv + ".Printf", call(s.recv+".Printf", []string{strconv.Quote(msg + ": %v"), err})
	case logZap:
		zap := w.use("go.uber.org/zap", "zap")
		return s.recv + ".Error", call(s.recv+".Error", []string{text, zap + ".Error(" + err + ")"})
	case logSugar:
		return s.recv + ".Errorw", call(s.recv+".Errorw", []string{text, `"error"`, err})
	case logHclog:
		return s.recv + ".Error", call(s.recv+".Error", []string{text, `"error"`, err})
	case logZerolog:
		return s.recv + ".Error", fmt.Sprintf("%s.Error().Err(%s).Msg(%s)", s.recv, err, text)
	case logLogrus:
		return s.recv + ".Error", fmt.Sprintf("%s.WithError(%s).Error(%s)", s.recv, err, text)
	case logLogr:
		return s.recv + ".Error", call(s.recv+".Error", []string{err, text})
	case logKlog:
		return s.recv + ".ErrorS", call(s.recv+".ErrorS", []string{err, text})
	case logKit:
		level := w.use(w.kitLevel(), "level")
		return level + ".Error", fmt.Sprintf("%s.Error(%s).Log(\"msg\", %s, \"err\", %s)", level, s.recv, text, err)
	}
	return s.recv + ".Error", call(s.recv+".Error", []string{text, `"err"`, err})
}

// kitLevel is the package of go-kit's levels that goes with the log package that
// this package imports.
func (w *logWriter) kitLevel() string {
	for _, f := range w.pass.Files {
		for _, spec := range f.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && strings.HasPrefix(path, "github.com/go-kit/") && strings.HasSuffix(path, "/log/level") {
				return path
			}
		}
	}
	return "github.com/go-kit/log/level"
}
