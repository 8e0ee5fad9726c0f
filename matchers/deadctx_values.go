package matchers

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

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

// readsValuesOnly tells whether fn does nothing with its i-th argument, a
// context, that a cancellation could change.
func readsValuesOnly(pass *rule.Pass, fn *types.Func, i int) bool {
	r := valueReader{pass, map[*types.Var]bool{}}
	return r.function(fn, i)
}

type valueReader struct {
	pass *rule.Pass
	busy map[*types.Var]bool // parameters that are being looked at: a recursion adds nothing
}

func (r valueReader) function(fn *types.Func, i int) bool {
	sig := fn.Signature()
	if i < 0 || i >= sig.Params().Len() || sig.Variadic() && i >= sig.Params().Len()-1 {
		return fn.Pkg() != nil && r.known(fn)
	}
	decl := r.pass.Effects.Decl(fn)
	if decl == nil {
		return r.known(fn) || onlyGets(sig)
	}
	return r.parameter(fn.Origin().Signature().Params().At(i), decl.Body)
}

func (r valueReader) known(fn *types.Func) bool {
	if fn.Pkg() == nil {
		return false
	}
	return slices.ContainsFunc(valueReaders[fn.Pkg().Path()], func(pattern string) bool {
		stem, star := strings.CutSuffix(pattern, "*")
		return fn.Name() == stem || star && strings.HasPrefix(fn.Name(), stem)
	})
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
		c, ok := r.pass.Syntax().FindNode(id)
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
		fn := callee(r.pass.Info, n)
		return fn != nil && !givesContext(r.pass.Info, n) && r.function(fn, argIndex(n, id))
	case *ast.BinaryExpr:
		return true
	}
	return false
}
