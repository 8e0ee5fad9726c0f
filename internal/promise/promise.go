package promise

import (
	"fmt"
	"go/types"
)

// A Verb is what is promised about a function.
type Verb uint8

// The verbs. Unsaid is the zero value.
const (
	Unsaid Verb = iota
	Reads       // looks, and changes nothing that anybody else can see
	Writes      // changes something
)

// Key is the setting that promises v: "reads" or "writes".
func (v Verb) Key() string {
	switch v {
	case Reads:
		return "reads"
	case Writes:
		return "writes"
	}
	return fmt.Sprintf("Verb(%d)", uint8(v))
}

// An Entry is one promise, and where it was made.
type Entry struct {
	*Pattern
	Verb  Verb
	Place string // ".goherd.yaml:3:5", or "-goherd.reads"
}

// A List is all that a user promises. The nil list promises nothing.
type List struct {
	Entries []Entry

	// Dir is the folder whose packages the promises are about, absolute; "" where
	// nobody knows. A run over all of that folder can tell which of them are idle.
	Dir string
}

// Of is what is promised about fn, and the entry that says so. Where two entries
// differ, it writes: the worse one counts.
func (l *List) Of(fn *types.Func) (Verb, *Entry) {
	if l == nil {
		return Unsaid, nil
	}
	var found *Entry
	for i := range l.Entries {
		e := &l.Entries[i]
		if (found == nil || e.Verb > found.Verb) && e.Matches(fn) {
			found = e
		}
	}
	if found == nil {
		return Unsaid, nil
	}
	return found.Verb, found
}

// String is how evidence quotes the promise: `reads: "**.Repo.Get*" (.goherd.yaml:3:5)`.
func (e *Entry) String() string {
	return fmt.Sprintf("%s: %q (%s)", e.Verb.Key(), e.Pattern, e.Place)
}
