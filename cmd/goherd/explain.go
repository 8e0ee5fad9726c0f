package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
)

func (a *app) explainCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "explain RULE | FILE:LINE",
		Short: "print a rule's page; or, for a place: what was looked for there, and why there is a finding or none",
		Long: `Explain RULE prints the rule's page: the shape, what is written, and when it keeps
its hands off.

Explain FILE:LINE (also FILE:LINE:COL, or FILE:LINE-LINE) says what goherd makes of
a place: the findings there, what each function called on the line may do and
where that comes from, and for each rule that looked there what every guard said.
It writes nothing.

Where a statement begins on the line, all of it is meant; of a loop, an if, a
switch or a select, only its head.

It exits with 0 whether there is a finding or not, 2 on wrong usage, and 3 when the
file's package could not be analysed.`,
		Example: `  goherd explain unbounded
  goherd explain internal/load/page.go:41
  goherd explain internal/load/page.go:41:12 --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one rule (goherd rules lists them), or one place: goherd explain FILE:LINE")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			if strings.ContainsAny(typed, `./\`) {
				return []string{"go"}, cobra.ShellCompDirectiveFilterFileExt | cobra.ShellCompDirectiveNoSpace
			}
			var offers []string
			for _, r := range a.rules {
				offers = append(offers, cobra.CompletionWithDesc(r.Name, r.Summary))
			}
			return offers, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, r := range a.rules {
				if r.Name == args[0] {
					return report.Page(a.stdout, r.Doc, a.coloured("auto"))
				}
			}
			at, err := a.parsePlace(args[0])
			if err != nil {
				return err
			}
			if f.format != "text" && f.format != "json" {
				return usagef("there is no explain --format %s: use text, json", f.format)
			}
			s, err := f.settings(a, cmd, nil)
			if err != nil {
				return err
			}
			return a.explain(cmd.Context(), s, at)
		},
	}
	f.registerPlace(a, cmd)
	return cmd
}

func (a *app) explain(ctx context.Context, s settings, at engine.Place) error {
	stop := func() {}
	if a.spins(s) {
		spin := startSpinner(a.stderr)
		s.Progress, stop = spin.update, spin.stop
	}
	e, err := engine.Explain(ctx, s.Options, at)
	stop()
	if bad, ok := errors.AsType[*engine.PlaceError](err); ok {
		return usagef("%s", bad.Reason)
	}
	if err != nil {
		return err
	}
	for _, r := range a.rules {
		if !slices.Contains(s.Rules, r) {
			e.Off = append(e.Off, r.Name)
		}
	}
	for _, line := range report.Warnings(&rule.Run{Warnings: e.Warnings}) {
		a.warn("%s", line)
	}
	if s.format == "json" {
		err = report.ExplainJSON(a.stdout, e)
	} else {
		err = report.Explain(a.stdout, e, report.Options{Colour: s.colour, Verbose: s.verbose})
	}
	if err != nil {
		return fmt.Errorf("write the explanation: %w", err)
	}
	return nil
}

// placeForm is FILE:LINE, FILE:LINE:COL or FILE:LINE-LINE; a drive's colon belongs
// to the file. What a compiler prints behind a place may end in a colon.
var placeForm = regexp.MustCompile(`^(.+?):([0-9]+)(?::([0-9]+)|-([0-9]+))?:?$`)

// parsePlace errs with what the word was probably meant to be.
func (a *app) parsePlace(word string) (engine.Place, error) {
	if m := placeForm.FindStringSubmatch(word); m != nil {
		var at engine.Place
		at.File = m[1]
		for i, n := range []*int{&at.Line, &at.Col, &at.EndLine} {
			if text := m[i+2]; text != "" {
				v, err := strconv.Atoi(text)
				if err != nil || v < 1 {
					return at, usagef("%s: lines and columns are numbers from 1", word)
				}
				*n = v
			}
		}
		return at, nil
	}
	names := ruleNames(a.rules)
	switch file, line, colon := cutLast(word); {
	case strings.HasSuffix(word, ".go"):
		return engine.Place{}, usagef("%s: add a line: goherd explain %s:LINE", word, word)
	case colon && strings.HasSuffix(file, ".go"):
		return engine.Place{}, usagef("%s: %q is no line: goherd explain %s:LINE, FILE:LINE:COL or FILE:LINE-LINE", word, line, file)
	case strings.ContainsAny(word, `:/\.`):
		return engine.Place{}, usagef("%q is neither a rule (goherd rules lists them) nor a place: goherd explain FILE:LINE", word)
	case nearest(word, names) != "":
		return engine.Place{}, usagef("there is no rule %q: %s (goherd rules lists them)", word, didYouMean(word, names, ""))
	}
	return engine.Place{}, usagef("there is no rule %q: %s; a place is FILE:LINE", word, didYouMean(word, names, ""))
}

// cutLast cuts at the last colon that is no drive's.
func cutLast(word string) (file, rest string, found bool) {
	i := strings.LastIndexByte(word, ':')
	if i <= 1 {
		return word, "", false
	}
	if j := strings.Index(word, ".go:"); j > 0 {
		i = j + len(".go")
	}
	return word[:i], word[i+1:], true
}
