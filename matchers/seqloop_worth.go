package matchers

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// notTyped: what somebody types behind a flag is one thing or two, for which the
// code of a group is too much (J1).
func notTyped(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	if call := flagGiving(pass, s); call != nil {
		return rule.Refuse(call.Pos(), fmt.Sprintf("%s comes from a flag (%s): mostly it is one or two items, for which a group is too much code", types.ExprString(s.Head.Over), callName(call)))
	}
	return rule.Holds(s.Loop.Pos(), "the items aren't what a flag was given")
}

// flagGiving is the call that reads from a flag what the loop goes over, nil for
// none.
func flagGiving(pass *rule.Pass, s *SeqLoop) (found *ast.CallExpr) {
	over := ast.Unparen(s.Head.Over)
	if call, ok := over.(*ast.CallExpr); ok && readsFlag(callee(pass.Info, call)) {
		return call
	}
	id, ok := over.(*ast.Ident)
	if !ok {
		return nil
	}
	list := pass.Info.ObjectOf(id)
	ast.Inspect(s.Decl, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Rhs) != 1 || len(a.Lhs) == 0 {
			return true
		}
		to, isName := a.Lhs[0].(*ast.Ident)
		if call, isCall := ast.Unparen(a.Rhs[0]).(*ast.CallExpr); isName && isCall && pass.Info.ObjectOf(to) == list && readsFlag(callee(pass.Info, call)) {
			found = call
		}
		return true
	})
	return found
}

// readsFlag tells whether fn gives the value of a flag: pflag's FlagSet.GetStringSlice
// and the like, urfave/cli's Context.StringSlice.
func readsFlag(fn *types.Func) bool {
	if fn == nil || fn.Pkg() == nil || fn.Signature().Recv() == nil {
		return false
	}
	switch path := fn.Pkg().Path(); {
	case path == "github.com/spf13/pflag":
		return isNamed(fn.Signature().Recv().Type(), path, "FlagSet") && strings.HasPrefix(fn.Name(), "Get")
	case path == "github.com/urfave/cli" || strings.HasPrefix(path, "github.com/urfave/cli/v"):
		return strings.HasSuffix(fn.Name(), "Slice")
	}
	return false
}

// severalAtATime: there are peers that ask for one change at a time; the table's
// figure for them is one (E5).
func severalAtATime(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	if s.Changing != nil && s.Work.Turns {
		return rule.Refuse(s.Changing.Call.Pos(), fmt.Sprintf("%s reaches a peer that asks for one such call at a time", s.Changing.Name()))
	}
	return rule.Holds(s.Loop.Pos(), "nothing is known to ask for one call at a time")
}

// deletesNoMore: a loop that ends at the first failure leaves alone what comes after
// it. What else is deleted by then is gone (B6).
func deletesNoMore(pass *rule.Pass, s *SeqLoop) rule.Verdict {
	c := s.Changing
	if c != nil && c.Stops && c.Fn != nil && slices.ContainsFunc(wordsOf(c.Fn.Name()), deletes) {
		return rule.Refuse(c.Call.Pos(), fmt.Sprintf("a failure of %s ends the loop: what side by side calls delete after it can't be brought back", c.Name()))
	}
	return rule.Holds(s.Loop.Pos(), "nothing is deleted behind a failure that ends the loop")
}

// deletes tells whether a word of a function's name says that something goes.
func deletes(word string) bool {
	switch word {
	case "delete", "remove", "destroy", "drop", "purge", "erase", "terminate", "kill":
		return true
	}
	return false
}
