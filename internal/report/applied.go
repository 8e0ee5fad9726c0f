package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// A Written is one file that was changed, and the findings whose patches are in it.
type Written struct {
	Path     string
	Findings []*rule.Located
}

// Applied prints one line for each file that was changed, and one for each
// finding that could have been applied and was not, or was taken back.
//
//	internal/load/page.go: stuckresult (2 findings), unbounded (1 finding)
//	left internal/load/all.go:88: unbounded (review) in Warm
//	undone internal/load/one.go:31: stuckresult (safe) in One
func Applied(w io.Writer, files []Written, left []*rule.Located, o Options) error {
	p := printer{bufio.NewWriter(w), newPalette(o.Colour), o.Verbose}
	for _, f := range files {
		fmt.Fprintf(p, "%s %s\n", p.strong(Clean(f.Path)+":"), strings.Join(perRule(f.Findings), ", "))
	}
	all := &rule.Run{Findings: left}
	for _, f := range files {
		all.Findings = append(all.Findings, f.Findings...)
	}
	for _, f := range left {
		if f.Undone != "" {
			fmt.Fprint(p, "undone ")
		} else {
			fmt.Fprint(p, "left ")
		}
		p.headline(f)
		p.paragraph("  ", "", nil, f.Message)
		if f.Undone != "" {
			p.paragraph("    ", "undone: ", p.strong, f.Undone)
		}
		p.whyNot(f)
		p.conflicts(all, f)
	}
	return p.Flush()
}

// perRule counts findings by rule, in the order in which the rules first occur.
func perRule(findings []*rule.Located) []string {
	n := map[string]int{}
	var names, counts []string
	for _, f := range findings {
		if n[f.Rule]++; n[f.Rule] == 1 {
			names = append(names, f.Rule)
		}
	}
	for _, name := range names {
		counts = append(counts, fmt.Sprintf("%s (%s)", Clean(name), plural(n[name], "finding")))
	}
	return counts
}

// AppliedSummary says in a few lines what an apply did. Rounds are those that
// changed something.
func AppliedSummary(run *rule.Run, files []Written, left []*rule.Located, safety rule.Safety, rounds int) []string {
	applied := map[*rule.Located]bool{} // a finding can reach into several files
	for _, f := range files {
		for _, finding := range f.Findings {
			applied[finding] = true
		}
	}
	line := fmt.Sprintf("nothing to apply in %s of %s", plural(run.Summary.Files, "file"), plural(run.Summary.Packages, "package"))
	switch {
	case len(files) == 0 && len(left) > 0:
		line = "applied nothing"
	case len(files) > 0:
		line = fmt.Sprintf("applied %s to %s", plural(len(applied), "finding"), plural(len(files), "file"))
	}
	if rounds > 1 {
		line += fmt.Sprintf(" in %d rounds", rounds)
	}
	undone := 0
	for _, f := range left {
		if f.Undone != "" {
			undone++
		}
	}
	if undone > 0 {
		line += fmt.Sprintf("; %d undone", undone)
	}
	if len(left) > undone {
		line += fmt.Sprintf("; %d left", len(left)-undone)
	}
	lines := []string{line}
	if v := run.Verify; v != nil {
		lines = append(lines, fmt.Sprintf("%s ran %s", Clean(v.Command), plural(v.Runs, "time")))
	}
	if more := run.Summary.Review; safety == rule.Safe && more > 0 {
		lines = append(lines, fmt.Sprintf("%d review not applied: read goherd diff, then goherd apply --safety review", more))
	}
	if alone := LeftAlone(run); alone != "" {
		lines = append(lines, alone)
	}
	return lines
}
