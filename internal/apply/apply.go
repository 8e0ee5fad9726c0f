// Package apply writes a run's changes to disk: guarded (nothing is touched
// unless every file is still what was read), atomic file by file, and all or
// nothing as a whole, also when the process is killed half-way.
package apply

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A Change is one file before and after. Old is nil for a file that is made.
type Change struct {
	Path     string // absolute
	Old, New []byte
}

// Options say where a run keeps its journal.
type Options struct {
	Root     string            // what Root gave; the lock and the journal are named for it
	Journals string            // the folder of the journals; "" is goherd/journal in the user's cache folder
	Wrote    func(path string) // where set, told of each file once it is in place

	replace func(path string, data []byte) error // nil: replaceFile; tests put a full disk here
}

// Write puts every change in place, or none. It errs with *RefusedError before
// anything was touched, and with *RolledBackError when a write failed on the
// way. Signals don't stop it half-way; after SIGKILL, Recover undoes the rest.
func Write(changes []Change, o Options) error {
	if len(changes) == 0 {
		return nil
	}
	s, err := Begin(o)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Put(changes); err != nil {
		return err
	}
	return s.Keep()
}

func (o Options) replacer() func(string, []byte) error {
	if o.replace != nil {
		return o.replace
	}
	return replaceFile
}

const changedSince = "changed since goherd read it; run goherd again"

// problem says why a file that is to hold the bytes old may not be written; nil
// means that it may. Where old is nil, the file must not be there, and has no info.
func problem(path string, old []byte) (fs.FileInfo, *Problem) {
	info, err := os.Lstat(path)
	switch {
	case old == nil && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case old == nil && err == nil:
		return nil, &Problem{path, "was made since goherd looked; run goherd again"}
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Problem{path, "is gone since goherd read it; run goherd again"}
	case err != nil:
		return nil, &Problem{path, fmt.Sprintf("can't be looked at: %v", err)}
	case info.Mode()&fs.ModeSymlink != 0:
		// Renaming over it would turn the link into a file.
		return nil, &Problem{path, "is a symbolic link: run goherd where the file itself is"}
	case !info.Mode().IsRegular():
		return nil, &Problem{path, "is not a regular file"}
	case info.Mode().Perm()&0o200 == 0:
		// A rename needs the folder's permission only, and root needs none: the bits are the owner's word.
		return nil, &Problem{path, "is read-only: chmod u+w it"}
	}
	now, err := os.ReadFile(path)
	if err != nil {
		return nil, &Problem{path, fmt.Sprintf("can't be read: %v", err)}
	}
	if !bytes.Equal(now, old) {
		return nil, &Problem{path, changedSince}
	}
	return info, nil
}
