package matchers

import (
	"fmt"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"strings"
)

// pageOf turns the comment at the top of a rule's source into its page, in
// Markdown. It is the first comment that is not the package's own.
func pageOf(source string) string {
	f, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		panic(fmt.Sprintf("a rule's own source doesn't parse: %v", err)) // it was compiled from it
	}
	for _, group := range f.Comments {
		text := group.Text()
		if group == f.Doc || !strings.HasPrefix(text, "# ") {
			continue
		}
		printer := comment.Printer{HeadingLevel: 2, HeadingID: func(*comment.Heading) string { return "" }}
		page := string(printer.Markdown(new(comment.Parser).Parse(text)))
		return fence(strings.Replace(page, "## ", "# ", 1))
	}
	return ""
}

// fence turns indented code into fenced Go, which readers get in colour.
func fence(page string) string {
	var out []string
	code := false
	for line := range strings.SplitSeq(page, "\n") {
		inside := strings.HasPrefix(line, "\t") || code && line == ""
		if inside && !code {
			out = append(out, "```go")
		}
		if !inside && code {
			out = append(out[:len(out)-1], "```", "") // the empty line behind the block was taken for a part of it
		}
		code = inside
		out = append(out, strings.TrimPrefix(line, "\t"))
	}
	return strings.Join(out, "\n")
}
