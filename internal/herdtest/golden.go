package herdtest

import (
	"bytes"
	"os"
	"strings"

	"github.com/goherd/goherd/internal/patch"
)

// compareGoldens holds each outcome against what the archive says, or rewrites the
// archive's goldens where the user asked for it.
func (p *prover) compareGoldens() error {
	for _, c := range p.cases {
		out := p.outcomes[c]
		if out == nil {
			continue
		}
		for _, text := range compareWants(c.wants, out.findings) {
			p.problems.add(c, "%s", text)
		}
		for _, f := range out.left {
			p.problems.add(c, "%s:%d: %s is %s, but its patch was not written", f.Path, f.Line, f.Rule, f.Safety)
		}
		if err := p.settle(c, out.sections()); err != nil {
			return err
		}
	}
	return nil
}

// sections is every section as it would be now.
func (o *outcome) sections() map[string]string {
	var changes []string
	for _, f := range o.findings {
		for _, change := range f.Changes {
			changes = append(changes, f.Rule+": "+change)
		}
	}
	return map[string]string{diffSection: o.diff("."), changesSection: lines(changes), warningsSection: lines(o.warnings)}
}

func lines(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\n") + "\n"
}

// settle compares the sections, or accepts them as the new goldens. No -update
// gives a case its first warnings: that a rule panicked must not become a golden
// by itself.
func (p *prover) settle(c *Case, now map[string]string) error {
	for _, name := range sections {
		was, listed := c.goldens[name]
		switch {
		case was == now[name], name == changesSection && !listed:
		case p.Update && c.Path != "" && (listed || name == diffSection):
			c.goldens[name] = now[name]
		default:
			diff := patch.Unified(name, []byte(was), []byte(now[name]))
			p.problems.add(c, "section %s is another one (- in the archive, + now; read it, then run with -update):\n%s", name, indent(diff))
		}
	}
	if p.Update && c.Path != "" {
		return c.save()
	}
	return nil
}

// save writes the archive, if it differs from the file.
func (c *Case) save() error {
	old, err := os.ReadFile(c.Path)
	if err != nil {
		return err
	}
	if text := c.format(); !bytes.Equal(old, text) {
		return os.WriteFile(c.Path, text, 0o666)
	}
	return nil
}
