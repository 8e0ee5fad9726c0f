package goherd

import (
	"bytes"
	"errors"
	"go/format"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/patch"
)

// offerable errs where applying the fix would do more than the fix says: go fix
// formats every file that it writes, and edits by the place that a //line
// directive names can't be trusted.
func (s *settler) offerable(c *candidate) error {
	for _, f := range c.Patch.Files {
		err, known := s.plain[f.Name]
		if !known {
			err = c.view.plain(f)
			s.plain[f.Name] = err
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *view) plain(f patch.File) error {
	file := v.pkg.Fset.File(v.file[f.Name].FileStart)
	if file.Size() != len(f.Old) {
		return errors.New("the file has changed since it was read")
	}
	for offset := range f.Old {
		if f.Old[offset] == '\n' && file.Position(file.Pos(offset)).Filename != f.Name {
			return errors.New("a //line directive gives the file another name")
		}
	}
	if text, err := format.Source(f.Old); err != nil || !bytes.Equal(text, f.Old) {
		return errors.New("the file is not gofmt-formatted, and go fix would format all of it")
	}
	return nil
}

// crowd tells whether a and b insert different texts at one offset. Goherd sorts
// them, other drivers don't.
func crowd(a, b *patch.Patch) bool {
	for _, f := range a.Files {
		for _, g := range b.Files {
			if f.Name != g.Name {
				continue
			}
			for _, e := range f.Edits {
				if e.Start == e.End && len(inserted(g, e.Start)) > 0 && !slices.Equal(inserted(f, e.Start), inserted(g, e.Start)) {
					return true
				}
			}
		}
	}
	return false
}

func inserted(f patch.File, at int) []string {
	var texts []string
	for _, e := range f.Edits {
		if e.Start == at && e.End == at {
			texts = append(texts, e.New)
		}
	}
	slices.Sort(texts)
	return texts
}

// fix is the patch in the words of go/analysis.
func (c *candidate) fix() *analysis.SuggestedFix {
	fix := &analysis.SuggestedFix{Message: c.Patch.Title}
	for _, f := range c.Patch.Files {
		file := c.view.pkg.Fset.File(c.view.file[f.Name].FileStart)
		for _, e := range f.Landing() {
			fix.TextEdits = append(fix.TextEdits, analysis.TextEdit{Pos: file.Pos(e.Start), End: file.Pos(e.End), NewText: []byte(e.New)})
		}
	}
	return fix
}
