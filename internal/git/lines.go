package git

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// A tree is what one working tree has changed since a commit. The zero tree is
// new as a whole.
type tree struct {
	files map[string]bool    // the Go files that the commit has
	links map[string]string  // the submodules that it has, and at which commits
	lines map[string][]lines // of the files that differ, by their names of today
	gone  map[string]bool    // what git no longer has
}

// lines are lines first to last of a file.
type lines struct{ first, last int }

// changed tells whether one of the lines first to last of a file has. Names are
// relative, with forward slashes.
func (t *tree) changed(name string, first, last int) bool {
	at, differs := t.lines[name]
	if !differs {
		return !t.files[name] || t.gone[name] // git doesn't have it, or not any more
	}
	for _, l := range at {
		if l.first <= last && first <= l.last {
			return true
		}
	}
	return false
}

// renameLimit is up to how many new and old names git looks for files that were
// moved and changed; its own limit depends on the version.
const renameLimit = "-l2000"

// compare asks git what differs between a commit and the working tree at top.
// The user's configuration of git diff must make no difference.
func compare(ctx context.Context, top, commit string) (*tree, error) {
	t := &tree{files: map[string]bool{}, links: map[string]string{}, lines: map[string][]lines{}, gone: map[string]bool{}}
	if err := t.list(ctx, top, commit); err != nil {
		return nil, err
	}
	out, err := run(ctx, top, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--text", "--unified=0", "--inter-hunk-context=0",
		"--src-prefix=a/", "--dst-prefix=b/", "--no-relative", "--find-renames", renameLimit, "--diff-algorithm=myers",
		"--ignore-submodules=all", commit, "--", "*.go")
	if err != nil {
		return nil, err
	}
	files, _, err := gitdiff.Parse(bytes.NewReader(out))
	if err != nil {
		return nil, fmt.Errorf("read what git diff says of %s: %w", top, err)
	}
	for _, f := range files {
		if f.IsDelete {
			t.gone[f.OldName] = true
			continue
		}
		t.lines[f.NewName] = append(t.lines[f.NewName], fragments(f)...)
	}
	return t, nil
}

// fragments are the lines that a file has got anew. Where lines only went, those
// on both sides of them count: what is left may be what is wrong now.
func fragments(f *gitdiff.File) []lines {
	all := []lines{}
	for _, part := range f.TextFragments {
		first, n := int(part.NewPosition), int(part.NewLines)
		if n == 0 {
			all = append(all, lines{first, first + 1})
		} else {
			all = append(all, lines{first, first + n - 1})
		}
	}
	return all
}

// list asks which Go files and submodules the commit has.
func (t *tree) list(ctx context.Context, top, commit string) error {
	out, err := run(ctx, top, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		about, name, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(about) // mode, type, object
		switch {
		case len(fields) != 3:
		case fields[1] == "commit":
			t.links[name] = fields[2]
		case strings.HasSuffix(name, ".go"):
			t.files[name] = true
		}
	}
	return nil
}
