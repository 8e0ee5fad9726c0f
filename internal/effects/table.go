package effects

import (
	_ "embed" // the table
	"fmt"
	"go/types"
	"strconv"
	"strings"
	"sync"
)

//go:embed std.table
var stdTable string

// An entry is one line of the table: what calling some functions of one package does.
type entry struct {
	pkg     string
	symbols []string // "Get", "Client.Do", "Client.*", "*"
	sum     Summary
}

// table is the parsed std.table by package path; the first entry that matches wins.
var table = sync.OnceValue(func() map[string][]entry {
	t := map[string][]entry{}
	for i, line := range strings.Split(stdTable, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		e, err := parseEntry(line)
		if err != nil {
			panic(fmt.Sprintf("std.table:%d: %v", i+1, err)) // a test parses it: cannot happen in a release
		}
		t[e.pkg] = append(t[e.pkg], e)
	}
	return t
})

// parseEntry reads "package symbols class [endless] [meets] [heavy] [limit=N]".
func parseEntry(line string) (entry, error) {
	words := strings.Fields(line)
	if len(words) < 3 {
		return entry{}, fmt.Errorf("want package, symbols and class, got %q", line)
	}
	e := entry{pkg: words[0], symbols: strings.Split(words[1], ",")}
	e.sum = Summary{Trust: Table, Ends: Yes, Meets: No}
	for b, name := range blockNames {
		if name == words[2] && Block(b) != Unseen {
			e.sum.Block = Block(b)
		}
	}
	if e.sum.Block == Unseen {
		return entry{}, fmt.Errorf("unknown class %q", words[2])
	}
	for _, w := range words[3:] {
		switch {
		case w == "endless":
			e.sum.Ends = No
		case w == "meets":
			e.sum.Meets = Yes
		case w == "heavy":
			e.sum.Dear = true
		case strings.HasPrefix(w, "limit="):
			n, err := strconv.Atoi(w[len("limit="):])
			if err != nil || n < 1 {
				return entry{}, fmt.Errorf("bad %q", w)
			}
			e.sum.Limit = n
		default:
			return entry{}, fmt.Errorf("unknown word %q", w)
		}
	}
	return e, nil
}

// lookup finds fn in the table, by package path and "Type.Method" or "Func".
func lookup(fn *types.Func) (Summary, bool) {
	if fn.Pkg() == nil { // error.Error
		return Summary{Block: None, Trust: Table, Ends: Yes, Meets: No}, true
	}
	return lookupSymbol(fn.Pkg().Path(), Symbol(fn), Name(fn, nil))
}

// lookupSymbol is lookup for a symbol of a package; name is for messages.
func lookupSymbol(path, symbol, name string) (Summary, bool) {
	for _, e := range table()[path] {
		for _, pattern := range e.symbols {
			if !matches(pattern, symbol) {
				continue
			}
			s := e.sum
			if s.Block > None {
				s.Via = name
			}
			if s.Ends == No {
				s.EndsWhy = name + " runs until it is stopped"
			}
			if s.Meets == Yes {
				s.MeetsWhy = name
			}
			return s, true
		}
	}
	return Summary{}, false
}

// Symbol is fn as the table writes it: "Get", "Client.Do".
func Symbol(fn *types.Func) string {
	if recv := fn.Signature().Recv(); recv != nil {
		t := types.Unalias(recv.Type())
		if p, ok := t.(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		if n, ok := t.(*types.Named); ok {
			return n.Obj().Name() + "." + fn.Name()
		}
		return "?." + fn.Name()
	}
	return fn.Name()
}

// matches tells whether a pattern names the symbol: "*" is everything, a final
// "*" any ending of that part ("Client.*" methods only, "Read*" functions only).
func matches(pattern, symbol string) bool {
	if pattern == "*" {
		return true
	}
	stem, star := strings.CutSuffix(pattern, "*")
	if !star {
		return pattern == symbol
	}
	return strings.HasPrefix(symbol, stem) && !strings.Contains(symbol[len(stem):], ".")
}
