package effects

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseHandle reads the words after "type".
func parseHandle(names, words []string) (Handle, error) {
	var h Handle
	for _, n := range names {
		if strings.ContainsAny(n, ".*") {
			return Handle{}, fmt.Errorf("%q is no name of a type", n)
		}
	}
	for _, w := range words {
		use := slices.Index(useNames[:], w)
		switch {
		case w == "session":
			h.Session = true
		case w == "handed":
			h.Handed = true
		case use > 0 && h.Use == UseUnknown:
			h.Use = Use(use)
		default:
			return Handle{}, fmt.Errorf("unknown word %q for a type", w)
		}
	}
	if h.Use == UseUnknown {
		return Handle{}, fmt.Errorf("want shared or alone for a type")
	}
	return h, nil
}

// parseKnown reads a class and the words after it.
func parseKnown(class string, words []string) (Known, error) {
	b := slices.Index(blockNames[:], class)
	if b <= int(Unseen) {
		return Known{}, fmt.Errorf("unknown class %q", class)
	}
	k := plain(Block(b))
	for _, w := range words {
		name, value, hasValue := strings.Cut(w, "=")
		read := k.flag
		if hasValue {
			read = k.setting
		}
		if err := read(name, value); err != nil {
			return Known{}, fmt.Errorf("%q: %w", w, err)
		}
	}
	if k.Verb == Pure && !k.Retains.Known() {
		k.Retains = said | place(Receiver)
	}
	return k, nil
}

// flag reads a word without a value.
func (k *Known) flag(name, _ string) error {
	switch name {
	case "endless":
		k.Ends = No
	case "meets":
		k.Meets = Yes
	case "heavy":
		k.Dear = true
	case "near":
		k.Near = true
	case "pure", "read", "log", "write":
		return k.verb(Verb(slices.Index(verbNames[:], name)), 0)
	case "exits":
		k.Exits = Yes
	case "panics":
		k.Panics = Yes
	case "global":
		k.Global = Yes
	case "keeps":
		k.Keeps = said | ctxPlace
	case "closes":
		k.Closes = said | place(0)
	default:
		return fmt.Errorf("unknown word")
	}
	return nil
}

// setting reads a word with a value.
func (k *Known) setting(name, value string) error {
	var err error
	switch name {
	case "limit":
		if k.Limit, err = strconv.Atoi(value); err == nil && k.Limit < 1 {
			err = fmt.Errorf("want at least 1")
		}
		k.Turns = k.Limit == 1
	case "sql", "http":
		n, e := index(value)
		if e != nil {
			return e
		}
		return k.verb(Verb(slices.Index(verbNames[:], name)), n)
	case "writes":
		k.Writes, err = places(value, true)
	case "retains":
		if value == "none" {
			k.Retains = said | place(Receiver)
			break
		}
		if k.Retains, err = places(value, false); err == nil {
			k.Retains |= place(Receiver)
		}
	case "calls":
		k.Calls, err = places(value, false)
	case "keeps":
		k.Keeps, err = places(value, true)
	case "closes":
		k.Closes, err = places(value, false)
	default:
		err = fmt.Errorf("unknown word")
	}
	return err
}

func (k *Known) verb(v Verb, text int) error {
	if k.Verb != VerbUnknown {
		return fmt.Errorf("it is %s already", k.Verb)
	}
	k.Verb, k.Text = v, text
	return nil
}

// places reads "recv,0,2+", and "all", which is the receiver and every argument.
func places(value string, recv bool) (Places, error) {
	if value == "all" && recv {
		return all, nil
	}
	set := said
	for w := range strings.SplitSeq(value, ",") {
		if w == "recv" && recv {
			set |= place(Receiver)
			continue
		}
		number, rest := strings.CutSuffix(w, "+")
		n, err := index(number)
		if err != nil {
			return 0, err
		}
		for set |= place(n); rest && n < last; {
			n++
			set |= place(n)
		}
	}
	return set, nil
}

// index reads the index of an argument or a result.
func index(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n >= last || strconv.Itoa(n) != value {
		return 0, fmt.Errorf("%q is no index", value)
	}
	return n, nil
}
