package oracle

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// A Plan is what the calls of one op do in one schedule.
type Plan struct {
	Latency time.Duration
	Fails   bool
	Deaf    bool            // doesn't heed its context
	Waits   []time.Duration // before its first call begins, its second, ...
	GivesUp bool            // ends at once, with the context's error
	Endless bool            // ends with its context, and not before
}

// A Schedule is one way in which the world may go.
type Schedule struct {
	Plans  []Plan
	Cancel time.Duration // when the caller gives up, or never
}

const (
	never      = -1 * time.Nanosecond
	unfinished = -1 * time.Nanosecond
	ms         = time.Millisecond
)

// What sets the instants of ops apart, in every sum: the op's own share of a call's
// latency, and of the time that a call takes to heed its context. They are powers of
// two of a unit, so that no two sums are the same, and those of eight ops stay below
// a millisecond, and below the tolerance.
const (
	latencyUnit  = 3 * time.Microsecond
	reactionUnit = 4 * time.Nanosecond
	tolerance    = 2 * time.Microsecond
)

// WayBack is what the code under test may let pass when a call has ended, for a caller to
// give up then.
const WayBack = time.Microsecond

// behind is what a call waits beyond an instant, to begin after what happened then.
const behind = time.Nanosecond

func own(op int, unit time.Duration) time.Duration { return unit << op }

// pass lets the time of a call go by.
func (p Plan) pass(ctx context.Context, op int, failure error) error {
	if p.GivesUp {
		return context.Canceled
	}
	if !p.Fails {
		failure = nil
	}
	if p.Endless && ctx.Done() != nil {
		<-ctx.Done()
		time.Sleep(own(op, reactionUnit))
		return ctx.Err()
	}
	if p.Deaf {
		time.Sleep(p.Latency)
		return failure
	}
	timer := time.NewTimer(p.Latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return failure
	case <-ctx.Done():
		time.Sleep(own(op, reactionUnit))
		return ctx.Err()
	}
}

// A grid is all schedules of a spec: those of each world stand together.
type grid struct {
	n         int // ops
	latencies []time.Duration
	cancels   []time.Duration
	deaf      bool
	repeats   bool // several calls may have the same latency
}

func gridOf(s Spec) grid {
	g := grid{n: len(s.Ops), latencies: s.Latencies, cancels: s.Cancels, deaf: !s.Hears, repeats: s.Wide}
	if g.latencies == nil {
		for i := range s.Ops {
			g.latencies = append(g.latencies, time.Duration(i+1)*10*ms)
		}
	}
	if g.cancels == nil {
		g.cancels = append(fives(g.longest()-10*ms), 0)
	}
	g.cancels = append([]time.Duration{never}, g.cancels...)
	slices.Sort(g.cancels)
	g.cancels = slices.Compact(g.cancels)
	return g
}

// longest is how long all calls take one after the other, at most.
func (g grid) longest() time.Duration {
	if g.repeats {
		return slices.Max(g.latencies) * time.Duration(g.n)
	}
	return sum(g.latencies)
}

func sum(list []time.Duration) (total time.Duration) {
	for _, d := range list {
		total += d
	}
	return total
}

// fives are the instants 5, 15, 25, ... ms up to the first behind end.
func fives(end time.Duration) []time.Duration {
	var out []time.Duration
	for at := 5 * ms; at < end+10*ms; at += 10 * ms {
		out = append(out, at)
	}
	return out
}

// worlds yields the plans of each subset of failures, order of latencies and
// subset of the deaf. The plans are the callee's own: clone what is kept.
func (g grid) worlds() iter.Seq[[]Plan] {
	return func(yield func([]Plan) bool) {
		plans := make([]Plan, g.n)
		g.fill(plans, 0, make([]bool, len(g.latencies)), yield)
	}
}

// all yields each world, with the instants at which its caller gives up.
func (g grid) all() iter.Seq2[[]Plan, []time.Duration] {
	return func(yield func([]Plan, []time.Duration) bool) {
		for plans := range g.worlds() {
			if !yield(plans, g.cancels) {
				return
			}
		}
	}
}

func (g grid) fill(plans []Plan, op int, taken []bool, yield func([]Plan) bool) bool {
	if op == g.n {
		return yield(plans)
	}
	for i, latency := range g.latencies {
		if taken[i] {
			continue
		}
		taken[i] = !g.repeats
		for _, deaf := range []bool{false, true}[:1+b2i(g.deaf)] {
			for _, fails := range []bool{false, true} {
				plans[op] = Plan{Latency: latency + own(op, latencyUnit), Fails: fails, Deaf: deaf}
				if !g.fill(plans, op+1, taken, yield) {
					return false
				}
			}
		}
		taken[i] = false
	}
	return true
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s Schedule) describe(ops []Op) string {
	var b strings.Builder
	for i, p := range s.Plans {
		fmt.Fprintf(&b, "%s %v", ops[i].Name, p.Latency.Round(ms))
		if p.Fails {
			b.WriteString(" fails")
		}
		if p.Deaf {
			b.WriteString(" deaf")
		}
		if p.Endless {
			b.WriteString(" ends with its context")
		}
		b.WriteString("; ")
	}
	if s.Cancel == never {
		return b.String() + "the caller stays"
	}
	return fmt.Sprintf("%sthe caller gives up at %v", b.String(), s.Cancel)
}
