package sift

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// run sifts n changes, of which every set that bad doesn't mind passes. It counts
// the tests, and holds them to what Sift promises of them.
func run(t *testing.T, n, most int, bad func(set []int) bool) (fates []Fate, tests int) {
	t.Helper()
	seen := map[string]bool{"[]": true}
	fates, err := Sift(n, func(set []int) (bool, error) {
		if tests == most {
			return true, ErrSpent
		}
		tests++
		if name := fmt.Sprint(set); seen[name] || !slices.IsSorted(set) {
			t.Errorf("asked for %s again, or unsorted", name)
		} else {
			seen[name] = true
		}
		return !bad(set), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fates, tests
}

func having(fates []Fate, want Fate) []int {
	list := []int{}
	for i, f := range fates {
		if f == want {
			list = append(list, i)
		}
	}
	return list
}

// anyOf tells whether a set holds one of these.
func anyOf(culprits ...int) func([]int) bool {
	return func(set []int) bool {
		return slices.ContainsFunc(set, func(i int) bool { return slices.Contains(culprits, i) })
	}
}

func TestSift(t *testing.T) {
	together := func(set []int) bool { return slices.Contains(set, 1) && slices.Contains(set, 4) }
	for _, tt := range []struct {
		name   string
		n      int
		bad    func([]int) bool
		undone []int
		tests  int
	}{
		{"none", 0, anyOf(), []int{}, 0},
		{"all pass", 12, anyOf(), []int{}, 1},
		{"the only one", 1, anyOf(0), []int{0}, 1},
		{"one of twelve", 12, anyOf(7), []int{7}, 7},
		{"three of twelve", 12, anyOf(2, 5, 11), []int{2, 5, 11}, 14},
		{"all fail", 4, anyOf(0, 1, 2, 3), []int{0, 1, 2, 3}, 7},
		{"two that fail together only", 6, together, []int{4}, 5},
		{"one of a hundred", 100, anyOf(63), []int{63}, 12},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fates, tests := run(t, tt.n, -1, tt.bad)
			if got := having(fates, Undone); !slices.Equal(got, tt.undone) || len(having(fates, Untried)) > 0 {
				t.Errorf("undone %v, untried %v; want %v undone", got, having(fates, Untried), tt.undone)
			}
			if tests != tt.tests {
				t.Errorf("%d tests, want %d", tests, tt.tests)
			}
		})
	}
}

// Whatever fails, alone or together: what is kept passes, and nothing can be added
// to it. Single culprits cost a logarithm each.
func TestSiftAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		n := 1 + r.IntN(20)
		var groups [][]int // a set that holds all of one group fails
		single := true
		for range r.IntN(5) {
			group := r.Perm(n)[:1+r.IntN(min(3, n))]
			groups = append(groups, group)
			single = single && len(group) == 1
		}
		bad := func(set []int) bool {
			return slices.ContainsFunc(groups, func(g []int) bool {
				return !slices.ContainsFunc(g, func(i int) bool { return !slices.Contains(set, i) })
			})
		}
		fates, tests := run(t, n, -1, bad)
		kept, undone := having(fates, Kept), having(fates, Undone)
		if bad(kept) || len(kept)+len(undone) != n {
			t.Fatalf("%v: kept %v of %d", groups, kept, n)
		}
		for _, i := range undone {
			if !bad(append(slices.Clone(kept), i)) {
				t.Fatalf("%v: %d could have stayed beside %v", groups, i, kept)
			}
		}
		if most := 1 + len(undone)*(2*bits.Len(uint(n))+1); single && tests > most {
			t.Fatalf("%v: %d tests for %d of %d, want %d at most", groups, tests, len(undone), n, most)
		}
	}
}

// Where the runs are spent, what is kept has still passed, and the rest stays out.
func TestSiftSpent(t *testing.T) {
	bad := anyOf(2, 5, 11)
	for most := range 15 {
		fates, _ := run(t, 12, most, bad)
		if bad(having(fates, Kept)) {
			t.Errorf("%d runs: kept %v", most, having(fates, Kept))
		}
		if most == 0 && len(having(fates, Untried)) != 12 {
			t.Errorf("no run, and %v", fates)
		}
	}
}

// A test that failed by chance: the change is tried again in the end.
func TestSiftFlaky(t *testing.T) {
	failed := false
	fates, err := Sift(8, func(set []int) (bool, error) {
		if slices.Contains(set, 6) {
			return false, nil
		}
		if slices.Equal(set, []int{0}) && !failed {
			failed = true
			return false, nil
		}
		return failed, nil
	})
	if err != nil || !slices.Equal(having(fates, Undone), []int{6}) {
		t.Errorf("undone %v, %v; want 6 alone", having(fates, Undone), err)
	}
}

func TestSiftError(t *testing.T) {
	boom := errors.New("boom")
	fates, err := Sift(4, func(set []int) (bool, error) {
		if len(set) == 1 {
			return true, boom
		}
		return false, nil
	})
	if err != boom || len(having(fates, Kept)) != 0 {
		t.Errorf("%v, %v", fates, err)
	}
}
