package imports

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/goherd/goherd/internal/patch"
)

// Remove returns the edits that take the import of path under name ("" for none)
// out of the Go file src, with its line, the blank line that set off its group if it
// was the last one there, and the declaration if nothing is left in it; no edits when
// there is no such import. What is gofmt-clean stays so. The edits are Shared. They
// are made for one removal: to remove two imports, apply the first edits and call
// Remove again with what came out.
//
// Remove errs if the import has a comment, which would be lost, if src has no
// readable imports, or if they don't stand one to a line.
func Remove(src []byte, path, name string) ([]patch.Edit, error) {
	edits, err := remove(src, path, name)
	if err != nil {
		return nil, fmt.Errorf("remove import %q: %w", path, err)
	}
	return edits, nil
}

func remove(src []byte, path, name string) ([]patch.Edit, error) {
	h, err := parse(src)
	if err != nil {
		return nil, err
	}
	for _, d := range h.decls {
		for _, s := range d.specs {
			if s.path != path || s.name != name {
				continue
			}
			if s.doc || s.comment {
				return nil, errors.New("it has a comment")
			}
			if err := h.checkLayout(d); err != nil {
				return nil, err
			}
			if len(d.specs) == 1 {
				return h.removeDecl(d)
			}
			return h.removeSpec(d, s)
		}
	}
	return nil, nil
}

// removeSpec removes s, one of several specs of block d.
func (h *head) removeSpec(d decl, s spec) ([]patch.Edit, error) {
	from, to := h.lines(s.start, s.end)
	if d.doc && len(d.specs) == 2 && slices.ContainsFunc(d.specs, spec.cgo) {
		return nil, errors.New("the comment above the block would become cgo's preamble")
	}
	top := from == h.nextLine(d.lparen)
	bottom := to == h.lineStart(d.rparen)
	switch {
	case top:
		to = h.skipBlank(to)
	case h.blankBefore(from) && (bottom || h.blankAt(to)):
		from = h.skipBlankBack(from)
	}
	return h.tidy(d, []patch.Edit{{Start: from, End: to, Shared: true}})
}

// removeDecl removes a whole declaration, whose only spec has no comment.
func (h *head) removeDecl(d decl) ([]patch.Edit, error) {
	if d.doc || h.hasComment(d) {
		return nil, errors.New("its declaration has a comment")
	}
	from, to := h.lines(d.start, d.end)
	switch {
	case !h.blankBefore(from):
	case to == len(h.src):
		from = h.skipBlankBack(from)
	default:
		to = h.skipBlank(to)
	}
	return []patch.Edit{{Start: from, End: to, Shared: true}}, nil
}

// hasComment tells whether a comment stands anywhere in d, or behind it.
func (h *head) hasComment(d decl) bool {
	end := h.nextLine(d.end)
	s := d.specs[0]
	around := bytes.Join([][]byte{h.src[d.start:s.start], h.src[s.end:end]}, nil)
	return bytes.Contains(around, []byte("//")) || bytes.Contains(around, []byte("/*"))
}

// lines returns the whole lines that hold the bytes [start, end).
func (h *head) lines(start, end int) (from, to int) {
	return h.lineStart(start), h.nextLine(h.lineEnd(end))
}

// blankAt tells whether the line that starts at offset at is blank; past the end there is none.
func (h *head) blankAt(at int) bool {
	return at < len(h.src) && len(bytes.TrimSpace(h.src[at:h.nextLine(at)])) == 0
}

// blankBefore tells whether the line before the one that starts at offset at is blank.
func (h *head) blankBefore(at int) bool {
	return at > 0 && h.blankAt(h.lineStart(at-1))
}

// skipBlank returns the start of the first line from offset at on that isn't blank.
func (h *head) skipBlank(at int) int {
	for h.blankAt(at) {
		at = h.nextLine(at)
	}
	return at
}

// skipBlankBack returns the start of the first of the blank lines right before offset at.
func (h *head) skipBlankBack(at int) int {
	for h.blankBefore(at) {
		at = h.lineStart(at - 1)
	}
	return at
}
