package imports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/patch"
)

// Add returns the edits that import path under name ("" for the package's own) into
// the Go file src; none when it is imported so already. They are Shared, and always
// the same for the same source and import, so that patches that need one import
// agree about it. The edits for different imports of one source fit together, but for
// two rare cases where they overlap: both line up the same trailing comments, or a
// standard and another import join a lone one that isn't standard.
//
// The import goes into the group of a parenthesised block where it belongs, sorted.
// What is gofmt-clean stays so. Add errs if src has no readable imports, or if they
// don't stand one to a line.
func Add(src []byte, path, name string) ([]patch.Edit, error) {
	edits, err := add(src, spec{path: path, name: name})
	if err != nil {
		return nil, fmt.Errorf("add import %q: %w", path, err)
	}
	return edits, nil
}

func add(src []byte, s spec) ([]patch.Edit, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	h, err := parse(src)
	if err != nil {
		return nil, err
	}
	var blocks, lones, cgo []decl
	for _, d := range h.decls {
		switch {
		case slices.ContainsFunc(d.specs, s.same):
			return nil, nil
		case d.onlyC():
			cgo = append(cgo, d)
		case d.lparen >= 0:
			blocks = append(blocks, d)
		default:
			lones = append(lones, d)
		}
	}
	switch {
	case len(blocks) > 0:
		return h.addToBlocks(blocks, s)
	case len(lones) == 1:
		return h.addToLone(lones[0], s)
	case len(lones) > 1:
		return h.addToLones(lones, s)
	case len(cgo) > 0:
		return h.addAfter("cgo's import", cgo[len(cgo)-1].end, s)
	}
	return h.addAfter("the package clause", h.pkg, s)
}

// insert is a Shared insertion.
func insert(at int, text string) patch.Edit {
	return patch.Edit{Start: at, End: at, New: text, Shared: true}
}

// addToBlocks chooses the block and the group for s.
func (h *head) addToBlocks(blocks []decl, s spec) ([]patch.Edit, error) {
	best, bestScore := blocks[0], 0
	var home []spec
	for _, d := range blocks {
		for _, g := range h.groups(d) {
			if score := fit(g, s); score > bestScore {
				best, bestScore, home = d, score, g
			}
		}
	}
	if home == nil {
		if i := slices.IndexFunc(blocks, func(d decl) bool { return len(d.specs) > 0 }); i >= 0 {
			best = blocks[i] // not `import ()`
		}
	}
	if err := h.checkLayout(best); err != nil {
		return nil, err
	}
	return h.tidy(best, h.addToBlock(best, home, s))
}

// fit scores how well s goes with group g: 0 is not at all. The first of several
// groups with the best score wins.
func fit(g []spec, s spec) int {
	if s.std() {
		if slices.ContainsFunc(g, spec.std) {
			return 1
		}
		return 0
	}
	best := 0
	for _, t := range g {
		if t.dotted() {
			best = max(best, 1+commonElements(s.path, t.path))
		}
	}
	return best
}

func commonElements(p, q string) int {
	a, b := strings.Split(p, "/"), strings.Split(q, "/")
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// addToBlock puts s into group home of block d, or into a new group if home is nil.
//
// Offsets are chosen so that insertions of different specs fit together. Those at
// one offset land sorted, which puts "\t" before "\n" before "\r".
func (h *head) addToBlock(d decl, home []spec, s spec) []patch.Edit {
	line := "\t" + s.text() + h.eol
	if home == nil {
		return h.addGroup(d, s.std(), line)
	}
	before := -1
	for i, t := range home {
		if t.compare(s) < 0 {
			before = i
		}
	}
	if before < 0 {
		// Behind the indentation, not at the start of the line: a new group of
		// standard imports at the top of the block starts there.
		first := home[0].first
		return []patch.Edit{insert(first, s.text()+h.eol+h.indentation(first))}
	}
	next := h.nextLine(h.lineEnd(home[before].end))
	return []patch.Edit{insert(next, h.indentation(home[before].start)+s.text()+h.eol)}
}

// addGroup opens a group with one line in it: standard imports at the top of
// block d, others at its end.
func (h *head) addGroup(d decl, std bool, line string) []patch.Edit {
	switch {
	case len(d.specs) == 0 && h.startsLine(d.rparen):
		return []patch.Edit{insert(h.lineStart(d.rparen), line)}
	case len(d.specs) == 0: // import ()
		return []patch.Edit{insert(d.rparen, h.eol+line)}
	case !std:
		return []patch.Edit{insert(h.lineStart(d.rparen), h.eol+line)}
	}
	top := h.nextLine(h.lineEnd(d.lparen + 1))
	return []patch.Edit{insert(top, line), insert(top, h.eol)}
}

// indentation returns the blanks before offset at, which starts its line.
func (h *head) indentation(at int) string { return string(h.src[h.lineStart(at):at]) }

// addToLone turns the only import into a block of two:
//
//	import "fmt" // c
//	=>
//	import (
//		"fmt" // c
//		"runtime"
//	)
//
// Each piece is an edit of its own, so that two patches may add two imports: the
// opening and the closing land once, and at one offset "\n\t" sorts before "\n\n\t".
// The closing goes on the next line for the merge of go fix, which sorts nothing: at
// one offset it would write one import, the closing, the other import, the closing.
func (h *head) addToLone(d decl, s spec) ([]patch.Edit, error) {
	if err := h.checkLayout(d); err != nil {
		return nil, err
	}
	old := d.specs[0]
	keyword := d.start + len("import")
	if strings.TrimLeft(string(h.src[keyword:old.start]), " \t") != "" {
		return nil, fmt.Errorf("there is a comment between the keyword and the path of %s", old.text())
	}
	end := h.lineEnd(old.end)
	open := patch.Edit{Start: keyword, End: old.start, New: " (" + h.eol + "\t", Shared: true}
	shut := insert(h.nextLine(end), ")"+h.eol)
	if shut.Start == end {
		shut.New = h.eol + ")" // no final newline
	}
	switch {
	case old.std() && !s.std():
		return []patch.Edit{open, insert(end, h.eol+h.eol+"\t"+s.text()), shut}, nil
	case s.std() && !old.std():
		open.New = " ("
		return []patch.Edit{open, insert(old.start, h.eol+"\t"+s.text()), insert(old.start, h.eol+h.eol+"\t"), shut}, nil
	case s.compare(old) < 0:
		return []patch.Edit{open, insert(old.start, s.text()+h.eol+"\t"), shut}, nil
	}
	return []patch.Edit{open, insert(end, h.eol+"\t"+s.text()), shut}, nil
}

// addToLones adds one more to a file whose imports are several declarations
// without parentheses.
func (h *head) addToLones(lones []decl, s spec) ([]patch.Edit, error) {
	after := lones[len(lones)-1]
	for _, d := range slices.Backward(lones) {
		if t := d.specs[0]; t.std() == s.std() && t.compare(s) < 0 {
			after = d
			break
		}
	}
	if err := h.checkLayout(after); err != nil {
		return nil, err
	}
	end := h.lineEnd(after.end)
	return []patch.Edit{insert(end, h.eol+"import "+s.text())}, nil
}

// addAfter adds a declaration below what ends at offset at: the package clause or
// cgo's import. The blank line is an edit of its own, and lands once.
func (h *head) addAfter(what string, at int, s spec) ([]patch.Edit, error) {
	end := h.lineEnd(at)
	if end < 0 {
		return nil, fmt.Errorf("there is code behind %s on its line", what)
	}
	return []patch.Edit{insert(end, h.eol), insert(end, h.eol+"import "+s.text())}, nil
}
