package herdtest

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// A want is one expected finding.
type want struct {
	file    string // within the case
	line    int
	rule    string
	safety  rule.Safety
	hazard  string // the finding's refusedBy; "" where the want leaves it open
	message *regexp.Regexp
}

func (w want) String() string { return fmt.Sprintf("%s `%s`", w.head(), w.message) }

func (w want) head() string {
	if w.hazard == "" {
		return fmt.Sprintf("%s/%s", w.rule, w.safety)
	}
	return fmt.Sprintf("%s/%s:%s", w.rule, w.safety, w.hazard)
}

const wantMark = "// want "

var wantHead = regexp.MustCompile(`^([a-z]+)/([a-z]+)(?::(\w+))?\s+`)

// parseWants reads the wants at the ends of the lines of a Go file.
func parseWants(file string, data []byte) ([]want, error) {
	if path.Ext(file) != ".go" {
		return nil, nil
	}
	var wants []want
	for i, line := range strings.Split(string(data), "\n") {
		_, rest, ok := strings.Cut(line, wantMark)
		for rest = strings.TrimSpace(rest); ok && rest != ""; rest = strings.TrimSpace(rest) {
			w := want{file: file, line: i + 1}
			var err error
			if rest, err = w.parse(rest); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
			wants = append(wants, w)
		}
	}
	return wants, nil
}

// parse reads one want and returns what follows it.
func (w *want) parse(s string) (rest string, err error) {
	m := wantHead.FindStringSubmatch(s)
	if m == nil {
		return "", fmt.Errorf("%q is no want: write RULE/SAFETY \"message\" or RULE/advice:HAZARD \"message\"", s)
	}
	w.rule, w.hazard = m[1], m[3]
	if w.safety, err = rule.ParseSafety(m[2]); err != nil {
		return "", err
	}
	s = s[len(m[0]):]
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", fmt.Errorf("the message of want %s is not quoted: %s", w.head(), s)
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return "", err
	}
	w.message, err = regexp.Compile(text)
	return s[len(quoted):], err
}

// meets tells whether f is what w wants.
func (w want) meets(f *rule.Located) bool {
	return f.Path == w.file && f.Line == w.line && f.Rule == w.rule && f.Safety == w.safety &&
		(w.hazard == "" || w.hazard == f.RefusedBy) && w.message.MatchString(f.Message)
}

// compareWants tells which findings nobody wanted and which wants nothing met.
func compareWants(wants []want, findings []*rule.Located) []string {
	var out []string
	open := slices.Clone(wants)
	for _, f := range findings {
		at := slices.IndexFunc(open, func(w want) bool { return w.meets(f) })
		if at < 0 {
			out = append(out, unwanted(f))
			continue
		}
		open = slices.Delete(open, at, at+1)
	}
	for _, w := range open {
		out = append(out, fmt.Sprintf("%s:%d: no finding is %s", w.file, w.line, w))
	}
	return out
}

// unwanted prints a finding as the want that would meet it, and why its safety is
// what it is.
func unwanted(f *rule.Located) string {
	w := want{rule: f.Rule, safety: f.Safety, hazard: f.RefusedBy}
	var s strings.Builder
	fmt.Fprintf(&s, "%s:%d: no want for this finding: %s `%s`", f.Path, f.Line, w.head(), regexp.QuoteMeta(f.Message))
	if f.Refused != "" {
		fmt.Fprintf(&s, "\n\trefused: %s", f.Refused)
	}
	for _, e := range f.Evidence {
		if e.Grade < rule.Safe {
			fmt.Fprintf(&s, "\n\t%s is %s: %s", e.Hazard, e.Grade, e.Claim)
		}
	}
	return s.String()
}
