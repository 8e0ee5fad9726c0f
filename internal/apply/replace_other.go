//go:build !unix

package apply

import (
	"os"
	"path/filepath"
)

// replaceAs does what replace_unix.go does, where renameio can't: os.Rename
// replaces in one step on Windows too, though it promises less about power cuts.
func replaceAs(path string, data []byte, perm os.FileMode) (err error) {
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
		perm = old.Mode().Perm()
	}
	if err := os.Chmod(t.Name(), perm); err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}
