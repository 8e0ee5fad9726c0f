// Package sift finds which of many changes may stay, by a test that costs: the
// largest set that passes, in the sense that no change left out can be added.
package sift

import (
	"errors"
	"fmt"
	"slices"
)

// ErrSpent is what a test answers when it may not be asked again. What has not
// been decided by then stays out.
var ErrSpent = errors.New("no run is left")

// A Fate is what became of one change.
type Fate int

// The fates.
const (
	Untried Fate = iota // stays out, since the runs were spent
	Kept
	Undone // fails on top of what is kept
)

// Sift decides about n changes, which are named by their numbers. The empty set is
// taken to pass. Test tells whether a set passes; it is given sorted numbers, and
// never the same set twice. An error of it ends the search and is returned, but for
// ErrSpent.
//
// The kept set has passed a test as it is, or is empty. A set that holds a failing
// one is taken to fail as well: where that is so, nothing can be added to what is
// kept. Where it is not (a test that fails now and then), every change that was
// undone has had its last trial beside all that is kept.
//
// Halves are tried first, so that one change that fails among n costs about 2 log n
// tests.
func Sift(n int, test func(set []int) (bool, error)) ([]Fate, error) {
	s := &search{test: test, fates: make([]Fate, n), failed: map[string]bool{}}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	err := s.among(all, false)
	if err == nil {
		err = s.again()
	}
	if errors.Is(err, ErrSpent) {
		err = nil
	}
	return s.fates, err
}

type search struct {
	test   func([]int) (bool, error)
	fates  []Fate
	kept   []int           // sorted
	failed map[string]bool // sets that have failed
}

// among decides about list, in order. With fails, it is known to fail as a whole
// beside what is kept.
func (s *search) among(list []int, fails bool) error {
	if len(list) == 0 {
		return nil
	}
	if !fails {
		ok, err := s.keep(list)
		if ok || err != nil {
			return err
		}
	}
	if len(list) == 1 {
		s.fates[list[0]] = Undone
		return nil
	}
	left, right := list[:len(list)/2], list[len(list)/2:]
	before := len(s.kept)
	if err := s.among(left, false); err != nil {
		return err
	}
	// Beside a left half that was kept whole, the right one is the list that failed.
	return s.among(right, len(s.kept) == before+len(left))
}

// again tries each undone change beside those that were kept after it failed.
func (s *search) again() error {
	for i, fate := range s.fates {
		if fate != Undone {
			continue
		}
		if _, err := s.keep([]int{i}); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps list if it passes beside what is kept.
func (s *search) keep(list []int) (bool, error) {
	set := slices.Sorted(slices.Values(slices.Concat(s.kept, list)))
	name := fmt.Sprint(set)
	if s.failed[name] {
		return false, nil
	}
	ok, err := s.test(set)
	if err != nil {
		return false, err
	}
	if !ok {
		s.failed[name] = true
		return false, nil
	}
	s.kept = set
	for _, i := range list {
		s.fates[i] = Kept
	}
	return true, nil
}
