package herdtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/imports"
	"golang.org/x/tools/txtar"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// Examples runs goherd over each Before of the rules' pages and holds what comes
// out against the After. What an example leaves out (types, clients) stands in
// c.Dir/docs/RULE.go, of package p; imports are added.
func Examples(t *testing.T, c Config) {
	isolate(t)
	texts, err := wrongExamples(c, workFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		t.Error(text)
	}
}

// wrongExamples lays the examples out under dir and runs them.
func wrongExamples(c Config, dir string) ([]string, error) {
	var out []string
	p := newProver(c, dir)
	preludes := filepath.Join(dir, "preludes")
	if err := os.RemoveAll(preludes); err != nil {
		return nil, err
	}
	after := map[*Case]string{}
	for _, r := range c.Rules {
		if !c.wanted(r.Name) {
			continue
		}
		examples, err := examplesOf(r)
		if err != nil {
			out = append(out, fmt.Sprintf("the page of %s: %v", r.Name, err))
		}
		for i, e := range examples {
			one, err := e.asCase(c.Dir, filepath.Join(preludes, r.Name), r, i+1)
			if err != nil {
				return nil, fmt.Errorf("the page of %s, Before %d: %w", r.Name, i+1, err)
			}
			p.cases, after[one] = append(p.cases, one), e.after
		}
	}
	if err := p.runOnce(exampleFolder); err != nil {
		return nil, err
	}
	for _, one := range p.cases {
		p.compareExample(one, after[one])
		for _, text := range p.problems[one] {
			out = append(out, fmt.Sprintf("%s: %s", one.Name, text))
		}
	}
	return append(out, p.problems[nil]...), nil
}

// runOnce lays the cases out in a folder and runs goherd over them, and that is all.
func (p *prover) runOnce(folder string) error {
	if err := p.layOut(folder); err != nil {
		return err
	}
	for _, s := range p.before {
		for _, g := range p.groups(s) {
			if res := p.runGroup(g, s.home(), 0); res != nil {
				for c, out := range res.of {
					p.outcomes[c] = out
				}
			}
		}
	}
	return nil
}

// An example is a Before and its After.
type example struct {
	before, after string
	options       rule.Options
}

var (
	heading   = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	fence     = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	limitFlag = regexp.MustCompile(`--limit[ =](\d+)`)
	formFlag  = regexp.MustCompile(`--form[ =](\w+)`)
)

// examplesOf reads the pairs of a rule's page: the code under each heading that
// starts with Before, which may go on with the --form and --limit that it takes,
// and under the next that starts with After.
func examplesOf(r *rule.Rule) ([]example, error) {
	var out []example
	var open *example
	heads := heading.FindAllStringSubmatchIndex(r.Doc, -1)
	for i, h := range heads {
		end := len(r.Doc)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		title, code := r.Doc[h[2]:h[3]], codeIn(r.Doc[h[1]:end])
		before, after := strings.HasPrefix(title, "Before"), strings.HasPrefix(title, "After")
		switch {
		case before && open != nil, after && open == nil:
			return out, fmt.Errorf("Before and After don't alternate at %q", title)
		case before:
			open = &example{before: code, options: flagsIn(title)}
		case after:
			open.after = code
			out, open = append(out, *open), nil
		}
	}
	if open != nil || len(out) == 0 {
		return out, errors.New("a Before or an After is missing")
	}
	return out, nil
}

// codeIn is the Go code of a section of Markdown: what is fenced, else what is indented.
func codeIn(section string) string {
	if m := fence.FindStringSubmatch(section); m != nil {
		return m[1]
	}
	var code strings.Builder
	for line := range strings.Lines(section) {
		own, tab := strings.CutPrefix(line, "\t")
		if !tab {
			own, tab = strings.CutPrefix(line, "    ")
		}
		if tab || strings.TrimSpace(line) == "" {
			code.WriteString(own)
		}
	}
	return code.String()
}

func flagsIn(title string) (o rule.Options) {
	if m := limitFlag.FindStringSubmatch(title); m != nil {
		o.Limit, _ = strconv.Atoi(m[1]) // only digits match
	}
	if m := formFlag.FindStringSubmatch(title); m != nil {
		o.Form = rule.Form(m[1])
	}
	return o
}

const exampleFile, exampleHead = "example.go", "package p\n\n"

// asCase makes the Before compile: dir/docs/RULE.go beside it, imports added.
func (e example) asCase(dir, tmp string, r *rule.Rule, n int) (*Case, error) {
	c := &Case{
		Name: fmt.Sprintf("%s_example%d", r.Name, n), Rule: r.Name,
		header: header{rules: []string{r.Name}, safety: rule.Review, rewrite: e.options},
	}
	prelude, err := os.ReadFile(filepath.Join(dir, "docs", r.Name+".go"))
	if err == nil {
		c.Files = append(c.Files, txtar.File{Name: "prelude.go", Data: prelude})
		err = writeFile(filepath.Join(tmp, "prelude.go"), prelude) // imports looks at it
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	// What is not of the standard library would be looked for all over the module cache.
	source := exampleHead + "import \"" + xsync + "/errgroup\"\n\n" + e.before
	text, err := imports.Process(filepath.Join(tmp, exampleFile), []byte(source), nil)
	if err != nil {
		return nil, err
	}
	c.Files = append(c.Files, txtar.File{Name: exampleFile, Data: text})
	return c, nil
}

func (p *prover) compareExample(c *Case, after string) {
	change := p.change(c, exampleFile)
	if change == nil {
		said := "and finds nothing"
		if out := p.outcomes[c]; out != nil && len(out.findings) > 0 {
			said = unwanted(out.findings[0])
		}
		p.problems.add(c, "goherd writes nothing: %s", said)
		return
	}
	want, err := format.Source([]byte(exampleHead + after))
	if err != nil {
		p.problems.add(c, "the After: %v", err)
		return
	}
	got := withoutImports(change.New)
	if diff := patch.Unified("After", bytes.TrimSpace(want), bytes.TrimSpace(got)); diff != "" {
		p.problems.add(c, "the After is not what goherd writes (- the page, + goherd):\n%s", indent(diff))
	}
}

// withoutImports is the text of an example without its import declarations.
func withoutImports(text []byte) []byte {
	s := parse(text)
	if s.err != nil {
		return text
	}
	end := s.file.Name.End()
	for _, d := range s.file.Decls {
		if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.IMPORT {
			end = gen.End()
		}
	}
	rest := bytes.TrimSpace(text[s.fset.PositionFor(end, false).Offset:])
	return append([]byte(exampleHead), rest...)
}
