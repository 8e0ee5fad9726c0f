package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

var update = flag.Bool("update", false, "rewrite the golden files; read them before you accept them")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func text(t *testing.T, run *rule.Run, o Options) string {
	t.Helper()
	var b strings.Builder
	must(t, Text(&b, run, o))
	return b.String()
}

func TestText(t *testing.T) {
	golden(t, "plain.golden", []byte(text(t, sample(), Options{Safety: rule.Advice})))
	golden(t, "verbose.golden", []byte(text(t, sample(), Options{Safety: rule.Review, Verbose: true})))
	golden(t, "colour.golden", []byte(text(t, sample(), Options{Safety: rule.Advice, Colour: true})))
}

// Colours are what the caller says, whatever the environment says.
func TestColourIsTheCallers(t *testing.T) {
	for _, v := range []string{"", "1"} {
		t.Setenv("NO_COLOR", v)
		for _, colour := range []bool{true, false} {
			if got := text(t, sample(), Options{Colour: colour}); strings.Contains(got, "\x1b[") != colour {
				t.Errorf("NO_COLOR=%q, asked for colour %v:\n%q", v, colour, got)
			}
		}
	}
}

func TestColourChangesNoText(t *testing.T) {
	coloured := text(t, sample(), Options{Safety: rule.Advice, Colour: true})
	var b strings.Builder
	for i, part := range strings.Split(coloured, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		b.WriteString(part)
	}
	if plain := text(t, sample(), Options{Safety: rule.Advice}); b.String() != plain {
		t.Errorf("without its escapes the coloured text is\n%s\nand the plain text is\n%s", b.String(), plain)
	}
}

func TestSafetyHides(t *testing.T) {
	for safety, want := range map[rule.Safety]int{rule.Safe: 1, rule.Review: 2, rule.Advice: 4} {
		got := text(t, sample(), Options{Safety: safety})
		if n := strings.Count(got, ".go:"); n < want || strings.Contains(got, "(advice)") != (safety == rule.Advice) || strings.Contains(got, "(review)") != (safety <= rule.Review) {
			t.Errorf("--safety %v shows:\n%s", safety, got)
		}
	}
	if got := text(t, &rule.Run{}, Options{}); got != "" {
		t.Errorf("nothing to show is shown as %q", got)
	}
}

// An advice finding's patch may exist, but nobody may apply it: it isn't shown.
func TestAdviceShowsNoPatch(t *testing.T) {
	run := sample()
	run.Findings = run.Findings[:1]
	run.Findings[0].Safety = rule.Advice
	if got := text(t, run, Options{}); strings.Contains(got, "@@") || !strings.Contains(got, "no patch: ") {
		t.Errorf("got:\n%s", got)
	}
}

// Whatever the source, its names and its messages hold, a terminal gets
// printable characters, and one finding stays one paragraph.
func TestHostileText(t *testing.T) {
	evil := "a\x1b]0;owned\a\x1b[2Jb\nfake.go:1: safe (safe)\r\x9b31m\u202edcba\u200b\xff\x00"
	run := &rule.Run{Findings: []*rule.Located{{
		ID: evil, Rule: evil, Safety: rule.Review, Path: evil + ".go", Line: 3, Func: evil, Message: evil,
		Evidence: []rule.LocatedEvidence{{Hazard: evil, Claim: evil, Path: evil, Line: 1}},
		Changes:  []string{evil}, Refused: evil + "!", RefusedBy: evil, ConflictsWith: []string{evil, "x" + evil},
		Patch: "--- a/x\n+++ b/x\x1b[1m.go\n@@ -1,2 +1,1 @@ \x1b[5m\n-\tgone\x1b[2J\u202e\r\n \t\xffkept\x00\r\n",
	}}, Warnings: []string{evil}, Skipped: rule.Skipped{TypeErrors: []string{evil}}}
	var out strings.Builder
	must(t, Text(&out, run, Options{}))
	must(t, Applied(&out, []Written{{evil, run.Findings}}, run.Findings, Options{}))
	for _, line := range Warnings(run) {
		if strings.Contains(line, "\n") {
			t.Errorf("a warning of several lines: %q", line)
		}
		out.WriteString(line + "\n")
	}
	for _, r := range out.String() {
		if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f || r >= 0x80) {
			t.Errorf("%U gets through", r)
		}
	}
	if strings.Contains(out.String(), "\nfake.go") {
		t.Errorf("a line of the hostile text became a line of the report:\n%s", out.String())
	}
	if want := "-\tgone\\x1b[2J\\u202e\n"; !strings.Contains(out.String(), want) {
		t.Errorf("no line %q in:\n%s", want, out.String())
	}
}

func TestCleanKeepsWhatPeopleWrite(t *testing.T) {
	for _, s := range []string{"ünï code", "日本語", "emoji 🙂", `back\slash "quoted"`} {
		if got := Clean(s); got != s {
			t.Errorf("Clean(%q) = %q", s, got)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"aaa bbb", "aaa bbb"},
		{"aaa bbb cc", "aaa bbb|cc"},
		{"aaaaaaaaaaaa b", "aaaaaaaaaaaa|b"},
		{"üüü ööö ä", "üüü ööö|ä"},
		{" a   b ", "a b"},
	} {
		if got := strings.Join(wrap(tt.text, 8), "|"); got != tt.want {
			t.Errorf("wrap(%q, 8) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, line := range strings.Split(text(t, sample(), Options{}), "\n") {
		if len(line) > lineWidth {
			t.Errorf("%d columns: %q", len(line), line)
		}
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	must(t, JSON(&b, sample(), rule.Review))
	golden(t, "run.json.golden", b.Bytes())
}

func TestJSONHasNoNull(t *testing.T) {
	run := &rule.Run{Findings: []*rule.Located{{Safety: rule.Safe, Message: "a <b> && c"}}}
	var b bytes.Buffer
	must(t, JSON(&b, run, rule.Safe))
	if strings.Contains(b.String(), "null") || !strings.Contains(b.String(), "a <b> && c") {
		t.Errorf("got %s", b.String())
	}
	if run.Findings[0].Changes != nil {
		t.Error("the caller's run was changed")
	}
	b.Reset()
	must(t, JSON(&b, &rule.Run{}, rule.Safe))
	if want := `"findings": []`; !strings.Contains(b.String(), want) {
		t.Errorf("no %s in %s", want, b.String())
	}
}

// What is hidden is still counted.
func TestJSONCountsAll(t *testing.T) {
	var b bytes.Buffer
	must(t, JSON(&b, sample(), rule.Safe))
	var back rule.Run
	must(t, json.Unmarshal(b.Bytes(), &back))
	if len(back.Findings) != 1 || back.Summary != sample().Summary {
		t.Errorf("%d findings, summary %+v", len(back.Findings), back.Summary)
	}
}

func TestDiff(t *testing.T) {
	var b strings.Builder
	must(t, Diff(&b, []File{
		{"a.go", []byte("one\ntwo\n"), []byte("one\n2\n")},
		{"same.go", []byte("x\n"), []byte("x\n")},
		{"d/b.go", []byte("a <b>\r\n"), []byte("a \x1b <b>\r\n")},
	}))
	want := patch.Unified("a.go", []byte("one\ntwo\n"), []byte("one\n2\n")) +
		patch.Unified("d/b.go", []byte("a <b>\r\n"), []byte("a \x1b <b>\r\n"))
	if b.String() != want || !strings.Contains(want, "+++ b/d/b.go\n") || !strings.Contains(want, "+a \x1b <b>\r\n") {
		t.Errorf("got:\n%q\nwant:\n%q", b.String(), want)
	}
}

func TestSummary(t *testing.T) {
	run := func(safe, review, advice int) *rule.Run {
		r := &rule.Run{Summary: rule.Summary{Safe: safe, Review: review, Advice: advice, Files: 120, Packages: 1}}
		for i := range safe + review + advice {
			f := &rule.Located{Path: string(rune('a' + i/2)), Patch: "p", Safety: rule.Safe}
			if i >= safe {
				f.Safety = rule.Review
			}
			if i >= safe+review {
				f.Safety, f.Patch = rule.Advice, ""
			}
			r.Findings = append(r.Findings, f)
		}
		return r
	}
	for _, tt := range []struct {
		run    *rule.Run
		safety rule.Safety
		want   string
	}{
		{run(1, 2, 4), rule.Review, "3 findings in 2 files (1 safe, 2 review); 4 advice hidden: --safety advice shows them|goherd apply writes the safe patch; goherd apply --safety review writes all 3"},
		{run(1, 0, 0), rule.Review, "1 finding in 1 file (1 safe)|goherd apply writes the safe patch"},
		{run(2, 1, 0), rule.Safe, "2 findings in 1 file (2 safe); 1 review hidden: --safety review shows them|goherd apply writes the 2 safe patches; goherd apply --safety review writes all 3"},
		{run(0, 1, 1), rule.Safe, "nothing to show in 120 files of 1 package; 1 review, 1 advice hidden: --safety advice shows them|goherd apply --safety review writes the patch"},
		{run(0, 3, 1), rule.Advice, "4 findings in 2 files (3 review, 1 advice)|goherd apply --safety review writes the 3 patches"},
		{run(0, 0, 0), rule.Review, "no findings in 120 files of 1 package"},
		{&rule.Run{Skipped: rule.Skipped{Generated: 1, Vendored: 2, Cgo: 1, OtherSystems: 3, NestedModules: 1}}, rule.Safe, "no findings in 0 files of 0 packages|left alone: 1 generated file, 2 vendored files, 1 cgo file, 3 files for other systems, 1 nested module"},
	} {
		if got := strings.Join(Summary(tt.run, tt.safety), "|"); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	run := &rule.Run{
		Warnings: []string{"a.go:1: unknown rule", "b.go:2:1: package m/b passed over: undefined: x"},
		Skipped:  rule.Skipped{TypeErrors: []string{"m/a", "m/b", "m"}},
	}
	want := "a.go:1: unknown rule|b.go:2:1: package m/b passed over: undefined: x|passed over, because of errors in them: m/a, m"
	if got := strings.Join(Warnings(run), "|"); got != want {
		t.Errorf("got %s", got)
	}
}

func TestApplied(t *testing.T) {
	f := sample().Findings
	files := []Written{{"internal/load/page.go", []*rule.Located{f[0], f[1], f[0]}}, {"internal/load/const.go", f[1:2]}}
	var b strings.Builder
	must(t, Applied(&b, files, f[1:2], Options{}))
	golden(t, "applied.golden", []byte(b.String()))

	got := strings.Join(AppliedSummary(sample(), files, f[1:2], rule.Safe, 3), "|")
	want := "applied 2 findings to 2 files in 3 rounds; 1 left|1 review not applied: read goherd diff, then goherd apply --safety review|left alone: 3 generated files, 1 file for other systems, 2 nested modules"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := AppliedSummary(&rule.Run{}, nil, nil, rule.Review, 0); len(got) != 1 || got[0] != "nothing to apply in 0 files of 0 packages" {
		t.Errorf("got %q", got)
	}
}

func TestPage(t *testing.T) {
	var b strings.Builder
	must(t, Page(&b, "\n# Rule\ntext\n```go\n# not a heading\n\tcode()\n```\n## More\n\n", true))
	want := "\x1b[1m# Rule\x1b[22m\ntext\n```go\n# not a heading\n\tcode()\n```\n\x1b[1m## More\x1b[22m\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// A report that could not be written is no report.
func TestFullDisk(t *testing.T) {
	full := errors.New("no space left on device")
	for name, err := range map[string]error{
		"text":    Text(failing{full}, sample(), Options{}),
		"diff":    Diff(failing{full}, []File{{"a", nil, []byte("b\n")}}),
		"json":    JSON(failing{full}, sample(), rule.Safe),
		"applied": Applied(failing{full}, []Written{{Path: "a"}}, nil, Options{}),
		"page":    Page(failing{full}, "a", false),
	} {
		if !errors.Is(err, full) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }

var _ io.Writer = failing{}
