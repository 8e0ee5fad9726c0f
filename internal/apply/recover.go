package apply

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Recovered says what became of the files of an interrupted run, in the order
// in which it wrote them.
type Recovered struct {
	Restored []string // had been written, and are as before again
	Foreign  []string // hold neither the old nor the new bytes: left alone
	Files    int      // of the interrupted run
}

// Recover undoes an interrupted run below o.Root. It gives nil where there was
// none, and errs with *JournalError where its journal is damaged, with
// *BusyError where a run is going on. When a file can't be put back the journal
// stays.
func Recover(o Options) (*Recovered, error) {
	p, err := o.place()
	if err != nil || !p.hasJournal() {
		return nil, err
	}
	unlock, err := p.acquire()
	if err != nil {
		return nil, err
	}
	defer unlock()
	// The run that wrote it may have ended while we waited.
	j, err := p.load()
	if j == nil || err != nil {
		return nil, err
	}
	done := &Recovered{Files: len(j.Files)}
	for _, f := range j.Files {
		state, err := f.undo(o.replacer())
		if err != nil {
			return nil, fmt.Errorf("undo an interrupted goherd apply: put back %s: %w", f.Path, err)
		}
		switch state {
		case undone:
			done.Restored = append(done.Restored, f.Path)
		case foreign:
			done.Foreign = append(done.Foreign, f.Path)
		}
		sweep(f)
	}
	if err := p.removeJournal(); err != nil {
		return nil, fmt.Errorf("an interrupted goherd apply is undone, but its journal stays: %w", err)
	}
	return done, nil
}

// Pending tells whether an interrupted run below o.Root waits for Recover.
func Pending(o Options) (bool, error) {
	p, err := o.place()
	if err != nil || !p.hasJournal() {
		return false, err
	}
	unlock, err := p.acquire()
	if _, busy := err.(*BusyError); busy {
		return false, nil // it is being written or undone right now
	}
	if err != nil {
		return false, err
	}
	defer unlock()
	return p.hasJournal(), nil
}

// sweep removes the temporary files of a write that was killed before its
// rename. Only a name that such a file has, with bytes that it could have, is taken for one.
func sweep(e entry) {
	dir, prefix := filepath.Dir(e.Path), "."+filepath.Base(e.Path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, d := range entries {
		digits, ok := strings.CutPrefix(d.Name(), prefix)
		if !ok || digits == "" || strings.Trim(digits, "0123456789") != "" || !d.Type().IsRegular() {
			continue
		}
		name := filepath.Join(dir, d.Name())
		got, err := os.ReadFile(name)
		if err == nil && (bytes.HasPrefix(e.New, got) || bytes.HasPrefix(e.Old, got) || bytes.HasPrefix(e.Was, got)) {
			_ = os.Remove(name) // a stray dot file does no harm: go build skips it
		}
	}
}
