// Package report shows a run: as text for people, as a patch for git, as JSON
// for programs. It decides nothing and writes only what it is given.
package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goherd/goherd/internal/rule"
)

// Options are what the reader wants to see.
type Options struct {
	Safety  rule.Safety // findings below it are left out
	Colour  bool
	Verbose bool // every claim of the evidence, also where many are proved
}

// lineWidth is where sentences break. Code never does.
const lineWidth = 100

// Text prints each finding as a paragraph: where and what, one sentence, the
// evidence, what changes, and the patch.
//
//	internal/load/page.go:41: stuckresult (safe) in (*Loader).Page
//	  the goroutine blocks for ever when the timeout comes first
//	    proved   D9  the goroutine sends once
//
//	    @@ -41,3 +41,3 @@
//	    -	ch := make(chan result)
//	    +	ch := make(chan result, 1)
func Text(w io.Writer, run *rule.Run, o Options) error {
	p := printer{bufio.NewWriter(w), newPalette(o.Colour), o.Verbose}
	first := true
	for _, f := range run.Findings {
		if f.Safety < o.Safety {
			continue
		}
		if !first {
			fmt.Fprintln(p)
		}
		first = false
		p.finding(run, f)
	}
	return p.Flush()
}

// A printer remembers the first error of its writer until Flush.
type printer struct {
	*bufio.Writer
	palette
	verbose bool
}

// headline names the place first, as compilers do, so that editors and terminals can jump to it.
func (p printer) headline(f *rule.Located) {
	fmt.Fprintf(p, "%s %s (%s)", p.strong(Clean(place(f.Path, f.Line))+":"), p.strong(Clean(f.Rule)), p.level[f.Safety](f.Safety.String()))
	if f.Func != "" {
		fmt.Fprintf(p, " in %s", Clean(f.Func))
	}
	fmt.Fprintln(p)
}

func (p printer) finding(run *rule.Run, f *rule.Located) {
	p.headline(f)
	p.paragraph("  ", "", nil, f.Message)
	p.whyNot(f)
	p.evidence(f)
	if len(f.Changes) > 0 {
		fmt.Fprintln(p, "    "+p.strong("changes:"))
		for _, c := range f.Changes {
			p.paragraph("      ", "- ", nil, c)
		}
	}
	p.conflicts(run, f)
	// An idea is shown, never a patch that nobody may apply.
	if f.Patch != "" && f.Safety > rule.Advice {
		fmt.Fprintln(p)
		p.patch(f)
	}
}

// fewProved is how many proved claims are spelled out without being asked for,
// where there is a patch to trust.
const fewProved = 3

// evidence prints one line for each claim, in columns, what is not proved
// first: that is where the reader is needed. Many proved claims become one line.
// A refusal is said by whyNot, once.
func (p printer) evidence(f *rule.Located) {
	var open, proved []rule.LocatedEvidence
	widest := 0
	for _, e := range f.Evidence {
		switch {
		case f.Refused != "" && e.Claim == f.Refused && e.Hazard == f.RefusedBy:
			continue
		case e.Grade < rule.Safe:
			open = append(open, e)
		default:
			proved = append(proved, e)
		}
		widest = max(widest, utf8.RuneCountInString(Clean(e.Hazard)))
	}
	fold := !p.verbose && (len(proved) > fewProved || len(proved) > 0 && f.Refused != "")
	if !fold {
		open = append(open, proved...)
	}
	for _, e := range open {
		paint := p.dim
		if e.Grade < rule.Safe {
			paint = p.level[e.Grade]
		}
		p.paragraph("    ", fmt.Sprintf("%-7s  %-*s  ", gradeWord(e.Grade), widest, Clean(e.Hazard)), paint, claim(f, e))
	}
	if fold {
		var hazards []string
		for _, e := range proved {
			hazards = append(hazards, e.Hazard)
		}
		p.paragraph("    ", "proved   ", p.dim, fmt.Sprintf("%s: %s (--verbose spells out)", plural(len(proved), "claim"), strings.Join(hazards, ", ")))
	}
}

// claim ends with the place where it was proved, if that is not where the finding is.
func claim(f *rule.Located, e rule.LocatedEvidence) string {
	line := fmt.Sprintf("line %d", e.Line)
	switch {
	case e.Path != "" && e.Path != f.Path:
		return e.Claim + " (" + place(e.Path, e.Line) + ")"
	case e.Line > 0 && e.Line != f.Line && !regexp.MustCompile(`\b`+line+`\b`).MatchString(e.Claim):
		return e.Claim + " (" + line + ")"
	}
	return e.Claim
}

func gradeWord(grade rule.Safety) string {
	return [...]string{rule.Advice: "unknown", rule.Review: "assumed", rule.Safe: "proved"}[grade]
}

// whyNot says why there is no patch. It comes before the evidence, which then
// matters less.
func (p printer) whyNot(f *rule.Located) {
	if why := noPatch(f); why != "" {
		p.paragraph("    ", "no patch: ", p.strong, why)
	}
}

// noPatch is "" where there is a patch.
func noPatch(f *rule.Located) string {
	switch {
	case f.Refused != "" && f.RefusedBy != "":
		return f.Refused + " (" + f.RefusedBy + ")"
	case f.Refused == "" && f.Safety == rule.Advice:
		return "not everything that it depends on is known"
	}
	return f.Refused
}

func (p printer) conflicts(run *rule.Run, f *rule.Located) {
	for _, id := range f.ConflictsWith {
		p.paragraph("    ", "conflict: ", p.strong, "overlaps with "+nameOf(run, id)+"; the merged patch takes the rule that goherd rules lists first")
	}
}

// nameOf says in words which finding an id stands for.
func nameOf(run *rule.Run, id string) string {
	for _, f := range run.Findings {
		if f.ID == id {
			return f.Rule + " at " + place(f.Path, f.Line)
		}
	}
	return "finding " + id
}

// paragraph prints text after lead, broken into lines that hang under its start.
func (p printer) paragraph(indent, lead string, paint ink, text string) {
	hang := utf8.RuneCountInString(indent + lead)
	for i, line := range wrap(Clean(text), max(lineWidth-hang, 20)) {
		switch {
		case i > 0:
			fmt.Fprintln(p, strings.Repeat(" ", hang)+line)
		case paint != nil:
			fmt.Fprintln(p, indent+paint(lead)+line)
		default:
			fmt.Fprintln(p, indent+lead+line)
		}
	}
}

func place(path string, line int) string {
	if line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d", path, line)
}
