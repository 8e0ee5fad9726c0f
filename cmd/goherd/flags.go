package main

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/promise"
	"github.com/goherd/goherd/internal/rule"
)

// flags are what diff and apply share, as the user wrote them.
type flags struct {
	rules, skip                            []string
	safety, format, form, color, tags, dir string
	limit, jobs, rounds                    int
	exitZero, tests, quiet, verbose        bool
	config                                 string
	noConfig                               bool

	choice
	outputs []string

	writes bool // the command writes: how much is for the command line alone to say

	configured         string // the configuration that was read, "" for none
	baselineConfigured bool   // the baseline is the configuration's
	promises           *promise.List
}

var (
	forms  = rule.FormNames()
	colors = []string{"auto", "always", "never"}
)

// register adds the flags to cmd, with those defaults that differ between commands.
func (f *flags) register(a *app, cmd *cobra.Command, safety rule.Safety, rounds int) {
	s := cmd.Flags()
	s.SortFlags = false
	s.StringSliceVar(&f.rules, "rules", nil, "run these `RULES`, by comma; all names every one (default those that are on)")
	s.StringSliceVar(&f.skip, "skip", nil, "leave these `RULES` out, by comma")
	s.StringVar(&f.safety, "safety", safety.String(), "take this `LEVEL` and better: safe, review or advice")
	s.StringVar(&f.format, "format", "text", "print this `FORMAT`: "+strings.Join(formats(), ", "))
	s.StringArrayVar(&f.outputs, "output", nil, "write `FORMAT=FILE` too; may be given several times")
	s.StringVar(&f.since, "since", "", "only findings that touch lines changed since the merge base with `REV`, a commit or branch")
	s.StringVar(&f.baseline, "baseline", "", "leave out the findings that `FILE` records")
	s.StringVar(&f.writeBaseline, "write-baseline", "", "record all findings in `FILE`, and show none")
	s.BoolVar(&f.pruneBaseline, "prune-baseline", false, "drop what no longer occurs from the baseline")
	s.IntVar(&f.limit, "limit", 0, "write the bound `N` into a fan-out where the code offers none (default by rule)")
	s.StringVar(&f.form, "form", "auto", "write this `FORM`: "+strings.Join(forms, ", "))
	s.BoolVar(&f.tests, "tests", true, "look at test files too")
	s.StringVar(&f.tags, "tags", "", "build with these `TAGS`, by comma")
	s.StringVarP(&f.dir, "C", "C", "", "run in the folder `DIR`")
	s.IntVar(&f.rounds, "rounds", rounds, "match `N` times at most, and rewrite what came out")
	s.StringVar(&f.config, "config", "", "read the configuration `FILE` (default .goherd.yaml at the module's root or above)")
	s.BoolVar(&f.noConfig, "no-config", false, "read no configuration")
	s.IntVar(&f.jobs, "jobs", 0, "look at `N` packages side by side (default one a core)")
	s.StringVar(&f.color, "color", "auto", "colour the text `WHEN`: "+strings.Join(colors, ", "))
	s.BoolVar(&f.exitZero, "exit-zero", false, "exit with 0 where it would be 1")
	s.BoolVar(&f.quiet, "quiet", false, "no summary and no progress; warnings stay")
	s.BoolVar(&f.verbose, "verbose", false, "show all of the evidence; say what runs and how long it takes")
	f.complete(a, cmd)
}

// registerPlace adds those flags to cmd that matter for one place, and gives the
// others the value that they have in diff.
func (f *flags) registerPlace(a *app, cmd *cobra.Command) {
	all := &cobra.Command{}
	f.register(a, all, rule.Review, 1)
	keep := []string{"rules", "skip", "limit", "form", "tests", "tags", "C", "config", "no-config", "jobs", "color", "quiet", "verbose"}
	s := cmd.Flags()
	s.SortFlags = false
	for _, name := range keep {
		s.AddFlag(all.Flags().Lookup(name))
	}
	s.StringVar(&f.format, "format", "text", "print this `FORMAT`: text, json")
	if err := cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// complete offers values to the shell. An error would mean a flag that isn't there.
func (f *flags) complete(a *app, cmd *cobra.Command) {
	fixed := func(values ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	for name, offer := range map[string]cobra.CompletionFunc{
		"rules": a.completeRules, "skip": a.completeRules,
		"safety": fixed("safe", "review", "advice"), "format": fixed(formats()...), "form": fixed(forms...), "color": fixed(colors...),
	} {
		if err := cmd.RegisterFlagCompletionFunc(name, offer); err != nil {
			panic(err)
		}
	}
	if err := cmd.MarkFlagDirname("C"); err != nil {
		panic(err)
	}
	for name, ending := range map[string]string{"config": "yaml", "baseline": "json", "write-baseline": "json"} {
		if err := cmd.MarkFlagFilename(name, ending); err != nil {
			panic(err)
		}
	}
}

// completeRules completes the last name of a list with those that are not in it yet.
func (a *app) completeRules(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	before := typed[:strings.LastIndex(typed, ",")+1]
	offers := []string{cobra.CompletionWithDesc(before+"all", "every rule")}
	for _, r := range a.rules {
		if !slices.Contains(strings.Split(before, ","), r.Name) {
			offers = append(offers, cobra.CompletionWithDesc(before+r.Name, r.Summary))
		}
	}
	return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// settings are the flags once they have been understood.
type settings struct {
	engine.Options
	safety                   rule.Safety // of what is shown or written
	format                   string
	colour                   bool
	exitZero, quiet, verbose bool
	configured               string // the configuration that was read, "" for none
	choice                   choice
	outputs                  []output
}

// settings errs with a usage error, which names the value that was meant.
func (f *flags) settings(a *app, cmd *cobra.Command, patterns []string) (settings, error) {
	if info, err := os.Stat(orDot(f.dir)); err != nil || !info.IsDir() {
		return settings{}, usagef("-C %s: there is no such folder", f.dir)
	}
	if err := f.configure(a, cmd); err != nil {
		return settings{}, err
	}
	s := settings{format: f.format, exitZero: f.exitZero, quiet: f.quiet, verbose: f.verbose, configured: f.configured, choice: f.choice}
	var err error
	if s.safety, err = rule.ParseSafety(f.safety); err != nil {
		return s, usagef("--safety: %v", err)
	}
	for _, choice := range []struct {
		flag, value string
		from        []string
	}{{"format", f.format, formats()}, {"form", f.form, forms}, {"color", f.color, colors}} {
		if !slices.Contains(choice.from, choice.value) {
			return s, usagef("there is no --%s %s: use %s", choice.flag, choice.value, strings.Join(choice.from, ", "))
		}
	}
	switch {
	case f.limit < 0 || f.jobs < 0:
		return s, usagef("--limit and --jobs are not negative; 0 leaves it to goherd")
	case f.rounds < 1:
		return s, usagef("--rounds is at least 1")
	case f.quiet && f.verbose:
		return s, usagef("--quiet and --verbose exclude each other")
	}
	if err := f.refuse(f.writes, cmd.Flags().Changed("baseline") && f.baseline != "" && !f.baselineConfigured); err != nil {
		return s, err
	}
	if s.outputs, err = parseOutputs(f.dir, f.outputs); err != nil {
		return s, err
	}
	rules, err := a.choose(f.rules, f.skip, f.configured)
	if err != nil {
		return s, err
	}
	s.colour = f.format == "text" && a.coloured(f.color)
	s.Options = engine.Options{
		Dir: f.dir, Patterns: patterns, Tags: f.tags, Tests: f.tests, Jobs: f.jobs, Tool: "goherd " + version(),
		Rules: rules, Rewrite: rule.Options{Limit: f.limit, Form: rule.Form(f.form)}, Rounds: f.rounds,
		Safety: s.safety, Promises: f.promises,
	}
	return s, nil
}

// coloured decides about standard output.
func (a *app) coloured(when string) bool {
	if when == "auto" {
		return a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb" && a.terminal(a.stdout)
	}
	return when == "always"
}

// choose gives the rules to run, in the order in which they win. The names may
// come from the configuration, too.
func (a *app) choose(only, skip []string, configured string) ([]*rule.Rule, error) {
	known := append(ruleNames(a.rules), "all")
	for _, name := range slices.Concat(only, skip) {
		if !slices.Contains(known, name) {
			return nil, usagef("there is no rule %q: %s (goherd rules lists them)", name, didYouMean(name, ruleNames(a.rules), ""))
		}
	}
	chosen := goherd.Pick(a.rules, only, skip)
	if chosen == nil && len(only)+len(skip) > 0 {
		with := ""
		if configured != "" {
			with = ", with what " + configured + " says of them"
		}
		return nil, usagef("--rules and --skip leave no rule to run%s", with)
	}
	return chosen, nil
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}
