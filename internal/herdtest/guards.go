package herdtest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/rule"
)

// Guards proves that every guard of every rule is alive: without it the cases that
// name it would come out otherwise, and each has a repaired twin on which the rule
// fires. A guard closes a hazard that its rule has to answer for, and the other way
// round.
func Guards(t *testing.T, c Config) {
	isolate(t)
	cases, err := c.read()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.Rules {
		for _, text := range hazardsApart(r) {
			t.Error(text)
		}
	}
	texts, err := wrongGuards(c, cases, workFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		t.Error(text)
	}
}

// hazardsApart tells where a rule's obligations and its guards' hazards differ.
func hazardsApart(r *rule.Rule) []string {
	var out []string
	closed := map[string]bool{}
	for _, g := range r.Guards {
		closed[g.Hazard] = true
		if !slices.Contains(r.Obligations, g.Hazard) {
			out = append(out, fmt.Sprintf("rule %s: guard %s closes %s, which is none of its obligations", r.Name, g.Name, g.Hazard))
		}
	}
	for _, hazard := range r.Obligations {
		if !closed[hazard] {
			out = append(out, fmt.Sprintf("rule %s: no guard closes obligation %s, so no finding can be better than advice", r.Name, hazard))
		}
	}
	return out
}

// wrongGuards tells which guards nobody would miss. It lays the cases out under dir.
func wrongGuards(c Config, cases []*Case, dir string) ([]string, error) {
	l, err := loadCases(dir, cases)
	if err != nil {
		return nil, err
	}
	out := strangers(c.Rules, cases)
	for _, r := range c.Rules {
		if !c.wanted(r.Name) {
			continue
		}
		mine := slices.DeleteFunc(slices.Clone(cases), func(one *Case) bool {
			picked, err := pickRules(c.Rules, one)
			return err != nil || !slices.Contains(picked, r)
		})
		base := l.outcomes(mine, r, "")
		for _, g := range r.Guards {
			j := guardJudge{l: l, rule: r, guard: g.Name, cases: mine, base: base}
			out = append(out, j.verdict()...)
		}
	}
	return out, nil
}

// strangers are the guards that headers name and no rule has.
func strangers(rules []*rule.Rule, cases []*Case) []string {
	known := map[string]bool{}
	for _, r := range rules {
		for _, g := range r.Guards {
			known[r.Name+"/"+g.Name] = true
		}
	}
	var out []string
	for _, c := range cases {
		for _, name := range slices.Concat(c.guards, c.twins) {
			if !known[c.guardID(name)] {
				out = append(out, fmt.Sprintf("case %s: there is no guard %s", c.Name, c.guardID(name)))
			}
		}
	}
	return out
}

// guardID is "rule/guard" for a name in c's header, which may leave out c's own rule.
func (c *Case) guardID(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return c.Rule + "/" + name
}

func (c *Case) names(list []string, id string) bool {
	return slices.ContainsFunc(list, func(name string) bool { return c.guardID(name) == id })
}

// A guardJudge looks at one guard.
type guardJudge struct {
	l     loaded
	rule  *rule.Rule
	guard string
	cases []*Case // those in which the rule runs
	base  map[*Case]caseOutcome
}

func (j guardJudge) verdict() []string {
	id := j.rule.Name + "/" + j.guard
	var out []string
	named := slices.DeleteFunc(slices.Clone(j.cases), func(c *Case) bool { return !c.names(c.guards, id) })
	without := j.l.outcomes(named, j.rule, id)
	for _, c := range named {
		if maps.Equal(j.base[c].seen, without[c].seen) {
			out = append(out, fmt.Sprintf("guard %s: case %s names it, but comes out the same without it", id, c.Name))
		}
	}
	if len(named) == 0 {
		out = append(out, fmt.Sprintf("guard %s: no case says \"guard: %s\"; %s", id, j.guard, j.alive(id)))
	}
	twins := slices.DeleteFunc(slices.Clone(j.cases), func(c *Case) bool { return !c.names(c.twins, id) })
	for _, c := range twins {
		if !j.base[c].fires {
			out = append(out, fmt.Sprintf("guard %s: case %s says that it is a twin, but %s offers no patch there", id, c.Name, j.rule.Name))
		}
	}
	if len(twins) == 0 {
		out = append(out, fmt.Sprintf("guard %s: no case says \"twin: %s\"", id, j.guard))
	}
	return out
}

// alive names the cases that could say that they are the guard's.
func (j guardJudge) alive(id string) string {
	var names []string
	without := j.l.outcomes(j.cases, j.rule, id)
	for _, c := range j.cases {
		if !maps.Equal(j.base[c].seen, without[c].seen) {
			names = append(names, c.Name)
		}
	}
	if names == nil {
		return "it is dead: without it every case comes out the same"
	}
	return "without it these come out otherwise: " + strings.Join(names, ", ")
}

// A caseOutcome is what one rule makes of one case.
type caseOutcome struct {
	seen  map[string]bool // place, safety and patch of each finding
	fires bool            // a patch is offered
}

// outcomes runs one rule over cases, with the guard off switched off.
func (l loaded) outcomes(cases []*Case, r *rule.Rule, off string) map[*Case]caseOutcome {
	out := map[*Case]caseOutcome{}
	for _, c := range cases {
		o := caseOutcome{seen: map[string]bool{}}
		for _, pass := range l[c] {
			res := goherd.Find(pass, goherd.Options{Rules: []*rule.Rule{r}, Rewrite: c.rewrite, Off: off})
			for _, f := range res.Findings {
				at := pass.Fset.PositionFor(f.Pos, false)
				if c.noTests && strings.HasSuffix(at.Filename, "_test.go") {
					continue
				}
				diff := f.Patch.Unified(filepath.ToSlash)
				o.seen[fmt.Sprintf("%s %s\n%s", at, f.Safety(), diff)] = true
				o.fires = o.fires || f.Patch != nil && f.Safety() > rule.Advice
			}
		}
		out[c] = o
	}
	return out
}
