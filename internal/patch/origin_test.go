package patch

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestOrigins(t *testing.T) {
	for _, tt := range []struct {
		old, new string
		want     []int
	}{
		{"", "", []int{0}},
		{"a\nb\nc\n", "a\nb\nc\n", []int{0, 1, 2, 3}},
		{"a\nb\nc\n", "a\nX\nc\n", []int{0, 1, 0, 3}},
		{"a\nb\nc\n", "b\nc\n", []int{0, 2, 3}},
		{"a\nb", "N\na\nb", []int{0, 0, 1, 2}},
		{"a\nb\n", "a\nb", []int{0, 1, 0}}, // a line owns its ending
		{"", "a\n", []int{0, 0}},
		{"a\n", "", []int{0}},
	} {
		if got := Origins([]byte(tt.old), []byte(tt.new)); !slices.Equal(got, tt.want) {
			t.Errorf("%q, %q: got %v, want %v", tt.old, tt.new, got, tt.want)
		}
	}
}

// A line that comes from another is the same line, and the order stays.
func TestOriginsAreTrue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() []string {
		var lines []string
		for range r.IntN(20) {
			lines = append(lines, strings.Repeat("x", r.IntN(6))+"\n")
		}
		return lines
	}
	for range 500 {
		old, new := text(), text()
		from := Origins([]byte(strings.Join(old, "")), []byte(strings.Join(new, "")))
		if len(from) != len(new)+1 {
			t.Fatalf("%q: %d lines, got %v", new, len(new), from)
		}
		last := 0
		for i, line := range new {
			o := from[i+1]
			if o == 0 {
				continue
			}
			if o <= last || old[o-1] != line {
				t.Fatalf("%q, %q: %v", old, new, from)
			}
			last = o
		}
	}
}
