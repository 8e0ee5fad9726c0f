package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A File is one file before and after all patches.
type File struct {
	Name     string // as patches name it: relative, with forward slashes
	Old, New []byte
}

// Diff prints the merged patch, byte for byte as `git apply` takes it.
func Diff(w io.Writer, files []File) error {
	for _, f := range files {
		if _, err := io.WriteString(w, patch.Unified(f.Name, f.Old, f.New)); err != nil {
			return err
		}
	}
	return nil
}

// patch prints a finding's hunks. File names are left out where there is one
// file and the headline has named it.
func (p printer) patch(f *rule.Located) {
	const indent = "    "
	var h hunk
	named := false // another file
	lines := strings.Split(strings.TrimSuffix(f.Patch, "\n"), "\n")
	for _, line := range lines {
		switch {
		case h.takes(line):
			fmt.Fprintln(p, strings.TrimRight(indent+p.codeLine(line), " "))
		case h.starts(line):
			fmt.Fprintln(p, indent+p.hunk(Clean(line)))
		case strings.HasPrefix(line, "+++ ") && (named || line != "+++ b/"+f.Path):
			named = true
			fmt.Fprintln(p, indent+p.strong(Clean(strings.TrimPrefix(line, "+++ b/"))))
		}
	}
}

func (p printer) codeLine(line string) string {
	code := cleanCode(line)
	switch line[0] {
	case '+':
		return p.added(code)
	case '-':
		return p.removed(code)
	case '\\':
		return p.dim(code)
	}
	return code
}

// A hunk counts down the lines that its head announced: only so is a removed
// line "-- a" told from the head of the next file.
type hunk struct{ old, new int }

func (h *hunk) starts(line string) bool {
	var at int
	rest, ok := strings.CutPrefix(line, "@@ -")
	if !ok {
		return false
	}
	left, right, _ := strings.Cut(rest, " +")
	right, _, _ = strings.Cut(right, " @@")
	*h = hunk{1, 1} // a count of one is left out
	_, _ = fmt.Sscanf(left, "%d,%d", &at, &h.old)
	_, _ = fmt.Sscanf(right, "%d,%d", &at, &h.new)
	return true
}

func (h *hunk) takes(line string) bool {
	switch {
	case strings.HasPrefix(line, `\`):
		return true // "\ No newline at end of file" counts for neither side, and can come after the last line
	case h.old == 0 && h.new == 0 || line == "":
		return false
	}
	if line[0] != '+' {
		h.old--
	}
	if line[0] != '-' {
		h.new--
	}
	return true
}
