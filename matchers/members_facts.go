package matchers

import (
	"go/ast"
	"go/constant"
	"go/types"
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
	Proved      // from a body, the table, a constant
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
		s, may := waitOf(pass, c)
		w := 0
		switch s.Block {
		case effects.Network:
			w = fullWeight
		case effects.Process:
			w = 2 * fullWeight
		case effects.File:
			w = fullWeight / 5
		}
		if may {
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

// waitOf is what one call waits for; may tells that some of its paths don't.
func waitOf(pass *rule.Pass, call *ast.CallExpr) (s effects.Summary, may bool) {
	if fn := callee(pass.Info, call); fn != nil {
		return pass.Effects.Of(fn), false
	}
	r := pass.Effects.Region(call)
	return r.Summary, false
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
// its receiver's and its arguments' calls included (hazard E3). known is false
// where it is known to write.
func readOf(pass *rule.Pass, call *ast.CallExpr) (c Claim, writes bool) {
	c = Claim{Proved, "it only reads"}
	for _, one := range callsOf(call) {
		if pass.Info.Types[one.Fun].IsType() || pass.Info.Types[one.Fun].IsBuiltin() {
			continue
		}
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
	fn := callee(pass.Info, call)
	if fn == nil {
		return Claim{Unsure, "nobody can look into " + types.ExprString(call.Fun)}, false
	}
	name := effects.Name(fn, pass.Pkg)
	if k, ok := effects.Lookup(fn); ok {
		verb := k.Verb
		if verb == effects.BySQL || verb == effects.ByHTTP {
			text, ok := textArgument(pass, call, k.Text)
			if !ok {
				return Claim{Unsure, "what " + name + " does is decided by an argument that is no constant"}, false
			}
			verb = k.By(text)
		}
		switch verb {
		case effects.Pure, effects.Read:
			return Claim{Proved, name + " only reads"}, false
		case effects.Log:
			return Claim{Proved, name + " only logs"}, false
		case effects.Write:
			return Claim{Unsure, name + " writes"}, true
		}
		return Claim{Unsure, "what " + name + " does is not known"}, false
	}
	if asksElsewhere(pass, fn) && readLike(fn.Name()) {
		return Claim{Likely, name + " is taken to only read, as its name says"}, false
	}
	return Claim{Unsure, "what " + name + " does is not known"}, false
}

// textArgument is the constant in argument i.
func textArgument(pass *rule.Pass, call *ast.CallExpr, i int) (string, bool) {
	if i >= len(call.Args) {
		return "", false
	}
	v := pass.Info.Types[call.Args[i]].Value
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

// asksElsewhere tells whether fn is a method that nobody can look into and whose
// form says that it asks a peer: of an interface, or of a client in another
// module (RULES.md, "It pays").
func asksElsewhere(pass *rule.Pass, fn *types.Func) bool {
	if fn.Signature().Recv() == nil || pass.Effects.Of(fn).Block != effects.Network {
		return false
	}
	return overInterface(fn) || fn.Pkg() != pass.Pkg && pass.Effects.Of(fn).Trust == effects.Guessed
}

// overInterface tells whether fn is the method of an interface.
func overInterface(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

// How people call what reads. A name alone never proves it, and the words of
// writeWords anywhere in it end the hope (hazard E3: GetOrCreate).
var (
	readWords = []string{
		"get", "list", "find", "load", "fetch", "describe", "count", "lookup", "query", "search",
		"read", "has", "is", "exists", "select", "head", "show", "stat", "view", "retrieve", "resolve",
	}
	writeWords = []string{
		"or", "create", "set", "insert", "add", "remove", "delete", "save", "put", "write", "mark", "update", "upsert",
		"lock", "acquire", "claim", "lease", "reserve", "next", "pop", "dequeue", "take", "increment", "incr", "decr", "touch",
		"send", "publish", "notify", "ensure", "refresh", "rotate", "reset", "start", "stop", "run", "exec", "init",
		"consume", "commit", "apply", "sync", "and", "then", "once",
	}
)

// readLike tells whether a name says that its function looks and no more.
func readLike(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 || !slices.Contains(readWords, words[0]) {
		return false
	}
	return !slices.ContainsFunc(words[1:], func(w string) bool { return slices.Contains(writeWords, w) })
}

// guardWords are how people call what must have said yes before anything else
// is done (hazard B1).
var guardWords = []string{
	"check", "validate", "verify", "authorize", "authorise", "authenticate", "auth", "ensure", "require", "must", "assert",
	"acquire", "lock", "allow", "permit", "can", "enforce", "guard", "deny", "reject", "wait", "confirm", "test", "ping", "health",
}

// guardVerb tells whether a name says so.
func guardVerb(name string) bool {
	words := wordsOf(name)
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(guardWords, w) })
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
