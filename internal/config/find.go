package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Find looks for the file that speaks for a run in dir: at the root of dir's
// module (or workspace), and then in each folder above. The search ends at the
// root of the repository, which is the first folder with .git in it, and else at
// the root of the file system. Outside of a module it starts at dir. A file
// deeper inside a module is not looked for, so that it makes no difference in
// which of the module's folders goherd runs.
//
// It returns "" where there is none. It errs where there is one by a name that is
// nearly right, and where it can't tell.
func Find(dir string) (path string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	for _, folder := range above(start(dir)) {
		path := filepath.Join(folder, Name)
		_, err := os.Lstat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for %s (--no-config does without): %w", Name, err)
		}
		other := filepath.Join(folder, ".goherd.yml")
		if exists(other) {
			return "", fmt.Errorf("%s is not read: name it %s", other, Name)
		}
	}
	return "", nil
}

// start is where the search starts: the root of the module that dir is in.
func start(dir string) string {
	for _, folder := range above(dir) {
		if exists(filepath.Join(folder, "go.mod")) || exists(filepath.Join(folder, "go.work")) {
			return folder
		}
	}
	return dir
}

// above lists dir and the folders above it, up to the root of the repository.
func above(dir string) []string {
	var list []string
	for {
		list = append(list, dir)
		up := filepath.Dir(dir)
		if up == dir || exists(filepath.Join(dir, ".git")) { // of a worktree or submodule, a file
			return list
		}
		dir = up
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
