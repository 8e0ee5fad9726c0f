package herdtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// usable errs where the file before or after a rewrite is no Go, or the same.
func usable(change engine.Change) error {
	if bytes.Equal(change.Old, change.New) {
		return errors.New("listed as changed, but it is the same")
	}
	if aboutModule(change.Rel) {
		return nil // the go command reads it when the case is laid out anew
	}
	if err := parse(change.Old).err; err != nil {
		return fmt.Errorf("changed, although it does not parse: %w", err)
	}
	if err := parse(change.New).err; err != nil {
		return fmt.Errorf("the output does not parse: %w\n%s", err, indent(string(change.New)))
	}
	return nil
}

// aboutModule tells whether a file is the module's and not Go.
func aboutModule(name string) bool { return path.Base(name) == "go.mod" || path.Base(name) == "go.sum" }

// checkChange tells what a rewrite of one file lost or touched that it must not.
func checkChange(change engine.Change, out *outcome) []string {
	if aboutModule(change.Rel) {
		return nil
	}
	old, new := parse(change.Old), parse(change.New)
	found := lostComments(old, new)
	found = append(found, notFormatted(change)...)
	return append(found, touchedElsewhere(old, new, change.Rel, out)...)
}

// A source is a file's bytes and their syntax.
type source struct {
	text []byte
	fset *token.FileSet
	file *ast.File
	err  error
}

func parse(text []byte) source {
	s := source{text: text, fset: token.NewFileSet()}
	s.file, s.err = parser.ParseFile(s.fset, "", text, parser.ParseComments|parser.SkipObjectResolution)
	return s
}

// comments counts each comment, without regard to how it is indented.
func (s source) comments() map[string]int {
	count := map[string]int{}
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			lines := strings.Split(c.Text, "\n")
			for i := range lines {
				lines[i] = strings.TrimSpace(lines[i])
			}
			count[strings.Join(lines, "\n")]++
		}
	}
	return count
}

func lostComments(old, new source) []string {
	var lost []string
	kept := new.comments()
	for text, n := range old.comments() {
		if kept[text] < n {
			lost = append(lost, "comment lost: "+text)
		}
	}
	slices.Sort(lost)
	return lost
}

func notFormatted(change engine.Change) []string {
	if formatted, err := format.Source(change.Old); err != nil || !bytes.Equal(formatted, change.Old) {
		return nil // the user's file wasn't, either
	}
	formatted, err := format.Source(change.New)
	if err != nil {
		return []string{fmt.Sprintf("gofmt of the output: %v", err)}
	}
	if diff := patch.Unified(change.Rel, change.New, formatted); diff != "" {
		return []string{"the output is not gofmt-clean:\n" + indent(diff)}
	}
	return nil
}

// touchedElsewhere holds the bytes outside the findings' declarations and the
// imports against the output: each stretch must be there, in order.
func touchedElsewhere(old, new source, rel string, out *outcome) []string {
	stretches := old.untouchable(func(d ast.Decl) bool { return holdsFinding(old.fset, d, rel, out) })
	last := len(stretches) - 1
	rest := string(new.text)
	for i, s := range stretches {
		before, after, ok := strings.Cut(rest, s)
		if i == last {
			ok = strings.HasSuffix(rest, s)
		}
		if !ok || i == 0 && before != "" {
			return []string{"bytes outside the findings' declarations changed, somewhere in:\n" + indent(s)}
		}
		rest = after
	}
	return nil
}

// untouchable cuts the file at its imports and at the declarations that may change,
// and returns what lies between. A first import may come after the package clause.
func (s source) untouchable(mayChange func(ast.Decl) bool) []string {
	offset := func(p token.Pos) int { return s.fset.PositionFor(p, false).Offset }
	var out []string
	from := offset(s.file.Name.End())
	out = append(out, string(s.text[:from]))
	for _, d := range s.file.Decls {
		gen, ok := d.(*ast.GenDecl)
		if ok && gen.Tok == token.IMPORT || mayChange(d) {
			out = append(out, string(s.text[from:max(from, offset(startOf(d)))]))
			from = offset(d.End())
		}
	}
	return append(out, string(s.text[from:]))
}

// startOf is where d starts, its doc comment included.
func startOf(d ast.Decl) token.Pos {
	var doc *ast.CommentGroup
	switch d := d.(type) {
	case *ast.FuncDecl:
		doc = d.Doc
	case *ast.GenDecl:
		doc = d.Doc
	}
	if doc != nil {
		return doc.Pos()
	}
	return d.Pos()
}

// holdsFinding tells whether a finding that was applied lies in d. Those of later
// rounds have lines of a text that we don't see, so functions go by name.
func holdsFinding(fset *token.FileSet, d ast.Decl, rel string, out *outcome) bool {
	first, last := fset.PositionFor(d.Pos(), false).Line, fset.PositionFor(d.End(), false).Line
	return slices.ContainsFunc(out.applied, func(f *rule.Located) bool {
		if fn, ok := d.(*ast.FuncDecl); ok && f.Func != "" {
			return f.Path == rel && f.Func == funcName(fn)
		}
		return f.Path == rel && f.Func == "" && first <= f.Line && f.Line <= last
	})
}

// funcName is Located.Func of what lies in fn.
func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	star, typ := false, fn.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.ParenExpr:
			typ = t.X
		case *ast.StarExpr:
			star, typ = true, t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			if star {
				return "(*" + t.Name + ")." + fn.Name.Name
			}
			return t.Name + "." + fn.Name.Name
		default:
			return fn.Name.Name
		}
	}
}
