package verify

// A relation says how a name lies to the edits of its file.
type relation uint8

const (
	outside  relation = iota
	touching          // no byte of it is edited, but an edit ends or begins right beside it
	inside
)

// place tells how bytes [start, end) lie to the spans.
func place(spans []Span, start, end int) relation {
	r := outside
	for _, s := range spans {
		switch {
		case s.Start < end && start < s.End: // for an insertion: in the middle
			return inside
		case s.Start == end || s.End == start:
			r = touching
		}
	}
	return r
}

// shift moves an offset that no span covers to where it is in the new text.
func shift(spans []Span, offset int) int {
	by := 0
	for _, s := range spans {
		if s.End <= offset {
			by += s.Len - (s.End - s.Start)
		}
	}
	return offset + by
}

// turned gives the edits that lead back: their places are those in the new text.
func turned(spans []Span) []Span {
	list := make([]Span, len(spans))
	by := 0
	for i, s := range spans {
		was := s.End - s.Start
		list[i] = Span{Start: s.Start + by, End: s.Start + by + s.Len, Len: was}
		by += s.Len - was
	}
	return list
}

// spanAt gives the index of the first span that covers or touches bytes
// [start, end), or -1. Covering goes before touching.
func spanAt(spans []Span, start, end int) int {
	touched := -1
	for i, s := range spans {
		if s.Start < end && start < s.End {
			return i
		}
		if touched < 0 && s.Start <= end && start <= s.End {
			touched = i
		}
	}
	return touched
}
