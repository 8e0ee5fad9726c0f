package matchers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

func seqCallsMessage(pass *rule.Pass, s *SeqCalls) string {
	parts := make([]string, s.Chains)
	for i := range parts {
		var names []string
		for _, l := range s.Chain(i) {
			names = append(names, s.spoken(pass, l))
		}
		parts[i] = strings.Join(names, " then ")
	}
	gain := seqCallsGain(nil, s)
	return fmt.Sprintf("%s could run at the same time: %d calls in a row become %d", andList(parts), gain.Serial, gain.Parallel)
}

func seqCallsGain(_ *rule.Pass, s *SeqCalls) rule.Gain {
	g := rule.Gain{Serial: len(s.Calls)}
	for i := range s.Chains {
		g.Parallel = max(g.Parallel, len(s.Chain(i)))
	}
	return g
}

// seqCallsChanges says what differs behind the rewrite, in the form that is written.
func seqCallsChanges(pass *rule.Pass, s *SeqCalls) []string {
	changes := []string{fmt.Sprintf("up to %d calls are under way at the same time", s.Chains)}
	if early, late := s.inSpite(pass); late != nil {
		changes = append(changes, fmt.Sprintf("%s %s also called when %s fails", andList(late), isAre(late), early))
	}
	changes = append(changes, s.comesLater(pass)...)
	if s.goesOn() != nil {
		changes = append(changes, "when the caller gives up, calls that used to come later may have succeeded by then")
	}
	if s.Form == rule.FormErrgroup {
		return append(changes,
			"when several fail, the error returned is the first in time, which is the context's where the caller gives up first",
			"when one fails, the others are cancelled; the error is returned when all have ended")
	}
	if slices.ContainsFunc(s.run, func(it item) bool { return it.member != nil && it.member.Check != nil }) {
		changes = append(changes, "a failure is returned when all the calls have ended")
	}
	return changes
}

// inSpite names the first call that may fail, and those of other chains that used
// to come only when it hadn't.
func (s *SeqCalls) inSpite(pass *rule.Pass) (early string, late []string) {
	chain := -1
	for i := range s.run {
		it := &s.run[i]
		at := slices.IndexFunc(s.Calls, func(l *Launched) bool { return l.item == it })
		switch {
		case early == "" && it.member != nil && it.member.Check != nil && it.member.Handler.Exit != ExitOn:
			if early = it.member.Name(); at >= 0 { // one that stays is in no chain
				early, chain = s.spoken(pass, s.Calls[at]), s.Calls[at].chain
			}
		case early != "" && at >= 0 && s.Calls[at].chain != chain && !slices.Contains(late, s.spoken(pass, s.Calls[at])):
			late = append(late, s.spoken(pass, s.Calls[at]))
		}
	}
	return early, late
}

// spoken names a call; where two have one name, with its line.
func (s *SeqCalls) spoken(pass *rule.Pass, l *Launched) string {
	name := l.Name()
	if slices.ContainsFunc(s.Calls, func(o *Launched) bool { return o != l && o.Name() == name }) {
		name += fmt.Sprintf(" (line %d)", pass.Line(l.Call.Pos()))
	}
	return name
}

func isAre(list []string) string {
	if len(list) == 1 {
		return "is"
	}
	return "are"
}

// andList writes "a", "a and b", "a, b and c".
func andList(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}
