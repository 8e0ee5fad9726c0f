// Package goherd is the one analyzer behind the program of the same name: it
// finds concurrency shapes that could be better and offers them rewritten.
package goherd

import (
	"fmt"
	"go/ast"
	"go/token"
	"reflect"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// Analyzer is goherd as every go/analysis driver sees it. The category of a
// diagnostic is its rule.
var Analyzer = &analysis.Analyzer{
	Name:       "goherd",
	Doc:        "goherd: find concurrency shapes that could be better",
	URL:        "https://github.com/goherd/goherd",
	FactTypes:  []analysis.Fact{(*effects.Summary)(nil)},
	ResultType: reflect.TypeFor[*Result](),
	Run: func(pass *analysis.Pass) (any, error) {
		res := Find(pass, Options{Rules: Rules})
		for _, f := range res.Findings {
			pass.Report(analysis.Diagnostic{Pos: f.Pos, End: f.End, Category: f.Rule.Name, Message: f.Rule.Name + ": " + f.Message})
		}
		return res, nil
	},
}

// Options choose what Find looks for in one package.
type Options struct {
	Rules   []*rule.Rule         // those that run, in the order in which they win
	Rewrite rule.Options         // what the user chose about every rewrite
	Report  func(*ast.File) bool // which files may be reported on and edited; nil: all that are not generated
	Off     string               // a guard "rule/guard" that is switched off (the harness only)
}

// A Result is what one package gave.
type Result struct {
	Findings []*rule.Finding // in source order; of one place, in the order of the rules
	Warnings []Warning       // ignore directives that are wrong, rules that panicked
}

// A Warning is one line for the user about one place.
type Warning struct {
	Pos  token.Pos
	Text string
}

// Find summarises the package's functions, exports them as facts, and runs the
// rules over it. Patches are not yet type-checked: the caller does that.
func Find(pass *analysis.Pass, o Options) *Result {
	rp := &rule.Pass{
		Fset: pass.Fset, Pkg: pass.Pkg, Info: pass.TypesInfo,
		Effects: effects.Compute(pass), Options: o.Rewrite, ReadFile: pass.ReadFile, Off: o.Off,
	}
	for _, f := range pass.Files {
		if o.Report == nil && !ast.IsGenerated(f) || o.Report != nil && o.Report(f) {
			rp.Files = append(rp.Files, f)
		}
	}
	res := &Result{}
	for _, r := range o.Rules {
		found, warning := runRule(rp, r)
		res.Findings = append(res.Findings, found...)
		if warning != nil {
			res.Warnings = append(res.Warnings, *warning)
		}
	}
	kept, warnings := silence(pass, rp.Files, o.Rules, res.Findings)
	res.Findings = oneVoice(kept)
	res.Warnings = append(res.Warnings, warnings...)
	return res
}

// oneVoice lets one rule speak of one place: where the statements that two
// rules' matches span overlap, the first in the order of the rules is heard.
// Advice doesn't silence a patch of a later rule: the two are about different
// things, and only one of them can be had. findings come in the order of the
// rules.
func oneVoice(findings []*rule.Finding) []*rule.Finding {
	var heard []*rule.Finding
	for _, f := range findings {
		silences := func(h *rule.Finding) bool {
			return h.Rule != f.Rule && h.File == f.File && h.Pos < f.End && f.Pos < h.End && (h.Patch != nil || f.Patch == nil)
		}
		if !slices.ContainsFunc(heard, silences) {
			heard = append(heard, f)
		}
	}
	return heard
}

// runRule turns a panic of one rule into one line, so that the others go on.
func runRule(pass *rule.Pass, r *rule.Rule) (found []*rule.Finding, warning *Warning) {
	defer func() {
		if p := recover(); p != nil {
			warning = &Warning{pass.At, fmt.Sprintf("rule %s panicked in package %s and was passed over there (please report it): %v", r.Name, pass.Pkg.Path(), p)}
			pass.At = token.NoPos
		}
	}()
	for f := range r.Findings(pass) {
		found = append(found, f)
	}
	return found, nil
}
