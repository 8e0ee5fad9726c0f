// Package goherd is the one analyzer behind the program of the same name: it
// finds concurrency shapes that could be better and offers them rewritten. Find
// looks at one package; Analyzer is Find as go vet, go fix and other drivers run it.
package goherd

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/promise"
	"github.com/goherd/goherd/internal/rule"
)

// Options choose what Find looks for in one package.
type Options struct {
	Promises *promise.List                           // what the user says that functions do; nil: nothing
	Rules    []*rule.Rule                            // those that run, in the order in which they win
	Rewrite  rule.Options                            // what the user chose about every rewrite
	Report   func(*ast.File) bool                    // which files may be reported on and edited; nil: all that are not generated
	Mute     bool                                    // don't tell other packages what functions do to memory
	Supply   func(path string, add bool) rule.Supply // what can be imported anew; nil: nothing
	Off      string                                  // a guard "rule/guard" that is switched off (the harness only)
	Trace    bool                                    // keep what Explain needs: syntax, types and every match's climb
}

// A Result is what one package gave.
type Result struct {
	Findings []*rule.Finding // in source order; of one place, in the order of the rules
	Warnings []Warning       // directives that are wrong, rules that panicked
	Trace    *Trace          // nil unless it was asked for
}

// A Warning is one line for the user about one place.
type Warning struct {
	Pos  token.Pos
	Kind WarningKind
	Text string
}

// A WarningKind says what a warning is about; a driver shows it as the category.
type WarningKind string

// The kinds of warning.
const (
	IgnoreWarning WarningKind = "ignore" // a directive that is wrong, or idle
	BugWarning    WarningKind = "bug"    // goherd itself is at fault
)

// Find summarises the package's functions, exports them as facts, and runs the
// rules over it. What functions do to memory is computed when a rule asks. Patches are not yet type-checked: the caller does that.
func Find(pass *analysis.Pass, o Options) *Result {
	told := *pass
	if o.Mute {
		told.ExportPackageFact = nil
	}
	rp := &rule.Pass{
		Fset: pass.Fset, Pkg: pass.Pkg, Info: pass.TypesInfo,
		Effects: effects.ComputeWith(pass, asked(o.Promises)), Memory: memory.New(&told), Options: o.Rewrite, ReadFile: pass.ReadFile, Supply: o.Supply, Off: o.Off,
	}
	if rp.ReadFile == nil { // nogo of rules_go has none
		rp.ReadFile = os.ReadFile
	}
	for _, f := range pass.Files {
		if o.Report == nil && !ast.IsGenerated(f) || o.Report != nil && o.Report(f) {
			rp.Files = append(rp.Files, f)
		}
	}
	res := &Result{}
	if o.Trace {
		res.Trace = newTrace(rp)
	}
	for _, r := range o.Rules {
		found, warning := runRule(rp, r)
		res.Findings = append(res.Findings, found...)
		if warning != nil {
			res.Warnings = append(res.Warnings, *warning)
		}
	}
	kept, directives, warnings := silence(pass, rp.Files, o.Rules, res.Findings)
	res.Findings = oneVoice(kept)
	if o.Trace {
		res.Trace.judge(pass, directives, kept, res.Findings)
	}
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
		if !slices.ContainsFunc(heard, func(h *rule.Finding) bool { return outrules(h, f) }) {
			heard = append(heard, f)
		}
	}
	return heard
}

// outrules tells whether h, whose rule comes first, speaks in f's place.
func outrules(h, f *rule.Finding) bool {
	return h.Rule != f.Rule && h.File == f.File && h.Pos < f.End && f.Pos < h.End && (h.Patch != nil || f.Patch == nil)
}

// runRule turns a panic of one rule into one line, so that the others go on.
func runRule(pass *rule.Pass, r *rule.Rule) (found []*rule.Finding, warning *Warning) {
	defer func() {
		if p := recover(); p != nil {
			warning = &Warning{pass.At, BugWarning, fmt.Sprintf("rule %s panicked in package %s and was passed over there (please report it): %v", r.Name, pass.Pkg.Path(), p)}
			pass.At = token.NoPos
		}
	}()
	for f := range r.Findings(pass) {
		found = append(found, f)
	}
	return found, nil
}
