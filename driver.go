package goherd

import (
	"cmp"
	"fmt"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

const home = "https://github.com/goherd/goherd"

// Analyzer is goherd as every go/analysis driver sees it: go vet and go fix, nogo,
// plugins of golangci-lint. The category of a diagnostic is its rule; "ignore" is
// an ignore directive that is wrong, "bug" a fault of goherd's own. Only a safe
// finding carries a fix, one at most, and the fixes of one package never overlap.
//
// What it reports is a part of what the program reports for the whole module, at
// the same safety or a lower one.
var Analyzer = NewAnalyzer(Rules)

// NewAnalyzer makes the analyzer of a goherd that knows these rules, in the order
// in which they win. Its flags are its own.
func NewAnalyzer(rules []*rule.Rule) *analysis.Analyzer { return newAnalyzer(rules, &settings{}) }

// Configured makes an analyzer of all rules with these values of its flags, by name:
// for drivers that have a configuration of their own. It errs on a value that means
// nothing, which Analyzer says only once it runs.
func Configured(flags map[string]string) (*analysis.Analyzer, error) {
	s := &settings{}
	a := newAnalyzer(Rules, s)
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		if err := a.Flags.Set(name, flags[name]); err != nil {
			return nil, fmt.Errorf("-%s: %w", name, err)
		}
	}
	_, _, err := s.choices(Rules)
	return a, err
}

func newAnalyzer(rules []*rule.Rule, s *settings) *analysis.Analyzer {
	a := &analysis.Analyzer{
		Name: "goherd",
		Doc: `find concurrency shapes that could be better

goherd looks for goroutines that block for ever, fan-outs without a bound and
other shapes that go wrong. A finding is safe, review or advice, by the evidence
for its fix; only a safe one carries the fix. The program goherd shows the others.`,
		URL:        home,
		FactTypes:  []analysis.Fact{(*effects.Summary)(nil), (*memory.Fact)(nil)},
		ResultType: reflect.TypeFor[*Result](),
		Run: func(pass *analysis.Pass) (any, error) {
			if !ours(pass) {
				return &Result{}, nil
			}
			o, safety, err := s.choices(rules)
			if err != nil {
				return nil, err
			}
			return drive(pass, o, safety), nil
		},
	}
	s.register(&a.Flags)
	return a
}

// ours tells whether a package belongs to a main module. Drivers run an analyzer
// with facts over the dependencies, too, and some over the standard library. The
// program sees only what the user's own modules hold, so no one else may add to
// the evidence: a fact from elsewhere would give findings that the program hasn't
// got. Without a module (nogo has none), the standard library is told by its paths;
// so is a package of files that were named, whose Go version nobody knows.
func ours(pass *analysis.Pass) bool {
	path := pass.Pkg.Path()
	if m := pass.Module; m != nil && m.Path != "" { // golangci-lint has an empty one where there is none
		return m.Version == "" && !strings.Contains(strings.TrimPrefix(path, m.Path)+"/", "/vendor/")
	}
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// drive looks at one package and reports what is at safety or better.
func drive(pass *analysis.Pass, o Options, safety rule.Safety) (res *Result) {
	defer func() {
		if p := recover(); p != nil {
			text := fmt.Sprintf("package %s was passed over, since analysing it panicked (please report it): %v", pass.Pkg.Path(), p)
			res = &Result{Warnings: []Warning{{Kind: BugWarning, Text: text}}}
			pass.Report(ofWarning(pass, res.Warnings[0]))
		}
	}()
	views := look(pass, o)
	res = &Result{}
	for _, v := range views {
		res.Findings = append(res.Findings, v.found.Findings...)
		res.Warnings = append(res.Warnings, v.found.Warnings...)
	}
	fates := settle(views, o.Rules)
	var all []analysis.Diagnostic
	for _, f := range res.Findings {
		fate := fates[f]
		if fate.bug != nil {
			text := fmt.Sprintf("the patch of rule %s was dropped (please report it): %v", f.Rule.Name, fate.bug)
			res.Warnings = append(res.Warnings, Warning{f.Pos, BugWarning, text})
		}
		if f.Safety() >= safety {
			all = append(all, ofFinding(f, fate))
		}
	}
	for _, w := range res.Warnings {
		all = append(all, ofWarning(pass, w))
	}
	slices.SortStableFunc(all, func(a, b analysis.Diagnostic) int { return cmp.Compare(a.Pos, b.Pos) })
	for _, d := range all {
		pass.Report(d)
	}
	return res
}

// ofFinding is "rule (safety): message", and why a safe finding comes without a
// fix, or why nobody may offer one.
func ofFinding(f *rule.Finding, fate fate) analysis.Diagnostic {
	d := analysis.Diagnostic{
		Pos: f.Pos, End: f.End, Category: f.Rule.Name, URL: home + "/blob/HEAD/docs/rules/" + f.Rule.Name + ".md",
		Message: fmt.Sprintf("%s (%s): %s", f.Rule.Name, f.Safety(), f.Message),
	}
	switch {
	case fate.fix != nil:
		d.SuggestedFixes = []analysis.SuggestedFix{*fate.fix}
	case fate.withheld != "" && f.Safety() == rule.Safe:
		d.Message += fmt.Sprintf(" (its fix is not offered here: %s)", fate.withheld)
	case f.Refused != "":
		d.Message += ": " + f.Refused
	}
	return d
}

// ofWarning is a warning as a diagnostic. One that has no place is shown at the
// package clause of the first file.
func ofWarning(pass *analysis.Pass, w Warning) analysis.Diagnostic {
	d := analysis.Diagnostic{Pos: w.Pos, Category: string(w.Kind), Message: w.Text}
	if w.Kind == BugWarning {
		d.Message = "goherd's own bug: " + w.Text
	}
	if d.Pos == token.NoPos {
		d.Pos = pass.Files[0].Name.Pos()
	}
	return d
}
