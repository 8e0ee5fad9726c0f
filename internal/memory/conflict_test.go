package memory

import (
	"go/ast"
	"strings"
	"testing"
)

// Each function has two calls in a row, of a or b; the verdict is on these two.
var conflicts = []struct{ name, source, want string }{
	{"one receiver", `
type T struct { m map[string]int; n int; mu sync.Mutex; k int }
func (t *T) put(k string) { t.m[k] = 1 }
func (t *T) get() int { return t.n }
func (t *T) set() { t.n = 1 }
func (t *T) other() { t.k = 1 }
func (t *T) safe() { t.mu.Lock(); t.m["x"] = 1; t.mu.Unlock() }
func (t *T) keyed() { t.mu.Lock(); t.n++; t.mu.Unlock() }
func maps(t *T) { t.put("a"); t.put("b") }
func reads(t *T) { t.get(); t.get() }
func write(t *T) { t.get(); t.set() }
func fields(t *T) { t.get(); t.other() }
func locked(t *T) { t.safe(); t.safe() }
func half(t *T) { t.keyed(); t.get() }
func two(a, b *T) { a.set(); b.set() }
func twoLocked(a, b *T) { a.safe(); b.safe() }
func twoKeyed(a, b *T) { a.keyed(); b.keyed() }
func own() { var a, b T; a.set(); b.set() }
func made() { a, b := newT(), newT(); a.set(); b.set() }
func newT() *T { return &T{} }
func same() { a := newT(); a.set(); a.set() }
`, `
maps: conflict
reads: disjoint
write: conflict
fields: disjoint
locked: disjoint
half: conflict
two: unsure
twoLocked: unsure
twoKeyed: disjoint
own: disjoint
made: disjoint
same: conflict
`},
	{"types", `
type A struct { n int }
type B struct { s string; a A }
type C struct { s string }
func setA(a *A) { a.n = 1 }
func setB(b *B) { b.s = "x" }
func setC(c *C) { c.s = "x" }
func apart(a *A, c *C) { setA(a); setC(c) }
func within(a *A, b *B) { setA(a); setB(b) }
func ints(a *A, p *int) { setA(a); inc(p) }
func inc(p *int) { *p++ }
func elems(xs []int) { put(xs, 1); put(xs, 2) }
func put(xs []int, i int) { xs[i] = i }
type D struct { a *A; c *C }
func (d *D) apart() { setA(d.a); setC(d.c) }
type E struct { a, b *A }
func (e *E) maybe() { setA(e.a); setA(e.b) }
`, `
apart: disjoint
within: unsure
ints: unsure
elems: unsure
D.apart: disjoint
E.maybe: unsure
`},
	{"atomic and once", `
type T struct { n atomic.Int64; raw int64; once sync.Once; v int; m sync.Map }
func (t *T) inc() { t.n.Add(1) }
func (t *T) old() { atomic.AddInt64(&t.raw, 1) }
func (t *T) peek() int64 { return t.raw }
func (t *T) lazy() int { t.once.Do(func() { t.v = 1 }); return t.v }
func (t *T) early() int { return t.v }
func (t *T) store() { t.m.Store(1, 2) }
func counts(t *T) { t.inc(); t.inc() }
func mixed(t *T) { t.old(); t.peek() }
func once(t *T) { t.lazy(); t.lazy() }
func before(t *T) { t.lazy(); t.early() }
func shared(t *T) { t.store(); t.store() }
`, `
counts: disjoint
mixed: conflict
once: disjoint
before: conflict
shared: disjoint
`},
	{"handles", `
func tx(ctx context.Context, tx *sql.Tx) { get(ctx, tx); get(ctx, tx) }
func get(ctx context.Context, tx *sql.Tx) { tx.ExecContext(ctx, "x") }
func pool(ctx context.Context, db *sql.DB) { ask(ctx, db); ask(ctx, db) }
func ask(ctx context.Context, db *sql.DB) { db.ExecContext(ctx, "x") }
type querier interface { QueryRowContext(context.Context, string, ...any) *sql.Row }
func hidden(ctx context.Context, q querier) { row(ctx, q); row(ctx, q) }
func row(ctx context.Context, q querier) { q.QueryRowContext(ctx, "x") }
func scan(ctx context.Context, db *sql.DB) { var a, b int; one(ctx, db, &a); one(ctx, db, &b) }
func one(ctx context.Context, db *sql.DB, n *int) { db.QueryRowContext(ctx, "x").Scan(n) }
func env() { set(); set() }
func set() { os.Setenv("A", "b") }
func envRead(p *int) { set(); inc(p) }
func inc(p *int) { *p++ }
`, `
tx: conflict
pool: disjoint
hidden: unsure
scan: disjoint
env: conflict
envRead: disjoint
`},
	{"what is reached", `
type stats struct { users, orders int; names []string; at struct { x, y int } }
func count(ctx context.Context, db *sql.DB, n *int) { db.QueryRowContext(ctx, "x").Scan(n) }
func names(ctx context.Context, db *sql.DB, s *[]string) { db.QueryRowContext(ctx, "x").Scan(s) }
func load(ctx context.Context, db *sql.DB, s *stats) { db.QueryRowContext(ctx, "x").Scan(s) }
func point(ctx context.Context, db *sql.DB, p *struct { x, y int }) { db.QueryRowContext(ctx, "x").Scan(p) }
func fields(ctx context.Context, db *sql.DB) { var s stats; count(ctx, db, &s.users); count(ctx, db, &s.orders) }
func field(ctx context.Context, db *sql.DB) { var s stats; count(ctx, db, &s.users); count(ctx, db, &s.users) }
func given(ctx context.Context, db *sql.DB, s *stats) { count(ctx, db, &s.users); count(ctx, db, &s.orders) }
func beside(ctx context.Context, db *sql.DB) { var s stats; count(ctx, db, &s.users); names(ctx, db, &s.names) }
func whole(ctx context.Context, db *sql.DB) { var s stats; count(ctx, db, &s.users); load(ctx, db, &s) }
func part(ctx context.Context, db *sql.DB) { var s stats; count(ctx, db, &s.at.x); point(ctx, db, &s.at) }
func elems(ctx context.Context, db *sql.DB, n []int) { count(ctx, db, &n[0]); count(ctx, db, &n[1]) }
func eithers(ctx context.Context, db *sql.DB, p, q *int) { count(ctx, db, p); count(ctx, db, q) }
`, `
fields: disjoint
field: conflict
given: disjoint
beside: conflict
whole: conflict
part: conflict
elems: unsure
eithers: unsure
`},
	{"nothing to write to", `
var log io.Writer
func drop() { io.WriteString(io.Discard, "x") }
func note() { io.WriteString(log, "x") }
func drops() { drop(); drop() }
func notes() { note(); note() }
`, `
drops: disjoint
notes: unsure
`},
	{"globals and opaque", `
var Shown, hidden int
func setHidden() { hidden = 1 }
func setShown() { Shown = 1 }
func asm(p *int)
type store interface { Get() }
func two() { setHidden(); setHidden() }
func apart() { setHidden(); setShown() }
func shown(s store) { s.Get(); setShown() }
func unseen(s store) { s.Get(); setHidden() }
func both(s store) { s.Get(); s.Get() }
func local(s store) { n := 1; s.Get(); inc(&n) }
func given(s store) { n := 1; asm(&n); inc(&n) }
func inc(p *int) { *p++ }
`, `
two: conflict
apart: disjoint
shown: unsure
unseen: disjoint
both: unsure
local: disjoint
given: unsure
`},
}

func TestConflicts(t *testing.T) {
	for _, c := range conflicts {
		t.Run(c.name, func(t *testing.T) {
			p := newWorld(t).add(t, "p", c.source)
			for line := range strings.Lines(strings.TrimSpace(c.want)) {
				name, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
				a, b := p.lastTwo(t, name)
				v := Conflict(p.Call(a), p.Call(b))
				if got := v.Grade.String(); got != want {
					t.Errorf("%s: got %s (%s), want %s\n%s\n%s", name, got, v.Why, want, p.Call(a), p.Call(b))
				}
				back := Conflict(p.Call(b), p.Call(a))
				if back.Grade != v.Grade {
					t.Errorf("%s: %s one way, %s the other", name, v.Grade, back.Grade)
				}
				if v.Why == "" || v.Grade == Conflicts && (!v.At.IsValid() || !v.Other.IsValid()) {
					t.Errorf("%s: no reason or no place in %+v", name, v)
				}
			}
		})
	}
}

// lastTwo are the last two statements that are calls in a function.
func (c *checked) lastTwo(t *testing.T, fn string) (a, b *ast.CallExpr) {
	t.Helper()
	var list []*ast.CallExpr
	for _, s := range c.body(t, fn).List {
		if x, ok := s.(*ast.ExprStmt); ok {
			if call, ok := x.X.(*ast.CallExpr); ok {
				list = append(list, call)
			}
		}
	}
	if len(list) < 2 {
		t.Fatalf("%s has no two calls", fn)
	}
	return list[len(list)-2], list[len(list)-1]
}
