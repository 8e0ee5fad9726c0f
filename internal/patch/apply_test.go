package patch

import (
	"strings"
	"testing"
)

func ins(at int, new string) Edit        { return Edit{Start: at, End: at, New: new} }
func repl(from, to int, s string) Edit   { return Edit{Start: from, End: to, New: s} }
func both(e Edit) Edit                   { e.Shared = true; return e }
func file(old string, es ...Edit) File   { return File{Name: "/f.go", Old: []byte(old), Edits: es} }
func onto(old string, es ...Edit) *Patch { return &Patch{Title: "t", Files: []File{file(old, es...)}} }

func TestApply(t *testing.T) {
	const old = "0123456789"
	tests := []struct {
		name  string
		edits []Edit
		want  string // an error if it starts with "!"
	}{
		{"nothing", nil, old},
		{"replace", []Edit{repl(2, 4, "ab")}, "01ab456789"},
		{"at both ends", []Edit{ins(0, "<"), ins(10, ">")}, "<0123456789>"},
		{"all", []Edit{repl(0, 10, "")}, ""},
		{"side by side", []Edit{repl(2, 4, "a"), repl(4, 6, "b")}, "01ab6789"},
		{"any order", []Edit{repl(4, 6, "b"), repl(2, 4, "a")}, "01ab6789"},
		{"insertions keep their order", []Edit{ins(3, "z"), ins(3, "a"), ins(3, "m")}, "012zam3456789"},
		{"insertion before what replaces the next bytes", []Edit{repl(3, 5, "x"), ins(3, "i")}, "012ix56789"},
		{"insertion after what replaces the bytes before", []Edit{ins(3, "i"), repl(1, 3, "x")}, "0xi3456789"},
		{"shared twice lands once", []Edit{both(ins(3, "i")), both(ins(3, "i"))}, "012i3456789"},
		{"unshared twice lands twice", []Edit{ins(3, "i"), ins(3, "i")}, "012ii3456789"},
		{"shared replacement twice lands once", []Edit{both(repl(3, 4, "i")), both(repl(3, 4, "i"))}, "012i456789"},
		{"shared sort by New", []Edit{both(ins(3, "b")), ins(3, "z"), both(ins(3, "a"))}, "012abz3456789"},
		{"overlap", []Edit{repl(2, 5, "a"), repl(4, 6, "b")}, "!edit [4, 6) overlaps one that ends at 5"},
		{"same bytes", []Edit{repl(2, 5, "a"), repl(2, 5, "a")}, "!edit [2, 5) overlaps one that ends at 5"},
		{"insertion inside", []Edit{repl(2, 5, "a"), ins(4, "b")}, "!edit [4, 4) overlaps one that ends at 5"},
		{"beyond the end", []Edit{repl(8, 11, "")}, "!edit [8, 11) lies outside the file's 10 bytes"},
		{"before the start", []Edit{repl(-1, 2, "")}, "!edit [-1, 2) lies outside the file's 10 bytes"},
		{"backwards", []Edit{repl(5, 4, "")}, "!edit [5, 4) lies outside the file's 10 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := file(old, tt.edits...).Apply()
			if text, isErr := strings.CutPrefix(tt.want, "!"); isErr {
				if err == nil || !strings.HasSuffix(err.Error(), text) {
					t.Errorf("got %q, %v, want error %q", got, err, text)
				}
				return
			}
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestApplyLeavesItsInputAlone(t *testing.T) {
	f := file("abc", repl(1, 2, "B"), repl(0, 1, "A"))
	if got, err := f.Apply(); err != nil || string(got) != "ABc" {
		t.Errorf("got %q, %v", got, err)
	}
	if string(f.Old) != "abc" || f.Edits[0].Start != 1 {
		t.Errorf("Apply changed %q or reordered %+v", f.Old, f.Edits)
	}
}

func TestPatchCheck(t *testing.T) {
	good := file("abc", ins(1, "x"))
	if err := (&Patch{Files: []File{good}}).Check(); err != nil {
		t.Error(err)
	}
	err := (&Patch{Title: "Do it", Files: []File{good, good}}).Check()
	if want := `patch "Do it" has /f.go twice`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	err = onto("abc", repl(1, 9, "")).Check()
	if want := `patch "t": /f.go: edit [1, 9) lies outside the file's 3 bytes`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
