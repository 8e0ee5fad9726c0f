package herdtest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// judge notes whatever is not as it should be.
func (p *proof) judge() error {
	for _, t := range p.templates {
		p.judgeTemplate(t)
		p.judgeMutants(t)
	}
	for _, t := range p.mistakes {
		p.judgeMistake(t)
	}
	for _, t := range slices.Concat(p.templates, p.mistakes) {
		p.judgeIdentity(t)
		p.judgeRaces(t)
	}
	p.judgeRules()
	return nil
}

// judgeRules wants a template of each rule that writes anything.
func (p *proof) judgeRules() {
	for _, r := range p.Rules {
		of := func(t *template) bool { return t.Rule == r.Name }
		if r.Best > rule.Advice && p.wanted(r.Name) && !slices.ContainsFunc(p.templates, of) {
			p.problems.add(nil, "%s writes patches, and no template shows what they do", r.Name)
		}
	}
}

func (p *proof) judgeTemplate(t *template) {
	if words := p.plain.died[t.Name]; words != "" {
		p.problems.add(t.Case, "the process died: %s", words)
		return
	}
	r := p.plain.reports[t.Name]
	if r.Violations > 0 {
		p.problems.add(t.Case, "on %d of %d schedules the new form does what it must not: %s\nfor one, %s", r.Violations, r.Schedules, counts(r.Classes), r.Witness)
	}
	for _, text := range r.Wrong {
		p.problems.add(t.Case, "%s", text)
	}
}

// judgeMutants wants each mutant found out, but for those that the archive knows.
func (p *proof) judgeMutants(t *template) {
	known := maps.Clone(t.alive)
	for _, m := range p.mutants[t] {
		_, excused := known[m.what]
		delete(known, m.what)
		switch killed := p.killed(m); {
		case killed && excused:
			p.problems.add(t.Case, "alive: %s: it is found out", m.what)
		case !killed && !excused && !(t.races && p.raced.reports == nil):
			p.problems.add(t.Case, "nobody notices the mutant: %s", m.what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(known)) {
		p.problems.add(t.Case, "alive: %s: there is no such mutant", what)
	}
}

// killed tells whether a mutant was found out, if need be by the race detector.
func (p *proof) killed(m *mutant) bool {
	race := p.raced.reports[m.form]
	return p.plain.died[m.form] != "" || !p.plain.reports[m.form].OK() || race != nil && race.Raced
}

// judgeMistake wants the mistake found out, and by what the archive says.
func (p *proof) judgeMistake(t *template) {
	found := p.findings(t)
	for _, name := range t.kills {
		if found[name] == 0 && (name != raceClass || p.raced.reports != nil) {
			p.problems.add(t.Case, "the mistake is not found out by %s, but by: %s", name, counts(found))
		}
	}
}

// findings are the classes that give a mistake away, with the number of schedules.
func (p *proof) findings(t *template) map[string]int {
	found := map[string]int{}
	if r := p.plain.reports[t.Name]; r != nil {
		maps.Copy(found, r.Classes)
	} else {
		found[deathClass] = 1
	}
	if r := p.raced.reports[t.form("race of "+newForm)]; r != nil && r.Raced {
		found[raceClass] = 1
	}
	return found
}

// What gives a mistake away beside the classes.
const (
	raceClass  = "race" // the race detector speaks
	deathClass = "died" // the process dies
)

func (p *proof) judgeIdentity(t *template) {
	name := t.form("identity")
	if words := p.plain.died[name]; words != "" {
		p.problems.add(t.Case, "the old form kills the process: %s", words)
	} else if r := p.plain.reports[name]; r.Same != r.Schedules {
		p.problems.add(t.Case, "the old form differs from itself on %d of %d schedules, so something has no order: %s", r.Schedules-r.Same, r.Schedules, r.Witness)
	}
}

func (p *proof) judgeRaces(t *template) {
	for _, form := range []string{oldForm, newForm} {
		name, may := t.form("race of "+form), t.races
		if form == newForm {
			may = slices.Contains(t.kills, raceClass)
		}
		if words := p.raced.died[name]; words != "" {
			p.problems.add(t.Case, "%s: the process died: %s", name, words)
		} else if r := p.raced.reports[name]; r != nil && r.Raced != may {
			p.problems.add(t.Case, "%s: a data race is %v, and should be %v", name, r.Raced, may)
		}
	}
}

// counts is "leak 12, slower 3", the most frequent first.
func counts(m map[string]int) string {
	names := slices.Collect(maps.Keys(m))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(m[b]-m[a], strings.Compare(a, b)) })
	for i, name := range names {
		if name != raceClass && name != deathClass { // those are of a process
			names[i] = fmt.Sprintf("%s %d", name, m[name])
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// tables are those of the page, in its order.
func (p *proof) tables() []string {
	return []string{p.templateTable(), p.mutantTable(), p.mistakeTable(), classTable()}
}

func (p *proof) templateTable() string {
	var s strings.Builder
	s.WriteString("| template | promise | schedules | the same | allowed differences | meet the defect | violations |\n|---|---|---|---|---|---|---|\n")
	schedules, violations := 0, 0
	for _, t := range p.templates {
		r := p.plain.reports[t.Name]
		if r == nil {
			continue
		}
		schedules, violations = schedules+r.Schedules, violations+r.Violations
		allowed, met := "", ""
		needed := maps.Clone(r.Licensed)
		if r.Later > 0 {
			needed["later"] = r.Later
		}
		if len(needed) > 0 {
			allowed = counts(needed)
		}
		if t.spec.Mode == oracle.Repair {
			met = fmt.Sprint(r.Triggered)
			if len(r.Mended) > 0 {
				met += ": " + counts(r.Mended)
			}
		}
		fmt.Fprintf(&s, "| %s | %s | %d | %d | %s | %s | %d |\n", t.Name, t.spec.Mode, r.Schedules, r.Same, allowed, met, r.Violations)
	}
	fmt.Fprintf(&s, "| all | | %d | | | | %d |\n", schedules, violations)
	return s.String()
}

// mutantTable ends with those that live, and why.
func (p *proof) mutantTable() string {
	var s strings.Builder
	s.WriteString("| template | mutants | found out |\n|---|---|---|\n")
	all, dead := 0, 0
	alive := map[string][]string{}
	for _, t := range p.templates {
		n := 0
		for _, m := range p.mutants[t] {
			if p.killed(m) {
				n++
			}
		}
		for what, why := range t.alive {
			line := fmt.Sprintf("`%s`: %s", what, why)
			alive[line] = append(alive[line], t.Name)
		}
		all, dead = all+len(p.mutants[t]), dead+n
		fmt.Fprintf(&s, "| %s | %d | %d |\n", t.Name, len(p.mutants[t]), n)
	}
	fmt.Fprintf(&s, "| all | %d | %d |\n\n", all, dead)
	for _, line := range slices.Sorted(maps.Keys(alive)) {
		fmt.Fprintf(&s, "- %s (%s)\n", line, strings.Join(alive[line], ", "))
	}
	return s.String()
}

func (p *proof) mistakeTable() string {
	var s strings.Builder
	s.WriteString("| mistake | schedules | found out by |\n|---|---|---|\n")
	for _, t := range p.mistakes {
		n := 0
		if r := p.plain.reports[t.Name]; r != nil {
			n = r.Schedules
		}
		fmt.Fprintf(&s, "| %s | %d | %s |\n", strings.ReplaceAll(t.Name, "_", " "), n, counts(p.findings(t)))
	}
	return s.String()
}

func classTable() string {
	var s strings.Builder
	s.WriteString("| class | the new form against the old one |\n|---|---|\n")
	for _, c := range oracle.Names {
		fmt.Fprintf(&s, "| %s | %s |\n", c.Name, c.Means)
	}
	return s.String()
}

var tableMarks = regexp.MustCompile(`(?s)(<!-- table \d[^\n]*-->\n)(.*?)(<!-- end -->)`)

// page holds the tables of a page against those of this run, or writes them anew.
func (p *proof) page(name string) error {
	if p.Only != "" || p.Wide || p.raced.reports == nil {
		return nil // less than the page tells, or more
	}
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	tables := p.tables()
	if n := len(tableMarks.FindAll(old, -1)); n != len(tables) {
		return fmt.Errorf("%s has room for %d tables, not %d", name, n, len(tables))
	}
	i := 0
	new := tableMarks.ReplaceAllFunc(old, func(block []byte) []byte {
		m := tableMarks.FindSubmatch(block)
		i++
		return slices.Concat(m[1], []byte(tables[i-1]), m[3])
	})
	switch {
	case bytes.Equal(old, new):
	case p.Update:
		return os.WriteFile(name, new, 0o666)
	default:
		p.problems.add(nil, "%s is stale (go test . -run TestOracle -update writes it anew):\n%s", name, indent(patch.Unified(name, old, new)))
	}
	return nil
}
