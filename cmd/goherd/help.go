package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// tightenHelp makes an unknown topic an error: cobra prints the usage and exits
// with 0.
func (a *app) tightenHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help := child(root, "help")
	help.Run = nil
	help.RunE = func(_ *cobra.Command, args []string) error {
		topic, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			word := strings.Join(rest, " ")
			names := commandNames(topic)
			for _, c := range topic.Commands() {
				if c.IsAdditionalHelpTopicCommand() {
					names = append(names, c.Name())
				}
			}
			return usagef("there is no help on %q: %s", word, didYouMean(word, names, ""))
		}
		topic.InitDefaultHelpFlag()
		return topic.Help()
	}
}

// tightenCompletion makes a missing or unknown shell an error, for the same reason.
func (a *app) tightenCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion := child(root, "completion")
	completion.Use = "completion SHELL"
	completion.Short = "print the completion script of a shell"
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(_ *cobra.Command, args []string) error {
		shells := commandNames(completion)
		if len(args) == 0 {
			return usagef("name a shell: %s", strings.Join(shells, ", "))
		}
		return usagef("there is no completion for %q: %s", args[0], didYouMean(args[0], shells, ""))
	}
}

func child(parent *cobra.Command, name string) *cobra.Command {
	for _, c := range parent.Commands() {
		if c.Name() == name {
			return c
		}
	}
	panic("cobra made no command " + name)
}
