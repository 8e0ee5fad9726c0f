// Package trial applies patches together, in memory, and says whether what comes
// out is good: the one check that every patch has to pass, whoever offers it.
package trial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/imports"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/verify"
)

// A Trial is some patches applied together and found good.
type Trial struct {
	Texts    map[string][]byte // every changed file, as it came out
	Packages []*verify.Package // those that were given, type-checked anew, in the same order
	Dropped  []verify.Import   // what the patches left unused, and is not in Texts any more

	whole bool // Packages will be analysed, so they have to be complete
}

// Try applies patches that don't overlap, removes the imports that they leave
// unused, and checks what came out: it parses, no comment is lost, every package
// of pkgs type-checks (pkgs are all that hold a changed file, p's tests too: a new
// name may clash with one of theirs), and what was not edited means what it meant.
// Only with whole are the new packages good for another analysis.
func Try(pkgs []*verify.Package, whole bool, patches ...*patch.Patch) (t *Trial, err error) {
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("the check panicked: %v", p) // costs a patch, not the run
		}
	}()
	m := patch.Merge(patches)
	if slices.Contains(m.Taken, false) {
		return nil, fmt.Errorf("edits overlap or lie outside their file")
	}
	t = &Trial{Texts: map[string][]byte{}, Packages: slices.Clone(pkgs), whole: whole}
	spans := map[string][]verify.Span{}
	for _, f := range m.Files {
		text, err := f.Apply()
		if err != nil {
			return nil, err
		}
		t.Texts[f.Name] = text
		for _, e := range f.Edits {
			spans[f.Name] = append(spans[f.Name], verify.Span{Start: e.Start, End: e.End, Len: len(e.New)})
		}
	}
	unused, err := t.advance(t.Texts, spans, keepsComments)
	if err != nil {
		return nil, err
	}
	if len(unused) > 0 {
		err = t.dropImports(unused)
	}
	return t, err
}

// advance type-checks every package of t with the given texts. It returns the
// imports that nothing uses any more; with those, the packages are not good yet.
func (t *Trial) advance(texts map[string][]byte, spans map[string][]verify.Span, more func(old, new *verify.Package) error) ([]verify.Import, error) {
	var unused []verify.Import
	for i, old := range t.Packages {
		new, err := t.check(old, texts, spans)
		if left, ok := err.(*verify.UnusedImports); ok {
			unused = append(unused, left.Imports...)
		} else if err != nil {
			return nil, err
		}
		if err := more(old, new); err != nil {
			return nil, err
		}
		if err := verify.Resolves(old, new, spans); err != nil {
			return nil, err
		}
		t.Packages[i] = new
	}
	return unused, nil
}

func (t *Trial) check(old *verify.Package, texts map[string][]byte, spans map[string][]verify.Span) (*verify.Package, error) {
	if t.whole {
		return old.With(texts)
	}
	return old.Recheck(texts, spans)
}

// dropImports removes imports and checks again. The removals of one file count
// as one edit, from the first byte that differs to the last.
func (t *Trial) dropImports(unused []verify.Import) error {
	slices.SortFunc(unused, func(a, b verify.Import) int {
		return strings.Compare(a.File+"\x00"+a.Path+"\x00"+a.Name, b.File+"\x00"+b.Path+"\x00"+b.Name)
	})
	texts, spans := map[string][]byte{}, map[string][]verify.Span{}
	t.Dropped = slices.Compact(unused)
	for _, i := range t.Dropped {
		text, ok := texts[i.File]
		if !ok {
			text = t.Texts[i.File]
		}
		edits, err := imports.Remove(text, i.Path, i.Name)
		if err != nil {
			return fmt.Errorf("remove the unused import of %q: %w", i.Path, err)
		}
		if texts[i.File], err = (patch.File{Name: i.File, Old: text, Edits: edits}).Apply(); err != nil {
			return fmt.Errorf("remove the unused import of %q: %w", i.Path, err)
		}
	}
	for name, text := range texts {
		spans[name] = []verify.Span{difference(t.Texts[name], text)}
		t.Texts[name] = text
	}
	// A comment may go with the import that it belongs to.
	unused, err := t.advance(texts, spans, func(old, new *verify.Package) error { return nil })
	if err == nil && len(unused) > 0 {
		err = &verify.UnusedImports{Imports: unused}
	}
	return err
}

// keepsComments compares file by file, so that a comment can't pass for one of
// the same words elsewhere.
func keepsComments(old, new *verify.Package) error {
	for i, f := range old.Files {
		if f == new.Files[i] {
			continue
		}
		if err := verify.Comments(f, new.Files[i]); err != nil {
			return fmt.Errorf("%s: %w", old.Names[i], err)
		}
	}
	return nil
}

// difference is the one span that turns old into new.
func difference(old, new []byte) verify.Span {
	start := 0
	for start < len(old) && start < len(new) && old[start] == new[start] {
		start++
	}
	tail := 0
	for tail < len(old)-start && tail < len(new)-start && old[len(old)-1-tail] == new[len(new)-1-tail] {
		tail++
	}
	return verify.Span{Start: start, End: len(old) - tail, Len: len(new) - tail - start}
}
