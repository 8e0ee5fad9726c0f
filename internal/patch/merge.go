package patch

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Merged is what Merge makes of many patches.
type Merged struct {
	Files     []File  // sorted by Name, edits sorted; only files that change
	Taken     []bool  // Taken[i]: patch i landed in Files
	Conflicts [][]int // Conflicts[i]: the patches that overlap patch i, taken or not, ascending
}

// Merge lands as many patches as fit together. Earlier ones win: a patch that
// overlaps an earlier taken one is left out whole, and so is a nil patch or one
// that doesn't pass its own Check. Patches that were computed against different
// contents of a file overlap.
func Merge(patches []*Patch) Merged {
	ok := make([]bool, len(patches))
	for i, p := range patches {
		ok[i] = p != nil && p.Check() == nil
	}
	files := sharesOf(patches, ok)
	m := Merged{Taken: make([]bool, len(patches)), Conflicts: conflicts(files, len(patches))}
	for i := range patches {
		m.Taken[i] = ok[i] && !slices.ContainsFunc(m.Conflicts[i], func(j int) bool { return m.Taken[j] })
	}
	for _, shares := range files {
		if f := land(shares, m.Taken); len(f.Edits) > 0 {
			m.Files = append(m.Files, f)
		}
	}
	return m
}

// Overlap tells whether a and b cannot both land as they are. They cannot if they
// touch the same bytes of a file, if both insert at one offset, if one inserts
// where the other's replaced bytes start, or if they know different contents of a
// file. Equal edits that are both Shared are no overlap, nor are two Shared
// insertions at one offset: those land sorted by New. A nil patch overlaps nothing.
func Overlap(a, b *Patch) bool {
	files := sharesOf([]*Patch{a, b}, []bool{a != nil, b != nil})
	return len(conflicts(files, 2)[0]) > 0
}

// A share is one patch's part of one file.
type share struct {
	patch int
	file  File
}

// sharesOf gathers the shares that change something by file, sorted by the
// file's name, and those of one file in the order of their patches.
func sharesOf(patches []*Patch, ok []bool) [][]share {
	var all []share
	for i, p := range patches {
		if !ok[i] {
			continue
		}
		for _, f := range p.Files {
			if len(f.Edits) > 0 {
				all = append(all, share{i, f})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b share) int { return strings.Compare(a.file.Name, b.file.Name) })
	var files [][]share
	for i, s := range all {
		if i == 0 || s.file.Name != all[i-1].file.Name {
			files = append(files, nil)
		}
		last := len(files) - 1
		files[last] = append(files[last], s)
	}
	return files
}

// land puts the edits of the taken shares into one file.
func land(shares []share, taken []bool) File {
	f := File{Name: shares[0].file.Name}
	for _, s := range shares {
		if taken[s.patch] {
			f.Old = s.file.Old
			f.Edits = append(f.Edits, s.file.Edits...)
		}
	}
	f.Edits = arrange(f.Edits)
	return f
}

// conflicts lists for each of n patches the others that it overlaps.
func conflicts(files [][]share, n int) [][]int {
	with := make([][]int, n)
	note := func(i, j int) {
		if i == j {
			return // a patch doesn't overlap itself
		}
		with[i] = append(with[i], j)
		with[j] = append(with[j], i)
	}
	for _, shares := range files {
		disagree(shares, note)
		collide(shares, note)
	}
	for i := range with {
		slices.Sort(with[i])
		with[i] = slices.Compact(with[i])
	}
	return with
}

// disagree notes every pair of shares that know different contents of the file.
func disagree(shares []share, note func(i, j int)) {
	var versions [][]share
	for _, s := range shares {
		v := slices.IndexFunc(versions, func(v []share) bool { return bytes.Equal(v[0].file.Old, s.file.Old) })
		if v < 0 {
			v = len(versions)
			versions = append(versions, nil)
		}
		versions[v] = append(versions[v], s)
	}
	for i, v := range versions {
		for _, w := range versions[i+1:] {
			for _, a := range v {
				for _, b := range w {
					note(a.patch, b.patch)
				}
			}
		}
	}
}

// A claim is one edit of one file and the patches that make it: many only if the
// edit is Shared.
type claim struct {
	Edit
	owners []int
}

// collide notes every pair of shares whose edits overlap. It sweeps over the
// edits from left to right and compares each with those only that reach as far,
// so that a file with thousands of edits costs no more than sorting them.
func collide(shares []share, note func(i, j int)) {
	var open []claim
	for _, c := range claims(shares) {
		open = slices.DeleteFunc(open, func(o claim) bool { return o.End <= c.Start && o.Start < c.Start })
		for _, o := range open {
			if clash(o.Edit, c.Edit) {
				for _, i := range o.owners {
					for _, j := range c.owners {
						note(i, j)
					}
				}
			}
		}
		open = append(open, c)
	}
}

// claims returns the edits of all shares in order, equal Shared ones as one.
func claims(shares []share) []claim {
	var all []claim
	for _, s := range shares {
		for _, e := range s.file.Edits {
			all = append(all, claim{e, []int{s.patch}})
		}
	}
	slices.SortStableFunc(all, func(a, b claim) int {
		return cmp.Or(compare(a.Edit, b.Edit), cmp.Compare(a.owners[0], b.owners[0]))
	})
	out := all[:0]
	for _, c := range all {
		if last := len(out) - 1; last >= 0 && c.Shared && c.Edit == out[last].Edit {
			out[last].owners = append(out[last].owners, c.owners...)
			continue
		}
		out = append(out, c)
	}
	return out
}

// clash tells whether edits a and b of two patches overlap.
func clash(a, b Edit) bool {
	switch {
	case a.Shared && b.Shared && a == b:
		return false // lands once
	case a.Start != b.Start:
		return a.Start < b.End && b.Start < a.End
	case a.Start == a.End && b.Start == b.End:
		return !a.Shared || !b.Shared // two Shared insertions have an order of their own
	}
	return true // one start: either the bytes are the same, or the order is anyone's guess
}
