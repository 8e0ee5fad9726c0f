package oracle

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestDifferences has each class come of one change of one run, and no other class.
func TestDifferences(t *testing.T) {
	ops := []Op{{"get", Reads}, {"put", Writes}}
	own, other := errors.New("get is down"), errors.New("put is down")
	run := func(change func(o *Observation)) *Observation {
		o := &Observation{
			Result: "1", Elapsed: 30 * ms, InFlight: 1,
			Calls:  []Call{{Op: 0, Args: "x"}, {Op: 0, Args: "y"}, {Op: 1}},
			Writes: []string{"put 1", "put 2"},
		}
		change(o)
		return o
	}
	as := func(err error) func(*Observation) { return func(o *Observation) { o.Err = err } }
	same := func(*Observation) {}
	tests := []struct {
		old, new func(*Observation)
		want     []Class
	}{
		{same, same, nil},
		{same, func(o *Observation) { o.Hung = true }, []Class{Hang}},
		{same, func(o *Observation) { o.Panic = "x" }, []Class{Panic}},
		{func(o *Observation) { o.Hung = true }, same, []Class{Revived}},
		{func(o *Observation) { o.Panic = "x" }, func(o *Observation) { o.Panic = "y" }, nil},
		{same, as(own), []Class{Fails}},
		{same, as(context.Canceled), []Class{Fails}}, // nobody gave up
		{same, func(o *Observation) { o.Err, o.GaveUp = context.Canceled, true }, []Class{GivesUp}},
		{as(own), same, []Class{LostError}},
		{as(context.Canceled), same, []Class{CarriesOn}},
		{as(own), as(context.Canceled), []Class{HidesError}},
		{as(context.DeadlineExceeded), as(own), []Class{RealError}},
		{as(own), as(other), []Class{OtherError}},
		{as(own), func(o *Observation) { o.Err, o.Wraps = errors.New("get is down"), 1 }, []Class{OtherError}},
		{as(own), as(own), nil},
		{same, func(o *Observation) { o.Result = "2" }, []Class{Result}},
		{as(own), func(o *Observation) { o.Err, o.Result = own, "2" }, []Class{Result}},
		{same, func(o *Observation) { o.Calls = o.Calls[1:] }, []Class{LostCall}},
		{same, func(o *Observation) { o.Calls = o.Calls[:2] }, []Class{LostCall}},
		{same, func(o *Observation) { o.Calls = append(o.Calls, Call{Op: 1}) }, []Class{ExtraCall}},
		{same, func(o *Observation) { o.Calls[0], o.Calls[1] = o.Calls[1], o.Calls[0] }, nil},
		{same, func(o *Observation) { o.Calls[0].Args = "z" }, []Class{Arguments}},
		{same, func(o *Observation) { o.Calls[2].Stranger = true }, []Class{Arguments}},
		{same, func(o *Observation) { o.Writes = o.Writes[:1] }, []Class{LostWrite}},
		{same, func(o *Observation) { o.Writes = append(o.Writes, "put 1") }, []Class{ExtraWrite}},
		{same, func(o *Observation) { slices.Reverse(o.Writes) }, []Class{WriteOrder}},
		{same, func(o *Observation) { o.Dead++ }, []Class{DeadContext}},
		{same, func(o *Observation) { o.Left++ }, []Class{Left}},
		{same, func(o *Observation) { o.Stuck++ }, []Class{Leak}},
		{same, func(o *Observation) { o.Unclosed++ }, []Class{Unclosed}},
		{same, func(o *Observation) { o.InFlight++ }, []Class{MoreAtOnce}},
		{same, func(o *Observation) { o.Elapsed += ms }, []Class{Slower}},
		{same, func(o *Observation) { o.Elapsed += tolerance }, nil},
		{as(own), func(o *Observation) { o.Err = own; o.Elapsed += ms }, []Class{SlowerError}},
		{same, func(o *Observation) { o.Elapsed -= ms }, nil},
	}
	var seen set
	for i, tt := range tests {
		got := differences(run(tt.old), run(tt.new), ops, nil)
		seen |= got
		if !slices.Equal(got.list(), tt.want) {
			t.Errorf("pair %d differs by %v, want %v", i, got.list(), tt.want)
		}
	}
	for c := range classes {
		if !seen.has(c) {
			t.Errorf("no pair differs by %v", c)
		}
		if back, ok := ParseClass(c.String()); !ok || back != c || Names[c].Means == "" {
			t.Errorf("class %d is called %q, which is read as %v", c, c, back)
		}
	}
	if got := differences(run(same), run(func(o *Observation) { o.Calls = o.Calls[:2] }), ops, []bool{false, true}); got != 0 {
		t.Errorf("a call that is passed over shows as %v", got.list())
	}
}

// TestShows has what one run can show, by itself.
func TestShows(t *testing.T) {
	var seen set
	for _, o := range []Observation{
		{Hung: true}, {Panic: "x"}, {Calls: []Call{{Err: context.Canceled}}}, {Dead: 1}, {Left: 1}, {Stuck: 1}, {Unclosed: 1},
	} {
		if n := o.shows().len(); n != 1 {
			t.Errorf("%+v shows %v", o, o.shows().list())
		}
		seen |= o.shows()
	}
	for c := range classes {
		if seen.has(c) != c.Shows() {
			t.Errorf("that a run shows %v is %v, and it does: %v", c, c.Shows(), seen.has(c))
		}
	}
	if reported := (Observation{Err: context.Canceled, Calls: []Call{{Err: context.Canceled}}}); reported.shows() != 0 {
		t.Errorf("an error that is returned shows %v", reported.shows().list())
	}
}
