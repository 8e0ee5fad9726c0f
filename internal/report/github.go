package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// maxAnnotations is how many of one kind GitHub shows of a step; what is more
// vanishes without a word (actions/toolkit#734).
const maxAnnotations = 10

// A Step is what a step of GitHub Actions may say on the page of its run.
type Step struct {
	io.Writer
	Room int // bytes that are left: GitHub drops the summary of a step as a whole when it has more than 1 MiB
}

// StepLimit is how many bytes the summary of a step has.
const StepLimit = 1 << 20

// GitHub prints a workflow command for each finding, which GitHub shows beside the
// code: warnings for defects with a patch, notices for the rest. It shows ten of
// each; the others go to the step's summary and, as lines of text, to w.
func GitHub(w io.Writer, s Shown) error {
	var out bytes.Buffer
	var rest []*rule.Located
	n := map[string]int{}
	for _, f := range s.shown() {
		kind := "notice"
		if s.grave(f) {
			kind = "warning"
		}
		if n[kind]++; n[kind] > maxAnnotations {
			rest = append(rest, f)
			continue
		}
		fmt.Fprintf(&out, "::%s file=%s,line=%d,endLine=%d,col=%d,title=%s::%s\n", kind, property(s.inRepository(f.Path)), f.Line, f.Line, f.Col16,
			property(Clean(fmt.Sprintf("goherd: %s (%s)", f.Rule, f.Safety))), data(strings.Join(details(f), "\n")))
	}
	if len(rest) > 0 {
		fmt.Fprintln(&out, data(fmt.Sprintf("%s more than GitHub shows as annotations:", plural(len(rest), "finding"))))
		for _, f := range rest {
			fmt.Fprintln(&out, inert(fmt.Sprintf("- %s %s: %s", Clean(place(f.Path, f.Line)), Clean(f.Rule), Clean(f.Message))))
		}
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return err
	}
	if s.Step == nil || len(rest) == 0 {
		return nil
	}
	_, err := s.Step.Write(s.summary(rest))
	return err
}

// data escapes the text of a workflow command, and property that of its
// properties (actions/toolkit, core/src/command.ts).
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}

// inert makes of a line that begins with text one that is no workflow command: in
// their old form these may stand anywhere (actions/runner, ActionCommand.cs).
func inert(line string) string { return strings.ReplaceAll(line, "##[", "## [") }

// summary lists findings in Markdown, as many as there is room for.
func (s Shown) summary(list []*rule.Located) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "### goherd: %s more than GitHub shows as annotations\n\n", plural(len(list), "finding"))
	const cut = "- and %d more, for which there is no room here: see the log of the step\n"
	for i, f := range list {
		item := fmt.Sprintf("- %s %s (%s)\n", code(place(s.inRepository(f.Path), f.Line)), code(f.Rule), f.Safety)
		for _, line := range details(f) {
			item += "  - " + code(line) + "\n"
		}
		if out.Len()+len(item)+len(cut)+10 > s.Step.Room {
			fmt.Fprintf(&out, cut, len(list)-i)
			break
		}
		out.WriteString(item)
	}
	return out.Bytes()
}

var backticks = regexp.MustCompile("`+")

// code makes text a code span: nothing in it is Markdown, calls anybody or is a
// link. The fence is longer than any run of backticks inside.
func code(text string) string {
	text = Clean(text)
	longest := 0
	for _, run := range backticks.FindAllString(text, -1) {
		longest = max(longest, len(run))
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || strings.TrimSpace(text) != text || text == "" {
		text = " " + text + " "
	}
	return fence + text + fence
}
