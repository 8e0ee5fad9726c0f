package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goherd/goherd/internal/rule"
)

// How much of an explanation is spelled out: the rest is counted, or named. A
// screenful is what people read.
const (
	manyEntries = 5
	manyLadders = 3
	manySteps   = 5
	manyFacts   = 8
)

// manyWrites is how much of the memory section is spelled out for each of 1, 2 or
// more entries.
var manyWrites = [...]int{5, 4, 2}

// Explain prints what goherd makes of one place: where it is, what was found,
// what is called there, and what each rule's guards said. Verbose cuts nothing.
func Explain(w io.Writer, e *rule.Explanation, o Options) error {
	x := explainer{printer{bufio.NewWriter(w), newPalette(o.Colour), o.Verbose}, e}
	x.place()
	x.found()
	for _, s := range e.Sections {
		x.section(s)
	}
	x.rules()
	return x.Flush()
}

// ExplainJSON prints an explanation as the object of the contract.
func ExplainJSON(w io.Writer, e *rule.Explanation) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

type explainer struct {
	printer
	e *rule.Explanation
}

func (x explainer) place() {
	p := x.e.Place
	where := place(p.Path, p.Line)
	switch {
	case p.Col > 0:
		where += fmt.Sprintf(":%d", p.Col)
	case p.EndLine > p.Line:
		where += fmt.Sprintf("-%d", p.EndLine)
	}
	line := x.strong(Clean(where) + ":")
	switch {
	case p.Func != "" && p.FuncLine < p.Line:
		line += fmt.Sprintf(" in %s, declared on line %d, of", Clean(p.Func), p.FuncLine)
	case p.Func != "":
		line += fmt.Sprintf(" in %s of", Clean(p.Func))
	}
	fmt.Fprintf(x, "%s package %s\n", line, Clean(p.Package))
	if p.Source != "" {
		fmt.Fprintln(x, x.dim("    "+short(Clean(p.Source), lineWidth-4)))
	}
	for _, i := range p.Ignores {
		what := i.Rule
		if what == "" {
			what = "every rule"
		}
		x.paragraph("  ", "ignored: ", x.strong, fmt.Sprintf("the directive on line %d silences %s here", i.Line, what))
	}
	for _, n := range x.e.Notes {
		x.paragraph("  ", "note: ", x.strong, n)
	}
}

func short(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-3]) + "..."
}

func (x explainer) title(s string) { fmt.Fprintf(x, "\n%s\n", x.strong(s)) }

func (x explainer) found() {
	if len(x.e.Findings) == 0 {
		return
	}
	x.title("findings")
	patches := false
	for _, f := range x.e.Findings {
		fmt.Fprintf(x, "  %s (%s) %s\n", x.strong(Clean(f.Rule)), x.level[f.Safety](f.Safety.String()), Clean(f.ID))
		x.paragraph("    ", "", nil, f.Message)
		if f.Patch == "" {
			x.whyNot(f)
		} else if f.Safety > rule.Advice {
			patches = true
		}
	}
	if patches {
		x.paragraph("  ", "", nil, "goherd diff "+folder(x.e.Place.Path)+" shows the patch")
	}
}

// folder is the pattern of the package that holds a file.
func folder(path string) string {
	i := strings.LastIndexByte(path, '/')
	switch {
	case i < 0:
		return "."
	case strings.HasPrefix(path, "../") || strings.HasPrefix(path, "/"):
		return path[:i]
	}
	return "./" + path[:i]
}

func (x explainer) section(s rule.Section) {
	if len(s.Entries) == 0 {
		return
	}
	x.title(Clean(s.Title))
	var rest []string
	for i, e := range s.Entries {
		if i >= manyEntries && !x.verbose {
			rest = append(rest, e.Name)
			continue
		}
		most := manyFacts
		if s.Title == "memory" {
			most = manyWrites[min(len(s.Entries), len(manyWrites))-1]
		}
		x.entry(e, most)
	}
	if rest != nil {
		x.paragraph("  ", fmt.Sprintf("and %d more: ", len(rest)), x.strong, unique(rest)+" (name a line and a column, or --verbose)")
	}
}

func unique(names []string) string {
	var list []string
	for _, n := range names {
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return strings.Join(list, ", ")
}

func (x explainer) entry(e rule.Entry, most int) {
	at := fmt.Sprintf("%d:%d", e.Line, e.Col)
	if e.How != "" {
		at += ", " + e.How
	}
	fmt.Fprintf(x, "  %s  %s\n", x.strong(Clean(e.Name)), x.dim(Clean(at)))
	facts := e.Facts
	if !x.verbose {
		facts = slices.DeleteFunc(slices.Clone(facts), func(f rule.Fact) bool { return f.Plain })
		if len(facts) == 0 {
			facts = e.Facts
		}
	}
	groups := alike(facts)
	for i, g := range groups {
		if i >= most && !x.verbose {
			x.paragraph("    ", "", nil, fmt.Sprintf("and %d more (--verbose)", len(groups)-i))
			break
		}
		var claims []string
		for _, f := range g {
			claims = append(claims, f.Claim)
		}
		x.paragraph("    ", fmt.Sprintf("%-8s ", Clean(g[0].Known)), x.known(g[0].Known), strings.Join(claims, "; ")+x.path(g[0].Because))
	}
}

// alike puts facts together that are known in the same way for the same reason.
func alike(facts []rule.Fact) [][]rule.Fact {
	var groups [][]rule.Fact
	for _, f := range facts {
		i := slices.IndexFunc(groups, func(g []rule.Fact) bool {
			return g[0].Known == f.Known && slices.Equal(g[0].Because, f.Because)
		})
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

func (x explainer) known(word string) ink {
	switch word {
	case "proved", "table":
		return x.dim
	case "unknown":
		return x.level[rule.Advice]
	}
	return x.level[rule.Review]
}

// path is the way to what decides a fact: ": http.Get at get.go:31, called from
// line 20, called from line 12".
func (x explainer) path(stops []rule.Reason) string {
	stops = slices.CompactFunc(slices.Clone(stops), func(a, b rule.Reason) bool { return a.Path == b.Path && a.Line == b.Line && a.Path != "" })
	out := ""
	for i, s := range stops {
		left := len(stops) - manySteps
		switch {
		case i == 0 && s.Text == "": // the claim names it
			out += x.at(" at ", s)
		case i == 0:
			out += ": " + s.Text + x.at(" at ", s)
		case left > 1 && !x.verbose && i >= 2 && i < 2+left:
			if i == 2 {
				out += fmt.Sprintf(", %d calls on", left)
			}
		case s.Path == "":
			out += ", by way of " + s.Text
		default:
			out += x.at(", called from ", s)
		}
	}
	return out
}

// at is the place of a stop behind its preposition, "" where it has none.
func (x explainer) at(before string, s rule.Reason) string {
	switch {
	case s.Path == "":
		return ""
	case s.Path == x.e.Place.Path:
		return fmt.Sprintf("%sline %d", before, s.Line)
	case path.Dir(s.Path) == path.Dir(x.e.Place.Path):
		return before + place(path.Base(s.Path), s.Line)
	}
	return before + place(s.Path, s.Line)
}

func (x explainer) rules() {
	x.title("rules")
	hazards := map[string]string{}
	for i, l := range x.e.Ladders {
		x.ladder(l, i < manyLadders || x.verbose, hazards)
	}
	if len(x.e.NoShape) > 0 {
		x.paragraph("  ", "no shape of: ", nil, strings.Join(x.e.NoShape, ", "))
	}
	if len(x.e.Off) > 0 {
		x.paragraph("  ", "not run: ", nil, strings.Join(x.e.Off, ", ")+" (--rules NAME runs one)")
	}
	x.nearby()
	if len(x.e.NoShape) > 0 {
		x.paragraph("  ", "", nil, "A rule without a shape here found nothing to ask its guards about; goherd explain RULE says what it looks for.")
	}
	if len(hazards) > 0 {
		x.title("hazards")
		ids := []string{}
		for id := range hazards {
			ids = append(ids, id)
		}
		slices.SortFunc(ids, byHazard)
		var list []string
		for _, id := range ids {
			list = append(list, id+" "+hazards[id])
		}
		x.paragraph("  ", "", nil, strings.Join(list, "; "))
	}
}

// byHazard sorts A4 before A12.
func byHazard(a, b string) int {
	if len(a) != len(b) && a != "" && b != "" && a[0] == b[0] {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func (x explainer) ladder(l rule.Ladder, full bool, hazards map[string]string) {
	lines := fmt.Sprintf("line %d", l.Line)
	if l.EndLine > l.Line {
		lines = fmt.Sprintf("lines %d-%d", l.Line, l.EndLine)
	}
	came := l.Outcome
	switch l.Outcome {
	case rule.CameOut:
		came = "finding " + l.ID
	case rule.KeptBack:
		came = "no finding"
	case rule.Ignored, rule.Outruled, rule.Panicked:
		came = "no finding: " + l.Why
	}
	x.paragraph("  ", Clean(l.Rule)+", "+lines+": ", x.strong, came)
	if !full {
		return
	}
	widest, guards := 0, 0
	for _, g := range l.Guards {
		if g.Outcome != rule.NotAsked {
			widest, guards = max(widest, utf8.RuneCountInString(Clean(g.Hazard))), guards+1
		}
	}
	var unasked []string
	for _, g := range l.Guards {
		if g.Outcome == rule.NotAsked {
			unasked = append(unasked, strings.TrimSpace(g.Guard+" "+g.Hazard))
			continue
		}
		if g.Title != "" {
			hazards[g.Hazard] = g.Title
		}
		x.rung(l, g, widest)
	}
	if unasked != nil {
		x.paragraph("    ", "not asked  ", x.dim, strings.Join(unasked, ", "))
	}
}

func (x explainer) rung(l rule.Ladder, g rule.Rung, widest int) {
	paint := x.dim
	switch g.Outcome {
	case rule.Refused, rule.Quieted:
		paint = x.strong
	case rule.AssumedSo:
		paint = x.level[rule.Review]
	case rule.NotKnown, rule.NoAnswer:
		paint = x.level[rule.Advice]
	}
	text := g.Guard
	if g.Claim != "" {
		text += ": " + claim(&rule.Located{Path: l.Path, Line: l.Line}, rule.LocatedEvidence{Claim: g.Claim, Path: g.Path, Line: g.Line})
	}
	x.paragraph("    ", fmt.Sprintf("%-9s  %-*s  ", g.Outcome, widest, Clean(g.Hazard)), paint, text)
}

// nearby names what the rules matched elsewhere in the declaration.
func (x explainer) nearby() {
	var list []string
	for i, n := range x.e.Nearby {
		if i == manyEntries && !x.verbose {
			list = append(list, fmt.Sprintf("%d more", len(x.e.Nearby)-i))
			break
		}
		list = append(list, fmt.Sprintf("%s on line %d (%s)", n.Rule, n.Line, nearWord(n.Outcome)))
	}
	if list != nil {
		x.paragraph("  ", "elsewhere in the declaration: ", nil, strings.Join(list, ", "))
	}
}

func nearWord(outcome string) string {
	switch outcome {
	case rule.CameOut, rule.Ignored:
		return outcome
	}
	return "no finding"
}
