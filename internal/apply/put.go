package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// replaceFile is replaceAs where a new file is the user's alone.
func replaceFile(path string, data []byte) error { return replaceAs(path, data, 0o600) }

// Put makes data the content of the file at path, whole or not at all: for reports,
// and whatever else is goherd's own. A symbolic link is followed. Into what is
// neither a file nor missing (a pipe, a terminal) it writes.
func Put(path string, data []byte) error {
	path, special, err := target(path)
	if err != nil {
		return err
	}
	if !special {
		return replaceAs(path, data, 0o666)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// CanPut errs where Put could not do its work, without doing it: its error says
// why in a few words. It can't see everything that may go wrong later.
func CanPut(path string) error {
	path, special, err := target(path)
	if err != nil || special {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"*")
	if err != nil {
		return because(err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// target is what path leads to, and whether it can only be written into.
func target(path string) (resolved string, special bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if link, err := os.Readlink(path); err == nil {
			return "", false, fmt.Errorf("it is a link to %s, which isn't there", link)
		}
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return "", false, fmt.Errorf("there is no folder %s", filepath.Dir(path))
		}
		return path, false, nil
	case err != nil:
		return "", false, because(err)
	case info.IsDir():
		return "", false, errors.New("it is a folder")
	}
	if resolved, err = filepath.EvalSymlinks(path); err != nil {
		return path, true, nil // /dev/stdout of a pipe leads to no name
	}
	return resolved, !info.Mode().IsRegular(), nil
}

// because is the operating system's own word, without the path.
func because(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
