package matchers

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// A LoopHead is the head of a loop whose rounds can be numbered before the first
// of them runs.
type LoopHead struct {
	Kind  LoopKind
	Key   *ast.Ident // the index, a map's key, a count; nil where absent or blank
	Value *ast.Ident // the element; nil where absent or blank
	Over  ast.Expr   // what is ranged over, or the number of rounds

	Again  bool // Over is a name that nothing in the loop assigns: it can be written again
	Signed bool // the number of rounds may be less than 0
	Rounds int  // how many, where the source fixes it; -1 where it doesn't
}

// A LoopKind is what a loop goes over.
type LoopKind uint8

// The kinds.
const (
	OverList  LoopKind = iota // a slice, an array, a pointer to one
	OverMap                   // the keys are gathered first: their order is no order
	OverCount                 // `for i := range n`
	Counted                   // `for i := 0; i < n; i++`
)

// loopHeadOf reads a loop's head. ok is false for a channel and an iterator, whose
// end nobody knows before it comes, for a string, for variables that belong to
// the function around the loop, and for a count that the body moves.
func loopHeadOf(info *types.Info, loop ast.Stmt) (h LoopHead, ok bool) {
	h.Rounds = -1
	switch l := loop.(type) {
	case *ast.RangeStmt:
		if l.Key != nil && l.Tok != token.DEFINE {
			return h, false
		}
		h.Key, h.Value, h.Over = nameIn(l.Key), nameIn(l.Value), l.X
		if !h.ranges(info) {
			return h, false
		}
	case *ast.ForStmt:
		if !h.counts(info, l) {
			return h, false
		}
	default:
		return h, false
	}
	for _, id := range []*ast.Ident{h.Key, h.Value} {
		if v, isVar := info.ObjectOf(orBlank(id)).(*types.Var); id != nil && (!isVar || isAssignedIn(info, bodyOf(loop), v)) {
			return h, false // each round's own, but somebody changes it: what it is later is hard to say
		}
	}
	h.Again = isName(h.Over) && !changedIn(info, loop, h.Over)
	if h.Rounds < 0 {
		h.Rounds = fixedRounds(info, h.Over)
	}
	return h, true
}

// nameIn is the name of a loop's variable, nil for none and for "_".
func nameIn(x ast.Expr) *ast.Ident {
	id, ok := x.(*ast.Ident)
	if !ok || id.Name == "_" {
		return nil
	}
	return id
}

func orBlank(id *ast.Ident) *ast.Ident {
	if id == nil {
		return &ast.Ident{Name: "_"}
	}
	return id
}

// ranges sorts a range loop by what it goes over.
func (h *LoopHead) ranges(info *types.Info) bool {
	t := info.TypeOf(h.Over)
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		h.Kind = OverList
	case *types.Array:
		h.Kind, h.Rounds = OverList, int(u.Len())
	case *types.Pointer:
		array, ok := u.Elem().Underlying().(*types.Array)
		if !ok {
			return false
		}
		h.Kind, h.Rounds = OverList, int(array.Len())
	case *types.Map:
		h.Kind = OverMap
		return isOrdinary(u.Key())
	case *types.Basic:
		h.Kind, h.Signed = OverCount, u.Info()&types.IsUnsigned == 0 && !isLen(info, h.Over)
		return u.Info()&types.IsInteger != 0
	default:
		return false // a type parameter, a channel, an iterator
	}
	return true
}

// isOrdinary tells whether a map's key is found again by itself: a NaN isn't, and
// an interface may hold one.
func isOrdinary(key types.Type) bool {
	switch u := key.Underlying().(type) {
	case *types.Basic:
		return u.Info()&(types.IsFloat|types.IsComplex) == 0
	case *types.Struct:
		for f := range u.Fields() {
			if !isOrdinary(f.Type()) {
				return false
			}
		}
		return true
	case *types.Array:
		return isOrdinary(u.Elem())
	case *types.Pointer:
		return true
	}
	return false
}

// counts reads `for i := 0; i < n; i++`, and nothing that counts otherwise.
func (h *LoopHead) counts(info *types.Info, l *ast.ForStmt) bool {
	init, ok := l.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE || len(init.Lhs) != 1 || len(init.Rhs) != 1 {
		return false
	}
	zero := 1
	if h.Key = nameIn(init.Lhs[0]); h.Key == nil || !constInt(info, init.Rhs[0], &zero) || zero != 0 {
		return false
	}
	cond, ok := l.Cond.(*ast.BinaryExpr)
	if !ok || cond.Op != token.LSS || !isUse(info, cond.X, h.Key) {
		return false
	}
	post, ok := l.Post.(*ast.IncDecStmt)
	if !ok || post.Tok != token.INC || !isUse(info, post.X, h.Key) {
		return false
	}
	h.Kind, h.Over, h.Signed = Counted, cond.Y, !isLen(info, cond.Y)
	// The number is asked for again each round: it must stay what it was.
	return info.Types[cond.Y].Value != nil || steadyCount(info, l, cond.Y)
}

// steadyCount tells whether a count is a name, or the length of one, that nothing
// in the loop assigns.
func steadyCount(info *types.Info, loop ast.Stmt, n ast.Expr) bool {
	n = ast.Unparen(n)
	if isLen(info, n) {
		n = ast.Unparen(n.(*ast.CallExpr).Args[0])
	}
	return isName(n) && !changedIn(info, loop, n)
}

// isName tells whether x is one name: what it holds can be asked for twice.
func isName(x ast.Expr) bool {
	_, ok := ast.Unparen(x).(*ast.Ident)
	return ok
}

// changedIn tells whether the variable that x names is assigned below root, or has
// its address taken there. A variable of the package may be changed by anybody.
func changedIn(info *types.Info, root ast.Node, x ast.Expr) bool {
	v := rootOf(info, x)
	return v == nil || v.Pkg() != nil && v.Parent() == v.Pkg().Scope() || isAssignedIn(info, root, v)
}

// isAssignedIn tells whether v is assigned below root, or its address taken.
func isAssignedIn(info *types.Info, root ast.Node, v *types.Var) bool {
	found := false
	inspectAssigned(info, root, v, func(token.Pos) { found = true })
	return found
}

// fixedRounds is how often a loop over x runs where the source says so; else -1.
func fixedRounds(info *types.Info, x ast.Expr) int {
	if v := info.Types[x].Value; v != nil {
		if n, exact := constant.Int64Val(constant.ToInt(v)); exact {
			return int(min(n, 1<<20))
		}
	}
	if lit, ok := ast.Unparen(x).(*ast.CompositeLit); ok {
		return len(lit.Elts)
	}
	return -1
}
