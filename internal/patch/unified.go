package patch

import (
	"bytes"
	"fmt"
	"strings"
)

// context is the number of equal lines around a hunk, as everywhere else.
const context = 3

// Unified returns the change from old to new as a unified diff that `git apply`
// takes, "" when they are equal. Name is the file's path with forward slashes; it
// is printed with a/ and b/ before it. Lines keep their endings, CRLF included. An
// old that is nil stands for a file that isn't there yet.
func Unified(name string, old, new []byte) string {
	if bytes.Equal(old, new) {
		return ""
	}
	a, b := splitLines(old), splitLines(new)
	var w strings.Builder
	from := header("a/" + name)
	if old == nil {
		from = "/dev/null"
	}
	fmt.Fprintf(&w, "--- %s\n+++ %s\n", from, header("b/"+name))
	for _, h := range hunks(diffLines(a, b)) {
		writeHunk(&w, h, a, b)
	}
	return w.String()
}

// Unified returns the diff of p alone, file by file. rel turns a file's name into
// the path to print. A file whose edits don't fit is shown as one line that says
// so; git passes over it.
func (p *Patch) Unified(rel func(abs string) string) string {
	if p == nil {
		return ""
	}
	var w strings.Builder
	for _, f := range p.Files {
		name := rel(f.Name)
		new, err := f.Apply()
		if err != nil {
			fmt.Fprintf(&w, "# no diff of %q: %q\n", name, err)
			continue
		}
		w.WriteString(Unified(name, f.Old, new))
	}
	return w.String()
}

// hunks gathers the spans whose contexts touch.
func hunks(spans []span) [][]span {
	var out [][]span
	for i, s := range spans {
		if i == 0 || s.a0-spans[i-1].a1 > 2*context {
			out = append(out, nil)
		}
		last := len(out) - 1
		out[last] = append(out[last], s)
	}
	return out
}

// writeHunk prints one "@@" hunk: the spans of h and the lines between them.
func writeHunk(w *strings.Builder, h []span, a, b []string) {
	first, last := h[0], h[len(h)-1]
	lead := min(context, first.a0)
	tail := min(context, len(a)-last.a1)
	from, to := first.a0-lead, last.a1+tail
	fmt.Fprintf(w, "@@ -%s +%s @@\n", lineRange(from, to), lineRange(first.b0-lead, last.b1+tail))
	for _, s := range h {
		writeLines(w, ' ', a[from:s.a0])
		writeLines(w, '-', a[s.a0:s.a1])
		writeLines(w, '+', b[s.b0:s.b1])
		from = s.a1
	}
	writeLines(w, ' ', a[from:to])
}

// lineRange prints the lines [from, to) as "first,count". By POSIX an empty range
// is named by the line before it.
func lineRange(from, to int) string {
	if from < to {
		from++
		return fmt.Sprintf("%d,%d", from, to-from+1)
	}
	return fmt.Sprintf("%d,0", from)
}

func writeLines(w *strings.Builder, mark byte, lines []string) {
	for _, l := range lines {
		w.WriteByte(mark)
		w.WriteString(l)
		if !strings.HasSuffix(l, "\n") {
			w.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// header prints a file name as git does: C-quoted if it has a quote, a backslash,
// a control character or anything but ASCII; with a tab after it if it has a space,
// since what follows the last space could be read as a time.
func header(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r >= 0x7f || r == '"' || r == '\\' }) {
		return quote(name)
	}
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}

// quote is git's quote_c_style (quote.c): octal for each byte that has no letter.
// strconv.Quote won't do, as git doesn't know \x and \u.
func quote(name string) string {
	const letters = "\a\b\t\n\v\f\r\"\\"
	const escapes = `abtnvfr"\`
	w := []byte{'"'}
	for i := range len(name) {
		c := name[i]
		switch at := strings.IndexByte(letters, c); {
		case at >= 0:
			w = append(w, '\\', escapes[at])
		case c < ' ' || c >= 0x7f:
			w = fmt.Appendf(w, `\%03o`, c)
		default:
			w = append(w, c)
		}
	}
	return string(append(w, '"'))
}
