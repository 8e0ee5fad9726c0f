// Package baseline keeps the findings that a team has decided to live with, in a
// file that goes into the repository: versioned, sorted, one entry a line.
package baseline

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Version is that of the file's form. What another version wrote is not read.
const Version = 1

// An Entry is one finding that is known. The ID alone says which; the rest is for
// people who read the file, and for telling whether a run could have seen it.
type Entry struct {
	ID      string `json:"id"` // of the finding
	Rule    string `json:"rule"`
	Package string `json:"package"`
	Path    string `json:"path"` // relative to the folder of the file, with forward slashes
	Func    string `json:"func"`
}

// A File is a baseline, read or to be written.
type File struct {
	Dir     string // absolute: paths of entries are relative to it
	Entries []Entry
}

// IDs is the set of findings that are known.
func (f *File) IDs() map[string]bool {
	set := map[string]bool{}
	for _, e := range f.Entries {
		set[e.ID] = true
	}
	return set
}

// A Run is what one run looked at.
type Run struct {
	Found []Entry  // every finding, whether it is known or not
	Rules []string // those that ran
	Files []string // absolute paths of those that were looked at
}

// Stale lists the entries that r would have found again, and did not. Those that
// it had no chance to find are none: of rules that did not run, of files that it
// did not look at (another system's, another module's).
func (f *File) Stale(r Run) []Entry {
	return f.where(func(e Entry, s scope) bool { return !s.found[e.ID] && s.covers(f.Dir, e) }, r)
}

// Without is f but for these entries.
func (f *File) Without(drop []Entry) *File {
	rest := slices.DeleteFunc(slices.Clone(f.Entries), func(e Entry) bool { return slices.Contains(drop, e) })
	return &File{f.Dir, rest}
}

// Renewed is what r found, and the entries of f that r had no chance to find.
func (f *File) Renewed(r Run) *File {
	kept := f.where(func(e Entry, s scope) bool { return !s.found[e.ID] && !s.covers(f.Dir, e) }, r)
	return &File{f.Dir, slices.Concat(r.Found, kept)}
}

func (f *File) where(fits func(Entry, scope) bool, r Run) []Entry {
	s := scopeOf(r)
	return slices.DeleteFunc(slices.Clone(f.Entries), func(e Entry) bool { return !fits(e, s) })
}

// A scope is a Run made for questions.
type scope struct {
	found, rules, files, folders map[string]bool
}

func scopeOf(r Run) scope {
	s := scope{found: map[string]bool{}, rules: map[string]bool{}, files: map[string]bool{}, folders: map[string]bool{}}
	for _, e := range r.Found {
		s.found[e.ID] = true
	}
	for _, name := range r.Rules {
		s.rules[name] = true
	}
	for _, name := range r.Files {
		s.files[name], s.folders[filepath.Dir(name)] = true, true
	}
	return s
}

// covers tells whether the run could have found e: its rule ran over its file, or
// over what is left of its package. A file that is gone from a package that was
// not looked at may have been moved, so it tells nothing.
func (s scope) covers(dir string, e Entry) bool {
	path := filepath.Join(dir, filepath.FromSlash(e.Path))
	switch {
	case !s.rules[e.Rule]:
		return false
	case s.files[path]:
		return true
	case exists(path):
		return false // for another system, with other tags, a test, or in a package that was not named
	}
	return s.folders[filepath.Dir(path)] || !hasGo(filepath.Dir(path))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func hasGo(dir string) bool {
	list, _ := os.ReadDir(dir)
	return slices.ContainsFunc(list, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".go") })
}

// Rel is path, absolute, as entries of a file in dir have it.
func Rel(dir, path string) (string, error) {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return "", fmt.Errorf("say where %s is as seen from the baseline: %w", path, err)
	}
	return filepath.ToSlash(rel), nil
}

func sorted(entries []Entry) []Entry {
	list := slices.SortedFunc(slices.Values(entries), func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Func, b.Func), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Package, b.Package))
	})
	return slices.Compact(list)
}
