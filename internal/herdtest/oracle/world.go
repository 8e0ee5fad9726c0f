package oracle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A World is all that lies outside of the function under test, for one run.
type World struct {
	ops    []Op
	plans  []Plan
	fails  []error // what each op fails with
	caller context.Context
	start  time.Time
	blind  bool // record nothing
	base   int  // goroutines before the run

	mu   sync.Mutex // held for a few instructions, never while time passes
	seen *Observation
	made []int // calls so far, by op
	now  int   // calls under way
	open int   // resources
}

type callerKey struct{}

// newWorld also gives the caller's context. Whoever uses another one, not derived
// from it, is found out by the value that it carries.
func newWorld(ops []Op, s Schedule, fails []error, blind bool) (*World, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), callerKey{}, true))
	return &World{
		ops: ops, plans: s.Plans, fails: fails, caller: ctx, blind: blind,
		start: time.Now(), seen: &Observation{}, made: make([]int, len(ops)),
	}, cancel
}

// failures are the errors of ops, the same in every run.
func failures(ops []Op) []error {
	var out []error
	for _, op := range ops {
		out = append(out, errors.New(op.Name+" is down"))
	}
	return out
}

// Read makes a call that changes nothing. What it gives names the call.
func (w *World) Read(ctx context.Context, op string, args ...any) (string, error) {
	if err := w.call(ctx, Reads, op, args); err != nil {
		return "", err
	}
	return "what " + op + " has", nil
}

// Write makes a call that changes the world when it ends, unless it fails.
func (w *World) Write(ctx context.Context, op string, args ...any) error {
	return w.call(ctx, Writes, op, args)
}

// Open makes a call that gives something to be closed.
func (w *World) Open(ctx context.Context, op string, args ...any) (*Resource, error) {
	if err := w.call(ctx, Opens, op, args); err != nil {
		return nil, err
	}
	w.count(&w.open, 1)
	return &Resource{w: w, ctx: ctx, rest: "what " + op + " holds"}, nil
}

func (w *World) count(n *int, by int) {
	if !w.blind {
		w.mu.Lock()
		defer w.mu.Unlock()
		*n += by
	}
}

func (w *World) call(ctx context.Context, kind Kind, name string, args []any) error {
	op := w.op(kind, name)
	if w.blind {
		return w.plans[op].pass(ctx, op, w.fails[op])
	}
	w.wait(op)
	at := w.begin(ctx, op, args)
	err := w.plans[op].pass(ctx, op, w.fails[op])
	w.end(at, err)
	return err
}

// op is the index of the op of that name.
func (w *World) op(kind Kind, name string) int {
	for i, op := range w.ops {
		if op.Name == name && op.Kind == kind {
			return i
		}
	}
	panic(fmt.Sprintf("oracle: the template declares no %q of kind %s", name, kind))
}

// wait lets pass what the schedule has the call wait before it begins.
func (w *World) wait(op int) {
	w.mu.Lock()
	n := w.made[op]
	w.made[op]++
	w.mu.Unlock()
	if waits := w.plans[op].Waits; n < len(waits) {
		time.Sleep(waits[n])
	}
}

func (w *World) begin(ctx context.Context, op int, args []any) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	call := Call{Op: op, Start: time.Since(w.start), End: unfinished}
	if len(args) > 0 {
		call.Args = strings.TrimSuffix(fmt.Sprintln(args...), "\n")
	}
	call.Stranger = ctx.Value(callerKey{}) == nil
	if ctx.Err() != nil && w.caller.Err() == nil {
		w.seen.Dead++
	}
	w.now++
	w.seen.InFlight = max(w.seen.InFlight, w.now)
	w.seen.Calls = append(w.seen.Calls, call)
	return len(w.seen.Calls) - 1
}

func (w *World) end(at int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now--
	w.seen.Goroutines = max(w.seen.Goroutines, runtime.NumGoroutine()-w.base-1) // all others are at rest
	call := &w.seen.Calls[at]
	call.End, call.Err = time.Since(w.start), err
	if err == nil && w.ops[call.Op].Kind == Writes {
		w.seen.Writes = append(w.seen.Writes, w.ops[call.Op].Name+" "+call.Args)
	}
}

// A Resource lives as long as the context that it was opened with, as rows,
// streams and response bodies do.
type Resource struct {
	w      *World
	ctx    context.Context
	rest   string
	closed bool
}

// Read gives what is left, as io.Reader says.
func (r *Resource) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		if r.w.caller.Err() == nil {
			r.w.count(&r.w.seen.Dead, 1)
		}
		return 0, err
	}
	if r.closed {
		return 0, errors.New("read after close")
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close closes it; a second time changes nothing.
func (r *Resource) Close() error {
	if !r.closed {
		r.closed = true
		r.w.count(&r.w.open, -1)
	}
	return nil
}
