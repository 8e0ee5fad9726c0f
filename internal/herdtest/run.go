package herdtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A group is the cases of one site that goherd takes with the same options.
type group struct {
	site    *site
	cases   []*Case
	options engine.Options
}

// groups divides the cases of s, in the order of their names.
func (p *prover) groups(s *site) []group {
	var out []group
	at := map[string]int{}
	for _, c := range s.cases {
		o, err := p.optionsOf(c)
		if err != nil {
			p.problems.add(c, "%v", err)
			continue
		}
		key := fmt.Sprint(ruleNames(o.Rules), o.Safety, o.Rewrite, o.Tests)
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, group{site: s, options: o})
		}
		out[i].cases = append(out[i].cases, c)
	}
	return out
}

// optionsOf is what `goherd apply` would run with.
func (p *prover) optionsOf(c *Case) (engine.Options, error) {
	rules, err := pickRules(p.Rules, c)
	return engine.Options{
		Tests: !c.noTests, Tool: "goherd test", Rules: rules,
		Rewrite: c.rewrite, Safety: c.safety, Rounds: 10,
	}, err
}

func pickRules(all []*rule.Rule, c *Case) ([]*rule.Rule, error) {
	var picked []*rule.Rule
	for _, r := range all {
		byDefault := c.rules == nil && (!r.OptIn || r.Name == c.Rule)
		if byDefault || slices.Contains(c.rules, r.Name) {
			picked = append(picked, r)
		}
	}
	for _, name := range c.rules {
		if !slices.Contains(ruleNames(picked), name) {
			return nil, fmt.Errorf("header: there is no rule %s", name)
		}
	}
	return picked, nil
}

func ruleNames(rules []*rule.Rule) []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return names
}

// An outcome is one case's share of a run, with paths relative to its module.
type outcome struct {
	findings []*rule.Located
	applied  []*rule.Located
	left     []*rule.Located
	changes  []engine.Change
	warnings []string
}

// diff is the merged change in a folder of the module, as a user reads it.
func (o *outcome) diff(folder string) string {
	var s strings.Builder
	for _, c := range o.changes {
		if under(folder, c.Rel) {
			s.WriteString(patch.Unified(c.Rel, c.Old, c.New))
		}
	}
	return s.String()
}

// folders are the module's root and those that hold a changed file; none where
// nothing changed.
func (o *outcome) folders() []string {
	var out []string
	for _, c := range o.changes {
		out = append(out, ".", path.Dir(c.Rel))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// under tells whether a slashed path is folder or lies below it; "." and "" are above all.
func under(folder, name string) bool {
	return folder == "." || folder == "" || name == folder || strings.HasPrefix(name, folder+"/")
}

// A result is a run's outcomes, and its bytes as a script would see them.
type result struct {
	of   map[*Case]*outcome
	json []byte
}

// runGroup runs goherd in the folder from, relative to the site's root. It returns
// nil after noting what kept it from running.
func (p *prover) runGroup(g group, from string, jobs int) *result {
	o := g.options
	o.Dir, o.Jobs, o.Patterns = filepath.Join(g.site.root, from), jobs, g.site.patterns(from, g.cases)
	res, err := p.run(o)
	if err != nil {
		p.problems.add(nil, "goherd in %q over %s: %v", from, o.Patterns, err)
		return nil
	}
	out := &result{of: map[*Case]*outcome{}}
	if out.json, err = json.MarshalIndent(res, "", " "); err != nil {
		p.problems.add(nil, "print the run as JSON: %v", err)
		return nil
	}
	for _, c := range g.cases {
		out.of[c] = &outcome{}
	}
	p.share(out, g, from, res)
	return out
}

// share gives each case of the group its part of a run.
func (p *prover) share(out *result, g group, from string, res *engine.Result) {
	s := splitter{problems: p.problems, g: g, from: from}
	for _, name := range res.Run.Skipped.TypeErrors {
		c, _ := s.line(name)
		p.problems.add(c, "package %s does not type-check", name)
	}
	for _, text := range res.Run.Warnings {
		if c, own := s.line(text); c != nil {
			out.of[c].warnings = append(out.of[c].warnings, own)
		} else {
			p.problems.add(nil, "goherd warns: %s", text)
		}
	}
	s.located(res.Run.Findings, func(c *Case, f *rule.Located) { out.of[c].findings = append(out.of[c].findings, f) })
	s.located(res.Applied, func(c *Case, f *rule.Located) { out.of[c].applied = append(out.of[c].applied, f) })
	s.located(res.Left, func(c *Case, f *rule.Located) { out.of[c].left = append(out.of[c].left, f) })
	for _, change := range res.Changes {
		c, rel := s.find(change.Rel)
		if c == nil {
			p.problems.add(nil, "a change of %s, which is in no case", change.Rel)
			continue
		}
		change.Rel = rel
		out.of[c].changes = append(out.of[c].changes, change)
	}
}

// A splitter tells which case of a group a path or a line belongs to, in a run that
// took place in the folder from.
type splitter struct {
	problems problems
	g        group
	from     string
}

// find returns the case of a path and the path within that case's module.
func (s splitter) find(rel string) (*Case, string) {
	for _, c := range s.g.cases {
		if below, ok := strings.CutPrefix(path.Join(s.from, rel), s.g.site.dir(c)+"/"); ok {
			return c, below
		}
	}
	return nil, ""
}

// line returns the case that a line of text names by a path or a package, and the
// line with such a path made relative to the case's module.
func (s splitter) line(text string) (*Case, string) {
	for _, c := range s.g.cases {
		prefix := ""
		if dir := s.g.site.dir(c); !under(dir, s.from) {
			prefix = strings.TrimPrefix(strings.TrimPrefix(dir, s.from), "/") + "/"
		}
		if own, ok := strings.CutPrefix(text, prefix); ok && prefix != "" || c.hasPackage(text) || len(s.g.cases) == 1 {
			return c, own
		}
	}
	return nil, text
}

func (s splitter) located(all []*rule.Located, give func(*Case, *rule.Located)) {
	for _, f := range all {
		c, rel := s.find(f.Path)
		if c == nil {
			s.problems.add(nil, "a finding in %s:%d, which is in no case: %s", f.Path, f.Line, f.Message)
			continue
		}
		own := *f
		own.Path = rel
		give(c, &own)
	}
}

// sameWithOneJob holds a run with one worker against one with eight.
func (p *prover) sameWithOneJob(g group, first *result) {
	again := p.runGroup(g, g.site.home(), 1)
	if again == nil || bytes.Equal(first.json, again.json) {
		return
	}
	p.problems.add(nil, "--jobs 1 gives another result than --jobs 8:\n%s", indent(patch.Unified("result.json", first.json, again.json)))
}

// sameFrom holds a run in the folder from against the first one. Within is the
// part of each module that such a run sees.
func (p *prover) sameFrom(g group, from, within string) {
	res := p.runGroup(g, from, 8)
	if res == nil {
		return
	}
	for _, c := range g.cases {
		if got, want := res.of[c].diff(within), p.outcomes[c].diff(within); got != want {
			p.problems.add(c, "goherd gives another diff in %s (- before, + there):\n%s", from, indent(patch.Unified("diff", []byte(want), []byte(got))))
		}
	}
}
