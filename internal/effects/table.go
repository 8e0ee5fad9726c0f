package effects

import (
	_ "embed" // the table
	"fmt"
	"go/types"
	"slices"
	"strings"
	"sync"
)

//go:embed known.table
var knownTable string

// A Line is one line of known.table: what calling some functions of one package
// does, or how some of its types may be shared.
type Line struct {
	At      int // its number, from 1
	Package string
	Symbols []string // "Get", "Client.Do", "Client.*", "*"; names of types where Handle is set
	Known   Known
	Handle  Handle // not zero where the line speaks of types
}

// Lines are the lines of known.table in their order.
func Lines() []Line { return slices.Clone(lines()) }

var lines = sync.OnceValue(func() []Line {
	list, err := ParseTable(knownTable)
	if err != nil {
		panic("known.table:" + err.Error()) // a test parses it: cannot happen in a release
	}
	return list
})

// Sessions are the types that the table calls a session, of all packages that pkg
// imports, directly or not, in the table's order. Interfaces are left out.
func Sessions(pkg *types.Package) []*types.Named {
	at := map[string]*types.Package{}
	var walk func(p *types.Package)
	walk = func(p *types.Package) {
		if at[p.Path()] == nil {
			at[p.Path()] = p
			for _, q := range p.Imports() {
				walk(q)
			}
		}
	}
	walk(pkg)
	var list []*types.Named
	for _, l := range lines() {
		p := at[l.Package]
		if p == nil || !l.Handle.Session {
			continue
		}
		for _, name := range l.Symbols {
			if tn, ok := p.Scope().Lookup(name).(*types.TypeName); ok {
				if n, ok := tn.Type().(*types.Named); ok && !types.IsInterface(n) {
					list = append(list, n)
				}
			}
		}
	}
	return list
}

// A chapter is what the table says of one package; of the lines that match the
// first wins.
type chapter struct {
	lines []Line
	exact map[string]int // the first line with a symbol as it is
	stars []int          // the lines with a pattern that ends in "*"
	types map[string]Handle
}

// table holds the chapters by package path.
var table = sync.OnceValue(func() map[string]*chapter {
	t := map[string]*chapter{}
	for _, l := range lines() {
		c := t[l.Package]
		if c == nil {
			c = &chapter{exact: map[string]int{}, types: map[string]Handle{}}
			t[l.Package] = c
		}
		c.add(l)
	}
	return t
})

func (c *chapter) add(l Line) {
	at, star := len(c.lines), false
	c.lines = append(c.lines, l)
	for _, p := range l.Symbols {
		if l.Handle.Use != UseUnknown {
			c.types[p] = l.Handle
			continue
		}
		if _, before := c.exact[p]; !before {
			c.exact[p] = at
		}
		star = star || strings.HasSuffix(p, "*")
	}
	if star {
		c.stars = append(c.stars, at)
	}
}

// find gives the first line that matches a symbol.
func (c *chapter) find(symbol string) (Line, bool) {
	first, ok := c.exact[symbol]
	for _, at := range c.stars {
		if ok && at > first {
			break
		}
		if slices.ContainsFunc(c.lines[at].Symbols, func(p string) bool { return Matches(p, symbol) }) {
			return c.lines[at], true
		}
	}
	if !ok {
		return Line{}, false
	}
	return c.lines[first], true
}

// ParseTable reads a table in the form of known.table. An error starts with the
// number of its line.
func ParseTable(text string) ([]Line, error) {
	var list []Line
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		l, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
		l.At = i + 1
		list = append(list, l)
	}
	return list, nil
}

// parseLine reads "package symbols class words" or "package names type words".
func parseLine(line string) (Line, error) {
	words := strings.Fields(line)
	if len(words) < 3 {
		return Line{}, fmt.Errorf("want package, symbols and class, got %q", line)
	}
	l := Line{Package: words[0], Symbols: strings.Split(words[1], ",")}
	for _, p := range l.Symbols {
		if p == "" || strings.Count(p, ".") > 1 || strings.Contains(strings.TrimSuffix(p, "*"), "*") {
			return Line{}, fmt.Errorf("%q is no pattern", p)
		}
	}
	for i, w := range words[3:] {
		name, _, _ := strings.Cut(w, "=")
		if slices.ContainsFunc(words[3:3+i], func(before string) bool { return before == name || strings.HasPrefix(before, name+"=") }) {
			return Line{}, fmt.Errorf("%q comes twice", name)
		}
	}
	var err error
	if words[2] == "type" {
		l.Handle, err = parseHandle(l.Symbols, words[3:])
	} else {
		l.Known, err = parseKnown(words[2], words[3:])
	}
	return l, err
}

// Lookup tells what the table says of calling fn, and false where it says nothing.
func Lookup(fn *types.Func) (Known, bool) {
	if fn.Pkg() == nil { // error.Error
		k := plain(None)
		k.Verb = Pure // taken for granted: what else would fmt and everybody do?
		k.summarise(fn, "error.Error")
		return k, true
	}
	return LookupAs(fn.Pkg().Path(), Symbol(fn), fn)
}

// LookupType tells how the table says that values of a named type may be shared.
// Unknown, its zero value, is the answer for all that it doesn't speak of.
func LookupType(obj *types.TypeName) Handle {
	if obj.Pkg() == nil {
		return Handle{}
	}
	if c := table()[obj.Pkg().Path()]; c != nil {
		return c.types[obj.Name()]
	}
	return Handle{}
}

// lookup is Lookup for the part that travels between packages.
func lookup(fn *types.Func) (Summary, bool) {
	k, ok := Lookup(fn)
	return k.Summary, ok
}

// LookupAs is Lookup for fn under another name, that of the type it is called on:
// hash.Hash's Write is io.Writer's, and the table knows more of "Hash.Write".
func LookupAs(path, symbol string, fn *types.Func) (Known, bool) {
	c := table()[path]
	if c == nil {
		return Known{}, false
	}
	l, ok := c.find(symbol)
	if !ok {
		return Known{}, false
	}
	k, name := l.Known, Name(fn, nil)
	k.Keeps = k.Keeps.resolve(fn.Signature())
	if k.Block > None {
		k.Via = name
	}
	if k.Ends == No {
		k.EndsWhy = name + " runs until it is stopped"
	}
	if k.Meets == Yes {
		k.MeetsWhy = name
	}
	k.summarise(fn, name)
	return k, true
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

// Matches tells whether a pattern names the symbol: "*" is everything, a final
// "*" any ending of that part ("Client.*" methods only, "Read*" functions only).
func Matches(pattern, symbol string) bool {
	if pattern == "*" {
		return true
	}
	stem, star := strings.CutSuffix(pattern, "*")
	if !star {
		return pattern == symbol
	}
	return strings.HasPrefix(symbol, stem) && !strings.Contains(symbol[len(stem):], ".")
}
