package report

import (
	"encoding/json"
	"io"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// The Reviewdog Diagnostic Format (reviewdog's proto/rdf/reviewdog.proto). Paths
// are relative to where reviewdog runs, which is where goherd ran. Ranges without
// columns are whole lines, the last one included.
type (
	rdResult struct {
		Source      rdSource       `json:"source"`
		Diagnostics []rdDiagnostic `json:"diagnostics"`
	}
	rdDiagnostic struct {
		Message     string         `json:"message"`
		Location    rdLocation     `json:"location"`
		Severity    string         `json:"severity"`
		Source      rdSource       `json:"source"`
		Code        rdCode         `json:"code"`
		Suggestions []rdSuggestion `json:"suggestions,omitempty"`
		Related     []rdRelated    `json:"related_locations,omitempty"`
	}
	rdSource struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	rdCode struct {
		Value string `json:"value"`
		URL   string `json:"url"`
	}
	rdLocation struct {
		Path  string  `json:"path"`
		Range rdRange `json:"range"`
	}
	rdRange struct {
		Start rdPosition  `json:"start"`
		End   *rdPosition `json:"end,omitempty"`
	}
	rdPosition struct {
		Line   int `json:"line"`
		Column int `json:"column,omitempty"`
	}
	rdSuggestion struct {
		Range rdRange `json:"range"`
		Text  string  `json:"text"`
	}
	rdRelated struct {
		Message  string     `json:"message"`
		Location rdLocation `json:"location"`
	}
)

// RDJSON prints one object for reviewdog -f=rdjson.
func RDJSON(w io.Writer, s Shown) error {
	result := rdResult{Source: rdSource{"goherd", home}, Diagnostics: []rdDiagnostic{}}
	for _, f := range s.shown() {
		result.Diagnostics = append(result.Diagnostics, s.diagnostic(f))
	}
	return indented(w, result)
}

// RDJSONL prints an object a line for reviewdog -f=rdjsonl.
func RDJSONL(w io.Writer, s Shown) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, f := range s.shown() {
		if err := e.Encode(s.diagnostic(f)); err != nil {
			return err
		}
	}
	return nil
}

// diagnostic has a suggestion where one range of lines holds the whole fix. Then
// it stands at these lines, since reviewdog comments on those that it replaces.
func (s Shown) diagnostic(f *rule.Located) rdDiagnostic {
	d := rdDiagnostic{
		Location: rdLocation{f.Path, rdRange{Start: rdPosition{Line: f.Line, Column: f.Col}}},
		Severity: "INFO", Source: rdSource{"goherd", home}, Code: rdCode{f.Rule, ruleURL(f.Rule)},
	}
	if s.grave(f) {
		d.Severity = "WARNING"
	}
	lines := details(f)
	if fix, ok := suggest(f); ok {
		d.Location.Range = rdRange{Start: rdPosition{Line: fix.first}, End: &rdPosition{Line: fix.last}}
		d.Suggestions = []rdSuggestion{{d.Location.Range, fix.text}}
		lines = lines[:len(lines)-1] // the suggestion is how
	}
	d.Message = tame(strings.Join(lines, "\n"))
	for _, e := range elsewhere(f) {
		d.Related = append(d.Related, rdRelated{tame(Clean(e.Claim)), rdLocation{e.Path, rdRange{Start: rdPosition{Line: e.Line}}}})
	}
	return d
}

// elsewhere lists the evidence that stands in another place than the finding.
func elsewhere(f *rule.Located) []rule.LocatedEvidence {
	var list []rule.LocatedEvidence
	for _, e := range f.Evidence {
		if e.Path != "" && e.Line > 0 && (e.Path != f.Path || e.Line != f.Line) {
			list = append(list, e)
		}
	}
	return list
}

var alive = regexp.MustCompile(`@\w|<!--`)

// tame makes text fit for comments in Markdown, as which reviewdog posts it: the
// code that it quotes calls nobody, and begins no hidden comment.
func tame(text string) string {
	const nothing = "\u200b" // a space of no width
	return alive.ReplaceAllStringFunc(text, func(at string) string { return at[:1] + nothing + at[1:] })
}

// indented prints JSON for programs, which people read too.
func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
