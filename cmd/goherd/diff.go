package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/apply"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
)

func (a *app) diffCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "diff [packages]",
		Short: "show each finding and its diff; write nothing (what bare goherd does)",
		Long: `Diff shows each finding with its evidence, what changes, and its diff. It writes
nothing. Packages are named as for go vet; none means ./...

Settings come from the flags, then from .goherd.yaml: the first at the module's
root or above, up to the root of the repository. One file speaks for a whole run.
Its keys are rules, skip, safety, limit, form, tests, tags, rounds, since and
baseline, which mean what the flags of these names do (a baseline is relative to
the file that names it), and reads and writes: lists of patterns such as
"**.Repo.Get*" for functions and methods of which it is to be taken that they only
read, or that they write. go vet and go fix read no configuration.

--since and --baseline leave findings out before anything else looks at them: they
are neither shown, counted nor applied, and don't make the exit code 1. What can't
be told (a revision that git doesn't know, a baseline that was cut off) is 2.

It exits with 1 when something is shown, 2 on wrong usage, 3 when nothing could
be analysed.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, patterns []string) error {
			s, err := f.settings(a, cmd, patterns)
			if err != nil {
				return err
			}
			return a.diff(cmd.Context(), s)
		},
	}
	f.register(a, cmd, rule.Review, 1)
	return cmd
}

func (a *app) diff(ctx context.Context, s settings) error {
	if root, err := apply.Root(orDot(s.Dir)); err == nil {
		if pending, _ := apply.Pending(apply.Options{Root: root}); pending {
			a.warn("a goherd apply was interrupted in %s and left some files written: the next goherd apply puts them back first", root)
		}
	}
	res, chosen, err := a.look(ctx, s)
	if err != nil {
		return err
	}
	err = a.publish(s, res, func(w io.Writer, colour bool) error {
		return report.Text(w, res.Run, report.Options{Safety: s.safety, Colour: colour, Verbose: s.verbose})
	})
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	lines, err := chosen.finish(s.Rules, res)
	a.summary(s, append(report.Summary(res.Run, s.safety), lines...))
	if err != nil {
		return err
	}
	shown := slices.ContainsFunc(res.Run.Findings, func(f *rule.Located) bool { return f.Safety >= s.safety })
	return s.verdict(shown)
}

// look analyses with a sign of life, and prints what was warned of. The selection
// knows what the user didn't want to hear of.
func (a *app) look(ctx context.Context, s settings) (*engine.Result, *selection, error) {
	start := time.Now()
	if err := s.tryOutputs(); err != nil {
		return nil, nil, err
	}
	chosen, err := s.choice.open(ctx, s.Dir)
	if err != nil {
		return nil, nil, err
	}
	if chosen.filters() {
		s.Keep = chosen.keep
	}
	stop := func() {}
	if a.spins(s) {
		spin := startSpinner(a.stderr)
		s.Progress, stop = spin.update, spin.stop
	}
	res, err := a.analyse(ctx, s.Options)
	stop()
	if err != nil {
		return nil, nil, err
	}
	if chosen.filters() {
		res.Run.LeftOut = &chosen.leftOut
	}
	for _, line := range report.Warnings(res.Run) {
		a.warn("%s", line)
	}
	if s.verbose {
		if s.configured != "" {
			fmt.Fprintf(a.stderr, "configuration: %s\n", report.Clean(s.configured))
		}
		fmt.Fprintf(a.stderr, "rules: %s\n", strings.Join(ruleNames(s.Rules), ", "))
		fmt.Fprintf(a.stderr, "analysed in %.1f s; rounds that changed something: %d\n", time.Since(start).Seconds(), res.Rounds)
	}
	return res, chosen, nil
}

// spins tells whether a sign of life is wanted.
func (a *app) spins(s settings) bool {
	return !s.quiet && a.terminal(a.stderr) && a.getenv("TERM") != "dumb"
}

// merged is what the merged patch is made of.
func merged(changes []engine.Change) []report.File {
	var files []report.File
	for _, c := range changes {
		files = append(files, report.File{Name: c.Rel, Old: c.Old, New: c.New})
	}
	return files
}

func (a *app) summary(s settings, lines []string) {
	if s.quiet {
		return
	}
	for _, line := range lines {
		fmt.Fprintln(a.stderr, line)
	}
}

// verdict ends a command that did its work: open says whether something is left
// for the user to do.
func (s settings) verdict(open bool) error {
	if open && !s.exitZero {
		return &exit{exitFindings, ""}
	}
	return nil
}
