package herdtest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/rule"
)

func TestParseHeader(t *testing.T) {
	const comment = `The bound of the client wins (see issue 7: it was lost).
rules: unbounded, stuckresult
safety: safe
limit: 4
form: pool
tests: false
before: fails
guard: pays
twin: daemon, siblings
`
	c := newCase("toy_header")
	err := parseHeader(comment, c.set)
	want := header{
		rules: []string{"unbounded", "stuckresult"}, safety: rule.Safe, rewrite: rule.Options{Limit: 4, Form: rule.FormPool},
		noTests: true, failsBefore: true, guards: []string{"pays"}, twins: []string{"daemon", "siblings"},
	}
	if err != nil || !reflect.DeepEqual(c.header, want) {
		t.Errorf("got %+v, %v; want %+v", c.header, err, want)
	}
	if c := newCase("toy_bare"); parseHeader("Why.\n", c.set) != nil || c.safety != rule.Review {
		t.Errorf("without settings: got %+v; want safety review", c.header)
	}
}

func TestParseCaseErrs(t *testing.T) {
	const file = "-- x.go --\npackage x\n"
	tests := []struct{ name, archive, want string }{
		{"no prose", "rules: a\n" + file, "does not say why"},
		{"unknown key", "Why.\nsaftey: safe\n" + file, "unknown key"},
		{"unknown safety", "Why.\nsafety: sure\n" + file, `unknown safety "sure"`},
		{"limit", "Why.\nlimit: many\n" + file, "invalid syntax"},
		{"before", "Why.\nbefore: hangs\n" + file, `all that can be said is "fails"`},
		{"no files", "Why.\n-- diff --\n", "has no files"},
		{"outside", "Why.\n-- ../x.go --\npackage x\n", "outside the module"},
		{"no want", "Why.\n" + file + "// want something\n", "x.go:2: \"something\" is no want"},
		{"unquoted", "Why.\n" + file + "// want a/safe message\n", "is not quoted"},
		{"pattern", "Why.\n" + file + "// want a/safe \"(\"\n", "missing closing )"},
		{"want safety", "Why.\n" + file + "// want a/sure \"x\"\n", `unknown safety "sure"`},
	}
	for _, tt := range tests {
		if _, err := parseCase("a_b", []byte(tt.archive)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestParseWants(t *testing.T) {
	wants, err := parseWants("x.go", []byte("package x\n\nvar a = b // want one/review `a (b)` two/advice:D4 \"c\"\n"))
	if err != nil || len(wants) != 2 {
		t.Fatalf("got %v, %v; want two wants", wants, err)
	}
	if got := wants[0].String(); got != "one/review `a (b)`" || wants[0].line != 3 {
		t.Errorf("the first is %s in line %d", got, wants[0].line)
	}
	if got := wants[1].String(); got != "two/advice:D4 `c`" {
		t.Errorf("the second is %s", got)
	}
	if wants, err := parseWants("x.md", []byte("// want nothing")); wants != nil || err != nil {
		t.Errorf("in a file that isn't Go: got %v, %v", wants, err)
	}
}

func TestModule(t *testing.T) {
	own := goMod{version: "1.26.0", sync: "v0.9.0", syncSums: "golang.org/x/sync v0.9.0 h1:x\n"}
	bare := &Case{Name: "toy_bare"}
	if got := string(bare.module(own)["go.mod"]); got != "module example.com/toy_bare\n\ngo 1.26.0\n" {
		t.Errorf("go.mod is %q", got)
	}
	c, err := parseCase("toy_sync", []byte("Why.\n-- x.go --\npackage x\n\nimport _ \"golang.org/x/sync/errgroup\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	files := c.module(own)
	if got := string(files["go.mod"]); !strings.HasSuffix(got, "require golang.org/x/sync v0.9.0\n") {
		t.Errorf("go.mod is %q, want x/sync in it", got)
	}
	if got := string(files["go.sum"]); got != own.syncSums {
		t.Errorf("go.sum is %q", got)
	}
	for text, want := range map[string]bool{
		"example.com/toy_sync": true, "example.com/toy_sync/sub": true, "example.com/toy_sync_test [x]": true, "example.com/toy_sync2": false, "": false,
	} {
		if got := c.hasPackage(text); got != want {
			t.Errorf("hasPackage(%q) = %v", text, got)
		}
	}
}
