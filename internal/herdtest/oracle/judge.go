package oracle

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// A judge takes two forms through all schedules of a spec.
type judge struct {
	spec          Spec
	before, after Drive
	fails         []error
	report        *Report
	progress      func(Schedule) // is told of each schedule

	may, mends, trigger set
	failing, givingUp   set // those of may that hold only where a call fails, or the caller gives up
	delayed, skipped    bool

	extra int // the most calls of a run that the old form doesn't make

	plans []Plan                         // of the world at hand
	olds  map[time.Duration]*Observation // the old form in it, by when its caller gives up
}

func newJudge(spec Spec, before, after Drive) *judge {
	j := &judge{
		spec: spec, before: before, after: after, fails: failures(spec.Ops),
		report: &Report{Name: spec.Name, Licensed: map[string]int{}, Mended: map[string]int{}, Classes: map[string]int{}},
		olds:   map[time.Duration]*Observation{},
	}
	j.delayed, j.skipped = slices.Contains(spec.May, Delayed), slices.Contains(spec.May, Skipped)
	j.may = j.read(spec.May, Delayed, Skipped)
	for name, when := range spec.Upon {
		c, ok := ParseClass(name)
		j.failing.add(c, ok && when == CallFails)
		j.givingUp.add(c, ok && when == CallerGivesUp)
	}
	j.mends = j.read(spec.Mends)
	j.trigger = j.read(spec.Trigger)
	return j
}

// read makes a set of names of classes, but for those in apart.
func (j *judge) read(names []string, apart ...string) (s set) {
	for _, name := range names {
		c, ok := ParseClass(name)
		if !ok && !slices.Contains(apart, name) {
			j.wrong("there is no class %s", name)
		}
		s.add(c, ok)
	}
	return s
}

func (j *judge) wrong(format string, args ...any) {
	j.report.Wrong = append(j.report.Wrong, fmt.Sprintf(format, args...))
}

// run judges every schedule. It must be called in a bubble.
func (j *judge) run() {
	g := gridOf(j.spec)
	stride, n, most, busiest := max(1, j.spec.Stride), 0, 0, 0
	for plans, cancels := range j.worlds(g) {
		j.plans = plans
		clear(j.olds)
		for _, t := range cancels {
			if n++; n%stride != 0 {
				continue
			}
			s := Schedule{Plans: plans, Cancel: t}
			j.progress(s)
			j.report.Schedules++
			new := j.observe(j.after, s)
			most, busiest = max(most, new.InFlight), max(busiest, new.Goroutines)
			j.one(s, new)
			if j.spec.Quick && j.report.Violations > 0 {
				return
			}
		}
	}
	j.report.InFlight = most
	j.reached("calls under way", j.spec.InFlight, most)
	j.reached("goroutines", j.spec.Goroutines, busiest)
	j.reached("calls that the old form doesn't make", j.spec.Extra, j.extra)
	j.idle()
}

// worlds are those that the spec wants.
func (j *judge) worlds(g grid) iter.Seq2[[]Plan, []time.Duration] {
	if j.spec.Sample > 0 {
		return g.drawn(j.spec.Sample, j.spec.Seed)
	}
	return g.all()
}

func (j *judge) observe(drive Drive, s Schedule) *Observation {
	j.report.Runs++
	return observe(drive, j.spec.Ops, j.fails, s)
}

// old is the old form in the world at hand.
func (j *judge) old(cancel time.Duration) *Observation {
	o := j.olds[cancel]
	if o == nil {
		o = j.observe(j.before, Schedule{Plans: j.plans, Cancel: cancel})
		j.olds[cancel] = o
	}
	return o
}

// one judges one schedule, on which the new form did new.
func (j *judge) one(s Schedule, new *Observation) {
	old := j.old(s.Cancel)
	apart := differences(old, new, j.spec.Ops, nil)
	if j.spec.Mode == Repair && old.shows()&j.trigger != 0 {
		j.triggered(s, old, new, apart)
		return
	}
	if apart == 0 {
		j.report.Same++
		return
	}
	may := j.allowed(s, new)
	if j.explained(s, old, new, may) {
		return
	}
	rest, t := j.closest(s.Cancel, new, apart, may)
	bad := rest &^ may
	if rest.has(ExtraCall) {
		bad.add(ExtraCall, !j.mayCall(j.old(t), new))
	}
	if bad != 0 {
		j.violation(s, old, new, bad)
		return
	}
	j.license(rest)
	if t != s.Cancel {
		j.report.Later++
	}
}

// allowed are the classes that are licensed on a schedule.
func (j *judge) allowed(s Schedule, new *Observation) set {
	may := j.may
	if !new.failed() && !new.GaveUp {
		may &^= j.failing
	}
	if s.Cancel == never {
		may &^= j.givingUp
	}
	return may
}

// mayCall tells whether the calls that the new form makes beyond the old one's are
// such as were licensed: only reads, where no write more is licensed; of a safe fix only in a
// run that fails; not too many, and not too many that began behind a failure.
func (j *judge) mayCall(old, new *Observation) bool {
	more := 0
	for op := range j.spec.Ops {
		n := max(0, len(new.callsOf(op))-len(old.callsOf(op)))
		if n > 0 && !j.may.has(ExtraWrite) && j.spec.Ops[op].Kind != Reads {
			return false
		}
		more += n
	}
	if j.spec.Mode == Safe && new.Err == nil && !new.failed() && !new.GaveUp {
		return false
	}
	j.extra = max(j.extra, more)
	return (j.spec.Extra == 0 || more <= j.spec.Extra) && (j.spec.Late < 0 || new.late() <= j.spec.Late)
}

// triggered judges a schedule on which the old form met the defect.
func (j *judge) triggered(s Schedule, old, new *Observation, apart set) {
	j.report.Triggered++
	for _, c := range (apart & j.mends).list() {
		j.report.Mended[c.String()]++
	}
	if bad := apart&^j.mends&^j.may | new.shows()&j.trigger; bad != 0 {
		j.violation(s, old, new, bad)
	}
}

// closest looks for what the old form would have done for a caller that gives up
// at cancel, later, or never: the fewest differences among those that are licensed,
// and when that caller gives up. Its outcome changes only where something happens,
// and calls begin and end on full tens.
func (j *judge) closest(cancel time.Duration, new *Observation, apart, may set) (set, time.Duration) {
	best, at := apart, cancel
	if cancel == never {
		return best, at
	}
	end := time.Duration(0)
	for _, p := range j.plans {
		end += p.Latency
	}
	for _, t := range slices.Concat([]time.Duration{never}, fives(end), j.gaps()) {
		if t != never && t <= cancel {
			continue
		}
		old := j.old(t)
		if j.spec.Mode == Repair && old.shows()&j.trigger != 0 {
			continue
		}
		d := differences(old, new, j.spec.Ops, nil)
		if d&^may == 0 && (best&^may != 0 || d.len() < best.len()) {
			best, at = d, t
		}
	}
	return best, at
}

// gaps are the instants right behind the end of a call of the old form, where one is
// drawn: there a caller can give up between two calls, if the way back takes time.
func (j *judge) gaps() []time.Duration {
	if j.spec.Sample == 0 {
		return nil
	}
	var out []time.Duration
	for _, c := range j.old(never).Calls {
		out = append(out, c.End+WayBack/2)
	}
	return out
}

// explained asks whether the old form would do the same, but for what is licensed,
// if its calls were late or given up as the new form's are.
func (j *judge) explained(s Schedule, old, new *Observation, may set) bool {
	if !j.delayed && !j.skipped {
		return false
	}
	e := explain{judge: j, s: s, old: old, new: new, allowed: may}
	rest, ok := e.run()
	if !ok || rest&^may != 0 || !e.waited && e.skipped == nil {
		return false
	}
	j.license(rest)
	if e.waited {
		j.report.Licensed[Delayed]++
	}
	if e.skipped != nil {
		j.report.Licensed[Skipped]++
	}
	return true
}

func (j *judge) license(s set) {
	for _, c := range s.list() {
		j.report.Licensed[c.String()]++
	}
}

func (j *judge) violation(s Schedule, old, new *Observation, bad set) {
	j.report.Violations++
	for _, c := range bad.list() {
		j.report.Classes[c.String()]++
	}
	if j.report.Witness == "" {
		j.report.Witness = fmt.Sprintf("%v where %s\n\told: %v\n\tnew: %v", bad.list(), s.describe(j.spec.Ops), old, new)
	}
}

// reached holds a bound against the most that was seen: one that is never reached
// bounds more than it says.
func (j *judge) reached(what string, bound, most int) {
	if bound > 0 && most != bound {
		j.wrong("%d %s at most were declared, and %d were seen", bound, what, most)
	}
}

// idle complains of what was declared and never needed.
func (j *judge) idle() {
	for _, name := range j.spec.May {
		if j.report.Licensed[name] == 0 {
			j.wrong("no schedule needs the licence %s", name)
		}
	}
	for _, name := range j.spec.Mends {
		if j.report.Mended[name] == 0 {
			j.wrong("on no schedule that meets the defect is there a difference %s", name)
		}
	}
	if j.trigger != 0 && j.report.Triggered == 0 {
		j.wrong("no schedule meets the defect %v", j.spec.Trigger)
	}
}
