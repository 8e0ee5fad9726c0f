package goherd

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// settings are the analyzer's flags as the user wrote them. All that changes a
// result is a flag: the go command keeps results by the tool, its flags and its
// input, and looks at no environment and no other file.
type settings struct {
	rules, skip, safety, form string
	limit                     int
}

// register adds the flags. A driver puts "goherd." in front of their names. Their
// values are judged by choices, not here: the go command hands them to a run for
// each package of the standard library, and every one of those would complain.
func (s *settings) register(f *flag.FlagSet) {
	f.StringVar(&s.rules, "rules", "", "run these `RULES`, by comma; all names every one (default those that are on)")
	f.StringVar(&s.skip, "skip", "", "leave these `RULES` out, by comma")
	f.StringVar(&s.safety, "safety", rule.Review.String(), "report this `LEVEL` and better: safe, review or advice")
	f.StringVar(&s.form, "form", string(rule.FormAuto), "write this `FORM`: "+strings.Join(rule.FormNames(), ", "))
	f.IntVar(&s.limit, "limit", 0, "write the bound `N` into a fan-out where the code offers none (default by rule)")
}

// choices are the settings once they have been understood. It errs on the first
// value that means nothing.
func (s *settings) choices(all []*rule.Rule) (Options, rule.Safety, error) {
	o := Options{Rewrite: rule.Options{Limit: s.limit, Form: rule.Form(s.form)}}
	safety, err := rule.ParseSafety(s.safety)
	if err != nil {
		return o, safety, fmt.Errorf("-safety: %w", err)
	}
	if !slices.Contains(rule.FormNames(), s.form) {
		return o, safety, fmt.Errorf("-form: there is no form %q: use %s", s.form, strings.Join(rule.FormNames(), ", "))
	}
	if s.limit < 0 {
		return o, safety, fmt.Errorf("-limit: %d is negative; 0 leaves it to goherd", s.limit)
	}
	only, skip := list(s.rules), list(s.skip)
	for _, name := range slices.Concat(only, skip) {
		if name != "all" && !slices.ContainsFunc(all, func(r *rule.Rule) bool { return r.Name == name }) {
			return o, safety, fmt.Errorf("-rules and -skip: there is no rule %q: the rules are %s", name, strings.Join(namesOf(all), ", "))
		}
	}
	if o.Rules = Pick(all, only, skip); o.Rules == nil {
		return o, safety, fmt.Errorf("-rules and -skip leave no rule to run")
	}
	// A driver writes facts to files: all that they tell would have to be computed.
	o.Mute = !slices.ContainsFunc(o.Rules, func(r *rule.Rule) bool { return r.Memory })
	return o, safety, nil
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// Pick gives the rules to run, in the order of all: those that only names, or
// where it names none those that are on by default, without those that skip
// names. "all" names every rule.
func Pick(all []*rule.Rule, only, skip []string) []*rule.Rule {
	names := func(list []string, r *rule.Rule) bool {
		return slices.Contains(list, r.Name) || slices.Contains(list, "all")
	}
	var picked []*rule.Rule
	for _, r := range all {
		on := names(only, r) || len(only) == 0 && !r.OptIn
		if on && !names(skip, r) {
			picked = append(picked, r)
		}
	}
	return picked
}

func namesOf(rules []*rule.Rule) []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}
