package rewrites

import (
	"go/types"

	"github.com/goherd/goherd/internal/rule"
)

const errgroupPath = "golang.org/x/sync/errgroup"

// errgroupSupply says whether this package can import errgroup: it does already,
// or go.mod has what that takes, or, where the user asked for the form, gains it.
func errgroupSupply(pass *rule.Pass) rule.Supply {
	for _, p := range pass.Pkg.Imports() {
		if p.Path() == errgroupPath {
			return rule.Supply{}
		}
	}
	if pass.Supply == nil {
		return rule.Supply{Refused: "no file of this package imports " + errgroupPath + ": goherd --form errgroup adds it"}
	}
	return pass.Supply(errgroupPath, pass.Options.Form == rule.FormErrgroup)
}

// supplied is errgroupSupply for a form that was asked for.
func supplied(pass *rule.Pass) (rule.Supply, error) {
	s := errgroupSupply(pass)
	if s.Refused != "" {
		return s, refuse("F15", "%s; or choose --form ordered", s.Refused)
	}
	return s, nil
}

// needs has the patch bring along what a supply takes.
func (d *declaration) needs(s rule.Supply) { d.beside = append(d.beside, s.Files...) }

// hasSetLimit tells whether the errgroup that this package imports already is new
// enough to bound a group; one that it doesn't import yet is.
func hasSetLimit(pass *rule.Pass) bool {
	for _, p := range pass.Pkg.Imports() {
		if p.Path() == errgroupPath {
			group := p.Scope().Lookup("Group")
			return group != nil && types.NewMethodSet(types.NewPointer(group.Type())).Lookup(p, "SetLimit") != nil
		}
	}
	return true
}
