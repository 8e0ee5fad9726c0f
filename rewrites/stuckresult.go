package rewrites

import (
	"github.com/dave/dst"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/matchers"
)

// StuckResult gives the channel room for every send.
//
//	ch := make(chan T)
//	=>
//	ch := make(chan T, 1)
func StuckResult(pass *rule.Pass, s *matchers.StuckResult) (*patch.Patch, error) {
	return inDecl(pass, s.File, s.Decl, "Give "+s.Chan.Name()+" room for every send", func(d *declaration) error {
		made, err := node[*dst.CallExpr](d, s.Make)
		if err != nil {
			return err
		}
		room, err := parseExpr(s.Room(pass))
		if err != nil {
			return err
		}
		if len(made.Args) == 2 { // a comment beside the old room stays
			*room.Decorations() = *made.Args[1].Decorations()
		}
		made.Args = append(made.Args[:1], room)
		return nil
	})
}
