package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// A History tells which lines of working trees have changed since a commit:
// committed, staged or not, and files that git doesn't have at all.
type History struct {
	Base string // the commit that is compared with, 40 or 64 hex digits

	ctx   context.Context
	rev   string
	root  *repository // of the folder that was asked about
	repos search
	trees map[*repository]*tree
}

// Since compares the working tree around dir with the merge base of its HEAD and
// rev. It errs where git can't say what that is, with what to do next: a merge
// base that is only the best of what a shallow clone has is none.
func Since(ctx context.Context, dir, rev string) (*History, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("there is no git command, and what changed since %s is git's to say: install git, or use a baseline", rev)
	}
	folder, err := resolved(dir)
	if err != nil {
		return nil, err
	}
	h := &History{ctx: ctx, rev: rev, repos: search{known: map[string]*repository{}}, trees: map[*repository]*tree{}}
	if h.root, err = h.repos.repositoryOf(ctx, folder); err != nil {
		return nil, err
	}
	if h.root == nil {
		return nil, fmt.Errorf("%s is in no git repository, so nothing has changed since %s there: run goherd in a clone, or use a baseline", folder, rev)
	}
	if h.Base, err = mergeBase(ctx, h.root.top, rev); err != nil {
		return nil, err
	}
	h.trees[h.root], err = compare(ctx, h.root.top, h.Base)
	return h, err
}

// Changed tells whether one of the lines first to last of file, an absolute path,
// has changed, or a line next to them has gone. Lines count from 1, in the file as
// it is on disk. It errs where the file is in none of the repository's trees.
func (h *History) Changed(file string, first, last int) (bool, error) {
	folder, err := resolved(filepath.Dir(file))
	if err != nil {
		return false, err
	}
	r, err := h.repos.repositoryOf(h.ctx, folder)
	if err != nil {
		return false, err
	}
	if r == nil {
		return false, fmt.Errorf("%s is in no git repository, so git can't say what changed in it since %s: leave it out, or use a baseline", file, h.rev)
	}
	t, err := h.tree(r, file)
	if err != nil {
		return false, err
	}
	name, err := filepath.Rel(r.top, filepath.Join(folder, filepath.Base(file)))
	if err != nil {
		return false, err
	}
	return t.changed(filepath.ToSlash(name), first, last), nil
}

// tree is what has changed in r, which is the repository itself or a submodule.
func (h *History) tree(r *repository, file string) (*tree, error) {
	if t, ok := h.trees[r]; ok {
		return t, nil
	}
	out, err := run(h.ctx, r.top, "rev-parse", "--show-superproject-working-tree")
	if err != nil {
		return nil, err
	}
	super := strings.TrimSuffix(string(out), "\n")
	if super == "" {
		return nil, fmt.Errorf("%s is in another repository than %s: run goherd --since there", file, h.root.top)
	}
	folder, err := resolved(filepath.FromSlash(super))
	if err != nil {
		return nil, err
	}
	above, err := h.repos.repositoryOf(h.ctx, folder)
	if err != nil {
		return nil, err
	}
	if above == nil {
		return nil, fmt.Errorf("%s is in a submodule of %s, and that is no repository", file, super)
	}
	parent, err := h.tree(above, file)
	if err != nil {
		return nil, err
	}
	h.trees[r], err = submodule(h.ctx, r, above, parent)
	return h.trees[r], err
}

// submodule compares r with the commit at which the tree above it had it.
func submodule(ctx context.Context, r, above *repository, parent *tree) (*tree, error) {
	name, err := filepath.Rel(above.top, r.top)
	if err != nil {
		return nil, err
	}
	commit, ok := parent.links[filepath.ToSlash(name)]
	if !ok {
		return &tree{}, nil // all of it is new
	}
	if _, err := run(ctx, r.top, "cat-file", "-e", commit+"^{commit}"); err != nil {
		return nil, fmt.Errorf("the submodule %s lacks the commit %s, at which it was then: git -C %s fetch --all brings it", r.top, commit, r.top)
	}
	return compare(ctx, r.top, commit)
}

// mergeBase is where the histories of HEAD and rev part.
func mergeBase(ctx context.Context, top, rev string) (string, error) {
	shallow, err := isShallow(ctx, top)
	if err != nil {
		return "", err
	}
	commit, err := commitOf(ctx, top, rev)
	if err != nil {
		return "", err
	}
	if commit == "" {
		return "", unknown(ctx, top, rev, shallow)
	}
	head, err := commitOf(ctx, top, "HEAD")
	if err != nil {
		return "", err
	}
	if head == "" {
		return "", fmt.Errorf("%s has no commit yet, so nothing can have changed since %s: commit first, or use a baseline", top, rev)
	}
	out, err := run(ctx, top, "merge-base", commit, head)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return "", ctx.Err()
	case noWords(err) && shallow:
		return "", fmt.Errorf("this clone is shallow, and where %s and HEAD part is not in it: %s", rev, deepen(rev))
	case noWords(err):
		return "", fmt.Errorf("%s and HEAD have no commit in common: name a commit of this history", rev)
	default:
		return "", err
	}
	base := strings.TrimSpace(string(out))
	// Where one is behind the other, no other base can be nearer.
	if shallow && base != commit && base != head {
		return base, notCut(ctx, top, rev, commit, head, base)
	}
	return base, nil
}

// notCut errs where the history between base and the two commits ends at the edge of a
// shallow clone: a nearer merge base could lie behind it.
func notCut(ctx context.Context, top, rev, commit, head, base string) error {
	out, err := run(ctx, top, "rev-list", "--max-parents=0", commit, head, "^"+base)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(out)) > 0 {
		return fmt.Errorf("this clone is shallow, and where %s and HEAD part may not be in it: %s", rev, deepen(rev))
	}
	return nil
}

// commitOf is "" where git knows no such commit.
func commitOf(ctx context.Context, top, rev string) (string, error) {
	out, err := run(ctx, top, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	switch {
	case err == nil:
		return strings.TrimSpace(string(out)), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	return "", nil
}

func isShallow(ctx context.Context, top string) (bool, error) {
	out, err := run(ctx, top, "rev-parse", "--is-shallow-repository")
	return strings.TrimSpace(string(out)) == "true", err
}

// unknown says what may be meant by a commit that git doesn't know.
func unknown(ctx context.Context, top, rev string, shallow bool) error {
	if shallow {
		return fmt.Errorf("git knows no commit %q, and this clone is shallow: %s", rev, deepen(rev))
	}
	if on, err := commitOf(ctx, top, "origin/"+rev); err == nil && on != "" {
		return fmt.Errorf("git knows no commit %q: did you mean origin/%s?", rev, rev)
	}
	if fetch := fetching(rev); fetch != "" {
		return fmt.Errorf("git knows no commit %q: %s brings it, if there is one", rev, fetch)
	}
	return fmt.Errorf("git knows no commit %q: git branch --all and git tag list the names that there are", rev)
}

// deepen says how a shallow clone gets its history.
func deepen(rev string) string {
	fetch := fetching(rev)
	if fetch != "" {
		fetch = " && " + fetch
	}
	return "git fetch --unshallow" + fetch + " (in GitHub Actions: actions/checkout with fetch-depth: 0; in GitLab CI: GIT_DEPTH: 0)"
}

// fetching is the command that brings a remote's branch, "" where rev names none.
// A clone of one branch makes no name for what it fetches, so the command does.
func fetching(rev string) string {
	branch, ok := strings.CutPrefix(rev, "origin/")
	if !ok || branch == "" || strings.ContainsAny(branch, "^~:@ ") {
		return ""
	}
	return fmt.Sprintf("git fetch origin %s:refs/remotes/origin/%s", branch, branch)
}

// noWords tells whether git failed without saying why, as it does to answer no.
func noWords(err error) bool {
	_, ok := errors.AsType[*exec.ExitError](err)
	return ok
}

// resolved is dir without symbolic links, absolute.
func resolved(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
