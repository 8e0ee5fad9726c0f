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
	p, err := o.place()
	if err != nil {
		return err
	}
	unlock, err := p.acquire()
	if err != nil {
		return err
	}
	defer unlock()
	// A journal that is still there would be overwritten, and what it can undo lost.
	if p.hasJournal() {
		return &PendingError{o.Root}
	}
	if err := check(changes); err != nil {
		return err
	}
	j, err := newJournal(o.Root, changes)
	if err != nil {
		return err
	}
	if err := p.save(j); err != nil {
		return fmt.Errorf("nothing was written: the journal that makes it undoable can't be kept: %w", err)
	}
	for i, c := range changes {
		if err := o.put(c); err != nil {
			return o.rollBack(p, j.Files[:i], c.Path, err)
		}
	}
	if err := p.removeJournal(); err != nil {
		return fmt.Errorf("everything is written, but the next run would undo it: delete %s by hand: %w", p.journal, err)
	}
	return nil
}

// put writes one file. It looks at the file once more, since writing many takes
// long enough for an editor to save.
func (o Options) put(c Change) error {
	if p := problem(c); p != nil {
		return p
	}
	write := o.replacer()
	if c.Old == nil {
		write = createFile
	}
	if err := write(c.Path, c.New); err != nil {
		return err
	}
	if o.Wrote != nil {
		o.Wrote(c.Path)
	}
	return nil
}

func (o Options) replacer() func(string, []byte) error {
	if o.replace != nil {
		return o.replace
	}
	return replaceFile
}

// rollBack undoes the files that were written before failed could not be. The
// journal stays when one can't be undone, so that the next run tries again.
func (o Options) rollBack(p place, written []entry, failed string, cause error) error {
	e := &RolledBackError{Path: failed, Err: cause}
	for i := len(written) - 1; i >= 0; i-- {
		f := written[i]
		switch state, err := f.undo(o.replacer()); {
		case err != nil:
			e.Stuck = append(e.Stuck, &Problem{f.Path, fmt.Sprintf("could not be put back (%v)", err)})
		case state == foreign:
			e.Foreign = append(e.Foreign, f.Path)
		default:
			e.Undone = append(e.Undone, f.Path)
		}
	}
	if len(e.Stuck) > 0 {
		return e
	}
	if err := p.removeJournal(); err != nil {
		e.Stuck = append(e.Stuck, &Problem{p.journal, fmt.Sprintf("could not be deleted (%v)", err)})
	}
	return e
}

// check looks at every file before the first is written, and names all that
// stand in the way at once.
func check(changes []Change) error {
	var refused RefusedError
	seen := make(map[string]bool, len(changes))
	for _, c := range changes {
		if seen[c.Path] {
			panic("apply: two changes of " + c.Path)
		}
		seen[c.Path] = true
		if p := problem(c); p != nil {
			refused.Problems = append(refused.Problems, p)
		}
	}
	if refused.Problems != nil {
		return &refused
	}
	return nil
}

// problem says why c may not be written; nil means that it may.
func problem(c Change) *Problem {
	info, err := os.Lstat(c.Path)
	switch {
	case c.Old == nil && errors.Is(err, fs.ErrNotExist):
		return nil
	case c.Old == nil && err == nil:
		return &Problem{c.Path, "was made since goherd looked; run goherd again"}
	case errors.Is(err, fs.ErrNotExist):
		return &Problem{c.Path, "is gone since goherd read it; run goherd again"}
	case err != nil:
		return &Problem{c.Path, fmt.Sprintf("can't be looked at: %v", err)}
	case info.Mode()&fs.ModeSymlink != 0:
		// Renaming over it would turn the link into a file.
		return &Problem{c.Path, "is a symbolic link: run goherd where the file itself is"}
	case !info.Mode().IsRegular():
		return &Problem{c.Path, "is not a regular file"}
	case info.Mode().Perm()&0o200 == 0:
		// A rename needs the folder's permission only, and root needs none: the bits are the owner's word.
		return &Problem{c.Path, "is read-only: chmod u+w it"}
	}
	now, err := os.ReadFile(c.Path)
	if err != nil {
		return &Problem{c.Path, fmt.Sprintf("can't be read: %v", err)}
	}
	if !bytes.Equal(now, c.Old) {
		return &Problem{c.Path, "changed since goherd read it; run goherd again"}
	}
	return nil
}
