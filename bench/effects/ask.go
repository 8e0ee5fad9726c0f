package main

import (
	"go/types"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

// ask gives what goherd says of fn, in the words of golden.txt and in its own.
func ask(pass *rule.Pass, fn *types.Func) (*said, []string) {
	e, m := pass.Effects.Of(fn), pass.Memory.Of(fn)
	s := &said{
		Waits: e.Block.String(), Surely: "may", Opaque: e.Opaque,
		Verb: verb(&e), Panics: panics[e.Panics], Exits: answers[e.Exits], Spawns: ends[e.Spawns], Ctx: uses[e.Ctx],
		Open: "nothing",
	}
	if e.Must() {
		s.Surely = "must"
	}
	if e.Block == effects.Unseen {
		s.Surely = "unknown"
	}
	if !e.Closes.Empty() || !e.Keeps.Empty() {
		s.Open = "results that may have to be closed, or go on to depend on a context"
	}
	remember(s, m, fn.Signature())
	var words []string
	for _, r := range pass.Effects.Reasons(fn) {
		words = append(words, r.String())
	}
	return s, append(append(words, m.String()), m.Reasons()...)
}

var (
	panics  = map[effects.Panic]string{effects.PanicUnknown: "unknown", effects.PanicNo: "no", effects.PanicByTable: "may", effects.PanicExplicit: "may"}
	answers = map[effects.Answer]string{effects.Unknown: "unknown", effects.No: "no", effects.Yes: "may"}
	ends    = map[effects.Spawn]string{effects.SpawnUnknown: "unknown", effects.SpawnNone: "none", effects.SpawnJoined: "joined", effects.SpawnEscapes: "escapes"}
	uses    = map[effects.CtxUse]string{
		effects.CtxUnknown: "unknown", effects.CtxNone: "none", effects.CtxIgnored: "ignored", effects.CtxPolled: "polled",
		effects.CtxPassed: "passed", effects.CtxSome: "some", effects.CtxReplaced: "replaced",
	}
)

// verb says what a call does outside. Where something is out of sight, and
// something else is known to write, it writes.
func verb(e *effects.Summary) string {
	switch e.Verb {
	case effects.Pure:
		return "pure"
	case effects.Read:
		return "read"
	case effects.Log:
		return "log"
	case effects.Write:
		return "write"
	}
	if e.Writes {
		return "write"
	}
	return "unknown"
}

// remember fills in what is said of memory that the caller can see.
func remember(s *said, m *memory.Summary, sig *types.Signature) {
	for _, a := range m.Accesses {
		if !seen(a.Loc.Root) {
			continue
		}
		out := access{Path: pathOf(a.Loc, sig), Write: a.Write}
		for _, l := range a.Locks {
			out.Locks = append(out.Locks, pathOf(l.Loc, sig))
		}
		s.Accesses = append(s.Accesses, out)
	}
	for _, o := range m.Opaque {
		h := hidden{Name: o.Name}
		for _, l := range o.Reach {
			if seen(l.Root) {
				h.Reach = append(h.Reach, pathOf(l, sig)+".*")
			}
		}
		s.Hidden = append(s.Hidden, h)
	}
	s.Aliases = aliases(m.String(), sig)
	for _, r := range m.Retained() {
		s.Retains = append(s.Retains, rootOf(r, sig))
	}
}

func seen(r memory.Root) bool { return r.Kind != memory.Local && r.Kind != memory.Fresh }

func rootOf(r memory.Root, sig *types.Signature) string {
	return pathOf(memory.Loc{Root: r}, sig)
}

// pathOf writes memory as golden.txt does: parameters by their names, an element
// as ".[]", and whatever lies behind as ".*".
func pathOf(l memory.Loc, sig *types.Signature) string {
	return spell(l.String(), l.Root.Kind == memory.Param, sig)
}

var leadingIndex = regexp.MustCompile(`^\d+`)

func spell(text string, param bool, sig *types.Signature) string {
	stars := len(text) - len(strings.TrimLeft(text, "*"))
	text = text[stars:]
	if text == "?" || text == "?*" {
		return anywhere
	}
	if i := leadingIndex.FindString(text); param && i != "" {
		for n, v := range variables(sig) {
			if i == n {
				text = v + text[len(i):]
			}
		}
	}
	text = strings.ReplaceAll(text, "[]", ".[]")
	if deep := strings.TrimSuffix(text, "*"); deep != text {
		text = deep + ".*"
	} else if stars > 0 {
		text += ".*"
	}
	return text
}

// variables are the parameters' names by their index.
func variables(sig *types.Signature) map[string]string {
	out := map[string]string{}
	for i := range sig.Params().Len() {
		out[string(rune('0'+i))] = sig.Params().At(i).Name()
	}
	return out
}

// aliases reads from a summary's words what the results may refer to.
func aliases(words string, sig *types.Signature) []string {
	var out []string
	for _, part := range strings.Split(words, "; ") {
		_, list, ok := strings.Cut(part, " is ")
		if !ok || !strings.HasPrefix(part, "result ") {
			continue
		}
		for _, w := range strings.Split(list, " or ") {
			w = strings.TrimPrefix(strings.TrimPrefix(w, "has "), "&")
			if w != "fresh" && w != "new" && w != "func" {
				out = append(out, spell(w, leadingIndex.MatchString(w), sig))
			}
		}
	}
	return out
}
