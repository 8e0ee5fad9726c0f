// Package programs writes functions at random for the rules seqcalls and seqloop:
// calls that read and write, that need each other or don't, with all that people put
// around them. Some may be rewritten, and many must not be. What they call is in
// testdata/programs. The same seed gives the same functions, each by itself.
package programs

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/herdtest/oracle"
)

// A Program is one function in a file of its own.
type Program struct {
	Name   string // of the function, and of the file without .go
	Rule   string // the rule that it is for
	Body   string // of the function
	Gives  string // the types of its results, the error left out
	Ops    []oracle.Op
	IDs    []string // what it is given
	On     bool     // and
	Apart  bool     // what it writes under one key is seen under that key only
	Traits []string // what it has in it, sorted
}

// Rules are those that there are programs for.
func Rules() []string { return []string{"seqcalls", "seqloop"} }

// Generate writes the programs of a rule from number first to first+n-1.
func Generate(rule string, seed uint64, first, n int) []*Program {
	return list(n, func(i int) *Program { return generate(rule, seed, first+i, false) })
}

// Rash writes n programs in which most calls have a hazard, and often the same one: those that
// guards are there for.
func Rash(rule string, seed uint64, n int) []*Program {
	return list(n, func(i int) *Program { return generate(rule, seed, i, true) })
}

func list(n int, make func(i int) *Program) (out []*Program) {
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

func generate(rule string, seed uint64, number int, rash bool) *Program {
	for try := 0; ; try++ {
		if p := attempt(rule, seed, number, try, rash); len(p.Ops) <= maxOps+1 {
			return p
		}
	}
}

func attempt(rule string, seed uint64, number, try int, rash bool) *Program {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d %d %v", rule, number, try, rash)
	b := &builder{
		r: rand.New(rand.NewPCG(seed, h.Sum64())), traits: map[string]bool{}, depth: 1,
		p: &Program{Name: fmt.Sprintf("%c%05d", rule[3], number), Rule: rule},
	}
	b.family = family(pick(b.r, 0, 0, 0, 1, 1, 2, 2, 3))
	if b.r.IntN(2) == 0 {
		b.rash = 10 + b.r.IntN(30)
	}
	if b.usual = -1; rash {
		b.p.Name = "r" + b.p.Name
		b.rash, b.usual = 60, b.r.IntN(hazards)
	}
	b.p.On = b.chance(70)
	b.result = results[b.r.IntN(len(results))]
	if rule == "seqloop" {
		b.loopFunction()
	} else {
		b.callsFunction()
	}
	for trait := range b.traits {
		b.p.Traits = append(b.p.Traits, trait)
	}
	slices.Sort(b.p.Traits)
	b.p.Gives, b.p.Body = b.result.types, b.head.String()+b.body.String()
	return b.p
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// A builder writes one function.
type builder struct {
	p      *Program
	r      *rand.Rand
	family family // what most of its calls go to
	rash   int    // of a hundred calls so many have a hazard
	usual  int    // which of them most have, less than 0 for any
	result result
	head   strings.Builder // what is declared above all else
	body   strings.Builder
	depth  int
	names  int
	vars   []variable // those in sight
	err    bool       // err is declared, in sight
	parts  bool       // there is a list of parts
	traits map[string]bool
	loops  int // around what is written
}

// A variable that is in sight.
type variable struct{ name, typ string }

func (b *builder) chance(percent int) bool { return b.r.IntN(100) < percent }

func (b *builder) line(format string, args ...any) {
	fmt.Fprintf(&b.body, "%s%s\n", strings.Repeat("\t", b.depth), fmt.Sprintf(format, args...))
}

func (b *builder) open(format string, args ...any) {
	b.line(format, args...)
	b.depth++
}

func (b *builder) shut() {
	b.depth--
	b.line("}")
}

func (b *builder) trait(name string) { b.traits[name] = true }

func (b *builder) fresh(base string) string {
	b.names++
	return fmt.Sprintf("%s%d", base, b.names)
}

// text is an expression of type string for a variable.
func (v variable) text() string {
	switch v.typ {
	case "string":
		return v.name
	case "int":
		return "strconv.Itoa(" + v.name + ")"
	case "[]string":
		return "strings.Join(" + v.name + `, ",")`
	}
	return "fmt.Sprint(" + v.name + ")"
}

// aString is a string in sight, or else.
func (b *builder) aString(or string) string {
	var names []string
	for _, v := range b.vars {
		if v.typ == "string" {
			names = append(names, v.name)
		}
	}
	if len(names) == 0 {
		return or
	}
	return names[b.r.IntN(len(names))]
}

// op notes that there is such a call, once.
func (b *builder) op(kind oracle.Kind, name string) {
	op := oracle.Op{Name: name, Kind: kind}
	if !slices.Contains(b.p.Ops, op) {
		b.p.Ops = append(b.p.Ops, op)
	}
}

// maxOps is how many there are at most: the oracle keeps eight apart.
const maxOps = 7

// full tells whether there is no room for n more.
func (b *builder) full(n int) bool { return len(b.p.Ops)+n > maxOps }

// A result is what a function gives beside its error.
type result struct{ types, zero string }

var results = []result{
	{"string", `""`},
	{"string", `""`},
	{"[]string", "nil"},
	{"string, int", `"", 0`},
}

// failure returns err, wrapped in one way or another.
func (b *builder) failure() string {
	n := b.fresh("step")
	e := pick(b.r, "err", "err", `fmt.Errorf("`+n+`: %w", err)`, `fmt.Errorf("`+n+`: %w", err)`, `fmt.Errorf("`+n+`: %v", err)`, `errors.Join(err, io.EOF)`)
	zero := b.result.zero
	if some := b.aString(""); some != "" && b.chance(15) {
		b.trait("partial result")
		zero = map[string]string{"string": some, "[]string": "[]string{" + some + "}", "string, int": some + ", 1"}[b.result.types]
	}
	return fmt.Sprintf("return %s, %s", zero, e)
}

// end returns all that is in sight.
func (b *builder) end(err string) {
	var texts []string
	for _, v := range b.vars {
		texts = append(texts, v.text())
	}
	if b.parts {
		texts = append(texts, `strings.Join(parts, "|")`)
	}
	if len(texts) == 0 {
		texts = []string{`"nothing"`}
	}
	switch b.result.types {
	case "string":
		b.line("return %s, %s", strings.Join(texts, " + "), err)
	case "[]string":
		b.line("return []string{%s}, %s", strings.Join(texts, ", "), err)
	default:
		b.line("return %s, %d, %s", strings.Join(texts, " + "), len(texts), err)
	}
}

// Params are the parameters of every function.
const Params = "ctx context.Context, db *sql.DB, s Store, v *Svc, web *Web, ids []string, on bool"

var imports = []string{"errors", "fmt", "io", "log", "strconv", "strings", "sync", "time"}

// Imports are the packages that programs and what they call import.
func Imports() []string {
	return append([]string{"context", "database/sql", "net/http", "sync/atomic"}, imports...)
}

// Source is the program's file.
func (p *Program) Source() []byte {
	used := []string{"context", "database/sql"}
	for _, path := range imports {
		if strings.Contains(p.Body, path+".") {
			used = append(used, path)
		}
	}
	slices.Sort(used)
	return fmt.Appendf(nil, "package p\n\nimport (\n\t\"%s\"\n)\n\nfunc %s(%s) (%s, error) {\n%s}\n",
		strings.Join(used, "\"\n\t\""), p.Name, Params, p.Gives, p.Body)
}

// Table is a file with the oracle's drives of programs.
func Table(list []*Program) []byte {
	var s strings.Builder
	s.WriteString("package p\n\nimport (\n\t\"context\"\n\n\t\"example.com/oracle\"\n)\n\n// Drives run the functions, by their names.\nvar Drives = map[string]oracle.Drive{\n")
	for _, p := range list {
		fmt.Fprintf(&s, "\t%q: func%s,\n", p.Name, p.drive())
	}
	s.WriteString("}\n")
	return []byte(s.String())
}

// Drive is the function of that name for one program.
func (p *Program) Drive() string { return "func Drive" + p.drive() + "\n" }

func (p *Program) drive() string {
	results := "r1"
	if p.Gives == "string, int" {
		results = "r1, r2"
	}
	return fmt.Sprintf(`(ctx context.Context, w *oracle.World) (any, error) {
	e := newEnv(w, %v)
	defer e.close()
	%s, err := %s(ctx, e.db, e.s, e.v, e.web, %#v, %v)
	return e.seen(err, %s), err
}`, p.Apart, results, p.Name, p.IDs, p.On, results)
}
