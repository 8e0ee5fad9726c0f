//go:build !unix

package apply

import (
	"os"
	"path/filepath"
)

// createFile is replaceFile for a file that is not there yet, and that others may read.
func createFile(path string, data []byte) error {
	if err := replaceFile(path, data); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// replaceFile does what replace_unix.go does, where renameio can't: os.Rename
// replaces in one step on Windows too, though it promises less about power cuts.
func replaceFile(path string, data []byte) (err error) {
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = t.Close()
			_ = os.Remove(t.Name())
		}
	}()
	if _, err := t.Write(data); err != nil {
		return err
	}
	if err := t.Sync(); err != nil {
		return err
	}
	if err := t.Close(); err != nil {
		return err
	}
	if old, err := os.Stat(path); err == nil {
		if err := os.Chmod(t.Name(), old.Mode().Perm()); err != nil {
			return err
		}
	}
	return os.Rename(t.Name(), path)
}
