package patch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sergi/go-diff/diffmatchpatch"
)

func TestLines(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           []Edit
	}{
		{"equal", "a\nb\n", "a\nb\n", nil},
		{"both empty", "", "", nil},
		{"change", "a\nb\nc\n", "a\nx\nc\n", []Edit{{Start: 12, End: 14, New: "x\n"}}},
		{"insert", "a\nc\n", "a\nb\nc\n", []Edit{{Start: 12, End: 12, New: "b\n"}}},
		{"delete", "a\nb\nc\n", "a\nc\n", []Edit{{Start: 12, End: 14}}},
		{"from empty", "", "a\n", []Edit{{Start: 10, End: 10, New: "a\n"}}},
		{"to empty", "a\nb\n", "", []Edit{{Start: 10, End: 14}}},
		{"final newline goes", "a\nb\n", "a\nb", []Edit{{Start: 12, End: 14, New: "b"}}},
		{"final newline comes", "a", "a\n", []Edit{{Start: 10, End: 11, New: "a\n"}}},
		{"CRLF is part of the line", "a\r\nb\r\n", "a\r\nb\n", []Edit{{Start: 13, End: 16, New: "b\n"}}},
		{"BOM is part of the line", "\ufeffa\nb\n", "a\nb\n", []Edit{{Start: 10, End: 15, New: "a\n"}}},
		{"bytes that are no UTF-8", "\xff\n\xfe\n", "\xff\n\xfd\n", []Edit{{Start: 12, End: 14, New: "\xfd\n"}}},
		{"two places", "a\nb\nc\nd\n", "b\nc\nx\nd\n",
			[]Edit{{Start: 10, End: 12}, {Start: 16, End: 16, New: "x\n"}}},
		{
			"an insertion starts with its own head, not with its neighbour's end",
			"go(func() {\n\ta()\n})\n", "go(func() {\n\tb()\n})\ngo(func() {\n\ta()\n})\n",
			[]Edit{{Start: 10, End: 10, New: "go(func() {\n\tb()\n})\n"}},
		},
		{
			"so does a deletion",
			"go(func() {\n\tb()\n})\ngo(func() {\n\ta()\n})\n", "go(func() {\n\ta()\n})\n",
			[]Edit{{Start: 10, End: 30}},
		},
		{
			"and a function comes before the empty line, not after it",
			"}\n\nfunc b() {\n}\n", "}\n\nfunc a() {\n}\n\nfunc b() {\n}\n",
			[]Edit{{Start: 13, End: 13, New: "func a() {\n}\n\n"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Lines([]byte(tt.old), []byte(tt.new), 10)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

// checkLines fails unless Lines(old, new) is sorted, whole-line, reproducible and
// gives new.
func checkLines(t *testing.T, old, new []byte) []Edit {
	t.Helper()
	edits := Lines(old, new, 0)
	got, err := File{Old: old, Edits: edits}.Apply()
	if err != nil {
		t.Fatalf("%v\nold %q\nnew %q", err, old, new)
	}
	if !bytes.Equal(got, new) {
		t.Fatalf("edits %+v\nold %q\ngot %q\nnew %q", edits, old, got, new)
	}
	if again := Lines(old, new, 0); !reflect.DeepEqual(again, edits) {
		t.Fatalf("two calls, two answers: %+v and %+v", edits, again)
	}
	for i, e := range edits {
		if !atLine(old, e.Start) || !atLine(old, e.End) {
			t.Fatalf("edit %+v of %q isn't whole lines", e, old)
		}
		if i > 0 && e.Start <= edits[i-1].End {
			t.Fatalf("edits %+v touch", edits)
		}
	}
	return edits
}

func atLine(text []byte, i int) bool { return i == 0 || i == len(text) || text[i-1] == '\n' }

// TestLinesFewest compares the lines kept with the longest common subsequence as
// the textbook computes it.
func TestLinesFewest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		old, new := randomText(r), randomText(r)
		edits := checkLines(t, old, new)
		kept := len(splitLines(old))
		for _, e := range edits {
			kept -= len(splitLines(old[e.Start:e.End]))
		}
		if want := longestCommon(splitLines(old), splitLines(new)); kept != want {
			t.Fatalf("keeps %d lines, could keep %d\nold %q\nnew %q", kept, want, old, new)
		}
	}
}

func longestCommon(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// TestLinesLarge guards against go-diff's encoding of lines as code points. v1.4.0
// has it right; v1.1.0 panics at the surrogates (55,296 distinct lines), and v1.2.0
// and v1.3.1 give wrong diffs even of 100 lines.
func TestLinesLarge(t *testing.T) {
	for _, n := range []int{30_000, 80_000} {
		old := numbered(n)
		new := append([]string{}, old...)
		for i := 0; i < n; i += n / 20 {
			new[i] = fmt.Sprintf("changed %d\n", i)
		}
		// Moving a block makes lines that both sides have, but out of order.
		block := append([]string{}, new[n/2:n/2+20]...)
		new = append(append(append([]string{}, new[:n/2]...), new[n/2+20:n-10]...), append(block, new[n-10:]...)...)
		checkLines(t, []byte(strings.Join(old, "")), []byte(strings.Join(new, "")))
	}
}

// TestLinesAllChanged: no line in common, which go-diff alone would look at for a minute.
func TestLinesAllChanged(t *testing.T) {
	old := strings.Join(numbered(80_000), "")
	if got := checkLines(t, []byte(old), []byte(strings.ReplaceAll(old, "line", "LINE"))); len(got) != 1 {
		t.Errorf("%d edits, want 1", len(got))
	}
}

// TestLinesBeyondCodePoints: with more distinct lines than there are code points
// go-diff panics; at half as many a side, it isn't asked any more.
func TestLinesBeyondCodePoints(t *testing.T) {
	old := numbered(maxLines/2 + 1)
	new := slices.Clone(old)
	new[0], new[len(new)-1] = new[len(new)-1], new[0]
	if got, want := diffLines(old, new), (span{0, len(old), 0, len(new)}); len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want all lines replaced", got)
	}
}

// TestGoDiffCodes checks what pairs builds on: that go-diff tells 80,000 lines apart.
func TestGoDiffCodes(t *testing.T) {
	text := strings.Join(numbered(80_000), "")
	codes, _, _ := diffmatchpatch.New().DiffLinesToRunes(text, "")
	seen := map[rune]bool{}
	for _, c := range []rune(string(codes)) {
		seen[c] = true
	}
	if len(seen) != 80_000 {
		t.Errorf("80,000 lines got %d codes", len(seen))
	}
}

func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d\n", i)
	}
	return lines
}

// randomText is up to 14 lines from a small alphabet, with or without BOM, CRLF
// and a final newline.
func randomText(r *rand.Rand) []byte {
	words := []string{"a", "b", "c", "\t}", "", "\xff", "é", "+x", "-y", "\\ z", " "}
	end := []string{"\n", "\r\n"}[r.IntN(2)]
	var text []byte
	if r.IntN(8) == 0 {
		text = append(text, "\ufeff"...)
	}
	for range r.IntN(14) {
		text = append(append(text, words[r.IntN(len(words))]...), end...)
	}
	if r.IntN(4) == 0 {
		text = bytes.TrimSuffix(text, []byte("\n"))
	}
	return text
}

// randomChange changes a few lines of text.
func randomChange(r *rand.Rand, text []byte) []byte {
	lines := splitLines(text)
	for range 1 + r.IntN(4) {
		at := r.IntN(len(lines) + 1)
		fresh := splitLines(randomText(r))
		fresh = fresh[:min(len(fresh), r.IntN(3))]
		end := min(len(lines), at+r.IntN(3))
		lines = append(append(append([]string{}, lines[:at]...), fresh...), lines[end:]...)
	}
	return []byte(strings.Join(lines, ""))
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte("a\nc\n"))
	f.Add([]byte("a\r\n\r\nb"), []byte("\ufeffa\n"))
	f.Add([]byte("\xff\n\n\n"), []byte(""))
	f.Fuzz(func(t *testing.T, old, new []byte) { checkLines(t, old, new) })
}
