package effects

import "go/types"

// A Verb says what a call does to what lies outside of the process.
type Verb uint8

// The verbs. VerbUnknown is the zero value: anything may happen.
const (
	VerbUnknown Verb = iota
	Pure             // nothing
	Read             // looks
	Log              // adds to the program's own log, metrics or traces
	Write            // changes something
	BySQL            // what the SQL statement in argument Text does (see SQL)
	ByHTTP           // what the HTTP method in argument Text does (see HTTP)
)

var verbNames = [...]string{"unknown", "pure", "read", "log", "write", "sql", "http"}

func (v Verb) String() string { return verbNames[v] }

// Places is a set of the receiver and the arguments of a call, or of its
// results. The zero value is unknown and has all of them.
type Places uint64

// Receiver stands for the receiver where a place is asked for.
const Receiver = -1

const (
	said     Places = 1 << 63 // somebody said which
	ctxPlace Places = 1 << 62 // the context among the parameters, until resolve
	vague    Places = 1 << 61 // nobody looked closely
	last            = 59      // what is asked beyond it is answered like it
	all             = said | vague | (1<<(last+2) - 1)
)

func place(i int) Places { return 1 << (min(i, last) + 1) }

// Has tells whether the set has argument i, counted from 0 without the receiver
// and with each argument of a variadic parameter, or the receiver for Receiver.
func (p Places) Has(i int) bool { return p&said == 0 || p&place(i) != 0 }

// Known tells whether somebody said which places these are.
func (p Places) Known() bool { return p&said != 0 }

// Vague tells whether the table says "all": everything that the call is given, and
// nobody looked closely.
func (p Places) Vague() bool { return p&vague != 0 }

// Empty tells whether the set is known to have nothing.
func (p Places) Empty() bool { return p == said }

// resolve puts the index of the context parameter for ctxPlace.
func (p Places) resolve(sig *types.Signature) Places {
	if p&ctxPlace == 0 {
		return p
	}
	for i := range sig.Params().Len() {
		if IsContext(sig.Params().At(i).Type()) {
			return p&^ctxPlace | place(i)
		}
	}
	return 0 // there is none: unknown
}

// A Known is what the table says of calling one function. The zero value knows nothing.
type Known struct {
	Summary
	Verb Verb
	Text int // BySQL and ByHTTP: the argument whose constant decides

	Writes  Places // whose memory it writes
	Retains Places // arguments that it stores beyond the call, or that a result refers to; the receiver always may be
	Keeps   Places // contexts, or what carries one, that a result goes on to depend on
	Calls   Places // functions that it calls before it returns, on this goroutine
	Closes  Places // results that must be closed

	Exits  Answer // may not return: ends the process or the goroutine
	Panics Answer // panics on input that is documented to be wrong, beyond nil and a bad index
	Global Answer // touches state of the whole process
}

// plain is a call of one class about which there is nothing else to say.
func plain(b Block) Known {
	return Known{
		Summary: Summary{Block: b, Trust: Table, Ends: Yes, Meets: No},
		Writes:  said, Keeps: said, Calls: said, Closes: said,
		Exits: No, Panics: No, Global: No,
	}
}

// A Use says by how many goroutines a value may be used at once.
type Use uint8

// The uses. UseUnknown is the zero value.
const (
	UseUnknown Use = iota
	Alone          // one at a time
	Shared         // documented as safe for concurrent use
)

var useNames = [...]string{"unknown", "alone", "shared"}

func (u Use) String() string { return useNames[u] }

// A Handle is what the table says of a type (hazards H1 to H7).
type Handle struct {
	Use     Use
	Session bool // a transaction or a session: what goes through it is in order (H3)
	Handed  bool // programs pass one from function to function: two calls may be given the same
}

// HTTP is what a request with this method does to its server (RFC 9110, 9.2.1:
// safe methods). An empty method is GET, as in net/http.
func HTTP(method string) Verb {
	switch method {
	case "", "GET", "HEAD", "OPTIONS":
		return Read
	case "POST", "PUT", "PATCH", "DELETE":
		return Write
	}
	return VerbUnknown
}

// By is the verb once the constant in argument Text is known; text is it.
func (k Known) By(text string) Verb {
	switch k.Verb {
	case BySQL:
		return SQL(text)
	case ByHTTP:
		return HTTP(text)
	}
	return k.Verb
}
