// Package oracle holds a function against its rewritten form in a world where
// time is virtual (testing/synctest) and every schedule is exact: which calls
// fail, in which order they end, which don't heed their context, and when the
// caller gives up. It sees what each form gives back and does, and says where the
// new one did what the old one could not have done.
//
// This package is laid beside the code under test and compiled with it, so it
// imports the standard library alone. The archives that say what is compared, and
// the tables of docs/proof.md, are the affair of package herdtest.
//
// # What is compared
//
// The rewritten form refines the old one when, for every schedule S and every
// instant t at which the caller gives up, it does under (S, t) what the old form
// does under (S, t') for some t' ≥ t, or with a caller that never gives up. That is
// the one licence which needs no word: what became faster sees its caller's
// cancellation relatively later. "Does" is an Observation: results, the error and
// its text, calls with their arguments, writes and their order, what stays open,
// goroutines left behind, time. The differences come in classes (Classes).
//
// A Spec may license more, for a fix that is for review:
//
//   - a class: a difference of that kind is as announced;
//   - Delayed: the new form does what the old one would do if its calls waited
//     before they begin, each for as long as the new form kept it waiting. So a bound
//     may make things late, and nothing else;
//   - Skipped: a call that the new form doesn't make is one that ended at once with
//     the context's error, after a failure or after the caller gave up.
//
// A licence that no schedule needs is an error, too: it says more than is true. One may
// hold on some schedules only (Spec.Upon).
//
// Where there are too many schedules, some are drawn (Spec.Sample). Those may have a
// call that ends with its context and not before; their callers give up some time.
//
// What is safe may be licensed three classes, which go with calls that are made side
// by side: more-at-once, slower-error, and extra-call, the last only for reads of a
// run in which a call fails.
//
// A repair has a Trigger: the classes of which one at least shows in a run of the
// old form that meets the defect. On those schedules the new form must be free of
// them, and may differ only by what Mends lists; on all others it must refine.
//
// # What can't be seen
//
// A mutex that is held while virtual time passes stops the clock: a goroutine that
// waits for a mutex is not durably blocked. A watchdog ends the process then. What
// happens at one and the same instant has no order, so calls never end at one
// instant, a call that heeds its context takes a few nanoseconds to say so, and a
// template's own timers must stay clear of the calls (on 7 ms, where calls end on
// full tens and callers give up on fives). Under the race detector nothing is
// recorded, since a lock of ours would order what the code under test doesn't.
package oracle

import (
	"context"
	"time"
)

// A Drive calls the function under test once. What it returns is compared by its
// %#v, so it must not hold pointers.
type Drive func(ctx context.Context, w *World) (any, error)

// A Kind says what a call does to the world.
type Kind string

// The kinds.
const (
	Reads  Kind = "read"  // changes nothing
	Writes Kind = "write" // commits at its end, unless it fails
	Opens  Kind = "open"  // gives a Resource that must be closed
)

// An Op is one call that the function under test may make.
type Op struct {
	Name string
	Kind Kind
}

// A Mode is what a rewrite promises.
type Mode string

// The modes.
const (
	Safe   Mode = "refactor/safe"   // refines, always
	Review Mode = "refactor/review" // refines but for what is licensed
	Repair Mode = "repair"          // free of the defect; refines where the defect isn't met
)

// Licences that are no class: see the package comment.
const (
	Delayed = "delayed"
	Skipped = "skipped"
)

// SafeLicences are the classes that a fix may be licensed and still be safe.
func SafeLicences() []string {
	return []string{MoreAtOnce.String(), SlowerError.String(), ExtraCall.String()}
}

// A Spec says what is run and what is allowed.
type Spec struct {
	Name          string
	Before, After string // keys of the drives
	Mode          Mode
	Ops           []Op
	Latencies     []time.Duration // each call of a schedule takes another one of these; nil: 10 ms, 20 ms, ... one an op
	Cancels       []time.Duration // when the caller gives up; nil: at 0 and every five, 5 ms to the sum of the latencies. Never is always tried
	Hears         bool            // every call heeds its context
	May           []string        // licences: classes, Delayed, Skipped
	Trigger       []string        // of a repair: the classes that show the defect
	Mends         []string        // of a repair: how the new form may differ where the old one meets the defect
	InFlight      int             // the most calls that the new form may have under way, and does; 0: any number
	Goroutines    int             // the same of goroutines
	Extra         int             // where extra-call is licensed: the most calls that the new form may make beyond the old one's, and does; 0: any number
	Late          int             // where extra-call is licensed: the most calls that begin once one has failed; less than 0: any number
	Race          bool            // run the new form under the race detector's eyes, and nothing else
	Quick         bool            // the first violation is enough
	Stride        int             // only every so many schedules; 0: all
	Wide          bool            // calls may have the same latency
	Sample        int             // so many schedules, drawn at random; 0: all
	Seed          uint64          // of what is drawn
	Upon          map[string]When // where licences hold; those that aren't there: everywhere
}

// A When says on which schedules a licence holds.
type When string

// The conditions.
const (
	CallFails     When = "a call fails, also one that isn't made for a caller that has given up"
	CallerGivesUp When = "the caller gives up"
)

// A Report is what came out.
type Report struct {
	Name       string
	Schedules  int
	Runs       int            // of either form
	Same       int            // schedules without a difference
	Later      int            // those that need the caller to give up later
	Licensed   map[string]int // schedules by the licence they need
	Triggered  int            // schedules on which the old form met the defect
	Mended     map[string]int // differences on those, by class
	InFlight   int            // the most calls of the new form that were under way
	Violations int            // schedules with a difference that nothing allows
	Classes    map[string]int // those, by class
	Witness    string         // the first of them
	Wrong      []string       // what is wrong with the spec: licences that are idle, bounds that are never reached
	Raced      bool           // the race detector spoke
}

// OK tells whether the promise was kept.
func (r *Report) OK() bool { return r.Violations == 0 && len(r.Wrong) == 0 && !r.Raced }
