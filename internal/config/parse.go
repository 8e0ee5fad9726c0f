package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/goherd/goherd/internal/promise"
)

// A parser reads one file and gathers what is wrong with it.
type parser struct {
	Words
	name     string
	file     *File
	lines    map[string]int // where each key was first set
	promised map[string]spoken
	problems ProblemError
}

// spoken is what was promised of a pattern, and on which line.
type spoken struct {
	verb promise.Verb
	line int
}

// Parse reads the text of a file. A file that says nothing is fine. It errs with
// *ProblemError.
func Parse(name string, text []byte, w Words) (*File, error) {
	p := &parser{Words: w, name: name, file: &File{}, lines: map[string]int{}, promised: map[string]spoken{}}
	if root := p.document(text); root != nil {
		p.mapping(root)
	}
	if len(p.problems.Problems) > 0 {
		p.problems.sort()
		return nil, &p.problems
	}
	return p.file, nil
}

func (p *parser) complain(line, col int, format string, args ...any) {
	p.problems.Problems = append(p.problems.Problems, Problem{p.name, line, col, fmt.Sprintf(format, args...)})
}

func (p *parser) complainAt(n *yaml.Node, format string, args ...any) {
	p.complain(n.Line, n.Column, format, args...)
}

func (p *parser) place(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", p.name, n.Line, n.Column)
}

// document is the one document of the text, nil where there is none or something
// is wrong with it.
func (p *parser) document(text []byte) *yaml.Node {
	if !p.readable(text) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		p.complain(0, 0, "%v", err)
		return nil
	}
	var first, second yaml.Node
	if err := loader.Load(&first); err != nil {
		p.syntax(text, err)
		return nil
	}
	switch err := loader.Load(&second); {
	case err == nil:
		p.complainAt(&second, "a second document starts here, and a configuration is one: join them")
		return nil
	case !errors.Is(err, io.EOF):
		p.syntax(text, err)
		return nil
	}
	if len(first.Content) == 0 {
		return nil
	}
	return first.Content[0]
}

// readable tells whether the text is made of characters that YAML has. The
// library refuses the others too, and doesn't say where.
func (p *parser) readable(text []byte) bool {
	line, col := 1, 1
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			p.complain(line, col, "this is not UTF-8: save the file in that encoding")
			return false
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r <= 0x9f && r != 0x85:
			p.complain(line, col, "a control character (U+%04X): remove it", r)
			return false
		case r == '\n' || r == '\r' && !bytes.HasPrefix(rest, []byte("\r\n")):
			line, col = line+1, 1
		case r == '\ufeff' && len(rest) == len(text): // a byte order mark
		default:
			col++
		}
		rest = rest[size:]
	}
	return true
}

// syntax tells what the library doesn't understand, and where.
func (p *parser) syntax(text []byte, err error) {
	if errors.Is(err, io.EOF) {
		return // nothing but comments
	}
	e, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		p.complain(0, 0, "this is no YAML: %v", err)
		return
	}
	mark, words := e.Mark, "this is no YAML: "+e.Message
	switch at := charAt(text, mark.Line, mark.Column); {
	case at == '\t':
		words = "a tab can't stand here: YAML is indented with spaces"
	case at == '*' || strings.Contains(e.Message, "alias") || strings.Contains(e.Message, "anchor"):
		words = `a value that starts with * goes in quotes, as in "**.Repo.Get*"`
	case strings.Contains(e.Message, "mapping values are not allowed"):
		words = `this is no YAML: keys stand at the start of their lines, and a value with a colon in it goes in quotes`
	case at == '@' || at == '`' || at == '%':
		words = fmt.Sprintf("a value that starts with %c goes in quotes", at)
	}
	p.complain(mark.Line, mark.Column, "%s", words)
}

// charAt is the character at a place, 0 where there is none.
func charAt(text []byte, line, col int) rune {
	lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	if line < 1 || line > len(lines) {
		return 0
	}
	chars := []rune(strings.TrimPrefix(lines[line-1], "\ufeff"))
	if col < 1 || col > len(chars) {
		return 0
	}
	return chars[col-1]
}

// mapping reads the keys.
func (p *parser) mapping(root *yaml.Node) {
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return
	}
	if root.Kind != yaml.MappingNode {
		p.complainAt(root, "a configuration is made of lines like \"limit: 8\", and this is %s: the keys are %s", described(root), strings.Join(Keys(), ", "))
		return
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		p.entry(root.Content[i], root.Content[i+1])
	}
}

func (p *parser) entry(k, v *yaml.Node) {
	switch {
	case k.Kind != yaml.ScalarNode:
		p.complainAt(k, "a key is one word, and this is %s: the keys are %s", described(k), strings.Join(Keys(), ", "))
		return
	case k.Tag == "!!merge" || v.Kind == yaml.AliasNode:
		p.complainAt(k, "anchors, aliases and merged keys are not read here: write the value out")
		return
	}
	at := slices.IndexFunc(keys, func(known key) bool { return known.name == k.Value })
	switch line, again := p.lines[k.Value]; {
	case at < 0 && slices.Contains(p.Flags, k.Value):
		p.complainAt(k, "%s is for the command line alone (--%s): remove it here", k.Value, k.Value)
	case at < 0:
		p.complainAt(k, "there is no key %q: %s", k.Value, p.Instead(k.Value, Keys()))
	case again:
		p.complainAt(k, "%s is set twice: line %d has it already", k.Value, line)
	case v.Kind == yaml.ScalarNode && v.Tag == "!!null":
		p.complainAt(k, "%s has no value: give it one, or remove it", k.Value)
		p.lines[k.Value] = k.Line
	default:
		p.lines[k.Value] = k.Line
		keys[at].read(p, k.Value, v)
	}
}
