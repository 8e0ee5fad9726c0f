package report

import (
	"io"
	"strings"
)

// A glIssue is what GitLab reads of the Code Climate format:
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type glIssue struct {
	Description string     `json:"description"`
	CheckName   string     `json:"check_name"`
	Fingerprint string     `json:"fingerprint"` // tells one finding from another, and knows it again
	Severity    string     `json:"severity"`    // info, minor, major, critical, blocker
	Location    glLocation `json:"location"`
}

type glLocation struct {
	Path  string `json:"path"` // from the top of the repository
	Lines struct {
		Begin int `json:"begin"`
		End   int `json:"end"`
	} `json:"lines"`
}

// GitLab prints a code quality report: a list of issues.
func GitLab(w io.Writer, s Shown) error {
	issues := []glIssue{}
	for _, f := range s.shown() {
		issue := glIssue{Description: strings.Join(details(f), "; "), CheckName: "goherd/" + f.Rule, Fingerprint: f.ID, Severity: "minor"}
		if s.grave(f) {
			issue.Severity = "major"
		}
		issue.Location.Path = s.inRepository(f.Path)
		issue.Location.Lines.Begin, issue.Location.Lines.End = f.Line, f.EndLine
		issues = append(issues, issue)
	}
	return indented(w, issues)
}
