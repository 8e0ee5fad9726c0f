package matchers

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// A ctxStuck is why a context can't be mended.
type ctxStuck struct {
	at     token.Pos
	reason string
}

// plan works out what has to be written so that everything behind Wait gets the
// context that the group was made from.
func (s *DeadCtx) plan(pass *rule.Pass) {
	parent := ast.Unparen(s.Maker.Args[0])
	id, named := parent.(*ast.Ident)
	s.Rename = named && id.Name == s.Ctx.Name()
	if slices.ContainsFunc(s.harm, func(u *ctxUse) bool { return u.when&ctxAgain != 0 }) {
		if s.Move, s.noMove = s.planMove(pass); s.Move != nil {
			for _, u := range s.uses {
				if u.of == 0 && u.kind != ctxParent && u.id.Pos() > s.Made.Pos() {
					s.Turned = append(s.Turned, u.id)
				}
			}
		}
		return
	}
	for _, u := range s.harm {
		s.mend(pass, u, 0)
	}
	left := 0
	for _, u := range s.uses {
		if u.of != 0 || u.kind == ctxTarget || u.kind == ctxParent {
			continue
		}
		switch {
		case slices.Contains(s.fixed, u):
			s.fix(u)
			continue
		case s.Rename && s.keepsGroups(u):
			s.Renamed = append(s.Renamed, u.id)
		case s.Rename:
			s.Turned = append(s.Turned, u.id)
			continue
		}
		left++
	}
	for _, u := range s.fixed {
		if u.of == 0 {
			continue
		}
		s.Replace = append(s.Replace, u.id)
		if s.nothingElse(u.of) {
			s.stick(u.id.Pos(), fmt.Sprintf("%s stands for the group's context on some ways, and for nothing else: use %s instead of it", u.id.Name, s.Outer))
		}
	}
	s.Unused = left == 0
	if s.assigns(pass) {
		s.Turned = nil // the same variable, which keeps the context that it had
	}
}

// nothingElse tells whether every use of a variable is one that gets the outer
// context.
func (s *DeadCtx) nothingElse(i int) bool {
	return !slices.ContainsFunc(s.uses, func(u *ctxUse) bool {
		return u.of == i && u.kind != ctxTarget && !slices.Contains(s.fixed, u)
	})
}

// fix writes the outer context for one use of the group's.
func (s *DeadCtx) fix(u *ctxUse) {
	if s.Rename {
		s.Turned = append(s.Turned, u.id)
	} else {
		s.Replace = append(s.Replace, u.id)
	}
}

// keepsGroups tells whether a use that is not to be mended means the group's
// context, now and later.
func (s *DeadCtx) keepsGroups(u *ctxUse) bool {
	switch {
	case u.when&ctxLive != 0:
		return true
	case u.kind == ctxCause:
		return u.when&ctxDead != 0
	case u.when == 0: // never reached
		return u.id.Pos() > s.Made.Pos()
	}
	return false
}

// mend chooses where the context of a use becomes the outer one: where it is
// used, or where the variable that is used got it.
func (s *DeadCtx) mend(pass *rule.Pass, u *ctxUse, depth int) {
	if depth > len(s.uses) {
		return // variables that are assigned from each other
	}
	if u.of == 0 && u.when&ctxDerived == 0 {
		s.mark(u)
		return
	}
	from := s.from(u.of)
	switch {
	case len(from) > 0 && (s.soDead(from) || s.onlyDead(u.of, 0)):
		for _, src := range from {
			s.mend(pass, src, depth+1)
		}
	case u.when&ctxDerived == 0:
		s.mark(u)
	default:
		s.stick(u.id.Pos(), fmt.Sprintf("%s was derived from the group's context while the group was at work: derive it anew from %s", u.id.Name, s.Outer))
	}
}

func (s *DeadCtx) mark(u *ctxUse) {
	if !slices.Contains(s.fixed, u) {
		s.fixed = append(s.fixed, u)
	}
}

func (s *DeadCtx) stick(at token.Pos, reason string) {
	if s.stuck == nil {
		s.stuck = &ctxStuck{at, reason}
	}
}

// from lists the uses by which variable i got its context.
func (s *DeadCtx) from(i int) []*ctxUse {
	var list []*ctxUse
	for _, u := range s.uses {
		if u.kind == ctxAssigned && u.to == i && u.when&^ctxOther != 0 {
			list = append(list, u)
		}
	}
	return list
}

// soDead tells whether all of the uses stand behind Wait.
func (s *DeadCtx) soDead(list []*ctxUse) bool {
	return !slices.ContainsFunc(list, func(u *ctxUse) bool { return u.when&ctxLive != 0 })
}

// onlyDead tells whether variable i is used behind Wait only, as far as that
// makes a difference.
func (s *DeadCtx) onlyDead(i, depth int) bool {
	for _, u := range s.uses {
		if u.of != i || depth > len(s.uses) {
			continue
		}
		switch {
		case u.kind == ctxAssigned && u.to >= 0 && u.to != i:
			if !s.onlyDead(u.to, depth+1) {
				return false
			}
		case u.heeds() || u.kind == ctxCause:
			if u.when&ctxLive != 0 {
				return false
			}
		}
	}
	return true
}
