// Package memory says what memory a call may touch: which fields, elements and
// variables it reads and writes, under which locks, what it keeps of its
// arguments, and what its results may refer to. Rules ask an Oracle whether two
// calls may run at once. Nothing is computed before somebody asks. "Unknown" is
// the zero value of every answer.
//
// Memory is named by access paths from what a function was given: a parameter,
// the receiver, a package variable, a variable around it. Paths are followed
// for two fields and an element, and end in "*" beyond. Assignments are taken in any order;
// locks are followed in theirs.
package memory

import (
	"go/token"
	"go/types"
	"unique"
)

// A Kind says what a path starts from.
type Kind uint8

// The kinds of root. Unknown is the zero value: any memory that somebody else can reach.
const (
	Unknown  Kind = iota
	Param         // a parameter's value
	Receiver      // the receiver's value
	Global        // a package variable
	Local         // a variable of a function, for statements inside it
	Fresh         // made by the function itself
	function      // a declared function, as a value
)

// A Root is what a path starts from. It can be compared.
type Root struct {
	Kind   Kind
	Index  int          // of the parameter
	Object types.Object // of a Local; of a Global of a package in sight
	Name   string       // Global: its import path and name; Param and Receiver: as declared
	hidden bool         // Global: no other package can name it, and its address is never taken
	site   token.Pos    // Fresh: where it was made
}

// key is the root without what says nothing about its identity.
func (r Root) key() Root {
	switch r.Kind {
	case Param, Receiver:
		r.Name, r.Object = "", nil
	case Global:
		r.Object, r.hidden = nil, false
	}
	return r
}

// private tells whether only the function itself can name the root.
func (r Root) private() bool { return r.Kind == Local || r.Kind == Fresh }

// A step leads from a value to a part of it, or behind a pointer, slice or map
// first where ind is set. The name is a field's, "[]" for an element, or "" for
// all of what a pointer points to.
type step struct {
	name string
	ind  bool
}

const (
	maxFields = 2
	maxSteps  = 3
	element   = "[]"
)

// A Path is up to two fields, and an element. A deep one means whatever lies at
// its end or can be reached from there. It can be compared, and is small.
type Path struct{ h unique.Handle[steps] }

type steps struct {
	list [maxSteps]step
	n    uint8
	deep bool
}

// deepest is all that can be reached from a root.
var deepest = steps{deep: true}.path()

func (s steps) path() Path {
	if s == (steps{}) {
		return Path{}
	}
	return Path{unique.Make(s)}
}

func (p Path) steps() steps {
	if p == (Path{}) {
		return steps{}
	}
	return p.h.Value()
}

func (s *steps) all() []step { return s.list[:s.n] }

func (p Path) all() []step {
	s := p.steps()
	return s.all()
}

func (p Path) deep() bool { return p != Path{} && p.h.Value().deep }

func (p Path) plus(to step) Path {
	if to.name == "" && !to.ind {
		return p
	}
	s := p.steps()
	if s.deep {
		return p
	}
	s.add(to)
	return s.path()
}

// add goes one step on.
func (s *steps) add(to step) {
	switch {
	case s.deep:
	case s.n > 0 && s.list[s.n-1] == step{"", true} && !to.ind:
		s.list[s.n-1] = step{to.name, true} // (*p).f is p.f
	case s.n == maxSteps || to.name != element && s.fields() == maxFields:
		s.deep = true
	default:
		s.list[s.n] = to
		s.n++
	}
}

func (s *steps) fields() int {
	n := 0
	for _, to := range s.all() {
		if to.name != element {
			n++
		}
	}
	return n
}

// remote tells whether the path leads behind a pointer: what it names is then
// not a part of the root itself.
func (p Path) remote() bool {
	if p == (Path{}) {
		return false
	}
	s := p.h.Value()
	for _, to := range s.all() {
		if to.ind {
			return true
		}
	}
	return s.deep
}

// A Loc is some memory. It can be compared.
type Loc struct {
	Root  Root
	Path  Path
	block *block // the variable that it is a part of, by type; nil: unknown
}

func (l Loc) plus(s step) Loc { return Loc{Root: l.Root, Path: l.Path.plus(s), block: l.block} }

func (l Loc) deep() Loc {
	s := l.Path.steps()
	s.deep = true
	l.Path, l.block = s.path(), nil
	return l
}

// place is l without its type: the same path is the same memory.
func (l Loc) place() Loc { return Loc{Root: l.Root.key(), Path: l.Path} }

// A Lock is a mutex that is held, or a sync.Once that is being done or is done.
type Lock struct {
	Loc  Loc
	Read bool // with others that read
}

// An Access is one reading or writing of memory.
type Access struct {
	Loc    Loc
	Write  bool
	Atomic bool   // through sync/atomic, or a type that is documented as safe to share
	Locks  []Lock // held at every such access, sorted
	Handle string // of a value with one user at a time: its type
	Known  bool   // it is what a line of effects' table says of a call, and no more is seen of it
	Handed bool   // with Handle: programs pass such values from function to function
	At     Place
	Via    *Step // how the access is reached, the outermost call first; nil: directly

	own []Lock // of Locks: those that the callee takes
}

// A Place is a position, also where there is no file set for it.
type Place struct {
	Pos  token.Pos // token.NoPos where the place came from another process
	text string    // "file.go:88"
	fset *token.FileSet
}

// A Step is one call on the way to an access.
type Step struct {
	Call Place
	Name string // the function that is called
	Next *Step
}

// An Opaque is a call that nobody could look into. Behind it, anything that can
// be reached from what it was given, and exported variables, may be written.
type Opaque struct {
	Name  string
	Why   string
	Reach []Loc // what it was given
	At    Place
	Via   *Step
}

// A Trust says how a summary is known, weakest first.
type Trust uint8

// The grades of trust. The zero value knows nothing.
const (
	NotKnown Trust = iota
	Guessed        // from the form of a signature
	Table          // from the table of known packages
	Proved         // from the bodies of all that is called
)

var trustNames = [...]string{"unknown", "guessed", "table", "proved"}

func (t Trust) String() string { return trustNames[t] }

// A flow is a value that is stored beyond the call.
type flow struct {
	from elem
	into Loc // Unknown: somewhere
	why  string
	at   Place
	may  bool // nobody could look
	soft bool // by a function of the table, which touches nothing but what it is given
}

// A lockUse is a lock that a function takes or gives back.
type lockUse struct {
	Lock
	take, keep, drop bool // takes it; holds it on return; may give it back
}

// A visit is a parameter that the function calls before it returns.
type visit struct {
	loc  Loc // the function value
	args [][]elem
	at   Place
}

// A Summary is what calling one function, or running some statements, does to
// memory. It isn't changed once it has been given out.
type Summary struct {
	Accesses []Access
	Opaque   []Opaque
	Trust    Trust

	locks   []lockUse
	flows   []flow
	visits  []visit
	results [][]elem // what each result may refer to
	inner   [][]elem // what can be reached through the fresh part of it
	many    bool     // too much to follow

	// Of a part of a function.
	from, to token.Pos
	loose    map[Root]bool // whose address others may have
	shown    []Root        // whose address is taken at all
}

// An elem is a value as far as it refers to memory: the value that is stored at
// loc, or loc's address. In a struct or array it sits at sub.
type elem struct {
	sub  string // a field's name, "[]", "*": anywhere inside; "": it is the value
	loc  Loc
	addr bool

	quiet bool // of a type that is safe to share: what lies behind it doesn't count
}

// untyped leaves out the types of what is on the way.
func (e elem) untyped() elem {
	e.loc.block = nil
	return e
}

// WritesNothing tells whether all is known of it, and none of it writes memory that
// anybody else can reach.
func (s *Summary) WritesNothing() bool {
	if len(s.Opaque) > 0 || len(s.visits) > 0 || s.many || s.Trust == NotKnown {
		return false
	}
	for _, a := range s.Accesses {
		if a.Write && a.Loc.Root.Kind != Fresh && a.Loc.Root.Kind != Local {
			return false
		}
	}
	return true
}
