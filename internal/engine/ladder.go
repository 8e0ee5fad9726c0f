package engine

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/rule"
)

// ladders tells what each rule made of the place.
func (x *explainer) ladders(found []*finding) {
	of := map[*rule.Finding]*finding{}
	for _, f := range found {
		of[f.Finding] = f
	}
	titles := goherd.HazardTitles()
	matched := map[*rule.Rule]bool{}
	for _, l := range x.trace.Looks {
		if l.File != x.spot.File {
			continue
		}
		from, to := x.position(l.Pos).Line, max(x.position(l.Pos).Line, x.position(l.End).Line)
		if to < x.spot.From || x.spot.To < from {
			x.near(l, from, to)
			continue
		}
		matched[l.Rule] = true
		ladder := rule.Ladder{Rule: l.Rule.Name, Path: x.out.Place.Path, Line: from, EndLine: to, Guards: x.rungs(l, titles)}
		ladder.Outcome, ladder.Why = x.outcome(l)
		if f := of[l.Finding]; f != nil && ladder.Outcome == rule.CameOut {
			ladder.ID = f.at.ID
			x.out.Findings = append(x.out.Findings, f.at)
		}
		x.out.Ladders = append(x.out.Ladders, ladder)
	}
	if x.owners[x.site.name] == nil {
		return // no rule has run on the file
	}
	for _, r := range x.Rules {
		if !matched[r] {
			x.out.NoShape = append(x.out.NoShape, r.Name)
		}
	}
}

// near notes a match in the same declaration.
func (x *explainer) near(l *goherd.Look, from, to int) {
	if l.Decl == nil || l.Decl != x.trace.Decl(x.spot) {
		return
	}
	outcome, _ := x.outcome(l)
	n := rule.Nearby{Rule: l.Rule.Name, Line: from, EndLine: to, Outcome: outcome}
	if !slices.Contains(x.out.Nearby, n) {
		x.out.Nearby = append(x.out.Nearby, n)
	}
}

// outcome is what a match came to, and why where no finding says it.
func (x *explainer) outcome(l *goherd.Look) (outcome, why string) {
	switch {
	case l.IgnoredBy.IsValid():
		return rule.Ignored, fmt.Sprintf("the directive on line %d silences it", x.position(l.IgnoredBy).Line)
	case l.OutruledBy != nil:
		p := x.position(l.OutruledBy.Pos)
		return rule.Outruled, fmt.Sprintf("%s speaks of the same statements (line %d), and goherd rules lists it first", l.OutruledBy.Rule.Name, p.Line)
	case l.Finding != nil:
		return rule.CameOut, ""
	}
	if n := len(l.Verdicts); n > 0 && l.Verdicts[n-1].Outcome() == rule.Quieted {
		return rule.KeptBack, l.Verdicts[n-1].Claim()
	}
	return rule.Panicked, "the rule panicked here, which is goherd's own bug: please report it"
}

// rungs lists all guards of the rule, also those that were not asked. A rewrite
// that refused comes last: it looked when the guards had passed.
func (x *explainer) rungs(l *goherd.Look, titles map[string]string) []rule.Rung {
	list := []rule.Rung{}
	for i, g := range l.Rule.Guards {
		rung := rule.Rung{Guard: g.Name, Hazard: g.Hazard, Title: titles[g.Hazard], Outcome: rule.NotAsked}
		if i < len(l.Verdicts) {
			v := l.Verdicts[i]
			rung.Outcome, rung.Claim = v.Outcome(), v.Claim()
			at := x.position(l.Pos)
			if v.Pos().IsValid() {
				at = x.position(v.Pos())
			}
			rung.Path, rung.Line = x.rel(at.Filename), at.Line
		}
		list = append(list, rung)
	}
	if f := l.Finding; f != nil && f.Refused != "" && len(l.Verdicts) == len(l.Rule.Guards) && !x.byGuard(l) {
		at := x.position(l.Pos)
		list = append(list, rule.Rung{
			Guard: "rewrite", Hazard: f.RefusedBy, Title: titles[f.RefusedBy], Outcome: rule.Refused,
			Claim: x.short(f.Refused), Path: x.rel(at.Filename), Line: at.Line,
		})
	}
	return list
}

// byGuard tells whether the last guard is what refused.
func (x *explainer) byGuard(l *goherd.Look) bool {
	n := len(l.Verdicts)
	return n > 0 && l.Verdicts[n-1].Outcome() == rule.Refused
}

// hiddenFromDots tells whether ./... passes over a folder, as seen from the root.
func hiddenFromDots(dir string) bool {
	if dir == "." {
		return false
	}
	for _, part := range strings.Split(dir, "/") {
		if part == "testdata" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return true
		}
	}
	return filepath.IsAbs(dir)
}

// pattern is how the go command is told of a folder.
func pattern(dir string) string {
	if dir == "." || filepath.IsAbs(dir) || strings.HasPrefix(dir, "../") {
		return dir
	}
	return "./" + dir
}
