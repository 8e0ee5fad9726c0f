package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// wait is the Wait that ended the context before a place.
func (s *DeadCtx) wait(at token.Pos) *ast.CallExpr {
	found := s.waits[0]
	for _, w := range s.waits {
		if w.Pos() < at && (found.Pos() > at || w.Pos() > found.Pos()) {
			found = w
		}
	}
	return found
}

func deadCtxMessage(pass *rule.Pass, s *DeadCtx) string {
	at, _ := s.place()
	wait := fmt.Sprintf("%s.Wait (line %d)", s.Group.Name(), pass.Line(s.wait(at.Pos()).Pos()))
	if s.kept != nil {
		ends := "ends"
		if types.IsInterface(element(s.kept.v.Type())) {
			ends = "may end" // that is for the type behind it to say
		}
		return fmt.Sprintf("%s %s with the context of %s, which %s cancels: it was asked for with that context at line %d", s.kept.v.Name(), ends, s.Group.Name(), wait, pass.Line(s.kept.by.Pos()))
	}
	u := s.first()
	text := fmt.Sprintf("%s is the context of %s, which %s cancels: ", u.id.Name, s.Group.Name(), wait)
	if u.of > 0 {
		text = fmt.Sprintf("%s comes from the context of %s, which %s cancels: ", u.id.Name, s.Group.Name(), wait)
	}
	switch {
	case u.when&ctxAgain != 0:
		text += "functions that the group is given behind it start cancelled"
	case u.kind == ctxAsked:
		text += fmt.Sprintf("%s says so whatever the caller's context does", types.ExprString(u.node.(ast.Expr)))
	case u.when&ctxPerhaps != 0:
		text += u.what() + " may be cut short in the last rounds"
	default:
		text += u.what() + " gets it cancelled"
	}
	if more := len(s.harm) - 1; more > 0 {
		var lines []string
		last := pass.Line(u.id.Pos())
		for _, v := range s.harm[1:] {
			if l := pass.Line(v.id.Pos()); l != last {
				lines, last = append(lines, fmt.Sprint(l)), l
			}
		}
		if len(lines) > 0 {
			text += " (and at line " + strings.Join(lines, ", ") + ")"
		}
	}
	return text
}

// what names who takes the context.
func (u *ctxUse) what() string {
	switch {
	case u.call != nil:
		return types.ExprString(u.call.Fun)
	case u.kind == ctxStored:
		return "what keeps it"
	}
	return u.id.Name
}

// deadCtxChanges says what is different behind Wait, and where a place before it
// is touched, what is different there.
func deadCtxChanges(pass *rule.Pass, s *DeadCtx) []string {
	if s.Move != nil {
		return []string{
			fmt.Sprintf("each round has a group of its own: its functions get a context that is alive, where those of all rounds but the first got one that an earlier %s.Wait had cancelled", s.Group.Name()),
			fmt.Sprintf("%s.Wait tells the error of its own round, and no longer the one of an earlier round again", s.Group.Name()),
		}
	}
	var list []string
	lines := func(of func(*ctxUse) bool) (first *ctxUse, more string) {
		seen := map[int]bool{}
		for _, u := range s.harm {
			l := pass.Line(u.id.Pos())
			if !of(u) || seen[l] {
				continue
			}
			seen[l] = true
			if first == nil {
				first, more = u, fmt.Sprintf(" (line %d", l)
			} else {
				more += fmt.Sprintf(", and line %d", l)
			}
		}
		return first, more + ")"
	}
	if u, at := lines(func(u *ctxUse) bool { return u.kind == ctxPassed || u.kind == ctxParent }); u != nil {
		list = append(list, fmt.Sprintf("%s%s gets %s, which Wait doesn't cancel: it does its work, where it used to find a context that had ended", u.what(), at, s.Outer))
	}
	if u, at := lines(func(u *ctxUse) bool { return u.kind == ctxAsked && u.awaits == ctxAsks }); u != nil {
		list = append(list, fmt.Sprintf("%s%s tells of %s: it no longer says that the context has ended unless that one has", types.ExprString(u.node.(ast.Expr)), at, s.Outer))
	}
	if u, at := lines(func(u *ctxUse) bool { return u.kind == ctxAsked && u.awaits != ctxAsks }); u != nil {
		list = append(list, fmt.Sprintf("%s%s is ready once %s has ended, and no longer at once: a select there takes another of its cases, or waits for one", types.ExprString(u.node.(ast.Expr)), at, s.Outer))
	}
	if u, at := lines(func(u *ctxUse) bool { return u.kind == ctxStored }); u != nil {
		list = append(list, fmt.Sprintf("what keeps the context%s keeps %s", at, s.Outer))
	}
	if u, at := lines(func(u *ctxUse) bool { return u.when&(ctxLive|ctxPerhaps) != 0 }); u != nil {
		list = append(list, fmt.Sprintf("where that is reached before Wait has returned%s, it no longer ends when a function of %s fails", at, s.Group.Name()))
	}
	if s.Rename && !s.Unused {
		list = append(list, "the group's context has a name of its own; what runs before Wait uses it as before")
	}
	return list
}
