package herdtest

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/rule"
)

// A Case is one archive.
type Case struct {
	Name  string       // the archive's stem
	Rule  string       // the stem's first word
	Path  string       // of the archive; "" if it was never a file
	Files []txtar.File // the module, goldens taken out

	header
	wants   []want
	goldens map[string]string // by section; one that is not there is not in the map
	comment []byte
	apart   []txtar.File // what goherd doesn't see (templates have some)
}

// A header is what the comment of an archive sets.
type header struct {
	rules       []string // nil: those that are on by default, and the case's own
	safety      rule.Safety
	rewrite     rule.Options
	noTests     bool
	failsBefore bool
	guards      []string
	twins       []string
}

// The sections that are no files of the module, in the order in which they are written.
const (
	diffSection     = "diff"
	changesSection  = "changes"
	warningsSection = "warnings"
)

var sections = []string{diffSection, changesSection, warningsSection}

// readCases reads every archive of dir, sorted by name.
func readCases(dir string) ([]*Case, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no archive in %s", dir)
	}
	var cases []*Case
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c, err := parseCase(strings.TrimSuffix(filepath.Base(name), ".txtar"), data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		c.Path = name
		cases = append(cases, c)
	}
	return cases, nil
}

// parseCase reads one archive. It errs on what could otherwise pass unnoticed: an
// unknown key, a want that is no want, a case that doesn't say why it is there.
func parseCase(stem string, data []byte) (*Case, error) {
	c := newCase(stem)
	return c, c.parse(data, c.set)
}

func newCase(stem string) *Case {
	c := &Case{Name: stem, header: header{safety: rule.Review}, goldens: map[string]string{}}
	c.Rule, _, _ = strings.Cut(stem, "_")
	return c
}

// parse reads an archive into c; set takes the settings of its comment.
func (c *Case) parse(data []byte, set func(key, value string) error) error {
	archive := txtar.Parse(data)
	if err := parseHeader(string(archive.Comment), set); err != nil {
		return err
	}
	c.comment = archive.Comment
	for _, f := range archive.Files {
		if slices.Contains(sections, f.Name) {
			c.goldens[f.Name] = string(f.Data)
			continue
		}
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("file %s lies outside the module", f.Name)
		}
		c.Files = append(c.Files, f)
		wants, err := parseWants(f.Name, f.Data)
		if err != nil {
			return err
		}
		c.wants = append(c.wants, wants...)
	}
	if len(c.Files) == 0 {
		return fmt.Errorf("the archive has no files")
	}
	return nil
}

var headerLine = regexp.MustCompile(`^([a-z]+):\s+(.*?)\s*$`)

// parseHeader reads the settings between the prose. A line that looks like a
// setting and is none is an error, else a slip of the pen would run the defaults.
func parseHeader(comment string, set func(key, value string) error) error {
	prose := false
	for line := range strings.Lines(comment) {
		m := headerLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			prose = prose || strings.TrimSpace(line) != ""
			continue
		}
		if err := set(m[1], m[2]); err != nil {
			return fmt.Errorf("header line %q: %w", m[0], err)
		}
	}
	if !prose {
		return fmt.Errorf("the comment does not say why the case is there")
	}
	return nil
}

func (h *header) set(key, value string) (err error) {
	switch key {
	case "rules":
		h.rules = splitList(value)
	case "safety":
		h.safety, err = rule.ParseSafety(value)
	case "limit":
		h.rewrite.Limit, err = strconv.Atoi(value)
	case "form":
		h.rewrite.Form = rule.Form(value)
	case "tests":
		var on bool
		on, err = strconv.ParseBool(value)
		h.noTests = !on
	case "before":
		h.failsBefore = true
		if value != "fails" {
			err = fmt.Errorf("all that can be said is \"fails\"")
		}
	case "guard":
		h.guards = append(h.guards, splitList(value)...)
	case "twin":
		h.twins = append(h.twins, splitList(value)...)
	default:
		err = fmt.Errorf("unknown key (prose must not look like a setting)")
	}
	return err
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// format is the archive as a file, with its goldens last. An empty diff is left out.
func (c *Case) format() []byte {
	a := &txtar.Archive{Comment: c.comment, Files: slices.Concat(c.Files, c.apart)}
	for _, name := range sections {
		if text, ok := c.goldens[name]; ok && (text != "" || name != diffSection) {
			a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	return txtar.Format(a)
}

// file is the data of the named file, nil if there is none.
func (c *Case) file(name string) []byte {
	at := slices.IndexFunc(c.Files, func(f txtar.File) bool { return f.Name == name })
	if at < 0 {
		return nil
	}
	return c.Files[at].Data
}

// mentions tells whether a Go file of the case holds s.
func (c *Case) mentions(s string) bool {
	return slices.ContainsFunc(c.Files, func(f txtar.File) bool {
		return path.Ext(f.Name) == ".go" && bytes.Contains(f.Data, []byte(s))
	})
}

// hasTests tells whether the case comes with a behaviour test.
func (c *Case) hasTests() bool {
	return slices.ContainsFunc(c.Files, func(f txtar.File) bool { return strings.HasSuffix(f.Name, "_test.go") })
}
