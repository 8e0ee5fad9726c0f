package patch

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

func TestOverlap(t *testing.T) {
	const old = "0123456789"
	tests := []struct {
		name string
		a, b Edit
		want bool
	}{
		{"apart", repl(1, 3, "x"), repl(5, 6, "y"), false},
		{"side by side", repl(1, 3, "x"), repl(3, 6, "y"), false},
		{"ranges intersect", repl(1, 4, "x"), repl(3, 6, "y"), true},
		{"one inside the other", repl(1, 9, "x"), repl(3, 6, "y"), true},
		{"one start", repl(1, 3, "x"), repl(1, 2, "y"), true},
		{"equal, not shared", repl(1, 3, "x"), repl(1, 3, "x"), true},
		{"equal, one shared", repl(1, 3, "x"), both(repl(1, 3, "x")), true},
		{"equal, shared", both(repl(1, 3, "x")), both(repl(1, 3, "x")), false},
		{"shared replacements differ", both(repl(1, 3, "x")), both(repl(1, 3, "y")), true},
		{"insertions apart", ins(1, "x"), ins(2, "y"), false},
		{"insertions at one offset", ins(2, "x"), ins(2, "y"), true},
		{"equal insertions at one offset", ins(2, "x"), ins(2, "x"), true},
		{"shared insertions at one offset", both(ins(2, "x")), both(ins(2, "y")), false},
		{"equal shared insertions", both(ins(2, "x")), both(ins(2, "x")), false},
		{"one of two insertions shared", both(ins(2, "x")), ins(2, "y"), true},
		{"insertion inside", repl(1, 5, "x"), ins(3, "y"), true},
		{"insertion at the start", repl(1, 5, "x"), ins(1, "y"), true},
		{"insertion at the end", repl(1, 5, "x"), ins(5, "y"), false},
		{"shared insertion at the start of shared bytes", both(repl(1, 5, "x")), both(ins(1, "y")), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := onto(old, tt.a), onto(old, tt.b)
			if got := Overlap(a, b); got != tt.want {
				t.Errorf("got %v", got)
			}
			if got := Overlap(b, a); got != tt.want {
				t.Errorf("the other way round: got %v", got)
			}
		})
	}
}

func TestOverlapFiles(t *testing.T) {
	a := onto("abc", repl(0, 1, "x"))
	elsewhere := onto("abc", repl(0, 1, "x"))
	elsewhere.Files[0].Name = "/g.go"
	if Overlap(a, elsewhere) {
		t.Error("patches of two files overlap")
	}
	if !Overlap(a, onto("abX", repl(2, 3, "y"))) {
		t.Error("patches that know two contents of one file don't overlap")
	}
	if Overlap(a, onto("abX")) {
		t.Error("a patch that changes nothing overlaps")
	}
	if Overlap(a, nil) || Overlap(nil, a) || Overlap(nil, nil) {
		t.Error("a nil patch overlaps")
	}
}

func TestMerge(t *testing.T) {
	const old = "0123456789"
	other := onto(old, repl(0, 1, "g"))
	other.Files[0].Name = "/a.go"
	wide := &Patch{Files: []File{other.Files[0], file(old, repl(8, 9, "w"))}}
	tests := []struct {
		name      string
		patches   []*Patch
		want      map[string]string
		taken     []bool
		conflicts [][]int
	}{
		{"none", nil, map[string]string{}, []bool{}, [][]int{}},
		{"nil", []*Patch{nil}, map[string]string{}, []bool{false}, [][]int{nil}},
		{"side by side", []*Patch{onto(old, repl(4, 5, "b")), onto(old, repl(1, 4, "a"))},
			map[string]string{"/f.go": "0ab56789"}, []bool{true, true}, [][]int{nil, nil}},
		{"the earlier wins", []*Patch{onto(old, repl(2, 5, "b")), nil, onto(old, repl(1, 4, "a"))},
			map[string]string{"/f.go": "01b56789"}, []bool{true, false, false}, [][]int{{2}, nil, {0}}},
		{"what overlaps only a loser lands",
			[]*Patch{onto(old, repl(0, 3, "a")), onto(old, repl(2, 6, "b")), onto(old, repl(5, 8, "c"))},
			map[string]string{"/f.go": "a34c89"}, []bool{true, false, true}, [][]int{{1}, {0, 2}, {1}}},
		{"all or nothing over files", []*Patch{onto(old, repl(8, 9, "f")), wide, other},
			map[string]string{"/f.go": "01234567f9", "/a.go": "g123456789"}, []bool{true, false, true}, [][]int{{1}, {0, 2}, {1}}},
		{"shared lands once, and sorted",
			[]*Patch{
				onto(old, both(ins(1, "sync ")), repl(3, 4, "a")),
				onto(old, both(ins(1, "context ")), repl(5, 6, "b")),
				onto(old, both(ins(1, "sync ")), repl(7, 8, "c")),
			},
			map[string]string{"/f.go": "0context sync 12a4b6c89"}, []bool{true, true, true}, [][]int{nil, nil, nil}},
		{"two contents", []*Patch{onto(old, repl(0, 1, "a")), onto("0X23", repl(3, 4, "b"))},
			map[string]string{"/f.go": "a123456789"}, []bool{true, false}, [][]int{{1}, {0}}},
		{"bad edits", []*Patch{onto(old, repl(2, 99, "a")), onto(old, repl(3, 4, "b"))},
			map[string]string{"/f.go": "012b456789"}, []bool{false, true}, [][]int{nil, nil}},
		{"no edits", []*Patch{onto(old), {}}, map[string]string{}, []bool{true, true}, [][]int{nil, nil}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := Merge(tt.patches)
			if got := applied(t, m); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("files: got %q, want %q", got, tt.want)
			}
			if !reflect.DeepEqual(m.Taken, tt.taken) || !reflect.DeepEqual(m.Conflicts, tt.conflicts) {
				t.Errorf("got taken %v, conflicts %v\nwant %v, %v", m.Taken, m.Conflicts, tt.taken, tt.conflicts)
			}
		})
	}
}

func applied(t *testing.T, m Merged) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i, f := range m.Files {
		if i > 0 && f.Name <= m.Files[i-1].Name {
			t.Errorf("files %s and %s are out of order", m.Files[i-1].Name, f.Name)
		}
		text, err := f.Apply()
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

// TestMergeLaws checks Merge against its definition on random patches: conflicts
// are Overlap of each pair, the taken set is greedy, and what landed is what a
// plain merge of the taken edits gives.
func TestMergeLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 3000 {
		patches := make([]*Patch, r.IntN(7))
		for i := range patches {
			patches[i] = randomPatch(r)
		}
		m := Merge(patches)
		checkTaken(t, patches, m)
		for name, got := range applied(t, m) {
			if want := plainMerge(t, patches, m.Taken, name); got != want {
				t.Fatalf("round %d: %s is %q, want %q", round, name, got, want)
			}
		}
		if again := Merge(patches); !reflect.DeepEqual(again, m) {
			t.Fatalf("round %d: two calls, two answers", round)
		}
		if len(patches) > 0 && t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
}

func checkTaken(t *testing.T, patches []*Patch, m Merged) {
	t.Helper()
	for i, p := range patches {
		taken := p != nil && p.Check() == nil
		for j, q := range patches {
			want := i != j && p != nil && q != nil && p.Check() == nil && q.Check() == nil && Overlap(p, q)
			if slices.Contains(m.Conflicts[i], j) != want {
				t.Errorf("patches %d and %d overlap: %v, want %v", i, j, !want, want)
			}
			taken = taken && !(want && j < i && m.Taken[j])
		}
		if m.Taken[i] != taken {
			t.Errorf("patch %d taken: %v, want %v", i, m.Taken[i], taken)
		}
		if !slices.IsSorted(m.Conflicts[i]) {
			t.Errorf("conflicts %v aren't sorted", m.Conflicts[i])
		}
	}
}

// plainMerge makes the taken edits of one file from right to left.
func plainMerge(t *testing.T, patches []*Patch, taken []bool, name string) string {
	t.Helper()
	var text []byte
	var edits []Edit
	for i, p := range patches {
		for _, f := range filesOf(p, taken[i]) {
			if f.Name != name || len(f.Edits) == 0 {
				continue
			}
			text = bytes.Clone(f.Old)
			for _, e := range f.Edits {
				if !e.Shared || !slices.Contains(edits, e) {
					edits = append(edits, e)
				}
			}
		}
	}
	slices.SortStableFunc(edits, compare)
	for _, e := range slices.Backward(edits) {
		text = slices.Concat(text[:e.Start], []byte(e.New), text[e.End:])
	}
	return string(text)
}

func filesOf(p *Patch, taken bool) []File {
	if !taken {
		return nil
	}
	return p.Files
}

func randomPatch(r *rand.Rand) *Patch {
	if r.IntN(12) == 0 {
		return nil
	}
	p := &Patch{}
	for _, name := range []string{"/a", "/b"} {
		if r.IntN(3) == 0 {
			continue
		}
		f := File{Name: name, Old: []byte("0123456789abcdefghij")}
		if r.IntN(20) == 0 {
			f.Old = []byte("another text of 20 b")
		}
		for range r.IntN(4) {
			at := r.IntN(20)
			e := Edit{Start: at, End: at + r.IntN(4)*r.IntN(2), New: string(rune('A' + r.IntN(3))), Shared: r.IntN(2) == 0}
			f.Edits = append(f.Edits, e) // now and then one too many: Merge has to leave it out
		}
		p.Files = append(p.Files, f)
	}
	return p
}

// manyPatches are n findings in three files, all with the same import.
func manyPatches(n int) []*Patch {
	old := bytes.Repeat([]byte("0123"), n)
	patches := make([]*Patch, n)
	for i := range patches {
		f := File{Name: fmt.Sprintf("/%d.go", i%3), Old: old,
			Edits: []Edit{both(ins(0, "import")), repl(4*i+1, 4*i+3, "x")}}
		patches[i] = &Patch{Files: []File{f}}
	}
	return patches
}

func TestMergeMany(t *testing.T) {
	m := Merge(manyPatches(5000))
	if slices.Contains(m.Taken, false) || len(m.Files) != 3 {
		t.Errorf("%d files, taken all: %v", len(m.Files), !slices.Contains(m.Taken, false))
	}
}

// BenchmarkMerge shows that patches that don't meet aren't compared pair by pair:
// ten times as many take ten times as long, or a little more.
func BenchmarkMerge(b *testing.B) {
	for _, n := range []int{2000, 20_000} {
		patches := manyPatches(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				Merge(patches)
			}
		})
	}
}
