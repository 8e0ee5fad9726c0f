package goherd

import (
	"fmt"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/promise"
)

// asked is what the user promises, in the form in which the effects ask.
func asked(l *promise.List) effects.Promises {
	if l == nil || len(l.Entries) == 0 {
		return nil
	}
	return func(fn *types.Func) (effects.Verb, string, bool) {
		switch verb, by := l.Of(fn); verb {
		case promise.Reads:
			return effects.Read, by.String(), true
		case promise.Writes:
			return effects.Write, by.String(), true
		}
		return effects.VerbUnknown, "", false
	}
}

// promises reads the patterns of the analyzer's flags.
func promises(reads, writes string) (*promise.List, error) {
	l := &promise.List{}
	for _, flag := range []struct {
		verb promise.Verb
		text string
	}{{promise.Reads, reads}, {promise.Writes, writes}} {
		for _, text := range list(flag.text) {
			p, err := promise.Parse(text)
			if err != nil {
				return nil, fmt.Errorf("-%s: the pattern %q: %w", flag.verb.Key(), text, err)
			}
			l.Entries = append(l.Entries, promise.Entry{Pattern: p, Verb: flag.verb, Place: "-" + flag.verb.Key()})
		}
	}
	return l, nil
}
