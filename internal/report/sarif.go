package report

import (
	"fmt"
	"io"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// SARIF prints one run in the Static Analysis Results Interchange Format 2.1.0.
//
// A result's region is the line where the finding begins, since GitHub shows a
// result in a pull request only where all lines of its region are in the diff; the
// statements it spans are the context. GitHub fills in a fingerprint of its own
// (primaryLocationLineHash) and warns of every result that brings another, so
// ours has its own key.
func SARIF(w io.Writer, s Shown) error {
	run := sarifRun{
		Tool:        sarifTool{s.driver()},
		ID:          &sarifID{"goherd/"},
		Invocations: []sarifInvocation{s.invocation()},
		Columns:     "utf16CodeUnits",
		Bases:       map[string]sarifBase{srcRoot: {Description: sarifText{Text: "the top of the repository"}}},
		Taxonomies:  []sarifTaxonomy{s.taxonomy()},
		Results:     []sarifResult{},
	}
	for _, f := range s.shown() {
		run.Results = append(run.Results, s.result(f))
	}
	return indented(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	})
}

const (
	srcRoot     = "%SRCROOT%"
	hazardsName = "goherd hazards"
)

func (s Shown) driver() sarifDriver {
	name, version, _ := strings.Cut(s.Run.Tool, " ")
	d := sarifDriver{
		Name: name, Version: version, Information: home, Rules: []sarifRule{},
		Taxonomies: []sarifComponent{{hazardsName}},
	}
	for _, r := range s.Rules {
		level := sarifLevel(r.Kind == rule.Repair)
		one := sarifRule{
			ID: r.Name, Short: sarifText{Text: sentence(r.Summary)}, Full: sarifText{Text: sentence(r.Summary)},
			Help: sarifText{Text: plainPage(r.Doc), Markdown: strings.TrimSpace(r.Doc)}, URI: ruleURL(r.Name),
			Config: sarifConfig{level, !r.OptIn},
		}
		one.Properties.Tags = []string{"concurrency", string(r.Kind)}
		one.Properties.Precision, one.Properties.Severity = "medium", "recommendation"
		if r.Best == rule.Safe {
			one.Properties.Precision = "high"
		}
		if r.Kind == rule.Repair {
			one.Properties.Severity = "warning"
		}
		for _, h := range r.Obligations {
			one.Relations = append(one.Relations, sarifRelation{sarifTaxon{h, sarifComponent{hazardsName}}, []string{"relevant"}})
		}
		d.Rules = append(d.Rules, one)
	}
	return d
}

func sarifLevel(grave bool) string {
	if grave {
		return "warning"
	}
	return "note"
}

// sentence is text that ends as one.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	r, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(r)) + text[n:] + "."
}

// plainPage is a page for readers that have no Markdown, which is readable as it
// is. There is always one.
func plainPage(doc string) string {
	if text := strings.TrimSpace(doc); text != "" {
		return text
	}
	return "This rule has no page."
}

// invocation holds what the run warned of.
func (s Shown) invocation() sarifInvocation {
	i := sarifInvocation{Successful: true, Notes: []sarifNote{}}
	for _, line := range Warnings(s.Run) {
		i.Notes = append(i.Notes, sarifNote{"warning", sarifText{Text: line}})
	}
	return i
}

// taxonomy has the hazards that the rules and the findings name.
func (s Shown) taxonomy() sarifTaxonomy {
	named := map[string]bool{}
	for _, r := range s.Rules {
		for _, h := range r.Obligations {
			named[h] = true
		}
	}
	for _, f := range s.shown() {
		for _, e := range f.Evidence {
			named[e.Hazard] = true
		}
	}
	t := sarifTaxonomy{
		Name: hazardsName, Information: home + "/blob/HEAD/docs/hazards.md", Organization: "goherd",
		Short: sarifText{Text: "Ways in which a rewrite of concurrent code goes wrong."}, Taxa: []sarifTaxonEntry{},
	}
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if id == "" {
			continue
		}
		title := s.Hazards[id]
		if title == "" {
			title = id
		}
		t.Taxa = append(t.Taxa, sarifTaxonEntry{id, sarifText{Text: sentence(title)}})
	}
	return t
}

func (s Shown) result(f *rule.Located) sarifResult {
	r := sarifResult{
		Rule: f.Rule, Index: slices.IndexFunc(s.Rules, func(r *rule.Rule) bool { return r.Name == f.Rule }),
		Level: sarifLevel(s.grave(f)), Message: sarifText{Text: unlinked(strings.Join(details(f), "\n"))},
		Fingerprints: map[string]string{"goherdFinding/v1": f.ID},
	}
	at := sarifLocation{Physical: sarifPhysical{s.artifact(f.Path), &sarifRegion{StartLine: f.Line, StartColumn: f.Col16}, nil}}
	if f.EndLine > f.Line {
		at.Physical.Context = &sarifRegion{StartLine: f.Line, EndLine: f.EndLine}
	}
	if f.Func != "" {
		at.Logical = []sarifLogical{{f.Func, f.Package + "." + f.Func, "function"}}
	}
	r.Locations = []sarifLocation{at}
	for i, e := range elsewhere(f) {
		text := sarifText{Text: unlinked(fmt.Sprintf("%s: %s (%s)", gradeWord(e.Grade), Clean(e.Claim), Clean(e.Hazard)))}
		r.Related = append(r.Related, sarifLocation{ID: i + 1, Message: &text, Physical: sarifPhysical{s.artifact(e.Path), &sarifRegion{StartLine: e.Line}, nil}})
	}
	for _, h := range hazardsOf(f) {
		r.Taxa = append(r.Taxa, sarifTaxon{h, sarifComponent{hazardsName}})
	}
	r.Fixes = s.fixes(f)
	r.Properties.Safety, r.Properties.RefusedBy = f.Safety.String(), f.RefusedBy
	return r
}

// unlinked is text in which no code looks like a link, as fns[i](ctx) does: messages
// have links in the manner of Markdown.
func unlinked(text string) string { return strings.ReplaceAll(text, "](", "]\u200b(") }

// hazardsOf lists each hazard that the evidence names, once.
func hazardsOf(f *rule.Located) []string {
	var list []string
	for _, e := range f.Evidence {
		if e.Hazard != "" && !slices.Contains(list, e.Hazard) {
			list = append(list, e.Hazard)
		}
	}
	return list
}

// artifact is a file as a URI relative to the top of the repository, where it is
// not too far away for that.
func (s Shown) artifact(name string) sarifArtifact {
	if path.IsAbs(name) {
		return sarifArtifact{URI: (&url.URL{Scheme: "file", Path: name}).String()}
	}
	return sarifArtifact{(&url.URL{Path: s.inRepository(name)}).String(), srcRoot}
}

// fixes holds the one fix, of whole lines. Advice has none.
func (s Shown) fixes(f *rule.Located) []sarifFix {
	if f.Safety == rule.Advice || len(f.Fix) == 0 {
		return nil
	}
	about := "safe: behaviour stays, or a defect goes and nothing else changes"
	if f.Safety == rule.Review {
		about = "to be read before it is applied: " + strings.Join(f.Changes, "; ")
	}
	fix := sarifFix{Description: sarifText{Text: Clean(f.Rule + ", " + about)}}
	for _, file := range f.Fix {
		change := sarifChange{Artifact: s.artifact(file.Name)}
		for _, e := range file.Edits {
			change.Replacements = append(change.Replacements, replacement(file.Old, e))
		}
		fix.Changes = append(fix.Changes, change)
	}
	return []sarifFix{fix}
}

// replacement says in lines and columns what e says in bytes. It begins at the
// start of a line, and ends at the start of one or at the end of the file.
func replacement(old []byte, e patch.Edit) sarifReplacement {
	region := sarifRegion{StartLine: lineOf(old, e.Start), StartColumn: 1}
	last := old[:e.End]
	last = last[strings.LastIndexByte(string(last), '\n')+1:]
	region.EndLine, region.EndColumn = lineOf(old, e.End), 1+len(utf16.Encode([]rune(string(last))))
	if e.Start == len(old) && e.Start > 0 && old[e.Start-1] != '\n' {
		region.StartColumn = region.EndColumn // behind a last line that has no ending
	}
	r := sarifReplacement{Deleted: region}
	if e.New != "" {
		r.Inserted = &sarifText{Text: e.New}
	}
	return r
}
