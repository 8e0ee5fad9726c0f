package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Session puts the files below a root into one state after another, and ends
// with one of them or with what was there before. It holds the root's lock, and
// its journal names all that it may have left on disk at any moment. It is not
// for several goroutines.
type Session struct {
	o      Options
	place  place
	unlock func()
	files  []entry // every file so far, in the order in which they came; New is what is there
	at     map[string]int
	broken bool // something could not be put back: the journal is for the next run
}

// Begin takes the root's lock. It errs with *BusyError where another run is going
// on, and with *PendingError where an interrupted one has to be recovered first.
func Begin(o Options) (*Session, error) {
	p, err := o.place()
	if err != nil {
		return nil, err
	}
	unlock, err := p.acquire()
	if err != nil {
		return nil, err
	}
	// A journal that is still there would be overwritten, and what it can undo lost.
	if p.hasJournal() {
		unlock()
		return nil, &PendingError{o.Root}
	}
	return &Session{o: o, place: p, unlock: unlock, at: map[string]int{}}, nil
}

// Put makes the files what they were before the session, but for these changes. It
// errs with *RefusedError before anything was touched by it, where a file is not
// what the session left or a change expects; then the state is the one before. It
// errs with *RolledBackError when a write failed on the way: then everything is as
// before the session, as far as the error says.
func (s *Session) Put(changes []Change) error {
	next, err := s.next(changes)
	if err != nil {
		return err
	}
	j, err := newJournal(s.o.Root, next)
	if err == nil {
		err = s.place.save(j)
	}
	if err != nil && len(s.files) == 0 {
		return fmt.Errorf("nothing was written: the journal that makes it undoable can't be kept: %w", err)
	}
	if err != nil {
		return s.rollBack(s.place.journal, fmt.Errorf("the journal that makes it undoable can't be kept: %w", err))
	}
	for i, f := range next {
		if i < len(s.files) && same(f.New, s.files[i].New) {
			continue
		}
		if err := s.put(f); err != nil {
			s.take(next[:i+1])
			return s.rollBack(f.Path, err)
		}
	}
	s.take(next)
	return nil
}

// next is the list of files as they will be.
func (s *Session) next(changes []Change) ([]entry, error) {
	next := make([]entry, 0, len(s.files)+len(changes))
	for _, f := range s.files {
		next = append(next, entry{f.Path, f.Mode, f.Old, f.Old, f.New})
	}
	var refused RefusedError
	seen := map[string]bool{}
	for _, c := range changes {
		if seen[c.Path] {
			panic("apply: two changes of " + c.Path)
		}
		seen[c.Path] = true
		if i, known := s.at[c.Path]; known {
			if !same(c.Old, next[i].Old) {
				refused.Problems = append(refused.Problems, &Problem{c.Path, changedSince})
			}
			next[i].New = c.New
			continue
		}
		info, p := problem(c.Path, c.Old)
		if p != nil {
			refused.Problems = append(refused.Problems, p)
			continue
		}
		e := entry{Path: c.Path, Old: c.Old, New: c.New, Was: c.Old}
		if info != nil {
			e.Mode = info.Mode().Perm()
		}
		next = append(next, e)
	}
	for _, f := range s.files {
		if _, p := problem(f.Path, f.New); p != nil {
			refused.Problems = append(refused.Problems, p)
		}
	}
	if refused.Problems != nil {
		return nil, &refused
	}
	return next, nil
}

// take notes what is on disk now.
func (s *Session) take(next []entry) {
	s.files = append(next, s.files[min(len(next), len(s.files)):]...)
	for i, f := range s.files {
		s.at[f.Path] = i
	}
}

// put writes one file. It looks at the file once more, since writing many takes
// long enough for an editor to save.
func (s *Session) put(f entry) error {
	if _, p := problem(f.Path, f.Was); p != nil {
		return p
	}
	var err error
	switch {
	case f.New == nil:
		err = os.Remove(f.Path)
	case f.Was == nil:
		err = replaceAs(f.Path, f.New, 0o666)
	default:
		err = s.o.replacer()(f.Path, f.New)
	}
	if err != nil {
		return err
	}
	if s.o.Wrote != nil {
		s.o.Wrote(f.Path)
	}
	return nil
}

// Changed lists the files that hold something else than the session left there.
func (s *Session) Changed() []string {
	var list []string
	for _, f := range s.files {
		now, err := os.ReadFile(f.Path) // nil where there is none
		if err != nil && !errors.Is(err, fs.ErrNotExist) || !same(now, f.New) {
			list = append(list, f.Path)
		}
	}
	return list
}

// Keep ends the session with the files as they are.
func (s *Session) Keep() error {
	defer s.release()
	if err := s.dropJournal(); err != nil {
		s.broken = true
		return fmt.Errorf("everything is written, but the next run would undo it: delete %s by hand: %w", s.place.journal, err)
	}
	return nil
}

// dropJournal finds it missing where nothing was ever put.
func (s *Session) dropJournal() error {
	if !s.place.hasJournal() {
		return nil
	}
	return s.place.removeJournal()
}

// Close ends the session with the files as they were before, unless it has ended.
// Where somebody else changed one, that text is kept in a file beside the journal:
// a tree that is half as before may not even build. It errs with *RolledBackError
// where a file could not be put back.
func (s *Session) Close() (saved []Saved, err error) {
	if s.unlock == nil {
		return nil, nil
	}
	defer s.release()
	for _, path := range s.Changed() {
		if kept, err := s.claim(path); err == nil { // else it stays as it is, and the error names it
			saved = append(saved, Saved{path, kept})
		}
	}
	e := s.undoAll("", nil)
	if len(e.Stuck)+len(e.Foreign) > 0 {
		return saved, e
	}
	return saved, nil
}

// A Saved is a file that somebody else changed while a session had it.
type Saved struct {
	Path string
	Kept string // where that text is now; "" where the file had been removed
}

// claim keeps what somebody else wrote, and takes the file for the session's own.
func (s *Session) claim(path string) (kept string, err error) {
	own := &s.files[s.at[path]]
	now, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if own.Old == nil {
			return "", nil
		}
		if err := s.o.replacer()(path, own.Old); err != nil {
			return "", err
		}
		return "", os.Chmod(path, own.Mode)
	}
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(s.place.journal), "*-"+filepath.Base(path))
	if err != nil {
		return "", err
	}
	_, err = f.Write(now)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	own.New = now
	return f.Name(), nil
}

// rollBack undoes everything after a write failed, and ends the session.
func (s *Session) rollBack(failed string, cause error) error {
	defer s.release()
	return s.undoAll(failed, cause)
}

// undoAll puts every file back. The journal stays when one can't be, so that the
// next run tries again.
func (s *Session) undoAll(failed string, cause error) *RolledBackError {
	e := &RolledBackError{Path: failed, Err: cause}
	for i := len(s.files) - 1; i >= 0; i-- {
		f := s.files[i]
		switch state, err := f.undo(s.o.replacer()); {
		case err != nil:
			e.Stuck = append(e.Stuck, &Problem{f.Path, fmt.Sprintf("could not be put back (%v)", err)})
		case state == foreign && f.Path != failed:
			e.Foreign = append(e.Foreign, f.Path)
		case state == undone:
			e.Undone = append(e.Undone, f.Path)
		}
	}
	if s.broken = len(e.Stuck) > 0; s.broken {
		return e
	}
	if err := s.dropJournal(); err != nil {
		e.Stuck = append(e.Stuck, &Problem{s.place.journal, fmt.Sprintf("could not be deleted (%v)", err)})
	}
	return e
}

func (s *Session) release() {
	if s.unlock != nil {
		s.unlock()
		s.unlock = nil
	}
}
