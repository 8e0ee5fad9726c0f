package programs

import (
	"fmt"
	"strings"

	"github.com/goherd/goherd/internal/herdtest/oracle"
)

// callsFunction writes calls in a row, and what stands around them.
func (b *builder) callsFunction() {
	b.p.IDs = []string{"i", "j"}
	b.parts = b.chance(50)
	if b.parts {
		b.line("var parts []string")
	}
	b.opening()
	n := 2 + b.r.IntN(4)
	for range n {
		if b.full(2) {
			break
		}
		if b.chance(30) {
			b.between()
		}
		if b.parts && b.chance(15) {
			b.conditional()
		} else {
			b.aCall()
		}
	}
	if b.chance(20) {
		b.between()
	}
	b.end("nil")
}

// opening is what some functions begin with.
func (b *builder) opening() {
	switch b.r.IntN(30) {
	case 0:
		b.trait("recovers")
		b.line(`defer func() { _ = recover() }()`)
		if !b.full(2) {
			b.op(oracle.Reads, "p")
			b.line(`must := v.MustRow(ctx, "p")`)
			b.vars = append(b.vars, variable{"must", "string"})
		}
	case 1:
		b.trait("deferred write")
		b.op(oracle.Writes, "d")
		b.line(`defer func() { _ = s.Put(ctx, "d", "at the end") }()`)
	}
}

// conditional writes an if with a call or two in it.
func (b *builder) conditional() {
	b.trait("condition")
	cond := pick(b.r, "on", "!on", "len(ids) > 1")
	if some := b.aString(""); some != "" && b.chance(30) {
		cond = some + ` != ""`
	}
	b.open("if %s {", cond)
	seen, err := len(b.vars), b.err
	b.aCall()
	if b.chance(20) && !b.full(2) {
		b.aCall()
	}
	for _, v := range b.vars[seen:] {
		b.line("parts = append(parts, %s)", v.text())
	}
	b.vars, b.err = b.vars[:seen], err
	b.shut()
}

// aCall writes a call and what is done with its error.
func (b *builder) aCall() {
	if b.chance(3+b.rash/20) && b.loops == 0 {
		b.body_()
		return
	}
	key, kind := b.key(), oracle.Reads
	if b.chance(5) {
		b.trait("argument that counts")
		key = b.counting(key)
	}
	name := strings.Trim(key, `"`)
	if key[0] != '"' {
		name = string(rune('a' + len(b.p.Ops)))
	}
	var c call
	switch {
	case b.chance(4):
		b.pointer(key, name)
		return
	case b.chance(b.rash):
		c, kind = b.rashly(key)
	default:
		c = b.reads(key)
	}
	b.op(kind, name)
	b.member(c)
}

// counting is an argument that does something itself.
func (b *builder) counting(key string) string {
	keys := b.fresh("keys")
	b.line("%s := &cursor{keys: []string{%q}}", keys, string(rune('a'+len(b.p.Ops))))
	return keys + ".next()"
}

// pointer writes a call that writes through a pointer.
func (b *builder) pointer(key, name string) {
	b.trait("pointer")
	b.op(oracle.Reads, name)
	into := b.fresh("filled")
	if some := b.aString(""); some != "" && b.chance(40) {
		into = some
	} else {
		b.line("var %s string", into)
		b.vars = append(b.vars, variable{into, "string"})
	}
	b.line("if err := v.Fill(ctx, %s, &%s); err != nil {", key, into)
	b.depth++
	b.line("%s", b.failure())
	b.shut()
}

// body_ opens something, and has it closed.
func (b *builder) body_() {
	b.trait("resource")
	name, err := b.fresh("body"), ":="
	key := string(rune('a' + len(b.p.Ops)))
	b.op(oracle.Opens, key)
	b.line("%s, err %s s.OpenBody(ctx, %q)", name, err, key)
	b.err = true
	b.check(nil)
	if b.chance(80) {
		b.line("defer %s.Close()", name)
	} else {
		b.line("_ = %s.Close()", name)
	}
}

// member writes a call in one of the ways in which people do.
func (b *builder) member(c call) {
	var made []variable
	for _, typ := range c.gives {
		made = append(made, variable{b.fresh(c.base), typ})
	}
	names := make([]string, len(made))
	for i, v := range made {
		names[i] = v.name
	}
	lhs := strings.Join(names, ", ")
	switch {
	case !c.fails:
		b.line("%s := %s", lhs, c.expr)
		b.vars = append(b.vars, made...)
	case len(made) == 0:
		b.trait("error alone")
		b.open("if err := %s; err != nil {", c.expr)
		b.line("%s", b.failure())
		b.shut()
	case b.chance(8):
		b.trait("error dropped")
		b.line("%s, _ := %s", lhs, c.expr)
		b.vars = append(b.vars, made...)
	case b.chance(15):
		b.trait("declared before")
		for _, v := range made {
			b.line("var %s %s", v.name, v.typ)
		}
		if !b.err {
			b.line("var err error")
			b.err = true
		}
		if b.chance(50) {
			b.line("%s, err = %s", lhs, c.expr)
			b.check(made)
		} else {
			b.open("if %s, err = %s; err != nil {", lhs, c.expr)
			b.handler(made)
			b.shut()
		}
		b.vars = append(b.vars, made...)
	default:
		b.line("%s, err := %s", lhs, c.expr)
		b.err = true
		b.check(made)
		b.vars = append(b.vars, made...)
	}
}

// check looks at err.
func (b *builder) check(made []variable) {
	b.open("if err != nil {")
	b.handler(made)
	b.shut()
}

// handler is what is done about an error.
func (b *builder) handler(made []variable) {
	switch n := b.r.IntN(100); {
	case n < 6 && len(made) > 0 && made[0].typ == "string":
		b.trait("goes on")
		b.line("%s = %q", made[0].name, "none")
		return
	case n < 8 && b.parts:
		b.trait("goes on")
		b.line("parts = append(parts, err.Error())")
		return
	case n < 10 && !b.full(1):
		b.trait("handler writes")
		b.op(oracle.Writes, "h")
		b.line(`_ = s.Put(ctx, "h", "failed")`)
	case n < 12:
		b.trait("handler logs")
		b.line("log.Print(err)")
	case n < 14:
		b.trait("asks for the context's error")
		b.open("if errors.Is(err, context.Canceled) {")
		b.line("return %s, nil", b.result.zero)
		b.shut()
	case n < 16:
		b.trait("handler marks")
		b.line("v.n++")
	}
	b.line("%s", b.failure())
}

// between is what stands between calls.
func (b *builder) between() {
	some := b.aString(`"nothing"`)
	switch b.r.IntN(16) {
	case 0, 1, 2:
		name := b.fresh("n")
		b.line("%s := len(%s)", name, some)
		b.vars = append(b.vars, variable{name, "int"})
	case 3, 4:
		if b.parts {
			b.line("parts = append(parts, %s)", some)
		}
	case 5:
		b.trait("returns early")
		b.open("if %s %s %q {", some, pick(b.r, "==", "!="), "what a has@0")
		b.line("return %s, nil", b.result.zero)
		b.shut()
	case 6:
		if b.full(1) {
			return
		}
		b.trait("write between")
		key := string(rune('a' + b.r.IntN(len(b.p.Ops)+1)))
		c := b.writes(fmt.Sprintf("%q", key), some)
		b.op(oracle.Writes, key)
		b.open("if err := %s; err != nil {", c.expr)
		b.line("%s", b.failure())
		b.shut()
	case 7:
		if b.full(1) {
			return
		}
		b.trait("write unseen")
		key := string(rune('a' + b.r.IntN(len(b.p.Ops)+1)))
		b.op(oracle.Writes, key)
		b.line("_ = %s", b.writes(fmt.Sprintf("%q", key), `"v"`).expr)
	case 8:
		b.trait("sleeps")
		b.line("time.Sleep(7 * time.Millisecond)")
	case 9:
		b.trait("memory between")
		b.line("v.%s", pick(b.r, "n++", `prefix = "p-"`, "last = "+some, `cache["b"] = "from memory"`))
	case 10:
		b.trait("lock between")
		b.line("v.mu.Lock()\n\tv.calls++\n\tv.mu.Unlock()")
	case 11:
		b.trait("log between")
		b.line("log.Print(%s)", some)
	case 12:
		b.trait("argument changes")
		b.line("ids[0] = %s", some)
	case 13:
		b.trait("panics")
		b.open("if %s == %q {", some, "what b has@0")
		b.line("panic(\"never mind\")")
		b.shut()
	case 14:
		b.trait("closure")
		name := b.fresh("f")
		b.line("%s := func() string { return %s }", name, some)
		out := b.fresh("said")
		b.line("%s := %s()", out, name)
		b.vars = append(b.vars, variable{out, "string"})
	default:
		b.trait("defer between")
		b.line("defer func() { v.n += len(%s) }()", some)
	}
}
