package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// hostile is what code, file names and directives may hold, each made to break out
// of some format or of what reads it.
var hostile = []string{
	`"`, `'`, `\`, `\"`, `</error>`, `<![CDATA[`, `]]>`, `&amp;`, `&#0;`, `<!-- -->`, `-->`,
	"a\nb", "a\r\nb", "\n::error::pwned", "::error file=x,line=1::pwned", "%0A::error::x", "##[error]pwned", "::stop-commands::t", "::set-output name=a::b",
	"a:b,c", "file=x,line=2", "100%25", "%", "\t", " ", "", "a\x00b", "\x1b[31mred\x1b[0m", "\x7f", "\u202egnp.go", "\u200b", "\ufeff", "\u2028", "\u0085",
	"\xff\xfe", "\xc3(", "\xed\xa0\x80", "𝄞é", "\U0010ffff", "\ufffe",
	"`code`", "```\nfence\n```", "@team", "#1", "[x](http://example.com)", "fns[i](ctx)", "![](x)", "<script>alert(1)</script>", "**bold** _it_ ~no~ | a | b |",
	"<!-- __reviewdog__:AAAA -->", "{0}", "{{x}}", "$(touch x)", "`touch x`", "; rm -rf /", "-rf", "../../etc/passwd", "/abs/path.go", "C:\\x.go", "CON", "a?b#c", "a%2Fb", "a b+c", "~", "http://host/x.go",
	"null", "true", "0", "{\"a\":1}", "]}", strings.Repeat("x", 70000), strings.Repeat("é", 300),
}

func toolRules() []*rule.Rule {
	return []*rule.Rule{
		{Name: "stuckresult", Summary: "a sender that blocks for ever", Best: rule.Safe, Kind: rule.Repair, Obligations: []string{"L1", "L2"}, Doc: "# stuckresult\n\nIt blocks.\n"},
		{Name: "unbounded", Summary: "goroutines without a bound", Best: rule.Review, Kind: rule.Refactor, OptIn: true, Obligations: []string{"B1"}, Doc: "# unbounded\n"},
	}
}

// mendable is a finding that replaces the second line of three.
func mendable(path, text string) *rule.Located {
	return &rule.Located{
		ID: fmt.Sprintf("%016x", len(text)*1000+len(path)), Rule: "stuckresult", Safety: rule.Safe, Path: path, Line: 2, EndLine: 3, Col: 3, Col16: 2,
		Func: text, Package: text, Module: text, Message: text, Changes: []string{text},
		Evidence: []rule.LocatedEvidence{{Hazard: "L1", Claim: text, Grade: rule.Safe, Path: path, Line: 3}, {Hazard: "L2", Claim: text, Grade: rule.Review, Path: path, Line: 2}},
		Fix:      []patch.File{{Name: path, Old: []byte("a\nb\nc\n"), Edits: []patch.Edit{{Start: 2, End: 4, New: text + "\n"}}}},
		Patch:    "x",
	}
}

// attacked has each hostile string in every place.
func attacked() Shown {
	run := &rule.Run{Version: 1, Tool: "goherd devel", Go: "1.26.8", Root: "/src"}
	for i, text := range hostile {
		path := text
		if path == "" || path == "." {
			path = "p.go"
		}
		f := mendable(path, text)
		f.ID = fmt.Sprintf("%016x", i)
		run.Findings = append(run.Findings, f)
		run.Warnings = append(run.Warnings, text)
	}
	return Shown{Run: run, Rules: toolRules(), Hazards: map[string]string{"L1": "sent once", "L2": "nobody\nreceives"}}
}

func written(t *testing.T, name string, s Shown) []byte {
	t.Helper()
	var b bytes.Buffer
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if err := Formats[i].Write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// valid is text as encoders write it: what is no UTF-8 has become U+FFFD.
func valid(text string) string {
	var b strings.Builder
	for _, r := range text { // which takes one byte where there is no character
		b.WriteRune(r)
	}
	return b.String()
}

func parseJSON(t *testing.T, text []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if !utf8.Valid(text) {
		t.Error("it is not UTF-8")
	}
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
	if d.More() {
		t.Error("something stands behind the object")
	}
}

func TestHostileJSON(t *testing.T) {
	s := attacked()
	var sarif sarifLog
	parseJSON(t, written(t, "sarif", s), &sarif)
	var rd rdResult
	parseJSON(t, written(t, "rdjson", s), &rd)
	var gl []glIssue
	parseJSON(t, written(t, "gitlab", s), &gl)
	lines := strings.Split(strings.TrimSuffix(string(written(t, "rdjsonl", s)), "\n"), "\n")
	n := len(hostile)
	if len(sarif.Runs[0].Results) != n || len(rd.Diagnostics) != n || len(gl) != n || len(lines) != n {
		t.Fatalf("%d, %d, %d and %d findings, want %d", len(sarif.Runs[0].Results), len(rd.Diagnostics), len(gl), len(lines), n)
	}
	for i, f := range s.Run.Findings {
		r, d, g := sarif.Runs[0].Results[i], rd.Diagnostics[i], gl[i]
		u, err := url.Parse(r.Locations[0].Physical.Artifact.URI)
		if (u.Scheme == "file") != strings.HasPrefix(f.Path, "/") || err != nil || strings.TrimPrefix(u.Path, "./") != strings.TrimPrefix(f.Path, "./") || u.Host != "" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q: the URI is %q: %v", f.Path, r.Locations[0].Physical.Artifact.URI, err)
		}
		if path := valid(f.Path); d.Location.Path != path || g.Location.Path != path {
			t.Errorf("%q: rdjson has the path %q, gitlab %q", f.Path, d.Location.Path, g.Location.Path)
		}
		if text := f.Fix[0].Edits[0].New; r.Fixes[0].Changes[0].Replacements[0].Inserted.Text != valid(text) {
			t.Errorf("%q: the fix in sarif is %q", text, r.Fixes[0].Changes[0].Replacements[0].Inserted.Text)
		}
		wantText := chomp(f.Fix[0].Edits[0].New)
		if wantText == "" {
			wantText = "a\n" // nothing can't be suggested, so the line above comes along
		}
		if len(d.Suggestions) != 1 || d.Suggestions[0].Text != valid(wantText) {
			t.Errorf("%q: the suggestion is %+v", wantText, d.Suggestions)
		}
		for what, message := range map[string]string{"sarif": r.Message.Text, "rdjson": d.Message, "gitlab": g.Description} {
			if strings.ContainsFunc(message, func(r rune) bool { return r != '\n' && r < ' ' || r == 0x7f || r == 0x202e }) {
				t.Errorf("%s: %q has control characters", what, message)
			}
		}
		if strings.Contains(r.Message.Text, "](") || alive.MatchString(d.Message) {
			t.Errorf("links or calls in %q, %q", r.Message.Text, d.Message)
		}
		var one rdDiagnostic
		parseJSON(t, []byte(lines[i]), &one)
		if one.Message != d.Message || one.Location.Path != d.Location.Path {
			t.Errorf("rdjsonl and rdjson differ: %+v, %+v", one, d)
		}
	}
}

func TestHostileXML(t *testing.T) {
	s := attacked()
	var cs csReport
	parseXML(t, written(t, "checkstyle", s), &cs)
	var ju juSuites
	parseXML(t, written(t, "junit", s), &ju)
	if len(cs.Files) != len(hostile) || len(ju.Suites) != 2 || len(ju.Suites[0].Cases) != len(hostile) || ju.Failures != len(hostile) || ju.Tests != len(hostile)+1 {
		t.Fatalf("checkstyle has %d files, junit %+v", len(cs.Files), ju.Tests)
	}
	for i, f := range s.Run.Findings {
		if got := cs.Files[i].Name; got != inXML(f.Path) {
			t.Errorf("%q: the file is %q", f.Path, got)
		}
		message := strings.Join(details(f), "; ")
		if got := cs.Files[i].Errors[0].Message; got != message {
			t.Errorf("%q: checkstyle says %q", message, got)
		}
		if got := ju.Suites[0].Cases[i].Failure.Text; got != Clean(f.Path)+":2\n"+strings.Join(details(f), "\n") {
			t.Errorf("%q: junit says %q", f.Path, got)
		}
	}
	if c := ju.Suites[1].Cases; len(c) != 1 || c[0].Failure != nil {
		t.Errorf("a rule that found nothing: %+v", c)
	}
}

func parseXML(t *testing.T, text []byte, v any) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
	if tok, err := d.Token(); err != io.EOF && strings.TrimSpace(fmt.Sprint(tok)) != "[10]" {
		t.Errorf("behind the document: %v, %v", tok, err)
	}
}

// inXML is text with U+FFFD for what XML 1.0 doesn't have.
func inXML(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return utf8.RuneError
	}, valid(text))
}

// command is a workflow command as GitHub's runner reads a line (ActionCommand.cs).
func readCommand(line string) (kind string, properties map[string]string, text string, ok bool) {
	line = strings.TrimLeft(line, " \t")
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return "", nil, "", strings.Contains(line, "##[")
	}
	head, text, ok := strings.Cut(rest, "::")
	if !ok {
		return "", nil, "", false
	}
	kind, list, _ := strings.Cut(head, " ")
	properties = map[string]string{}
	for _, p := range strings.Split(list, ",") {
		name, value, _ := strings.Cut(p, "=")
		properties[name] = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace(value)
	}
	return kind, properties, strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(text), true
}

func TestHostileGitHub(t *testing.T) {
	// Ten at a time, so that each string is in an annotation once.
	for from := 0; from < len(hostile); from += maxAnnotations {
		s := attacked()
		s.Run.Findings = s.Run.Findings[from:min(from+maxAnnotations, len(hostile))]
		lines := strings.Split(strings.TrimSuffix(string(written(t, "github", s)), "\n"), "\n")
		if len(lines) != len(s.Run.Findings) {
			t.Fatalf("%d lines for %d findings", len(lines), len(s.Run.Findings))
		}
		for i, f := range s.Run.Findings {
			kind, p, text, ok := readCommand(lines[i])
			if !ok || kind != "warning" || p["file"] != f.Path || p["line"] != "2" || p["title"] != "goherd: stuckresult (safe)" || len(p) != 5 {
				t.Errorf("%q: %q %q", f.Path, kind, p)
			}
			if want := strings.Join(details(f), "\n"); text != want {
				t.Errorf("%q: says %q", want, text)
			}
		}
	}
}

// What GitHub would drop is in the log, and in the summary of the step, as long as
// there is room.
func TestGitHubCaps(t *testing.T) {
	s := attacked()
	for _, f := range s.Run.Findings[:25] {
		f.Rule = "unbounded" // a notice
	}
	var step bytes.Buffer
	s.Step = &Step{&step, StepLimit}
	out := string(written(t, "github", s))
	n := map[string]int{}
	plain := 0
	for line := range strings.Lines(out) {
		if kind, _, _, ok := readCommand(line); ok {
			n[kind]++
		} else {
			plain++
		}
	}
	rest := len(hostile) - 2*maxAnnotations
	if n["warning"] != maxAnnotations || n["notice"] != maxAnnotations || len(n) != 2 || plain != rest+1 {
		t.Errorf("%v, and %d lines of %d", n, plain, rest+1)
	}
	items := 0
	for line := range strings.Lines(step.String()) {
		if strings.HasPrefix(line, "- ") {
			items++
		}
		checkSpans(t, line)
	}
	if items != rest {
		t.Errorf("%d in the summary, want %d", items, rest)
	}
	for _, room := range []int{0, 200, 400, 5000, 100_000} {
		step.Reset()
		s.Step.Room = room
		written(t, "github", s)
		if step.Len() > max(room, 200) || !strings.Contains(step.String(), " more, for which there is no room here: see the log of the step\n") {
			t.Errorf("with room for %d: %d bytes", room, step.Len())
		}
	}
	s.Run.Findings = s.Run.Findings[:10]
	step.Reset()
	written(t, "github", s)
	if step.Len() > 0 {
		t.Errorf("nothing is left, and the step says %q", &step)
	}
}

// checkSpans wants all of a line that is not goherd's own to be in code spans.
func checkSpans(t *testing.T, line string) {
	t.Helper()
	rest := line
	for {
		at := strings.IndexByte(rest, '`')
		if at < 0 {
			break
		}
		n := len(rest[at:]) - len(strings.TrimLeft(rest[at:], "`"))
		fence := strings.Repeat("`", n)
		body := rest[at+n:]
		end := -1
		for i := 0; i < len(body); {
			if body[i] != '`' {
				i++
				continue
			}
			run := len(body[i:]) - len(strings.TrimLeft(body[i:], "`"))
			if run == n {
				end = i
				break
			}
			i += run
		}
		if end < 0 {
			t.Errorf("a span that doesn't end in %.80q (%s)", line, fence)
			return
		}
		rest = rest[:at] + body[end+n:]
	}
	if strings.ContainsAny(rest, "<>@[]*_|#") && !strings.HasPrefix(rest, "### goherd: ") {
		t.Errorf("outside of code: %.80q", rest)
	}
}

// The goldens show what the formats look like; the safety is that of diff.
func TestFormatGoldens(t *testing.T) {
	run := sample()
	old := []byte("\tg, ctx := errgroup.WithContext(ctx)\r\n\tfor {\r\n\t}\r\n")
	run.Findings[0].Col16, run.Findings[1].Col16 = 2, 2
	run.Findings[0].Fix = []patch.File{{Name: "internal/load/page.go", Old: bytes.Repeat([]byte("x\n"), 60), Edits: []patch.Edit{{Start: 82, End: 84, New: "\tres := make(chan result, 1)\n"}}}}
	run.Findings[1].Fix = []patch.File{
		{Name: "internal/load/all.go", Old: old, Edits: []patch.Edit{{Start: 39, End: 39, New: "\tg.SetLimit(8)\r\n"}}},
		{Name: "internal/load/const.go", Old: []byte("a\nb\n-- old marker"), Edits: []patch.Edit{{Start: 4, End: 17, New: "++ new marker\nconst loads = 8"}}},
	}
	run.Warnings = []string{"a.go:1:1: something was odd"}
	s := Shown{Run: run, Safety: rule.Review, Rules: toolRules(), Hazards: map[string]string{"L1": "the goroutine sends once"}, Prefix: "svc/shop"}
	for _, f := range Formats {
		if f.Name == "json" || f.Name == "diff" {
			continue // which have goldens of their own
		}
		name := filepath.Join("testdata", "format."+f.Name)
		got := written(t, f.Name, s)
		if *update {
			if err := os.WriteFile(name, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs (-update renews it): %v\n%s", name, err, got)
		}
	}
}

// A run without findings is a document all the same.
func TestNothingFound(t *testing.T) {
	s := Shown{Run: &rule.Run{Tool: "goherd devel"}, Rules: toolRules()}
	var sarif sarifLog
	parseJSON(t, written(t, "sarif", s), &sarif)
	var ju juSuites
	parseXML(t, written(t, "junit", s), &ju)
	if ju.Tests != 2 || ju.Failures != 0 {
		t.Errorf("junit: %+v", ju)
	}
	for name, want := range map[string]string{"rdjsonl": "", "github": "", "gitlab": "[]\n"} {
		if got := string(written(t, name, s)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"sarif": `"results": []`, "rdjson": `"diagnostics": []`, "checkstyle": `<checkstyle version="4.3"></checkstyle>`} {
		if got := string(written(t, name, s)); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", name, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	const old = "1\n2\n3\n4\n5\n"
	far := strings.Repeat("x\n", 300)
	for _, tt := range []struct {
		name, old string
		edits     []patch.Edit
		want      string // "first-last text", "" for none
	}{
		{"a line", old, []patch.Edit{{Start: 2, End: 4, New: "two\n"}}, "2-2 two"},
		{"lines with one between", old, []patch.Edit{{Start: 2, End: 4, New: "two\n"}, {Start: 6, End: 8, New: ""}}, "2-4 two\n3"},
		{"an insertion", old, []patch.Edit{{Start: 4, End: 4, New: "new\n"}}, "2-2 2\nnew"},
		{"at the start", old, []patch.Edit{{Start: 0, End: 0, New: "new\n"}}, "1-1 new\n1"},
		{"at the end", old, []patch.Edit{{Start: 10, End: 10, New: "new\n"}}, "5-5 5\nnew"},
		{"a deletion", old, []patch.Edit{{Start: 4, End: 6, New: ""}}, "2-3 2"},
		{"the first line goes", old, []patch.Edit{{Start: 0, End: 2, New: ""}}, "1-2 2"},
		{"all goes", "1\n", []patch.Edit{{Start: 0, End: 2, New: ""}}, ""},
		{"no ending", "1\n2", []patch.Edit{{Start: 2, End: 3, New: "two"}}, "2-2 two"},
		{"CRLF", "1\r\n2\r\n", []patch.Edit{{Start: 3, End: 6, New: "two\r\n2\r\n"}}, "2-2 two\r\n2"},
		{"imports far above", far, []patch.Edit{{Start: 4, End: 4, New: "import\n"}, {Start: 500, End: 502, New: "y\n"}}, ""},
	} {
		f := &rule.Located{Path: "a.go", Safety: rule.Safe, Fix: []patch.File{{Name: "a.go", Old: []byte(tt.old), Edits: tt.edits}}}
		s, ok := suggest(f)
		got := ""
		if ok {
			got = fmt.Sprintf("%d-%d %s", s.first, s.last, s.text)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if !ok {
			continue
		}
		// What is suggested does what the edits do.
		lines := strings.SplitAfter(tt.old, "\n")
		end := ""
		for _, e := range []string{"\r\n", "\n"} {
			if strings.HasSuffix(lines[s.last-1], e) {
				end = e
				break
			}
		}
		done := strings.Join(lines[:s.first-1], "") + s.text + end + strings.Join(lines[s.last:], "")
		if want, err := f.Fix[0].Apply(); err != nil || done != string(want) {
			t.Errorf("%s: gives %q, want %q: %v", tt.name, done, want, err)
		}
	}
	two := &rule.Located{Path: "a.go", Safety: rule.Safe, Fix: []patch.File{{Name: "a.go", Old: []byte(old), Edits: []patch.Edit{{Start: 2, End: 4, New: "two\n"}}}, {Name: "b.go"}}}
	if s, ok := suggest(two); ok {
		t.Errorf("half of a fix: %+v", s)
	}
}

// What sarif says in lines and columns is what the edit does in bytes.
func TestReplacements(t *testing.T) {
	for _, tt := range []struct {
		old  string
		e    patch.Edit
		want sarifRegion
	}{
		{"a\nb\nc\n", patch.Edit{Start: 2, End: 4, New: "x\n"}, sarifRegion{2, 1, 3, 1}},
		{"a\nb\nc\n", patch.Edit{Start: 2, End: 2, New: "x\n"}, sarifRegion{2, 1, 2, 1}},
		{"a\nb\nc\n", patch.Edit{Start: 6, End: 6, New: "x\n"}, sarifRegion{4, 1, 4, 1}},
		{"a\n𝄞", patch.Edit{Start: 2, End: 6, New: "x"}, sarifRegion{2, 1, 2, 3}},
		{"", patch.Edit{New: "x"}, sarifRegion{1, 1, 1, 1}},
	} {
		if got := replacement([]byte(tt.old), tt.e).Deleted; got != tt.want {
			t.Errorf("%q %+v: %+v, want %+v", tt.old, tt.e, got, tt.want)
		}
	}
}

func TestCommandIsHarmless(t *testing.T) {
	for path, want := range map[string]string{
		"a.go": "--rules r .", "x/y-z/a.go": "--rules r ./x/y-z", "../m/a.go": "--rules r ./...", "$(x)/a.go": "--rules r ./...", "a b/c.go": "--rules r ./...", "-x/a.go": "--rules r ./...", "`x`/a.go": "--rules r ./...",
	} {
		if got := command(&rule.Located{Rule: "r", Safety: rule.Review, Path: path}); got != "goherd apply --safety review "+want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// TestHostileDocuments leaves what TestHostile… looked at where GOHERD_FORMATS says,
// for the validators of others: bench/formats.
func TestHostileDocuments(t *testing.T) {
	dir := os.Getenv("GOHERD_FORMATS")
	if dir == "" {
		t.Skip("GOHERD_FORMATS names no folder")
	}
	s := attacked()
	// The SARIF multitool passes over larger files, and says that it has scanned them.
	s.Run.Findings = slices.DeleteFunc(s.Run.Findings, func(f *rule.Located) bool { return len(f.Message) > 10_000 })
	s.Run.Warnings = nil
	for _, f := range Formats {
		if err := os.WriteFile(filepath.Join(dir, "hostile."+f.Name), written(t, f.Name, s), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
