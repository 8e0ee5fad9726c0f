// Package rewrites turns a matcher's shape into a new declaration with dst: one
// file a rule, named like the matcher's. A rewrite decides nothing about
// safety; it writes, or refuses with an error whose text is for the user.
package rewrites

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/dave/dst"
	"github.com/dave/dst/decorator"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A declaration is one declaration of the user's file as dst sees it. Only this
// one is decorated and printed, never the file: dst would reprint what is not
// gofmt-clean elsewhere, and a file costs far more than a function.
type declaration struct {
	pass     *rule.Pass
	file     *ast.File
	decl     ast.Decl
	src      []byte // the file
	span     span   // the declaration's bytes in src, with its comments
	text     string // those bytes with LF line ends
	tree     *dst.File
	nodes    map[ast.Node]dst.Node // from the pass's syntax to tree's
	printed  string                // tree before any change
	imports  []patch.Edit
	imported map[*types.Package]string // packages that the new code needs, and their names
	beside   []patch.File              // go.mod and go.sum, where they have to change as well
	anew     []*ast.Ident              // names that stand for something new, though their lines may stay as they are
}

type span struct{ start, end int }

const header = "package p\n\n"

// inDecl opens the declaration, lets edit change its tree, and returns what
// changed as whole-line edits of the file.
func inDecl(pass *rule.Pass, file *ast.File, decl ast.Decl, title string, edit func(*declaration) error) (*patch.Patch, error) {
	d, err := open(pass, file, decl)
	if err != nil {
		return nil, err
	}
	if err := edit(d); err != nil {
		return nil, err
	}
	changed, err := d.print()
	if err != nil {
		return nil, fmt.Errorf("print the new declaration: %w", err)
	}
	edits, err := d.edits(changed)
	if err != nil {
		return nil, err
	}
	name := pass.Fset.PositionFor(file.Pos(), false).Filename
	files := append([]patch.File{{Name: name, Old: d.src, Edits: edits}}, d.beside...)
	slices.SortFunc(files, func(a, b patch.File) int { return strings.Compare(a.Name, b.Name) })
	return &patch.Patch{Title: title, Files: files}, nil
}

// open reads the declaration's bytes, parses them on their own, decorates them,
// and prints them unchanged to learn what printing alone would do.
func open(pass *rule.Pass, file *ast.File, decl ast.Decl) (*declaration, error) {
	d := &declaration{pass: pass, file: file, decl: decl}
	var err error
	if d.src, err = pass.ReadFile(pass.Fset.PositionFor(file.Pos(), false).Filename); err != nil {
		return nil, err
	}
	if d.span, err = d.bounds(); err != nil {
		return nil, err
	}
	raw := string(d.src[d.span.start:d.span.end])
	d.text = strings.ReplaceAll(raw, "\r\n", "\n")
	if d.text != raw && strings.Count(raw, "\r\n") != strings.Count(raw, "\n") {
		return nil, refuse("F17", "the declaration mixes CRLF and LF line ends: settle on one first")
	}
	fset := token.NewFileSet()
	alone, err := parser.ParseFile(fset, "", header+d.text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || len(alone.Decls) != 1 {
		return nil, refuse("F13", "the declaration can't be read on its own: other code shares its lines")
	}
	dec := decorator.NewDecorator(fset)
	if d.tree, err = dec.DecorateFile(alone); err != nil {
		return nil, fmt.Errorf("decorate the declaration: %w", err)
	}
	if d.nodes, err = pair(decl, alone.Decls[0], dec.Dst.Nodes); err != nil {
		return nil, err
	}
	if d.printed, err = d.print(); err != nil {
		return nil, fmt.Errorf("print the untouched declaration: %w", err)
	}
	return d, nil
}

// bounds is where the declaration starts and ends, with its doc comment and a
// comment behind its last line.
func (d *declaration) bounds() (span, error) {
	start := d.decl.Pos()
	if doc := docOf(d.decl); doc != nil {
		start = doc.Pos()
	}
	offset := func(p token.Pos) int { return d.pass.Fset.PositionFor(p, false).Offset }
	s := span{offset(start), offset(d.decl.End())}
	if s.start > s.end || s.end > len(d.src) {
		return s, refuse("F12", "the declaration's positions don't fit the file")
	}
	rest := d.src[s.end:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	tail := bytes.TrimRight(rest, " \t\r")
	if trimmed := bytes.TrimLeft(tail, " \t"); len(trimmed) > 0 {
		if !bytes.HasPrefix(trimmed, []byte("//")) {
			return s, refuse("F13", "other code shares the declaration's last line")
		}
		s.end += len(tail)
	}
	return s, nil
}

func docOf(decl ast.Decl) *ast.CommentGroup {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// pair walks the same declaration in two parses side by side: equal text gives
// equal trees, node for node.
func pair(ours, alone ast.Node, decorated map[ast.Node]dst.Node) (map[ast.Node]dst.Node, error) {
	a, b := preorder(ours), preorder(alone)
	if len(a) != len(b) {
		return nil, fmt.Errorf("the declaration reads differently on its own (%d and %d nodes)", len(a), len(b))
	}
	nodes := make(map[ast.Node]dst.Node, len(a))
	for i, n := range a {
		if m := decorated[b[i]]; m != nil {
			nodes[n] = m
		}
	}
	return nodes, nil
}

func preorder(root ast.Node) []ast.Node {
	var list []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		switch n.(type) {
		case nil:
			return false
		case *ast.Comment, *ast.CommentGroup:
			return false
		}
		list = append(list, n)
		return true
	})
	return list
}

// print gives the declaration's text without a final newline.
func (d *declaration) print() (string, error) {
	var b bytes.Buffer
	if err := decorator.Fprint(&b, d.tree); err != nil {
		return "", err
	}
	text, ok := strings.CutPrefix(b.String(), header)
	if !ok {
		return "", fmt.Errorf("unexpected header in %.40q", b.String())
	}
	return strings.TrimSuffix(text, "\n"), nil
}

// edits turns the new text into edits of the file. Where the source isn't as
// dst prints it, the change is carried over to the source's own lines, and
// refused where it meets a line that printing alone would alter.
func (d *declaration) edits(changed string) ([]patch.Edit, error) {
	drift := patch.Lines([]byte(d.printed), []byte(d.text), 0)
	var edits []patch.Edit
	for _, e := range patch.Lines([]byte(d.printed), []byte(changed), 0) {
		shift := 0
		for _, w := range drift {
			if w.Start < e.End && e.Start < w.End || e.Start == e.End && w.Start < e.Start && e.Start < w.End {
				return nil, refuse("F17", "the lines to change are not gofmt-formatted: run gofmt first")
			}
			if w.End <= e.Start && w.Start < e.Start {
				shift += len(w.New) - (w.End - w.Start)
			}
		}
		e.Start, e.End = e.Start+shift, e.End+shift
		edits = append(edits, d.place(e))
	}
	edits = append(edits, d.writtenAnew(edits)...)
	edits = append(edits, d.imports...)
	slices.SortStableFunc(edits, func(a, b patch.Edit) int { return a.Start - b.Start })
	return edits, nil
}

// writtenAnew gives an edit to the same letters for each name that now stands for
// something else on a line that stays: whoever checks that the other names mean
// what they meant learns from it that this one was not meant to.
func (d *declaration) writtenAnew(edits []patch.Edit) []patch.Edit {
	var list []patch.Edit
	seen := map[*ast.Ident]bool{}
	for _, id := range d.anew {
		if seen[id] {
			continue
		}
		seen[id] = true
		start := d.pass.Fset.PositionFor(id.Pos(), false).Offset
		e := patch.Edit{Start: start, End: start + len(id.Name), New: id.Name}
		covered := slices.ContainsFunc(edits, func(o patch.Edit) bool { return o.Start < e.End && e.Start < o.End })
		if !covered {
			list = append(list, e)
		}
	}
	return list
}

// place moves an edit of the declaration's LF text to the file's own bytes.
func (d *declaration) place(e patch.Edit) patch.Edit {
	if crlf := len(d.text) != d.span.end-d.span.start; crlf {
		e.Start += strings.Count(d.text[:e.Start], "\n")
		e.End += strings.Count(d.text[:e.End], "\n")
		e.New = strings.ReplaceAll(e.New, "\n", "\r\n")
	}
	e.Start, e.End = e.Start+d.span.start, e.End+d.span.start
	return e
}

// refuse is a rewrite's refusal that names the hazard it met.
func refuse(hazard, format string, args ...any) error {
	return &rule.Refusal{Hazard: hazard, Reason: fmt.Sprintf(format, args...)}
}
