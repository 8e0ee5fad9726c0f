package matchers

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// marks are the declarations in which something may be found at all: most have
// none, and needn't be walked through.
type marks struct {
	groups map[ast.Decl]bool // mention a variable of a group's type
	starts map[ast.Decl]bool // start a goroutine
	tests  map[ast.Decl]bool // run subtests, which may be parallel
}

type marksKey struct{}

func marksOf(pass *rule.Pass) marks { return rule.Once(pass, marksKey{}, findMarks) }

func findMarks(pass *rule.Pass) marks {
	var groups, starts, tests []token.Pos
	for _, names := range []map[*ast.Ident]types.Object{pass.Info.Uses, pass.Info.Defs} {
		for id, obj := range names {
			switch obj := obj.(type) {
			case *types.Var:
				if _, ok := waitedKind(obj.Type()); ok {
					groups = append(groups, id.Pos())
				}
			case *types.Func:
				if effects.Starts(obj) {
					starts = append(starts, id.Pos())
				}
				if isSubtest(obj) {
					tests = append(tests, id.Pos())
				}
			}
		}
	}
	for c := range pass.Syntax().Preorder((*ast.GoStmt)(nil)) {
		starts = append(starts, c.Node().Pos())
	}
	return marks{pass.DeclsAt(groups), pass.DeclsAt(starts), pass.DeclsAt(tests)}
}
