package herdtest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// vet holds what was written against go vet, which compiles it as well. What vet
// said before already is the case's own affair.
func (p *prover) vet() error {
	for i, s := range p.after {
		var changed []*Case
		for _, c := range s.cases {
			if out := p.outcomes[c]; out != nil && len(out.changes) > 0 {
				changed = append(changed, c)
			}
		}
		said, err := goVet(s, changed)
		if err != nil {
			return err
		}
		for c, now := range said {
			before, err := goVet(p.before[i], []*Case{c})
			if err != nil {
				return err
			}
			for _, text := range newComplaints(before[c], now) {
				p.problems.add(c, "go vet of what was written: %s", text)
			}
		}
	}
	return nil
}

// newComplaints are the lines of now whose messages aren't in before.
func newComplaints(before, now []string) []string {
	return slices.DeleteFunc(now, func(text string) bool {
		return slices.ContainsFunc(before, func(old string) bool { return message(old) == message(text) })
	})
}

var vetPlace = regexp.MustCompile(`^(?:vet: )?\S+?\.go:\d+:\d+: `)

// message is a line of vet's without its place.
func message(line string) string { return vetPlace.ReplaceAllString(line, "") }

// goVet returns vet's lines by case.
func goVet(s *site, cases []*Case) (map[*Case][]string, error) {
	if len(cases) == 0 {
		return nil, nil
	}
	from := s.home()
	cmd := exec.Command("go", append([]string{"vet"}, s.patterns(from, cases)...)...)
	cmd.Dir = filepath.Join(s.root, from)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil, nil
	}
	said := map[*Case][]string{}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		at := slices.IndexFunc(cases, func(c *Case) bool { return len(cases) == 1 || strings.Contains(line, c.Name+"/") })
		if at >= 0 && !strings.HasPrefix(line, "#") {
			said[cases[at]] = append(said[cases[at]], line)
		}
	}
	if len(said) == 0 {
		return nil, fmt.Errorf("go vet: %w\n%s", err, out)
	}
	return said, nil
}
