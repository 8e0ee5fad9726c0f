package patch

import (
	"strings"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Lines returns the fewest whole-line edits that turn old into new, sorted and
// disjoint, their offsets shifted by base. A line owns its ending, so "x" and
// "x\n" are different lines. The same input gives the same edits every time.
func Lines(old, new []byte, base int) []Edit {
	a, b := splitLines(old), splitLines(new)
	var edits []Edit
	offset, line := base, 0
	for _, s := range diffLines(a, b) {
		offset += byteLen(a[line:s.a0])
		end := offset + byteLen(a[s.a0:s.a1])
		edits = append(edits, Edit{Start: offset, End: end, New: strings.Join(b[s.b0:s.b1], "")})
		offset, line = end, s.a1
	}
	return edits
}

// A span says that lines [a0, a1) of the old text become lines [b0, b1) of the new.
type span struct{ a0, a1, b0, b1 int }

// diffLines returns the spans that differ, in order, with at least one equal
// line between any two.
func diffLines(a, b []string) []span {
	var spans []span
	cur := span{}
	flush := func(x, y int) {
		cur.a1, cur.b1 = x, y
		if cur.a0 < x || cur.b0 < y {
			spans = append(spans, cur)
		}
	}
	for _, m := range matchLines(a, b) {
		flush(m.a, m.b)
		cur = span{a0: m.a + m.n, b0: m.b + m.n}
	}
	flush(len(a), len(b))
	slide(spans, a, b)
	return spans
}

// A run says that the n lines from a on are the n lines from b on.
type run struct{ a, b, n int }

// maxLines keeps go-diff below its limit: it gives each distinct line a code
// point, and panics when it has used up all 1,112,060 that it can encode.
const maxLines = 1_000_000

// matchLines returns a longest common subsequence of a and b as runs.
//
// Equal lines at both ends are matched here, and lines that only one side has
// are kept away from go-diff. They cannot match, so the result is as good; but
// the search takes time in the square of the lines that differ: ten seconds for a
// 30,000-line file whose every line has changed. (As many lines shuffled do take that.)
func matchLines(a, b []string) []run {
	lead := commonPrefix(a, b)
	tail := commonSuffix(a[lead:], b[lead:])
	midA, midB := a[lead:len(a)-tail], b[lead:len(b)-tail]
	runs := []run{{0, 0, lead}}
	ia, ib := shared(midA, midB), shared(midB, midA)
	if len(ia)+len(ib) <= maxLines {
		for _, m := range pairs(pick(midA, ia), pick(midB, ib)) {
			runs = append(runs, run{lead + ia[m.a], lead + ib[m.b], 1})
		}
	}
	return append(runs, run{len(a) - tail, len(b) - tail, tail})
}

// pairs matches the lines of a and b one by one, through go-diff.
func pairs(a, b []string) []run {
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // with a deadline, the result depends on how busy the machine is
	codesA, codesB, _ := dmp.DiffLinesToRunes(strings.Join(a, ""), strings.Join(b, ""))
	var out []run
	x, y := 0, 0
	for _, d := range dmp.DiffMainRunes(codesA, codesB, false) {
		n := utf8.RuneCountInString(d.Text) // one code point a line
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			x += n
		case diffmatchpatch.DiffInsert:
			y += n
		case diffmatchpatch.DiffEqual:
			for range n {
				out = append(out, run{x, y, 1})
				x, y = x+1, y+1
			}
		}
	}
	return out
}

// slide moves each pure insertion or deletion between equal lines to the place
// where a reader expects it: "-A B +C B" can also be told as "-B A +B C". Among
// the places, the least indented first line wins, and then the lowest, so that a
// new statement starts with its own head and not with the end of its neighbour.
func slide(spans []span, a, b []string) {
	for i := range spans {
		s := &spans[i]
		floor, ceil := 0, len(a)+1 // old lines that the neighbouring spans leave alone
		if i > 0 {
			floor = spans[i-1].a1 + 1
		}
		if i+1 < len(spans) {
			ceil = spans[i+1].a0
		}
		switch {
		case s.a0 == s.a1:
			d := bestShift(b, s.b0, s.b1, s.a0-floor, ceil-s.a0-1)
			*s = span{s.a0 + d, s.a1 + d, s.b0 + d, s.b1 + d}
		case s.b0 == s.b1:
			d := bestShift(a, s.a0, s.a1, s.a0-floor, ceil-s.a1-1)
			*s = span{s.a0 + d, s.a1 + d, s.b0 + d, s.b1 + d}
		}
	}
}

// bestShift tells by how many lines the block lines[from:to] is best shifted, at
// most up lines up and down lines down.
func bestShift(lines []string, from, to, up, down int) int {
	lo, hi := 0, 0
	for -lo < up && from+lo > 0 && lines[from+lo-1] == lines[to+lo-1] {
		lo--
	}
	for hi < down && to+hi < len(lines) && lines[from+hi] == lines[to+hi] {
		hi++
	}
	best := hi
	for d := hi - 1; d >= lo; d-- {
		if indent(lines[from+d]) < indent(lines[from+best]) {
			best = d
		}
	}
	return best
}

// indent counts the blanks that a line starts with; an empty line counts as deep,
// since no block should start with it.
func indent(line string) int {
	text := strings.TrimLeft(line, " \t")
	if strings.TrimRight(text, "\r\n") == "" {
		return 1 << 30
	}
	return len(line) - len(text)
}

// splitLines cuts text after each "\n".
func splitLines(text []byte) []string {
	lines := strings.SplitAfter(string(text), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func byteLen(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len(l)
	}
	return n
}

func commonPrefix(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// shared returns the indices of those lines that other has too.
func shared(lines, other []string) []int {
	has := make(map[string]bool, len(other))
	for _, l := range other {
		has[l] = true
	}
	var at []int
	for i, l := range lines {
		if has[l] {
			at = append(at, i)
		}
	}
	return at
}

func pick(lines []string, at []int) []string {
	out := make([]string, len(at))
	for i, j := range at {
		out[i] = lines[j]
	}
	return out
}
