package apply

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// journalVersion is that of the format; a journal of a later one is refused. The
// first had no Was.
const journalVersion = 2

// A journal holds all that is needed to undo a run. It is on disk, whole,
// before the first file is touched, and goes when the last one is in place: so
// if there is one and nobody holds the lock, a run was interrupted.
type journal struct {
	Version int     `json:"version"`
	Root    string  `json:"root"`
	PID     int     `json:"pid"`
	Files   []entry `json:"files"`
	Sum     string  `json:"sum"` // of the files: writing back damaged bytes would be worse than nothing
}

type entry struct {
	Path string      `json:"path"`
	Mode fs.FileMode `json:"mode"`
	Old  []byte      `json:"old"` // null: the run makes the file
	New  []byte      `json:"new"`
	Was  []byte      `json:"was,omitempty"` // what was there before New, and may still be; nil for no file
}

// ours tells whether a session may have written these bytes.
func (e entry) ours(text []byte) bool { return same(text, e.New) || same(text, e.Was) }

// same tells whether two files are the same; nil stands for one that isn't there.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// The states of a file after an interrupted run.
type state int

const (
	foreign   state = iota // neither of the two: somebody else wrote it, or it can't be looked at
	unwritten              // as before the run
	undone                 // had the run's bytes, and has its old ones again
)

// undo puts a file back if it still holds exactly what the run wrote.
func (e entry) undo(replace func(string, []byte) error) (state, error) {
	info, err := os.Lstat(e.Path)
	if e.Old == nil && errors.Is(err, fs.ErrNotExist) {
		return unwritten, nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return foreign, nil
	}
	now, err := os.ReadFile(e.Path)
	switch {
	case err != nil:
		return foreign, err
	case same(now, e.Old):
		return unwritten, nil
	case !e.ours(now):
		return foreign, nil
	case e.Old == nil:
		return undone, os.Remove(e.Path)
	}
	if err := replace(e.Path, e.Old); err != nil {
		return foreign, err
	}
	if info.Mode().Perm() != e.Mode {
		return undone, os.Chmod(e.Path, e.Mode)
	}
	return undone, nil
}

func newJournal(root string, files []entry) (*journal, error) {
	j := &journal{Version: journalVersion, Root: root, PID: os.Getpid(), Files: files}
	sum, err := j.sum()
	if err != nil {
		return nil, err
	}
	j.Sum = sum
	return j, nil
}

func (j *journal) sum() (string, error) {
	b, err := json.Marshal(j.Files)
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:]), err
}

// A place is where the journal and the lock of one root are.
type place struct{ root, journal, lock string }

func (o Options) place() (place, error) {
	dir := o.Journals
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return place{}, fmt.Errorf("find a folder for the journal that makes apply undoable: %w", err)
		}
		dir = filepath.Join(cache, "goherd", "journal")
	}
	h := sha256.Sum256([]byte(o.Root))
	stem := filepath.Join(dir, hex.EncodeToString(h[:12]))
	return place{o.Root, stem + ".json", stem + ".lock"}, nil
}

// acquire takes the root's lock, or errs with *BusyError. The journal's folder
// holds source code, so it is the user's alone.
func (p place) acquire() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(p.lock), 0o700); err != nil {
		return nil, fmt.Errorf("%w (the journal that makes apply undoable goes there; XDG_CACHE_HOME can name another folder)", err)
	}
	unlock, held, err := lockFile(p.lock)
	switch {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", p.lock, err)
	case held:
		pid, _ := os.ReadFile(p.lock) // only to tell the user
		return nil, &BusyError{p.root, string(pid)}
	}
	return unlock, nil
}

func (p place) hasJournal() bool {
	_, err := os.Lstat(p.journal)
	return err == nil
}

func (p place) save(j *journal) error {
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	if err := replaceFile(p.journal, b); err != nil {
		return err
	}
	syncDir(filepath.Dir(p.journal))
	return nil
}

// load gives nil where there is no journal, and *JournalError where there is
// one that can't be trusted.
func (p place) load() (*journal, error) {
	b, err := os.ReadFile(p.journal)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &JournalError{p.journal, err}
	}
	var j journal
	if err := json.Unmarshal(b, &j); err != nil {
		return nil, &JournalError{p.journal, err}
	}
	if j.Version < 1 || j.Version > journalVersion {
		return nil, &JournalError{p.journal, fmt.Errorf("it has format %d, this goherd knows %d", j.Version, journalVersion)}
	}
	if sum, err := j.sum(); err != nil || sum != j.Sum {
		return nil, &JournalError{p.journal, errors.New("its bytes are damaged")}
	}
	return &j, nil
}

func (p place) removeJournal() error {
	if err := os.Remove(p.journal); err != nil {
		return err
	}
	syncDir(filepath.Dir(p.journal))
	return nil
}

// syncDir makes renames and removals in dir survive a power cut, where the
// system can do that: the journal's coming must not be overtaken by the first
// write, nor its going by the power cut after the last.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
