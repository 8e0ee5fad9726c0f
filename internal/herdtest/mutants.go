package herdtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"github.com/goherd/goherd/internal/patch"
)

// A mutant is what goherd wrote, spoilt in one place.
type mutant struct {
	what string // "without sem <- struct{}{}"
	text []byte
	form string // its package in the module of forms
}

// mutantsOf spoils the lines that differ between old and new, one place at a time:
// a statement is left out, or changes places with the next one, a number is one more
// or one less, a channel has no room, an error isn't returned. Some don't compile.
func mutantsOf(old, new []byte) []*mutant {
	s := parse(new)
	m := &mutator{source: s, lines: strings.Split(string(new), "\n"), fresh: freshLines(old, new)}
	ast.Inspect(s.file, func(n ast.Node) bool {
		m.look(n)
		return true
	})
	return m.found
}

// freshLines are the numbers of the lines of new that are not in old, however indented.
func freshLines(old, new []byte) map[int]bool {
	fresh := map[int]bool{}
	line := 0
	for text := range strings.Lines(patch.Unified("x.go", unindented(old), unindented(new))) {
		switch {
		case strings.HasPrefix(text, "@@"):
			_, after, _ := strings.Cut(text, "+")
			line, _ = strconv.Atoi(after[:strings.IndexAny(after, ", ")])
		case strings.HasPrefix(text, "+") && !strings.HasPrefix(text, "+++"):
			fresh[line] = true
			line++
		case strings.HasPrefix(text, " "):
			line++
		}
	}
	return fresh
}

func unindented(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimSpace(lines[i])
	}
	return bytes.Join(lines, []byte("\n"))
}

type mutator struct {
	source
	lines []string
	fresh map[int]bool
	found []*mutant
}

func (m *mutator) look(n ast.Node) {
	switch n := n.(type) {
	case *ast.BlockStmt:
		m.list(n.List)
	case *ast.CaseClause:
		m.list(n.Body)
	case *ast.CommClause:
		m.list(n.Body)
	case *ast.BasicLit:
		if n.Kind == token.INT && m.isFresh(n) {
			m.replace(n, n.Value+"+1")
			m.replace(n, n.Value+"-1")
		}
	case *ast.CallExpr:
		m.call(n)
	case *ast.ReturnStmt:
		if last := len(n.Results) - 1; last >= 0 && m.isFresh(n) && m.read(n.Results[last]) != "nil" {
			m.replace(n.Results[last], "nil")
		}
	}
}

// list leaves each fresh statement out, and has it change places with the next one.
func (m *mutator) list(list []ast.Stmt) {
	for i, s := range list {
		if m.isFresh(s) {
			m.add("without "+m.read(s), m.edit(s, s, ""))
		}
		if i+1 < len(list) && (m.isFresh(s) || m.isFresh(list[i+1])) && !declares(s) {
			next := list[i+1]
			m.add(fmt.Sprintf("%s behind %s", m.read(s), m.read(next)), m.edit(s, next, string(m.bytes(next))+"\n"+string(m.bytes(s))))
		}
	}
}

// declares tells whether a statement makes a name: whether it stands above one that
// doesn't use it makes no difference.
func declares(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.DeclStmt:
		return true
	case *ast.AssignStmt:
		return s.Tok == token.DEFINE
	}
	return false
}

// call takes the room of a channel away, and one from a count.
func (m *mutator) call(call *ast.CallExpr) {
	fun, ok := call.Fun.(*ast.Ident)
	if !ok || !m.isFresh(call) {
		return
	}
	switch {
	case fun.Name == "make" && len(call.Args) == 2:
		m.replace(call, fmt.Sprintf("make(%s)", m.bytes(call.Args[0])))
	case fun.Name == "len":
		m.replace(call, string(m.bytes(call))+"-1")
	}
}

func (m *mutator) replace(n ast.Node, by string) {
	m.add(fmt.Sprintf("%s for %s", by, m.read(n)), m.edit(n, n, by))
}

func (m *mutator) add(what string, text []byte) {
	m.found = append(m.found, &mutant{what: what, text: text})
}

// edit puts other text where the nodes from first to last stand.
func (m *mutator) edit(first, last ast.Node, by string) []byte {
	return []byte(string(m.text[:m.offset(first.Pos())]) + by + string(m.text[m.offset(last.End()):]))
}

func (m *mutator) bytes(n ast.Node) []byte { return m.text[m.offset(n.Pos()):m.offset(n.End())] }

// read is a node's text on one line.
func (m *mutator) read(n ast.Node) string {
	text := string(bytes.Join(bytes.Fields(m.bytes(n)), []byte(" ")))
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:57]) + "..."
	}
	return text
}

func (m *mutator) offset(p token.Pos) int { return m.fset.PositionFor(p, false).Offset }

// isFresh tells whether every line of n is, but for those that only close something:
// which of them is new, a diff can't tell.
func (m *mutator) isFresh(n ast.Node) bool {
	first, last := m.fset.PositionFor(n.Pos(), false).Line, m.fset.PositionFor(n.End(), false).Line
	for line := first; line <= last; line++ {
		if !m.fresh[line] && (line == first || strings.Trim(m.lines[line-1], "}()\t") != "") {
			return false
		}
	}
	return true
}
