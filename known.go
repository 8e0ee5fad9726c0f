package goherd

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/goherd/goherd/internal/effects"
)

// A Section is what is known of one kind about a spot: a title, and entries whose
// facts are sentences with positions.
type Section struct {
	Title   string
	Entries []Entry
}

// An Entry is one thing at the spot.
type Entry struct {
	Pos       token.Pos
	Name, How string
	Facts     []Fact
}

// A Fact is one sentence, how it is known, and the way to what decides it.
type Fact struct {
	Claim   string
	Known   string // "proved", "table", "guessed", "unknown"
	Because []Reason
}

// A Reason is one step of that way.
type Reason struct {
	Pos  token.Pos // token.NoPos where there is none to show
	Text string
}

// Elsewhere finds the trace of the package that declares fn, and what fn is
// there; nil where it was not analysed.
type Elsewhere func(fn *types.Func) (*Trace, *types.Func)

// Sections say what is known about a spot, whatever the rules make of it.
func (t *Trace) Sections(s Spot, elsewhere Elsewhere) []Section {
	k := &knower{t, func(fn *types.Func) (*effects.Oracle, *types.Func) {
		if other, there := elsewhere(fn); other != nil {
			return other.effects, there
		}
		return nil, nil
	}}
	calls := Section{Title: "calls"}
	for _, u := range t.uses(s) {
		calls.Entries = append(calls.Entries, k.entry(u))
	}
	return []Section{calls}
}

type knower struct {
	*Trace
	home effects.Home
}

func (k *knower) entry(u use) Entry {
	e := Entry{Pos: u.at, How: u.how}
	switch {
	case u.fn != nil:
		e.Name = effects.Name(u.fn, k.pkg)
		e.Facts = k.ofFunc(u)
	case len(u.lits) > 0:
		e.Name = types.ExprString(ast.Unparen(u.call.Fun))
		if len(e.Name) > 40 {
			e.Name = "func literal"
		}
		for _, lit := range u.lits {
			e.Facts = append(e.Facts, k.ofLiteral(lit)...)
		}
	default:
		e.Name = types.ExprString(u.call.Fun)
		e.Facts = []Fact{{Claim: "is a function value that nobody could look into: anything may happen in it", Known: "unknown"}}
	}
	return e
}

func (k *knower) ofFunc(u use) []Fact {
	s := k.effects.Of(u.fn)
	if u.call != nil {
		s = k.effects.OfCall(effects.Call{Expr: u.call, Fn: u.fn})
	}
	trail := func(a effects.Aspect) []effects.Step { return k.effects.Trail(u.fn, a, k.home) }
	return facts(s, k.effects.Source(u.fn), trail)
}

func (k *knower) ofLiteral(lit *ast.FuncLit) []Fact {
	r := k.effects.Region(lit.Body)
	trail := func(a effects.Aspect) []effects.Step { return k.effects.TrailOf(r, a, k.home) }
	return facts(r.Summary, effects.Proved, trail)
}

var trustWords = [...]string{effects.Guessed: "guessed", effects.Table: "table", effects.Proved: "proved"}

// facts puts a summary into sentences. source says where it is from as a whole.
func facts(s effects.Summary, source effects.Trust, trail func(effects.Aspect) []effects.Step) []Fact {
	known := trustWords[source]
	because := func(a effects.Aspect) []Reason {
		var list []Reason
		for _, step := range trail(a) {
			list = append(list, Reason{step.Pos, step.Text})
		}
		return list
	}
	var list []Fact
	switch {
	case s.Block == effects.Unseen:
		list = append(list, Fact{Claim: "what it waits for is not known", Known: "unknown"})
	case s.Block == effects.None && s.Opaque != "":
		list = append(list, Fact{Claim: "waits for nothing as far as could be seen", Known: "unknown"})
	case s.Block == effects.None:
		list = append(list, Fact{Claim: "waits for nothing", Known: known})
	default:
		f := Fact{Claim: s.Block.In(), Known: trustWords[s.Trust], Because: because(effects.Blocking)}
		if len(f.Because) == 0 && s.Via != "" && source != effects.Table {
			f.Claim += " in " + s.Via
		}
		list = append(list, f)
	}
	switch s.Ends {
	case effects.Yes:
		list = append(list, Fact{Claim: "ends by itself", Known: known})
	case effects.No:
		f := Fact{Claim: "may run until it is stopped", Known: known, Because: because(effects.Ending)}
		if len(f.Because) == 0 && s.EndsWhy != "" {
			f.Claim += ": " + s.EndsWhy
		}
		list = append(list, f)
	default:
		list = append(list, Fact{Claim: "whether it ends by itself is not known", Known: "unknown"})
	}
	switch s.Meets {
	case effects.Yes:
		f := Fact{Claim: "waits for a goroutine that it didn't start", Known: known, Because: because(effects.Meeting)}
		if len(f.Because) == 0 && s.MeetsWhy != "" {
			f.Claim += ": " + s.MeetsWhy
		}
		list = append(list, f)
	case effects.No:
		list = append(list, Fact{Claim: "waits for no other goroutine", Known: known})
	default:
		list = append(list, Fact{Claim: "whether it waits for another goroutine is not known", Known: "unknown"})
	}
	if s.Opaque != "" {
		list = append(list, Fact{Claim: "anything may happen in " + s.Opaque + ", which nobody could look into", Known: "unknown", Because: because(effects.Doubt)})
	}
	return append(list, cost(s, known)...)
}

// cost has what a summary says beyond waiting.
func cost(s effects.Summary, known string) []Fact {
	var list []Fact
	if s.Heavy() {
		list = append(list, Fact{Claim: "keeps a processor busy", Known: known})
	}
	if s.Limit > 0 {
		list = append(list, Fact{Claim: fmt.Sprintf("bears %d at once", s.Limit), Known: "table"})
	}
	return list
}
