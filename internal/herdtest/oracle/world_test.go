package oracle

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"
)

// seen runs a drive once, over one op of each kind that all take ten milliseconds.
func seen(t *testing.T, s Schedule, drive Drive) (o *Observation) {
	t.Helper()
	ops := []Op{{"get", Reads}, {"put", Writes}, {"body", Opens}}
	for i := range ops {
		s.Plans = append(s.Plans, Plan{Latency: 10*ms + own(i, latencyUnit)})
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	bubble(t, func() { o = observe(drive, ops, failures(ops), s) })
	return o
}

func TestObserve(t *testing.T) {
	stays := Schedule{Cancel: never}
	tests := []struct {
		name  string
		s     Schedule
		drive Drive
		holds func(o *Observation) bool
	}{
		{"a read", stays, func(ctx context.Context, w *World) (any, error) { return w.Read(ctx, "get", 1, "x") }, func(o *Observation) bool {
			return o.Result == `"what get has"` && o.Calls[0].Args == "1 x" && o.Elapsed == 10*ms+latencyUnit && o.InFlight == 1
		}},
		{"a write", stays, func(ctx context.Context, w *World) (any, error) { return nil, w.Write(ctx, "put", "v") }, func(o *Observation) bool {
			return slices.Equal(o.Writes, []string{"put v"})
		}},
		{"a write that is given up", Schedule{Cancel: 5 * ms}, func(ctx context.Context, w *World) (any, error) { return nil, w.Write(ctx, "put") }, func(o *Observation) bool {
			return o.Err == context.Canceled && o.GaveUp && o.Writes == nil && o.Elapsed < 6*ms
		}},
		{"a panic", stays, func(ctx context.Context, w *World) (any, error) { panic("boom") }, func(o *Observation) bool { return o.Panic == "boom" }},
		{"an op that isn't declared", stays, func(ctx context.Context, w *World) (any, error) { return w.Read(ctx, "put") }, func(o *Observation) bool {
			return o.Panic == `oracle: the template declares no "put" of kind read`
		}},
		{"the end of its goroutine", stays, func(ctx context.Context, w *World) (any, error) { runtime.Goexit(); return nil, nil }, func(o *Observation) bool { return o.Panic != "" }},
		{"a hang", stays, func(ctx context.Context, w *World) (any, error) { select {} }, func(o *Observation) bool { return o.Hung && o.Left == 0 && o.Stuck == 0 }},
		{"a hang with company", stays, func(ctx context.Context, w *World) (any, error) { go func() { select {} }(); select {} }, func(o *Observation) bool { return o.Hung && o.Stuck == 1 }},
		{"a goroutine that is late", stays, func(ctx context.Context, w *World) (any, error) { go w.Read(ctx, "get"); return nil, nil }, func(o *Observation) bool {
			return o.Left == 1 && o.Stuck == 0 && len(o.Calls) == 1 && o.Elapsed == 0
		}},
		{"a goroutine that waits for a caller who stays", stays, func(ctx context.Context, w *World) (any, error) { go func() { <-ctx.Done() }(); return nil, nil }, func(o *Observation) bool {
			return o.Left == 1 && o.Stuck == 1
		}},
		{"another context", stays, func(ctx context.Context, w *World) (any, error) { return w.Read(context.Background(), "get") }, func(o *Observation) bool { return o.Calls[0].Stranger }},
		{"a context of the caller's", stays, func(ctx context.Context, w *World) (any, error) { return w.Read(context.WithoutCancel(ctx), "get") }, func(o *Observation) bool { return !o.Calls[0].Stranger }},
		{"a dead context", stays, func(ctx context.Context, w *World) (any, error) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return w.Read(ctx, "get")
		}, func(o *Observation) bool { return o.Dead == 1 && o.Err == context.Canceled && !o.GaveUp }},
		{"a body", stays, readBody(true, false), func(o *Observation) bool { return o.Result == `"what body holds"` && o.Unclosed == 0 }},
		{"a body that stays open", stays, readBody(false, false), func(o *Observation) bool { return o.Unclosed == 1 }},
		{"a body whose context has ended", stays, readBody(true, true), func(o *Observation) bool { return o.Err == context.Canceled && o.Dead == 1 }},
		{"read after close", stays, func(ctx context.Context, w *World) (any, error) {
			r, _ := w.Open(ctx, "body")
			r.Close()
			r.Close()
			return r.Read(make([]byte, 1))
		}, func(o *Observation) bool { return o.Err != nil && o.Unclosed == 0 }},
		{"the errors that are wrapped", stays, func(ctx context.Context, w *World) (any, error) { return nil, errors.Join(w.fails[0], w.fails[2]) }, func(o *Observation) bool { return o.Wraps == 1<<2|1<<4 }},
	}
	for _, tt := range tests {
		if o := seen(t, tt.s, tt.drive); !tt.holds(o) {
			t.Errorf("%s: %+v", tt.name, o)
		}
	}
}

// readBody opens, reads and closes the body, under a context that may end before.
func readBody(closes, ends bool) Drive {
	return func(ctx context.Context, w *World) (any, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		r, err := w.Open(ctx, "body")
		if err != nil {
			return nil, err
		}
		if closes {
			defer r.Close()
		}
		if ends {
			cancel()
		}
		text, err := io.ReadAll(r)
		return string(text), err
	}
}

// No two subsets of calls end at one instant, one after the other, and none meets a
// caller who gives up.
func TestInstantsAreApart(t *testing.T) {
	at := map[time.Duration]int{}
	for subset := range 1 << 8 {
		var end, reaction time.Duration
		for op := range 8 {
			if subset>>op&1 == 1 {
				end += own(op, latencyUnit)
				reaction += own(op, reactionUnit)
			}
		}
		if at[end]++; at[end] > 1 || end >= 2*ms || reaction >= tolerance {
			t.Fatalf("subset %b: calls end %v, and react %v, behind the full ten", subset, end, reaction)
		}
	}
}
