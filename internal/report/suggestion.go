package report

import (
	"bytes"
	"strings"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// maxSuggestion is how many lines a suggestion replaces at most: GitHub shows no
// more than a screen of them well, and GitLab takes 200.
const maxSuggestion = 100

// A suggestion replaces the lines first to last of a finding's own file.
type suggestion struct {
	first, last int
	text        string // without the last line's ending
}

// suggest gives the one range of lines that holds the whole fix. There is none
// where the fix reaches into another file, or up to the imports: half of it would
// not compile.
func suggest(f *rule.Located) (suggestion, bool) {
	if f.Safety == rule.Advice || len(f.Fix) != 1 || f.Fix[0].Name != f.Path || len(f.Fix[0].Edits) == 0 {
		return suggestion{}, false
	}
	file := f.Fix[0]
	start, end := file.Edits[0].Start, file.Edits[len(file.Edits)-1].End
	text := replaced(file, start, end)
	if start == end || chomp(text) == "" { // an anchor: a line has to be there before and after
		if start > 0 {
			from := lineStart(file.Old, start)
			start, text = from, string(file.Old[from:start])+text
		} else {
			next := lineEnd(file.Old, end)
			end, text = next, text+string(file.Old[end:next])
		}
	}
	s := suggestion{first: lineOf(file.Old, start), text: chomp(text)}
	s.last = s.first + bytes.Count(bytes.TrimSuffix(file.Old[start:end], []byte("\n")), []byte("\n"))
	return s, end > start && s.text != "" && s.last-s.first < maxSuggestion
}

// replaced is what becomes of the bytes from start to end, which holds all edits.
func replaced(file patch.File, start, end int) string {
	var w strings.Builder
	at := start
	for _, e := range file.Edits {
		w.Write(file.Old[at:e.Start])
		w.WriteString(e.New)
		at = e.End
	}
	w.Write(file.Old[at:end])
	return w.String()
}

// lineOf counts from 1.
func lineOf(text []byte, offset int) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }

// lineStart is where the line before offset begins, which is itself the start of a line.
func lineStart(text []byte, offset int) int {
	return 1 + bytes.LastIndexByte(bytes.TrimSuffix(text[:offset], []byte("\n")), '\n')
}

// lineEnd is where the line at offset ends, its ending included.
func lineEnd(text []byte, offset int) int {
	if n := bytes.IndexByte(text[offset:], '\n'); n >= 0 {
		return offset + n + 1
	}
	return len(text)
}

// chomp takes the ending of the last line off.
func chomp(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}
