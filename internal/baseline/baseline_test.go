package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func entry(n int, path string) Entry {
	return Entry{ID: fmt.Sprintf("%016x", n), Rule: "unbounded", Package: "example.com/m", Path: path, Func: "F"}
}

const three = `{"version": 1, "findings": [
{"id":"0000000000000002","rule":"unbounded","package":"example.com/m","path":"a.go","func":"F"},
{"id":"0000000000000003","rule":"unbounded","package":"example.com/m","path":"a.go","func":"F"},
{"id":"0000000000000001","rule":"unbounded","package":"example.com/m","path":"b/b.go","func":"F"},
null]}
`

// What is written is JSON, sorted, and reads back.
func TestFormat(t *testing.T) {
	f := &File{Entries: []Entry{entry(1, "b/b.go"), entry(3, "a.go"), entry(2, "a.go"), entry(3, "a.go")}}
	if got := string(f.Format()); got != three {
		t.Errorf("got:\n%s", got)
	}
	for _, entries := range [][]Entry{nil, {entry(1, "a.go")}, {entry(2, "a.go"), entry(3, "a.go"), entry(1, "b/b.go")}, {{ID: "00000000000000ff", Rule: "r", Path: "\"\\\n\u2028<é>&.go", Func: "(*T[K]).M"}}} {
		text := (&File{Entries: entries}).Format()
		if !json.Valid(text) {
			t.Errorf("no JSON:\n%s", text)
		}
		if lines := bytes.Count(text, []byte("\n")); lines != len(entries)+2 {
			t.Errorf("%d lines for %d entries", lines, len(entries))
		}
		got, err := Parse(text, "f")
		if err != nil || !slices.Equal(got, entries) {
			t.Errorf("read back %v, %v; want %v", got, err, entries)
		}
	}
}

// Git merges what two branches did to one baseline.
func TestMerges(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command")
	}
	dir := t.TempDir()
	put := func(name string, ns ...int) {
		f := &File{}
		for _, n := range ns {
			f.Entries = append(f.Entries, entry(n, fmt.Sprintf("%02d.go", n)))
		}
		if err := os.WriteFile(filepath.Join(dir, name), f.Format(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("base", 1, 2, 3, 4, 5, 6)
	put("ours", 2, 3, 4, 5, 6, 9)    // the first goes, one comes at the end
	put("theirs", 0, 1, 2, 3, 5, 6)  // one comes at the start, one goes
	put("theirs2", 1, 2, 3, 4, 5, 6) // nothing
	put("far", 1, 2, 3, 5, 6)
	cmd := exec.Command("git", "merge-file", "-p", "ours", "base", "far")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := Parse(out, "merged")
	if err != nil || len(got) != 5 {
		t.Errorf("%v, %v", got, err)
	}
	// By union, where both touched the same place.
	cmd = exec.Command("git", "merge-file", "-p", "--union", "ours", "base", "theirs")
	cmd.Dir = dir
	if out, err = cmd.Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := Parse(out, "union"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestParseErrors(t *testing.T) {
	line := `{"id":"0000000000000002","rule":"unbounded","package":"example.com/m","path":"a.go","func":"F"},`
	with := func(old, new string) string { return strings.Replace(three, old, new, 1) }
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "f:1:1: the file is empty, and a baseline without entries is not: remove the file, and write it anew with --write-baseline"},
		{"blank", " \n\n", "f:1:1: the file is empty"},
		{"a list", "[]", `f:1:1: a baseline begins with {"version": , and here is something else`},
		{"Go", "package p\n", "f:1:1: this is no JSON (invalid character 'p' looking for beginning of value)"},
		{"another object", "{}", "f:1:1: a baseline has a version and findings, and this file hasn't: is it one?"},
		{"a result", `{"version": 1, "tool": "goherd"}`, `f:1:16: there is no key "tool": a baseline has version and findings`},
		{"no version", `{"findings": []}`, "f:1:2: the version comes first"},
		{"a newer version", with(`"version": 1`, `"version": 2`), "f:1:13: the baseline is of version 2, and this goherd knows 1: use the goherd that wrote it or a newer one"},
		{"an older version", with(`"version": 1`, `"version": 0`), "f:1:13: there is no version 0"},
		{"a version in words", with(`"version": 1`, `"version": "1"`), "f:1:13: the version is a whole number, and today it is 1"},
		{"half a version", with(`"version": 1`, `"version": 1.5`), "f:1:13: the version is a whole number"},
		{"twice", with(`"version": 1,`, `"version": 1, "version": 1,`), `f:1:16: "version" stands here a second time: join the two`},
		{"findings in an object", `{"version": 1, "findings": {}}`, "f:1:28: findings are a list, and here is something else"},
		{"a comma missing", with("\"F\"},\n", "\"F\"}\n"), "f:2:96: this is no JSON ("},
		{"a quote missing", with(`"unbounded","package`, `"unbounded,"package`), "f:2:"},
		{"a field too many", with(`"func":"F"`, `"func":"F","line":3`), `f:2:1: unknown field "line": take back what was edited here`},
		{"a number for a word", with(`"path":"a.go"`, `"path":7`), "f:2:1: path has a value of the wrong kind (number)"},
		{"a word for an entry", with(line, `"0000000000000002",`), "f:2:1: an entry has a value of the wrong kind (string)"},
		{"a short id", with("0000000000000002", "2"), `f:2:1: the id "2" is none, which has 16 digits and letters a to f`},
		{"an id in capitals", with("0000000000000002", "000000000000000A"), `f:2:1: the id "000000000000000A" is none`},
		{"no rule", with(`"rule":"unbounded",`, ""), "f:2:1: the entry 0000000000000002 names no rule"},
		{"no path", with(`"path":"a.go",`, ""), "f:2:1: the entry 0000000000000002 has no path"},
		{"an entry of nothing", with("null", "{}"), `f:5:1: the id "" is none`},
		{"a merge", with("null", "<<<<<<< ours\n=======\n>>>>>>> theirs\nnull"), "f:5:1: a merge was left unfinished here: keep the entries of both sides, and take the marks out"},
		{"more behind", three + "{}", "f:6:1: something stands behind the end of the baseline: take it out"},
		{"text behind", three + "x", "f:6:1: something stands behind the end of the baseline: take it out"},
	} {
		got, err := Parse([]byte(tt.text), "f")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v\nwant %s", tt.name, got, err, tt.want)
		}
	}
}

// Wherever the file ends too early, that is said, and where.
func TestTruncated(t *testing.T) {
	for n := 1; n < len(three)-2; n++ {
		_, err := Parse([]byte(three[:n]), "f")
		line := 1 + strings.Count(three[:n], "\n")
		if want := fmt.Sprintf("f:%d:", line); err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "the file ends in the middle: take the whole one back from git") {
			t.Fatalf("%d bytes: %v, want %s", n, err, want)
		}
	}
}

// Whatever happens to the text, there are entries, or an error with its place.
func TestParseNeverPanics(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	good := 0
	for range 5000 {
		text := []byte(three)
		for range 1 + r.IntN(3) {
			if len(text) == 0 {
				break
			}
			at := r.IntN(len(text))
			switch r.IntN(3) {
			case 0:
				text[at] = byte(r.IntN(256))
			case 1:
				text = slices.Delete(text, at, min(at+r.IntN(9), len(text)))
			case 2:
				text = slices.Insert(text, at, []byte(three)[r.IntN(20):][:r.IntN(9)]...)
			}
		}
		_, err := Parse(text, "f")
		if err == nil {
			good++
			continue
		}
		var line, col int
		if n, _ := fmt.Sscanf(err.Error(), "f:%d:%d: ", &line, &col); n != 2 || line < 1 || col < 1 || line > bytes.Count(text, []byte("\n"))+1 {
			t.Errorf("%q: %v", text, err)
		}
	}
	if good < 50 || good > 4000 {
		t.Errorf("%d of 5000 were good: hardly a test", good)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "b.json")
	if _, err := Read(name, "b.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if _, err := Read(dir, "d"); err == nil || !strings.HasPrefix(err.Error(), "the baseline d can't be read: ") {
		t.Errorf("a folder: %v", err)
	}
	if err := os.WriteFile(name, []byte(three), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Read(name, "b.json")
	if err != nil || len(f.Entries) != 3 || !f.IDs()["0000000000000002"] {
		t.Errorf("%+v, %v", f, err)
	}
}

// An entry goes when a run would have found it again, and only then.
func TestStale(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/seen.go", "a/other_linux.go", "b/not.go", "c/readme.txt"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	other := entry(8, "a/seen.go")
	other.Rule = "deadctx"
	f := &File{Dir: dir, Entries: []Entry{
		entry(1, "a/seen.go"),        // found again
		entry(2, "a/seen.go"),        // gone from a file that was looked at
		entry(3, "a/other_linux.go"), // for another system
		entry(4, "b/not.go"),         // a package that was not named
		entry(5, "a/moved.go"),       // the file is gone from a package that was looked at
		entry(6, "b/moved.go"),       // the same, in one that was not
		entry(7, "c/gone.go"),        // no Go file is left there
		other,                        // a rule that did not run
		entry(9, "d/gone.go"),        // nor is the folder
		entry(10, "a/renamed.go"),    // found again, elsewhere
	}}
	run := Run{
		Found: []Entry{entry(1, "a/seen.go"), entry(10, "a/seen.go"), entry(11, "a/seen.go")}, Rules: []string{"unbounded"},
		Files: []string{filepath.Join(dir, "a", "seen.go")},
	}
	stale := f.Stale(run)
	if want := []Entry{f.Entries[1], f.Entries[4], f.Entries[6], f.Entries[8]}; !slices.Equal(stale, want) {
		t.Errorf("stale: %v", stale)
	}
	if rest := f.Without(stale).Entries; len(rest) != 6 || slices.Contains(rest, f.Entries[1]) {
		t.Errorf("left: %v", rest)
	}
	renewed := sorted(f.Renewed(run).Entries)
	want := sorted([]Entry{run.Found[0], run.Found[1], run.Found[2], f.Entries[2], f.Entries[3], f.Entries[5], other})
	if !slices.Equal(renewed, want) {
		t.Errorf("renewed: %v\nwant %v", renewed, want)
	}
}
