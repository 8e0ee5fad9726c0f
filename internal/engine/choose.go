package engine

import (
	"maps"
	"slices"

	"github.com/goherd/goherd/internal/rule"
)

// An Offer is what one round would apply. It is good until Choose returns.
type Offer struct {
	Round    int             // counts from 1
	Findings []*rule.Located // in source order; their patches go together

	changes func(keep []int) ([]Change, bool)
}

// Changes are the files as they would be with these of the findings and with all
// that earlier rounds kept, from the bytes that were read. It is false where these
// don't go together without the others.
func (o *Offer) Changes(keep []int) ([]Change, bool) { return o.changes(keep) }

// choose lets the user of the engine take findings back before a round is adopted.
// What is taken back doesn't come again in a later round.
func (l *loop) choose(n int, rd *round) error {
	list := bySource(slices.Clone(rd.taken))
	keep, err := l.Choose(&Offer{Round: n, Findings: located(list), changes: func(keep []int) ([]Change, bool) {
		part, ok := l.part(rd, list, keep)
		if !ok {
			return nil, false
		}
		return l.history.with(part), true
	}})
	if err != nil || l.ctx.Err() != nil {
		return err
	}
	part, ok := l.part(rd, list, keep)
	if !ok {
		panic("engine: a choice of findings that don't go together")
	}
	rd.taken, rd.texts, rd.pkgs = part.taken, part.texts, part.pkgs
	for i, f := range list {
		if !slices.Contains(keep, i) {
			l.barred[sameShape(f)]++
			rd.undone = append(rd.undone, f)
		}
	}
	l.result.Undone = append(l.result.Undone, located(rd.undone)...)
	if l.last {
		for _, c := range rd.parts {
			c.release(l.run)
		}
	}
	return nil
}

// part is the round with some of its findings only, checked as every patch is.
func (r *run) part(rd *round, list []*finding, keep []int) (*round, bool) {
	kept := map[*finding]bool{}
	for _, i := range keep {
		kept[list[i]] = true
	}
	out := newRound()
	for _, c := range rd.parts {
		var some []*finding
		for _, f := range c.taken {
			if kept[f] {
				some = append(some, f)
			}
		}
		good := c.good
		switch {
		case len(some) == 0:
			continue
		case len(some) < len(c.taken):
			var err error
			if good, err = r.try(patches(some)...); err != nil {
				return nil, false
			}
		}
		out.taken = append(out.taken, some...)
		maps.Copy(out.texts, good.texts)
		maps.Copy(out.pkgs, good.pkgs)
	}
	return out, true
}

// A shape is what an id is made of, but for the ordinal: that changes when an equal
// finding before it is applied, and one that was taken back must not come again
// under the other's id.
type shape struct{ rule, pkg, fn, key string }

func sameShape(f *finding) shape { return shape{f.at.Rule, f.at.Package, f.at.Func, f.Key} }

// isBarred tells whether f may be one that was taken back in an earlier round.
func (r *run) isBarred(f *finding) bool { return r.barred[sameShape(f)] > 0 }

// others are the barred ones of found beyond those that were taken back. Nobody
// can tell which of equal ones these are, so the last ones by place are named.
func (r *run) others(found []*finding) []*finding {
	seen := map[shape]int{}
	var out []*finding
	for _, f := range found {
		if s := sameShape(f); r.wanted(f) && r.isBarred(f) {
			if seen[s]++; seen[s] > r.barred[s] {
				out = append(out, f)
			}
		}
	}
	return out
}
