package apply

import (
	"errors"
	"fmt"
	"strings"
)

// A Problem is one file that may not be written, or could not be put back.
type Problem struct {
	Path string
	Text string // goes after the path: "is read-only: chmod u+w it"
}

func (p *Problem) Error() string { return p.Path + " " + p.Text }

// A RefusedError says that nothing was touched, because of these files.
type RefusedError struct{ Problems []*Problem }

func (e *RefusedError) Error() string { return "nothing was written: " + sentences(e.Problems) }

// A RolledBackError says that a write failed half-way and what became of the
// files that had been written before it; or, with no Err, that not all could be put
// back at the end of a session.
type RolledBackError struct {
	Path    string     // the file that could not be written
	Err     error      // why
	Undone  []string   // written, and put back
	Foreign []string   // written, then changed by somebody else: left alone
	Stuck   []*Problem // written, and could not be put back: the next run tries again
}

func (e *RolledBackError) Error() string {
	var b strings.Builder
	if p, ok := errors.AsType[*Problem](e.Err); ok {
		b.WriteString(p.Error()) // names the file itself
	} else if e.Err == nil {
		b.WriteString("not everything could be put back")
	} else {
		fmt.Fprintf(&b, "write %s: %v", e.Path, e.Err)
	}
	switch {
	case len(e.Stuck) > 0:
		fmt.Fprintf(&b, "; %s; once that is mended, goherd apply puts them back before it does anything else", sentences(e.Stuck))
	case len(e.Undone) == 0:
		b.WriteString("; rolled back: no file had been written yet")
	case len(e.Undone) == 1:
		b.WriteString("; rolled back: the one file already written is as before")
	default:
		fmt.Fprintf(&b, "; rolled back: the %d files already written are as before", len(e.Undone))
	}
	if len(e.Foreign) > 0 {
		fmt.Fprintf(&b, "; changed by somebody else meanwhile, and left as they are: %s", strings.Join(e.Foreign, ", "))
	}
	return b.String()
}

func (e *RolledBackError) Unwrap() error { return e.Err }

// A BusyError says that another goherd is writing below the same root.
type BusyError struct {
	Root string
	PID  string // "" when it could not be found out
}

func (e *BusyError) Error() string {
	who := "another goherd"
	if e.PID != "" {
		who += " (process " + e.PID + ")"
	}
	return fmt.Sprintf("%s is writing below %s: run goherd again when it has ended", who, e.Root)
}

// A PendingError says that an interrupted run has to be recovered first.
type PendingError struct{ Root string }

func (e *PendingError) Error() string {
	return fmt.Sprintf("an interrupted goherd apply below %s has not been undone yet: run goherd apply again", e.Root)
}

// A JournalError says that the journal of an interrupted run can't be used.
type JournalError struct {
	Path string
	Err  error
}

func (e *JournalError) Error() string {
	return fmt.Sprintf("a goherd apply was interrupted here and its journal can't be read (%v): look through your uncommitted changes for its half-done work, then delete %s", e.Err, e.Path)
}

func (e *JournalError) Unwrap() error { return e.Err }

func sentences(problems []*Problem) string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Error())
	}
	return strings.Join(all, "; ")
}
