// Package effects says what calling a function may do: what it blocks on,
// whether it ends by itself, whether it waits for other goroutines, whether it
// is heavy on the processor. Rules ask an Oracle; "unknown" is the zero value
// of every answer, so that code which forgets to ask comes out pessimistic.
package effects

import (
	"go/token"
	"go/types"
	"strings"
)

// A Block is a class of waiting, in rising order of what a wait may cost.
type Block uint8

// The classes. Unseen is the zero value: nobody looked.
const (
	Unseen  Block = iota
	None          // computes
	Lock          // takes a mutex or a semaphore
	Chan          // a channel, a timer, another goroutine
	File          // a file or a directory
	Process       // another process
	Network       // a peer
)

var blockNames = [...]string{"unseen", "none", "lock", "chan", "file", "process", "network"}

func (b Block) String() string { return blockNames[b] }

// Waits tells whether the class is waiting for something outside the program.
func (b Block) Waits() bool { return b >= File }

// In says the class in a sentence: "blocks on the network".
func (b Block) In() string {
	switch b {
	case Network:
		return "waits for the network"
	case Process:
		return "waits for another process"
	case File:
		return "waits for the file system"
	case Chan:
		return "waits for a channel or a timer"
	case Lock:
		return "waits for a lock"
	case Unseen:
		return "is unknown"
	}
	return "computes"
}

// An Answer is yes, no, or that nobody knows.
type Answer uint8

// The answers. Unknown is the zero value.
const (
	Unknown Answer = iota
	No
	Yes
)

// Trust says how a claim is known, weakest first.
type Trust uint8

// The grades of trust.
const (
	Guessed  Trust = iota // from the shape of a signature
	Promised              // the user said so: a directive, or the configuration
	Table                 // from the table of known packages
	Proved                // from the function's own body
)

var trustNames = [...]string{"guessed", "promised", "table", "proved"}

func (t Trust) String() string { return trustNames[t] }

// A Summary is what calling one function may do. It is the only fact that
// travels between packages, so it is complete in itself and refers to no other:
// what it can't export is there for Reasons alone. Its zero value claims nothing.
type Summary struct {
	Block Block  // the highest class that is known to be reached
	Sure  Block  // the class that every normal return has waited for (see Must)
	Via   string // the call that gives Block: "http.Get"
	Trust Trust  // how Block is known

	// Opaque names the first call that nobody could look into, "" for none.
	// Whatever else is said here, anything may happen behind it.
	Opaque string

	Ends    Answer // returns without being cancelled; No: runs until it is
	EndsWhy string // for No: what keeps it running

	Meets    Answer // waits for a goroutine that it didn't start itself
	MeetsWhy string // for Yes: on what

	Loops int  // loops inside loops, callees counted in, at most maxLoops
	Dear  bool // reaches something that the table calls heavy
	Limit int  // how many at once the known package bears; 0: no figure

	// Verb is what it does outside of the process, goroutines that it starts
	// counted in. Where constants among the arguments decide, it is VerbUnknown,
	// and Oracle.Call knows better: Apart is what the rest does, and Asks says
	// which arguments are asked.
	Verb, Apart Verb
	Asks        Asks
	Likely      Hint // for VerbUnknown: what names suggest
	Writes      bool // among what it reaches is something that is known to write
	VerbBy      Ground

	// Panics counts explicit panics and what the table says of wrong input. A nil
	// pointer, an index, a failed assertion and the like are not counted.
	Panics   Panic
	PanicsBy Ground

	// NoReturn: no call comes back, on any way through it. false: one may.
	NoReturn bool

	Exits   Answer // may end the process or the goroutine: os.Exit, log.Fatal, t.FailNow
	ExitsBy Ground

	Global   Answer // changes state of the whole process: the environment, a default (hazard E6)
	GlobalBy Ground

	Spawns   Spawn // what becomes of the goroutines that it starts
	SpawnsBy Ground

	Ctx   CtxUse // what becomes of its context
	CtxBy Ground

	// Closes has the results that have to be closed, stopped or called by whoever
	// gets them. Where nobody knows, it has those whose type can be closed.
	Closes   Places
	ClosesBy Ground

	// Keeps has the results that go on to depend on a context that was passed:
	// when it ends, so do they (hazard B4). Through has the arguments by which that
	// context comes, itself or inside something.
	Keeps, Through Places
	KeepsBy        Ground

	Errs   Answer // may return an error; No: it never does, or has no error to return
	ErrsBy Ground

	calls Places // of a function of the table: the functions among its arguments that it calls
	waits step   // for Via
	fset  *token.FileSet
}

// Must tells whether every normal return has waited for the class Block. A
// return of an error doesn't count as normal.
func (s *Summary) Must() bool { return s.Block > None && s.Sure >= s.Block }

// AFact marks Summary as a fact of go/analysis.
func (*Summary) AFact() {}

func (s *Summary) String() string {
	out := s.Block.String()
	if s.Ends == No {
		out += " endless"
	}
	if s.Meets == Yes {
		out += " meets"
	}
	if s.Verb != VerbUnknown {
		out += " " + s.Verb.String()
	}
	if s.Opaque != "" {
		out += " opaque(" + s.Opaque + ")"
	}
	return out
}

const maxLoops = 3 // deeper nesting says nothing more

// Heavy tells whether the function is likely to keep a processor busy: it
// reaches work that the table calls heavy, or has loops in loops in loops. Two
// levels are what building a list of labels looks like.
func (s *Summary) Heavy() bool { return s.Dear || s.Loops >= maxLoops }

// Name is how a message names fn, as godoc does: "http.Get", "(*http.Client).Do";
// within its own package "fetch", "(*Client).Do".
func Name(fn *types.Func, from *types.Package) string {
	pkg := ""
	if fn.Pkg() != nil && fn.Pkg() != from {
		pkg = fn.Pkg().Name() + "."
	}
	recv := fn.Signature().Recv()
	if recv == nil {
		return pkg + fn.Name()
	}
	t := types.TypeString(recv.Type(), func(*types.Package) string { return "" })
	if i := strings.IndexByte(t, '['); i >= 0 {
		t = t[:i] // type arguments say nothing here
	}
	if elem, ok := strings.CutPrefix(t, "*"); ok {
		return "(*" + pkg + elem + ")." + fn.Name()
	}
	return pkg + t + "." + fn.Name()
}
