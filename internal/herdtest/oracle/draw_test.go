package oracle

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestDrawn: so many schedules are drawn as were asked for, the same from the same seed, and
// among them are calls that fail, that are deaf, that end with their context only (and then
// the caller gives up), and callers that stay.
func TestDrawn(t *testing.T) {
	g := gridOf(Spec{Ops: []Op{{"a", Reads}, {"b", Reads}, {"c", Reads}}})
	draw := func(seed uint64) (texts []string, seen map[string]int) {
		seen = map[string]int{}
		for plans, cancels := range g.drawn(200, seed) {
			texts = append(texts, fmt.Sprint(plans, cancels))
			taken := map[time.Duration]bool{}
			for _, p := range plans {
				seen["fails"] += b2i(p.Fails)
				seen["deaf"] += b2i(p.Deaf)
				seen["endless"] += b2i(p.Endless)
				seen["endless for ever"] += b2i(p.Endless && cancels[0] == never)
				seen["as long as another"] += b2i(taken[p.Latency.Round(ms)])
				taken[p.Latency.Round(ms)] = true
			}
			seen["stays"] += b2i(cancels[0] == never)
			seen["more than one caller"] += b2i(len(cancels) != 1)
		}
		return texts, seen
	}
	texts, seen := draw(1)
	again, _ := draw(1)
	other, _ := draw(2)
	if len(texts) != 200 || !slices.Equal(texts, again) || slices.Equal(texts, other) {
		t.Errorf("%d schedules; the same again: %v; another seed gives others: %v", len(texts), slices.Equal(texts, again), !slices.Equal(texts, other))
	}
	for _, what := range []string{"fails", "deaf", "endless", "stays"} {
		if seen[what] < 10 {
			t.Errorf("%s: %d times", what, seen[what])
		}
	}
	for _, what := range []string{"endless for ever", "as long as another", "more than one caller"} {
		if seen[what] > 0 {
			t.Errorf("%s: %d times", what, seen[what])
		}
	}
}

// TestEndless: such a call ends with its context; where that can't end it is a call like others.
func TestEndless(t *testing.T) {
	for _, test := range []struct {
		name    string
		ctx     func(context.Context) context.Context
		elapsed time.Duration
		err     error
	}{
		{"the caller's context", func(ctx context.Context) context.Context { return ctx }, 25*ms + reactionUnit, context.Canceled},
		{"none that ends", context.WithoutCancel, 10*ms + latencyUnit, nil},
	} {
		ops := []Op{{"get", Reads}}
		s := Schedule{Plans: []Plan{{Latency: 10*ms + latencyUnit, Endless: true}}, Cancel: 25 * ms}
		var o *Observation
		bubble(t, func() {
			o = observe(func(ctx context.Context, w *World) (any, error) { return w.Read(test.ctx(ctx), "get") }, ops, failures(ops), s)
		})
		if o.Elapsed != test.elapsed || o.Err != test.err {
			t.Errorf("%s: it ends after %v with %v, want %v with %v", test.name, o.Elapsed, o.Err, test.elapsed, test.err)
		}
	}
}

// TestUpon: a licence holds where it says, and nowhere else.
func TestUpon(t *testing.T) {
	all := Spec{Mode: Review, May: []string{"more-at-once", "extra-call", "slower-error"}}
	failing, givenUp := all, all
	failing.Upon = map[string]When{"extra-call": CallFails, "slower-error": CallFails}
	givenUp.Upon = map[string]When{"slower-error": CallerGivesUp}
	sideBySide := inOrder(fanOut(0))
	if r := judged(t, all, inARow, sideBySide); r.Violations > 0 {
		t.Errorf("everywhere: %d violations: %s", r.Violations, r.Witness)
	}
	if r := judged(t, failing, inARow, sideBySide); r.Violations > 0 {
		t.Errorf("where a call fails: %d violations: %s", r.Violations, r.Witness)
	}
	if r := judged(t, givenUp, inARow, sideBySide); r.Classes["slower-error"] == 0 || len(r.Classes) > 1 {
		t.Errorf("where the caller gives up: violations %v, want slower-error where it stays", r.Classes)
	}
}

// inOrder gives the first error in the order of the items.
func inOrder(all Drive) Drive {
	return func(ctx context.Context, w *World) (any, error) {
		out, err := all(ctx, w)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			return nil, joined.Unwrap()[0]
		}
		return out, err
	}
}

// TestSample: a sample of the grid is judged, and no more.
func TestSample(t *testing.T) {
	if r := judged(t, Spec{Mode: Safe, Sample: 50, Seed: 3}, inARow, notTheLast); r.Schedules != 50 || r.Violations != 50 {
		t.Errorf("%d schedules with %d violations, want 50 and 50", r.Schedules, r.Violations)
	}
	if r := judged(t, Spec{Mode: Safe, Sample: 50, Seed: 3}, inARow, inARow); r.Same != 50 {
		t.Errorf("%d of %d schedules are the same, want all of 50", r.Same, r.Schedules)
	}
}
