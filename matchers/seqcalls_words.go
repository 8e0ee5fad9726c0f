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
	for _, i := range s.inSpite(pass) {
		changes = append(changes, fmt.Sprintf("%s %s also called when %s fails", andList(i.late), isAre(i.late), orList(i.early)))
	}
	changes = append(changes, s.comesLater(pass)...)
	if s.goesOn() != nil {
		changes = append(changes, "when the caller gives up, calls that used to come later may have succeeded by then")
	}
	if s.Form == rule.FormErrgroup {
		if s.Needs != "" {
			changes = append(changes, s.Needs)
		}
		return append(changes,
			"when several fail, the error returned is the first in time, which is the context's where the caller gives up first",
			"when one fails, the others are cancelled; the error is returned when all have ended")
	}
	if slices.ContainsFunc(s.run, func(it item) bool { return it.member != nil && it.member.Check != nil }) {
		changes = append(changes, "a failure is returned when all the calls have ended")
	}
	return changes
}

// A spite names calls that used to come only when none of the early ones had failed.
type spite struct{ early, late []string }

// inSpite gathers the calls that may be made although an earlier call fails that is
// not in their chain, or stays where it is. Those that come behind the first call that
// may fail are told of that one; the others, which stand in its chain, of all that they
// pass by.
func (s *SeqCalls) inSpite(pass *rule.Pass) (list []spite) {
	var mayFail []failer
	for i := range s.run {
		it := &s.run[i]
		if it.member == nil {
			continue
		}
		name, chain := it.member.Name(), -1 // one that stays is in no chain
		if at := slices.IndexFunc(s.Calls, func(l *Launched) bool { return l.item == it }); at >= 0 {
			name, chain = s.spoken(pass, s.Calls[at]), s.Calls[at].chain
			list = addSpite(list, name, chain, mayFail)
		}
		if it.member.Check != nil && it.member.Handler.Exit != ExitOn {
			mayFail = append(mayFail, failer{name, chain})
		}
	}
	return list
}

// A failer is a call that may fail.
type failer struct {
	name  string
	chain int
}

func addSpite(list []spite, name string, chain int, mayFail []failer) []spite {
	var early []string
	for _, e := range mayFail {
		if e.chain != chain {
			early = append(early, e.name)
		}
	}
	if early == nil {
		return list
	}
	at := slices.IndexFunc(list, func(had spite) bool { return had.early[0] == early[0] })
	if at < 0 {
		if at = len(list); at == 0 {
			early = early[:1]
		}
		list = append(list, spite{early: early})
	}
	if !slices.Contains(list[at].late, name) {
		list[at].late = append(list[at].late, name)
	}
	return list
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
func andList(list []string) string { return wordList(list, " and ") }

func orList(list []string) string { return wordList(list, " or ") }

func wordList(list []string, last string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + last + list[len(list)-1]
}
