package matchers

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/effects"
)

// A ctxKept is a result that lives as long as the context it was asked for with,
// and is used behind Wait: the rows of a query, the body of a response.
type ctxKept struct {
	v    *types.Var
	by   *ast.CallExpr // what gave it
	used ast.Node      // behind Wait
}

// A keeper says of a type which of its methods and fields a cancelled context
// does not harm. (database/sql: rows and transactions end with the context of
// their query; net/http: it controls the whole life of a request and its
// response; os/exec: it kills the process; grpc: it ends the stream.)
type keeper struct {
	is       func(types.Type) bool
	harmless []string
}

func named(pkg, name string) func(types.Type) bool {
	return func(t types.Type) bool { return isNamed(t, pkg, name) }
}

var keepers = []keeper{
	{named("database/sql", "Rows"), []string{"Close", "Err", "Columns", "ColumnTypes"}},
	{named("database/sql", "Row"), []string{"Err"}},
	{named("database/sql", "Tx"), []string{"Rollback"}},
	{named("net/http", "Response"), []string{"Status", "StatusCode", "Header", "Trailer", "ContentLength", "Proto", "ProtoMajor", "ProtoMinor", "TLS", "Request", "Uncompressed", "Cookies", "Location"}},
	{named("net/http", "Request"), []string{"URL", "Header", "Method", "Host", "Form", "PathValue", "WithContext", "Clone"}},
	{named("os/exec", "Cmd"), []string{"Path", "Args", "Env", "Dir", "Process", "ProcessState", "String"}},
	{named("io", "ReadCloser"), []string{"Close"}},
	{isClientStream, []string{"CloseSend", "Context", "Header", "Trailer"}},
}

func keeperOf(t types.Type) *keeper {
	for i := range keepers {
		if t != nil && keepers[i].is(t) {
			return &keepers[i]
		}
	}
	return nil
}

// isClientStream tells whether a type is a grpc stream, generated or not: what
// receives messages and has a context and a way to say that no more are sent.
func isClientStream(t types.Type) bool {
	if _, ok := t.Underlying().(*types.Interface); !ok {
		return false
	}
	for _, name := range []string{"RecvMsg", "SendMsg", "CloseSend", "Context"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name); obj == nil {
			return false
		}
	}
	return true
}

// element is what a slice, an array or a map holds, else t itself.
func element(t types.Type) types.Type {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return u.Elem()
	case *types.Array:
		return u.Elem()
	case *types.Map:
		return u.Elem()
	}
	return t
}

// An opened value came, through calls, from the group's context.
type opened struct {
	from *ast.Ident    // the context's name at the start
	by   *ast.CallExpr // the call that gave it
}

// A keptSearch follows what is made with the context, in the function and its
// literals, by the names that it is given.
type keptSearch struct {
	f    *ctxFlow
	open map[types.Object]opened
}

// trackKept gathers the variables of the function that take a result which keeps
// the context, so that the walk looks at their uses.
func (f *ctxFlow) trackKept() {
	k := &keptSearch{f, map[types.Object]opened{}}
	for had := -1; had != len(k.open); {
		had = len(k.open)
		ast.Inspect(f.body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				k.assign(n.Lhs, n.Rhs)
			case *ast.ValueSpec:
				var names []ast.Expr
				for _, id := range n.Names {
					names = append(names, id)
				}
				k.assign(names, n.Values)
			}
			return true
		})
	}
	f.opened = k.open
}

func (k *keptSearch) assign(lhs, rhs []ast.Expr) {
	for i, x := range lhs {
		value := rhs
		if len(lhs) == len(rhs) {
			value = rhs[i : i+1]
		}
		if len(value) != 1 {
			continue
		}
		from, ok := k.value(value[0])
		v, isVar := effects.Root(k.f.pass.Info, x).(*types.Var)
		if !ok || !isVar || v.IsField() || slices.Contains(k.f.vars, v) {
			continue
		}
		t := k.f.pass.Info.TypeOf(x)
		if t == nil || !effects.IsContext(t) && keeperOf(element(t)) == nil {
			continue
		}
		if _, have := k.open[v]; !have {
			k.open[v] = from
		}
	}
}

// value tells whether an expression gives what was made with the context.
func (k *keptSearch) value(x ast.Expr) (opened, bool) {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		if id, _ := k.f.tracked(x); id != nil {
			return opened{from: id}, true
		}
		o, ok := k.open[k.f.pass.Info.Uses[x]]
		return o, ok
	case *ast.SelectorExpr:
		return k.value(x.X)
	case *ast.CallExpr:
		if k.f.makes(x) {
			return opened{}, false
		}
		if fn := callee(k.f.pass.Info, x); fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" && fn.Name() == "WithoutCancel" {
			return opened{}, false
		}
		args := x.Args
		if sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr); ok {
			args = append([]ast.Expr{sel.X}, args...)
		}
		for _, a := range args {
			if o, ok := k.value(a); ok {
				if id := calleeIdent(x); id == nil || id.Name != "append" {
					o.by = x
				}
				return o, true
			}
		}
	}
	return opened{}, false
}

// kept lists the results that were asked for with the living context and are
// used behind Wait, where it matters that the context has ended.
func (f *ctxFlow) kept() []ctxKept {
	var list []ctxKept
	for v, o := range f.opened {
		v, ok := v.(*types.Var)
		if !ok || o.by == nil || f.when[o.from]&ctxLive == 0 {
			continue
		}
		for _, id := range uses(f.pass.Info, f.body, v) {
			if f.when[id] != ctxDead {
				continue
			}
			c, ok := f.pass.FindNode(id)
			if ok && f.matters(c, v.Type()) {
				list = append(list, ctxKept{v, o.by, id})
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b ctxKept) int { return int(a.used.Pos() - b.used.Pos()) })
	return list
}

// matters tells whether what is done with a kept result at c goes wrong once its
// context has ended.
func (f *ctxFlow) matters(c inspector.Cursor, t types.Type) bool {
	k := keeperOf(element(t))
	if k == nil {
		return false
	}
	switch p := c.Parent().Node().(type) {
	case *ast.ParenExpr:
		return f.matters(c.Parent(), t)
	case *ast.IndexExpr:
		return p.X == c.Node() && f.matters(c.Parent(), element(t))
	case *ast.SelectorExpr:
		if slices.Contains(k.harmless, p.Sel.Name) {
			return false
		}
		if field, ok := f.pass.Info.Uses[p.Sel].(*types.Var); ok && keeperOf(field.Type()) != nil {
			return f.matters(c.Parent(), field.Type()) // resp.Body.Close()
		}
		return true
	case *ast.RangeStmt:
		v := localVar(f.pass.Info, orIdent(p.Value), f.body)
		return p.X == c.Node() && v != nil && f.anyMatters(p.Body, v)
	case *ast.CallExpr:
		id := calleeIdent(p)
		return p.Fun != c.Node() && (id == nil || id.Name != "len" && id.Name != "append" && id.Name != "cap")
	case *ast.ReturnStmt:
		return true
	case *ast.BinaryExpr, *ast.AssignStmt:
		return false
	}
	return false
}

func (f *ctxFlow) anyMatters(root ast.Node, v *types.Var) bool {
	for _, id := range uses(f.pass.Info, root, v) {
		if c, ok := f.pass.FindNode(id); ok && f.matters(c, v.Type()) {
			return true
		}
	}
	return false
}
