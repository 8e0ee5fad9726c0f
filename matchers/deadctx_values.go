package matchers

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// valueReaders are packages that ask a context for its values and for nothing
// else: loggers, spans, labels. Values outlive a cancellation, so a cancelled
// context is as good to them as any. (From their documentation; of a name with a
// star, any ending.)
var valueReaders = map[string][]string{
	"context":                               {"WithoutCancel", "WithValue"},
	"log/slog":                              {"*"},
	"runtime/trace":                         {"Log*", "WithRegion", "StartRegion", "NewTask"},
	"runtime/pprof":                         {"SetGoroutineLabels", "Label", "ForLabels", "WithLabels"},
	"github.com/go-logr/logr":               {"*"},
	"github.com/containerd/log":             {"*"},
	"github.com/moby/buildkit/util/bklog":   {"*"},
	"github.com/opentracing/opentracing-go": {"*"},
	"github.com/rs/zerolog":                 {"*"},
	"github.com/rs/zerolog/log":             {"*"},
	"github.com/sirupsen/logrus":            {"*"},
	"go.opentelemetry.io/otel/baggage":      {"*"},
	"go.opentelemetry.io/otel/metric":       {"*"},
	"go.opentelemetry.io/otel/propagation":  {"*"},
	"go.opentelemetry.io/otel/trace":        {"*"},
	"google.golang.org/grpc/metadata":       {"*"},
	"google.golang.org/grpc/peer":           {"*"},
	"k8s.io/klog/v2":                        {"*"},
}

// readsValuesOnly tells whether a call does nothing with its i-th argument, a
// context, that a cancellation could change.
func readsValuesOnly(pass *rule.Pass, call *ast.CallExpr, i int) bool {
	r := valueReader{pass, map[*types.Var]bool{}}
	return r.call(call, i)
}

type valueReader struct {
	pass *rule.Pass
	busy map[*types.Var]bool // parameters that are being looked at: a recursion adds nothing
}

// call looks at who is called: a function, or a package's variable that holds
// one, as some loggers have it.
func (r valueReader) call(call *ast.CallExpr, i int) bool {
	obj := typeutil.Callee(r.pass.Info, call)
	if obj == nil || obj.Pkg() == nil {
		return false
	}
	sig, ok := obj.Type().Underlying().(*types.Signature)
	if !ok {
		return false
	}
	fn, _ := obj.(*types.Func)
	if fn != nil && i >= 0 && i < sig.Params().Len() && (!sig.Variadic() || i < sig.Params().Len()-1) {
		if decl := r.pass.Effects.Decl(fn); decl != nil {
			return r.parameter(fn.Origin().Signature().Params().At(i), decl.Body)
		}
	}
	switch {
	case fn == nil && obj.Parent() != obj.Pkg().Scope():
		return false // a parameter, a local variable, a field
	case fn == nil && obj.Pkg() != r.pass.Pkg:
		return true // a hook that another package offers: for counting, for clocks
	}
	return known(obj) || onlyGets(sig) || onlyTells(obj, sig)
}

func known(obj types.Object) bool {
	return slices.ContainsFunc(valueReaders[obj.Pkg().Path()], func(pattern string) bool {
		stem, star := strings.CutSuffix(pattern, "*")
		return obj.Name() == stem || star && strings.HasPrefix(obj.Name(), stem)
	})
}

// tellers are names of packages and types that write down what others do, and
// tellerFuncs those of functions. What they take from a context is who is asking. Names
// prove nothing, but they only keep the rule quiet, and a miss costs nothing.
var (
	tellers     = regexp.MustCompile(`(?i)^(.*_)?(z|s|k|ctx)?(log|logs|logger|logging|logutil|trace|tracing|tracer)$`)
	tellerFuncs = regexp.MustCompile(`^(Log|Debug|Info|Warn|Warning|Error|Trace|Print|Record)(ln|Context|Ctx|[0-9fw])*$`)
)

// onlyTells tells whether a function of such a name gives nothing back, or one of
// such a package or type reports no error.
func onlyTells(obj types.Object, sig *types.Signature) bool {
	if sig.Results().Len() == 0 && tellerFuncs.MatchString(obj.Name()) {
		return true
	}
	for v := range sig.Results().Variables() {
		if isErrorType(v.Type()) {
			return false
		}
	}
	return tellers.MatchString(obj.Pkg().Name()) || sig.Recv() != nil && tellers.MatchString(typeName(sig.Recv().Type()))
}

// typeName is the name of a type, or of what it points to.
func typeName(t types.Type) string {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// onlyGets reads a signature: what is given a context and nothing else, can't
// fail, and gives something, looks that up in the context: log.G(ctx).
func onlyGets(sig *types.Signature) bool {
	if sig.Params().Len() != 1 || sig.Results().Len() == 0 {
		return false
	}
	for v := range sig.Results().Variables() {
		switch t := v.Type().Underlying().(type) {
		case *types.Chan, *types.Signature:
			return false
		case *types.Interface:
			if effects.IsContext(v.Type()) || types.Identical(t, types.Universe.Lookup("error").Type().Underlying()) {
				return false
			}
		}
	}
	return true
}

// parameter tells whether a body only reads the values of its parameter v.
func (r valueReader) parameter(v *types.Var, body *ast.BlockStmt) bool {
	if r.busy[v] || v.Name() == "_" || v.Name() == "" {
		return true
	}
	r.busy[v] = true
	for _, id := range uses(r.pass.Info, body, v) {
		c, ok := r.pass.FindNode(id)
		if !ok || !r.use(id, c.Parent()) {
			return false
		}
	}
	return true
}

func (r valueReader) use(id *ast.Ident, p inspector.Cursor) bool {
	switch n := p.Node().(type) {
	case *ast.SelectorExpr:
		return n.Sel.Name == "Value" || n.Sel.Name == "Deadline"
	case *ast.CallExpr:
		return !givesContext(r.pass.Info, n) && r.call(n, argIndex(n, id))
	case *ast.BinaryExpr:
		return true
	}
	return false
}
