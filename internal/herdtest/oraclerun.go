package herdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goherd/goherd/internal/herdtest/oracle"
)

// verdicts are what came of specs, by name.
type verdicts struct {
	reports map[string]*oracle.Report
	died    map[string]string // those that took the process with them: its last words
}

// runSpecs runs specs in one process, and in another one what is left where one of
// them ends it: a goroutine that panics, or a clock that stands still.
func (m *proofModule) runSpecs(program string, specs []oracle.Spec) (verdicts, error) {
	v := verdicts{map[string]*oracle.Report{}, map[string]string{}}
	for len(specs) > 0 {
		list, err := json.Marshal(specs)
		if err != nil {
			return v, err
		}
		file, err := writeTemp(m.dir, "specs*.json", list)
		if err != nil {
			return v, err
		}
		cmd := exec.Command(program, "-test.timeout=30m")
		cmd.Dir = m.dir
		cmd.Env = append(os.Environ(), oracle.SpecsEnv+"="+file, "GORACE=atexit_sleep_ms=100")
		out, runErr := cmd.CombinedOutput() // it errs where the race detector spoke, too
		last, words, err := v.read(out)
		if err != nil {
			return v, err
		}
		if last == "" {
			return v, v.complete(specs, runErr, words)
		}
		at := slices.IndexFunc(specs, func(s oracle.Spec) bool { return s.Name == last })
		v.died[last] = lastWords(words, runErr)
		specs = specs[at+1:]
	}
	return v, nil
}

// runSideBySide is runSpecs with some processes, each of which has one processor.
func (m *proofModule) runSideBySide(program string, specs []oracle.Spec, processes int) (verdicts, error) {
	all := verdicts{map[string]*oracle.Report{}, map[string]string{}}
	found, errs := make([]verdicts, processes), make([]error, processes)
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			var mine []oracle.Spec
			for at := i; at < len(specs); at += processes {
				mine = append(mine, specs[at])
			}
			found[i], errs[i] = m.runSpecs(program, mine)
		})
	}
	wg.Wait()
	for _, v := range found {
		maps.Copy(all.reports, v.reports)
		maps.Copy(all.died, v.died)
	}
	return all, errors.Join(errs...)
}

// writeTemp writes a new file, whose name no other process has, and gives that.
func writeTemp(dir, pattern string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Close())
}

// complete errs where a process that died in no spec has left one out.
func (v verdicts) complete(specs []oracle.Spec, err error, words []byte) error {
	for _, s := range specs {
		if v.reports[s.Name] == nil {
			return fmt.Errorf("no report of %s: %v\n%s", s.Name, err, words)
		}
	}
	return nil
}

// read takes over the reports of a process, and returns the spec that it didn't get
// to the end of, with what it printed since.
func (v verdicts) read(out []byte) (last string, words []byte, err error) {
	for line := range bytes.Lines(out) {
		data, ok := bytes.CutPrefix(line, []byte(oracle.Mark))
		if !ok {
			words = append(words, line...)
			continue
		}
		var m oracle.Message
		if err := json.Unmarshal(data, &m); err != nil {
			return "", nil, fmt.Errorf("read %q: %w", line, err)
		}
		last, words = m.Begin, nil
		if m.Report != nil {
			v.reports[m.Report.Name] = m.Report
		}
	}
	return last, words, nil
}

var dying = regexp.MustCompile(`(?m)^(panic: |fatal error: |virtual time stands still).*$`)

func lastWords(out []byte, err error) string {
	if line := dying.Find(out); line != nil {
		return string(line)
	}
	return strings.TrimSpace(fmt.Sprintf("%v: %s", err, out))
}
