// Package herdtest proves the rules: one txtar archive a case, and everything
// about a rewrite that no author of a case should have to think of.
//
// An archive testdata/RULE_case.txtar holds, in this order:
//
//   - a comment that says in prose why the case is there, and any of these lines:
//     `rules: a,b` (those that run; else all that are on by default, and RULE),
//     `safety: safe` (what goes into the diff; else review), `limit: 4`, `form: pool`,
//     `tests: false` (leave test files out), `before: fails` (the test shows the
//     defect: it fails until the rewrite), `guard: NAME` (the case would come out
//     otherwise without this guard of RULE), `twin: NAME` (the repaired twin of such a
//     case: RULE offers a patch here; another rule's guard is RULE/NAME);
//   - the files of a module. Without a go.mod its path is example.com/RULE_case, and
//     golang.org/x/sync is required where a file imports it. The test files are the
//     behaviour test: they pass before and after the rewrite, under -race;
//   - at the end of lines, what is found there, with the hazard that refused, if any:
//     `// want RULE/review "part of the message"`, `// want RULE/advice:D4 "..."`;
//   - `-- diff --`, all that goherd writes, as a unified diff. None: it writes nothing;
//   - `-- changes --` and `-- warnings --`, which are compared where they are there.
//
// `go test . -update` rewrites the last three, never the wants: a person reads the
// diff before it becomes the golden.
//
// # Templates of the behaviour oracle
//
// An archive testdata/oracle/RULE_template.txtar is a form that RULE writes, small
// enough to be run in every schedule (package oracle says what that means, and
// docs/proof.md has what came out). It is a case in all that stands above but the
// tests, in one package in one folder, and RULE runs alone. It holds besides
//
//   - drive.go, which goherd doesn't see: the adapters from *oracle.World to what the
//     package calls, and `func Drive(ctx context.Context, w *oracle.World) (any, error)`,
//     which calls the function once. It imports "example.com/oracle". What it returns
//     is compared by its %#v, so it returns no pointers;
//   - in the comment, the calls: `read: a, b`, `write: put`, `open: body` (up to eight in
//     all; four make a large grid). The names are those that drive.go gives to w.Read,
//     w.Write and w.Open;
//   - `mode: refactor/safe`, `mode: refactor/review` or `mode: repair`. It must be what
//     the rule and the finding say;
//   - of a repair, how a run of the old form shows the defect: `trigger: leak` (or hang,
//     panic, lost-error, dead-context, left, unclosed; several by comma), or `before: races`
//     for what only the race detector shows, or both. The new form must show none of
//     them: `trigger: hang, lost-error` also has it return the errors of what hung;
//   - each difference that is allowed, with words that the finding has among its changes
//     or among what it assumes: `may: delayed "at most 2 run at a time"`, on all
//     schedules; `mends: fails "..."`, on those that meet the defect. The names are
//     oracle.Delayed, oracle.Skipped and those of oracle.Names;
//   - what the bound promises: `inflight: 2` calls under way at most, `goroutines: 2`. So
//     many are seen, and never more;
//   - `extra: 1`: so many calls are made in one run beyond the old form's where extra-call
//     is licensed, and never more; `late: 0`: so many of them at most begin once one call
//     has failed;
//   - where the grid should be another one: `latencies: 10, 30` in ms (else 10, 20, ...,
//     one a call; each call of a schedule takes another one), `cancels: 15, 25` or
//     `cancels: never` (else 0, 5, 15, ... to the sum of the latencies), `deaf: never`
//     where no call is deaf to its context. Timers of the template itself end on sevens;
//   - `alive: MUTANT: why` for a mutant of what goherd wrote that makes no difference, in
//     the words of the test that complains of it.
//
// A mistake, testdata/oracle/mistakes/NAME.txtar, has before.go and after.go written by
// hand, in place of what goherd writes, and `kills: leak`: the classes that find it out,
// or race for the race detector, or died where the process does.
package herdtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/rule"
)

// Config says what is tested.
type Config struct {
	Dir    string       // of the archives
	Rules  []*rule.Rule // all that there are, in the order in which they win
	Update bool         // accept what came out as the new goldens
	Only   string       // only the cases of these rules and the guards of these rules, by comma; "": all
	Wide   bool         // many more schedules in the oracle

	// Run stands in for engine.Run in tests of the harness itself; nil means engine.Run.
	Run func(context.Context, engine.Options) (*engine.Result, error)
}

func (c Config) run(o engine.Options) (*engine.Result, error) {
	if c.Run != nil {
		return c.Run(context.Background(), o)
	}
	return engine.Run(context.Background(), o)
}

// wanted tells whether a rule is one of those that the user asked for.
func (c Config) wanted(name string) bool {
	return c.Only == "" || slices.Contains(strings.Split(c.Only, ","), name)
}

// read gives the cases that the user asked for.
func (c Config) read() ([]*Case, error) {
	cases, err := readCases(c.Dir)
	cases = slices.DeleteFunc(cases, func(one *Case) bool { return !c.wanted(one.Rule) })
	if err == nil && len(cases) == 0 {
		err = fmt.Errorf("no archive in %s is of %s", c.Dir, c.Only)
	}
	return cases, err
}

// Cases runs every archive of c.Dir as a subtest.
func Cases(t *testing.T, c Config) {
	isolate(t)
	cases, err := c.read()
	if err != nil {
		t.Fatal(err)
	}
	found := prove(t, c, cases, workFolder(t))
	for _, p := range found[nil] {
		t.Error(p)
	}
	for _, one := range cases {
		t.Run(one.Name, func(t *testing.T) {
			for _, p := range found[one] {
				t.Error(p)
			}
		})
	}
}

// isolate keeps the settings of whoever runs the tests out of the go commands
// that the harness starts: -mod=mod is refused in a workspace, for one.
func isolate(t *testing.T) {
	t.Setenv("GOFLAGS", "-buildvcs=false")
	t.Setenv("GOWORK", "")
}

// Problems are what is wrong, in words for a person, by case. Those of nil are
// nobody's in particular.
type problems map[*Case][]string

// add notes a problem once, in however many runs it shows.
func (p problems) add(c *Case, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p[c], text) {
		p[c] = append(p[c], text)
	}
}

// indent sets a block of text off from the sentence before it.
func indent(text string) string {
	text = strings.TrimRight(text, "\n")
	return "\t" + strings.ReplaceAll(text, "\n", "\n\t")
}
