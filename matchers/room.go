package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// sendsAreCounted: room helps only when it is enough for every send.
func sendsAreCounted(pass *rule.Pass, s *StuckResult) rule.Verdict {
	for _, snd := range s.Senders {
		most, twice := mostSends(pass.Info, snd.Chan, snd.Body)
		snd.Most = max(snd.Most, most)
		snd.Twice = twice
		if snd.Most >= many {
			return rule.Quiet(snd.Stmt.Pos(), "a goroutine sends any number of times")
		}
		if snd.Loop != nil && rounds(pass, snd.Loop) == "" {
			return rule.Quiet(snd.Stmt.Pos(), "no expression counts the goroutines")
		}
	}
	if n, ok := s.total(pass); ok && n <= s.Cap {
		return rule.Quiet(s.Made.Pos(), "there is room for every send")
	}
	if s.Cap > 0 && !s.oneRoomForMany(pass.Info) {
		return rule.Quiet(s.Made.Pos(), "somebody chose that room")
	}
	return rule.Holds(s.Made.Pos(), "no path sends more often than there will be room for: "+s.Room(pass))
}

// oneRoomForMany tells whether the room is 1 and several goroutines send, each
// as a matter of course: the usual slip. Any other number was somebody's
// choice, and room for one error among several that only may fail was, too.
func (s *StuckResult) oneRoomForMany(info *types.Info) bool {
	for _, snd := range s.Senders {
		always := false
		for _, st := range snd.Body.List {
			send, ok := st.(*ast.SendStmt)
			always = always || ok && effects.Root(info, send.Chan) == snd.Chan
		}
		if !always {
			return false
		}
	}
	return s.Cap == 1 && (len(s.Senders) > 1 || s.Senders[0].Loop != nil)
}

// total is the number of sends where it is a constant.
func (s *StuckResult) total(pass *rule.Pass) (int, bool) {
	n, err := strconv.Atoi(s.Room(pass))
	return n, err == nil
}

// Room is Go source for the most that can be sent: "1", "len(hosts)", "len(a)+2".
func (s *StuckResult) Room(pass *rule.Pass) string {
	fixed := s.fixedSends(pass.Info)
	var parts []string
	for _, snd := range s.Senders {
		if snd.Most == 0 || snd.Loop == nil {
			continue
		}
		r := rounds(pass, snd.Loop)
		if n, err := strconv.Atoi(r); err == nil {
			fixed += n * snd.Most
			continue
		}
		if snd.Most > 1 {
			if strings.ContainsAny(r, "+-*/%<>&|^") {
				r = "(" + r + ")"
			}
			r = fmt.Sprintf("%d*%s", snd.Most, r)
		}
		parts = append(parts, r)
	}
	if fixed > 0 || len(parts) == 0 {
		parts = append(parts, strconv.Itoa(fixed))
	}
	return strings.Join(parts, "+")
}

// fixedSends counts the sends of the goroutines that are started once: the most
// on one path, since of two branches only one is taken.
func (s *StuckResult) fixedSends(info *types.Info) int {
	launches := map[ast.Stmt]int{}
	for _, snd := range s.Senders {
		if snd.Loop == nil {
			launches[snd.Stmt] += snd.Most
		}
	}
	total := 0
	eachList(s.Body, func(list []ast.Stmt) {
		for i, st := range list {
			if st == s.Made {
				c := &sendCount{info: info, launches: launches}
				total = c.most(list[i:])
			}
		}
	})
	return min(total, many)
}

// rounds is Go source for how often a loop runs, "" where there is none that is
// free of effects.
func rounds(pass *rule.Pass, loop ast.Stmt) string {
	switch l := loop.(type) {
	case *ast.RangeStmt:
		return rangeRounds(pass, l)
	case *ast.ForStmt:
		cond, ok := l.Cond.(*ast.BinaryExpr)
		if !ok || cond.Op != token.LSS || !countsUp(pass, l) {
			return ""
		}
		if isLen(pass.Info, cond.Y) {
			return types.ExprString(cond.Y)
		}
		if t, ok := pass.Info.TypeOf(cond.Y).Underlying().(*types.Basic); ok && (t.Kind() == types.Int || t.Kind() == types.UntypedInt) && (plain(cond.Y) || pass.Info.Types[cond.Y].Value != nil) {
			return notNegative(pass, cond.Y)
		}
	}
	return ""
}

func rangeRounds(pass *rule.Pass, l *ast.RangeStmt) string {
	if isLen(pass.Info, l.X) {
		return types.ExprString(l.X)
	}
	if !plain(l.X) && pass.Info.Types[l.X].Value == nil {
		return ""
	}
	text := types.ExprString(l.X)
	switch t := pass.Info.TypeOf(l.X).Underlying().(type) {
	case *types.Slice, *types.Map, *types.Array:
		return "len(" + text + ")"
	case *types.Basic:
		if t.Kind() == types.Int || t.Kind() == types.UntypedInt {
			return notNegative(pass, l.X)
		}
	}
	return ""
}

// notNegative is a number as make takes it: make panics on a negative one, and
// a loop over it has no rounds. "" where the language has no max yet.
func notNegative(pass *rule.Pass, n ast.Expr) string {
	text := types.ExprString(n)
	if pass.Info.Types[n].Value != nil {
		return text
	}
	if v := pass.Pkg.GoVersion(); v == "" || version.Compare(v, "go1.21") < 0 {
		return ""
	}
	return "max(0, " + text + ")"
}

// isLen tells whether x is len of something plain.
func isLen(info *types.Info, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(call.Args) != 1 || !plain(call.Args[0]) {
		return false
	}
	b, ok := info.Uses[calleeIdent(call)].(*types.Builtin)
	return ok && b.Name() == "len"
}

// countsUp tells whether a loop starts at 0 and adds one each round.
func countsUp(pass *rule.Pass, l *ast.ForStmt) bool {
	init, ok := l.Init.(*ast.AssignStmt)
	if !ok || len(init.Rhs) != 1 {
		return false
	}
	zero := 1
	if !constInt(pass.Info, init.Rhs[0], &zero) || zero != 0 {
		return false
	}
	inc, ok := l.Post.(*ast.IncDecStmt)
	cond, isCmp := l.Cond.(*ast.BinaryExpr)
	counter := firstIdent(init.Lhs)
	return ok && isCmp && inc.Tok == token.INC && counter != nil && isUse(pass.Info, inc.X, counter) && isUse(pass.Info, cond.X, counter)
}

// isUse tells whether x is the variable that def declares.
func isUse(info *types.Info, x ast.Expr, def *ast.Ident) bool {
	id, ok := ast.Unparen(x).(*ast.Ident)
	return ok && info.Uses[id] != nil && info.Uses[id] == info.Defs[def]
}

func calleeIdent(call *ast.CallExpr) *ast.Ident {
	id, _ := call.Fun.(*ast.Ident)
	return id
}

// plain tells whether evaluating x once more can do nothing: a name, or a field
// of one.
func plain(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return plain(x.X)
	}
	return false
}
