package programs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/herdtest/oracle"
)

// Smaller gives the programs that are p with one statement less, and without all that
// used what it declares; or with what stands in an if in place of that. Not all of
// them compile. Each has a name of its own.
func (p *Program) Smaller() []*Program {
	fset := token.NewFileSet()
	source := p.Source()
	file, err := parser.ParseFile(fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	fn := file.Decls[len(file.Decls)-1].(*ast.FuncDecl)
	s := &shrinker{source: source, base: fset.File(file.Pos()).Base(), body: fn.Body}
	var out []*Program
	add := func() {
		q := *p
		q.Name = fmt.Sprintf("%sx%d", p.Name, len(out))
		q.Body = s.text()
		q.dropOps()
		out = append(out, &q)
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		list := statements(n)
		for i, one := range list {
			if _, last := one.(*ast.ReturnStmt); last && i == len(list)-1 {
				continue
			}
			s.start()
			s.drop(one)
			if i+1 < len(list) && asksErr(list[i+1]) && assignsErr(one) {
				s.drop(list[i+1])
			}
			s.spread()
			add()
			if cond, ok := one.(*ast.IfStmt); ok && cond.Init == nil && cond.Else == nil {
				s.start()
				s.cut(cond.Pos(), cond.Body.Lbrace+1)
				s.cut(cond.Body.Rbrace, cond.Body.Rbrace+1)
				add()
			}
		}
		return true
	})
	return out
}

// dropOps leaves out the calls that nothing names any more.
func (p *Program) dropOps() {
	if p.Rule == "seqloop" {
		return
	}
	p.Ops = slices.DeleteFunc(slices.Clone(p.Ops), func(op oracle.Op) bool {
		return op.Name != "mark" && !strings.Contains(p.Body, fmt.Sprintf("%q", op.Name))
	})
}

func statements(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List
	case *ast.CaseClause:
		return n.Body
	}
	return nil
}

func asksErr(s ast.Stmt) bool {
	cond, ok := s.(*ast.IfStmt)
	return ok && cond.Init == nil && names(cond.Cond)["err"]
}

func assignsErr(s ast.Stmt) bool {
	a, ok := s.(*ast.AssignStmt)
	return ok && slices.ContainsFunc(a.Lhs, func(x ast.Expr) bool { return names(x)["err"] })
}

func names(n ast.Node) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			out[id.Name] = true
		}
		return true
	})
	return out
}

// A shrinker cuts pieces out of a function.
type shrinker struct {
	source []byte
	base   int
	body   *ast.BlockStmt
	cuts   [][2]int
	gone   map[string]bool // names that are no longer declared
}

func (s *shrinker) start() { s.cuts, s.gone = nil, map[string]bool{} }

func (s *shrinker) cut(from, to token.Pos) {
	s.cuts = append(s.cuts, [2]int{int(from) - s.base, int(to) - s.base})
}

// drop leaves a statement out.
func (s *shrinker) drop(one ast.Stmt) {
	s.cut(one.Pos(), one.End())
	switch one := one.(type) {
	case *ast.AssignStmt:
		if one.Tok == token.DEFINE {
			for _, x := range one.Lhs {
				for name := range names(x) {
					s.gone[name] = name != "err" && name != "_"
				}
			}
		}
	case *ast.DeclStmt:
		for _, spec := range one.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, id := range v.Names {
					s.gone[id.Name] = id.Name != "err"
				}
			}
		}
	}
}

func (s *shrinker) uses(n ast.Node) bool {
	for name := range names(n) {
		if s.gone[name] {
			return true
		}
	}
	return false
}

// spread leaves out what uses names that are gone.
func (s *shrinker) spread() {
	ast.Inspect(s.body, func(n ast.Node) bool {
		list := statements(n)
		for i, one := range list {
			switch one := one.(type) {
			case *ast.ReturnStmt:
				for _, x := range one.Results {
					s.operands(x)
				}
			case *ast.IfStmt:
				if one.Init != nil && s.uses(one.Init) || s.uses(one.Cond) {
					s.drop(one)
				}
			case *ast.ForStmt, *ast.RangeStmt, *ast.BlockStmt:
			default:
				if s.uses(one) {
					s.drop(one)
					if i+1 < len(list) && asksErr(list[i+1]) && assignsErr(one) {
						s.drop(list[i+1])
					}
				}
			}
		}
		return true
	})
}

// operands leaves out the parts of a sum, or the elements of a literal.
func (s *shrinker) operands(x ast.Expr) {
	switch x := x.(type) {
	case *ast.BinaryExpr:
		if s.uses(x.Y) {
			s.cut(x.X.End(), x.End())
		}
		if _, sum := x.X.(*ast.BinaryExpr); sum {
			s.operands(x.X)
		} else if s.uses(x.X) {
			s.put(x.X)
		}
	case *ast.CompositeLit:
		for _, e := range x.Elts {
			if s.uses(e) {
				s.put(e)
			}
		}
	default:
		if s.uses(x) {
			s.put(x)
		}
	}
}

// put has an empty string where an expression stands.
func (s *shrinker) put(x ast.Expr) {
	s.cuts = append(s.cuts, [2]int{-int(x.Pos()) + s.base, int(x.End()) - s.base})
}

// text is the body without what was cut.
func (s *shrinker) text() string {
	keep := make([]bool, len(s.source))
	for i := range keep {
		keep[i] = true
	}
	insert := map[int]bool{}
	for _, c := range s.cuts {
		from := c[0]
		if from < 0 {
			from = -from
			insert[from] = true
		}
		for i := from; i < c[1]; i++ {
			keep[i] = false
		}
	}
	var out strings.Builder
	for i := int(s.body.Lbrace) - s.base + 1; i < int(s.body.Rbrace)-s.base; i++ {
		if insert[i] {
			out.WriteString(`""`)
		}
		if keep[i] {
			out.WriteByte(s.source[i])
		}
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
