package programs

import (
	"fmt"

	"github.com/goherd/goherd/internal/herdtest/oracle"
)

// A family of callees.
type family int

// The families: a database, an interface, a service with memory of its own, HTTP.
const (
	inDatabase family = iota
	inStore
	inService
	inWeb
)

// A call is one that a function makes.
type call struct {
	expr  string
	gives []string // types of its results, the error left out
	fails bool     // an error comes last
	base  string   // of the names of its results
}

// key is the next one that nobody has used, as a literal; once in a while an old one.
func (b *builder) key() string {
	if n := len(b.p.Ops); n > 0 && b.chance(4) {
		b.trait("same key")
		return fmt.Sprintf("%q", b.p.Ops[b.r.IntN(n)].Name)
	}
	return fmt.Sprintf("%q", string(rune('a'+len(b.p.Ops))))
}

// reads writes a call that only reads, about key, which is an expression.
func (b *builder) reads(key string) call {
	f := b.family
	if b.chance(15) {
		f = family(b.r.IntN(4))
	}
	of := fmt.Sprintf("%q", "x")
	if b.chance(25) {
		if of = b.aString(of); of[0] != '"' {
			b.trait("dependence")
		}
	}
	switch f {
	case inDatabase:
		return pick(b.r,
			call{"rowOf(ctx, db, " + key + ")", []string{"string"}, true, "row"},
			call{"rowOf(ctx, db, " + key + ")", []string{"string"}, true, "row"},
			call{"rowsOf(ctx, db, " + key + ", " + of + ")", []string{"[]string"}, true, "rows"})
	case inStore:
		return pick(b.r,
			call{"s.GetUser(ctx, " + key + ")", []string{"string"}, true, "user"},
			call{"s.GetSize(ctx, " + key + ")", []string{"int"}, true, "size"},
			call{"s.ListOrders(ctx, " + key + ", " + of + ")", []string{"[]string"}, true, "orders"},
			call{"s.FindPair(ctx, " + key + ", " + of + ")", []string{"string", "int"}, true, "pair"},
			call{"s.Ask(ctx, " + key + ", " + of + ")", []string{"string"}, true, "answer"})
	case inService:
		return pick(b.r,
			call{"v.Plain(ctx, " + key + ")", []string{"string"}, true, "plain"},
			call{"v.Row(ctx, " + key + ")", []string{"string"}, true, "row"},
			call{"v.NameOf(ctx, " + key + ")", []string{"string"}, false, "name"},
			call{"v.GetLocked(ctx, " + key + ")", []string{"string"}, true, "locked"},
			call{"v.GetKept(ctx, " + key + ")", []string{"string"}, true, "kept"})
	}
	return call{"web.page(ctx, " + key + ")", []string{"string"}, true, "page"}
}

// hazards is how many there are to choose from.
const hazards = 14

// rashly writes a call with a hazard, and says which; kind is what it does.
func (b *builder) rashly(key string) (c call, kind oracle.Kind) {
	one := func(name, receiver string) call {
		return call{receiver + "(ctx, " + key + ")", []string{"string"}, true, name}
	}
	var trait string
	kind = oracle.Reads
	which := b.r.IntN(hazards)
	if b.usual >= 0 && b.chance(80) {
		which = b.usual
	}
	switch which {
	case 0:
		trait, c = "counts without a lock", one("counted", "v.GetCounted")
	case 1:
		trait, c = "remembers the last", one("last", "v.GetAfterLast")
	case 2:
		trait, c = "cache without a lock", one("cached", "v.GetCached")
	case 3:
		trait, c = "numbers its answers", one("numbered", "v.GetNumbered")
	case 4:
		trait, c = "lists under a lock", one("listed", "v.GetListed")
	case 5:
		trait, c = "read that writes", one("marked", "v.GetMarked")
		b.op(oracle.Writes, "mark")
	case 6:
		trait, c = "package variable", call{"getTotal(ctx, db, " + key + ")", []string{"string"}, true, "total"}
	case 7:
		trait, c = "no context", call{"s.LookupStatic(" + key + ")", []string{"string"}, true, "static"}
	case 8:
		trait, c = "detached", one("detached", "v.GetDetached")
	case 9:
		trait, c, kind = "unknown verb", one("done", "s.Process"), oracle.Writes
	case 10:
		trait, c, kind = "creates", call{"s.CreateOne(ctx, " + key + `, "v")`, []string{"string"}, true, "made"}, oracle.Writes
	case 11:
		trait, c, kind = "update that returns", call{"nextOf(ctx, db, " + key + ")", []string{"string"}, true, "next"}, oracle.Writes
	case 12:
		trait, c = "guard", call{"s.CheckAccess(ctx, " + key + ")", nil, true, "ok"}
	default:
		trait, c = "other context", call{"s.GetUser(context.WithoutCancel(ctx), " + key + ")", []string{"string"}, true, "user"}
	}
	b.trait(trait)
	return c, kind
}

// writes writes a call whose only result is an error.
func (b *builder) writes(key, value string) call {
	switch b.family {
	case inDatabase:
		return call{"setRow(ctx, db, " + key + ", " + value + ")", nil, true, "set"}
	case inWeb:
		return call{"web.send(ctx, " + key + ", " + value + ")", nil, true, "sent"}
	}
	return call{"s.Put(ctx, " + key + ", " + value + ")", nil, true, "put"}
}
