package memory

import (
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// String names memory as the table does: "recv.cache[]", "0.Name", "*1",
// "pkg.Var"; "*" at the end stands for all that can be reached from there.
func (l Loc) String() string { return l.words(l.Root.String()) }

func (l Loc) words(root string) string {
	out := root
	for _, s := range l.Path.all() {
		switch s.name {
		case "":
			out = "*" + out
		case element:
			out += element
		default:
			out += "." + s.name
		}
	}
	if l.Path.deep() {
		out += "*"
	}
	return out
}

func (r Root) String() string {
	switch r.Kind {
	case Param:
		return strconv.Itoa(r.Index)
	case Receiver:
		return "recv"
	case Global:
		if i := strings.LastIndexByte(r.Name, '/'); i >= 0 {
			return r.Name[i+1:]
		}
		return r.Name
	case Local:
		return r.Object.Name()
	case Fresh:
		return "new"
	case function:
		return "func"
	}
	return "?"
}

// spoken is the root as its function calls it.
func (r Root) spoken() string {
	if (r.Kind == Param || r.Kind == Receiver) && r.Name != "" && r.Name != "_" {
		return r.Name
	}
	return r.String()
}

// pos orders roots of one function.
func (r Root) pos() token.Pos {
	if r.Object != nil {
		return r.Object.Pos()
	}
	return r.site
}

// String is "file.go:88".
func (p Place) String() string {
	if p.text != "" || p.fset == nil || p.Pos == token.NoPos {
		return p.text
	}
	at := p.fset.PositionFor(p.Pos, false)
	return fmt.Sprintf("%s:%d", filepath.Base(at.Filename), at.Line)
}

func (k Lock) String() string {
	if k.Read {
		return k.Loc.String() + " (read)"
	}
	return k.Loc.String()
}

func (h held) String() string {
	var list []string
	for _, k := range h {
		list = append(list, k.String()+"@"+strconv.Itoa(int(k.Loc.Root.pos())))
	}
	return strings.Join(list, ",")
}

// how says an access in words.
func (a Access) how(loc string) string {
	out := "reads "
	if a.Write {
		out = "writes "
	}
	out += loc
	if a.Handle != "" {
		out += " (a " + a.Handle + ", one user at a time)"
	}
	if a.Atomic {
		out += " atomically"
	}
	if len(a.Locks) > 0 {
		var list []string
		for _, k := range a.Locks {
			list = append(list, k.String())
		}
		out += " under " + strings.Join(list, ", ")
	}
	return out
}

// String says a summary in one line, without places: "reads recv.idx; writes
// recv.cache[] under recv.mu; locks recv.mu; retains 1; result 0 is recv.idx".
func (s *Summary) String() string {
	var reads, writes []string
	for _, a := range s.Accesses {
		if a.Write {
			writes = append(writes, a.how(a.Loc.String()))
		} else {
			reads = append(reads, a.how(a.Loc.String()))
		}
	}
	list := slices.Concat(set(reads), set(writes), s.lockWords(), s.flowWords(), s.resultWords())
	var calls, opaque []string
	for _, v := range s.visits {
		calls = append(calls, "calls "+v.loc.String())
	}
	for _, o := range s.Opaque {
		opaque = append(opaque, "opaque "+o.Name)
	}
	list = slices.Concat(list, set(calls), set(opaque))
	return strings.Join(list, "; ")
}

func set(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *Summary) lockWords() []string {
	var out []string
	for _, k := range s.locks {
		switch {
		case k.keep:
			out = append(out, "locks "+k.Lock.String()+" and keeps it")
		case k.take:
			out = append(out, "locks "+k.Lock.String())
		case k.drop:
			out = append(out, "unlocks "+k.Lock.String())
		}
	}
	return set(out)
}

func (s *Summary) flowWords() []string {
	var out []string
	for _, r := range s.Retained() {
		out = append(out, "retains "+r.String())
	}
	return out
}

// Retained lists what is stored beyond the call, got hold of by a goroutine that
// may outlive it, or can be reached from a result. What is given to opaque calls,
// and to known ones of which nobody said, may be kept as well, and is not listed.
func (s *Summary) Retained() []Root {
	var out []Root
	add := func(r Root) {
		if r.Kind != Param && r.Kind != Receiver && r.Kind != Local {
			return
		}
		if !slices.ContainsFunc(out, func(o Root) bool { return o.key() == r.key() }) {
			out = append(out, r)
		}
	}
	for _, f := range s.flows {
		if !f.may && f.into.Root.key() != f.from.loc.Root.key() {
			add(f.from.loc.Root)
		}
	}
	for _, list := range append(slices.Clone(s.results), s.inner...) {
		for _, e := range list {
			if e.loc.Root.Kind == Param {
				add(e.loc.Root)
			}
		}
	}
	slices.SortFunc(out, func(a, b Root) int { return strings.Compare(a.String(), b.String()) })
	return out
}

func (s *Summary) resultWords() []string {
	var out []string
	for i, list := range s.results {
		var parts []string
		for _, e := range list {
			switch w := e.loc.String(); {
			case e.loc.Root.Kind == Fresh:
				parts = append(parts, "fresh")
			case e.addr && e.loc.Root.Kind != function:
				parts = append(parts, "&"+w)
			default:
				parts = append(parts, w)
			}
		}
		if i < len(s.inner) {
			for _, e := range s.inner[i] {
				parts = append(parts, "has "+e.loc.String())
			}
		}
		if len(parts) > 0 {
			out = append(out, fmt.Sprintf("result %d is %s", i, strings.Join(set(parts), " or ")))
		}
	}
	return out
}

// Reasons says each access and each opaque call with its places and the way
// there, one a line, in the order of the accesses.
func (s *Summary) Reasons() []string {
	var out []string
	for _, a := range s.Accesses {
		out = append(out, a.how(a.Loc.words(a.Loc.Root.spoken()))+" at "+a.At.String()+trail(a.Via))
	}
	for _, o := range s.Opaque {
		out = append(out, "calls "+o.Name+" at "+o.At.String()+trail(o.Via)+": "+o.Why)
	}
	return out
}

// trail says the calls on the way, the innermost first.
func trail(v *Step) string {
	var list []string
	for ; v != nil; v = v.Next {
		list = append(list, ", called from "+v.Call.String())
	}
	slices.Reverse(list)
	return strings.Join(list, "")
}

// Steps are the calls on the way to an access, the outermost first.
func (a Access) Steps() []Step {
	var list []Step
	for v := a.Via; v != nil; v = v.Next {
		list = append(list, *v)
	}
	return list
}

// Text says an access in the words of its function: "writes recv.cache[] under recv.mu".
func (a Access) Text() string { return a.how(a.Loc.words(a.Loc.Root.spoken())) }
