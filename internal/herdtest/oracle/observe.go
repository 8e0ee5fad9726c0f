package oracle

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing/synctest"
	"time"
)

// An Observation is all that one run is judged by.
type Observation struct {
	Result string // %#v, as it was when the function returned
	Err    error
	Wraps  uint64 // the ops whose failures Err wraps, and the errors of contexts
	Panic  string
	Hung   bool // it never returned

	Calls      []Call // in the order in which they began, also after the return
	Writes     []string
	Elapsed    time.Duration
	InFlight   int // the most calls under way at once
	Goroutines int // the most goroutines at the end of a call, the function's own not counted
	Left       int // goroutines that were still there at the return
	Stuck      int // and those that never end
	Unclosed   int // resources
	Dead       int // uses of a context that had ended, although the caller's had not
	GaveUp     bool
}

// A Call is one call as it was seen.
type Call struct {
	Op         int
	Args       string
	Start, End time.Duration
	Err        error
	Stranger   bool // its context doesn't come from the caller's
}

// forEver is longer than anything in a schedule.
const forEver = time.Minute

// observe runs drive once. It must be called in a bubble of testing/synctest, with
// one processor: a goroutine that has come to its end is then gone.
func observe(drive Drive, ops []Op, fails []error, s Schedule) *Observation {
	w, cancel := newWorld(ops, s, fails, false)
	defer cancel()
	defer w.giveUp(s.Cancel, cancel)()
	w.base = runtime.NumGoroutine()
	o := w.seen
	w.run(drive)
	w.mu.Lock()
	o.Elapsed, o.GaveUp = time.Since(w.start), w.caller.Err() != nil
	o.Wraps = wraps(o.Err, append([]error{context.Canceled, context.DeadlineExceeded}, fails...))
	w.mu.Unlock()

	synctest.Wait()
	own := b2i(o.Hung)
	o.Left = runtime.NumGoroutine() - w.base - own
	time.Sleep(forEver)
	synctest.Wait()
	o.Stuck = runtime.NumGoroutine() - w.base - own
	o.Unclosed = w.open
	return o
}

// giveUp has the caller give up at an instant, and returns what ends the plan.
func (w *World) giveUp(at time.Duration, cancel context.CancelFunc) func() {
	switch {
	case at == never:
		return func() {}
	case at == 0:
		cancel()
		return func() {}
	}
	timer := time.AfterFunc(at, cancel)
	return func() { timer.Stop() }
}

// run waits for drive to return, panic, or show that it never will.
func (w *World) run(drive Drive) {
	done := make(chan Observation, 1)
	go func() {
		o := Observation{Panic: "runtime.Goexit"}
		defer func() {
			if p := recover(); p != nil {
				o.Panic = fmt.Sprint(p)
			}
			done <- o
		}()
		result, err := drive(w.caller, w)
		o = Observation{Result: fmt.Sprintf("%#v", result), Err: err}
	}()
	timer := time.NewTimer(forEver)
	defer timer.Stop()
	select {
	case o := <-done:
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen.Result, w.seen.Err, w.seen.Panic = o.Result, o.Err, o.Panic
	case <-timer.C:
		w.seen.Hung = true
	}
}

// watch runs drive for the race detector alone.
func watch(drive Drive, ops []Op, fails []error, s Schedule) {
	w, cancel := newWorld(ops, s, fails, true)
	defer cancel()
	defer w.giveUp(s.Cancel, cancel)()
	w.run(drive)
	time.Sleep(forEver)
}

func wraps(err error, targets []error) (mask uint64) {
	for i, target := range targets {
		if err != nil && errors.Is(err, target) {
			mask |= 1 << i
		}
	}
	return mask
}

// byContext tells whether err is a context's, also where only its text is left.
func byContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		err != nil && strings.Contains(err.Error(), context.Canceled.Error())
}

// failed tells whether a call failed.
func (o *Observation) failed() bool {
	return slices.ContainsFunc(o.Calls, func(c Call) bool { return c.Err != nil })
}

func (o *Observation) String() string {
	var b strings.Builder
	switch {
	case o.Hung:
		b.WriteString("never returns")
	case o.Panic != "":
		fmt.Fprintf(&b, "panics (%s)", o.Panic)
	case o.Err != nil:
		fmt.Fprintf(&b, "%s, error %q", o.Result, o.Err)
	default:
		b.WriteString(o.Result)
	}
	fmt.Fprintf(&b, " after %v with %d calls", o.Elapsed, len(o.Calls))
	for _, extra := range []struct {
		n    int
		what string
	}{{len(o.Writes), "writes"}, {o.Left, "goroutines left"}, {o.Stuck, "for ever"}, {o.Unclosed, "unclosed"}, {o.Dead, "uses of a dead context"}} {
		if extra.n > 0 {
			fmt.Fprintf(&b, ", %d %s", extra.n, extra.what)
		}
	}
	return b.String()
}
