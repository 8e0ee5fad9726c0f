package engine

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// rounds matches and rewrites until nothing changes or the bound is reached.
// What a round changes is analysed again as it came out of the check: nothing is
// loaded or written in between.
func (r *run) rounds() (*Result, error) {
	l := &loop{run: r, left: map[*unit][]*finding{}, history: newHistory(r)}
	r.barred = map[shape]int{}
	units := r.units
	for n := 1; len(units) > 0 && r.ctx.Err() == nil && r.failed == nil; n++ {
		r.last = n >= r.Rounds
		var err error
		if units, err = l.turn(n, units); err != nil {
			return nil, err
		}
	}
	var rest []*finding
	for _, u := range r.units {
		rest = append(rest, l.left[u]...)
	}
	l.result.Left = located(bySource(rest))
	l.result.Changes = l.history.with(newRound())
	return &l.result, nil
}

type loop struct {
	*run
	result  Result
	left    map[*unit][]*finding // as of each unit's last round
	history *history
}

// turn is round n. It returns the units to analyse next, none when this was the end.
func (l *loop) turn(n int, units []*unit) ([]*unit, error) {
	rd := l.round(units, n == 1)
	if n == 1 {
		l.result.Run = l.report(rd.found)
	}
	for _, u := range units {
		delete(l.left, u)
	}
	for _, f := range rd.left {
		l.left[f.unit] = append(l.left[f.unit], f)
	}
	if l.Choose != nil && len(rd.taken) > 0 {
		if err := l.choose(n, rd); err != nil {
			return nil, err
		}
	}
	switch {
	case len(rd.texts) > 0:
	case len(rd.undone) > 0 && len(rd.left) > 0 && !l.last:
		return l.renew(rd), nil // what lost against those may land now
	default:
		return nil, nil
	}
	if name := l.history.repeats(rd); name != "" {
		l.warn(fmt.Sprintf("%s: goherd's own bug: round %d brings back what an earlier round replaced, so it was not applied: please report it", l.rel(name), n))
		for _, f := range rd.taken {
			l.left[f.unit] = append(l.left[f.unit], f)
		}
		return nil, nil
	}
	l.history.adopt(rd)
	l.result.Rounds = n
	l.result.Applied = append(l.result.Applied, located(bySource(rd.taken))...)
	if l.last {
		return nil, nil
	}
	return l.renew(rd), nil
}

// round analyses units and settles what was found. Warnings of a later round
// would repeat those of the first at shifted lines, so only its new panics count.
func (l *loop) round(units []*unit, first bool) *round {
	results := l.analyse(units)
	found := l.keep(l.findings(units, results))
	for _, line := range l.lines(results) {
		if first || strings.Contains(line, "panicked") {
			l.warn(line)
		}
	}
	if first {
		l.forget(found)
	}
	return l.settle(found)
}

// forget lets go of the syntax of every unit that no patch concerns: only units
// with changed files are ever looked at again.
func (r *run) forget(found []*finding) {
	keep := map[*unit]bool{}
	for _, f := range found {
		if f.Patch != nil {
			for _, u := range r.holding(names(f.Patch)) {
				keep[u] = true
			}
		}
	}
	for _, u := range r.units {
		if !keep[u] {
			u.forget()
		}
	}
	if r.Rounds <= 1 { // nobody asks what memory functions touch any more
		r.facts.release()
	}
	// Checking makes as much garbage as loading did. Where much is to be checked,
	// a collection now keeps that from coming on top: a fifth of the peak, for a
	// twentieth of the time.
	if 4*len(keep) > len(r.units) {
		runtime.GC()
	}
}

// renew puts the changed packages in place of the old ones, and returns the
// units to analyse next: these, and those with findings that were left.
func (r *run) renew(rd *round) []*unit {
	again := map[*unit]bool{}
	for u, pkg := range rd.pkgs {
		r.facts.inherit(u.pkg.Types, pkg.Types)
		u.pkg = pkg
		again[u] = true
	}
	for _, f := range rd.left {
		again[f.unit] = true
	}
	return slices.SortedFunc(maps.Keys(again), func(a, b *unit) int { return cmp.Compare(a.index, b.index) })
}

// A history is what every changed file has been.
type history struct {
	r    *run
	old  map[string][]byte       // as it was read
	seen map[string]map[sum]bool // every content so far
	ids  map[string][]string     // the findings that changed it
}

func newHistory(r *run) *history {
	return &history{r: r, old: map[string][]byte{}, seen: map[string]map[sum]bool{}, ids: map[string][]string{}}
}

// repeats names a file that a round would turn into what it has been before, the
// first by name. Going on would never end.
func (h *history) repeats(rd *round) string {
	for _, name := range slices.Sorted(maps.Keys(rd.texts)) {
		if h.seen[name][h.r.src.sum(rd.texts[name])] {
			return name
		}
	}
	return ""
}

// adopt makes the texts of a round the files' contents.
func (h *history) adopt(rd *round) {
	for _, f := range rd.taken {
		for _, file := range f.Patch.Files {
			h.ids[file.Name] = append(h.ids[file.Name], f.at.ID)
			if _, known := h.old[file.Name]; !known {
				h.old[file.Name] = file.Old
				h.seen[file.Name] = map[sum]bool{h.r.src.sum(file.Old): true}
			}
		}
	}
	for name, text := range rd.texts {
		h.r.src.set(name, text)
		h.seen[name][h.r.src.sum(text)] = true
	}
}

// with compares each file's first content with what it is once rd is adopted.
func (h *history) with(rd *round) []Change {
	byName := map[string]*Change{}
	for name, old := range h.old {
		byName[name] = &Change{Path: name, Rel: h.r.rel(name), Old: old, New: h.r.src.now[name], IDs: slices.Clone(h.ids[name])}
	}
	for _, f := range rd.taken {
		for _, file := range f.Patch.Files {
			c := byName[file.Name]
			if c == nil {
				c = &Change{Path: file.Name, Rel: h.r.rel(file.Name), Old: file.Old}
				byName[file.Name] = c
			}
			c.New = rd.texts[file.Name]
			c.IDs = append(c.IDs, f.at.ID)
		}
	}
	var list []Change
	for _, c := range byName {
		c.IDs = sortedSet(c.IDs)
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func located(list []*finding) []*rule.Located {
	var all []*rule.Located
	for _, f := range list {
		all = append(all, f.at)
	}
	return all
}

func names(p *patch.Patch) map[string][]byte {
	set := map[string][]byte{}
	for _, f := range p.Files {
		set[f.Name] = nil
	}
	return set
}
