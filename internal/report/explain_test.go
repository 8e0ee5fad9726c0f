package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/rule"
)

// explained is a place that shows every line an explanation can have.
func explained() *rule.Explanation {
	long := []rule.Reason{}
	for i := range 8 {
		long = append(long, rule.Reason{Text: fmt.Sprintf("step%d", i+1), Path: "internal/wire/get.go", Line: 10 * (i + 1)})
	}
	e := &rule.Explanation{
		Version: 1, Tool: "goherd devel", Go: "1.26.8", Root: "/src/shop",
		Place: rule.Place{
			Path: "internal/load/all.go", Line: 88, EndLine: 97, Func: "Warm", FuncLine: 80,
			Package: "example.com/shop/internal/load", Module: "example.com/shop",
			Source:  "for _, id := range ids { // a line that goes on for longer than a terminal is wide, and then some more",
			Ignores: []rule.Ignore{{Rule: "sharedvar", Line: 87}, {Rule: "", Line: 79}},
		},
		Notes:    []string{"./... leaves this package out; goherd diff ./internal/load looks at it"},
		Findings: sample().Findings[1:3],
		Sections: []rule.Section{{Title: "calls", Entries: []rule.Entry{
			{Name: "(*wire.Client).Get", Path: "internal/load/all.go", Line: 90, Col: 12, Facts: []rule.Fact{
				{Claim: "waits for the network", Known: "proved", Because: long[:2]},
				{Claim: "ends by itself", Known: "proved", Because: []rule.Reason{}},
				{Claim: "waits for no other goroutine", Known: "proved"},
				{Claim: "anything may happen in hook, which nobody could look into", Known: "unknown", Because: []rule.Reason{{Text: "hook", Path: "internal/load/all.go", Line: 12}, {Text: "db.Get"}}},
				{Claim: "bears 8 at once", Known: "table"},
			}},
			{Name: "deep", How: "started as a goroutine", Line: 91, Col: 3, Facts: []rule.Fact{{Claim: "waits for a goroutine that it didn't start", Known: "guessed", Because: long}}},
			{Name: "a", Line: 92, Col: 1}, {Name: "b", Line: 92, Col: 4}, {Name: "c", Line: 92, Col: 7},
			{Name: "d", Line: 92, Col: 10}, {Name: "e", Line: 92, Col: 13}, {Name: "d", Line: 92, Col: 16},
		}}, {Title: "memory", Entries: []rule.Entry{{Name: "(*wire.Client).Get", Path: "internal/load/all.go", Line: 90, Col: 12, Facts: []rule.Fact{
			{Claim: "writes c.cache[] under c.mu", Known: "found", Because: []rule.Reason{{Path: "internal/load/cache.go", Line: 5}, {Text: "put", Path: "internal/load/cache.go", Line: 5}, {Text: "Get", Path: "internal/load/all.go", Line: 90}}},
			{Claim: "reads c", Known: "found", Plain: true},
		}}, {Name: "quiet", Line: 1, Col: 1, Facts: []rule.Fact{{Claim: "reads c", Known: "proved", Plain: true}}}}}, {Title: "nothing of this kind"}},
		NoShape: []string{"deadctx", "nowait"}, Off: []string{"shy"},
		Nearby: []rule.Nearby{{Rule: "unbounded", Line: 120, Outcome: rule.CameOut}, {Rule: "nowait", Line: 130, Outcome: rule.KeptBack}, {Rule: "nowait", Line: 140, Outcome: rule.Ignored}},
	}
	rungs := []rule.Rung{
		{Guard: "pays", Hazard: "J1", Title: "not worth it", Outcome: rule.Proved, Claim: "each waits for the network", Path: "internal/wire/get.go", Line: 210},
		{Guard: "siblings", Hazard: "D4", Title: "items that wait for each other", Outcome: rule.AssumedSo, Claim: "as far as Store tells", Path: "internal/load/all.go", Line: 92},
		{Guard: "mute", Hazard: "D10", Title: "what the other end of a channel sees", Outcome: rule.NoAnswer, Path: "internal/load/all.go", Line: 88},
		{Guard: "small", Hazard: "X1", Outcome: rule.Quieted, Claim: "there are 3 at most", Path: "internal/load/all.go", Line: 88},
		{Guard: "group-local", Hazard: "D8", Title: "a group that others use, too", Outcome: rule.NotAsked},
		{Guard: "free", Outcome: rule.NotAsked},
	}
	for i, outcome := range []string{rule.CameOut, rule.KeptBack, rule.Ignored, rule.Outruled, rule.Panicked} {
		e.Ladders = append(e.Ladders, rule.Ladder{
			Rule: "unbounded", Path: "internal/load/all.go", Line: 88 + i, EndLine: 88 + 2*i, Outcome: outcome,
			Why: "because of " + outcome, ID: "00000000000000b2", Guards: rungs[:len(rungs)-i],
		})
	}
	return e
}

func explainedText(t *testing.T, e *rule.Explanation, o Options) string {
	t.Helper()
	var b strings.Builder
	must(t, Explain(&b, e, o))
	return b.String()
}

func TestExplain(t *testing.T) {
	golden(t, "explain.golden", []byte(explainedText(t, explained(), Options{})))
	golden(t, "explain-verbose.golden", []byte(explainedText(t, explained(), Options{Verbose: true, Colour: true})))
	bare := &rule.Explanation{Place: rule.Place{Path: "p.go", Line: 1, EndLine: 1, Package: "p"}}
	golden(t, "explain-bare.golden", []byte(explainedText(t, bare, Options{})))
	bare.Place.Col = 3
	if got := explainedText(t, bare, Options{}); !strings.HasPrefix(got, "p.go:1:3: package p\n") {
		t.Errorf("got %q", got)
	}
}

func TestExplainJSON(t *testing.T) {
	var b bytes.Buffer
	must(t, ExplainJSON(&b, explained()))
	golden(t, "explain.json", b.Bytes())
}

// No line is wider than a terminal but for code, and what comes from source can't
// move the cursor.
func TestExplainIsFitForTerminals(t *testing.T) {
	for line := range strings.Lines(explainedText(t, explained(), Options{})) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > lineWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	evil := "a\x1b[2J\n\u202eb"
	e := explained()
	e.Place.Path, e.Place.Func, e.Place.Package, e.Place.Source = evil, evil, evil, evil
	e.Notes, e.NoShape, e.Off = []string{evil}, []string{evil}, []string{evil}
	e.Place.Ignores[0].Rule, e.Nearby[0].Rule = evil, evil
	e.Findings[0].Message, e.Findings[0].ID = evil, evil
	s := &e.Sections[0]
	s.Title, s.Entries[0].Name, s.Entries[0].How = evil, evil, evil
	s.Entries[0].Facts[0] = rule.Fact{Claim: evil, Known: evil, Because: []rule.Reason{{Text: evil, Path: evil}}}
	e.Ladders[0].Rule, e.Ladders[0].ID, e.Ladders[2].Why = evil, evil, evil
	e.Ladders[0].Guards[0] = rule.Rung{Guard: evil, Hazard: evil, Title: evil, Outcome: rule.Proved, Claim: evil, Path: evil}
	if got := explainedText(t, e, Options{Verbose: true}); strings.ContainsAny(got, "\x1b\u202e") || !strings.Contains(got, `\x1b[2J`) {
		t.Errorf("got:\n%q", got)
	}
}
