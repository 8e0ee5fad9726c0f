package patch

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Check errs when an edit of f lies outside Old, or when two edits overlap. The
// order of Edits doesn't matter.
func (f File) Check() error {
	_, err := f.arranged()
	return err
}

// Apply returns Old with all edits made. Insertions at one offset keep their
// order, and come before what replaces the bytes after them; Shared insertions at
// one offset come first, sorted by New, and an edit that is there twice and Shared
// lands once. Apply errs as Check does.
func (f File) Apply() ([]byte, error) {
	edits, err := f.arranged()
	if err != nil {
		return nil, fmt.Errorf("apply edits: %w", err)
	}
	size := len(f.Old)
	for _, e := range edits {
		size += len(e.New) - (e.End - e.Start)
	}
	out := make([]byte, 0, size)
	done := 0
	for _, e := range edits {
		out = append(out, f.Old[done:e.Start]...)
		out = append(out, e.New...)
		done = e.End
	}
	return append(out, f.Old[done:]...), nil
}

// Check errs when two files of p have the same name, or when one of them doesn't
// pass its own Check.
func (p *Patch) Check() error {
	names := map[string]bool{}
	for _, f := range p.Files {
		if names[f.Name] {
			return fmt.Errorf("patch %q has %s twice", p.Title, f.Name)
		}
		names[f.Name] = true
		if err := f.Check(); err != nil {
			return fmt.Errorf("patch %q: %w", p.Title, err)
		}
	}
	return nil
}

// arranged returns the edits of f in the order in which they land.
func (f File) arranged() ([]Edit, error) {
	edits := arrange(f.Edits)
	end := 0
	for _, e := range edits {
		switch {
		case e.Start < 0 || e.End < e.Start || e.End > len(f.Old):
			return nil, fmt.Errorf("%s: edit [%d, %d) lies outside the file's %d bytes", f.Name, e.Start, e.End, len(f.Old))
		case e.Start < end:
			return nil, fmt.Errorf("%s: edit [%d, %d) overlaps one that ends at %d", f.Name, e.Start, e.End, end)
		}
		end = e.End
	}
	return edits, nil
}

// Landing returns the edits of f in the order in which Apply lands them.
func (f File) Landing() []Edit { return arrange(f.Edits) }

// arrange returns a sorted copy of edits, Shared duplicates dropped.
func arrange(edits []Edit) []Edit {
	out := slices.Clone(edits)
	slices.SortStableFunc(out, compare)
	return slices.CompactFunc(out, func(a, b Edit) bool { return a == b && a.Shared })
}

// compare orders edits as they land. It leaves two unshared edits of one range
// to the order in which they came.
func compare(a, b Edit) int {
	if c := cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)); c != 0 {
		return c
	}
	switch {
	case a.Shared && b.Shared:
		return strings.Compare(a.New, b.New)
	case a.Shared:
		return -1
	case b.Shared:
		return 1
	}
	return 0
}
