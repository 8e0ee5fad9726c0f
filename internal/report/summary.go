package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// Summary says in a few lines what a dry run found, how to apply it, and what
// was left alone.
func Summary(run *rule.Run, safety rule.Safety) []string {
	lines := []string{found(run, safety)}
	if how := howToApply(run); how != "" {
		lines = append(lines, how)
	}
	if left := LeftAlone(run); left != "" {
		lines = append(lines, left)
	}
	return lines
}

// found counts what is shown, and what is hidden with the flag that shows it.
func found(run *rule.Run, safety rule.Safety) string {
	files := map[string]bool{}
	shown := 0
	for _, f := range run.Findings {
		if f.Safety >= safety {
			files[f.Path] = true
			shown++
		}
	}
	var above, below []string
	least := rule.Safe
	for _, level := range []rule.Safety{rule.Safe, rule.Review, rule.Advice} {
		n := count(run.Summary, level)
		switch {
		case n == 0:
		case level >= safety:
			above = append(above, fmt.Sprintf("%d %s", n, level))
		default:
			below = append(below, fmt.Sprintf("%d %s", n, level))
			least = level
		}
	}
	line := fmt.Sprintf("%s in %s (%s)", plural(shown, "finding"), plural(len(files), "file"), strings.Join(above, ", "))
	if shown == 0 {
		what := "no findings"
		switch {
		case below != nil:
			what = "nothing to show"
		case run.LeftOut != nil && run.LeftOut.Since+run.LeftOut.Baseline > 0:
			what = "nothing new"
		}
		line = fmt.Sprintf("%s in %s of %s", what, plural(run.Summary.Files, "file"), plural(run.Summary.Packages, "package"))
	}
	if below != nil {
		line += fmt.Sprintf("; %s hidden: --safety %s shows them", strings.Join(below, ", "), least)
	}
	return line
}

func count(s rule.Summary, level rule.Safety) int {
	return [...]int{rule.Safe: s.Safe, rule.Review: s.Review, rule.Advice: s.Advice}[level]
}

// howToApply counts patches, not findings: a refused finding has none.
func howToApply(run *rule.Run) string {
	var safe, review int
	for _, f := range run.Findings {
		switch {
		case f.Patch == "":
		case f.Safety == rule.Safe:
			safe++
		case f.Safety == rule.Review:
			review++
		}
	}
	const more = "goherd apply --safety review"
	switch {
	case safe > 0 && review > 0:
		return fmt.Sprintf("goherd apply writes the %s; %s writes all %d", patches(safe, "safe patch"), more, safe+review)
	case safe > 0:
		return "goherd apply writes the " + patches(safe, "safe patch")
	case review > 0:
		return more + " writes the " + patches(review, "patch")
	}
	return ""
}

// patches goes after "the": "safe patch", "3 safe patches".
func patches(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return fmt.Sprintf("%d %ses", n, noun)
}

// LeftAlone lists what a run passed over on purpose, where there was any.
func LeftAlone(run *rule.Run) string {
	s := run.Skipped
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{s.Generated, "generated file", "generated files"},
		{s.Vendored, "vendored file", "vendored files"},
		{s.Cgo, "cgo file", "cgo files"},
		{s.OtherSystems, "file for other systems", "files for other systems"},
		{s.NestedModules, "nested module", "nested modules"},
	} {
		switch {
		case part.n == 1:
			parts = append(parts, "1 "+part.one)
		case part.n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.many))
		}
	}
	if parts == nil {
		return ""
	}
	return "left alone: " + strings.Join(parts, ", ")
}

// Warnings are the lines that no flag silences: those of the run, and the
// packages that could not be checked and that no line has named.
func Warnings(run *rule.Run) []string {
	var lines, broken []string
	for _, w := range run.Warnings {
		lines = append(lines, Clean(w))
	}
	for _, path := range run.Skipped.TypeErrors {
		named := func(w string) bool { return strings.Contains(w, "package "+path+" passed over") }
		if !slices.ContainsFunc(run.Warnings, named) {
			broken = append(broken, path)
		}
	}
	if broken != nil {
		lines = append(lines, Clean("passed over, because of errors in them: "+strings.Join(broken, ", ")))
	}
	return lines
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
