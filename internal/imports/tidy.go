package imports

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"

	"github.com/goherd/goherd/internal/patch"
)

// tidy returns edits, which lie in block d, or, where gofmt wants more blanks to
// change after them, edits that change those too: trailing comments that line up
// anew beside a new or a lost neighbour, or a blank line above comments that no
// import follows any more. It leaves a block alone that gofmt would have changed
// before, and so all CRLF files.
func (h *head) tidy(d decl, edits []patch.Edit) ([]patch.Edit, error) {
	if h.eol == "\r\n" {
		return edits, nil
	}
	shifted := slices.Clone(edits)
	for i := range shifted {
		shifted[i].Start -= d.start
		shifted[i].End -= d.start
	}
	old := h.src[d.start:h.lineEnd(d.end)]
	plain, err := patch.File{Name: "the import block", Old: old, Edits: shifted}.Apply()
	if err != nil {
		return nil, fmt.Errorf("format the block: %w", err)
	}
	want, ok := formatted(plain)
	if !ok || bytes.Equal(want, plain) {
		return edits, nil
	}
	if was, ok := formatted(old); !ok || !bytes.Equal(was, old) {
		return edits, nil
	}
	tidied := patch.Lines(old, want, d.start)
	for i := range tidied {
		tidied[i].Shared = true
	}
	return tidied, nil
}

// formatted returns the declaration as gofmt prints it, without a final newline.
func formatted(decl []byte) ([]byte, bool) {
	const clause = "package p\n\n"
	out, err := format.Source(append([]byte(clause), decl...))
	if err != nil {
		return nil, false
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(out, []byte(clause)), []byte("\n")), true
}
