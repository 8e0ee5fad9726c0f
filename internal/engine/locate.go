package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A finding is a rule's finding on its way to a Located one.
type finding struct {
	*rule.Finding
	unit  *unit
	rank  int // the rule's place among those that run: lower wins
	place token.Position
	at    *rule.Located
	kin   string // what its id has in common with those that differ in the ordinal only

	diff string       // of this finding alone, once it has been checked
	fix  []patch.File // the same as whole-line edits, by paths as in at
}

// findings gathers what the units gave, sorted by place. The syntax that they
// point at is let go: only what has become words and numbers stays.
func (r *run) findings(units []*unit, results []*goherd.Result) []*finding {
	ranks := map[*rule.Rule]int{}
	for i, rl := range r.Rules {
		ranks[rl] = i
	}
	var all []*finding
	read := r.src.reader()
	for i, u := range units {
		if results[i] == nil {
			continue // cancelled
		}
		for _, f := range results[i].Findings {
			x := &finding{Finding: f, unit: u, rank: ranks[f.Rule], place: r.position(f.Pos)}
			x.at = r.locate(x)
			x.at.Col16 = column16(x.place, read)
			f.File, f.Decl = nil, nil
			all = append(all, x)
		}
	}
	identify(bySource(all))
	return all
}

func bySource(list []*finding) []*finding {
	slices.SortStableFunc(list, func(a, b *finding) int {
		return cmp.Or(
			cmp.Compare(a.at.Path, b.at.Path), cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Col, b.at.Col),
			cmp.Compare(a.rank, b.rank), cmp.Compare(a.Key, b.Key))
	})
	return list
}

// position is where p really is: a //line directive tells where the text came
// from, and that file is not the one to edit.
func (r *run) position(p token.Pos) token.Position { return r.fset.PositionFor(p, false) }

// locate turns positions into paths and lines. Safety, refusal and patch are
// filled in when the patch has been checked.
func (r *run) locate(f *finding) *rule.Located {
	at := &rule.Located{
		Rule: f.Rule.Name, Path: r.rel(f.place.Filename), Line: f.place.Line, Col: f.place.Column,
		EndLine: max(f.place.Line, r.position(f.End).Line),
		Func:    funcName(enclosing(f.Finding)), Package: f.unit.pkg.Path, Module: f.unit.module(),
		Message: f.Message, Changes: append([]string{}, f.Changes...), Gain: f.Gain,
		Evidence: []rule.LocatedEvidence{}, ConflictsWith: []string{},
	}
	for _, e := range f.Evidence {
		p := f.place
		if e.Pos.IsValid() {
			p = r.position(e.Pos)
		}
		at.Evidence = append(at.Evidence, rule.LocatedEvidence{Hazard: e.Hazard, Claim: e.Claim, Grade: e.Grade, Path: r.rel(p.Filename), Line: p.Line})
	}
	return at
}

// column16 is the column of p in UTF-16 units; p's own where the text can't be read.
func column16(p token.Position, read func(string) ([]byte, error)) int {
	text, err := read(p.Filename)
	start := p.Offset - (p.Column - 1)
	if err != nil || start < 0 || p.Offset > len(text) {
		return p.Column
	}
	return 1 + len(utf16.Encode([]rune(string(text[start:p.Offset]))))
}

func (r *run) rel(name string) string { return relative(r.root, name) }

// enclosing is the declaration that f names, or the one around its position.
func enclosing(f *rule.Finding) ast.Decl {
	if f.Decl != nil || f.File == nil {
		return f.Decl
	}
	for _, d := range f.File.Decls {
		if d.Pos() <= f.Pos && f.Pos < d.End() {
			return d
		}
	}
	return nil
}

// funcName is "Name", "(*T).Method" or "T.Method", and "" outside a function.
func funcName(d ast.Decl) string {
	fn, ok := d.(*ast.FuncDecl)
	if !ok {
		return ""
	}
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	t, format := ast.Unparen(fn.Recv.List[0].Type), "%s.%s"
	if star, ok := t.(*ast.StarExpr); ok {
		t, format = ast.Unparen(star.X), "(*%s).%s"
	}
	switch x := t.(type) {
	case *ast.IndexExpr:
		t = x.X
	case *ast.IndexListExpr:
		t = x.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return fmt.Sprintf(format, name.Name, fn.Name.Name)
	}
	return fn.Name.Name
}

// identify gives each finding its ID: a hash of rule, package, declaration and
// shape, so that it survives line moves, and of the ordinal among equal ones in
// source order.
func identify(sorted []*finding) {
	equal := map[string]int{}
	for _, f := range sorted {
		same := strings.Join([]string{f.at.Rule, f.at.Package, f.at.Func, f.Key}, "\x00")
		hash := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", same, equal[same]))
		equal[same]++
		f.kin, f.at.ID = same, hex.EncodeToString(hash[:8])
	}
}

// lines turns what goherd.Find warned of into lines, each once: two variants
// of a package warn of the same file.
func (r *run) lines(results []*goherd.Result) []string {
	var lines []string
	for _, res := range results {
		if res == nil {
			continue
		}
		for _, w := range res.Warnings {
			text := w.Text
			if w.Pos.IsValid() {
				p := r.position(w.Pos)
				text = fmt.Sprintf("%s:%d:%d: %s", r.rel(p.Filename), p.Line, p.Column, w.Text)
			}
			lines = append(lines, text)
		}
	}
	return sortedSet(lines)
}
