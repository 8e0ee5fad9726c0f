//go:build unix

package apply

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// replaceAs writes data to a temporary file beside path, syncs it, and
// renames it over path. Mode bits stay; a new file has those of perm, less the
// user's mask.
func replaceAs(path string, data []byte, perm os.FileMode) error {
	t, err := renameio.NewPendingFile(path,
		renameio.WithTempDir(filepath.Dir(path)), // any other folder may be on another disk
		renameio.WithPermissions(perm),
		renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer func() { _ = t.Cleanup() }() // does nothing after the rename
	if _, err := t.Write(data); err != nil {
		return err
	}
	keepOwner(t.File, path)
	return t.CloseAtomicallyReplace()
}

// keepOwner gives the new file to the old one's owner: root in a container must
// not take a user's files away from them. Others may not give files away, so an
// error changes nothing.
func keepOwner(f *os.File, path string) {
	old, err := os.Lstat(path)
	if err != nil {
		return
	}
	if was, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(was.Uid), int(was.Gid))
	}
}
