package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
)

// nearest gives the candidate that word was probably meant to be, "" where none
// is close. Cobra's own measure ranks them, on a throwaway tree.
func nearest(word string, candidates []string) string {
	tree := &cobra.Command{}
	for _, c := range candidates {
		tree.AddCommand(&cobra.Command{Use: c, Run: func(*cobra.Command, []string) {}})
	}
	// Two letters swapped count as two; more than that is another word.
	for distance := range min(3, (len(word)+2)/3) + 1 {
		tree.SuggestionsMinimumDistance = distance
		if found := tree.SuggestionsFor(word); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// didYouMean goes after "there is no X": the nearest name, else all of them.
// Before goes in front of the nearest.
func didYouMean(word string, candidates []string, before string) string {
	if near := nearest(word, candidates); near != "" {
		return "did you mean " + before + near + "?"
	}
	if len(candidates) == 0 {
		return "there is none yet"
	}
	return "there is " + strings.Join(candidates, ", ")
}

var bareWord = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// refuseWords stops bare goherd from taking a mistyped command for a package.
func (a *app) refuseWords(root *cobra.Command, args []string) error {
	for _, word := range args {
		if bareWord.MatchString(word) {
			return usagef("there is no command %q: %s (for a package of that name: goherd diff %s)",
				word, didYouMean(word, commandNames(root), "goherd "), word)
		}
	}
	return nil
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" { // which cobra leaves out
			names = append(names, c.Name())
		}
	}
	return names
}

func ruleNames(rules []*rule.Rule) []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return names
}

// flagError names the flag that an unknown one was meant to be.
func flagError(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return usagef("%v", err)
	}
	given, word := "--"+unknown.GetSpecifiedName(), unknown.GetSpecifiedName()
	if short := unknown.GetSpecifiedShortnames(); short != "" {
		given, word = "-"+short, short // -safety is read as -s -a -f ...
	}
	word, _, _ = strings.Cut(word, "=")
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := nearest(word, names); near != "" {
		return usagef("there is no flag %s: did you mean --%s?", given, near)
	}
	return usagef("there is no flag %s: %s --help lists those that there are", given, cmd.CommandPath())
}

// cleanLines makes text fit for a terminal and keeps its lines.
func cleanLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = report.Clean(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
