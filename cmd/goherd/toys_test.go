package main

import (
	"go/ast"
	"iter"
	"slices"

	"github.com/goherd/goherd/internal/imports"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// toys are rules that rename calls: enough to have findings of every safety,
// without depending on what the real rules know.
var toys = []*rule.Rule{
	callRule("tame", rule.Safe, rule.Repair, "wild", "calm", rule.Holds(0, "calm does what wild does")),
	callRule("guess", rule.Review, rule.Refactor, "perhaps", "surely", rule.Assumed(0, "it will be all right")),
	callRule("ponder", rule.Review, rule.Refactor, "maybe", "", rule.Refuse(0, "nobody knows what maybe means")),
	optIn(callRule("shy", rule.Safe, rule.Repair, "rare", "calm", rule.Holds(0, "calm does what rare does"))),
	// Has a patch, and an obligation that nobody answers.
	optIn(callRule("unsure", rule.Safe, rule.Repair, "iffy", "surely", rule.Verdict{})),
	// Its fix is another call to fix: two rounds, wild at last.
	callRule("twice", rule.Safe, rule.Repair, "wilder", "wild", rule.Holds(0, "wild does what wilder does")),
}

// driverToys are those of the scripts for go vet and go fix.
var driverToys = append(slices.Clone(toys), panicky(), needy())

func optIn(r *rule.Rule) *rule.Rule {
	r.OptIn = true
	return r
}

// callRule turns calls of from into calls of to, where the guard lets it.
func callRule(name string, best rule.Safety, kind rule.Kind, from, to string, guard rule.Verdict) *rule.Rule {
	return rule.New(rule.Spec[*ast.Ident]{
		Name: name, Summary: "calls of " + from, Best: best, Kind: kind, Obligations: []string{"A1"},
		Doc:  "# " + name + "\n\nTurns `" + from + "` into `" + to + "`.\n",
		Find: func(pass *rule.Pass) iter.Seq[rule.Match[*ast.Ident]] { return calls(pass, from) },
		Guards: []rule.Guard[*ast.Ident]{{Name: "looks-right", Hazard: "A1", Check: func(*rule.Pass, *ast.Ident) rule.Verdict {
			return guard
		}}},
		Message: func(*rule.Pass, *ast.Ident) string { return from + " is called" },
		Changes: func(*rule.Pass, *ast.Ident) []string {
			if best == rule.Safe {
				return nil
			}
			return []string{to + " is called instead"}
		},
	}, func(pass *rule.Pass, id *ast.Ident) (*patch.Patch, error) {
		file := pass.Fset.File(id.Pos())
		old, err := pass.ReadFile(file.Name())
		if err != nil {
			return nil, err
		}
		edit := patch.Edit{Start: file.Offset(id.Pos()), End: file.Offset(id.End()), New: to}
		return &patch.Patch{Title: "Call " + to, Files: []patch.File{{Name: file.Name(), Old: old, Edits: []patch.Edit{edit}}}}, nil
	})
}

// panicky is a rule that does not survive what it finds.
func panicky() *rule.Rule {
	return rule.New(rule.Spec[*ast.Ident]{
		Name: "panicky", Summary: "calls of wild", Best: rule.Safe, Kind: rule.Repair, OptIn: true,
		Find:    func(pass *rule.Pass) iter.Seq[rule.Match[*ast.Ident]] { return calls(pass, "wild") },
		Message: func(*rule.Pass, *ast.Ident) string { panic("out of hay") },
	}, nil)
}

// needy turns calls of thirsty into calls of runtime.Gosched, which has to be imported.
func needy() *rule.Rule {
	return rule.New(rule.Spec[*ast.Ident]{
		Name: "needy", Summary: "calls of thirsty", Best: rule.Safe, Kind: rule.Repair, OptIn: true,
		Find:    func(pass *rule.Pass) iter.Seq[rule.Match[*ast.Ident]] { return calls(pass, "thirsty") },
		Message: func(*rule.Pass, *ast.Ident) string { return "thirsty is called" },
	}, func(pass *rule.Pass, id *ast.Ident) (*patch.Patch, error) {
		file := pass.Fset.File(id.Pos())
		old, err := pass.ReadFile(file.Name())
		if err != nil {
			return nil, err
		}
		edits, err := imports.Add(old, "runtime", "")
		if err != nil {
			return nil, err
		}
		edits = append(edits, patch.Edit{Start: file.Offset(id.Pos()), End: file.Offset(id.End()), New: "runtime.Gosched"})
		return &patch.Patch{Title: "Call runtime.Gosched", Files: []patch.File{{Name: file.Name(), Old: old, Edits: edits}}}, nil
	})
}

func calls(pass *rule.Pass, name string) iter.Seq[rule.Match[*ast.Ident]] {
	return func(yield func(rule.Match[*ast.Ident]) bool) {
		for _, f := range pass.Files {
			for _, d := range f.Decls {
				ast.Inspect(d, func(n ast.Node) bool {
					call, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					if id, ok := call.Fun.(*ast.Ident); ok && id.Name == name {
						return yield(rule.Match[*ast.Ident]{Shape: id, Pos: call.Pos(), End: call.End(), File: f, Decl: d, Key: name})
					}
					return true
				})
			}
		}
	}
}
