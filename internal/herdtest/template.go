package herdtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/rule"
)

// A template is an archive for the behaviour oracle: a form that a rule writes, or
// a mistake. The comment of herdtest.go has the format.
type template struct {
	*Case
	spec  oracle.Spec
	drive []byte
	races bool              // the old form has a data race
	words []licence         // what the finding must tell the user
	alive map[string]string // mutants that live, and why
	after []byte            // of a mistake: what somebody wrote by hand
	kills []string          // of a mistake: the classes that give it away, or "race"
}

// A licence is a difference that is allowed, and the words in which the user is told.
type licence struct{ name, words string }

// What a template holds beside the code that goherd sees.
const (
	driveFile  = "drive.go"
	beforeFile = "before.go"
	afterFile  = "after.go"
)

// readTemplates reads the archives of dir, sorted by name.
func readTemplates(dir string) ([]*template, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	var all []*template
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		t, err := parseTemplate(strings.TrimSuffix(filepath.Base(name), ".txtar"), data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t.Path = name
		all = append(all, t)
	}
	return all, nil
}

func parseTemplate(stem string, data []byte) (*template, error) {
	t := &template{Case: newCase(stem), alive: map[string]string{}}
	t.spec.Name, t.spec.Late = stem, -1
	t.rules = []string{t.Rule} // what another rule would write is another template
	if err := t.parse(data, t.set); err != nil {
		return nil, err
	}
	t.drive, t.after = t.takeOut(driveFile), t.takeOut(afterFile)
	for _, f := range t.Files {
		if filepath.Dir(f.Name) != "." || filepath.Ext(f.Name) != ".go" {
			return nil, fmt.Errorf("file %s: a template is one package, in one folder", f.Name)
		}
	}
	return t, t.complete()
}

// takeOut hides a file from goherd.
func (t *template) takeOut(name string) []byte {
	at := slices.IndexFunc(t.Files, func(f txtar.File) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	f := t.Files[at]
	t.apart = append(t.apart, f)
	t.Files = slices.Delete(t.Files, at, at+1)
	return f.Data
}

// complete errs where something is missing without which nothing would be proved.
func (t *template) complete() error {
	repair := t.spec.Mode == oracle.Repair
	switch {
	case t.drive == nil:
		return fmt.Errorf("there is no %s", driveFile)
	case len(t.spec.Ops) == 0:
		return fmt.Errorf("it declares no call: read, write or open")
	case !slices.Contains([]oracle.Mode{oracle.Safe, oracle.Review, oracle.Repair}, t.spec.Mode):
		return fmt.Errorf("mode %q is none of %s, %s, %s", t.spec.Mode, oracle.Safe, oracle.Review, oracle.Repair)
	case repair != (len(t.spec.Trigger) > 0 || t.races):
		return fmt.Errorf("a repair, and no other mode, says how the defect shows: trigger, or before: races")
	case t.spec.Mode == oracle.Safe && slices.ContainsFunc(t.spec.May, func(name string) bool { return !slices.Contains(oracle.SafeLicences(), name) }):
		return fmt.Errorf("what is safe needs no licence but for %s", strings.Join(oracle.SafeLicences(), ", "))
	case (t.after != nil) != (len(t.kills) > 0):
		return fmt.Errorf("a mistake has %s and says what kills it", afterFile)
	}
	return nil
}

func (t *template) set(key, value string) (err error) {
	switch key {
	case "mode":
		t.spec.Mode = oracle.Mode(value)
	case "read", "write", "open":
		for _, name := range splitList(value) {
			t.spec.Ops = append(t.spec.Ops, oracle.Op{Name: name, Kind: oracle.Kind(key)})
		}
	case "latencies":
		t.spec.Latencies, err = milliseconds(value)
	case "cancels":
		if t.spec.Cancels = []time.Duration{}; value != "never" {
			t.spec.Cancels, err = milliseconds(value)
		}
	case "deaf":
		if t.spec.Hears = true; value != "never" {
			err = fmt.Errorf("all that can be said is \"never\"")
		}
	case "may":
		t.spec.May, err = t.license(t.spec.May, value)
	case "mends":
		t.spec.Mends, err = t.license(t.spec.Mends, value)
	case "trigger":
		t.spec.Trigger, err = triggers(value)
	case "inflight":
		t.spec.InFlight, err = strconv.Atoi(value)
	case "goroutines":
		t.spec.Goroutines, err = strconv.Atoi(value)
	case "extra":
		t.spec.Extra, err = strconv.Atoi(value)
	case "late":
		t.spec.Late, err = strconv.Atoi(value)
	case "kills":
		t.kills = splitList(value)
	case "alive":
		at := strings.LastIndex(value, ": ")
		if at < 0 {
			return fmt.Errorf("write MUTANT: why it makes no difference")
		}
		t.alive[value[:at]] = value[at+2:]
	case "before":
		if t.races = value == "races"; !t.races {
			err = fmt.Errorf("all that can be said is \"races\"")
		}
	default:
		err = t.Case.set(key, value)
	}
	return err
}

func milliseconds(value string) (out []time.Duration, err error) {
	for _, s := range splitList(value) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, err
		}
		out = append(out, time.Duration(n)*time.Millisecond)
	}
	return out, nil
}

func triggers(value string) ([]string, error) {
	names := splitList(value)
	for _, name := range names {
		if c, ok := oracle.ParseClass(name); !ok || !c.Shows() {
			return nil, fmt.Errorf("no run shows %q by itself", name)
		}
	}
	return names, nil
}

var licenceLine = regexp.MustCompile(`^([a-z-]+)(?:\s+(".*"))?$`)

// license reads a class, and the words by which the finding announces it.
func (t *template) license(list []string, value string) ([]string, error) {
	m := licenceLine.FindStringSubmatch(value)
	if m == nil {
		return nil, fmt.Errorf("write CLASS \"what the finding says of it\"")
	}
	if _, ok := oracle.ParseClass(m[1]); !ok && m[1] != oracle.Delayed && m[1] != oracle.Skipped {
		return nil, fmt.Errorf("there is no class %s", m[1])
	}
	words, err := strconv.Unquote(m[2])
	if err != nil || words == "" {
		return nil, fmt.Errorf("write CLASS \"what the finding says of it\"")
	}
	t.words = append(t.words, licence{m[1], words})
	return append(list, m[1]), nil
}

// unannounced tells where what goherd wrote is not what the template is about: the
// mode is another one, or a licence isn't in what the user is told.
func (t *template) unannounced(r *rule.Rule, out *outcome) []string {
	var texts, told []string
	safety := r.Best
	for _, f := range out.applied {
		told = append(told, f.Changes...)
		for _, e := range f.Evidence {
			if e.Grade == rule.Review {
				told = append(told, e.Claim)
			}
		}
		safety = min(safety, f.Safety)
	}
	mode := oracle.Mode(r.Kind)
	if r.Kind == rule.Refactor {
		mode += oracle.Mode("/" + safety.String())
	}
	if mode != t.spec.Mode {
		texts = append(texts, fmt.Sprintf("mode: it is %s", mode))
	}
	for _, l := range t.words {
		says := func(text string) bool { return strings.Contains(text, l.words) }
		if !slices.ContainsFunc(told, says) {
			texts = append(texts, fmt.Sprintf("%s is allowed for %q, which no finding names, neither as a change nor as assumed: %q", l.name, l.words, told))
		}
	}
	return texts
}
