package herdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A diagnostic is what go vet -json says of one place.
type diagnostic struct {
	Category       string
	Posn           string
	Message        string
	SuggestedFixes []suggestedFix `json:"suggested_fixes"`

	path      string // within the case
	line, col int
	safety    rule.Safety
	words     string // the message behind "rule (safety): "
}

type suggestedFix struct{ Edits []textEdit }

type textEdit struct {
	Filename   string
	Start, End int
	New        string
}

func (x diagnostic) String() string { return fmt.Sprintf("%s:%d: %s", x.path, x.line, x.Message) }

var (
	diagnosticPlace = regexp.MustCompile(`^(.*):(\d+):(\d+)$`)
	diagnosticWords = regexp.MustCompile(`^([a-z]+) \(([a-z]+)\): `)
)

// read takes the place and the message apart. dir is the case's module.
func (x *diagnostic) read(dir string) (err error) {
	m := diagnosticPlace.FindStringSubmatch(x.Posn)
	if m == nil {
		return fmt.Errorf("no place: %q", x.Posn)
	}
	if x.path, err = filepath.Rel(dir, m[1]); err != nil {
		return err
	}
	x.path = filepath.ToSlash(x.path)
	if x.line, err = strconv.Atoi(m[2]); err != nil {
		return err
	}
	if x.col, err = strconv.Atoi(m[3]); err != nil || !x.isFinding() {
		return err
	}
	words := diagnosticWords.FindStringSubmatch(x.Message)
	if words == nil || words[1] != x.Category {
		return fmt.Errorf("%s says %q", x.Category, x.Message)
	}
	x.words = x.Message[len(words[0]):]
	x.safety, err = rule.ParseSafety(words[2])
	return err
}

// isFinding tells whether the diagnostic is more than a warning.
func (x diagnostic) isFinding() bool { return x.Category != "ignore" && x.Category != "bug" }

// isOf tells whether the diagnostic is about f. Behind the message may stand why
// there is no fix.
func (x diagnostic) isOf(f *rule.Located) bool {
	return x.path == f.Path && x.line == f.Line && x.col == f.Col && x.Category == f.Rule && strings.HasPrefix(x.words, f.Message)
}

// goVet returns what go vet -json says, by case.
func (d *drivers) goVet(g group, patterns []string) (map[*Case][]diagnostic, error) {
	args := append([]string{"vet", "-vettool=" + d.tool, "-json"}, flagsOf(g)...)
	out, stderr, err := d.goCommand(g, append(args, patterns...))
	if err != nil {
		return nil, fmt.Errorf("go vet: %w\n%s", err, stderr)
	}
	said := map[*Case][]diagnostic{}
	for dec := json.NewDecoder(strings.NewReader(out)); ; {
		var units map[string]map[string]json.RawMessage // by package and analyzer
		if err := dec.Decode(&units); errors.Is(err, io.EOF) {
			return said, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go vet -json printed: %w", err)
		}
		for unit, tools := range units {
			at := slices.IndexFunc(g.cases, func(c *Case) bool { return c.hasPackage(unit) })
			var list []diagnostic
			if err := json.Unmarshal(tools["goherd"], &list); err != nil || at < 0 {
				return nil, fmt.Errorf("go vet says of %s: %s", unit, tools["goherd"])
			}
			c := g.cases[at]
			for _, x := range list {
				if err := x.read(filepath.Join(g.site.root, g.site.dir(c))); err != nil {
					return nil, fmt.Errorf("go vet of %s: %w", unit, err)
				}
				said[c] = append(said[c], x)
			}
		}
	}
}

// goCommand runs a go command where it sees all cases of the group. Of standard
// error it gives what is not the name of a package.
func (d *drivers) goCommand(g group, args []string) (stdout, stderr string, err error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join(g.site.root, g.site.home())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	for line := range strings.Lines(errs.String()) {
		if !strings.HasPrefix(line, "#") {
			stderr += line
		}
	}
	return out.String(), stderr, err
}

// A text is one file before and after.
type text struct {
	name     string
	old, new []byte
}

func (t text) path(d *drivers, c *Case) string {
	for _, s := range d.before {
		if rel, err := filepath.Rel(filepath.Join(s.root, s.dir(c)), t.name); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return t.name
}

// fixedTexts applies the fixes of diagnostics together, sorted by file. Edits that
// are the same land once, as drivers do it; others must not meet.
func fixedTexts(list []diagnostic) ([]text, error) {
	files := map[string]*patch.File{}
	for _, x := range list {
		for _, fix := range x.SuggestedFixes {
			for _, e := range fix.Edits {
				f := files[e.Filename]
				if f == nil {
					old, err := os.ReadFile(e.Filename)
					if err != nil {
						return nil, err
					}
					f = &patch.File{Name: e.Filename, Old: old}
					files[e.Filename] = f
				}
				if edit := (patch.Edit{Start: e.Start, End: e.End, New: e.New}); !slices.Contains(f.Edits, edit) {
					f.Edits = append(f.Edits, edit)
				}
			}
		}
	}
	var texts []text
	for _, f := range files {
		new, err := f.Apply()
		if err != nil {
			return nil, err
		}
		texts = append(texts, text{f.Name, f.Old, new})
	}
	slices.SortFunc(texts, func(a, b text) int { return strings.Compare(a.name, b.name) })
	return texts, nil
}

var diffHeader = regexp.MustCompile(`(?m)^(---|\+\+\+) (.*) \((?:old|new)\)$`)

// headers gives the diff of go fix the paths that git wants.
func headers(diff, root string) string {
	return diffHeader.ReplaceAllStringFunc(diff, func(line string) string {
		m := diffHeader.FindStringSubmatch(line)
		name, err := filepath.Rel(root, m[2])
		if err != nil {
			return line
		}
		return m[1] + " " + map[string]string{"---": "a/", "+++": "b/"}[m[1]] + filepath.ToSlash(name)
	})
}

// compareFixed holds every Go file of a case after go fix against what its fixes
// promise, and notes the changes for vet.
func (d *drivers) compareFixed(c *Case, before, after *site) error {
	d.outcomes[c].changes = nil
	for _, f := range c.Files {
		name := filepath.Join(before.root, before.dir(c), f.Name)
		now, err := os.ReadFile(filepath.Join(after.root, after.dir(c), f.Name))
		if err != nil {
			return err
		}
		want := f.Data
		if text, ok := d.fixed[name]; ok {
			want = text
		}
		if !bytes.Equal(now, want) {
			d.problems.add(c, "go fix leaves another %s (- its fixes, + go fix):\n%s", f.Name, indent(patch.Unified(f.Name, want, now)))
		}
		if !bytes.Equal(now, f.Data) {
			d.outcomes[c].changes = append(d.outcomes[c].changes, engine.Change{Rel: f.Name, Old: f.Data, New: now})
		}
	}
	return nil
}
