package known

import (
	"go/token"
	"maps"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/tabletest"
)

// TestWrites holds "writes" against the sources of the standard library: where the
// body of a function itself stores into what a parameter points to, the table must
// say so. Stores that functions further down make are not looked for.
func TestWrites(t *testing.T) {
	paths := slices.DeleteFunc(slices.Sorted(maps.Keys(tabletest.ByPackage())), func(path string) bool { return !standard(path) || path == "unsafe" })
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	prog, built := ssautil.Packages(pkgs, 0)
	prog.Build()
	looked := 0
	for i, p := range pkgs {
		if built[i] == nil {
			t.Errorf("%s has no SSA: %v", p.PkgPath, p.Errors)
			continue
		}
		for _, s := range tabletest.Callable(p.Types) {
			fn := prog.FuncValue(s.Func)
			k, ok := effects.LookupAs(p.PkgPath, s.Name, s.Func)
			if fn == nil || !ok || !token.IsExported(s.Name) {
				continue
			}
			looked++
			for _, param := range written(fn) {
				at := slices.Index(fn.Params, param)
				if s.Func.Signature().Recv() != nil {
					at-- // Receiver is -1
				}
				if !k.Writes.Has(at) {
					t.Errorf("%s.%s writes %s (%d): %s", p.PkgPath, s.Name, param.Name(), at, prog.Fset.Position(fn.Pos()))
				}
			}
		}
	}
	if looked < 3000 {
		t.Errorf("only %d functions were looked at", looked)
	}
}

// written are the parameters into whose memory fn stores itself.
func written(fn *ssa.Function) []*ssa.Parameter {
	set := map[*ssa.Parameter]bool{}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			var into ssa.Value
			switch x := instr.(type) {
			case *ssa.Store:
				into = x.Addr
			case *ssa.MapUpdate:
				into = x.Map
			case *ssa.Call:
				if f, ok := x.Call.Value.(*ssa.Builtin); ok && slices.Contains([]string{"copy", "clear", "delete"}, f.Name()) {
					into = x.Call.Args[0]
				}
			}
			if p := rootOf(into); p != nil {
				set[p] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(fn.Params), func(p *ssa.Parameter) bool { return !set[p] })
}

// rootOf is the parameter whose memory an address lies in, nil where it is none's.
func rootOf(v ssa.Value) *ssa.Parameter {
	for {
		switch x := v.(type) {
		case *ssa.Parameter:
			return x
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		case *ssa.Slice:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.UnOp:
			if x.Op != token.MUL {
				return nil
			}
			v = x.X
		default:
			return nil
		}
	}
}
