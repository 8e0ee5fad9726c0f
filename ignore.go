package goherd

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/rule"
)

// A directive is one comment that silences findings: `//goherd:ignore RULE
// reason`, or `//nolint:goherd`. It is read here, inside the analyzer, so that
// all drivers agree. What `//goherd:read` promises is the effects' to know; here
// is seen to it that it stands where they look for it.
type directive struct {
	pos  token.Pos
	rule string   // "" for nolint: every rule
	decl ast.Decl // the declaration it stands above, and so covers whole
	line int      // else the line it covers
	file *ast.File
	used bool
}

// silence drops the findings that a directive covers, and warns of directives
// that are wrong or silence nothing.
func silence(pass *analysis.Pass, files []*ast.File, ran []*rule.Rule, found []*rule.Finding) (kept []*rule.Finding, list []*directive, warnings []Warning) {
	for _, f := range files {
		ds, ws := directives(pass, f)
		list = append(list, ds...)
		warnings = append(warnings, ws...)
	}
	for _, f := range found {
		hushed := false
		for _, d := range list {
			if d.covers(pass, f) {
				d.used, hushed = true, true
			}
		}
		if !hushed {
			kept = append(kept, f)
		}
	}
	for _, d := range list {
		asked := d.rule == "" || slices.ContainsFunc(ran, func(r *rule.Rule) bool { return r.Name == d.rule })
		if !d.used && asked && d.rule != "" {
			warnings = append(warnings, Warning{d.pos, IgnoreWarning, fmt.Sprintf("//goherd:ignore %s silences nothing: remove it", d.rule)})
		}
	}
	return kept, list, warnings
}

// covers tells whether a directive speaks of a finding: it stands above the
// finding's declaration, or its line is one of the finding's.
func (d *directive) covers(pass *analysis.Pass, f *rule.Finding) bool {
	if d.file != f.File || d.rule != "" && d.rule != f.Rule.Name {
		return false
	}
	if d.decl != nil {
		return d.decl == f.Decl
	}
	from, to := pass.Fset.PositionFor(f.Pos, false).Line, pass.Fset.PositionFor(f.End, false).Line
	return from <= d.line && d.line <= to
}

// directives reads the comments of one file.
func directives(pass *analysis.Pass, f *ast.File) (list []*directive, warnings []Warning) {
	var code map[int]bool // few files have a directive: asked for by the first
	var docs map[*ast.CommentGroup]bool
	for _, group := range f.Comments {
		end := pass.Fset.PositionFor(group.End(), false).Line
		for _, c := range group.List {
			names, warning := parseDirective(c.Text)
			if warning != "" {
				warnings = append(warnings, Warning{c.Pos(), IgnoreWarning, warning})
			}
			if word, _ := cutDirective(c.Text); word == "read" {
				if docs == nil {
					docs = docsOfCallables(f)
				}
				if !docs[group] {
					warnings = append(warnings, Warning{c.Pos(), IgnoreWarning, "//goherd:read promises nothing here: put it into the doc comment of a function, or of a method in the declaration of an interface"})
				}
			}
			if len(names) == 0 {
				continue
			}
			if code == nil {
				code = linesOfCode(pass.Fset, f)
			}
			line := pass.Fset.PositionFor(c.Pos(), false).Line
			var decl ast.Decl
			if !code[line] { // on a line of its own: it speaks of what follows
				line = end + 1
				decl = declAt(pass.Fset, f, line)
			}
			for _, name := range names {
				list = append(list, &directive{pos: c.Pos(), rule: name, decl: decl, line: line, file: f})
			}
		}
	}
	return list, warnings
}

// parseDirective gives the rules that a comment names ("" for all), or what is
// wrong with it. A directive without a reason silences nothing.
func parseDirective(text string) (names []string, warning string) {
	if rest, ok := strings.CutPrefix(text, "//nolint:"); ok {
		linters, _, _ := strings.Cut(rest, " ")
		linters, _, _ = strings.Cut(linters, "//")
		if slices.Contains(strings.Split(linters, ","), "goherd") {
			return []string{""}, ""
		}
		return nil, ""
	}
	switch word, rest := cutDirective(text); word {
	case "":
		return nil, ""
	case "ignore":
		return parseIgnore(rest)
	case "read": // directives looks where it stands
		return nil, ""
	default:
		return nil, fmt.Sprintf("//goherd:%s is no directive: there is //goherd:ignore RULE why, and //goherd:read", word)
	}
}

// cutDirective gives the word behind "//goherd:", and what follows it. The word
// is "" where the comment is none of goherd's.
func cutDirective(text string) (word, rest string) {
	text, ok := strings.CutPrefix(text, "//goherd:")
	if end := strings.IndexAny(text, " \t"); ok && end >= 0 {
		return text[:end], text[end:]
	}
	if !ok {
		return "", ""
	}
	return text, ""
}

func parseIgnore(rest string) (names []string, warning string) {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return nil, "//goherd:ignore needs a rule and a reason: //goherd:ignore RULE why"
	}
	for _, name := range strings.Split(words[0], ",") {
		if !slices.ContainsFunc(Rules, func(r *rule.Rule) bool { return r.Name == name }) {
			return nil, fmt.Sprintf("//goherd:ignore names %q, which is no rule: the rules are %s", name, strings.Join(namesOf(Rules), ", "))
		}
		names = append(names, name)
	}
	if len(words) == 1 {
		return nil, fmt.Sprintf("//goherd:ignore %s needs a reason: say why behind the rule; until then it silences nothing", words[0])
	}
	return names, ""
}

// docsOfCallables gives the doc comments in which the effects look for
// //goherd:read: of functions, and of methods in the interfaces of a file's types.
func docsOfCallables(f *ast.File) map[*ast.CommentGroup]bool {
	docs := map[*ast.CommentGroup]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			docs[d.Doc] = true
		case *ast.GenDecl:
			if d.Tok == token.TYPE {
				addMethodDocs(docs, d)
			}
		}
	}
	return docs
}

func addMethodDocs(docs map[*ast.CommentGroup]bool, d *ast.GenDecl) {
	ast.Inspect(d, func(n ast.Node) bool {
		if i, ok := n.(*ast.InterfaceType); ok {
			for _, m := range i.Methods.List {
				if len(m.Names) > 0 { // else it is embedded
					docs[m.Doc] = true
				}
			}
		}
		return true
	})
}

// linesOfCode marks the lines on which a token of code starts or ends.
func linesOfCode(fset *token.FileSet, f *ast.File) map[int]bool {
	marked := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case nil:
			return false
		case *ast.Comment, *ast.CommentGroup:
			return false
		case *ast.File:
			return true
		}
		marked[fset.PositionFor(n.Pos(), false).Line] = true
		marked[fset.PositionFor(n.End()-1, false).Line] = true
		return true
	})
	return marked
}

// declAt is the top-level declaration that starts on a line, or whose doc
// comment ends above it.
func declAt(fset *token.FileSet, f *ast.File, line int) ast.Decl {
	for _, d := range f.Decls {
		if fset.PositionFor(d.Pos(), false).Line == line {
			return d
		}
	}
	return nil
}
