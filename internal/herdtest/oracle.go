package herdtest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/rule"
)

// Oracle runs what the rules write against what was there, in every schedule of
// each template in c.Dir/oracle, and shows that it would have noticed: each mistake
// in c.Dir/oracle/mistakes is found out, and each small change of what goherd writes.
// It holds the tables of page against what came out.
func Oracle(t *testing.T, c Config, page string) {
	isolate(t)
	p, err := readProof(c, workFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	stages := []struct {
		name string
		run  func() error
	}{
		{"rewrite", p.rewrite},
		{"lay out", p.layOut},
		{"build", p.build},
		{"run", p.run},
		{"race", p.race},
		{"judge", p.judge},
		{"page", func() error { return p.page(page) }},
	}
	for _, s := range stages {
		start := time.Now()
		if err := s.run(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		t.Logf("%-24s %6.2fs", s.name, time.Since(start).Seconds())
	}
	for _, text := range p.problems[nil] {
		t.Error(text)
	}
	for _, one := range slices.Concat(p.templates, p.mistakes) {
		t.Run(one.Name, func(t *testing.T) {
			for _, text := range p.problems[one.Case] {
				t.Error(text)
			}
		})
	}
	t.Logf("\n%s", strings.Join(p.tables(), "\n"))
}

// A proof is the templates on their way through all that has to be shown.
type proof struct {
	*prover
	templates []*template
	mistakes  []*template // none where the user asked for some rules only
	module    *proofModule
	mutants   map[*template][]*mutant
	plain     verdicts
	raced     verdicts
}

// The folders within the work folder.
const (
	templateFolder = "templates"
	proofFolder    = "proof"
)

func readProof(c Config, dir string) (*proof, error) {
	p := &proof{prover: newProver(c, dir), mutants: map[*template][]*mutant{}}
	var err error
	if p.templates, err = readTemplates(filepath.Join(c.Dir, "oracle")); err != nil {
		return nil, err
	}
	p.templates = slices.DeleteFunc(p.templates, func(t *template) bool { return !c.wanted(t.Rule) })
	if c.Only == "" {
		if p.mistakes, err = readTemplates(filepath.Join(c.Dir, "oracle", "mistakes")); err != nil {
			return nil, err
		}
		if len(p.templates) == 0 || len(p.mistakes) == 0 {
			return nil, fmt.Errorf("%d templates and %d mistakes in %s", len(p.templates), len(p.mistakes), c.Dir)
		}
	}
	return p, nil
}

// rewrite has goherd rewrite the templates. One that goherd doesn't write as its
// archive says goes no further.
func (p *proof) rewrite() error {
	if len(p.templates) == 0 {
		return nil
	}
	for _, t := range p.templates {
		p.cases = append(p.cases, t.Case)
	}
	if err := p.runOnce(templateFolder); err != nil {
		return err
	}
	if err := p.compareGoldens(); err != nil {
		return err
	}
	p.templates = slices.DeleteFunc(p.templates, func(t *template) bool {
		out := p.outcomes[t.Case]
		switch {
		case out == nil:
			p.problems.add(nil, "%s: goherd could not look at it", t.Name)
		case len(out.changes) == 0:
			p.problems.add(nil, "%s: goherd writes nothing", t.Name)
		default:
			for _, text := range t.unannounced(p.ruleOf(t), out) {
				p.problems.add(t.Case, "%s", text)
			}
			return false
		}
		return true
	})
	return nil
}

func (p *proof) ruleOf(t *template) *rule.Rule {
	return p.Rules[slices.IndexFunc(p.Rules, func(r *rule.Rule) bool { return r.Name == t.Rule })]
}

// layOut puts every form of every template into one module.
func (p *proof) layOut() error {
	own, err := readGoMod()
	if err != nil {
		return err
	}
	p.module = &proofModule{dir: filepath.Join(p.dir, proofFolder), own: own, forms: map[string]map[string][]byte{}}
	for _, t := range p.templates {
		p.module.forms[t.form(oldForm)] = t.files(func(string) []byte { return nil })
		p.module.forms[t.form(newForm)] = t.files(func(name string) []byte { return p.rewritten(t.Case, name) })
		for _, change := range p.outcomes[t.Case].changes {
			p.mutate(t, change)
		}
	}
	for _, t := range p.mistakes {
		p.module.forms[t.form(oldForm)] = t.files(func(string) []byte { return nil })
		p.module.forms[t.form(newForm)] = t.files(func(name string) []byte {
			if name == beforeFile {
				return t.after
			}
			return nil
		})
	}
	return p.module.write()
}

// mutate adds the mutants of what goherd wrote into one file.
func (p *proof) mutate(t *template, change engine.Change) {
	for _, m := range mutantsOf(change.Old, change.New) {
		m.form = t.form(fmt.Sprintf("mutant%d", len(p.mutants[t])+1))
		p.mutants[t] = append(p.mutants[t], m)
		p.module.forms[m.form] = t.files(func(name string) []byte {
			if name == change.Rel {
				return m.text
			}
			return p.rewritten(t.Case, name)
		})
	}
}

// The forms of a template.
const (
	oldForm = "before"
	newForm = "after"
)

func (t *template) form(name string) string { return t.Name + "/" + name }

// files are the template's as they stand in one form, by name.
func (t *template) files(change func(name string) []byte) map[string][]byte {
	files := map[string][]byte{driveFile: t.drive}
	for _, f := range t.Files {
		files[f.Name] = f.Data
		if text := change(f.Name); text != nil {
			files[f.Name] = text
		}
	}
	return files
}

func (p *proof) build() error {
	unbuilt, err := p.module.dropUnbuilt()
	if err != nil {
		return err
	}
	for t, list := range p.mutants {
		p.mutants[t] = slices.DeleteFunc(list, func(m *mutant) bool {
			_, no := unbuilt[m.form]
			delete(unbuilt, m.form)
			return no
		})
	}
	for _, form := range slices.Sorted(maps.Keys(unbuilt)) {
		return fmt.Errorf("%s doesn't build:\n%s", form, unbuilt[form])
	}
	return nil
}

// run runs what needs no race detector.
func (p *proof) run() error {
	program, err := p.module.compile(false)
	if err != nil {
		return err
	}
	var specs []oracle.Spec
	for _, t := range slices.Concat(p.templates, p.mistakes) {
		main := t.main()
		main.Wide = p.Wide && t.after == nil
		specs = append(specs, main, t.identity())
		for _, m := range p.mutants[t] {
			specs = append(specs, t.mutated(m))
		}
	}
	p.plain, err = p.module.runSpecs(program, specs)
	return err
}

// race runs both forms under the race detector, where there is one, and of a repair
// of a race also the mutants that nothing else has found out.
func (p *proof) race() error {
	if !raceDetector() {
		return nil
	}
	program, err := p.module.compile(true)
	if err != nil {
		return err
	}
	var specs []oracle.Spec
	for _, t := range slices.Concat(p.templates, p.mistakes) {
		specs = append(specs, t.racing(oldForm))
		if !slices.Contains(t.kills, deathClass) {
			specs = append(specs, t.racing(newForm))
		}
		for _, m := range p.mutants[t] {
			if t.races && !p.killed(m) {
				specs = append(specs, t.mutatedRacing(m))
			}
		}
	}
	p.raced, err = p.module.runSpecs(program, specs)
	return err
}

// main is the spec that the template is there for.
func (t *template) main() oracle.Spec {
	s := t.spec
	s.Before, s.After = t.form(oldForm), t.form(newForm)
	return s
}

// identity holds the old form against itself: no schedule may give two outcomes.
func (t *template) identity() oracle.Spec {
	s := t.spec
	s.Name, s.Mode, s.May, s.Mends, s.Trigger = t.form("identity"), oracle.Safe, nil, nil, nil
	s.InFlight, s.Goroutines, s.Extra, s.Late, s.Stride = 0, 0, 0, -1, 7
	s.Before, s.After = t.form(oldForm), t.form(oldForm)
	return s
}

func (t *template) mutated(m *mutant) oracle.Spec {
	s := t.main()
	s.Name, s.After, s.Quick = m.form, m.form, true
	return s
}

func (t *template) racing(form string) oracle.Spec {
	s := t.spec
	s.Name, s.Before, s.After, s.Race = t.form("race of "+form), t.form(form), t.form(form), true
	return s
}

func (t *template) mutatedRacing(m *mutant) oracle.Spec {
	s := t.racing(newForm)
	s.Name, s.After = m.form, m.form
	return s
}
