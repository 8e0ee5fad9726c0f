package main

import (
	"go/types"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/rule"
)

// ask gives what goherd says of fn, in the words of golden.txt and in its own.
func ask(pass *rule.Pass, fn *types.Func) (*said, []string) {
	e, m := pass.Effects.Of(fn), pass.Memory.Of(fn)
	s := &said{Waits: e.Block.String(), Opaque: e.Opaque, Surely: "unknown", Verb: "unknown", Panics: "unknown", Exits: "unknown", Spawns: "unknown", Ctx: "unknown", Open: "unknown"}
	remember(s, m, fn.Signature())
	words := []string{e.String(), m.String()}
	return s, append(words, m.Reasons()...)
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
