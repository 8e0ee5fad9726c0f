package memory

import (
	"cmp"
	"slices"
)

// A held is the set of locks that are certainly held, in a fixed order. It is
// never changed in place.
type held []Lock

func (h held) index(l Loc) int {
	return slices.IndexFunc(h, func(k Lock) bool { return k.Loc.place() == l.place() })
}

func (h held) with(l Lock) held {
	if i := h.index(l.Loc); i >= 0 {
		if !l.Read && h[i].Read {
			h = slices.Clone(h)
			h[i].Read = false
		}
		return h
	}
	out := append(slices.Clip(slices.Clone(h)), l)
	slices.SortFunc(out, func(a, b Lock) int {
		return cmp.Or(cmp.Compare(a.Loc.String(), b.Loc.String()), cmp.Compare(a.Loc.Root.pos(), b.Loc.Root.pos()))
	})
	return out
}

// without lets go of a lock, and of all that could be it.
func (h held) without(l Loc) held {
	return slices.DeleteFunc(slices.Clone(h), func(k Lock) bool {
		return k.Loc.place() == l.place() || !l.certain() || k.Loc.Root.key() == l.Root.key() && (k.Loc.Path.deep() || l.Path.deep())
	})
}

// both is what is held either way.
func (h held) both(o held) held {
	var out held
	for _, k := range h {
		if i := o.index(k.Loc); i >= 0 {
			k.Read = k.Read || o[i].Read
			out = append(out, k)
		}
	}
	return out
}

// certain tells whether the path means one variable at any time: not an
// element, nor something too far away to be named.
func (l Loc) certain() bool {
	if l.Path.deep() || l.Root.Kind == Unknown {
		return false
	}
	for _, s := range l.Path.all() {
		if s.name == element {
			return false
		}
	}
	return true
}
