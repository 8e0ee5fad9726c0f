package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"unicode"

	"github.com/dave/dst"

	"github.com/goherd/goherd/matchers"
)

// planOver decides what both loops go over.
func (w *loopWriter) planOver() error {
	h := w.s.Head
	over, err := node[dst.Expr](w.d, h.Over)
	if err != nil {
		return err
	}
	if h.Kind == matchers.OverMap {
		return w.gatherKeys(over)
	}
	constant := w.d.pass.Info.Types[h.Over].Value != nil
	again := h.Again || constant || h.Kind == matchers.Counted
	if lenOf, ok := over.(*dst.CallExpr); ok && h.Kind == matchers.OverCount && isLenOfName(lenOf) {
		again = true
	}
	if !again {
		name := w.nameFor(h.Over, "items", "all")
		if h.Kind == matchers.OverCount {
			name = w.fresh("n", "count")
		}
		w.hoisted = append(w.hoisted, define(name, over))
		over = ident(name)
	}
	w.over = over
	return nil
}

// nameFor is a name for what an expression gives: volumes for project.Volumes, users
// for s.Users().
func (w *loopWriter) nameFor(x ast.Expr, others ...string) string {
	if call, ok := ast.Unparen(x).(*ast.CallExpr); ok {
		x = call.Fun
	}
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return w.fresh(others...)
	}
	name := []rune(matchers.Subject(sel.Sel.Name)) // productIds for resp.GetProductIds()
	if len(name) < 3 || unicode.IsUpper(name[0]) && unicode.IsUpper(name[1]) {
		return w.fresh(others...)
	}
	name[0] = unicode.ToLower(name[0])
	if s := string(name); !token.IsKeyword(s) && s != sel.Sel.Name && types.Universe.Lookup(s) == nil {
		others = append([]string{s}, others...)
	}
	return w.fresh(others...)
}

func isLenOfName(c *dst.CallExpr) bool {
	f, ok := c.Fun.(*dst.Ident)
	if !ok || f.Name != "len" || len(c.Args) != 1 {
		return false
	}
	_, ok = c.Args[0].(*dst.Ident)
	return ok
}

// gatherKeys writes down a map's keys: two loops over a map have two orders.
//
//	keys := make([]string, 0, len(m))
//	for k := range m {
//		keys = append(keys, k)
//	}
func (w *loopWriter) gatherKeys(over dst.Expr) error {
	m := w.d.pass.Info.TypeOf(w.s.Head.Over).Underlying().(*types.Map)
	key, err := w.typeOf(m.Key())
	if err != nil {
		return err
	}
	if !w.s.Head.Again {
		w.mapName = w.nameFor(w.s.Head.Over, "byKey", "entries")
		w.hoisted = append(w.hoisted, define(w.mapName, over))
		over = ident(w.mapName)
	}
	w.mapName = over.(*dst.Ident).Name
	keys, k := w.fresh("keys", "names"), "k"
	if w.s.Head.Key != nil {
		k = w.s.Head.Key.Name
	}
	gather := &dst.AssignStmt{Lhs: []dst.Expr{ident(keys)}, Tok: token.ASSIGN, Rhs: []dst.Expr{call(ident("append"), ident(keys), ident(k))}}
	w.hoisted = append(w.hoisted,
		define(keys, call(ident("make"), &dst.ArrayType{Elt: key}, number("0"), call(ident("len"), ident(w.mapName)))),
		&dst.RangeStmt{Key: ident(k), Tok: token.DEFINE, X: ident(w.mapName), Body: &dst.BlockStmt{List: []dst.Stmt{onItsOwn(gather)}}})
	w.over = ident(keys)
	return nil
}

// count writes how many rounds there are.
func (w *loopWriter) count() dst.Expr {
	over := dst.Clone(w.over).(dst.Expr)
	switch w.s.Head.Kind {
	case matchers.OverCount, matchers.Counted:
		if w.s.Head.Signed && w.d.pass.Info.Types[w.s.Head.Over].Value == nil {
			return call(ident("max"), over, number("0")) // make panics on less
		}
		return over
	}
	return call(ident("len"), over)
}

// head writes a loop over the rounds. The index is left out where there is no slot.
func (w *loopWriter) head(used map[*types.Var]bool, body *dst.BlockStmt) dst.Stmt {
	h := w.s.Head
	uses := func(id *ast.Ident) bool { return id != nil && used[w.defined(id)] }
	index := dst.Expr(ident(w.i))
	if len(w.slots) == 0 && !(h.Kind != matchers.OverMap && uses(h.Key)) {
		index = nil
	}
	switch h.Kind {
	case matchers.Counted:
		return &dst.ForStmt{
			Init: define(w.i, number("0")),
			Cond: &dst.BinaryExpr{X: ident(w.i), Op: token.LSS, Y: dst.Clone(w.over).(dst.Expr)},
			Post: &dst.IncDecStmt{X: ident(w.i), Tok: token.INC}, Body: body,
		}
	case matchers.OverCount:
		return ranging(index, nil, dst.Clone(w.over).(dst.Expr), body)
	case matchers.OverMap:
		key := dst.Expr(nil)
		if uses(h.Key) || uses(h.Value) {
			key = ident(w.keyName())
		}
		if uses(h.Value) {
			read := define(h.Value.Name, &dst.IndexExpr{X: ident(w.mapName), Index: ident(w.keyName())})
			body.List = append([]dst.Stmt{onItsOwn(read)}, body.List...)
		}
		return ranging(index, key, dst.Clone(w.over).(dst.Expr), body)
	}
	value := dst.Expr(nil)
	if uses(h.Value) {
		value = ident(h.Value.Name)
	}
	return ranging(index, value, dst.Clone(w.over).(dst.Expr), body)
}

// defined is the variable that an identifier declares.
func (w *loopWriter) defined(id *ast.Ident) *types.Var {
	v, _ := w.d.pass.Info.Defs[id].(*types.Var)
	return v
}

func (w *loopWriter) keyName() string {
	if w.s.Head.Key != nil {
		return w.s.Head.Key.Name
	}
	return "k"
}

func ranging(key, value, over dst.Expr, body *dst.BlockStmt) *dst.RangeStmt {
	if key == nil && value != nil {
		key = ident("_")
	}
	tok := token.DEFINE
	if key == nil {
		tok = token.ILLEGAL
	}
	return &dst.RangeStmt{Key: key, Value: value, Tok: tok, X: over, Body: body}
}

// copies gives each round its own loop variables, where the language doesn't
// (hazard A12).
func (w *loopWriter) copies() []dst.Stmt {
	if w.d.pass.AtLeast(w.d.file, "go1.22") {
		return nil
	}
	same := &dst.AssignStmt{Tok: token.DEFINE}
	add := func(name string) {
		same.Lhs, same.Rhs = append(same.Lhs, ident(name)), append(same.Rhs, ident(name))
	}
	inside := map[*types.Var]bool{}
	for _, c := range w.s.Calls {
		for v := range w.varsOf(c.Call) {
			inside[v] = true
		}
		for _, s := range c.Between {
			for v := range w.varsOf(s) {
				inside[v] = true
			}
		}
	}
	has := func(id *ast.Ident) bool {
		v, _ := w.d.pass.Info.ObjectOf(orNone(id)).(*types.Var)
		return id != nil && inside[v]
	}
	if len(w.slots) > 0 || w.s.Head.Kind != matchers.OverMap && has(w.s.Head.Key) {
		add(w.i)
	}
	if w.s.Head.Kind == matchers.OverMap {
		if has(w.s.Head.Key) {
			add(w.s.Head.Key.Name)
		}
	} else if has(w.s.Head.Value) {
		add(w.s.Head.Value.Name)
	}
	if len(same.Lhs) == 0 {
		return nil
	}
	return []dst.Stmt{onItsOwn(same)}
}

func orNone(id *ast.Ident) *ast.Ident {
	if id == nil {
		return &ast.Ident{}
	}
	return id
}
