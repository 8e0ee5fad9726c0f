package herdtest

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/rule"
)

// A saying is what a finding may tell its user, and the differences that it announces.
type saying struct {
	words   *regexp.Regexp
	upon    oracle.When // "" for always
	classes []oracle.Class
}

// independent is what is assumed of rounds that write: it is not so where an item comes twice,
// and announces nothing where none does.
var independent = regexp.MustCompile(`that the rounds' are independent is assumed`)

// sayings are those of seqcalls and seqloop. A difference that none of a function's
// findings announces is a violation.
var sayings = []saying{
	{regexp.MustCompile(`^up to (\d+) calls are under way at the same time|^up to (\d+) rounds call`), "", []oracle.Class{oracle.MoreAtOnce}},
	{regexp.MustCompile(`(is|are) also called when .* fails$`), oracle.CallFails, []oracle.Class{oracle.ExtraCall}},
	{regexp.MustCompile(`^a failure is returned when all the calls have ended`), oracle.CallFails, []oracle.Class{oracle.SlowerError, oracle.Slower}},
	{regexp.MustCompile(`^when the caller gives up, calls that used to come later may have succeeded by then`), oracle.CallerGivesUp,
		[]oracle.Class{oracle.CarriesOn, oracle.RealError, oracle.OtherError, oracle.Result, oracle.Slower, oracle.SlowerError,
			oracle.LostCall, oracle.ExtraCall, oracle.LostWrite, oracle.ExtraWrite, oracle.WriteOrder, oracle.Arguments, oracle.Panic, oracle.Fails}},
	{regexp.MustCompile(`is called once all the calls have ended: by then the caller may have given up`), oracle.CallerGivesUp,
		[]oracle.Class{oracle.LostWrite, oracle.LostCall, oracle.WriteOrder}},
	{regexp.MustCompile(`the loop goes on once all the calls have ended: by then the caller may have given up`), oracle.CallerGivesUp,
		[]oracle.Class{oracle.GivesUp, oracle.HidesError, oracle.OtherError, oracle.Result, oracle.LostCall, oracle.LostWrite, oracle.WriteOrder}},
	{regexp.MustCompile(`begins when calls that came behind it have ended: by then the caller may have given up`), oracle.CallerGivesUp,
		[]oracle.Class{oracle.GivesUp, oracle.HidesError, oracle.OtherError, oracle.RealError, oracle.CarriesOn, oracle.Result, oracle.LostCall, oracle.ExtraCall, oracle.LostWrite}},
	{regexp.MustCompile(`the error returned is the first in time`), oracle.CallFails, []oracle.Class{oracle.OtherError, oracle.RealError, oracle.HidesError}},
	{regexp.MustCompile(`the others are cancelled; the error is returned when all have ended`), "", []oracle.Class{oracle.SlowerError, oracle.LostCall, oracle.DeadContext}},
	{regexp.MustCompile(`and the calls under way are cancelled`), oracle.CallFails, []oracle.Class{oracle.ExtraCall, oracle.SlowerError, oracle.DeadContext}},
	{regexp.MustCompile(`returns the context's error instead of making its call`), "", []oracle.Class{oracle.LostCall, oracle.GivesUp, oracle.HidesError}},
	{regexp.MustCompile(`the calls of rounds behind it may have been made as well, and the error is returned when those have ended`), oracle.CallFails,
		[]oracle.Class{oracle.ExtraCall, oracle.SlowerError}},
	{regexp.MustCompile(`may have been called for items behind it, and the error is returned when those have ended`), oracle.CallFails,
		[]oracle.Class{oracle.ExtraCall, oracle.ExtraWrite, oracle.SlowerError}},
	{regexp.MustCompile(`^the order in which .* does its work is not kept`), "", []oracle.Class{oracle.WriteOrder}},
	{independent, "", []oracle.Class{oracle.Arguments, oracle.Result, oracle.ExtraCall, oracle.LostWrite, oracle.ExtraWrite}},
	{regexp.MustCompile(`^when the caller gives up, a round may succeed behind one that was cut short`), oracle.CallerGivesUp,
		[]oracle.Class{oracle.Result, oracle.OtherError, oracle.CarriesOn, oracle.ExtraCall, oracle.ExtraWrite, oracle.Slower, oracle.SlowerError, oracle.RealError, oracle.Arguments}},
	{regexp.MustCompile(`is seen once the calls of all rounds have returned`), "", []oracle.Class{oracle.ExtraCall, oracle.Slower, oracle.SlowerError}},
}

// license lets the spec of a rewritten program have what its findings announce: of a
// safe one no more than safe findings may.
func (w *rewritten) license(s *oracle.Spec) {
	safety, atOnce := rule.Safe, 1
	s.Upon = map[string]oracle.When{}
	for _, f := range w.applied {
		safety = min(safety, f.Safety)
		for _, text := range saysOf(f) {
			for _, one := range sayings {
				m := one.words.FindStringSubmatch(text)
				if m == nil || one.words == independent && !w.comesTwice() {
					continue
				}
				for _, c := range one.classes {
					permit(s, c.String(), one.upon)
					w.tell(c, text)
				}
				for _, number := range m[1:] {
					if n, err := strconv.Atoi(number); err == nil {
						atOnce *= n
					}
				}
			}
		}
	}
	s.InFlight = atOnce
	s.Mode = oracle.Review
	if safety == rule.Safe {
		s.Mode = oracle.Safe
	}
}

// saysOf is what a finding tells its user: what changes, and what it assumes.
func saysOf(f *rule.Located) []string {
	texts := slices.Clone(f.Changes)
	for _, e := range f.Evidence {
		if e.Grade == rule.Review {
			texts = append(texts, e.Claim)
		}
	}
	return texts
}

// comesTwice tells whether the program is given an item twice.
func (w *rewritten) comesTwice() bool {
	ids := slices.Sorted(slices.Values(w.program.IDs))
	return len(slices.Compact(ids)) < len(w.program.IDs)
}

// unsaid are the sayings that no finding has.
func (f *field) unsaid() (list []string) {
	for _, one := range sayings {
		said := false
		for _, w := range f.made[""] {
			for _, found := range w.applied {
				said = said || slices.ContainsFunc(saysOf(found), one.words.MatchString)
			}
		}
		if !said {
			list = append(list, one.words.String())
		}
	}
	return list
}

// permit adds a licence; one that holds everywhere stays so.
func permit(s *oracle.Spec, name string, upon oracle.When) {
	for _, had := range s.May {
		if had == name {
			if s.Upon[name] != upon {
				delete(s.Upon, name)
			}
			return
		}
	}
	s.May = append(s.May, name)
	if upon != "" {
		s.Upon[name] = upon
	}
}

// unfit names a licence of what is safe that no safe finding may have, "" for none.
func unfit(s oracle.Spec) string {
	if s.Mode != oracle.Safe {
		return ""
	}
	safe := map[string]bool{}
	for _, name := range oracle.SafeLicences() {
		safe[name] = true
	}
	for _, name := range s.May {
		if !safe[name] && (name != oracle.Slower.String() || s.Upon[name] != oracle.CallFails) {
			return name
		}
	}
	return ""
}
