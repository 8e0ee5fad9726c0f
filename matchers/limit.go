package matchers

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A Limit is the bound that a rewrite writes into a fan-out.
type Limit struct {
	Expr      string // Go source: "8", "s.cfg.Concurrency", "runtime.GOMAXPROCS(0)"
	Import    string // the package that Expr needs, "" for none
	Why       string // "net/http's figure in goherd's table"
	MayBeZero bool   // a setting: it may be 0 or less, which must not block for ever
	Convert   bool   // an integer of another type: int(Expr)
}

// DefaultLimit is the bound where nothing else is known: after 1 and 4, the one
// that people write most often.
const DefaultLimit = "8"

// chooseLimit picks the bound: an int at hand that means one, the user's
// --limit, the table's figure for the client, a processor each for what
// computes or starts processes, else 8.
func chooseLimit(pass *rule.Pass, p Place, work *effects.Region, at token.Pos) Limit {
	if l, ok := limitAtHand(pass, p, at); ok {
		return l
	}
	if n := pass.Options.Limit; n > 0 {
		return Limit{Expr: strconv.Itoa(n), Why: "chosen with --limit"}
	}
	if work.Limit > 0 {
		return Limit{Expr: strconv.Itoa(work.Limit), Why: "goherd's figure for " + work.Via}
	}
	if work.Block == effects.Process || work.Block < effects.File {
		return Limit{Expr: "runtime.GOMAXPROCS(0)", Import: "runtime", Why: "one for each processor"}
	}
	return Limit{Expr: DefaultLimit, Why: "goherd's default: change it with --limit"}
}

// limitAtHand looks for a number that already means a bound: a parameter, a
// field of a parameter or of the receiver (also one inside its cfg, config,
// opts or options), a constant of the package.
func limitAtHand(pass *rule.Pass, p Place, at token.Pos) (Limit, bool) {
	fn, ok := p.Decl.(*ast.FuncDecl) // what a literal captures is at hand, too
	if !ok {
		return limitConst(pass, at)
	}
	lists := []*ast.FieldList{fn.Type.Params, fn.Recv}
	for _, list := range lists {
		if list == nil {
			continue
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				v, ok := pass.Info.Defs[name].(*types.Var)
				if !ok || name.Name == "_" || !meansHere(pass, name.Name, v, at) || list == fn.Type.Params && askedForNil(pass.Info, fn.Body, v) {
					continue
				}
				if l, ok := limitIn(pass.Pkg, v, name.Name, 2); ok {
					return l, true
				}
			}
		}
	}
	return limitConst(pass, at)
}

// limitIn tells whether v, or a field below it, is such a number.
func limitIn(pkg *types.Package, v *types.Var, path string, depth int) (Limit, bool) {
	if b, ok := v.Type().Underlying().(*types.Basic); ok {
		if b.Info()&types.IsInteger != 0 && meansBound(v.Name()) {
			return Limit{Expr: path, Why: path + " is at hand and means it", MayBeZero: true, Convert: !types.Identical(v.Type(), types.Typ[types.Int])}, true
		}
		return Limit{}, false
	}
	t := types.Unalias(v.Type())
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || depth == 0 {
		return Limit{}, false
	}
	for i := range s.NumFields() {
		f := s.Field(i)
		if !f.Exported() && f.Pkg() != pkg {
			continue
		}
		_, basic := f.Type().Underlying().(*types.Basic)
		if !basic && !holdsSettings(f.Name()) {
			continue
		}
		if l, ok := limitIn(pkg, f, path+"."+f.Name(), depth-1); ok {
			return l, true
		}
	}
	return Limit{}, false
}

// meansBound is stricter than boundName: here the name decides what is written.
func meansBound(name string) bool {
	n := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	for _, w := range []string{"concurrency", "parallelism", "maxconcurrent", "maxparallel", "workers", "maxworkers", "numworkers", "nworkers", "maxinflight", "maxgoroutines", "maxthreads"} {
		if n == w || strings.HasSuffix(n, "concurrency") || strings.HasSuffix(n, "parallelism") {
			return true
		}
	}
	return false
}

func holdsSettings(name string) bool {
	switch strings.ToLower(name) {
	case "cfg", "conf", "config", "opts", "opt", "options", "settings", "params":
		return true
	}
	return false
}

// limitConst is a constant of the package that means a bound, where there is
// exactly one: of several, only the author knows which.
func limitConst(pass *rule.Pass, at token.Pos) (Limit, bool) {
	var found []string
	scope := pass.Pkg.Scope()
	for _, name := range scope.Names() {
		c, ok := scope.Lookup(name).(*types.Const)
		if !ok || !meansBound(name) {
			continue
		}
		if n, exact := constant.Int64Val(constant.ToInt(c.Val())); exact && n > 0 && c.Val().Kind() == constant.Int && meansHere(pass, name, c, at) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return Limit{}, false
	}
	t := scope.Lookup(found[0]).Type()
	convert := !types.Identical(t, types.Typ[types.Int]) && !types.Identical(t, types.Typ[types.UntypedInt])
	return Limit{Expr: found[0], Why: found[0] + " is at hand and means it", Convert: convert}, true
}

// askedForNil tells whether a function asks if v is nil: then v may be, and a
// look into it where nobody asked would panic.
func askedForNil(info *types.Info, body *ast.BlockStmt, v *types.Var) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if b, ok := n.(*ast.BinaryExpr); ok && info.Types[b.Y].IsNil() && effects.Root(info, b.X) == types.Object(v) {
			found = true
		}
		return !found
	})
	return found
}
