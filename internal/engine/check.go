package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/internal/verify"
)

// A round is what one round of match and rewrite came to.
type round struct {
	found []*finding
	taken []*finding // those whose patches are in texts
	left  []*finding // those that were to be, and are not
	texts map[string][]byte
	pkgs  map[*unit]*verify.Package
	parts []*component

	undone []*finding // those that were taken back
}

func newRound() *round {
	return &round{texts: map[string][]byte{}, pkgs: map[*unit]*verify.Package{}}
}

// settle checks every patch of found, and applies as many of those that the user
// chose as go together.
func (r *run) settle(found []*finding) *round {
	r.screen(found)
	parts := r.components(found)
	r.each("checking", len(parts), func(i int) { parts[i].settle(r) })
	res := newRound()
	res.found, res.parts = found, parts
	for _, c := range parts {
		res.taken = append(res.taken, c.taken...)
		if c.good != nil {
			maps.Copy(res.texts, c.good.texts)
			maps.Copy(res.pkgs, c.good.pkgs)
		}
	}
	r.nameConflicts(found, parts)
	in := map[*finding]bool{}
	for _, f := range res.taken {
		in[f] = true
	}
	for _, f := range found {
		r.finish(f)
		if r.chosen(f) && !in[f] {
			res.left = append(res.left, f)
		}
	}
	res.left = append(res.left, r.others(found)...)
	return res
}

// chosen tells whether f is to be applied.
func (r *run) chosen(f *finding) bool { return r.wanted(f) && !r.isBarred(f) }

// wanted tells whether f is of the safety that the user wants. Advice never is.
func (r *run) wanted(f *finding) bool {
	return f.Patch != nil && f.Safety() >= max(r.Safety, rule.Review)
}

// finish writes what has been found out about the patch into the report.
func (r *run) finish(f *finding) {
	f.at.Safety = f.Safety()
	f.at.Refused, f.at.RefusedBy = r.short(f.Refused), f.RefusedBy
	f.at.Patch, f.at.Fix = f.diff, f.fix
	slices.Sort(f.at.ConflictsWith)
	f.at.ConflictsWith = slices.Compact(f.at.ConflictsWith)
}

// A component is findings whose patches meet in some unit, so that one check of
// these units answers for all of them. Two components share no unit.
type component struct {
	first   int        // order of the first finding
	members []*finding // in the order in which they win
	taken   []*finding
	good    *tried // of taken
	clashes [][2]*finding
}

// components groups the findings that have a patch. A patch of a file concerns
// every unit that holds the file.
func (r *run) components(found []*finding) []*component {
	of := map[*unit]*component{}
	var list []*component
	for i, f := range found {
		if f.Patch == nil {
			continue
		}
		c := &component{first: i, members: []*finding{f}}
		for _, u := range r.holding(names(f.Patch)) {
			if old := of[u]; old != nil && old != c {
				c.members = append(c.members, old.members...)
				c.first = min(c.first, old.first)
				for v, w := range of {
					if w == old {
						of[v] = c
					}
				}
				list = slices.DeleteFunc(list, func(x *component) bool { return x == old })
			}
			of[u] = c
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *component) int { return cmp.Compare(a.first, b.first) })
	for _, c := range list {
		slices.SortFunc(c.members, inWinningOrder)
	}
	return list
}

// inWinningOrder is the order of rules.go, then that of the source.
func inWinningOrder(a, b *finding) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.at.Path, b.at.Path), cmp.Compare(a.place.Offset, b.place.Offset), strings.Compare(a.at.ID, b.at.ID))
}

// settle applies what was chosen and fits together, and checks that as a whole.
// Only when that fails does it look for the patches that are wrong, and drops
// them; the others land as far as they are good together.
func (c *component) settle(r *run) {
	var chosen, rest []*finding
	for _, f := range c.members {
		if r.chosen(f) {
			chosen = append(chosen, f)
		} else {
			rest = append(rest, f)
		}
	}
	if len(chosen) > 0 {
		fit, over := fitting(chosen)
		if t, err := r.try(patches(fit)...); err == nil {
			c.taken, c.good = fit, t
			r.show(fit, t)
			rest = append(rest, over...)
		} else {
			good := r.sound(chosen)
			slices.SortFunc(good, inWinningOrder)
			c.land(r, good)
		}
	}
	r.sound(rest) // none is shown unchecked, though these will not be applied
	if r.last && r.Choose == nil {
		c.release(r)
	}
}

// release lets go of all syntax of the component, which no other one shares.
func (c *component) release(r *run) {
	for _, f := range c.members {
		if f.Patch != nil {
			for _, u := range r.holding(names(f.Patch)) {
				u.forget()
			}
		}
	}
	if c.good != nil {
		c.good.pkgs = nil
	}
}

// sound drops the findings whose patches don't pass, shows the others, and
// returns them. It checks as many at once as fit together.
func (r *run) sound(list []*finding) []*finding {
	var good []*finding
	for len(list) > 0 {
		fit, over := fitting(list)
		good = append(good, r.bisect(fit)...)
		list = over
	}
	return good
}

// bisect finds the wrong ones among findings that don't overlap. One wrong patch
// in a hundred costs fourteen checks, not a hundred.
func (r *run) bisect(list []*finding) []*finding {
	t, err := r.try(patches(list)...)
	switch half := len(list) / 2; {
	case err == nil:
		r.show(list, t)
		return list
	case len(list) == 1:
		r.drop(list[0], err)
		return nil
	default:
		return slices.Concat(r.bisect(list[:half]), r.bisect(list[half:]))
	}
}

// land applies findings, each of which is sound, as far as they go together. The
// earlier one wins.
func (c *component) land(r *run, list []*finding) {
	for len(list) > 0 {
		list = slices.DeleteFunc(list, func(f *finding) bool { return !fits(c.taken, f) }) // named for that by nameConflicts
		fit, over := fitting(list)
		c.landTogether(r, fit)
		list = over
	}
}

// landTogether applies findings that don't overlap, by halves where it must.
func (c *component) landTogether(r *run, list []*finding) {
	if len(list) == 0 {
		return
	}
	next := slices.Concat(c.taken, list)
	t, err := r.try(patches(next)...)
	switch half := len(list) / 2; {
	case err == nil:
		c.taken, c.good = next, t
	case len(list) == 1:
		c.clash(r, list[0])
	default:
		c.landTogether(r, list[:half])
		c.landTogether(r, list[half:])
	}
}

// clash notes which of the taken findings f doesn't go with: those that are
// wrong together with it, or all where it takes more than two.
func (c *component) clash(r *run, f *finding) {
	var with []*finding
	for _, g := range c.taken {
		if _, err := r.try(g.Patch, f.Patch); err != nil {
			with = append(with, g)
		}
	}
	if len(with) == 0 {
		with = c.taken
	}
	for _, g := range with {
		c.clashes = append(c.clashes, [2]*finding{f, g})
	}
}

// nameConflicts names the findings whose patches can't both land, on both sides.
func (r *run) nameConflicts(found []*finding, parts []*component) {
	note := func(a, b *finding) {
		a.at.ConflictsWith = append(a.at.ConflictsWith, b.at.ID)
		b.at.ConflictsWith = append(b.at.ConflictsWith, a.at.ID)
	}
	for _, c := range parts {
		var list []*finding
		for _, f := range c.members {
			if f.Patch != nil {
				list = append(list, f)
			}
		}
		for i, with := range patch.Merge(patches(list)).Conflicts {
			for _, j := range with {
				if i < j {
					note(list[i], list[j])
				}
			}
		}
		for _, pair := range c.clashes {
			note(pair[0], pair[1])
		}
	}
}

// fitting splits findings into those that Merge lands together and the others.
func fitting(list []*finding) (fit, over []*finding) {
	for i, taken := range patch.Merge(patches(list)).Taken {
		if taken {
			fit = append(fit, list[i])
		} else {
			over = append(over, list[i])
		}
	}
	return fit, over
}

func fits(taken []*finding, f *finding) bool {
	return !slices.ContainsFunc(taken, func(g *finding) bool { return patch.Overlap(g.Patch, f.Patch) })
}

func patches(list []*finding) []*patch.Patch {
	all := make([]*patch.Patch, len(list))
	for i, f := range list {
		all[i] = f.Patch
	}
	return all
}
