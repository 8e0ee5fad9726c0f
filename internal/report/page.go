package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Page prints a page of Markdown as it is, its headings bold in colour.
func Page(w io.Writer, markdown string, colour bool) error {
	p := printer{Writer: bufio.NewWriter(w), palette: newPalette(colour)}
	fenced := false
	for line := range strings.Lines(strings.TrimSpace(markdown) + "\n") {
		line = cleanCode(strings.TrimSuffix(line, "\n"))
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if strings.HasPrefix(line, "#") && !fenced {
			line = p.strong(line)
		}
		fmt.Fprintln(p, line)
	}
	return p.Flush()
}
