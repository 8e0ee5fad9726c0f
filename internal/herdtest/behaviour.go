package herdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// behaviour runs the cases' own tests, before the rewrite and after it.
func (p *prover) behaviour() error {
	for i, s := range p.before {
		var all, changed []*Case
		for _, c := range s.cases {
			if !c.hasTests() || p.outcomes[c] == nil {
				continue
			}
			all = append(all, c)
			if len(p.outcomes[c].changes) > 0 || c.failsBefore {
				changed = append(changed, c)
			}
		}
		before, err := goTest(s, all)
		if err != nil {
			return err
		}
		for _, c := range all {
			p.judgeBefore(c, before[c])
		}
		after, err := goTest(p.after[i], changed)
		if err != nil {
			return err
		}
		for _, c := range changed {
			if after[c].failed {
				p.problems.add(c, "the behaviour test fails after the rewrite:\n%s", indent(after[c].output))
			}
		}
	}
	return nil
}

func (p *prover) judgeBefore(c *Case, v verdict) {
	switch {
	case v.unbuilt:
		p.problems.add(c, "the behaviour test does not build:\n%s", indent(v.output))
	case c.failsBefore && !v.failed:
		p.problems.add(c, "before: fails, but the test passes before the rewrite, so it does not show the defect")
	case !c.failsBefore && v.failed:
		p.problems.add(c, "the behaviour test fails before the rewrite:\n%s", indent(v.output))
	}
}

// A verdict is what `go test` says of one case.
type verdict struct {
	failed  bool
	unbuilt bool
	output  string
}

// A testEvent is what we read of a line of `go test -json` (go doc test2json, go
// help buildjson).
type testEvent struct {
	Action, Package, ImportPath, Output, FailedBuild string
	Test                                             string
}

// goTest runs the tests of cases with one command.
func goTest(s *site, cases []*Case) (map[*Case]verdict, error) {
	if len(cases) == 0 {
		return nil, nil
	}
	args := []string{"test", "-json", "-timeout=60s"}
	if raceDetector() {
		args = append(args, "-race")
	}
	from := s.home()
	cmd := exec.Command("go", append(args, s.patterns(from, cases)...)...)
	cmd.Dir = filepath.Join(s.root, from)
	// By default every binary sleeps a second at its end, for late races.
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=100")
	out, err := output(cmd)
	if err != nil {
		return nil, err
	}
	return readVerdicts(out, cases)
}

func readVerdicts(out []byte, cases []*Case) (map[*Case]verdict, error) {
	verdicts := map[*Case]verdict{}
	for line := range bytes.Lines(out) {
		var e testEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("go test -json printed %q: %w", line, err)
		}
		at := slices.IndexFunc(cases, func(c *Case) bool { return c.hasPackage(e.Package + e.ImportPath) })
		if at < 0 {
			return nil, fmt.Errorf("go test -json names no case: %s", line)
		}
		v := verdicts[cases[at]]
		v.output += e.Output
		v.failed = v.failed || e.Action == "fail"
		v.unbuilt = v.unbuilt || e.FailedBuild != ""
		verdicts[cases[at]] = v
	}
	return verdicts, nil
}

// raceDetector tells whether -race works here: but on darwin it needs cgo, and cgo a C compiler.
func raceDetector() bool {
	out, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	return runtime.GOOS == "darwin" || err == nil && strings.TrimSpace(string(out)) == "1"
}

// output runs cmd for its standard output. That it fails is an answer, too, but
// not if it has nothing to say on standard output.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(out) > 0 {
		return out, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[:2], " "), err, stderr.String())
	}
	return out, nil
}
