// Package engine is the life of a run: load packages, run the analyzer over
// them, verify and merge the patches, and repeat until nothing changes.
package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/goherd/goherd/internal/promise"
	"github.com/goherd/goherd/internal/rule"
)

// Options are one run's settings.
type Options struct {
	Dir      string       // where the go command runs; "" is the working directory
	Patterns []string     // packages, as `go vet` takes them; none means ./...
	Tags     string       // build tags, comma separated
	Tests    bool         // test files too
	Jobs     int          // packages analysed side by side; 0: GOMAXPROCS
	Tool     string       // "goherd x.y.z", for the report
	Rules    []*rule.Rule // those that run, in the order in which they win
	Rewrite  rule.Options // what the user chose about every rewrite
	Safety   rule.Safety  // patches at this level or better go into Changes
	Rounds   int          // how often to match and rewrite what came out; at least 1
	Off      string       // a guard that is switched off (the harness only)

	// Promises are what the user says that functions do. nil: nothing. Those that
	// name no function are warned of where the run has seen all that they are about.
	Promises *promise.List

	// Choose, where set, says in each round which findings of the offer to keep, by
	// their numbers; the others are not applied, in no later round either. An error of
	// it ends the run and is returned. While it runs, files on disk may differ from
	// what was read; when it returns they have to be as they were, but for what it
	// and earlier calls kept.
	Choose func(*Offer) (keep []int, err error)

	// Keep, where set, is asked about all findings of a round at once and answers
	// for each: those with false are as if they had not been found. An error ends
	// the run, which then errs with it.
	Keep func(found []Candidate) ([]bool, error)

	// Progress, where set, is told the stage ("loading", "analysing", ...) and how
	// much of it is done; total 0 means unknown. Calls do not overlap.
	Progress func(stage string, done, total int)
}

// A Result is what a run gave. Nothing has been written.
type Result struct {
	Run     *rule.Run       // the findings of the first round, at every safety
	Applied []*rule.Located // the findings of all rounds whose patches are in Changes
	Left    []*rule.Located // findings at Options.Safety or better that are not in Changes after the last round
	Undone  []*rule.Located // findings that Choose did not keep
	Changes []Change        // one a file, sorted by path: from the bytes read to those after the last round
	Rounds  int             // how many rounds changed something
	Files   []string        // absolute paths of those that were looked at, sorted
}

// A Change is one file before and after.
type Change struct {
	Path     string // absolute
	Rel      string // as in Located.Path
	Old, New []byte
	IDs      []string // the findings in it, sorted
}

// NothingError says that no package could be analysed. The text is for the user
// and holds the go command's own words where it had any.
type NothingError struct{ Reason string }

func (e *NothingError) Error() string { return e.Reason }

// Run analyses the packages. It errs with *NothingError when nothing could be
// analysed, with the error of ctx when that is done, and with another error when
// goherd itself is at fault.
func Run(ctx context.Context, o Options) (*Result, error) {
	if len(o.Patterns) == 0 {
		o.Patterns = []string{"./..."}
	}
	r := &run{Options: o, ctx: ctx}
	r.progress("loading", 0, 0)
	version := goVersion(ctx, o.Dir)
	l, err := loadPackages(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := r.open(l); err != nil {
		return nil, err
	}
	r.version = <-version
	res, err := r.rounds()
	if err = cmp.Or(ctx.Err(), err); err != nil {
		return nil, err
	}
	if r.failed != nil {
		return nil, r.failed
	}
	res.Files = slices.Sorted(maps.Keys(r.owners))
	res.Run.Warnings = append([]string{}, sortedSet(r.warnings)...)
	return res, nil
}
