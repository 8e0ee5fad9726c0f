package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/apply"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/git"
	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
)

func (a *app) applyCommand() *cobra.Command {
	var f flags
	var allowDirty bool
	var v verification
	cmd := &cobra.Command{
		Use:   "apply [packages]",
		Short: "write the fixes in place",
		Long: `Apply writes the fixes of the chosen safety in place, all of them or none: it
repeats rounds of match and rewrite until nothing changes, refuses files with
uncommitted changes, and checks that every file is still what it read.

Settings come from the flags, then from .goherd.yaml (goherd diff --help says
how), but the safety: what is written is for the command line alone to say.

With --verify-cmd 'go test ./...', that command has to pass before anything is
written, and after. Where it fails then, apply looks for the largest set of fixes
with which it passes, undoes the others and names them. The command runs in the
shell, in the folder of the run, with empty input; it must not change Go files.

It exits with 1 when a patch of the chosen safety was not applied or was undone, 2
on wrong usage, 3 when nothing could be analysed, 4 when what was written was rolled
back: also where no set of fixes passes.`,
		Example: `  goherd apply ./...
  goherd apply --safety review --verify-cmd 'go build ./... && go test ./...'
`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, patterns []string) error {
			s, err := f.settings(a, cmd, patterns)
			if err != nil {
				return err
			}
			if s.safety == rule.Advice {
				return usagef("advice carries no patch to apply: use --safety safe or --safety review")
			}
			if err := v.check(cmd); err != nil {
				return err
			}
			return a.apply(cmd.Context(), s, allowDirty, v)
		},
	}
	f.writes = true
	f.register(a, cmd, rule.Safe, 10)
	cmd.Flags().BoolVar(&allowDirty, "allow-dirty", false, "write although git has uncommitted changes in the files")
	v.register(cmd)
	return cmd
}

func (a *app) apply(ctx context.Context, s settings, allowDirty bool, v verification) error {
	root, err := apply.Root(orDot(s.Dir))
	if err != nil {
		return err
	}
	o := apply.Options{Root: root, Wrote: a.wrote}
	// Before loading: half-written files are not what should be analysed.
	if err := a.recover(o); err != nil {
		return err
	}
	res, chosen, err := a.look(ctx, s)
	if err != nil {
		return err
	}
	if !allowDirty {
		if err := a.refuseDirty(ctx, s.Dir, res.Changes); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.line != "" && len(res.Changes) > 0 {
		if chosen.filters() {
			s.Keep = chosen.keep // it may look once more
		}
		return a.applyVerified(ctx, s, o, v, res, chosen)
	}
	if err := s.refusal(res.Changes, apply.Write(asChanges(res.Changes), o)); err != nil {
		return err
	}
	if err := a.showApplied(s, res, chosen); err != nil {
		return fmt.Errorf("everything is written, but not the report of it: %w", err)
	}
	return s.verdict(len(res.Left) > 0)
}

// recover undoes what an interrupted run has left.
func (a *app) recover(o apply.Options) error {
	done, err := apply.Recover(o)
	if done == nil || err != nil {
		return err
	}
	a.warn("an earlier goherd apply was interrupted: %d of its %d files were put back", len(done.Restored), done.Files)
	for _, path := range done.Foreign {
		a.warn("%s was changed since, and is left as it is", path)
	}
	return nil
}

// refuseDirty keeps goherd's work apart from the user's: what git has not seen
// could not be told from the fixes afterwards, nor be had back.
func (a *app) refuseDirty(ctx context.Context, dir string, changes []engine.Change) error {
	if len(changes) == 0 {
		return nil
	}
	rel := map[string]string{}
	var files []string
	for _, c := range changes {
		files = append(files, c.Path)
		rel[c.Path] = c.Rel
	}
	dirty, inRepo, err := git.Dirty(ctx, orDot(dir), files)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return usagef("nothing was written, since git can't say whether the files hold uncommitted changes (--allow-dirty writes all the same): %v", err)
	case len(dirty) > 0:
		return usagef("nothing was written, since these files hold changes that git does not have:\n%s\ncommit or stash them, or use --allow-dirty", listed(dirty, rel))
	case !inRepo:
		a.warn("not everything here is in a git repository: what apply writes can't be undone with git")
	}
	return nil
}

func listed(paths []string, rel map[string]string) string {
	var lines []string
	for _, p := range paths {
		if name, ok := rel[p]; ok {
			p = name
		}
		lines = append(lines, "  "+report.Clean(p))
	}
	return strings.Join(lines, "\n")
}

// asChanges is what apply.Write takes. It does not look at the context: once begun,
// it ends or is rolled back.
func asChanges(changes []engine.Change) []apply.Change {
	var list []apply.Change
	for _, c := range changes {
		list = append(list, apply.Change{Path: c.Path, Old: c.Old, New: c.New})
	}
	return list
}

// refusal turns the refusal to write into words; other errors stay.
func (s settings) refusal(changes []engine.Change, err error) error {
	refused, ok := errors.AsType[*apply.RefusedError](err)
	if !ok {
		return err
	}
	rel := map[string]string{}
	for _, c := range changes {
		rel[c.Path] = filepath.FromSlash(c.Rel)
	}
	lines := []string{"nothing was written:"}
	for _, p := range refused.Problems {
		lines = append(lines, "  "+report.Clean(rel[p.Path]+" "+p.Text))
	}
	if s.exitZero {
		return &exit{exitClean, strings.Join(lines, "\n")}
	}
	return &exit{exitFindings, strings.Join(lines, "\n")}
}

func (a *app) showApplied(s settings, res *engine.Result, chosen *selection) error {
	var files []report.Written
	for _, c := range res.Changes {
		w := report.Written{Path: c.Rel}
		for _, f := range res.Applied {
			if slices.Contains(c.IDs, f.ID) {
				w.Findings = append(w.Findings, f)
			}
		}
		files = append(files, w)
	}
	left := slices.Concat(res.Undone, res.Left)
	err := a.publish(s, res, func(w io.Writer, colour bool) error {
		return report.Applied(w, files, left, report.Options{Safety: s.safety, Colour: colour, Verbose: s.verbose})
	})
	lines, failed := chosen.finish(s.Rules, res)
	a.summary(s, append(report.AppliedSummary(res.Run, files, left, s.safety, res.Rounds), lines...))
	return cmp.Or(err, failed)
}
