package matchers

import (
	_ "embed" // this file, for its page
	"fmt"
	"go/ast"
	"go/types"
	"iter"
	"strings"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/goherd/goherd/internal/rule"
)

// A DeadCtx is a group whose context is used once Wait has returned, and so has
// been cancelled.
type DeadCtx struct {
	Place
	Group *types.Var
	Ctx   *types.Var
	Made  ast.Node      // the statement, or the line of a var block, that makes both
	Maker *ast.CallExpr // errgroup.WithContext(parent)
	Name  *ast.Ident    // the context's name there

	Outer   string       // the context that the group was made from, as the code says it
	Rename  bool         // the group's context goes by its name: it gets a name of its own
	Renamed []*ast.Ident // where that is written
	Unused  bool         // nothing of the group's context is left: its name becomes _
	Replace []*ast.Ident // where Outer is written instead
	Turned  []*ast.Ident // where the same letters come to mean the outer context

	uses  []*ctxUse
	harm  []*ctxUse // those that a cancelled context changes
	fixed []*ctxUse // those whose context becomes the outer one
	waits []*ast.CallExpr
	again []*ast.CallExpr
	stuck *ctxStuck // why it can't be mended
}

//go:embed deadctx.go
var deadCtxSource string

// DeadCtxRule finds uses of a group's context behind Wait.
var DeadCtxRule = rule.Spec[*DeadCtx]{
	Name:        "deadctx",
	Summary:     "a group's context that is used behind Wait, which has cancelled it",
	Best:        rule.Safe,
	Kind:        rule.Repair,
	Obligations: []string{"A13", "B3", "B5", "B20", "D8"},
	Doc:         pageOf(deadCtxSource),
	Find:        findDeadCtx,
	Guards: []rule.Guard[*DeadCtx]{
		{Name: "heeded", Hazard: "B3", Check: somebodyHeedsIt},
		{Name: "asked", Hazard: "B3", Check: askedWhetherItEnded},
		{Name: "group-again", Hazard: "D8", Check: groupEndsWithWait},
		{Name: "outer", Hazard: "B5", Check: outerIsAtHand},
		{Name: "steady", Hazard: "A13", Check: outerIsSteady},
		{Name: "every-path", Hazard: "B5", Check: deadOnEveryPath},
		{Name: "elsewhere", Hazard: "B20", Check: runsHere},
	},
	Message: deadCtxMessage,
	Changes: deadCtxChanges,
}

// findDeadCtx yields each group with a context that is used behind Wait.
func findDeadCtx(pass *rule.Pass) iter.Seq[rule.Match[*DeadCtx]] {
	return func(yield func(rule.Match[*DeadCtx]) bool) {
		for c := range pass.Syntax().Preorder((*ast.CallExpr)(nil)) {
			s := groupWithContext(pass, c)
			if s == nil || !s.read(pass) {
				continue
			}
			at := s.first()
			m := rule.Match[*DeadCtx]{
				Shape: s, File: s.File, Decl: s.Decl, Pos: at.node.Pos(), End: at.node.End(),
				Key: s.Group.Name() + " " + s.Ctx.Name() + " " + types.ExprString(s.Maker),
			}
			if !yield(m) {
				return
			}
		}
	}
}

// groupWithContext reads `g, ctx := errgroup.WithContext(parent)` with two local
// variables; nil for anything else.
func groupWithContext(pass *rule.Pass, c inspector.Cursor) *DeadCtx {
	s := &DeadCtx{Maker: c.Node().(*ast.CallExpr)}
	fn := callee(pass.Info, s.Maker)
	if fn == nil || fn.Pkg() == nil || fn.Pkg().Path() != errgroupPath || fn.Name() != "WithContext" || len(s.Maker.Args) != 1 {
		return nil
	}
	var names []ast.Expr
	switch p := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		s.Made, names = p, p.Lhs
	case *ast.ValueSpec:
		s.Made = p
		for _, id := range p.Names {
			names = append(names, id)
		}
	}
	if len(names) != 2 {
		return nil
	}
	var ok bool
	if s.Place, _, ok = placeOf(c); !ok {
		return nil
	}
	s.Name, _ = names[1].(*ast.Ident)
	s.Group, s.Ctx = localVar(pass.Info, names[0], s.Func), localVar(pass.Info, names[1], s.Func)
	if s.Group == nil || s.Ctx == nil {
		return nil
	}
	return s
}

// read follows the context, and tells whether it is used behind Wait.
func (s *DeadCtx) read(pass *rule.Pass) bool {
	f := follow(pass, s, s.Made)
	if f == nil || len(f.waits) == 0 || !s.gatherUses(f) {
		return false
	}
	s.waits, s.again = f.waits, f.again
	for _, u := range s.uses {
		if u.when&(ctxDead|ctxPerhaps) != 0 && (u.heeds() || u.kind == ctxParent) {
			s.harm = append(s.harm, u)
		}
	}
	if s.first() == nil {
		return false
	}
	s.plan(pass)
	return true
}

// first is the use to point at: the first that is changed by a cancellation,
// else the first behind Wait at all.
func (s *DeadCtx) first() *ctxUse {
	if len(s.harm) > 0 {
		return s.harm[0]
	}
	for _, u := range s.uses {
		if u.when&(ctxDead|ctxPerhaps) != 0 && u.kind == ctxHarmless {
			return u
		}
	}
	return nil
}

// wait is the Wait that ended the context before u.
func (s *DeadCtx) wait(u *ctxUse) *ast.CallExpr {
	found := s.waits[0]
	for _, w := range s.waits {
		if w.Pos() < u.id.Pos() && (found.Pos() > u.id.Pos() || w.Pos() > found.Pos()) {
			found = w
		}
	}
	return found
}

func deadCtxMessage(pass *rule.Pass, s *DeadCtx) string {
	u := s.first()
	wait := fmt.Sprintf("%s.Wait (line %d)", s.Group.Name(), pass.Line(s.wait(u).Pos()))
	text := fmt.Sprintf("%s is the context of %s, which %s cancels: ", u.id.Name, s.Group.Name(), wait)
	if u.of > 0 {
		text = fmt.Sprintf("%s comes from the context of %s, which %s cancels: ", u.id.Name, s.Group.Name(), wait)
	}
	switch {
	case u.when&ctxAgain != 0:
		text += "functions that the group is given behind it start cancelled"
	case u.kind == ctxAsked:
		text += fmt.Sprintf("%s says so whatever the caller's context does", types.ExprString(u.call))
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
			text += " (so at line " + strings.Join(lines, ", ") + ")"
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
				more += fmt.Sprintf(", so at line %d", l)
			}
		}
		return first, more + ")"
	}
	if u, at := lines(func(u *ctxUse) bool { return u.kind == ctxPassed || u.kind == ctxParent }); u != nil {
		list = append(list, fmt.Sprintf("%s%s gets %s, which Wait doesn't cancel: it does its work, where it used to find a context that had ended", u.what(), at, s.Outer))
	}
	if u, at := lines(func(u *ctxUse) bool { return u.kind == ctxAsked }); u != nil {
		list = append(list, fmt.Sprintf("%s%s tells of %s: it no longer says that the context has ended unless that one has", types.ExprString(u.call), at, s.Outer))
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

// Names are what the group's context may be called, the best first.
func (s *DeadCtx) Names() []string {
	name := s.Group.Name()
	if len(name) <= 2 {
		return []string{name + "ctx", name + "Ctx"}
	}
	return []string{name + "Ctx"}
}
