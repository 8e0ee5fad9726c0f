package effects

import (
	"fmt"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"strings"
)

// A Part is one of the claims of a summary.
type Part uint8

// The parts, in the order in which they are told.
const (
	Waiting Part = iota
	Outside      // Verb
	Panicking
	Exiting
	Changing // Global
	Spawning
	Context
	Closing
	Keeping
	Erring
)

var partNames = [...]string{"waits", "outside", "panics", "exits", "global", "goroutines", "context", "closes", "keeps", "errors"}

func (p Part) String() string { return partNames[p] }

// A Reason is one claim about a function in a sentence, and how it is known.
type Reason struct {
	Part  Part
	Text  string // "waits for the network"
	How   string // "proved", "table", "promised", "guessed", "unknown"
	Steps []Step // from what it comes down to, to the call in the function itself
}

// A Step is one place on the way from a claim to its cause.
type Step struct {
	Name string    // what stands there: "http.Get", "c.fetch"
	At   string    // "fetch.go:31", with the folder's name where that is another package's; "" where it isn't known any more
	Pos  token.Pos // the same in the file set of the analysis; token.NoPos where it came as bytes
}

// String is the reason in one line: "waits for the network: http.Get at
// fetch.go:31, called from page.go:12 (table)".
func (r Reason) String() string {
	out := r.Text
	for i, s := range r.Steps {
		switch {
		case i == 0:
			out += ": " + s.Name
			if s.At != "" {
				out += " at " + s.At
			}
		case s.At != "":
			out += ", called from " + s.At
		}
	}
	return out + " (" + r.How + ")"
}

// Reasons says for each part of fn's summary that isn't harmless what it is, how
// it is known, and by which calls. What a go vet driver knows of other packages
// came as bytes, without places: there the way ends with a name.
func (o *Oracle) Reasons(fn *types.Func) []Reason {
	s := o.Of(fn)
	return o.reasons(&s, false)
}

// Why is Reasons for a summary that Of, Call or Region gave; with all it speaks of
// the harmless parts too.
func (o *Oracle) Why(s *Summary, all bool) []Reason { return o.reasons(s, all) }

func (o *Oracle) reasons(s *Summary, all bool) []Reason {
	var list []Reason
	add := func(p Part, worth bool, text string, g Ground, unknown bool, next func(*Summary) Ground) {
		if !worth && !all {
			return
		}
		r := Reason{Part: p, Text: text, How: g.Trust.String()}
		if unknown {
			r.How = "unknown"
		}
		if worth {
			r.Steps = o.steps(s, g, next)
		}
		list = append(list, r)
	}
	waits := func(s *Summary) Ground { return Ground{Trust: s.Trust, Via: s.Via, step: s.waits} }
	add(Waiting, s.Block != None, s.waitText(), waits(s), s.Block == Unseen, waits)
	add(Outside, s.Verb != Pure, s.verbText(), s.VerbBy, s.Verb == VerbUnknown, func(s *Summary) Ground { return s.VerbBy })
	add(Panicking, s.Panics != PanicNo, s.panicText(), s.PanicsBy, s.Panics == PanicUnknown, func(s *Summary) Ground { return s.PanicsBy })
	add(Exiting, s.Exits != No, s.exitText(), s.ExitsBy, s.Exits == Unknown, func(s *Summary) Ground { return s.ExitsBy })
	add(Changing, s.Global != No, s.globalText(), s.GlobalBy, s.Global == Unknown, func(s *Summary) Ground { return s.GlobalBy })
	add(Spawning, s.Spawns != SpawnNone, s.spawnText(), s.SpawnsBy, s.Spawns == SpawnUnknown, func(s *Summary) Ground { return s.SpawnsBy })
	add(Context, s.Ctx != CtxNone && s.Ctx != CtxPassed, s.ctxText(), s.CtxBy, s.Ctx == CtxUnknown, func(s *Summary) Ground { return s.CtxBy })
	add(Closing, !s.Closes.Empty(), s.closeText(), s.ClosesBy, !s.Closes.Known(), func(s *Summary) Ground { return s.ClosesBy })
	add(Keeping, !s.Keeps.Empty(), s.keepText(), s.KeepsBy, !s.Keeps.Known(), func(s *Summary) Ground { return s.KeepsBy })
	add(Erring, s.Errs != No, s.errText(), s.ErrsBy, s.Errs == Unknown, func(s *Summary) Ground { return s.ErrsBy })
	return list
}

const maxSteps = 12 // a longer way is cut: nobody reads it

// steps follows a ground from callee to callee.
func (o *Oracle) steps(s *Summary, g Ground, next func(*Summary) Ground) []Step {
	var way []Step
	fset, cause := s.fset, g.Via
	seen := map[*types.Func]bool{}
	for len(way) < maxSteps && g.step.pos.IsValid() {
		name := g.Via
		if g.step.fn != nil {
			name = Name(g.step.fn, o.pkg)
		}
		stop := Step{Name: name, At: o.place(fset, g.step.pos)}
		if fset == o.fset {
			stop.Pos = g.step.pos
		}
		way = append(way, stop)
		fn := g.step.fn
		if fn == nil || seen[fn] {
			break
		}
		seen[fn] = true
		callee := o.Of(fn)
		if inner := next(&callee); inner.step.pos.IsValid() {
			g, fset = inner, callee.fset
			continue
		} else if inner.Via != "" && !strings.HasSuffix(name, inner.Via) && !strings.HasSuffix(inner.Via, name) {
			way = append(way, Step{Name: inner.Via})
		}
		break
	}
	if len(way) == 0 && cause != "" {
		return []Step{{Name: cause}}
	}
	for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
		way[i], way[j] = way[j], way[i]
	}
	return way
}

// place is pos for people: "fetch.go:31".
func (o *Oracle) place(fset *token.FileSet, pos token.Pos) string {
	if fset == nil || !pos.IsValid() {
		return ""
	}
	p := fset.PositionFor(pos, false)
	if !p.IsValid() {
		return ""
	}
	name := filepath.Base(p.Filename)
	if o.pkg != nil && fset.File(pos) != nil && !o.ours(fset, pos) {
		name = path.Join(filepath.Base(filepath.Dir(p.Filename)), name)
	}
	return fmt.Sprintf("%s:%d", name, p.Line)
}

// ours tells whether pos is in a file of this package.
func (o *Oracle) ours(fset *token.FileSet, pos token.Pos) bool {
	return fset == o.fset && o.files[fset.File(pos)]
}

func (s *Summary) waitText() string {
	out := s.Block.In()
	if s.Block > None && !s.Must() {
		out += " on some paths"
	}
	return out
}

func (s *Summary) verbText() string {
	out := ""
	switch s.Verb {
	case Pure:
		out = "does nothing outside of the process"
	case Read:
		out = "only reads"
	case Log:
		out = "writes to the program's own log"
	case Write:
		out = "writes"
	default:
		out = "does what nobody knows outside of the process"
		if !s.Asks.none() && s.Apart != VerbUnknown {
			out = "does what an argument says (" + s.Asks.String() + ")"
		}
		switch s.Likely {
		case LikelyRead:
			out += ", though names suggest a read"
		case Guard:
			out += ", and names suggest a guard"
		}
		if s.Writes {
			out += ", and some of it writes"
		}
	}
	return out
}

// String names what is asked: "method 1, body 3".
func (a Asks) String() string {
	var parts []string
	for _, c := range []struct {
		name string
		set  Args
	}{{"method", a.Methods}, {"statement", a.Statements}, {"request", a.Requests}, {"body", a.Bodies}} {
		for i := range 64 {
			if c.set.Has(i) {
				parts = append(parts, fmt.Sprintf("%s %d", c.name, i))
			}
		}
	}
	return strings.Join(parts, ", ")
}

func (s *Summary) panicText() string {
	switch s.Panics {
	case PanicNo:
		return "has no panic of its own"
	case PanicByTable:
		return "panics on wrong input"
	case PanicExplicit:
		return "may panic"
	}
	return "may panic, for all that is known"
}

func (s *Summary) exitText() string {
	if s.NoReturn {
		return "ends the process or the goroutine, on every way"
	}
	switch s.Exits {
	case No:
		return "returns to its caller"
	case Yes:
		return "may end the process or the goroutine"
	}
	return "may end the process, for all that is known"
}

func (s *Summary) globalText() string {
	switch s.Global {
	case No:
		return "changes no state of the whole process"
	case Yes:
		return "changes state of the whole process"
	}
	return "may change state of the whole process, for all that is known"
}

func (s *Summary) spawnText() string {
	switch s.Spawns {
	case SpawnNone:
		return "starts no goroutine"
	case SpawnJoined:
		return "waits for the goroutines that it starts"
	case SpawnEscapes:
		return "leaves a goroutine running"
	}
	return "may leave a goroutine running, for all that is known"
}

func (s *Summary) ctxText() string {
	switch s.Ctx {
	case CtxNone:
		return "takes no context"
	case CtxIgnored:
		return "ignores its context"
	case CtxPolled:
		return "looks at its context"
	case CtxPassed:
		return "passes its context to all that waits"
	case CtxSome:
		return "waits for something that doesn't heed its context"
	case CtxReplaced:
		return "waits with a context that doesn't end with its own"
	}
	return "nobody knows what becomes of its context"
}

func (s *Summary) closeText() string {
	if s.Closes.Empty() {
		return "returns nothing that must be closed"
	}
	return "returns what must be closed (" + s.Closes.list("result") + ")"
}

func (s *Summary) keepText() string {
	if s.Keeps.Empty() {
		return "returns nothing that depends on its context"
	}
	return "returns what ends with the context (" + s.Keeps.list("result") + ")"
}

// list names places: "result 0".
func (p Places) list(what string) string {
	if !p.Known() {
		return "nobody knows which"
	}
	var parts []string
	for i := range last {
		if p.Has(i) {
			parts = append(parts, fmt.Sprintf("%s %d", what, i))
		}
	}
	return strings.Join(parts, ", ")
}

func (s *Summary) errText() string {
	if s.Errs == No {
		return "never returns an error"
	}
	return "may return an error"
}

// Describe is each part of a summary as a sentence and how it is known, a line each.
func (o *Oracle) Describe(s *Summary) []string {
	var lines []string
	for _, r := range o.reasons(s, true) {
		lines = append(lines, r.String())
	}
	return lines
}
