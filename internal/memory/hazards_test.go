package memory

import (
	"go/ast"
	"go/parser"
	"strings"
	"testing"
)

// Each hazard has the fact that a rule needs, and its repaired twin hasn't. What
// is asked: "statements" are the last two statements that are no return; "calls"
// the last two calls; "turns" the body of the first loop with itself; "literals"
// the first literal with itself; else words that the summary has.
var hazardFacts = []struct{ name, ask, want, repaired string }{
	{"A1", "statements", "conflict", "disjoint"},
	{"A2", "statements", "conflict", "disjoint"},
	{"A3", "calls", "conflict", "disjoint"},
	{"shop.A4", "calls", "conflict", "disjoint"},
	{"A5", "turns", "conflict", "disjoint"},
	{"A6", "turns", "conflict", "disjoint"},
	{"A9", "turns", "conflict", "disjoint"},
	{"A10", "turns", "conflict", "disjoint"},
	{"A11", "writes 0[]", "yes", "no"},
	{"shop.A13", "calls", "unsure", "disjoint"},
	{"shop.B4", "retains 0", "yes", "no"},
	{"B11", "statements", "conflict", "disjoint"},
	{"B13", "literals", "conflict", "disjoint"},
	{"B20", "retains 0", "yes", "no"},
	{"B22", "writes 1[]", "yes", "no"},
	{"shop.D1", "calls", "conflict", "disjoint"},
	{"D8", "retains 1", "yes", "no"},
	{"D9", "retains 0", "yes", "no"},
	{"D10", "retains 0", "yes", "no"},
	{"shop.E6", "calls", "unsure", "disjoint"},
	{"shop.E8", "turns", "unsure", "disjoint"},
	{"H2", "calls", "conflict", "disjoint"},
	{"H3", "calls", "conflict", "disjoint"},
	{"H3hidden", "one user at a time", "yes", ""},
	{"H7", "calls", "conflict", "disjoint"},
}

func TestHazards(t *testing.T) {
	w := newWorld(t)
	file, err := parser.ParseFile(w.fset, "testdata/hazards.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	p := w.check(t, "hazards", file)
	for _, h := range hazardFacts {
		if got, why := p.ask(t, h.name, h.ask); got != h.want {
			t.Errorf("%s: %s: got %s, want %s: %s", h.name, h.ask, got, h.want, why)
		}
		if h.repaired == "" {
			continue
		}
		if got, why := p.ask(t, h.name+"repaired", h.ask); got != h.repaired {
			t.Errorf("%srepaired: %s: got %s, want %s: %s", h.name, h.ask, got, h.repaired, why)
		}
	}
}

// ask answers one question about a function, and says why.
func (c *checked) ask(t *testing.T, fn, what string) (answer, why string) {
	t.Helper()
	var v Verdict
	switch what {
	case "statements":
		a, b := c.lastStatements(t, fn)
		v = Conflict(c.Region(a), c.Region(b))
	case "calls":
		a, b := c.lastTwo(t, fn)
		v = Conflict(c.Call(a), c.Call(b))
	case "turns", "literals":
		var part ast.Node
		ast.Inspect(c.body(t, fn), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				if what == "turns" && part == nil {
					part = n.Body
				}
			case *ast.FuncLit:
				if what == "literals" && part == nil {
					part = n.Body
				}
			}
			return true
		})
		v = Conflict(c.Region(part), c.Region(part))
	default:
		s := c.Of(c.fn(t, fn))
		all := s.String() + strings.Join(s.Reasons(), "\n")
		if strings.Contains(all, what) {
			return "yes", all
		}
		return "no", all
	}
	return v.Grade.String(), v.Why
}

// lastStatements are the last two statements of a function that are no return; a
// call in one is looked at together with its operands.
func (c *checked) lastStatements(t *testing.T, fn string) (a, b ast.Stmt) {
	t.Helper()
	for _, s := range c.body(t, fn).List {
		if _, ok := s.(*ast.ReturnStmt); !ok {
			a, b = b, s
		}
	}
	if a == nil {
		t.Fatalf("%s has no two statements", fn)
	}
	return a, b
}
