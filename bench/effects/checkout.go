package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// checkout gives a folder with the repository at the commit: one below checkouts
// that is there already, by the repository's name, or one that is laid out below
// work from a bare clone MIRRORS/OWNER+NAME/repo. A clone may lack very large
// files, which are left out.
func checkout(repo, commit, checkouts, mirrors, work string) (string, error) {
	_, name, _ := strings.Cut(repo, "/")
	if checkouts != "" {
		dir, err := filepath.Abs(filepath.Join(checkouts, name))
		if err == nil && at(dir, commit) {
			return dir, nil
		}
	}
	if mirrors == "" {
		return "", fmt.Errorf("%s: no checkout at %s, and no --mirrors to lay one out from", repo, commit)
	}
	plus := strings.ReplaceAll(repo, "/", "+")
	clone, err := filepath.Abs(filepath.Join(mirrors, plus, "repo"))
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(filepath.Join(work, plus))
	if err != nil {
		return "", err
	}
	if at(dir, commit) {
		return dir, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	for _, args := range [][]string{{"clone", "-q", "-n", "--no-tags", clone, dir}, {"-C", dir, "update-ref", "--no-deref", "HEAD", commit}, {"-C", dir, "read-tree", commit}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	err = exec.Command("git", "-C", dir, "checkout-index", "-a", "-q", "-f").Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return "", err
	}
	if !at(dir, commit) {
		return "", fmt.Errorf("%s: could not be laid out at %s", repo, commit)
	}
	return dir, nil
}

// at tells whether dir is a work tree of the commit whose Go files are as committed.
func at(dir, commit string) bool {
	head, err := exec.Command("git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil || strings.TrimSpace(string(head)) != commit {
		return false
	}
	changed, err := exec.Command("git", "-C", dir, "status", "--porcelain", "--", "*.go", "go.mod", "go.sum").Output()
	return err == nil && len(changed) == 0
}
