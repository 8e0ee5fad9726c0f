// Package rule holds the words that every room shares: Rule, Match, Finding,
// Evidence and Safety, and the outcome of a run as users and machines see it.
package rule

import "fmt"

// Safety says how a fix may be used. Order matters: the weakest evidence wins.
type Safety uint8

// The levels, weakest first.
const (
	Advice Safety = iota // show the idea, never apply it
	Review               // apply only when asked, and read the diff
	Safe                 // behaviour proved the same, or a defect removed and nothing else changed
)

var safetyNames = [...]string{Advice: "advice", Review: "review", Safe: "safe"}

func (s Safety) String() string {
	if int(s) < len(safetyNames) {
		return safetyNames[s]
	}
	return fmt.Sprintf("Safety(%d)", uint8(s))
}

// ParseSafety is the inverse of String; it errs on any other word.
func ParseSafety(word string) (Safety, error) {
	for s, name := range safetyNames {
		if name == word {
			return Safety(s), nil
		}
	}
	return Advice, fmt.Errorf("unknown safety %q: use safe, review or advice", word)
}

// MarshalText writes the level as users type it.
func (s Safety) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Safety) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSafety(string(b))
	return err
}
