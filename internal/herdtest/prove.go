package herdtest

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/goherd/goherd/internal/engine"
)

// A prover takes a set of cases through everything that has to be shown, many at a
// time: it is loading and starting commands that costs.
type prover struct {
	Config
	own      goMod
	dir      string // where the cases are laid out
	cases    []*Case
	before   []*site
	after    []*site            // the same, rewritten
	outcomes map[*Case]*outcome // none for a case that can't be looked at further
	problems problems
}

// prove lays the cases out under dir, and returns everything that is wrong with
// them. It fails t only where it cannot go on.
func prove(t *testing.T, c Config, cases []*Case, dir string) problems {
	p := newProver(c, dir)
	p.cases = cases
	stages := []struct {
		name string
		run  func() error
	}{
		{"lay out", func() error { return p.layOut(beforeFolder) }},
		{"run", p.runAll},
		{"goldens", p.compareGoldens},
		{"keep", p.checkChanges},
		{"git apply", p.gitApply},
		{"lay out what was written", p.layOutAfter},
		{"second run", p.runAgain},
		{"vet", p.vet},
		{"behaviour", p.behaviour},
	}
	for _, s := range stages {
		start := time.Now()
		if err := s.run(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		t.Logf("%-24s %6.2fs", s.name, time.Since(start).Seconds())
	}
	return p.problems
}

func newProver(c Config, dir string) *prover {
	return &prover{Config: c, dir: dir, outcomes: map[*Case]*outcome{}, problems: problems{}}
}

func (p *prover) layOut(folder string) (err error) {
	if p.own, err = readGoMod(); err != nil {
		return err
	}
	p.before, err = layOut(filepath.Join(p.dir, folder), p.own, p.cases, asIs)
	return err
}

func asIs(*Case, string) []byte { return nil }

func (p *prover) layOutAfter() (err error) {
	p.after, err = layOut(filepath.Join(p.dir, afterFolder), p.own, p.cases, p.rewritten)
	return err
}

// rewritten is the new text of a file, nil where it stays.
func (p *prover) rewritten(c *Case, file string) []byte {
	if change := p.change(c, file); change != nil {
		return change.New
	}
	return nil
}

func (p *prover) change(c *Case, file string) *engine.Change {
	out := p.outcomes[c]
	if out == nil {
		return nil
	}
	for i := range out.changes {
		if out.changes[i].Rel == file {
			return &out.changes[i]
		}
	}
	return nil
}

// checkChanges holds every changed file against what no rewrite may lose. A case
// whose output is no Go is not looked at further: the go command would not get to
// its neighbours.
func (p *prover) checkChanges() error {
	for _, c := range p.cases {
		out := p.outcomes[c]
		if out == nil {
			continue
		}
		for _, change := range out.changes {
			if err := usable(change); err != nil {
				p.problems.add(c, "%s: %v", change.Rel, err)
				delete(p.outcomes, c)
				continue
			}
			for _, text := range checkChange(change, out) {
				p.problems.add(c, "%s: %s", change.Rel, text)
			}
		}
	}
	return nil
}

// runAll runs every group as often as it takes to see that neither the number of
// cores nor the place from which goherd is run makes a difference.
func (p *prover) runAll() error {
	for _, s := range p.before {
		for _, g := range p.groups(s) {
			first := p.runGroup(g, g.site.home(), 8)
			if first == nil {
				continue
			}
			for c, out := range first.of {
				p.outcomes[c] = out
			}
			p.sameWithOneJob(g, first)
			p.sameFromBelow(g)
		}
	}
	return nil
}

// runAgain runs goherd on what it wrote: it must have nothing left to offer.
func (p *prover) runAgain() error {
	for _, s := range p.after {
		for _, g := range p.groups(s) {
			res := p.runGroup(g, g.site.home(), 8)
			if res == nil {
				continue
			}
			for _, c := range g.cases {
				if diff := res.of[c].diff("."); diff != "" && p.outcomes[c] != nil {
					p.problems.add(c, "a second run is not quiet:\n%s", indent(diff))
				}
			}
		}
	}
	return nil
}

// sameFromBelow runs the group from the folder above its modules, and the case that
// changes in most folders from each of them: the paths change, and nothing else.
func (p *prover) sameFromBelow(g group) {
	if !g.site.alone {
		p.sameFrom(g, services, ".")
	}
	widest := slices.MaxFunc(g.cases, func(a, b *Case) int {
		return cmp.Compare(len(p.outcomes[a].folders()), len(p.outcomes[b].folders()))
	})
	one := g
	one.cases = []*Case{widest}
	for _, folder := range p.outcomes[widest].folders() {
		p.sameFrom(one, path.Join(g.site.dir(widest), folder), folder)
	}
}
