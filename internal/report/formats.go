package report

import (
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// home is where the tool and its rules' pages are.
const home = "https://github.com/goherd/goherd"

// A Shown is what the formats for machines are made of.
type Shown struct {
	Run     *rule.Run
	Safety  rule.Safety       // findings below it are left out
	Files   []File            // what the merged patch changes
	Rules   []*rule.Rule      // those that ran
	Hazards map[string]string // titles, by id
	Prefix  string            // of the run's root in its repository, with forward slashes; "" at the top
	Step    *Step             // where github puts what it can't show beside the code; nil: nowhere
}

// A Format prints a run for one kind of reader. The same run gives the same bytes.
type Format struct {
	Name  string
	About string // what reads it, for the help
	Write func(io.Writer, Shown) error
}

// Formats are all but text, which looks different after apply.
var Formats = []Format{
	{"diff", "the bare patch, for git apply", func(w io.Writer, s Shown) error { return Diff(w, s.Files) }},
	{"json", "all of it, one object", func(w io.Writer, s Shown) error { return JSON(w, s.Run, s.Safety) }},
	{"sarif", "SARIF 2.1.0, for code scanning and editors", SARIF},
	{"rdjson", "for reviewdog", RDJSON},
	{"rdjsonl", "for reviewdog, a line each", RDJSONL},
	{"github", "annotations of GitHub Actions", GitHub},
	{"gitlab", "GitLab code quality", GitLab},
	{"checkstyle", "Checkstyle XML", Checkstyle},
	{"junit", "JUnit XML", JUnit},
}

// shown are the findings that are to be seen.
func (s Shown) shown() []*rule.Located {
	var list []*rule.Located
	for _, f := range s.Run.Findings {
		if f.Safety >= s.Safety {
			list = append(list, f)
		}
	}
	return list
}

// inRepository is a path as a forge knows it: from the top of the repository.
func (s Shown) inRepository(name string) string {
	if s.Prefix == "" || path.IsAbs(name) {
		return name
	}
	return path.Join(s.Prefix, name)
}

// grave tells whether the finding is a defect that goherd can mend, and not an
// idea, or something that is not known well enough to be mended.
func (s Shown) grave(f *rule.Located) bool {
	if f.Safety == rule.Advice {
		return false
	}
	for _, r := range s.Rules {
		if r.Name == f.Rule {
			return r.Kind == rule.Repair
		}
	}
	return false
}

// ruleURL is where a rule's page is.
func ruleURL(name string) string { return home + "/blob/HEAD/docs/rules/" + name + ".md" }

// details say all that is to be known of a finding beside its code, in lines of
// plain text: what it is, why there is no patch, what is assumed, what changes,
// and how to apply it.
func details(f *rule.Located) []string {
	lines := []string{Clean(f.Message)}
	if why := noPatch(f); why != "" {
		return append(lines, "no patch: "+Clean(why))
	}
	for _, e := range f.Evidence {
		if e.Grade < rule.Safe {
			lines = append(lines, "assumed: "+Clean(claim(f, e))+" ("+Clean(e.Hazard)+")")
		}
	}
	for _, c := range f.Changes {
		lines = append(lines, "changes: "+Clean(c))
	}
	return append(lines, "apply it: "+command(f))
}

var plainPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// command applies the findings of a rule in a folder. A folder with characters
// that mean something to a shell is left out: people copy what they see.
func command(f *rule.Located) string {
	words := []string{"goherd apply"}
	if f.Safety == rule.Review {
		words = append(words, "--safety review")
	}
	words = append(words, "--rules "+f.Rule)
	switch dir := path.Dir(f.Path); {
	case dir == ".":
		words = append(words, ".")
	case plainPath.MatchString(dir):
		words = append(words, "./"+dir)
	default:
		words = append(words, "./...")
	}
	return strings.Join(words, " ")
}
