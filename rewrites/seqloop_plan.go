package rewrites

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"

	"github.com/dave/dst"
	"github.com/dave/dst/dstutil"

	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// A loopWriter holds what is decided before a loop is written anew: the names, the
// slots, and which statement is needed where.
type loopWriter struct {
	d  *declaration
	s  *matchers.SeqLoop
	at token.Pos

	i, wg, sem, stop string // stop: "" where no failure ends the loop
	over             dst.Expr
	hoisted          []dst.Stmt // what is worked out once, above both loops
	mapName          string     // of a loop over a map: its name, where the values are needed

	fields     bool            // the slots are fields of one struct, not lists of their own
	list, typ  string          // with fields: the list, and the struct's name
	r          string          // with fields: a round's struct within its goroutine
	empty      bool            // nothing is left to collect
	within     bool            // a goroutine is being written
	leaves     func() dst.Stmt // ends a round where it runs
	slots      []*loopSlot
	of         map[[2]int]*loopSlot // by call and result
	needed     map[ast.Stmt]need
	direct     map[*types.Var]bool // the round declares it, and a call fills its slot itself
	usedAhead  map[*types.Var]bool
	usedBehind map[*types.Var]bool
	clones     map[ast.Stmt]dst.Stmt // for the collecting loop, without comments
}

// A need tells in which of the two loops a statement in front of a call is needed.
type need struct{ ahead, behind bool }

// A loopSlot is where a goroutine leaves one value of its round.
type loopSlot struct {
	name string // of the list, or of the field
	typ  dst.Expr
	of   *types.Var // the variable it stands for; nil for a field, an element, an operand
	call int        // the call that fills it
	kept bool       // of is no result: the round declares it, and the call fills it
}

// prepare decides everything; it changes nothing of the tree but what it hoists.
func (w *loopWriter) prepare() error {
	for _, name := range []string{"make", "len", "nil", "true", "append", "error"} {
		if w.d.taken(name) {
			return refuse("F4", "%s means something else here: there is no way to keep what the rounds give", name)
		}
	}
	var err error
	if w.s.Form, err = w.chooseForm(); err != nil {
		return err
	}
	if w.s.Form == rule.FormErrgroup {
		w.leaves = func() dst.Stmt { return &dst.ReturnStmt{Results: []dst.Expr{ident("nil")}} }
	}
	w.analyse()
	if err := w.nameAll(); err != nil {
		return err
	}
	if err := w.planSlots(); err != nil {
		return err
	}
	if err := w.planOver(); err != nil {
		return err
	}
	w.clones = map[ast.Stmt]dst.Stmt{}
	for s := range w.needed {
		original, err := node[dst.Stmt](w.d, s)
		if err != nil {
			return err
		}
		w.clones[s] = bare(dst.Clone(original).(dst.Stmt))
	}
	w.markLocals()
	return nil
}

// bare takes the comments out of a copy: they stay with the original.
func bare(s dst.Stmt) dst.Stmt {
	dst.Inspect(s, func(n dst.Node) bool {
		if n != nil {
			decs := n.Decorations()
			decs.Start, decs.End = nil, nil
			clearPoints(n)
		}
		return true
	})
	return s
}

// clearPoints takes out the comments that stand inside a node.
func clearPoints(n dst.Node) {
	switch n := n.(type) {
	case *dst.BlockStmt:
		n.Decs.Lbrace = nil
	case *dst.CallExpr:
		n.Decs.Lparen = nil
	case *dst.CompositeLit:
		n.Decs.Lbrace = nil
	}
}

// markLocals tells whoever checks the names that those of the loop are written anew:
// there are two of each now.
func (w *loopWriter) markLocals() {
	ast.Inspect(w.s.Loop, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := w.d.pass.Info.ObjectOf(id).(*types.Var); ok && !v.IsField() && w.s.Loop.Pos() <= v.Pos() && v.Pos() < w.s.Loop.End() {
				w.d.anew = append(w.d.anew, id)
			}
		}
		return true
	})
}

func (w *loopWriter) nameAll() error {
	w.i = "i"
	switch {
	case w.s.Head.Kind != matchers.OverMap && w.s.Head.Key != nil:
		w.i = w.s.Head.Key.Name
	case mentions(w.s.Loop, "i"):
		w.i = w.fresh("j", "idx")
	}
	w.wg, w.sem = w.fresh("wg", "group"), w.fresh("sem", "slots")
	for _, c := range w.s.Calls {
		if c.Stops {
			w.stop = w.fresh("stop", "failed")
		}
	}
	return nil
}

// fresh is a name that means nothing in the declaration, and that no loop above in
// the same list of statements is given.
func (w *loopWriter) fresh(names ...string) string {
	if w.s.Number > 1 {
		return w.d.numbered(names[0], w.s.Number)
	}
	return w.d.fresh(names...)
}

// mentions tells whether a name occurs below root.
func mentions(root ast.Node, name string) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == name
		return !found
	})
	return found
}

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
	name := []rune(sel.Sel.Name)
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

// put gives a node with each variable that an earlier call of the round is assigned
// to replaced by its slot.
func (w *loopWriter) put(source ast.Node, n dst.Node, call int) dst.Node {
	by := map[dst.Node]dst.Expr{}
	ast.Inspect(source, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok {
			if v, ok := w.d.pass.Info.ObjectOf(id).(*types.Var); ok && !v.IsField() {
				if s := w.slotBefore(v, call); s != nil && w.d.nodes[id] != nil {
					by[w.d.nodes[id]] = w.read(s)
				}
			}
		}
		return true
	})
	return exchange(n, by)
}

// slotBefore is the slot that v stands for in front of a call.
func (w *loopWriter) slotBefore(v *types.Var, call int) (found *loopSlot) {
	for _, s := range w.slots {
		if s.of == v && (!s.kept && s.call < call || s.kept && w.direct[v]) {
			found = s
		}
	}
	return found
}

// exchange puts other expressions in the place of some nodes below n.
func exchange(n dst.Node, by map[dst.Node]dst.Expr) dst.Node {
	if x := by[n]; x != nil {
		return x
	}
	return dstutil.Apply(n, func(c *dstutil.Cursor) bool {
		if x := by[c.Node()]; x != nil {
			c.Replace(x)
			return false
		}
		return true
	}, nil)
}

// varsOf gathers the variables that a node mentions.
func (w *loopWriter) varsOf(n ast.Node) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	ast.Inspect(n, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok {
			if v, ok := w.d.pass.Info.ObjectOf(id).(*types.Var); ok && !v.IsField() {
				vars[v] = true
			}
		}
		return true
	})
	return vars
}

// assigns gathers the variables of the round that a statement declares or assigns,
// also through a part of one.
func (w *loopWriter) assigns(n ast.Node) map[*types.Var]bool {
	vars := map[*types.Var]bool{}
	add := func(x ast.Expr) {
		if v := rootVar(w.d.pass.Info, x); v != nil {
			vars[v] = true
		}
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			for _, lhs := range m.Lhs {
				add(lhs)
			}
		case *ast.IncDecStmt:
			add(m.X)
		case *ast.ValueSpec:
			for _, id := range m.Names {
				add(id)
			}
		}
		return true
	})
	return vars
}

// rootVar is the variable that an assignment's target starts from: req of
// req.Header[k]; nil where it starts from a call.
func rootVar(info *types.Info, x ast.Expr) *types.Var {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.Ident:
			v, _ := info.ObjectOf(e).(*types.Var)
			return v
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		default:
			return nil
		}
	}
}
