package memory

import (
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// A Grade says how two pieces of code get on with each other when they run at once.
type Grade uint8

// The grades. Unsure is the zero value.
const (
	Unsure    Grade = iota // something couldn't be seen, or may be the same memory
	Disjoint               // proved: nothing that one writes is touched by the other without a common lock
	Conflicts              // proved: both touch one variable, one writes, and no lock is common
)

var gradeNames = [...]string{"unsure", "disjoint", "conflict"}

func (g Grade) String() string { return gradeNames[g] }

// A Verdict is the answer of Conflict.
type Verdict struct {
	Grade     Grade
	Why       string    // in words, with the places
	At, Other token.Pos // of the two accesses or calls; token.NoPos where a place is in another process
	Path      []Step    // the calls that lead to At, the outermost first
	OtherPath []Step
}

// Conflict tells whether a and b, run at once, may touch the same memory, one of
// them writing, without a common lock. Both are parts of one function, or
// summaries of one function with itself: their roots must mean the same. Each of
// them is taken to run on all its ways, so a conflict is one of some ways.
func Conflict(a, b *Summary) Verdict {
	c := &comparison{a: a, b: b, best: Verdict{Grade: Disjoint}}
	c.accesses()
	c.opaques(a, b)
	c.opaques(b, a)
	if c.best.Grade != Conflicts && (a.many || b.many) {
		c.doubt(Verdict{Why: tooMuch})
	}
	if c.best.Grade == Disjoint {
		c.best.Why = c.reason()
	}
	return c.best
}

type comparison struct {
	a, b  *Summary
	best  Verdict
	apart []string // why pairs are disjoint
	guard []string // which locks they have in common
}

// doubt notes a verdict that is no conflict; the first stays.
func (c *comparison) doubt(v Verdict) {
	if c.best.Grade == Disjoint {
		c.best = v
	}
}

func (c *comparison) accesses() {
	for i := range c.a.Accesses {
		x := &c.a.Accesses[i]
		for k := range c.b.Accesses {
			y := &c.b.Accesses[k]
			if !x.Write && !y.Write || x.Atomic && y.Atomic {
				continue
			}
			rel, why := c.relate(x, y)
			if rel == apart {
				c.apart = append(c.apart, why)
				continue
			}
			if lock := c.common(x, y); lock != "" {
				c.guard = append(c.guard, lock)
				continue
			}
			v := Verdict{At: x.At.Pos, Other: y.At.Pos, Path: x.Steps(), OtherPath: y.Steps()}
			v.Why = x.says() + "; " + y.says()
			if rel == same {
				if c.best.Grade != Conflicts {
					v.Grade = Conflicts
					c.best = v
				}
				return
			}
			v.Why += ": " + why
			c.doubt(v)
		}
	}
}

func (a *Access) says() string {
	return a.how(a.Loc.words(a.Loc.Root.spoken())) + " at " + a.At.String() + trail(a.Via)
}

func (c *comparison) reason() string {
	switch {
	case len(c.guard) > 0:
		return "what both touch is under " + strings.Join(set(c.guard), ", ")
	case len(c.apart) > 0:
		return c.apart[0]
	}
	return "neither writes what the other touches"
}

// A relation is how two pieces of memory lie.
type relation uint8

const (
	maybe relation = iota
	apart
	same
)

// relate compares the memory of two accesses.
func (c *comparison) relate(x, y *Access) (relation, string) {
	if x.Loc.Root.Name == processState || y.Loc.Root.Name == processState {
		return c.process(x.Loc, y.Loc)
	}
	if x.Loc.Root.Kind != Unknown && x.Loc.Root.key() == y.Loc.Root.key() {
		return sameRoot(x, y)
	}
	return c.differentRoots(x.Loc, y.Loc)
}

// process compares with the state of the whole process, which any call that isn't
// proved may read (hazard E6).
func (c *comparison) process(x, y Loc) (relation, string) {
	if x.Root.Name == y.Root.Name {
		return same, ""
	}
	other := c.b
	if y.Root.Name == processState {
		other = c.a
	}
	if other.Trust == Proved {
		return apart, "only one touches the state of the process"
	}
	return maybe, "it changes state of the whole process, which the other may use"
}

func sameRoot(x, y *Access) (relation, string) {
	p, q := x.Loc.Path.steps(), y.Loc.Path.steps()
	n := min(p.n, q.n)
	for k := range n {
		if p.list[k] == q.list[k] {
			continue
		}
		if !behind(p, k+1) && !behind(q, k+1) {
			return apart, fmt.Sprintf("%s and %s are different variables", x.Loc, y.Loc)
		}
		return byType(x.Loc, y.Loc)
	}
	if p.deep || q.deep {
		switch {
		case x.Handle != "" || y.Handle != "", x.Loc.Root.private():
			return same, ""
		case p.n > n && !p.deep && q.n == n || q.n > n && !q.deep && p.n == n, p.n == q.n:
			return maybe, fmt.Sprintf("both reach %s", x.Loc)
		}
		return maybe, fmt.Sprintf("both reach what is behind %s", x.Loc)
	}
	if p.n != q.n {
		longer := p
		if q.n > p.n {
			longer = q
		}
		if behind(longer, n) {
			return byType(x.Loc, y.Loc)
		}
	}
	return elements(x, y)
}

// elements is same, unless the paths go through elements whose index nobody knows.
// A map's elements are one variable.
func elements(x, y *Access) (relation, string) {
	steps := x.Loc.Path.all()
	for k, s := range steps {
		if s.name == element && (k < len(steps)-1 || x.Loc.block == nil || !x.Loc.block.isMap) {
			return maybe, "they may be different elements, but nobody compared the indexes"
		}
	}
	return same, ""
}

// behind tells whether a path leads behind a pointer at or after step k.
func behind(p steps, k uint8) bool {
	if p.deep {
		return true
	}
	for _, s := range p.list[min(k, p.n):p.n] {
		if s.ind {
			return true
		}
	}
	return false
}

// exact tells whether l is a part of the variable that is its root.
func exact(l Loc) bool {
	switch l.Root.Kind {
	case Local, Fresh:
		return true
	case Param, Receiver, Global:
		return !l.Path.remote()
	}
	return false
}

func (c *comparison) differentRoots(x, y Loc) (relation, string) {
	if exact(x) && exact(y) {
		return apart, fmt.Sprintf("%s and %s are different variables", x, y)
	}
	for _, l := range []Loc{x, y} {
		if exact(l) && (l.Root.Kind != Global && !c.known(l.Root) || l.Root.hidden) {
			return apart, fmt.Sprintf("nobody else has the address of %s", l)
		}
	}
	return byType(x, y)
}

// known tells whether somebody else may have the address of a root of the function's own.
func (c *comparison) known(r Root) bool {
	for _, s := range []*Summary{c.a, c.b} {
		if s.loose[r.key()] || given(r) && slices.Contains(s.shown, r.key()) {
			return true
		}
	}
	return false
}

// byType compares memory that is reached on different ways.
func byType(x, y Loc) (relation, string) {
	if !x.block.mayOverlap(y.block) {
		return apart, fmt.Sprintf("%s is part of a %s, %s of a %s, and these never share memory", x, x.block.name, y, y.block.name)
	}
	if x.block == nil || y.block == nil {
		return maybe, fmt.Sprintf("%s and %s may lead to the same", x, y)
	}
	return maybe, fmt.Sprintf("%s and %s may be of the same %s", x, y, x.block.name)
}

// common names a lock that keeps two accesses from happening at once; "" for none.
func (c *comparison) common(x, y *Access) string {
	for _, k := range x.Locks {
		for _, l := range y.Locks {
			if x.Write && k.Read || y.Write && l.Read {
				continue
			}
			switch {
			case k.Loc.place() == l.Loc.place() && c.stable(k.Loc):
				return k.Loc.String()
			case k.Loc.Root.key() == x.Loc.Root.key() && l.Loc.Root.key() == y.Loc.Root.key() &&
				k.Loc.Path == l.Loc.Path && x.Loc.block != nil && x.Loc.block == y.Loc.block && onePointer(k.Loc) && onePointer(x.Loc) && onePointer(y.Loc):
				return k.Loc.String() // each under its own object's: if the object is one, the lock is one
			}
		}
	}
	return ""
}

// onePointer tells whether a path leads straight into the object that its root points to.
func onePointer(l Loc) bool {
	p := l.Path.steps()
	return p.n > 0 && p.list[0].ind && !behind(p, 1)
}

// stable tells whether neither side changes the way to a lock.
func (c *comparison) stable(l Loc) bool {
	way := l.Path.steps()
	if !behind(way, 1) && way.n > 0 {
		return true
	}
	for _, s := range []*Summary{c.a, c.b} {
		for _, a := range s.Accesses {
			if a.Write && a.Loc.Root.key() == l.Root.key() && a.Loc.Path != l.Path {
				if p := a.Loc.Path.steps(); p.n < way.n && slices.Equal(p.all(), way.list[:p.n]) {
					return false
				}
			}
		}
	}
	return true
}

// opaques compares what nobody could look into in a with all of b.
func (c *comparison) opaques(a, b *Summary) {
	for _, o := range a.Opaque {
		where := "nobody could look into " + o.Name + " at " + o.At.String() + trail(o.Via) + " (" + o.Why + ")"
		path := Access{Via: o.Via}.Steps()
		for _, p := range b.Opaque {
			c.doubt(Verdict{
				Why: where + ", nor into " + p.Name + " at " + p.At.String() + trail(p.Via),
				At:  o.At.Pos, Other: p.At.Pos, Path: path, OtherPath: Access{Via: p.Via}.Steps(),
			})
		}
		for i := range b.Accesses {
			y := &b.Accesses[i]
			if !y.Atomic && c.reaches(o, y) {
				c.doubt(Verdict{
					Why: where + ", and it may touch what " + y.says(),
					At:  o.At.Pos, Other: y.At.Pos, Path: path, OtherPath: y.Steps(),
				})
			}
		}
	}
}

// reaches tells whether an opaque call may touch the memory of an access.
func (c *comparison) reaches(o Opaque, y *Access) bool {
	if y.Loc.Root.Kind == Unknown || y.Loc.Root.Kind == Global && (y.Loc.Root.Name == processState || token.IsExported(lastName(y.Loc.Root.Name))) {
		return true
	}
	for _, l := range o.Reach {
		if rel, _ := c.relate(&Access{Loc: l, Write: true}, y); rel != apart {
			return true
		}
	}
	return false
}

func lastName(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
