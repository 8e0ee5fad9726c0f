package matchers

import (
	"go/ast"
	"slices"
	"strings"
	"unicode"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// A Sure says how a claim about a call is known, weakest first.
type Sure uint8

// The grades. Unsure is the zero value: nobody knows.
const (
	Unsure Sure = iota
	Likely      // from a name or a signature: for a review
	Proved      // from a body, the table, a constant, a promise
)

// A Claim is what is said of a call, and how it is known.
type Claim struct {
	Sure Sure
	Why  string
}

// The weights of waiting: two calls that wait for a peer on every path make a
// group, and so do four that may be answered by a cache. A file on a local disk
// is not worth a goroutine.
const (
	fullWeight = 10
	paysFrom   = 2 * fullWeight
)

// weightOf is what making a call concurrent may save, in tenths of a round trip,
// and the words for it. Only what waits on every path counts whole (J1).
func weightOf(pass *rule.Pass, call *ast.CallExpr) (weight int, why string) {
	for _, c := range callsOf(call) {
		s := pass.Effects.Call(c)
		w := 0
		switch s.Block {
		case effects.Network:
			w = fullWeight
			if s.Near || s.Trust == effects.Guessed && mayBeCached(s.Via) {
				w /= 2
			}
		case effects.Process:
			w = 2 * fullWeight
		case effects.File:
			w = fullWeight / 5
		}
		if !s.Must() {
			w /= 2
		}
		if w > weight {
			weight, why = w, s.Via+" "+s.Block.In()
			if s.Trust == effects.Guessed {
				why = s.Via + " probably " + s.Block.In()
			}
		}
	}
	return weight, why
}

// mayBeCached tells whether the name of what can't be looked into says that it mostly
// answers from memory: a cache, the configuration, settings.
func mayBeCached(name string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), func(part string) bool {
		return slices.ContainsFunc(wordsOf(part), func(w string) bool {
			switch w {
			case "cache", "cached", "config", "configs", "configuration", "setting", "settings":
				return true
			}
			return false
		})
	})
}

// callsOf gathers a call and the calls among its receiver and arguments, the
// inner ones first: the order in which they run.
func callsOf(call *ast.CallExpr) []*ast.CallExpr {
	var list []*ast.CallExpr
	inspectOwn(call, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			list = append(list, c)
		}
		return true
	})
	slices.Reverse(list)
	return list
}

// readOf tells whether a call only looks at what lies outside of the process,
// its receiver's and its arguments' calls included (hazard E3); writes, whether it
// is known to write.
func readOf(pass *rule.Pass, call *ast.CallExpr) (c Claim, writes bool) {
	c = Claim{Proved, "it only reads"}
	for _, one := range callsOf(call) {
		got, w := effectOf(pass, one)
		if w {
			return got, true
		}
		if got.Sure < c.Sure || one == call && got.Sure == c.Sure {
			c = got
		}
	}
	return c, false
}

// effectOf is readOf for one call by itself.
func effectOf(pass *rule.Pass, call *ast.CallExpr) (c Claim, writes bool) {
	s, name := pass.Effects.Call(call), nameOf(pass, call)
	switch {
	case s.Verb == effects.Log:
		return Claim{Proved, name + " only reads and logs"}, false
	case s.Verb.Harmless():
		return Claim{Proved, name + " only reads"}, false
	case s.Verb == effects.Write || s.Writes:
		return Claim{Unsure, name + " writes"}, true
	case s.Likely.Reads() && s.VerbBy.Via != "" && s.VerbBy.Via != name:
		return Claim{Likely, s.VerbBy.Via + ", which " + name + " calls, is taken to only read, as " + readSays(s.Likely)}, false
	case s.Likely.Reads():
		return Claim{Likely, name + " is taken to only read, as " + readSays(s.Likely)}, false
	case s.VerbBy.Via != "" && s.VerbBy.Via != name:
		return Claim{Unsure, "what " + s.VerbBy.Via + ", which " + name + " calls, does is not known"}, false
	}
	return Claim{Unsure, "what " + name + " does is not known"}, false
}

// readSays tells where a hint comes from.
func readSays(h effects.Hint) string {
	if h == effects.SeenRead {
		return "its name or what implements it in its package says"
	}
	return "its name says"
}

// nameOf is how a message names what is called.
func nameOf(pass *rule.Pass, call *ast.CallExpr) string {
	if fn := callee(pass.Info, call); fn != nil {
		return effects.Name(fn, pass.Pkg)
	}
	return callName(call)
}

// calmOf tells whether a call is known to neither panic nor end the process or
// the goroutine (hazards C1, C3). A nil pointer or a bad index is a bug of the
// user's, and doesn't count.
func calmOf(pass *rule.Pass, call *ast.CallExpr) Claim {
	for _, c := range callsOf(call) {
		s, name := pass.Effects.Call(c), nameOf(pass, c)
		switch {
		case s.Panics == effects.PanicExplicit:
			return Claim{Likely, name + " may panic: in a goroutine that ends the process, whoever would recover"}
		case s.Panics != effects.PanicNo:
			return Claim{Likely, name + " is taken not to panic: in a goroutine that would end the process"}
		case s.Exits != effects.No:
			return Claim{Likely, name + " is taken not to end the process or the goroutine"}
		}
	}
	return Claim{Proved, "it doesn't panic"}
}

// heedsOf tells whether a call is known to end when its context does: whoever
// waits for it then ends as well.
func heedsOf(pass *rule.Pass, call *ast.CallExpr) Claim {
	for _, c := range callsOf(call) {
		s, name := pass.Effects.Call(c), nameOf(pass, c)
		if s.Block < effects.Chan {
			continue
		}
		switch {
		case s.Ctx == effects.CtxPassed || s.Ctx == effects.CtxPolled && s.Trust == effects.Table:
			continue
		case s.Ctx == effects.CtxNone && madeWithContext(pass, c):
			continue
		case s.Ctx == effects.CtxNone:
			return Claim{Likely, name + " is given no context: it is taken to end by itself"}
		case s.Ctx == effects.CtxUnknown || s.Ctx == effects.CtxPolled:
			return Claim{Likely, name + " is taken to end when its context does"}
		}
		return Claim{Likely, name + " doesn't pass its context on to all that it waits for: it is taken to end by itself"}
	}
	return Claim{Proved, "it ends with its context"}
}

// madeWithContext tells whether a method is called on what a call of the same
// expression has just made with a context: db.QueryRowContext(ctx, ...).Scan(&n).
func madeWithContext(pass *rule.Pass, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	made, ok := ast.Unparen(sel.X).(*ast.CallExpr)
	return ok && contextArg(pass.Info, made) >= 0 && resultKeeps(pass, made)
}

// isGuard tells whether the member's only result is an error, and its name says
// that it decides whether anything else may be done (hazard B1).
func (m *Member) isGuard(pass *rule.Pass) bool {
	if m.Fn == nil {
		return false
	}
	res := m.Fn.Signature().Results()
	if res.Len() != 1 || !isErrorType(res.At(0).Type()) {
		return false
	}
	s := pass.Effects.Call(m.Call)
	return effects.HintOf(m.Fn) == effects.Guard || s.Likely == effects.Guard || guardVerb(m.Fn.Name())
}

// guardWords are more of how people call what must have said yes before anything
// else is done; effects knows the most common ones.
var guardWords = []string{
	"check", "validate", "verify", "authorize", "authorise", "authenticate", "ensure", "require", "must", "assert",
	"acquire", "lock", "allow", "permit", "can", "enforce", "guard", "deny", "reject", "wait", "confirm", "ping", "health", "healthy", "ready",
}

// strongWords say so anywhere in a name that doesn't begin as that of a read does:
// ReaderUserCheckPassword.
var strongWords = []string{"check", "validate", "verify", "authorize", "authorise", "authenticate", "enforce"}

// guardVerb tells whether a name says so, in its first word or with a strong one.
func guardVerb(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 || slices.Contains(guardWords, words[0]) {
		return len(words) > 0
	}
	return !slices.Contains(readWords, words[0]) &&
		slices.ContainsFunc(words, func(w string) bool { return slices.Contains(strongWords, w) })
}

// readWords are how the names of reads begin.
var readWords = []string{"get", "list", "find", "load", "fetch", "describe", "count", "lookup", "query", "search", "read", "has", "is"}

// readish tells whether a member's name begins as that of a read does.
func readish(m *Member) bool {
	words := wordsOf(calleeName(m))
	return len(words) > 0 && slices.Contains(readWords, words[0])
}

// Subject is what a function is about, by its name: GetUser is about User.
func Subject(name string) string {
	words := wordsOf(name)
	if len(words) < 2 || !slices.Contains(readWords, words[0]) {
		return name
	}
	return name[len(words[0]):]
}

// wordsOf splits a name as people join them: "GetUserByID" is get, user, by, id.
func wordsOf(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0
	for i := 1; i <= len(runes); i++ {
		cut := i == len(runes) || runes[i] == '_' ||
			unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if !cut {
			continue
		}
		if w := strings.Trim(strings.ToLower(string(runes[start:i])), "_"); w != "" {
			words = append(words, w)
		}
		start = i
	}
	return words
}
