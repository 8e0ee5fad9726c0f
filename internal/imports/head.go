// Package imports adds and removes import specs as byte edits. It touches no
// import but the one that it was asked for: what stands around keeps its place, its
// group and its comments.
package imports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// A head is the part of a file that matters here: the package clause and the imports.
type head struct {
	src   []byte
	eol   string
	pkg   int // where the package clause ends
	decls []decl
}

// A decl is one import declaration.
type decl struct {
	start, end     int // from the keyword to the last spec, or to past the ")"
	lparen, rparen int // -1 without parentheses
	doc            bool
	specs          []spec
}

// A spec is one import with its place.
type spec struct {
	path, name string
	first      int  // where its doc comment starts, or itself
	start, end int  // the spec itself, without comments
	doc        bool // a comment right above it
	comment    bool // a comment behind it
}

var errLayout = errors.New("the import block isn't gofmt-formatted")

// parse reads the head of src; what comes after the imports may be anything.
func parse(src []byte) (*head, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse the imports: %w", err)
	}
	tok := fset.File(file.Package)
	h := &head{src: src, eol: "\n", pkg: tok.Offset(file.Name.End())}
	if before, _, ok := bytes.Cut(src, []byte("\n")); ok && bytes.HasSuffix(before, []byte("\r")) {
		h.eol = "\r\n"
	}
	for _, d := range file.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.IMPORT {
			continue // ImportsOnly gives nothing else
		}
		h.decls = append(h.decls, newDecl(tok, gen))
	}
	return h, nil
}

func newDecl(tok *token.File, gen *ast.GenDecl) decl {
	d := decl{start: tok.Offset(gen.Pos()), end: tok.Offset(gen.End()), lparen: -1, rparen: -1, doc: gen.Doc != nil}
	if gen.Lparen.IsValid() {
		d.lparen, d.rparen = tok.Offset(gen.Lparen), tok.Offset(gen.Rparen)
	}
	for _, s := range gen.Specs {
		in, ok := s.(*ast.ImportSpec)
		if !ok {
			continue // cannot be in an import declaration
		}
		sp := spec{start: tok.Offset(in.Pos()), end: tok.Offset(in.End()), doc: in.Doc != nil, comment: in.Comment != nil}
		sp.path, _ = strconv.Unquote(in.Path.Value) // the scanner has checked it
		if in.Name != nil {
			sp.name = in.Name.Name
		}
		sp.first = sp.start
		if in.Doc != nil {
			sp.first = tok.Offset(in.Doc.Pos())
		}
		d.specs = append(d.specs, sp)
	}
	return d
}

// text is the spec as it is written.
func (s spec) text() string {
	if s.name == "" {
		return strconv.Quote(s.path)
	}
	return s.name + " " + strconv.Quote(s.path)
}

// check errs unless s is a spec that Go would take. The characters that a path may
// not have are those of go/types (validatedImportPath, after the language's spec).
func (s spec) check() error {
	illegal := func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("!\"#$%&'()*,:;<=>?[\\]^{|}`\uFFFD", r)
	}
	switch {
	case s.cgo():
		return errors.New("cgo's import comes with a preamble that only its author can write")
	case s.path == "" || strings.ContainsFunc(s.path, illegal):
		return fmt.Errorf("%q is no import path", s.path)
	case s.name != "" && s.name != "." && !token.IsIdentifier(s.name):
		return fmt.Errorf("%q is no name for an import", s.name)
	}
	return nil
}

// compare orders specs as gofmt sorts them.
func (s spec) compare(t spec) int {
	return cmp.Or(strings.Compare(s.path, t.path), strings.Compare(s.name, t.name))
}

// same tells whether s and t declare the same name for the same package, as far as
// one can tell without loading it: `sync "sync"` says no more than `"sync"`.
func (s spec) same(t spec) bool {
	return s.path == t.path && s.plainName() == t.plainName()
}

func (s spec) plainName() string {
	if s.name == path.Base(s.path) {
		return ""
	}
	return s.name
}

// std tells whether s looks like a standard-library path: no dot in its first
// element. Module-local paths without a dot count too, as they do for goimports.
func (s spec) std() bool { return !s.cgo() && !s.dotted() }

func (s spec) cgo() bool { return s.path == "C" }

// dotted tells whether the first element of s's path is a host name.
func (s spec) dotted() bool {
	first, _, _ := strings.Cut(s.path, "/")
	return strings.Contains(first, ".")
}

// onlyC tells whether d has cgo's import and nothing else. Nothing may join it: the
// doc comment of the declaration is its preamble for as long as it is alone.
func (d decl) onlyC() bool { return len(d.specs) == 1 && d.specs[0].cgo() }

// groups splits the specs of d at blank lines.
func (h *head) groups(d decl) [][]spec {
	var out [][]spec
	for i, s := range d.specs {
		if i == 0 || hasBlankLine(h.src[d.specs[i-1].end:s.first]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// hasBlankLine looks between the first and the last line of text, which are parts of lines.
func hasBlankLine(text []byte) bool {
	lines := bytes.Split(text, []byte("\n"))
	for i, l := range lines {
		if i > 0 && i < len(lines)-1 && len(bytes.TrimSpace(l)) == 0 {
			return true
		}
	}
	return false
}

// checkLayout errs unless each spec of d, and each parenthesis, has its own line.
// `import ()` is fine too.
func (h *head) checkLayout(d decl) error {
	starts, ends := []int{d.start}, []int{d.end}
	if d.lparen >= 0 && len(d.specs) > 0 {
		starts = append(starts, d.rparen)
		ends = append(ends, d.lparen+1)
		for _, s := range d.specs {
			starts = append(starts, s.start)
			ends = append(ends, s.end)
		}
	}
	for i := range starts {
		if !h.startsLine(starts[i]) || h.lineEnd(ends[i]) < 0 {
			return errLayout
		}
	}
	return nil
}

// startsLine tells whether only blanks stand before offset at on its line.
func (h *head) startsLine(at int) bool {
	return len(bytes.TrimLeft(h.src[h.lineStart(at):at], "\ufeff \t")) == 0
}

func (h *head) lineStart(at int) int { return bytes.LastIndexByte(h.src[:at], '\n') + 1 }

// lineEnd returns the offset of the line ending after at, past the comments that
// start on the line; -1 if there is code before it, which there is not around what
// checkLayout has passed.
func (h *head) lineEnd(at int) int {
	for at < len(h.src) {
		rest := h.src[at:]
		switch {
		case rest[0] == '\n' || bytes.HasPrefix(rest, []byte("\r\n")):
			return at
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			at++
		case bytes.HasPrefix(rest, []byte("//")):
			line, _, _ := bytes.Cut(rest, []byte("\n"))
			return at + len(bytes.TrimSuffix(line, []byte("\r")))
		case bytes.HasPrefix(rest, []byte("/*")):
			_, after, _ := bytes.Cut(rest[2:], []byte("*/"))
			at = len(h.src) - len(after)
		default:
			return -1
		}
	}
	return at
}

// nextLine returns the start of the line after the line ending at end.
func (h *head) nextLine(end int) int {
	if i := bytes.IndexByte(h.src[end:], '\n'); i >= 0 {
		return end + i + 1
	}
	return len(h.src)
}
