package memory

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (b *body) assignment(s *ast.AssignStmt) {
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE { // x += y
		sp := b.spot(s.Lhs[0])
		b.valuesOf(s.TokPos, sp, nil)
		b.eval(s.Rhs[0])
		b.write(s.TokPos, sp, nil)
		return
	}
	if len(s.Lhs) == len(s.Rhs) {
		vals := make([][]elem, len(s.Rhs))
		for i, x := range s.Rhs {
			vals[i] = b.eval(x)
		}
		for i, x := range s.Lhs {
			b.assign(x, s.TokPos, vals[i])
		}
		return
	}
	vals := b.several(s.Rhs[0])
	for i, x := range s.Lhs {
		var v []elem
		if i < len(vals) {
			v = vals[i]
		}
		b.assign(x, s.TokPos, v)
	}
}

// several evaluates an expression with more than one value.
func (b *body) several(x ast.Expr) [][]elem {
	if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
		return b.call(call)
	}
	return [][]elem{b.eval(x)} // v, ok := m[k], x.(T), <-c
}

// assign stores values in what x stands for.
func (b *body) assign(x ast.Expr, at token.Pos, vals []elem) {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok {
		if id.Name == "_" {
			return
		}
		at = id.Pos()
	}
	b.write(at, b.spot(x), vals)
}

func (b *body) write(at token.Pos, s spot, vals []elem) {
	for _, c := range s.cells {
		b.touch(at, c, true)
		b.put(at, c, vals)
	}
}

func (b *body) declaration(s *ast.DeclStmt) {
	gen, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range gen.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok || len(vs.Values) == 0 || gen.Tok == token.CONST {
			continue
		}
		var vals [][]elem
		if len(vs.Values) == 1 && len(vs.Names) > 1 {
			vals = b.several(vs.Values[0])
		} else {
			for _, x := range vs.Values {
				vals = append(vals, b.eval(x))
			}
		}
		for i, name := range vs.Names {
			if i < len(vals) {
				b.assign(name, name.Pos(), vals[i])
			}
		}
	}
}

// returns notes what is returned.
func (b *body) returns(s *ast.ReturnStmt) {
	var vals [][]elem
	if len(s.Results) == 1 {
		vals = b.several(s.Results[0])
	} else {
		for _, x := range s.Results {
			vals = append(vals, b.eval(x))
		}
	}
	if lit := b.frame.lit; lit != nil {
		list := b.returned[lit]
		for i, v := range append(vals, b.namedOf(lit.Type)...) {
			if s.Results != nil {
				if i >= len(vals) {
					break
				}
			}
			for len(list) <= i {
				list = append(list, nil)
			}
			if now := join(list[i], v...); len(now) > len(list[i]) {
				list[i], b.heap.changed = now, true
			}
		}
		b.returned[lit] = list
		b.leave()
		return
	}
	for i, v := range vals {
		for len(b.results) <= i {
			b.results = append(b.results, nil)
		}
		if i < len(b.named) && b.named[i].Name() != "" && b.named[i].Name() != "_" && len(v) > 0 {
			b.put(s.Pos(), b.variable(b.named[i]), v)
		}
		b.results[i] = join(b.results[i], v...)
	}
	b.leave()
}

// namedOf is what the named results of a literal hold.
func (b *body) namedOf(t *ast.FuncType) [][]elem {
	var out [][]elem
	if t.Results == nil {
		return nil
	}
	for _, f := range t.Results.List {
		for _, name := range f.Names {
			var vals []elem
			if v, ok := b.info.Defs[name].(*types.Var); ok && b.o.types.hasRefs(v.Type()) {
				vals = b.heap.load(b.variable(v))
			}
			out = append(out, vals)
		}
	}
	return out
}
