package effects

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// TestHazards: of each hazard that a summary can show, the fact that its guard
// needs is there, and it is not there where the code is repaired.
func TestHazards(t *testing.T) {
	data, err := os.ReadFile("testdata/hazards/hazards.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "\npackage hazards\n")
	pass := newWorld(t).pass(t, "hazards", text)
	o := Compute(pass)
	facts := map[string]string{} // by function: facet and value
	file := pass.Files[0]
	for _, group := range file.Comments {
		for _, c := range group.List {
			words, ok := strings.CutPrefix(c.Text, "// fact ")
			if !ok {
				continue
			}
			name, rest, _ := strings.Cut(words, " ")
			facet, want, _ := strings.Cut(rest, " ")
			decl := declAt(file, c.Pos())
			s, ok := subject(o, pass, decl, name, c.Pos())
			if !ok {
				t.Errorf("line %d has no call of %s", pass.Fset.Position(c.Pos()).Line, name)
				continue
			}
			if got, known := facets(s)[facet]; !known || got != want {
				t.Errorf("%s: %s of %s is %q, want %q\n%s", decl.Name.Name, facet, name, got, want, strings.Join(o.Describe(&s), "\n"))
			}
			facts[decl.Name.Name] = facet + " " + want
		}
	}
	for name, fact := range facts {
		if strings.HasSuffix(name, "OK") {
			continue
		}
		facet, value, _ := strings.Cut(fact, " ")
		ok, repaired := facts[name+"OK"]
		if facet2, value2, _ := strings.Cut(ok, " "); !repaired || facet2 != facet || value2 == value {
			t.Errorf("%s has %q, its twin %q", name, fact, ok)
		}
	}
	if len(facts) < 60 {
		t.Errorf("only %d facts", len(facts))
	}
}

// declAt is the function on whose lines pos is, or ends one.
func declAt(file *ast.File, pos token.Pos) *ast.FuncDecl {
	var last *ast.FuncDecl
	for _, d := range file.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Pos() < pos {
			last = fd
		}
	}
	return last
}

// subject is the summary that a fact speaks of.
func subject(o *Oracle, pass *analysis.Pass, decl *ast.FuncDecl, name string, pos token.Pos) (s Summary, found bool) {
	if name == "func" {
		return o.Of(pass.TypesInfo.Defs[decl.Name].(*types.Func)), true
	}
	line := pass.Fset.Position(pos).Line
	ast.Inspect(decl, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || pass.Fset.Position(call.End()).Line != line {
			return !found
		}
		if fn, ok := typeutil.Callee(pass.TypesInfo, call).(*types.Func); ok && fn.Name() == name {
			s, found = o.Call(call), true
		}
		return true
	})
	return s, found
}
