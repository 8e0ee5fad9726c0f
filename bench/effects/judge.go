package main

import (
	"fmt"
	"slices"
	"strings"
)

// said is what goherd says of one function, in the words of golden.txt. A word
// that it hasn't got is "unknown".
type said struct {
	Waits  string // the highest class that is known to be reached
	Surely string // must, may: whether each call waits for it
	Opaque string // the first call whose effects nobody could see, "" for none
	Verb   string
	Panics string // no, may
	Exits  string // no, may
	Spawns string
	Ctx    string
	Open   string // nothing, or what is left open

	Accesses []access
	Hidden   []hidden // calls whose memory nobody could see
	Aliases  []string // paths that the results may refer to
	Retains  []string // parameters that may be reached after the call
}

// An access is one reading or writing of memory that the caller can see.
type access struct {
	Path  string
	Write bool
	Locks []string
}

// A hidden call may read and write all that lies behind the paths in Reach.
type hidden struct {
	Name  string
	Reach []string
}

// anywhere is the path of memory that could be any.
const anywhere = "*"

// A verdict compares what goherd says with what is true.
type verdict int

// The verdicts. Wrong: the truth contradicts it. Pessimistic: the truth is more
// definite.
const (
	right verdict = iota
	pessimistic
	wrong
)

var verdictNames = [...]string{"right", "too pessimistic", "wrong"}

func (v verdict) String() string { return verdictNames[v] }

// A finding is the verdict over one fact, and goherd's own words for it.
type finding struct {
	fact
	Said    string
	Verdict verdict
}

var (
	classes = []string{"none", "lock", "chan", "file", "process", "network"}
	verbs   = []string{"pure", "read", "log", "write"}
	spawns  = []string{"none", "joined", "escapes"}
)

// judge compares one fact with what is said.
func judge(f fact, s *said) finding {
	words, v := "", pessimistic
	switch f.Name {
	case "waits":
		words, v = s.Waits, judgeWaits(f.Want, s)
		if s.Opaque != "" {
			words += ", and who knows behind " + s.Opaque
		}
	case "surely":
		words, v = s.Surely, judgeSurely(f.Want, s)
	case "verb":
		words, v = s.Verb, judgeRank(verbs, f.Want, s.Verb)
	case "spawns":
		words, v = s.Spawns, judgeRank(spawns, f.Want, s.Spawns)
	case "panics":
		words, v = s.Panics, judgeWord(f.Want, s.Panics)
	case "exits":
		words, v = s.Exits, judgeWord(f.Want, s.Exits)
	case "ctx":
		words, v = s.Ctx, judgeWord(f.Want, s.Ctx)
	case "open":
		words, v = s.Open, pessimistic
		if s.Open == f.Want {
			v = right
		}
	default:
		words, v = judgeMemory(f, s)
	}
	return finding{f, words, v}
}

// judgeWaits: a class below the true one is wrong, unless something is said to be
// out of sight; one above it is wrong where it is said of every call.
func judgeWaits(want string, s *said) verdict {
	is := slices.Index(classes, s.Waits)
	least, most := slices.Index(classes, want), slices.Index(classes, want)
	if want == "outside" {
		least, most = slices.Index(classes, "file"), len(classes)-1
	}
	switch {
	case is < 0:
		return pessimistic
	case is < least && s.Opaque == "":
		return wrong
	case is > most && s.Surely == "must":
		return wrong
	case is < least || is > most:
		return pessimistic
	case s.Opaque != "" && is < len(classes)-1 && want != "outside":
		return pessimistic // more may hide than is true
	}
	return right
}

// judgeSurely: that each call waits is wrong where some don't. It says something
// about the class that was named only.
func judgeSurely(want string, s *said) verdict {
	switch s.Surely {
	case want:
		return right
	case "must":
		return wrong
	}
	return pessimistic
}

// judgeRank: less than the truth is wrong, more is pessimistic.
func judgeRank(order []string, want, is string) verdict {
	i, j := slices.Index(order, is), slices.Index(order, want)
	switch {
	case i == j:
		return right
	case i < 0 || i > j:
		return pessimistic
	}
	return wrong
}

func judgeWord(want, is string) verdict {
	switch is {
	case want:
		return right
	case "unknown", "some": // of a context: not all that waits is known to heed it
		return pessimistic
	}
	return wrong
}

// judgeMemory looks at reads, writes, locks, aliases and what is retained.
func judgeMemory(f fact, s *said) (string, verdict) {
	switch {
	case f.Name == "writes" && f.Want == "nothing":
		return judgeNothing(s)
	case f.Name == "guards":
		return judgeGuards(f, s)
	case f.Name == "aliases":
		return judgePaths(f.Want, s.Aliases)
	case f.Name == "retains":
		return judgePaths(f.Want, s.Retains)
	}
	for _, a := range s.Accesses {
		if a.Path != anywhere && (a.Write == (f.Name == "writes")) && overlap(a.Path, f.Want) {
			return a.words(), right
		}
	}
	return unseen(f.Want, s)
}

func judgeNothing(s *said) (string, verdict) {
	for _, a := range s.Accesses {
		if a.Write {
			return a.words(), pessimistic
		}
	}
	if len(s.Hidden) > 0 {
		return "who knows behind " + s.Hidden[0].Name, pessimistic
	}
	return "nothing", right
}

// judgeGuards: a lock that is not seen is pessimistic; an access that isn't, wrong.
func judgeGuards(f fact, s *said) (string, verdict) {
	path, lock, _ := strings.Cut(f.Want, " with ")
	var list []access
	for _, a := range s.Accesses {
		if a.Path != anywhere && overlap(a.Path, path) {
			list = append(list, a)
		}
	}
	if slices.ContainsFunc(list, func(a access) bool { return a.Write }) {
		list = slices.DeleteFunc(list, func(a access) bool { return !a.Write })
	}
	if len(list) == 0 {
		return unseen(path, s)
	}
	for _, a := range list {
		if !slices.ContainsFunc(a.Locks, func(l string) bool { return samePath(l, lock) }) {
			return a.words() + " without " + lock, pessimistic
		}
	}
	return list[0].words() + " with " + strings.Join(list[0].Locks, ", "), right
}

func judgePaths(want string, have []string) (string, verdict) {
	for _, p := range have {
		if p != anywhere && overlap(p, want) {
			return p, right
		}
	}
	if slices.Contains(have, anywhere) {
		return "anything", pessimistic
	}
	return strings.Join(append([]string{"not"}, have...), " "), wrong
}

// unseen is for memory that no access names: pessimistic where a hidden call could
// touch it.
func unseen(path string, s *said) (string, verdict) {
	for _, a := range s.Accesses {
		if a.Path == anywhere {
			return "anything", pessimistic
		}
	}
	for _, h := range s.Hidden {
		for _, r := range h.Reach {
			if r == anywhere || overlap(r, path) {
				return "who knows behind " + h.Name, pessimistic
			}
		}
	}
	return "no such access", wrong
}

func (a access) words() string {
	if a.Write {
		return "writes " + a.Path
	}
	return "reads " + a.Path
}

// overlap tells whether one path leads into the other. "*" and "[]" stand for
// whatever lies behind.
func overlap(have, want string) bool {
	h, w := strings.Split(have, "."), strings.Split(want, ".")
	if h[0] != w[0] {
		return false
	}
	h, w = h[1:], w[1:]
	for len(h) > 0 && len(w) > 0 {
		switch {
		case h[0] == "*" || h[0] == "[]" || h[0] == "":
			return true
		case h[0] == w[0]:
			h, w = h[1:], w[1:]
		default:
			return false
		}
	}
	return true
}

func samePath(have, want string) bool {
	return have == want || strings.Count(have, ".") >= strings.Count(want, ".") && overlap(have, want) || strings.HasSuffix(have, "*") && overlap(have, want)
}

// tally counts verdicts.
type tally [3]int

func (t tally) String() string {
	return fmt.Sprintf("%d | %d | %d", t[right], t[pessimistic], t[wrong])
}
