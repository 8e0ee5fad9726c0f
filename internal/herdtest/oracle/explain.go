package oracle

import (
	"slices"
	"time"
)

// An explain looks for the schedule under which the old form does what the new one
// did: the same, but that calls wait before they begin, or give up.
type explain struct {
	*judge
	s        Schedule
	old, new *Observation
	allowed  set

	waited  bool   // calls wait
	skipped []bool // by op: the calls that the new form doesn't make; nil where there are none
}

// run returns what is left of the differences. ok is false where the calls that the
// new form doesn't make can't be explained.
func (e *explain) run() (rest set, ok bool) {
	if !e.judge.skipped || !e.skips() {
		return e.with(slices.Clone(e.s.Plans)), true
	}
	for _, at := range e.failures() {
		rest, ok = e.with(e.skip(at)), true
		if rest&^e.allowed == 0 {
			break
		}
	}
	return rest, ok
}

// with compares the new form with the old one under plans, its calls as late as the
// new form's where that is licensed.
func (e *explain) with(plans []Plan) set {
	s := Schedule{Plans: plans, Cancel: e.s.Cancel}
	old := e.old
	if e.skipped != nil {
		old = e.observe(e.before, s)
	}
	for range len(e.new.Calls) { // each round puts one call at least where the new form has it
		if !e.judge.delayed || !e.delay(plans, old) {
			break
		}
		e.waited = true
		old = e.observe(e.before, s)
	}
	return differences(old, e.new, e.spec.Ops, e.skipped)
}

// skips notes the ops whose calls the new form doesn't make.
func (e *explain) skips() bool {
	for op := range e.s.Plans {
		if len(e.new.starts(op)) == 0 && len(e.old.starts(op)) > 0 {
			if e.skipped == nil {
				e.skipped = make([]bool, len(e.s.Plans))
			}
			e.skipped[op] = true
		}
	}
	return e.skipped != nil
}

// failures are the instants at which calls may have been given up: a call has failed
// by then, or the caller has given up. There is none where nothing went wrong, and
// then nothing may be skipped. It may have waited until another call ended.
func (e *explain) failures() []time.Duration {
	first := e.s.Cancel
	var ends []time.Duration
	for _, c := range e.new.Calls {
		if c.End == unfinished {
			continue
		}
		ends = append(ends, c.End)
		if c.Err != nil && (first == never || c.End < first) {
			first = c.End
		}
	}
	if first == never {
		return nil
	}
	ends = append(ends, first)
	slices.Sort(ends)
	return ends[slices.Index(ends, first):]
}

// skip has the calls that the new form doesn't make end with the context's error,
// right behind an instant, or where they would begin if that is later.
func (e *explain) skip(at time.Duration) []Plan {
	plans := slices.Clone(e.s.Plans)
	for op, skipped := range e.skipped {
		if skipped {
			wait := at + tolerance/2 - e.old.starts(op)[0]
			plans[op] = Plan{GivesUp: true, Waits: []time.Duration{max(0, wait)}}
		}
	}
	return plans
}

// delay has calls of the old form wait until the new form began them: those first
// that can begin first, since a call that follows another in one goroutine is late
// with it. It returns false where no call begins too early.
func (e *explain) delay(plans []Plan, old *Observation) bool {
	first := forEver
	type late struct {
		op, nth int
		by      time.Duration
	}
	var found []late
	for op := range plans {
		olds, news := old.starts(op), e.new.starts(op)
		for nth := range min(len(olds), len(news)) {
			switch {
			case news[nth] <= olds[nth]:
				continue
			case olds[nth] < first:
				first, found = olds[nth], found[:0]
			case olds[nth] > first:
				continue
			}
			found = append(found, late{op, nth, news[nth] + behind - olds[nth]})
		}
	}
	for _, l := range found {
		waits := slices.Clone(plans[l.op].Waits)
		for len(waits) <= l.nth {
			waits = append(waits, 0)
		}
		waits[l.nth] += l.by
		plans[l.op].Waits = waits
	}
	return len(found) > 0
}

// starts are the instants at which the calls of an op began, in order.
func (o *Observation) starts(op int) []time.Duration {
	var out []time.Duration
	for i := range o.Calls {
		if o.Calls[i].Op == op {
			out = append(out, o.Calls[i].Start)
		}
	}
	return out
}
