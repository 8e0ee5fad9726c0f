package memory

import (
	"slices"
	"testing"
)

const library = `
type Store struct { mu sync.Mutex; idx map[string]*Doc; n int; db *sql.DB; log func(string) }
type Doc struct { Name string; Next *Doc }
func New(db *sql.DB) *Store { return &Store{db: db, idx: map[string]*Doc{}} }
func (s *Store) Get(k string) *Doc { s.mu.Lock(); defer s.mu.Unlock(); return s.idx[k] }
func (s *Store) Put(k string, d *Doc) { s.note(k); s.idx[k] = d }
func (s *Store) note(k string) { s.n++ }
func (s *Store) Say(k string) { s.log(k) }
func (d *Doc) Rename(n string) { d.Name = n }
func Each(docs []*Doc, f func(*Doc)) { for _, d := range docs { f(d) } }
type Getter interface { Get(string) *Doc }
func Any(g Getter) { g.Get("x") }
func Reset(d *Doc) { *d = Doc{} }
type hidden struct{ n int }
func Hidden() *hidden { return &hidden{} }
func (h *hidden) Set() { h.n = 1 }
type List[T any] struct{ items []T }
func (l *List[T]) Add(x T) { l.items = append(l.items, x) }
var Total int
func Count() { Total++ }
func Even(n int) { if n > 0 { odd(n - 1) } }
func odd(n int) { Total = n; Even(n - 1) }
func Lock(s *Store) { s.mu.Lock() }
`

const program = `
type app struct { s *lib.Store; docs []*lib.Doc; count int; list lib.List[*lib.Doc] }
func (a *app) get() *lib.Doc { return a.s.Get("x") }
func (a *app) put(d *lib.Doc) { a.s.Put("x", d) }
func (a *app) all() { lib.Each(a.docs, func(d *lib.Doc) { a.count++; d.Rename("x") }) }
func fresh(db *sql.DB) { lib.New(db).Put("x", nil) }
func say(a *app) { a.s.Say("x") }
func any(g lib.Getter) { lib.Any(g) }
func reset(d *lib.Doc) { lib.Reset(d) }
func hide() { lib.Hidden().Set() }
func add(a *app, d *lib.Doc) { a.list.Add(d) }
func count() { lib.Count(); lib.Even(3) }
func locked(s *lib.Store) { lib.Lock(s); s.Put("x", nil) }
func twice(a *app) { a.s.Put("x", nil); a.s.Put("y", nil) }
func safe(a *app) { a.s.Get("x"); a.s.Get("y") }
func apart(a, b *app) { a.count = 1; b.s.Get("x") }
`

// What a package tells of itself is the same within one process and between two.
func TestFacts(t *testing.T) {
	want := map[string]string{
		"app.get": "reads recv.s; reads recv.s.idx under recv.s.mu; reads recv.s.idx[] under recv.s.mu; locks recv.s.mu; result 0 is recv.s.idx[]",
		"app.put": "reads recv.s; reads recv.s.idx; reads recv.s.n; writes recv.s.idx[]; writes recv.s.n; retains 0",
		"app.all": "reads recv.count; reads recv.docs; reads recv.docs[]; writes recv.count; writes recv.docs[].Name",
		"fresh":   "",
		"say":     "reads 0.s; reads 0.s.log; calls 0.s.log",
		"any":     "reads 0.idx under 0.mu; reads 0.idx[] under 0.mu; locks 0.mu; opaque Getter.Get",
		"reset":   "writes *0",
		"hide":    "",
		"count":   "reads lib.Total; writes lib.Total",
	}
	type answer struct{ words, grade string }
	answers := map[bool]map[string]answer{}
	for _, gob := range []bool{false, true} {
		w := newWorld(t)
		w.gob = gob
		w.add(t, "example.com/lib", library)
		p := w.add(t, "example.com/app", program)
		got := map[string]answer{}
		for _, d := range p.names(t) {
			s := p.Of(p.fn(t, d))
			a := answer{words: s.String()}
			for _, r := range s.Reasons() {
				a.words += "\n" + r
			}
			if slices.Contains([]string{"twice", "safe"}, d) {
				x, y := p.lastTwo(t, d)
				v := Conflict(p.Call(x), p.Call(y))
				a.grade = v.Grade.String() + " " + v.Why
			}
			got[d] = a
			if words, ok := want[d]; ok && s.String() != words {
				t.Errorf("gob %v: %s:\n got %s\nwant %s", gob, d, s, words)
			}
		}
		answers[gob] = got
	}
	for name, a := range answers[false] {
		if b := answers[true][name]; a != b {
			t.Errorf("%s: within one process\n%v\nand between two\n%v", name, a, b)
		}
	}
	t.Log(answers[true]["twice"], answers[true]["safe"])
}
