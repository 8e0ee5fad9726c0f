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
	Known   string // "proved", "table", "promised", "guessed", "unknown"
	Plain   bool   // nothing to take note of: shown to those who ask for all
	Because []Reason
}

// A Reason is one stop of that way: first the cause, last the call at the spot.
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
	calls, memory := Section{Title: "calls"}, Section{Title: "memory"}
	for _, u := range t.uses(s) {
		calls.Entries = append(calls.Entries, k.entry(u))
		if e := k.touched(u); len(e.Facts) > 0 {
			memory.Entries = append(memory.Entries, e)
		}
	}
	return []Section{calls, memory}
}

type knower struct {
	*Trace
	home effects.Home
}

func (k *knower) entry(u use) Entry {
	e := Entry{Pos: u.at, Name: k.nameOf(u), How: u.how}
	switch {
	case u.fn != nil:
		s := k.effects.Of(u.fn)
		if u.call != nil {
			s = k.effects.Call(u.call) // its arguments may say more
		}
		trail := func(a effects.Aspect) []effects.Step { return k.effects.Trail(u.fn, a, k.home) }
		e.Facts = k.facts(&s, k.effects.Source(u.fn), trail)
	case len(u.lits) > 0:
		for _, lit := range u.lits {
			r := k.effects.Region(lit.Body)
			trail := func(a effects.Aspect) []effects.Step { return k.effects.TrailOf(r, a, k.home) }
			e.Facts = append(e.Facts, k.facts(&r.Summary, effects.Proved, trail)...)
		}
	default:
		e.Facts = []Fact{{Claim: "is a function value that nobody could look into: anything may happen in it", Known: "unknown"}}
	}
	for i, f := range e.Facts {
		if len(f.Because) == 1 && !f.Because[0].Pos.IsValid() && f.Because[0].Text == e.Name {
			e.Facts[i].Because = nil // it is the reason itself
		}
	}
	return e
}

func (k *knower) nameOf(u use) string {
	if u.fn != nil {
		return effects.Name(u.fn, k.pkg)
	}
	fun := ast.Unparen(u.call.Fun)
	if _, ok := fun.(*ast.FuncLit); ok {
		return "the function literal"
	}
	return types.ExprString(fun)
}

// facts puts a summary into sentences. source says where it is from as a whole.
// What nobody knows comes last, by what hides it: readers take that as one.
func (k *knower) facts(s *effects.Summary, source effects.Trust, trail func(effects.Aspect) []effects.Step) []Fact {
	var known, unknown []Fact
	add := func(f Fact) {
		if f.Known == "unknown" {
			unknown = append(unknown, f)
		} else {
			known = append(known, f)
		}
	}
	notable := map[effects.Part]bool{}
	for _, r := range k.effects.Why(s, false) {
		notable[r.Part] = true
	}
	for _, r := range k.effects.Why(s, true) {
		always := r.Part == effects.Waiting || r.Part == effects.Outside
		add(Fact{Claim: r.Text, Known: r.How, Plain: !always && (!notable[r.Part] || r.Part == effects.Erring), Because: reasons(r.Steps)})
		if r.Part == effects.Waiting {
			add(ending(s, source, trail))
			add(meeting(s, source, trail))
		}
	}
	for _, f := range cost(s, source.String()) {
		add(f)
	}
	if s.Opaque != "" {
		add(Fact{Claim: "anything may happen in " + s.Opaque + ", which nobody could look into", Known: "unknown", Because: doubt(s, unknown, trail)})
	}
	return append(known, unknown...)
}

// doubt is the way to what nobody could look into: that of a part which is
// unknown for it, where there is one.
func doubt(s *effects.Summary, unknown []Fact, trail func(effects.Aspect) []effects.Step) []Reason {
	for _, f := range unknown {
		if len(f.Because) > 0 && f.Because[0].Text == s.Opaque {
			return f.Because
		}
	}
	return reasons(trail(effects.Doubt))
}

func reasons(steps []effects.Step) []Reason {
	var list []Reason
	for _, s := range steps {
		list = append(list, Reason{s.Pos, s.Name})
	}
	return list
}

func ending(s *effects.Summary, source effects.Trust, trail func(effects.Aspect) []effects.Step) Fact {
	switch s.Ends {
	case effects.Yes:
		return Fact{Claim: "ends by itself", Known: source.String()}
	case effects.No:
		f := Fact{Claim: "may run until it is stopped", Known: source.String(), Because: reasons(trail(effects.Ending))}
		if len(f.Because) == 0 && s.EndsWhy != "" {
			f.Claim += ": " + s.EndsWhy
		}
		return f
	}
	return Fact{Claim: "may not end by itself, for all that is known", Known: "unknown"}
}

func meeting(s *effects.Summary, source effects.Trust, trail func(effects.Aspect) []effects.Step) Fact {
	switch s.Meets {
	case effects.Yes:
		f := Fact{Claim: "waits for a goroutine that it didn't start", Known: source.String(), Because: reasons(trail(effects.Meeting))}
		if len(f.Because) == 0 && s.MeetsWhy != "" {
			f.Claim += ": " + s.MeetsWhy
		}
		return f
	case effects.No:
		return Fact{Claim: "waits for no other goroutine", Known: source.String()}
	}
	return Fact{Claim: "may wait for another goroutine, for all that is known", Known: "unknown"}
}

// cost has what a summary says beyond waiting.
func cost(s *effects.Summary, known string) []Fact {
	var list []Fact
	if s.Heavy() {
		list = append(list, Fact{Claim: "keeps a processor busy", Known: known})
	}
	if s.Limit > 0 {
		list = append(list, Fact{Claim: fmt.Sprintf("bears %d at once", s.Limit), Known: effects.Table.String()})
	}
	return list
}
