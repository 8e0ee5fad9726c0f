package goherd

import (
	"fmt"
	"strings"

	"github.com/goherd/goherd/internal/memory"
)

// touched is what a call does to memory, in the words of the function around it;
// of a function that is only named, in its own.
func (k *knower) touched(u use) Entry {
	e := Entry{Pos: u.at, Name: k.nameOf(u), How: u.how}
	var s *memory.Summary
	switch {
	case u.call != nil:
		s = k.memory.Call(u.call)
	case u.fn != nil:
		s = k.memory.Of(u.fn)
	}
	if s == nil {
		return e
	}
	known := s.Trust.String()
	if s.Trust == memory.NotKnown {
		known = "found" // in what could be looked into: there may be more
	}
	seen := map[string]bool{}
	var reads []string
	for _, a := range s.Accesses {
		text := a.Text()
		if a.Loc.Root.Kind == memory.Unknown {
			text = strings.Fields(text)[0] + " memory that could not be told apart"
		}
		switch {
		case seen[text], a.Loc.Root.Kind == memory.Fresh: // what the call made itself is nobody else's
		case a.Write:
			e.Facts = append(e.Facts, Fact{Claim: text, Known: known, Because: wayTo(a)})
		default:
			reads = append(reads, strings.TrimPrefix(text, "reads "))
		}
		seen[text] = true
	}
	if len(reads) > 0 {
		e.Facts = append(e.Facts, Fact{Claim: "reads " + enough(reads), Known: known, Plain: true})
	}
	var kept []string
	for _, r := range s.Retained() {
		name := r.Name
		if name == "" || name == "_" {
			name = r.String()
		}
		kept = append(kept, name)
	}
	if len(kept) > 0 {
		e.Facts = append(e.Facts, Fact{Claim: "keeps " + enough(kept) + " beyond the call", Known: known})
	}
	if n := len(s.Opaque); n > 0 {
		o := s.Opaque[0]
		f := Fact{Claim: "may write whatever can be reached from what it is given", Known: "unknown", Because: []Reason{{o.At.Pos, o.Name}}}
		if n > 1 {
			f.Claim += fmt.Sprintf(", behind %d calls that nobody could look into", n)
		}
		e.Facts = append(e.Facts, f)
	}
	return e
}

// wayTo is the way to an access, from where it stands to the call at the spot.
func wayTo(a memory.Access) []Reason {
	list := []Reason{{a.At.Pos, ""}}
	steps := a.Steps()
	for i := range steps {
		s := steps[len(steps)-1-i]
		list = append(list, Reason{s.Call.Pos, s.Name})
	}
	return list
}

// enough is a list of names that somebody may still read.
func enough(names []string) string {
	const many = 6
	if n := len(names); n > many {
		return strings.Join(names[:many], ", ") + fmt.Sprintf(" and %d more", n-many)
	}
	return strings.Join(names, ", ")
}
