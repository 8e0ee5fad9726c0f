package herdtest

import (
	"slices"
	"strings"
	"testing"
)

// The old text of mutated.
const unmutated = `package p

func f(xs []int) error {
	for range xs {
		go func() { work() }()
	}
	return nil
}
`

const mutated = `package p

func f(xs []int) error {
	sem := make(chan int, 8)
	for range xs {
		sem <- 1
		go func() {
			work()
			<-sem
		}()
	}
	if err := done(len(xs)); err != nil {
		return err
	}
	return nil
}
`

func TestMutants(t *testing.T) {
	want := []string{
		"without sem := make(chan int, 8)", // which doesn't compile, and is left out then
		"make(chan int) for make(chan int, 8)", "8+1 for 8", "8-1 for 8",
		"without sem <- 1", "sem <- 1 behind go func() { work() <-sem }()", "1+1 for 1", "1-1 for 1",
		"without go func() { work() <-sem }()", "without work()", "work() behind <-sem", "without <-sem",
		"for range xs { sem <- 1 go func() { work() <-sem }() } behind if err := done(len(xs)); err != nil { return err }",
		"without if err := done(len(xs)); err != nil { return err }", "if err := done(len(xs)); err != nil { return err } behind return nil",
		"len(xs)-1 for len(xs)", "without return err", "nil for err",
	}
	var got []string
	for _, m := range mutantsOf([]byte(unmutated), []byte(mutated)) {
		got = append(got, m.what)
		if string(m.text) == mutated {
			t.Errorf("%s: nothing has changed", m.what)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("mutants:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Lines that are only indented anew are none of goherd's.
func TestFreshLines(t *testing.T) {
	fresh := freshLines([]byte("a\nb\n}\n"), []byte("if x {\n\ta\n}\nb\n}\n"))
	if len(fresh) != 2 || !fresh[1] || !fresh[3] {
		t.Errorf("fresh lines are %v, want 1 and 3", fresh)
	}
}
