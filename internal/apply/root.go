package apply

import (
	"os"
	"path/filepath"
)

// Root names the tree that dir belongs to, so that runs in two folders of one
// repository share a lock, and a journal is found from wherever goherd is
// started next: the repository around dir, else the outermost module or
// workspace, else dir itself. Symbolic links are resolved.
func Root(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	start, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return "", err
	}
	root := start
	for d := start; ; d = filepath.Dir(d) {
		if exists(d, ".git") {
			return d, nil
		}
		if exists(d, "go.mod") || exists(d, "go.work") {
			root = d
		}
		if d == filepath.Dir(d) {
			return root, nil
		}
	}
}

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}
