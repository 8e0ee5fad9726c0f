package rewrites

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/rule"
)

// planSlots gives each result that is used a place: a list for the values and one
// for the errors, or one list of structs where there is more to keep.
func (w *loopWriter) planSlots() error {
	w.of = map[[2]int]*loopSlot{}
	values, errs := 0, 0
	add := func(t types.Type, of *types.Var, call, result int, kept bool) error {
		typ, err := w.typeOf(t)
		if err != nil {
			return err
		}
		s := &loopSlot{typ: typ, of: of, call: call, kept: kept}
		if isError(t) {
			errs++
			s.name = "errs"
		} else {
			values++
			s.name = "results"
		}
		w.slots = append(w.slots, s)
		if !kept {
			w.of[[2]int{call, result}] = s
		}
		return nil
	}
	for k, c := range w.s.Calls {
		if c.Operand {
			if err := add(w.d.pass.Info.TypeOf(c.Call), nil, k, 0, false); err != nil {
				return err
			}
		}
		for j, r := range c.Results {
			if !r.Blank() && !(j == c.Err && w.s.Form == rule.FormErrgroup) {
				if err := add(r.Type, r.Var, k, j, false); err != nil {
					return err
				}
			}
		}
		for _, v := range c.Fills {
			if holdsLock(v.Type(), 4) {
				return refuse("F7", "%s has a lock in it, and would be copied out of what the rounds give", v.Name())
			}
			if err := add(v.Type(), v, k, 0, true); err != nil {
				return err
			}
		}
	}
	if w.fields = values > 1 || errs > 1; w.fields {
		w.nameFields()
		return nil
	}
	slices.SortStableFunc(w.slots, func(a, b *loopSlot) int { return strings.Compare(b.name, a.name) }) // results, errs
	for _, s := range w.slots {
		if s.name == "errs" {
			s.name = w.fresh("errs", "failures")
		} else {
			s.name = w.fresh("results", "found", "vals")
		}
	}
	return nil
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

func (w *loopWriter) nameFields() {
	w.list, w.typ, w.r = w.fresh("results", "rounds"), w.fresh("result", "round"), w.fresh("r", "res")
	taken := map[string]bool{}
	for _, s := range w.slots {
		name := "v"
		if s.of != nil {
			name = s.of.Name()
		} else if isErrorExpr(s.typ) {
			name = "err"
		}
		s.name = fieldName(name, taken)
	}
}

func isErrorExpr(x dst.Expr) bool {
	id, ok := x.(*dst.Ident)
	return ok && id.Name == "error"
}

// slotAt is the slot of one result of a call, nil where it is dropped.
func (w *loopWriter) slotAt(call, result int) *loopSlot { return w.of[[2]int{call, result}] }

// keptBy are the slots of the round's own variables that a call fills.
func (w *loopWriter) keptBy(call int) []*loopSlot {
	var list []*loopSlot
	for _, s := range w.slots {
		if s.kept && s.call == call {
			list = append(list, s)
		}
	}
	return list
}

// read writes a slot of round i: `results[i]`, `results[i].err`, `r.err`.
func (w *loopWriter) read(s *loopSlot) dst.Expr {
	switch {
	case !w.fields:
		return &dst.IndexExpr{X: ident(s.name), Index: ident(w.i)}
	case w.within:
		return selector(w.r, s.name)
	}
	return &dst.SelectorExpr{X: &dst.IndexExpr{X: ident(w.list), Index: ident(w.i)}, Sel: ident(s.name)}
}

// declareSlots makes room for each round.
//
//	results, errs := make([]*T, len(ids)), make([]error, len(ids))
//
// or, where there is more to keep:
//
//	type result struct { ... }
//	results := make([]result, len(ids))
func (w *loopWriter) declareSlots() []dst.Stmt {
	if len(w.slots) == 0 {
		return nil
	}
	if !w.fields {
		var names, lists []dst.Expr
		for _, s := range w.slots {
			names = append(names, ident(s.name))
			lists = append(lists, call(ident("make"), &dst.ArrayType{Elt: s.typ}, w.count()))
		}
		return []dst.Stmt{&dst.AssignStmt{Lhs: names, Tok: token.DEFINE, Rhs: lists}}
	}
	fields := &dst.FieldList{Opening: true, Closing: true}
	for _, s := range w.slots {
		f := &dst.Field{Names: []*dst.Ident{ident(s.name)}, Type: s.typ}
		f.Decs.Before, f.Decs.After = dst.NewLine, dst.NewLine
		fields.List = append(fields.List, f)
	}
	typ := &dst.GenDecl{Tok: token.TYPE, Specs: []dst.Spec{&dst.TypeSpec{Name: ident(w.typ), Type: &dst.StructType{Fields: fields}}}}
	return []dst.Stmt{&dst.DeclStmt{Decl: typ}, define(w.list, call(ident("make"), &dst.ArrayType{Elt: ident(w.typ)}, w.count()))}
}

// holdsLock tells whether a value has a mutex, or what must not be copied either, in it.
func holdsLock(t types.Type, depth int) bool {
	if types.NewMethodSet(types.NewPointer(t)).Lookup(nil, "Lock") != nil && types.NewMethodSet(t).Lookup(nil, "Lock") == nil {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if depth > 0 && holdsLock(f.Type(), depth-1) {
				return true
			}
		}
	case *types.Array:
		return depth > 0 && holdsLock(u.Elem(), depth-1)
	}
	return false
}
