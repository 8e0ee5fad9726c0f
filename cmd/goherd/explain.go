package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/report"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "print a rule's page: the shape, what is written, and when it keeps its hands off",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one rule: goherd rules lists them")
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions(ruleNames(a.rules), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, args []string) error {
			name := args[0]
			for _, r := range a.rules {
				if r.Name == name {
					return report.Page(a.stdout, r.Doc, a.coloured("auto"))
				}
			}
			if strings.ContainsAny(name, ":/\\.") {
				return usagef("explaining a place is not built yet: goherd explain RULE prints a rule's page, and goherd --safety advice shows why a finding has no patch")
			}
			return usagef("there is no rule %q: %s (goherd rules lists them)", name, didYouMean(name, ruleNames(a.rules), ""))
		},
	}
}
