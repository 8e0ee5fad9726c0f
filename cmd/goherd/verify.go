package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/apply"
	"github.com/goherd/goherd/internal/command"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/internal/sift"
)

// verification is what the user says of --verify-cmd.
type verification struct {
	line    string // for the shell; "" for none
	timeout time.Duration
	most    int // runs
}

func (v *verification) register(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&v.line, "verify-cmd", "", "keep only fixes with which the `COMMAND` passes, as in 'go test ./...'")
	s.DurationVar(&v.timeout, "verify-timeout", 10*time.Minute, "how long one run of it may take: `TIME`, as in 90s")
	s.IntVar(&v.most, "verify-runs", 50, "run it `N` times at most")
}

func (v *verification) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case given("verify-cmd") && strings.TrimSpace(v.line) == "":
		return usagef("--verify-cmd is empty: name a command, as in --verify-cmd 'go test ./...'")
	case v.line == "" && (given("verify-timeout") || given("verify-runs")):
		return usagef("--verify-timeout and --verify-runs go with --verify-cmd")
	case v.timeout <= 0:
		return usagef("--verify-timeout is more than 0, as in 90s or 20m")
	case v.most < 3:
		return usagef("--verify-runs is at least 3: one without the fixes, one with all, and one to look for those that fail")
	}
	return nil
}

// applyVerified writes what the user's command lets pass. Until it is done, the
// journal has all that was written, so whatever ends goherd, the files come back.
func (a *app) applyVerified(ctx context.Context, s settings, o apply.Options, v verification, all *engine.Result, chosen *selection) error {
	t, err := a.newTrials(ctx, s, o, v)
	if err != nil {
		return err
	}
	defer t.stop()
	defer t.session.Close() // after a panic; else it has ended
	res, err := t.settle(all)
	if err != nil {
		return t.rollBack(err)
	}
	res.Run.LeftOut = all.Run.LeftOut
	res.Run.Verify = &rule.Verify{Command: v.line, Runs: t.runs, Kept: len(res.Applied), Undone: len(res.Undone)}
	if len(res.Changes) == 0 {
		failed := &exit{exitRolledBack, fmt.Sprintf("no set of the fixes passes, so all files are as before: %q: %s%s", v.line, t.last.How, quotedTail(t.last.Output))}
		if err := t.rollBack(failed); err != error(failed) {
			return err
		}
		return errors.Join(a.showApplied(s, res, chosen), failed)
	}
	if err := t.session.Keep(); err != nil {
		return err
	}
	t.stop()
	if err := a.showApplied(s, res, chosen); err != nil {
		return fmt.Errorf("everything is written, but not the report of it: %w", err)
	}
	return s.verdict(len(res.Left)+len(res.Undone) > 0)
}

// trials try sets of fixes on the files themselves: only there does the user's
// command find all that it needs.
type trials struct {
	*app
	verification
	ctx     context.Context
	s       settings
	session *apply.Session
	watch   *command.Watch
	runs    int
	known   map[[sha256.Size]byte]bool // what was tried, and whether it passed
	last    *command.Result            // of the last run that failed
	tell    func(string)
	stop    func()
}

func (a *app) newTrials(ctx context.Context, s settings, o apply.Options, v verification) (*trials, error) {
	dir, err := filepath.Abs(orDot(s.Dir))
	if err != nil {
		return nil, err
	}
	t := &trials{
		app: a, verification: v, ctx: ctx, s: s, known: map[[sha256.Size]byte]bool{},
		tell: func(string) {}, stop: func() {},
	}
	if t.watch, err = command.NewWatch(dir); err != nil {
		return nil, err
	}
	if t.session, err = apply.Begin(o); err != nil {
		return nil, err
	}
	if a.spins(s) {
		spin := startSpinner(a.stderr)
		t.s.Progress, t.tell = spin.update, func(what string) { spin.update(what, 0, 0) }
		stopped := false
		t.stop = func() {
			if !stopped {
				stopped = true
				spin.stop()
			}
		}
	}
	return t, nil
}

// settle tries nothing, everything, and then, round by round, which findings may
// stay. It leaves the files as the result says.
func (t *trials) settle(all *engine.Result) (*engine.Result, error) {
	if err := t.untouched(); err != nil {
		return nil, err
	}
	ok, err := t.passes(fmt.Sprintf("%d fixes", len(all.Applied)), all.Changes)
	if ok || err != nil {
		return all, err
	}
	if err := t.session.Put(nil); err != nil {
		return nil, t.s.refusal(all.Changes, err)
	}
	// What one round writes is there before the next is looked at, so a fix of a
	// later round is only tried on top of those that it may depend on.
	o := t.s.Options
	o.Choose = t.choose
	res, err := t.analyse(t.ctx, o)
	if err != nil {
		return nil, err
	}
	return res, t.session.Put(asChanges(res.Changes))
}

// untouched errs when the command says nothing about the fixes, since it fails
// without them, or changes what they were made from.
func (t *trials) untouched() error {
	t.tell("verifying what is there")
	r, err := t.run()
	if err != nil {
		return err
	}
	if changed, err := t.watch.Changed(func(string) bool { return false }); err != nil || len(changed) > 0 {
		return errors.Join(err, usagef("nothing was written, since the command itself changes files, and then nobody can tell what its success is about:\n%s\nname a command that only looks, or commit what this one does before", named(changed)))
	}
	if !r.OK {
		hint := ""
		if r.TimedOut {
			hint = "\n--verify-timeout gives it more time"
		}
		return usagef("nothing was written, since %q fails without any fix (%s)%s%s", t.line, r.How, quotedTail(r.Output), hint)
	}
	return nil
}

func (t *trials) run() (*command.Result, error) {
	t.runs++
	return command.Run(t.ctx, orDot(t.s.Dir), t.line, t.timeout)
}

// passes puts a state of the files in place and tells whether the command passes
// there. It errs with sift.ErrSpent when it may not run again.
func (t *trials) passes(what string, changes []engine.Change) (bool, error) {
	key := keyOf(changes)
	if ok, known := t.known[key]; known {
		return ok, nil
	}
	if t.runs >= t.most {
		return false, sift.ErrSpent
	}
	if err := t.session.Put(asChanges(changes)); err != nil {
		return false, t.s.refusal(changes, err)
	}
	t.tell(fmt.Sprintf("verifying, run %d: %s", t.runs+1, what))
	r, err := t.run()
	if err != nil {
		return false, err
	}
	own := map[string]bool{}
	for _, c := range changes {
		own[c.Path] = true
	}
	others, err := t.watch.Changed(func(path string) bool { return own[path] })
	if err != nil {
		return false, err
	}
	if mine := t.session.Changed(); len(mine)+len(others) > 0 {
		rel := map[string]string{}
		for _, c := range changes {
			rel[c.Path] = c.Rel
		}
		for _, path := range mine {
			others = append(others, rel[path])
		}
		slices.Sort(others)
		return false, &exit{exitRolledBack, fmt.Sprintf("%q changes files while it verifies, so its word is about something else than the fixes:\n%s", t.line, named(others))}
	}
	if t.known[key] = r.OK; !r.OK {
		t.last = r
	}
	return r.OK, nil
}

// choose finds the findings of one round that may stay, and leaves the files so.
func (t *trials) choose(offer *engine.Offer) ([]int, error) {
	fates, err := sift.Sift(len(offer.Findings), func(set []int) (bool, error) {
		changes, ok := offer.Changes(set)
		if !ok {
			return false, nil // they don't even build
		}
		return t.passes(fmt.Sprintf("%d of %d fixes", len(set), len(offer.Findings)), changes)
	})
	if err != nil {
		return nil, err
	}
	var keep []int
	for i, fate := range fates {
		switch f := offer.Findings[i]; fate {
		case sift.Kept:
			keep = append(keep, i)
		case sift.Undone:
			f.Undone = "the command fails with it"
		default:
			f.Undone = fmt.Sprintf("not tried by itself: the command fails with it and others, and has run %d times (--verify-runs)", t.runs)
		}
	}
	changes, ok := offer.Changes(keep)
	if !ok {
		panic("goherd: a set of findings passed that does not go together")
	}
	return keep, t.session.Put(asChanges(changes))
}

// rollBack puts everything back, and says what became of that.
func (t *trials) rollBack(cause error) error {
	t.stop()
	saved, err := t.session.Close()
	for _, s := range saved {
		if s.Kept == "" {
			t.warn("%s had been removed meanwhile, and is there again", s.Path)
		} else {
			t.warn("%s was changed meanwhile: it is as before, and that text is kept in %s", s.Path, s.Kept)
		}
	}
	switch {
	case err != nil:
		return &exit{exitNothing, cause.Error() + "\n" + err.Error()}
	case errors.Is(cause, context.Canceled):
		return &exit{exitNothing, "interrupted: all files are as before"}
	}
	return cause
}

func keyOf(changes []engine.Change) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, c := range changes {
		if string(c.Old) != string(c.New) {
			fmt.Fprintf(h, "%d %s %d %s", len(c.Path), c.Path, len(c.New), c.New)
		}
	}
	h.Sum(sum[:0])
	return sum
}

func named(paths []string) string {
	var lines []string
	for _, p := range paths {
		lines = append(lines, "  "+report.Clean(filepath.ToSlash(p)))
	}
	return strings.Join(lines, "\n")
}

// quotedTail is the end of what a command printed, indented.
func quotedTail(out string) string {
	out = strings.TrimRight(out, " \t\r\n")
	if out == "" {
		return ""
	}
	lines := strings.Split(out, "\n")
	if n := len(lines) - 20; n > 0 {
		lines = lines[n:]
	}
	return ":\n  " + strings.Join(lines, "\n  ")
}
