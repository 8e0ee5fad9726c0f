package programs

import (
	"fmt"
	"strings"

	"github.com/goherd/goherd/internal/herdtest/oracle"
)

// A loop is what is decided about one before it is written.
type loop struct {
	id, i   string // names of the item and of its index, as expressions
	goesOn  bool   // an error of a call is noted, and the next round comes
	noted   bool   // there is a list of errors
	breaks  bool
	final   string // the error at the end
	carried string // a variable that one round leaves to the next
}

// loopFunction writes a loop with a call or two in each round.
func (b *builder) loopFunction() {
	b.p.Apart = true
	n := 2 + b.r.IntN(3)
	for i := range n {
		b.p.IDs = append(b.p.IDs, string(rune('a'+i)))
	}
	for _, id := range b.p.IDs {
		b.op(oracle.Reads, id)
	}
	if b.chance(12) {
		b.trait("same item twice")
		b.p.IDs = append(b.p.IDs, "a")
	} else if b.chance(4) {
		b.trait("no items")
		b.p.IDs = b.p.IDs[:0]
	}
	l := &loop{final: "nil", goesOn: b.chance(15), breaks: b.chance(5)}
	b.parts = true
	b.line("var parts []string")
	if b.chance(5) {
		b.opening()
	}
	if b.chance(8) && !b.full(2) {
		b.trait("call in front")
		b.member(b.reads(`"a"`))
	}
	if l.goesOn {
		if l.noted = b.chance(60); l.noted {
			b.line("var errs []error")
			l.final = "errors.Join(errs...)"
		}
	}
	b.writeLoop(l)
	b.end(l.final)
}

func (b *builder) writeLoop(l *loop) {
	c, kind := b.round(l)
	collect := b.collector(l, c)
	b.heading(l, collect)
	b.loops++
	seen, err := len(b.vars), b.err
	b.err = false
	b.prefix(c)
	made := b.roundCall(l, c)
	if kind != oracle.Reads {
		for _, id := range b.p.IDs {
			b.op(kind, id)
		}
	}
	if len(made) > 0 && made[0].typ == "string" && b.chance(25) && 2*len(b.distinct()) <= maxOps && !b.traits["own timeout"] {
		made = append(made, b.second(l, made[0])...)
	}
	b.rest(l, made, collect)
	b.loops--
	b.vars, b.err = b.vars[:seen], err
	b.shut()
	if strings.HasPrefix(l.i, "group") {
		b.shut()
	}
}

// distinct are the items, each once.
func (b *builder) distinct() []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range b.p.IDs {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// round chooses the call.
func (b *builder) round(l *loop) (call, oracle.Kind) {
	key := "id"
	if b.chance(5) {
		b.trait("carried")
		l.carried = b.fresh("before")
		b.line("%s := \"\"", l.carried)
		return call{"s.Ask(ctx, id, " + l.carried + ")", []string{"string"}, true, "answer"}, oracle.Reads
	}
	if b.chance(4) {
		b.trait("same call each round")
		return call{`s.GetUser(ctx, "a")`, []string{"string"}, true, "user"}, oracle.Reads
	}
	if b.chance(4) {
		b.trait("argument that counts")
		b.line("keys := &cursor{keys: ids}")
		key = "keys.next()"
	}
	if b.chance(8) {
		b.trait("writes each round")
		return b.writes(key, `"v"`), oracle.Writes
	}
	if b.chance(b.rash) {
		return b.rashly(key)
	}
	return b.reads(key), oracle.Reads
}

// heading opens the loop.
func (b *builder) heading(l *loop, collect string) {
	l.id, l.i = "id", ""
	switch b.r.IntN(12) {
	case 0, 1, 2, 3, 4:
		b.open("for _, id := range ids {")
	case 5, 6:
		if collect != "index" {
			b.open("for _, id := range ids {")
			return
		}
		b.open("for i, id := range ids {")
		l.i = "i"
	case 7:
		b.open("for i := range ids {")
		b.line("id := ids[i]")
		l.i = "i"
	case 8:
		b.open("for i := 0; i < len(ids); i++ {")
		b.line("id := ids[i]")
		l.i = "i"
	case 9:
		b.open("for i := range len(ids) {")
		b.line("id := ids[i]")
		l.i = "i"
	case 10:
		b.trait("loop in a loop")
		b.open("for _, group := range [][]string{ids[:len(ids)/2], ids[len(ids)/2:]} {")
		b.open("for _, id := range group {")
		l.i = "group"
	default:
		b.trait("items")
		b.line("items := make([]Item, len(ids))")
		b.line("for i, id := range ids {\n\t\titems[i].Key = id\n\t}")
		b.open("for i := range items {")
		b.line("id := items[i].Key")
		l.i = "i"
		b.traits["fills items"] = b.chance(50)
		if !b.traits["fills items"] {
			delete(b.traits, "fills items")
		}
	}
}

// prefix stands in front of the call.
func (b *builder) prefix(c call) {
	switch b.r.IntN(16) {
	case 0, 1:
		b.trait("passes items over")
		b.line("if id == \"b\" {\n%scontinue\n%s}", strings.Repeat("\t", b.depth+1), strings.Repeat("\t", b.depth))
	case 2:
		b.trait("seen before")
		b.line("if strings.Contains(strings.Join(parts, \"\"), \"what \"+id) {\n%scontinue\n%s}", strings.Repeat("\t", b.depth+1), strings.Repeat("\t", b.depth))
	case 3:
		b.trait("memory between")
		b.line("v.%s", pick(b.r, "n++", "last = id", `prefix = id`, `cache[id] = "from memory"`))
	case 4:
		b.trait("write before")
		if b.full(1) {
			return
		}
		b.op(oracle.Writes, "k")
		b.line(`_ = s.Put(ctx, "k", id)`)
	case 5:
		b.trait("log between")
		b.line("log.Print(id)")
	case 6:
		name := b.fresh("n")
		b.line("%s := len(id)", name)
		b.vars = append(b.vars, variable{name, "int"})
		b.line("parts = append(parts, strconv.Itoa(%s))", name)
		b.vars = b.vars[:len(b.vars)-1]
		b.trait("collects before")
	case 7:
		if !strings.Contains(c.expr, "ctx") {
			return
		}
		b.trait("own timeout")
		b.line("ctx, cancel := context.WithTimeout(ctx, 17*time.Millisecond)")
		b.line("defer cancel()")
	}
}

// roundCall writes the call and what is done with its error.
func (b *builder) roundCall(l *loop, c call) []variable {
	var made []variable
	var names []string
	for _, typ := range c.gives {
		made = append(made, variable{b.fresh(c.base), typ})
		names = append(names, made[len(made)-1].name)
	}
	lhs := strings.Join(names, ", ")
	switch {
	case !c.fails:
		b.line("%s := %s", lhs, c.expr)
		return made
	case len(made) == 0:
		b.open("if err := %s; err != nil {", c.expr)
	case b.chance(8):
		b.trait("error dropped")
		b.line("%s, _ := %s", lhs, c.expr)
		return made
	default:
		b.line("%s, err := %s", lhs, c.expr)
		b.open("if err != nil {")
	}
	b.roundHandler(l)
	b.shut()
	return made
}

func (b *builder) roundHandler(l *loop) {
	switch {
	case l.goesOn && l.noted:
		b.trait("goes on")
		b.line("errs = append(errs, fmt.Errorf(\"%%s: %%w\", id, err))")
		b.line("continue")
	case l.goesOn:
		b.trait("goes on")
		if b.chance(50) {
			b.line("log.Print(err)")
		} else {
			b.line("parts = append(parts, \"no \"+id)")
		}
		b.line("continue")
	case l.breaks:
		b.trait("breaks at a failure")
		b.line("parts = append(parts, err.Error())")
		b.line("break")
	default:
		if b.chance(4) && !b.full(1) {
			b.trait("handler writes")
			b.op(oracle.Writes, "h")
			b.line(`_ = s.Put(ctx, "h", id)`)
		}
		b.line("%s", b.failure())
	}
}

// second writes another call of the round, mostly one that needs the first.
func (b *builder) second(l *loop, first variable) []variable {
	b.trait("two calls a round")
	for _, id := range b.distinct() {
		b.op(oracle.Reads, "x"+id)
	}
	with := pick(b.r, first.name, first.name, `"z"`)
	c := pick(b.r,
		call{`s.Ask(ctx, "x"+id, ` + with + `)`, []string{"string"}, true, "more"},
		call{`rowsOf(ctx, db, "x"+id, ` + with + `)`, []string{"[]string"}, true, "more"})
	return b.roundCall(l, c)
}

// collector chooses what is done with the results, and declares what that needs.
func (b *builder) collector(_ *loop, _ call) string {
	switch n := b.r.IntN(100); {
	case n < 12:
		b.line("found := map[string]string{}")
		b.vars = append(b.vars, variable{"found", "map"})
		return "map"
	case n < 24:
		b.line("slots := make([]string, len(ids))")
		b.vars = append(b.vars, variable{"slots", "[]string"})
		return "index"
	case n < 36:
		b.line("sum := 0")
		b.vars = append(b.vars, variable{"sum", "int"})
		return "sum"
	case n < 48:
		return "filter"
	case n < 52:
		return "concat"
	case n < 56:
		return "search"
	case n < 60:
		return "enough"
	case n < 66:
		return "write"
	}
	return "append"
}

// rest is what is done with the results of a round.
func (b *builder) rest(l *loop, made []variable, collect string) {
	text := `"done " + id`
	for i, v := range made {
		if i == 0 {
			text = v.text()
		} else {
			text += " + " + v.text()
		}
	}
	if b.traits["same call each round"] || b.traits["argument that counts"] {
		text += " + id" // which nothing else may name
	}
	if l.carried != "" {
		b.line("%s = id", l.carried)
	}
	if b.traits["fills items"] {
		b.line("items[i].Value = %s", text)
		text = "items[i].Value"
	}
	b.trait(collect)
	switch collect {
	case "map":
		b.line("found[%s] = %s", pick(b.r, "id", "id", `"k"`), text)
	case "index":
		if l.i == "i" {
			b.line("slots[i] = %s", text)
		} else {
			b.line("slots[len(parts)%%len(slots)] += %s", text)
		}
	case "sum":
		b.line("sum += len(%s)", text)
	case "filter":
		b.line("if got := %s; strings.HasPrefix(got, %q) {\n%scontinue\n%s}", text, pick(b.r, "what b", "what a"), strings.Repeat("\t", b.depth+1), strings.Repeat("\t", b.depth))
		b.line("parts = append(parts, %s)", text)
	case "concat":
		b.line("parts = []string{strings.Join(parts, \"\") + %s}", text)
	case "search":
		b.line("parts = append(parts, %s)", text)
		b.line("if strings.HasPrefix(%s, %q) {\n%sbreak\n%s}", text, pick(b.r, "what a", "what b"), strings.Repeat("\t", b.depth+1), strings.Repeat("\t", b.depth))
	case "enough":
		b.line("parts = append(parts, %s)", text)
		b.line("if len(parts) == 2 {\n%sbreak\n%s}", strings.Repeat("\t", b.depth+1), strings.Repeat("\t", b.depth))
	case "write":
		for _, id := range b.distinct() {
			b.op(oracle.Writes, id)
		}
		b.open("if err := %s; err != nil {", b.writes("id", text).expr)
		b.line("%s", b.failure())
		b.shut()
	default:
		b.line("parts = append(parts, %s)", text)
	}
	if b.chance(4) {
		b.trait("memory between")
		b.line("v.%s", pick(b.r, "n++", "last = id", fmt.Sprintf("cache[%q] = id", "b")))
	}
}
