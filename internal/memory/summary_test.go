package memory

import (
	"strings"
	"testing"
)

// Each source is followed by what its functions do, one a line: "name: words".
var summaries = []struct{ name, source, want string }{
	{"fields", `
type T struct { a, b int; next *T; m map[string]int; s []string }
func (t *T) get() int { return t.a }
func (t *T) set(n int) { t.a = n }
func (t *T) deep() { t.next.next.next.a = 1 }
func (t *T) fill(k string) { t.m[k]++ }
func (t T) copy() { t.a = 1 }
func (t T) behind() { t.m["x"] = 1 }
func whole(t *T) { *t = T{} }
func elem(s []int) int { s[0] = 1; return s[1] }
func ptr(p *int) { *p++ }
`, `
T.get: reads recv.a
T.set: writes recv.a
T.deep: reads recv.next; reads recv.next.next; reads recv.next.next*; writes recv.next.next*
T.fill: reads recv.m; reads recv.m[]; writes recv.m[]
T.copy:
T.behind: writes recv.m[]
whole: writes *0
elem: reads 0[]; writes 0[]
ptr: reads *0; writes *0
`},
	{"locals", `
type T struct { n int; p *T }
func fresh() *T { t := &T{}; t.n = 1; return t }
func param(p *T) *T { q := p; q.n = 1; return q }
func field(p *T) { q := p.p; q.n = 1 }
func addr(p *T) *int { return &p.n }
func viaStruct(p *T) { x := T{p: p}; x.p.n = 2 }
func either(a, b *T, c bool) { x := a; if c { x = b }; x.n = 3 }
var g T
func global() { g.n = 1; use(g.p) }
func use(*T) {}
func swap() { p := &g; p.n = 1 }
`, `
fresh: result 0 is fresh
param: writes 0.n; retains 0; result 0 is 0
field: reads 0.p; writes 0.p.n
addr: retains 0; result 0 is &0.n
viaStruct: writes 0.n
either: writes 0.n; writes 1.n
global: reads p.g.p; writes p.g.n
swap: writes p.g.n
`},
	{"calls", `
type T struct { n int; p *T; mu sync.Mutex }
func set(t *T) { t.n = 1 }
func outer(t *T) { set(t.p) }
func local() { var t T; set(&t) }
func (t *T) m() { t.n = 1 }
func method(t *T) { f := t.m; f() }
func expr(t *T) { (*T).m(t) }
func id(t *T) *T { return t }
func through(t *T) { id(t).n = 1 }
func closure(t *T) { f := func() { t.n = 1 }; f() }
func later(t *T) func() { return func() { t.n = 1 } }
func each(f func(*T)) { f(nil) }
func visitor(t *T) { each(func(x *T) { t.n++ }) }
func deferred(t *T) { defer set(t) }
func spawn(t *T) { go set(t) }
func joined(t *T) { var wg sync.WaitGroup; wg.Go(func() { t.n = 1 }); wg.Wait() }
func even(n int, t *T) { if n > 0 { odd(n-1, t) } }
func odd(n int, t *T) { t.n++; even(n-1, t) }
func walk(t *T) { if t != nil { t.n = 1; walk(t.p) } }
`, `
outer: reads 0.p; writes 0.p.n
local:
method: writes 0.n
expr: writes 0.n
through: writes 0.n
closure: writes 0.n
later: retains 0; result 0 is fresh or has 0
each: calls 0
visitor: reads 0.n; writes 0.n
deferred: writes 0.n
spawn: writes 0.n; retains 0
joined: writes 0.n
even: reads 1.n; writes 1.n
odd: reads 1.n; writes 1.n
walk: reads 0.p; reads 0.p.p; reads 0.p.p*; writes 0.n; writes 0.p.n; writes 0.p.p*
`},
	{"locks", `
type T struct { mu sync.Mutex; rw sync.RWMutex; n int; m map[string]int; once sync.Once; a atomic.Int64; raw int64; sm sync.Map }
func (t *T) whole() { t.mu.Lock(); defer t.mu.Unlock(); t.n++ }
func (t *T) part() { t.mu.Lock(); t.n++; t.mu.Unlock(); t.n++ }
func (t *T) one(b bool) { if b { t.mu.Lock() }; t.n = 1 }
func (t *T) read() int { t.rw.RLock(); defer t.rw.RUnlock(); return t.n }
func (t *T) lock() { t.mu.Lock() }
func (t *T) unlock() { t.mu.Unlock() }
func (t *T) wrapped() { t.lock(); t.n = 1; t.unlock() }
func (t *T) under() { t.mu.Lock(); t.bump(); t.mu.Unlock() }
func (t *T) bump() { t.n = 1 }
func (t *T) lazy() int { t.once.Do(func() { t.n = 1 }); return t.n }
func (t *T) count() { t.a.Add(1) }
func (t *T) old() { atomic.AddInt64(&t.raw, 1) }
func (t *T) shared(k, v string) { t.sm.Store(k, v) }
func (t *T) loop(xs []int) { for range xs { t.mu.Lock(); t.n++; t.mu.Unlock() } }
func (t *T) early(b bool) { t.mu.Lock(); if b { t.mu.Unlock(); return }; t.n = 1; t.mu.Unlock() }
func (t *T) spawned() { t.mu.Lock(); defer t.mu.Unlock(); go func() { t.n = 1 }() }
func (t *T) breaks(xs []int) { t.mu.Lock(); for range xs { if t.n > 0 { t.mu.Unlock(); break } }; t.n = 1 }
func local() { var mu sync.Mutex; mu.Lock(); g = 1; mu.Unlock() }
var g int
`, `
T.whole: reads recv.n under recv.mu; writes recv.n under recv.mu; locks recv.mu
T.part: reads recv.n; writes recv.n; locks recv.mu
T.one: writes recv.n; locks recv.mu
T.read: reads recv.n under recv.rw (read); locks recv.rw (read)
T.lock: locks recv.mu and keeps it
T.unlock: unlocks recv.mu
T.wrapped: writes recv.n under recv.mu; locks recv.mu
T.under: writes recv.n under recv.mu; locks recv.mu
T.lazy: reads recv.n under recv.once (read); writes recv.n under recv.once; locks recv.once; locks recv.once (read) and keeps it
T.count: writes recv.a atomically
T.old: writes recv.raw atomically
T.shared:
T.loop: reads recv.n under recv.mu; writes recv.n under recv.mu; locks recv.mu
T.early: writes recv.n under recv.mu; locks recv.mu
T.spawned: writes recv.n; locks recv.mu; retains recv
T.breaks: reads recv.n under recv.mu; writes recv.n; locks recv.mu
local: writes p.g
`},
	{"retains", `
type T struct { list []*T; m map[string]*T; n int; name string; ch chan *T }
func (t *T) add(x *T) { t.list = append(t.list, x) }
func (t *T) put(k string, x *T) { t.m[k] = x }
func (t *T) named(x *T) { t.name = x.name }
func (t *T) send(x *T) { t.ch <- x }
func (t *T) cached(k string) *T { x := &T{}; x.n = 1; t.m[k] = x; x.n = 2; return x }
var all []*T
func keep(x *T) { all = append(all, x) }
func local(x *T) { var t T; t.add(x); t.list[0].n = 1 }
func hold(x *T) *T { return &T{list: []*T{x}} }
func use(x *T) { hold(x).list[0].n = 1 }
func ctx(c context.Context) context.Context { return context.WithValue(c, "k", 1) }
func timeout(c context.Context) { c, cancel := context.WithTimeout(c, 1); defer cancel(); _ = c }
`, `
T.add: reads recv.list; reads recv.list[]; writes recv.list; writes recv.list[]; retains 0
T.put: reads recv.m; writes recv.m[]; retains 1
T.named: reads 0.name; writes recv.name
T.send: reads recv.ch; retains 0
T.cached: reads recv.m; writes recv.m[]; writes recv.m[].n; result 0 is fresh or has ?* or recv.m[]
keep: reads p.all; reads p.all[]; writes p.all; writes p.all[]; retains 0
timeout:
local: writes 0.n
hold: retains 0; result 0 is fresh or has 0
use: reads 0*; writes 0*
`},
	// A function value that gets hold of what holds it.
	{"circles", `
type printer interface { Print(*P) }
type P struct { f func(); pr printer; n int }
func (p *P) update() { p.n++; p.pr.Print(p) }
func start(pr printer) *P { p := &P{pr: pr}; p.f = p.update; p.pr.Print(p); return p }
`, `
P.update: reads recv.n; reads recv.pr; writes recv.n; opaque printer.Print
start: reads ?.n; reads ?.pr; writes ?.f; writes ?.n; retains 0; result 0 is ?* or fresh or has 0 or has ?*; opaque printer.Print
`},
	{"opaque", `
type store interface { Get(ctx context.Context, id string) (*T, error) }
type T struct { s store; f func(*T); n int }
func (t *T) get(ctx context.Context) { t.s.Get(ctx, "x") }
func (t *T) call(x *T) { t.f(x) }
func asm(x *T)
func callsAsm(x *T) { asm(x) }
func odd(x *T) { p := (*int)(unsafe.Pointer(x)); *p = 1 }
func mirror(x *T) { reflect.ValueOf(x).Elem().Field(0).SetInt(1) }
type only interface { hidden() }
type impl struct { n int }
func (i *impl) hidden() { i.n = 1 }
func closed(o only) { o.hidden() }
func generic[P interface{ Set(int) }](p P) { p.Set(1) }
func list[E any](s []E, e E) { s[0] = e }
func uses(s []*T, t *T) { list(s, t) }
`, `
T.get: reads recv.s; opaque store.Get
T.call: reads recv.f; calls recv.f
callsAsm: opaque asm
generic: opaque interface{Set(int)}.Set
list: writes 0[]; retains 1
uses: writes 0[]; retains 1
mirror: reads 0*; writes 0*
closed: writes 0.n
odd: writes *0; writes ?*; opaque unsafe.Pointer
`},
	{"table", `
func sorted(xs []string) { slices.Sort(xs) }
func sortBy(xs []string, seen map[string]int) { slices.SortFunc(xs, func(a, b string) int { seen[a]++; return 0 }) }
func decode(data []byte, v *int) error { return json.Unmarshal(data, v) }
func query(ctx context.Context, db *sql.DB) error { _, err := db.ExecContext(ctx, "DELETE FROM t"); return err }
func tx(ctx context.Context, tx *sql.Tx) error { _, err := tx.ExecContext(ctx, "DELETE FROM t"); return err }
func env() { os.Setenv("A", "b") }
func build(b *strings.Builder) { b.WriteString("x") }
func clip(xs []int) []int { return append(xs[:1:1], 2) }
func room(xs []int) []int { return append(xs[:1], 2) }
func print(w io.Writer) { fmt.Fprintln(w, "x") }
`, `
sorted: writes 0*
sortBy: reads 1[]; writes 0*; writes 1[]
tx: writes 1* (a *sql.Tx, one user at a time)
env: writes the process
build: writes 0* (a *strings.Builder, one user at a time)
clip: reads 0[]; retains 0; result 0 is 0 or fresh
room: reads 0[]; writes 0[]; retains 0; result 0 is 0 or fresh
print: writes 0*
`},
}

func TestSummaries(t *testing.T) {
	for _, c := range summaries {
		t.Run(c.name, func(t *testing.T) {
			p := newWorld(t).add(t, "p", c.source)
			for line := range strings.Lines(strings.TrimSpace(c.want)) {
				name, want, _ := strings.Cut(strings.TrimSpace(line), ":")
				if got := p.words(t, name); got != strings.TrimSpace(want) {
					t.Errorf("%s:\n got %s\nwant %s", name, got, strings.TrimSpace(want))
				}
			}
		})
	}
}
