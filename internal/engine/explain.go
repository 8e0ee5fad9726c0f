package engine

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/rule"
)

// Explain says what goherd looks for at a place, and why there is a finding or
// none. Patterns of o don't matter: it loads the package that holds the file, its
// tests, and the packages of main modules that it depends on. That is all that
// its findings depend on, so they are those of `goherd ./...`.
//
// It errs with *PlaceError where there is nothing to explain at the place, with
// *NothingError where its package could not be loaded, and as Run does.
func Explain(ctx context.Context, o Options, at Place) (*rule.Explanation, error) {
	s, err := visit(o, at)
	if err != nil {
		return nil, err
	}
	if o.Progress != nil {
		o.Progress("loading", 0, 0)
	}
	version := goVersion(ctx, o.Dir)
	if o.Patterns, err = s.patterns(ctx, o); err != nil {
		return nil, err
	}
	r := &run{Options: o, ctx: ctx}
	l, err := loadPackages(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := r.open(l); err != nil {
		return nil, err
	}
	r.version = <-version
	e, err := r.explain(s)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return e, err
}

// An explainer holds what the parts of one explanation share.
type explainer struct {
	*run
	site   *site
	unit   *unit // that the file is looked at in
	trace  *goherd.Trace
	spot   goherd.Spot
	traces map[*types.Package]*goherd.Trace
	out    *rule.Explanation
}

func (r *run) explain(s *site) (*rule.Explanation, error) {
	u, err := r.unitOf(s)
	if err != nil {
		return nil, err
	}
	units := needed(r.units, u)
	r.subject = u.subject()
	results := r.analyse(units)
	if r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	x := &explainer{run: r, site: s, unit: u, traces: map[*types.Package]*goherd.Trace{}}
	for i, u := range units {
		x.traces[u.pkg.Types] = results[i].Trace
	}
	if x.trace = x.traces[u.pkg.Types]; x.trace == nil {
		return nil, &NothingError{strings.Join(r.lines(results), "\n")}
	}
	x.spot = x.find()
	x.start()
	x.out.Sections = x.sections()
	x.silence()
	// Last: what is checked here lets go of syntax.
	found := r.findings(units, results)
	r.settle(found)
	x.ladders(found)
	x.notes()
	x.out.Warnings = append([]string{}, sortedSet(append(x.about(r.warnings), r.lines(own(units, results, r.subject))...))...)
	return x.out, nil
}

// unitOf is the unit that reports on the site's file; where none does, one that
// holds it.
func (r *run) unitOf(s *site) (*unit, error) {
	for _, u := range r.units {
		if i := slices.IndexFunc(u.pkg.Names, s.is); i >= 0 {
			s.name = u.pkg.Names[i]
			if owner := r.owners[s.name]; owner != nil {
				return owner, nil
			}
			return r.holders[s.name][0], nil
		}
	}
	if words := r.broken(s.held); words != "" {
		return nil, &NothingError{words}
	}
	return nil, badPlace("%s is compiled in a copy that cgo makes, and goherd looks at no such file", s.shown)
}

// broken says why packages were passed over, and of one that only imports what is
// broken, why that was.
func (r *run) broken(paths []string) string {
	var lines []string
	for _, path := range sortedSet(slices.Clone(paths)) {
		for _, w := range r.warnings {
			if !strings.Contains(w, "package "+path+" passed over") {
				continue
			}
			lines = append(lines, w)
			if _, imp, ok := strings.Cut(w, ": it imports "); ok {
				lines = append(lines, r.broken([]string{strings.TrimSuffix(imp, ", which has errors")}))
			}
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// needed are the variants of u's package and all that these depend on. What else
// was loaded are the tests of those.
func needed(units []*unit, u *unit) []*unit {
	want := map[*unit]bool{}
	var visit func(v *unit)
	visit = func(v *unit) {
		if !want[v] {
			want[v] = true
			for _, d := range v.deps {
				visit(d)
			}
		}
	}
	for _, v := range units {
		if v.subject() == u.subject() {
			visit(v)
		}
	}
	return slices.DeleteFunc(slices.Clone(units), func(v *unit) bool { return !want[v] })
}

// own keeps the results of the package that is explained.
func own(units []*unit, results []*goherd.Result, subject string) []*goherd.Result {
	list := slices.Clone(results)
	for i, u := range units {
		if u.subject() != subject {
			list[i] = nil
		}
	}
	return list
}

// about leaves out what is wrong with the tests of other packages: nothing here
// depends on them.
func (x *explainer) about(warnings []string) []string {
	return slices.DeleteFunc(slices.Clone(warnings), func(w string) bool {
		_, of, tests := strings.Cut(w, "the tests of package ")
		return tests && !strings.HasPrefix(of, x.subject+" ")
	})
}

// find turns the site into syntax.
func (x *explainer) find() goherd.Spot {
	file := x.unit.pkg.Files[slices.Index(x.unit.pkg.Names, x.site.name)]
	s := goherd.Spot{File: file, From: x.site.Line, To: x.site.EndLine}
	if x.site.Col > 0 {
		s.At = x.fset.File(file.FileStart).LineStart(x.site.Line) + token.Pos(x.site.Col-1)
	}
	return s
}

func (x *explainer) start() {
	decl := x.trace.Decl(x.spot)
	p := rule.Place{
		Path: x.rel(x.site.name), Line: x.site.Line, EndLine: x.site.EndLine, Col: x.site.Col,
		Package: x.unit.pkg.Path, Module: x.unit.module(), Ignores: []rule.Ignore{},
		Source: strings.TrimSpace(string(x.site.lines[x.site.Line-1])),
	}
	if decl != nil {
		p.Func = funcName(decl)
		p.FuncLine = x.position(decl.Pos()).Line
	}
	x.out = &rule.Explanation{
		Version: 1, Tool: x.Tool, Go: x.version, Root: givenRoot(x.Options), Place: p,
		Notes: []string{}, Findings: []*rule.Located{}, Ladders: []rule.Ladder{}, Nearby: []rule.Nearby{},
		NoShape: []string{}, Off: []string{},
	}
}

// elsewhere finds who knows the body of fn.
func (x *explainer) elsewhere(fn *types.Func) (*goherd.Trace, *types.Func) {
	home, ok := x.facts.home(fn).(*types.Func)
	if !ok || home.Pkg() == nil {
		return nil, nil
	}
	return x.traces[home.Pkg()], home
}

func (x *explainer) sections() []rule.Section {
	list := []rule.Section{}
	for _, s := range x.trace.Sections(x.spot, x.elsewhere) {
		out := rule.Section{Title: s.Title, Entries: []rule.Entry{}}
		for _, e := range s.Entries {
			at := x.position(e.Pos)
			entry := rule.Entry{Name: e.Name, How: e.How, Path: x.rel(at.Filename), Line: at.Line, Col: at.Column, Facts: []rule.Fact{}}
			for _, f := range e.Facts {
				fact := rule.Fact{Claim: f.Claim, Known: f.Known, Plain: f.Plain, Because: []rule.Reason{}}
				for _, b := range f.Because {
					reason := rule.Reason{Text: b.Text}
					if b.Pos.IsValid() {
						p := x.position(b.Pos)
						reason.Path, reason.Line = x.rel(p.Filename), p.Line
					}
					fact.Because = append(fact.Because, reason)
				}
				entry.Facts = append(entry.Facts, fact)
			}
			out.Entries = append(out.Entries, entry)
		}
		list = append(list, out)
	}
	return list
}

// silence lists the directives that cover the place.
func (x *explainer) silence() {
	decl := x.trace.Decl(x.spot)
	for _, i := range x.trace.Ignores {
		onLine := i.Decl == nil && x.spot.From <= i.Line && i.Line <= x.spot.To
		if i.File == x.spot.File && (onLine || i.Decl != nil && i.Decl == decl) {
			x.out.Place.Ignores = append(x.out.Place.Ignores, rule.Ignore{Rule: i.Rule, Line: x.position(i.Pos).Line})
		}
	}
}

// notes say what a reader has to know before the rest.
func (x *explainer) notes() {
	note := func(format string, args ...any) { x.out.Notes = append(x.out.Notes, fmt.Sprintf(format, args...)) }
	switch {
	case x.owners[x.site.name] != nil:
	case ast.IsGenerated(x.spot.File):
		note("the file says that it is generated: goherd reads it for summaries, and no rule runs on it")
	default:
		note("goherd edits no file of this package, so no rule runs on it")
	}
	if dir := relative(x.root, filepath.Dir(x.site.name)); hiddenFromDots(dir) {
		note("./... leaves this package out; goherd diff %s looks at it", pattern(dir))
	}
	if slices.ContainsFunc(x.out.Sections, func(s rule.Section) bool { return len(s.Entries) > 0 }) {
		return
	}
	p := x.out.Place
	what := "nothing is called here"
	switch line, name := x.trace.Nearest(x.spot); {
	case p.FuncLine == 0:
		note("%s: it lies outside of any declaration", what)
	case line > 0 && p.Func != "":
		note("%s; in %s, the nearest call is that of %s on line %d", what, p.Func, name, line)
	case line > 0:
		note("%s; in the declaration of line %d, the nearest call is that of %s on line %d", what, p.FuncLine, name, line)
	default:
		note("%s, nor anywhere in the declaration of line %d", what, p.FuncLine)
	}
}
