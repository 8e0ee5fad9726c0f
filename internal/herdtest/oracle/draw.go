package oracle

import (
	"iter"
	"math/rand/v2"
	"time"
)

// drawn yields n schedules, a world and a caller each. Few calls fail in most of them,
// and in a third the caller stays: where much goes wrong, little of a function is seen.
func (g grid) drawn(n int, seed uint64) iter.Seq2[[]Plan, []time.Duration] {
	return func(yield func([]Plan, []time.Duration) bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range n {
			plans, cancel := g.draw(r)
			if !yield(plans, []time.Duration{cancel}) {
				return
			}
		}
	}
}

func (g grid) draw(r *rand.Rand) ([]Plan, time.Duration) {
	plans := make([]Plan, g.n)
	order := r.Perm(len(g.latencies))
	failing := [...]int{0, 0, 1, 1, 1, 2, g.n}[r.IntN(7)]
	for op := range plans {
		at := order[op%len(order)]
		if g.repeats {
			at = r.IntN(len(g.latencies))
		}
		plans[op] = Plan{Latency: g.latencies[at] + own(op, latencyUnit), Deaf: g.deaf && r.IntN(4) == 0}
	}
	for _, op := range r.Perm(g.n)[:min(failing, g.n)] {
		plans[op].Fails = true
	}
	if r.IntN(3) == 0 || len(g.cancels) < 2 {
		return plans, never
	}
	if r.IntN(6) == 0 {
		plans[r.IntN(g.n)].Endless = true
	}
	return plans, g.cancels[1+r.IntN(len(g.cancels)-1)] // the first is never
}
