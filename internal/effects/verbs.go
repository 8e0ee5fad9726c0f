package effects

import (
	"go/types"
	"slices"
	"strings"
)

// verbRank orders verbs by what is to be feared, unknown last.
var verbRank = [...]uint8{VerbUnknown: 4, Pure: 0, Read: 1, Log: 2, Write: 3, BySQL: 4, ByHTTP: 4}

// Worse tells whether v is more to be feared than w: unknown, write, log, read, pure.
func (v Verb) Worse(w Verb) bool { return verbRank[v] > verbRank[w] }

// Harmless tells whether v is known to change nothing outside of the process but
// the program's own logs.
func (v Verb) Harmless() bool { return verbRank[v] <= verbRank[Log] }

// Args is a set of parameters, counted from 0 without the receiver. Those beyond
// the 64th are in no set.
type Args uint64

// Has tells whether the set has parameter i.
func (a Args) Has(i int) bool { return 0 <= i && i < 64 && a>>i&1 != 0 }

func arg(i int) Args {
	if i < 0 || i >= 64 {
		return 0
	}
	return 1 << i
}

// Asks says which parameters decide what a call does outside of the process.
type Asks struct {
	Methods    Args // strings that are HTTP methods
	Statements Args // strings that are SQL statements
	Requests   Args // *http.Request values, by their method
	Bodies     Args // what has to be nil, or http.NoBody, where the method is a safe one
}

func (a Asks) none() bool { return a == Asks{} }

func (a Asks) or(b Asks) Asks {
	return Asks{a.Methods | b.Methods, a.Statements | b.Statements, a.Requests | b.Requests, a.Bodies | b.Bodies}
}

// A Hint is what a name suggests, or what implements an interface. It proves nothing: it may make a finding one to
// review, and never a safe one.
type Hint uint8

// The hints. NoHint is the zero value.
const (
	NoHint Hint = iota
	LikelyRead
	Guard    // it decides whether what follows may happen at all (hazard B1)
	SeenRead // of an interface's method: those that its own package has only read
)

var hintNames = [...]string{"", "likely read", "guard", "seen read"}

// Reads tells whether a hint suggests that no more is done than reading.
func (h Hint) Reads() bool { return h == LikelyRead || h == SeenRead }

func (h Hint) String() string { return hintNames[h] }

var (
	readWords  = []string{"Get", "List", "Find", "Load", "Fetch", "Describe", "Count", "Lookup", "Query", "Search", "Read", "Has", "Is"}
	guardWords = []string{"Check", "Validate", "Ensure", "Acquire", "Lock", "Allow", "Verify", "Auth", "Must"}
	// laterWords in a name say that a read is not all (hazard E3): GetOrCreate, LoadAndDelete.
	// makeWords in the name of what gives a handle say that it is a new one.
	makeWords  = []string{"New", "Make", "Begin", "Open", "Start", "Acquire", "Take", "Recv", "Receive", "Close", "Clone", "Fork"}
	laterWords = []string{"Or", "And", "Then", "Create", "Delete", "Update", "Insert", "Store", "Save", "Set", "Put", "Write", "Remove", "Pop", "Next", "Mark", "Lock", "Reset", "Upsert", "Ensure"}
)

// HintOf is what the name of fn suggests, by its first word: GetUser and getUser
// read, Getaway doesn't.
func HintOf(fn *types.Func) Hint {
	words := nameWords(fn.Name())
	for _, w := range guardWords {
		if words[0] == w || w == "Auth" && strings.HasPrefix(words[0], w) && words[0] != "Author" {
			return Guard
		}
	}
	for _, w := range readWords {
		if words[0] != w {
			continue
		}
		if slices.ContainsFunc(words[1:], func(w string) bool { return slices.Contains(laterWords, w) }) {
			return NoHint
		}
		return LikelyRead
	}
	return NoHint
}

// changes tells whether a name says that something is made, moved on or changed.
func changes(name string) bool {
	return slices.ContainsFunc(nameWords(name), func(w string) bool {
		return slices.Contains(laterWords, w) || slices.Contains(makeWords, w)
	})
}

// nameWords splits a name at its capitals, and makes the first letter one.
func nameWords(name string) []string {
	var words []string
	from := 0
	for i := 1; i < len(name); i++ {
		if c := name[i]; 'A' <= c && c <= 'Z' || c == '_' {
			words, from = append(words, name[from:i]), i
		}
	}
	words = append(words, name[from:])
	words[0] = strings.ToUpper(words[0][:1]) + words[0][1:]
	return words
}

// joinHint keeps a suggestion only where both agree; that of a guard stays.
func joinHint(a, b Hint) Hint {
	switch {
	case a == Guard || b == Guard:
		return Guard
	case a == b:
		return a
	case a.Reads() && b.Reads():
		return SeenRead
	}
	return NoHint
}

// joinVerb adds something with the verb v, known by g. hint is for VerbUnknown.
func (s *Summary) joinVerb(v Verb, hint Hint, g Ground) {
	s.Writes = s.Writes || v == Write
	switch {
	case s.Apart == VerbUnknown && v == VerbUnknown:
		s.Likely = joinHint(s.Likely, hint)
	case v.Worse(s.Apart):
		if v == VerbUnknown {
			s.Likely = hint
		}
		if v.Harmless() {
			g.Trust = min(g.Trust, s.VerbBy.Trust)
			if !s.Asks.none() { // what is asked matters more
				g.Via, g.step = s.VerbBy.Via, s.VerbBy.step
			}
		}
		s.Apart, s.VerbBy = v, g
	case v.Harmless() && s.Apart.Harmless():
		s.VerbBy.Trust = min(s.VerbBy.Trust, g.Trust)
	}
}

// settle sets what follows from the rest, once everything is joined.
func (s *Summary) settle() {
	s.Verb = s.Apart
	if !s.Asks.none() {
		s.Verb = VerbUnknown
	}
	if s.Writes && s.Likely.Reads() {
		s.Likely = NoHint
	}
}
