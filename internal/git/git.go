// Package git asks the git command what goherd must know before it writes.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// argsLimit bounds the bytes of file names on one command line: Windows takes
// 32,767 characters in all, and git status reads no names from its input.
const argsLimit = 20_000

// Dirty tells which of the files, absolute or relative to dir, hold work that
// git does not have: staged and unstaged changes, untracked and ignored files.
// They come back as they were given, in that order. inRepo is false when one of
// the files is in no repository, or when there is no git command. The files may
// lie in several repositories, submodules and worktrees. An error holds git's
// own words.
func Dirty(ctx context.Context, dir string, files []string) (dirty []string, inRepo bool, err error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, false, nil
	}
	s := search{known: map[string]*repository{}}
	inRepo = true
	for _, file := range files {
		ok, err := s.add(ctx, dir, file)
		if err != nil {
			return nil, false, err
		}
		inRepo = inRepo && ok
	}
	bad := map[string]bool{}
	for _, r := range s.found {
		if err := r.status(ctx, bad); err != nil {
			return nil, false, err
		}
	}
	for _, file := range files {
		if bad[file] {
			dirty = append(dirty, file)
			delete(bad, file)
		}
	}
	// Names that only git uses, where the file system folds case or composes accents.
	for name := range bad {
		dirty = append(dirty, name)
	}
	slices.Sort(dirty[len(dirty)-len(bad):])
	return dirty, inRepo, nil
}

// A repository is one working tree and those of the files that are in it.
type repository struct {
	top   string              // resolved
	names []string            // relative to top, with forward slashes
	given map[string][]string // what the caller calls each
}

// A search sorts files into repositories. It looks for .git itself, so that git
// is started once a tree and not once a folder.
type search struct {
	found []*repository
	known map[string]*repository // by resolved folder; nil: in none
}

// add tells whether file is in a repository.
func (s *search) add(ctx context.Context, dir, file string) (bool, error) {
	abs := file
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(dir, file)
	}
	// The file's own name stays: git knows a symbolic link, not what it leads to.
	folder, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return false, err
	}
	r, err := s.repositoryOf(ctx, folder)
	if r == nil || err != nil {
		return false, err
	}
	name, err := filepath.Rel(r.top, filepath.Join(folder, filepath.Base(abs)))
	if err != nil {
		return false, err
	}
	name = filepath.ToSlash(name)
	r.names = append(r.names, name)
	r.given[name] = append(r.given[name], file)
	return true, nil
}

// repositoryOf gives nil for a folder in no repository.
func (s *search) repositoryOf(ctx context.Context, folder string) (*repository, error) {
	if r, ok := s.known[folder]; ok {
		return r, nil
	}
	var r *repository
	var err error
	if _, e := os.Lstat(filepath.Join(folder, ".git")); e == nil {
		r, err = s.open(ctx, folder)
	}
	// A .git that git makes nothing of doesn't hide a repository above it.
	if parent := filepath.Dir(folder); r == nil && err == nil && parent != folder {
		r, err = s.repositoryOf(ctx, parent)
	}
	if err == nil {
		s.known[folder] = r
	}
	return r, err
}

// open asks git for the working tree around folder.
func (s *search) open(ctx context.Context, folder string) (*repository, error) {
	out, err := run(ctx, folder, "rev-parse", "--show-toplevel")
	if err != nil {
		if strings.Contains(err.Error(), "not a git repository") {
			return nil, nil
		}
		return nil, err
	}
	top, err := filepath.EvalSymlinks(filepath.FromSlash(strings.TrimSuffix(string(out), "\n")))
	if err != nil {
		return nil, err
	}
	for _, r := range s.found {
		if r.top == top {
			return r, nil
		}
	}
	r := &repository{top: top, given: map[string][]string{}}
	s.found = append(s.found, r)
	return r, nil
}

// status marks the files of r that differ from what git has.
func (r *repository) status(ctx context.Context, bad map[string]bool) error {
	for _, names := range chunks(r.names, argsLimit) {
		args := []string{"--literal-pathspecs", "status", "--porcelain=v1", "-z", "--no-renames",
			"--untracked-files=all", "--ignored=traditional", "--"}
		out, err := run(ctx, r.top, append(args, names...)...)
		if err != nil {
			return err
		}
		for _, line := range bytes.Split(out, []byte{0}) {
			if len(line) < len("XY n") {
				continue // after the last NUL
			}
			name := string(line[len("XY "):])
			if r.given[name] == nil {
				bad[filepath.Join(r.top, filepath.FromSlash(name))] = true
			}
			for _, file := range r.given[name] {
				bad[file] = true
			}
		}
	}
	return nil
}

// chunks cuts names into runs of at most limit bytes, or of a single longer name.
func chunks(names []string, limit int) [][]string {
	var out [][]string
	size := limit
	for _, name := range names {
		if size += len(name) + 1; size > limit {
			out = append(out, nil)
			size = len(name) + 1
		}
		out[len(out)-1] = append(out[len(out)-1], name)
	}
	return out
}

// run starts git in dir: no hooks, no daemon, no locks, English messages, and
// only the repository that dir is in.
func run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(ownRepositoryOnly(os.Environ()), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C", "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if words := strings.TrimSpace(stderr.String()); words != "" {
		err = errors.New(words)
	}
	return nil, fmt.Errorf("ask git in %s: %w", dir, err)
}

// ownRepositoryOnly drops the variables that tie git to one repository, which a
// hook sets, and those that give pathspecs another meaning.
func ownRepositoryOnly(env []string) []string {
	drop := []string{
		"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
		"GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
	}
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(drop, name)
	})
}
