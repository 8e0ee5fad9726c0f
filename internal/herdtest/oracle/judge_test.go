package oracle

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// judged runs two forms over the grid of three reads, unless spec says otherwise.
func judged(t *testing.T, spec Spec, before, after Drive) *Report {
	t.Helper()
	if spec.Ops == nil {
		spec.Ops = []Op{{"a", Reads}, {"b", Reads}, {"c", Reads}}
	}
	j := newJudge(spec, before, after)
	j.progress = func(Schedule) {}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	bubble(t, j.run)
	return j.report
}

var items = []string{"a", "b", "c"}

// fanOut reads all items at once, at most limit at a time where there is a limit.
func fanOut(limit int) Drive {
	return func(ctx context.Context, w *World) (any, error) {
		if limit == 0 {
			limit = len(items)
		}
		out, errs := make([]string, len(items)), make([]error, len(items))
		slots := make(chan struct{}, limit)
		var wg sync.WaitGroup
		for i, item := range items {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				out[i], errs[i] = w.Read(ctx, item)
			})
		}
		wg.Wait()
		return out, errors.Join(errs...)
	}
}

// inARow reads one item after the other, up to the first failure.
func inARow(ctx context.Context, w *World) (any, error) {
	var out []string
	for _, item := range items {
		v, err := w.Read(ctx, item)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// inARowAll reads one item after the other, and passes over those behind a failure:
// each of them has the context's error.
func inARowAll(ctx context.Context, w *World) (any, error) {
	out, errs := make([]string, len(items)), make([]error, len(items))
	failed := false
	for i, item := range items {
		if failed {
			errs[i] = context.Canceled
			continue
		}
		out[i], errs[i] = w.Read(ctx, item)
		failed = errs[i] != nil
	}
	return out, errors.Join(errs...)
}

// notTheLast forgets an item.
func notTheLast(ctx context.Context, w *World) (any, error) {
	out, errs := make([]string, len(items)), make([]error, len(items))
	for i, item := range items[:len(items)-1] {
		out[i], errs[i] = w.Read(ctx, item)
	}
	return out, errors.Join(errs...)
}

// swapped confuses the first two results.
func swapped(drive Drive) Drive {
	return func(ctx context.Context, w *World) (any, error) {
		result, err := drive(ctx, w)
		out := result.([]string)
		out[0], out[1] = out[1], out[0]
		return out, err
	}
}

// ordered reads all at once, and gives the error that inARow gives.
func ordered(ctx context.Context, w *World) (any, error) {
	out, errs := make([]string, len(items)), make([]error, len(items))
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() { out[i], errs[i] = w.Read(ctx, item) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// firstInTime gives the first error in time, and lets the others go on or not.
func firstInTime(cancels bool) Drive {
	return func(ctx context.Context, w *World) (any, error) {
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		if !cancels {
			own = ctx
		}
		var wg sync.WaitGroup
		var once sync.Once
		var first error
		out := make([]string, len(items))
		for i, item := range items {
			wg.Go(func() {
				var err error
				if out[i], err = w.Read(own, item); err != nil {
					once.Do(func() { first = err; cancel() })
				}
			})
		}
		wg.Wait()
		if first != nil {
			return nil, first
		}
		return out, nil
	}
}

// stuck waits for one value on a channel that one goroutine an item sends on.
func stuck(room int) Drive {
	return func(ctx context.Context, w *World) (any, error) {
		type result struct {
			v   string
			err error
		}
		first := make(chan result, room)
		for _, item := range items {
			go func() { v, err := w.Read(ctx, item); first <- result{v, err} }()
		}
		r := <-first
		return r.v, r.err
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name          string
		spec          Spec
		before, after Drive
		classes       []string // of the violations
		licensed      []string
		wrong         string // part of what is wrong with the spec
		triggered     bool
		later         bool
	}{
		{name: "the same", before: fanOut(0), after: fanOut(0)},
		{name: "a bound that is announced", before: fanOut(0), after: fanOut(2), spec: Spec{May: []string{Delayed}, InFlight: 2, Goroutines: 2}, licensed: []string{Delayed}},
		{name: "a bound that is not", before: fanOut(0), after: fanOut(2), classes: []string{"gives-up", "hides-error", "other-error", "result", "slower", "slower-error"}},
		{name: "a bound that bounds less", before: fanOut(0), after: fanOut(2), spec: Spec{May: []string{Delayed}, InFlight: 1}, licensed: []string{Delayed}, wrong: "1 calls under way at most were declared, and 2 were seen"},
		{name: "a bound that bounds more", before: fanOut(0), after: fanOut(1), spec: Spec{May: []string{Delayed}, InFlight: 2}, licensed: []string{Delayed}, wrong: "2 calls under way at most were declared, and 1 were seen"},
		{name: "a licence that is idle", before: fanOut(0), after: fanOut(0), spec: Spec{May: []string{Delayed, "left"}}, wrong: "no schedule needs the licence delayed"},
		{name: "a class that there isn't", before: fanOut(0), after: fanOut(0), spec: Spec{May: []string{"laft"}}, wrong: "there is no class laft"},
		{name: "faster, in order", before: inARow, after: ordered, spec: Spec{May: []string{"extra-call", "more-at-once", "slower-error"}}, licensed: []string{"extra-call", "more-at-once", "slower-error"}, later: true},
		{name: "faster, first in time", before: inARow, after: firstInTime(false), spec: Spec{May: []string{"extra-call", "more-at-once", "slower-error"}}, classes: []string{"hides-error", "other-error", "real-error"}, licensed: []string{"extra-call", "more-at-once", "slower-error"}, later: true},
		{name: "failures that cancel", before: firstInTime(false), after: firstInTime(true), spec: Spec{Mode: Safe}},
		{name: "passed over after a failure", before: fanOut(1), after: inARowAll, spec: Spec{May: []string{Skipped}}, licensed: []string{Skipped}},
		{name: "passed over after a failure, and not licensed", before: fanOut(1), after: inARowAll, classes: []string{"hides-error", "lost-call", "other-error", "result"}},
		{name: "passed over for nothing", before: fanOut(1), after: notTheLast, spec: Spec{May: []string{Skipped}}, classes: []string{"carries-on", "lost-call", "lost-error", "other-error", "real-error", "result"}, wrong: "no schedule needs the licence skipped"},
		{name: "late, and wrong", before: fanOut(0), after: swapped(fanOut(2)), spec: Spec{May: []string{Delayed}}, classes: []string{"gives-up", "hides-error", "other-error", "result", "slower", "slower-error"}, licensed: []string{Delayed}},
		{name: "room for all", before: stuck(0), after: stuck(3), spec: Spec{Mode: Repair, Trigger: []string{"leak"}}, triggered: true},
		{name: "room for too few", before: stuck(0), after: stuck(1), spec: Spec{Mode: Repair, Trigger: []string{"leak"}}, triggered: true, classes: []string{"leak"}},
		{name: "no defect", before: stuck(3), after: stuck(3), spec: Spec{Mode: Repair, Trigger: []string{"leak"}}, wrong: "no schedule meets the defect [leak]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := judged(t, tt.spec, tt.before, tt.after)
			if got := slices.Sorted(maps.Keys(r.Classes)); !slices.Equal(got, tt.classes) {
				t.Errorf("violations of the classes %v, want %v: %s", got, tt.classes, r.Witness)
			}
			if got := slices.Sorted(maps.Keys(r.Licensed)); !slices.Equal(got, tt.licensed) {
				t.Errorf("licences needed: %v, want %v", got, tt.licensed)
			}
			wrong := strings.Join(r.Wrong, "; ")
			if !strings.Contains(wrong, tt.wrong) || tt.wrong == "" && wrong != "" {
				t.Errorf("wrong with the spec: %q, want %q", wrong, tt.wrong)
			}
			if tt.triggered != (r.Triggered > 0) || tt.later != (r.Later > 0) {
				t.Errorf("%d schedules met the defect, %d needed a later cancellation", r.Triggered, r.Later)
			}
			if r.Schedules != 6*8*8*8 {
				t.Errorf("%d schedules", r.Schedules)
			}
		})
	}
}
