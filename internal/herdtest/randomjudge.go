package herdtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/herdtest/programs"
)

// A failure is a program that behaves in a way that nothing announced.
type failure struct {
	*rewritten
	off     string   // the guard that was off, "" for none
	classes []string // of difference, sorted; died, race or unfit for what is no class
	words   string   // what was seen
}

// failures are those with a guard off, or with none.
func (f *field) failures(off string) []*failure {
	var out []*failure
	for _, w := range f.ordered(off) {
		if classes, words := f.verdict(w); classes != nil {
			out = append(out, &failure{rewritten: w, off: off, classes: classes, words: words})
		}
	}
	return out
}

// verdict tells what is wrong with a program, nil for nothing.
func (f *field) verdict(w *rewritten) (classes []string, words string) {
	name := w.spec.Name
	if words := f.plain.died[name]; words != "" {
		return []string{deathClass}, "the process died: " + words
	}
	r, raced := f.plain.reports[name], f.raced.reports["race/"+name]
	switch {
	case r.Violations > 0:
		return slices.Sorted(maps.Keys(r.Classes)), fmt.Sprintf("on %d of %d schedules the new form does what nothing announces: %s", r.Violations, r.Schedules, r.Witness)
	case w.spec.InFlight < r.InFlight:
		return []string{oracle.MoreAtOnce.String()}, fmt.Sprintf("%d calls are under way at once, and at most %d were announced", r.InFlight, w.spec.InFlight)
	case unfit(w.spec) != "":
		return []string{"unfit"}, "it is safe, and announces what only review may: " + unfit(w.spec)
	case raced != nil && raced.Raced || f.raced.died["race/"+name] != "":
		return []string{raceClass}, "the race detector speaks of the new form"
	}
	return nil, ""
}

// unsteady names the programs that differ from themselves: then something in the world has
// no order, and nothing can be said.
func (f *field) unsteady() []string {
	var out []string
	for _, l := range f.lots {
		for _, p := range l.programs {
			if f.made[""][p] != nil {
				continue
			}
			name := "itself/" + p.Name
			if words := f.plain.died[name]; words != "" {
				out = append(out, fmt.Sprintf("%s: the process died: %s", p.Name, words))
			} else if r := f.plain.reports[name]; r.Violations > 0 {
				out = append(out, fmt.Sprintf("%s differs from itself: %s", p.Name, r.Witness))
			}
		}
	}
	return out
}

// A tally is one row of the table.
type tally struct {
	programs, rewritten, safe, review int
	schedules, same, violations       int
	licensed                          map[string]int
}

func (f *field) tally(name string) tally {
	t := tally{licensed: map[string]int{}}
	for _, l := range f.lots {
		if l.rule != name || l.rash {
			continue
		}
		t.programs += len(l.programs)
		for _, p := range l.programs {
			w := f.made[""][p]
			if w == nil {
				continue
			}
			t.rewritten++
			if w.spec.Mode == oracle.Safe {
				t.safe++
			} else {
				t.review++
			}
			if r := f.plain.reports[w.spec.Name]; r != nil {
				t.schedules, t.same = t.schedules+r.Schedules, t.same+r.Same
				for class, n := range r.Licensed {
					t.licensed[class] += n
				}
				if r.Later > 0 {
					t.licensed["later"] += r.Later
				}
			}
			if classes, _ := f.verdict(w); classes != nil {
				t.violations++
			}
		}
	}
	return t
}

// rules are those that there are programs for.
func (f *field) rules() []string {
	return slices.DeleteFunc(programs.Rules(), func(name string) bool {
		return !slices.ContainsFunc(f.lots, func(l *lot) bool { return l.rule == name })
	})
}

// table is the table of a page.
func (f *field) table() string {
	var s strings.Builder
	s.WriteString("| rule | programs | rewritten | safe | review | schedules | the same | differences announced | violations |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, name := range f.rules() {
		t := f.tally(name)
		fmt.Fprintf(&s, "| %s | %d | %d (%d %%) | %d | %d | %d | %d | %s | %d |\n", name, t.programs, t.rewritten, 100*t.rewritten/max(1, t.programs),
			t.safe, t.review, t.schedules, t.same, counts(t.licensed), t.violations)
	}
	return s.String()
}

// guardTable tells which guards the programs would miss.
func (f *field) guardTable() string {
	var s strings.Builder
	s.WriteString("| guard off | programs that come out otherwise | violations | found out by |\n|---|---|---|---|\n")
	for _, off := range f.Off {
		by := map[string]int{}
		list := f.failures(off)
		for _, one := range list {
			for _, class := range one.classes {
				by[class]++
			}
		}
		fmt.Fprintf(&s, "| %s | %d | %d | %s |\n", off, len(f.made[off]), len(list), programCounts(by))
	}
	return s.String()
}

// programCounts is counts for programs, of which race and died are classes, too.
func programCounts(by map[string]int) string {
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		if by[a] != by[b] {
			return by[b] - by[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, by[name])
	}
	if names == nil {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// traits counts those of the programs that were rewritten, and of those that weren't.
func (f *field) traits() map[string][2]int {
	out := map[string][2]int{}
	for _, l := range f.lots {
		for _, p := range l.programs {
			at := 0
			if f.made[""][p] == nil {
				at = 1
			}
			for _, trait := range p.Traits {
				n := out[trait]
				n[at]++
				out[trait] = n
			}
		}
	}
	return out
}

// safeties of what was applied to a program, for messages.
func (w *rewritten) safeties() string {
	var texts []string
	for _, f := range w.applied {
		texts = append(texts, f.Rule+"/"+f.Safety.String())
	}
	return strings.Join(texts, ", ")
}
