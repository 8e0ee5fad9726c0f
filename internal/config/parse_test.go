package config

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

var words = Words{
	Rules: []string{"sharedvar", "deadctx", "unbounded"}, Safeties: []string{"safe", "review", "advice"}, Forms: []string{"auto", "pool"},
	Flags:   []string{"rules", "limit", "format", "jobs"},
	Instead: func(word string, among []string) string { return "use " + strings.Join(among, ", ") },
}

const whole = `# What goherd does here.
rules: [sharedvar, unbounded]
skip:
  - unbounded
safety: safe
limit: 4
form: pool
tests: false
tags: [integration, go1.9]
rounds: 3
reads:
  - "**.Repo.Get*"
  - example.com/m/store.Load
writes: ["**.Repo.GetOrCreate"]
since: origin/main
baseline: lint/known.json
`

func TestParse(t *testing.T) {
	f, err := Parse("c.yaml", []byte(whole), words)
	if err != nil {
		t.Fatal(err)
	}
	want := []Value{
		{"rules", "sharedvar,unbounded", "c.yaml:2:8"}, {"skip", "unbounded", "c.yaml:4:3"}, {"safety", "safe", "c.yaml:5:9"},
		{"limit", "4", "c.yaml:6:8"}, {"form", "pool", "c.yaml:7:7"}, {"tests", "false", "c.yaml:8:8"},
		{"tags", "integration,go1.9", "c.yaml:9:7"}, {"rounds", "3", "c.yaml:10:9"},
		{"since", "origin/main", "c.yaml:15:8"}, {"baseline", "lint/known.json", "c.yaml:16:11"},
	}
	if !reflect.DeepEqual(f.Values, want) {
		t.Errorf("values\n%v\nwant\n%v", f.Values, want)
	}
	var promises []string
	for _, e := range f.Promises.Entries {
		promises = append(promises, e.String())
	}
	wantPromises := []string{
		`reads: "**.Repo.Get*" (c.yaml:12:5)`, `reads: "example.com/m/store.Load" (c.yaml:13:5)`, `writes: "**.Repo.GetOrCreate" (c.yaml:14:10)`,
	}
	if !reflect.DeepEqual(promises, wantPromises) {
		t.Errorf("promises\n%q\nwant\n%q", promises, wantPromises)
	}
	if said := len(f.Values) + 2; said != len(Keys()) {
		t.Errorf("the file sets %d keys, and there are %d: %v", said, len(Keys()), Keys())
	}
}

// Each of these says nothing, or says it in another way than usual.
func TestParseOddFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"comments", "# limit: 8\n\n#\n", ""},
		{"blank", "\n\n", ""},
		{"a bare document", "---\n", ""},
		{"null", "~\n", ""},
		{"a document's marks", "---\nlimit: 8\n...\n", "limit=8@f:2:8"},
		{"byte order mark", "\ufefflimit: 8\n", "limit=8@f:1:8"},
		{"line ends of Windows", "form: auto\r\nlimit: 8\r\n", "form=auto@f:1:7 limit=8@f:2:8"},
		{"no line end", "limit: 8", "limit=8@f:1:8"},
		{"flow", "{limit: 8, tests: true}", "limit=8@f:1:9 tests=true@f:1:19"},
		{"quotes", "safety: 'safe'\nskip: [\"all\"]\n", "safety=safe@f:1:9 skip=all@f:2:7"},
		{"a key in quotes", "\"limit\": 8\n", "limit=8@f:1:10"},
		{"an anchor that nobody takes up", "limit: &n 8\n", "limit=8@f:1:8"},
	} {
		f, err := Parse("f", []byte(c.text), words)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, v := range f.Values {
			got = append(got, fmt.Sprintf("%s=%s@%s", v.Key, v.Text, v.Place))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

func TestParseProblems(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // all of the error
	}{
		// Keys.
		{"limti: 8\n", `f:1:1: there is no key "limti": use rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes`},
		{"Limit: 8\n", `f:1:1: there is no key "Limit": use rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes`},
		{"a: 1\nformat: json\n", "f:1:1: there is no key \"a\": use rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes\nf:2:1: format is for the command line alone (--format): remove it here"},
		{"limit: 8\nform: auto\nlimit: 4\n", `f:3:1: limit is set twice: line 1 has it already`},
		{"limit:\nlimit: 4\n", "f:1:1: limit has no value: give it one, or remove it\nf:2:1: limit is set twice: line 1 has it already"},
		{"? [limit]\n: 8\n", `f:1:3: a key is one word, and this is a list: the keys are rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes`},
		{"8: limit\n", `f:1:1: there is no key "8": use rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes`},
		{"- limit: 8\n", `f:1:1: a configuration is made of lines like "limit: 8", and this is a list: the keys are rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes`},
		{"limit\n", `f:1:1: a configuration is made of lines like "limit: 8", and this is "limit": the keys are rules, skip, safety, limit, form, tests, tags, rounds, since, baseline, reads, writes`},
		{"<<: {limit: 8}\n", `f:1:1: anchors, aliases and merged keys are not read here: write the value out`},
		{"limit: &n 8\nrounds: *n\n", `f:2:1: anchors, aliases and merged keys are not read here: write the value out`},

		// Numbers.
		{"form: auto\n\n  # eight\nlimit: eight\n", `f:4:8: limit is a whole number, as in "limit: 8", and this is "eight"`},
		{"limit: 0\n", `f:1:8: limit is at least 1: without the key, goherd chooses`},
		{"since: 1234567\n", `f:1:8: since is a text, which goes in quotes where it looks like something else, and this is "1234567"`},
		{"baseline: [a.json]\n", `f:1:11: baseline is a text, which goes in quotes where it looks like something else, and this is a list`},
		{"baseline: ''\n", `f:1:11: baseline is empty or has several lines: give it one, or remove the key`},
		{"since: \"a\\nb\"\n", `f:1:8: since is empty or has several lines: give it one, or remove the key`},
		{"rounds: -1\n", `f:1:9: rounds is at least 1: without the key, goherd chooses`},
		{"limit: \"8\"\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "8", in quotes`},
		{"limit: 8.0\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "8.0"`},
		{"limit: 0x8\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "0x8"`},
		{"limit: 010\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "010"`},
		{"limit: 1_000\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "1_000"`},
		{"limit: +8\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "+8"`},
		{"limit: 99999999999999999999\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "99999999999999999999"`},
		{"limit: [8]\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is a list`},
		{"limit: !!str 8\n", `f:1:8: limit is a whole number, as in "limit: 8", and this is "8"`},

		// Truth.
		{"tests: yes\n", `f:1:8: tests is true or false, and this is "yes"`},
		{"tests: off\n", `f:1:8: tests is true or false, and this is "off"`},
		{"tests: True\n", `f:1:8: tests is true or false, and this is "True"`},
		{"tests: \"false\"\n", `f:1:8: tests is true or false, and this is "false", in quotes`},
		{"tests: 0\n", `f:1:8: tests is true or false, and this is "0"`},

		// Words.
		{"safety: save\n", `f:1:9: there is no safety "save": use safe, review, advice`},
		{"safety: [safe]\n", `f:1:9: safety is one of safe, review, advice, and this is a list`},
		{"form: true\n", `f:1:7: form is one of auto, pool, and this is "true"`},
		{"form: errgroup\n", `f:1:7: there is no form "errgroup": use auto, pool`},

		// Lists.
		{"rules: deadctx\n", `f:1:8: rules is a list, and this is "deadctx": write rules: [deadctx]`},
		{"rules: {deadctx: true}\n", `f:1:8: rules is a list, and this is a mapping: write rules: [sharedvar]`},
		{"rules: []\n", `f:1:8: rules is an empty list: put something into it, or remove the key`},
		{"rules:\n  # - deadctx\n", `f:1:1: rules has no value: give it one, or remove it`},
		{"skip:\n  - deadctx\n  - deadctxs\n", `f:3:5: there is no rule "deadctxs": use sharedvar, deadctx, unbounded (goherd rules lists them)`},
		{"skip: [\"deadctx,unbounded\"]\n", `f:1:8: "deadctx,unbounded" is one item here: write each rule as one of its own, [a, b]`},
		{"skip: [true, 8, ~, [a]]\n", "f:1:8: skip is a list of words, and this is \"true\"\nf:1:14: skip is a list of words, and this is \"8\"\nf:1:17: skip is a list of words, and this is nothing\nf:1:20: skip is a list of words, and this is a list"},
		{"tags: [\"a,b\", \"!c\", \"\"]\n", "f:1:8: \"a,b\" is no build tag: a tag is made of letters, digits, _ and dots\nf:1:15: \"!c\" is no build tag: a tag is made of letters, digits, _ and dots\nf:1:21: \"\" is no build tag: a tag is made of letters, digits, _ and dots"},

		// Patterns.
		{"reads:\n  - Get\n", `f:2:5: the pattern "Get": it names no function: write import/path.Func or import/path.Type.Method (** in place of the path: in every package)`},
		{"reads: \"**.Repo.Get*\"\n", `f:1:8: reads is a list, and this is "**.Repo.Get*", in quotes: write reads: ["**.Repo.Get*"]`},
		{"reads: [\"**.R.Get\"]\nwrites:\n  - m.F\n  - \"**.R.Get\"\n", `f:4:5: the pattern "**.R.Get" stands under reads, too (line 1): it is one or the other`},

		// What is no YAML, or not one document.
		{"reads: [**.Repo.Get*]\n", `f:1:9: a value that starts with * goes in quotes, as in "**.Repo.Get*"`},
		{"reads:\n  - *.Get\n", `f:2:5: a value that starts with * goes in quotes, as in "**.Repo.Get*"`},
		{"skip:\n\t- deadctx\n", "f:2:1: a tab can't stand here: YAML is indented with spaces"},
		{"skip:\n  - deadctx\n\t- unbounded\n", "f:3:1: a tab can't stand here: YAML is indented with spaces"},
		{"limit: 8\n form: auto\n", "f:2:6: this is no YAML: keys stand at the start of their lines, and a value with a colon in it goes in quotes"},
		{"form: @auto\n", "f:1:7: a value that starts with @ goes in quotes"},
		{"skip: [deadctx\n", "f:2:1: this is no YAML: did not find expected ',' or ']'"},
		{"limit: 8\n---\nlimit: 4\n", "f:2:1: a second document starts here, and a configuration is one: join them"},
		{"limit: 8\n# caf\xe9\n", "f:2:6: this is not UTF-8: save the file in that encoding"},
		{"\xff\xfel\x00i\x00", "f:1:1: this is not UTF-8: save the file in that encoding"},
		{"limit: 8\r\n\x00", "f:2:1: a control character (U+0000): remove it"},
	} {
		f, err := Parse("f", []byte(c.text), words)
		if _, ok := errors.AsType[*ProblemError](err); !ok {
			t.Errorf("%q gives %v and %v, want a ProblemError", c.text, f, err)
			continue
		}
		if err.Error() != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, err, c.want)
		}
	}
}

// A file of another kind doesn't fill the screen.
func TestParseManyProblems(t *testing.T) {
	_, err := Parse("f", []byte(strings.Repeat("- a\n", 3)+strings.Repeat("x", 10)), words)
	if err == nil {
		t.Error("no error")
	}
	var text strings.Builder
	for i := range 50 {
		fmt.Fprintf(&text, "key%d: 1\n", i)
	}
	_, err = Parse("f", []byte(text.String()), words)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != maxProblems+1 || lines[maxProblems] != "and 30 more" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}

// What is nested without end, or repeats itself, ends in words.
func TestParseBombs(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("[", maxSize),
		"reads: " + strings.Repeat("{a: ", maxSize/8),
		"a: &a [x]\nb: &b [" + strings.Repeat("*a, ", 1000) + "]\nc: [" + strings.Repeat("*b, ", 1000) + "]\n",
		strings.Repeat("- ", maxSize/4),
	} {
		if _, err := Parse("f", []byte(text), words); err == nil || len(err.Error()) > 4000 {
			t.Errorf("%.20q gives %.100v", text, err)
		}
	}
}

// TestMutants breaks a good file in many ways. Whatever comes of it, it is a file
// or problems with a place inside of the text.
func TestMutants(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"\t", "*", "&a ", "<<: ", "---\n", "...\n", "[", "]", "{", "}", "\x00", "\xff", "\ufeff", "!!int ", "? ", "|\n", ">", "'", "\"", ": ", "#", "%", "\r", "\n", "- ", "é", "**", "\u2028"}
	good := 0
	for range 3000 {
		text := []byte(whole)
		for range 1 + r.IntN(4) {
			at, end := r.IntN(len(text)+1), 0
			switch r.IntN(3) {
			case 0: // a piece is put in
				text = append(text[:at:at], append([]byte(pieces[r.IntN(len(pieces))]), text[at:]...)...)
			case 1: // some bytes go
				end = min(at+r.IntN(8), len(text))
				text = append(text[:at:at], text[end:]...)
			case 2: // the end goes
				text = text[:at]
			}
		}
		f, err := Parse("f", text, words)
		problems, ok := errors.AsType[*ProblemError](err)
		switch {
		case err == nil && f != nil:
			good++
		case !ok || len(problems.Problems) == 0:
			t.Fatalf("%q gives %v", text, err)
		default:
			lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + strings.Count(string(text), "\u2028") + 2
			for _, p := range problems.Problems {
				if p.Line < 1 || p.Line > lines || p.Col < 1 || p.Text == "" {
					t.Errorf("%q: a problem at %d:%d: %s", text, p.Line, p.Col, p.Text)
				}
			}
		}
	}
	if good < 100 || good > 2900 {
		t.Errorf("%d of 3000 mutants were good: the test hardly tests anything", good)
	}
}
