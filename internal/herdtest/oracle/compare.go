package oracle

import "slices"

// A Class is a kind of difference between the old form and the new one. As part
// of a Trigger it is what one run shows by itself.
type Class uint8

// The classes, in the order in which tables have them.
const (
	Hang Class = iota
	Panic
	Revived
	Fails
	GivesUp
	LostError
	CarriesOn
	HidesError
	RealError
	OtherError
	Result
	LostCall
	ExtraCall
	LostWrite
	ExtraWrite
	WriteOrder
	Arguments
	DeadContext
	Left
	Leak
	Unclosed
	MoreAtOnce
	Slower
	SlowerError
	classes
)

// Names are the classes as archives write them, and what each means.
var Names = [classes]struct{ Name, Means string }{
	Hang:        {"hang", "the function never returns, where it did"},
	Panic:       {"panic", "it panics, where it didn't"},
	Revived:     {"revived", "it returns, where it hung or panicked"},
	Fails:       {"fails", "an error, where it succeeded"},
	GivesUp:     {"gives-up", "the context's error, where it succeeded although the caller gave up"},
	LostError:   {"lost-error", "success, where a call's own error was returned; as a defect: although a call failed"},
	CarriesOn:   {"carries-on", "success, where it gave up with the context's error"},
	HidesError:  {"hides-error", "the context's error in place of a call's own"},
	RealError:   {"real-error", "a call's own error in place of the context's"},
	OtherError:  {"other-error", "another error, or another text"},
	Result:      {"result", "other results"},
	LostCall:    {"lost-call", "a call is not made"},
	ExtraCall:   {"extra-call", "a call is made that was not"},
	LostWrite:   {"lost-write", "a write doesn't happen"},
	ExtraWrite:  {"extra-write", "a write happens that didn't"},
	WriteOrder:  {"write-order", "the same writes in another order"},
	Arguments:   {"arguments", "a call gets other arguments, or a context that isn't the caller's"},
	DeadContext: {"dead-context", "a context is used that has ended, although the caller's has not"},
	Left:        {"left", "a goroutine more is there when the function returns"},
	Leak:        {"leak", "a goroutine more stays for ever"},
	Unclosed:    {"unclosed", "something opened stays open"},
	MoreAtOnce:  {"more-at-once", "more calls are under way at once"},
	Slower:      {"slower", "it takes longer to succeed"},
	SlowerError: {"slower-error", "it takes longer to fail"},
}

// ParseClass is the class of that name.
func ParseClass(name string) (Class, bool) {
	for c, n := range Names {
		if n.Name == name {
			return Class(c), true
		}
	}
	return 0, false
}

func (c Class) String() string { return Names[c].Name }

// Shows tells whether a run shows the class by itself, so that it can be a trigger.
func (c Class) Shows() bool {
	return slices.Contains([]Class{Hang, Panic, LostError, DeadContext, Left, Leak, Unclosed}, c)
}

// A set of classes.
type set uint32

func (s set) has(c Class) bool { return s>>c&1 == 1 }

func (s *set) add(c Class, if_ bool) {
	if if_ {
		*s |= 1 << c
	}
}

func (s set) len() (n int) {
	for ; s != 0; s &= s - 1 {
		n++
	}
	return n
}

// list gives the classes in their order.
func (s set) list() []Class {
	var out []Class
	for c := range classes {
		if s.has(c) {
			out = append(out, c)
		}
	}
	return out
}

// shows is what a run shows by itself.
func (o *Observation) shows() (s set) {
	s.add(Hang, o.Hung)
	s.add(Panic, o.Panic != "")
	s.add(LostError, !o.Hung && o.Panic == "" && o.Err == nil && o.failed())
	s.add(DeadContext, o.Dead > 0)
	s.add(Left, o.Left > 0)
	s.add(Leak, o.Stuck > 0)
	s.add(Unclosed, o.Unclosed > 0)
	return s
}

// differences tells how run a of the new form differs from run b of the old one.
// Calls of the ops in skipped are not looked at.
func differences(b, a *Observation, ops []Op, skipped []bool) (s set) {
	bEnds, aEnds := !b.Hung && b.Panic == "", !a.Hung && a.Panic == ""
	s.add(Hang, a.Hung && !b.Hung)
	s.add(Panic, a.Panic != "" && b.Panic == "")
	s.add(Revived, aEnds && !bEnds)
	if aEnds && bEnds {
		s |= errorsApart(b, a)
		s.add(Result, a.Result != b.Result && (a.Err == nil) == (b.Err == nil))
		slower := a.Elapsed > b.Elapsed+tolerance
		s.add(Slower, slower && a.Err == nil && b.Err == nil)
		s.add(SlowerError, slower && a.Err != nil && b.Err != nil)
	}
	s |= callsApart(b, a, ops, skipped) | writesApart(b, a)
	s.add(DeadContext, a.Dead > b.Dead)
	s.add(Left, a.Left > b.Left)
	s.add(Leak, a.Stuck > b.Stuck)
	s.add(Unclosed, a.Unclosed > b.Unclosed)
	s.add(MoreAtOnce, a.InFlight > b.InFlight)
	return s
}

func errorsApart(b, a *Observation) (s set) {
	bCtx, aCtx := byContext(b.Err), byContext(a.Err)
	switch {
	case a.Err == nil && b.Err == nil:
	case b.Err == nil:
		gaveUp := aCtx && a.GaveUp
		s.add(GivesUp, gaveUp)
		s.add(Fails, !gaveUp)
	case a.Err == nil:
		s.add(CarriesOn, bCtx)
		s.add(LostError, !bCtx)
	case aCtx && !bCtx:
		s.add(HidesError, true)
	case bCtx && !aCtx:
		s.add(RealError, true)
	default:
		s.add(OtherError, a.Err.Error() != b.Err.Error() || a.Wraps != b.Wraps)
	}
	return s
}

// callsApart compares the calls of each op, without regard to their order.
func callsApart(b, a *Observation, ops []Op, skipped []bool) (s set) {
	for op := range ops {
		if skipped != nil && skipped[op] {
			continue
		}
		bs, as := apart(b.callsOf(op), a.callsOf(op))
		s.add(LostCall, len(as) < len(bs))
		s.add(ExtraCall, len(as) > len(bs))
		s.add(Arguments, len(as) > 0 && len(bs) > 0)
	}
	return s
}

// apart leaves out what is in both lists.
func apart(bs, as []asked) (onlyB, onlyA []asked) {
	for _, one := range bs {
		if at := slices.Index(as, one); at >= 0 {
			as = slices.Delete(as, at, at+1)
		} else {
			onlyB = append(onlyB, one)
		}
	}
	return onlyB, as
}

// late counts the calls that began once another had failed.
func (o *Observation) late() (n int) {
	for i := range o.Calls {
		for k := range o.Calls {
			if failed := &o.Calls[k]; i != k && failed.Err != nil && o.Calls[i].Start >= failed.End {
				n++
				break
			}
		}
	}
	return n
}

// An asked is what a call is compared by.
type asked struct {
	args     string
	stranger bool
}

func (o *Observation) callsOf(op int) []asked {
	var out []asked
	for i := range o.Calls {
		if c := &o.Calls[i]; c.Op == op {
			out = append(out, asked{c.Args, c.Stranger})
		}
	}
	return out
}

func writesApart(b, a *Observation) (s set) {
	if slices.Equal(b.Writes, a.Writes) {
		return 0
	}
	left := slices.Clone(a.Writes)
	for _, write := range b.Writes {
		at := slices.Index(left, write)
		s.add(LostWrite, at < 0)
		if at >= 0 {
			left = slices.Delete(left, at, at+1)
		}
	}
	s.add(ExtraWrite, len(left) > 0)
	s.add(WriteOrder, s == 0)
	return s
}
