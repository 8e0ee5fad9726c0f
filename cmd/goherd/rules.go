package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/rule"
)

// ruleInfo is one rule as `goherd rules --json` prints it: it only grows.
type ruleInfo struct {
	Name    string      `json:"name"`
	Summary string      `json:"summary"`
	Safety  rule.Safety `json:"safety"` // the best that a finding of it may reach
	Kind    rule.Kind   `json:"kind"`
	Default bool        `json:"default"` // runs without being named
}

func (a *app) rulesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "list every rule, in the order in which they win",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return a.rulesAsJSON()
			}
			return a.rulesAsTable()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON")
	return cmd
}

func (a *app) rulesAsTable() error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tBEST SAFETY\tKIND\tDEFAULT\tFINDS")
	for _, r := range a.rules {
		on := "on"
		if r.OptIn {
			on = "off"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.Best, r.Kind, on, r.Summary)
	}
	return w.Flush()
}

func (a *app) rulesAsJSON() error {
	list := []ruleInfo{}
	for _, r := range a.rules {
		list = append(list, ruleInfo{r.Name, r.Summary, r.Best, r.Kind, !r.OptIn})
	}
	return a.printJSON(map[string]any{"version": 1, "rules": list})
}

func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, and got %q", cmd.CommandPath(), args)
	}
	return nil
}
