package memory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// large is a package of about n lines: types that call each other, through an
// interface too, with closures, loops, locks and maps.
func large(n int) string {
	var b strings.Builder
	b.WriteString("\ntype node interface { Visit(depth int, to *T0) *T0; Add(x *T0) }\n")
	types := n / 40
	for i := range types {
		next := (i + 1) % types
		fmt.Fprintf(&b, `
type T%[1]d struct {
	mu    sync.Mutex
	n     int
	peer  *T%[2]d
	list  []*T0
	index map[string]*T0
	kids  []node
}
func (t *T%[1]d) Visit(depth int, to *T0) *T0 {
	for _, k := range t.kids {
		if k.Visit(depth-1, to) != nil {
			t.Add(to)
		}
	}
	return to
}
func (t *T%[1]d) Add(x *T0) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, x)
	t.index["a"] = x
	t.peer.touch(x)
}
func (t *T%[1]d) touch(x *T0) {
	f := func() { t.n++; x.n = t.n }
	if t.n > %[1]d {
		f()
	}
	for i := range t.list {
		t.list[i] = t.index["b"]
	}
}
func make%[1]d(x *T0) *T%[1]d {
	t := &T%[1]d{index: map[string]*T0{}}
	t.list = append(t.list, x)
	return t
}
`, i, next)
	}
	return b.String()
}

// Fifty thousand lines take seconds, although half of the functions call each
// other through one interface.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	p := newWorld(t).add(t, "p", large(50_000))
	begun, opaque := time.Now(), 0
	names := p.names(t)
	for _, name := range names {
		s := p.Of(p.fn(t, name))
		if len(s.Opaque) > 0 {
			opaque++
		}
	}
	took := time.Since(begun)
	t.Logf("%d functions in %v, %d opaque", len(names), took, opaque)
	if took > time.Minute {
		t.Errorf("took %v", took)
	}
	if got := p.words(t, "T3.Visit"); !strings.Contains(got, "opaque") {
		t.Errorf("T3.Visit calls all others through an interface, but is %s", got)
	}
}

// Whoever is asked for first, and in whatever order, the answers are the same.
func TestOrderOfAsking(t *testing.T) {
	sources := []string{library, large(600)}
	for _, s := range summaries {
		sources = append(sources, s.source)
	}
	for _, source := range sources {
		var answers []map[string]string
		for _, turn := range []string{"forward", "backward", "from the middle"} {
			p := newWorld(t).add(t, "p", source)
			names := p.names(t)
			switch turn {
			case "backward":
				slices.Reverse(names)
			case "from the middle":
				names = append(names[len(names)/2:], names[:len(names)/2]...)
			}
			got := map[string]string{}
			for _, name := range names {
				s := p.Of(p.fn(t, name))
				got[name] = s.String() + "\n" + strings.Join(s.Reasons(), "\n")
			}
			answers = append(answers, got)
		}
		for name, want := range answers[0] {
			for _, got := range answers[1:] {
				if got[name] != want {
					t.Errorf("%s: asked in another order\n%s\nnot\n%s", name, got[name], want)
				}
			}
		}
	}
}

// A function that touches more than can be listed is too much to follow.
func TestMuch(t *testing.T) {
	var b strings.Builder
	b.WriteString("\ntype T struct {")
	for i := range 300 {
		fmt.Fprintf(&b, "f%d *int; ", i)
	}
	b.WriteString("}\nfunc much(t *T) {\n")
	for i := range 300 {
		fmt.Fprintf(&b, "*t.f%d = *t.f%d\n", i, (i+1)%300)
	}
	b.WriteString("}\nfunc calls(t *T) { much(t); much(t) }\n")
	p := newWorld(t).add(t, "p", b.String())
	for _, name := range []string{"much", "calls"} {
		if got := p.words(t, name); got != "opaque much" {
			t.Errorf("%s is %s", name, got)
		}
	}
	x, y := p.lastTwo(t, "calls")
	if v := Conflict(p.Call(x), p.Call(y)); v.Grade != Unsure || !strings.Contains(v.Why, tooMuch) {
		t.Errorf("got %s: %s", v.Grade, v.Why)
	}
}

// What can't be seen is never taken for nothing.
func TestPessimism(t *testing.T) {
	p := newWorld(t).add(t, "p", `
type T struct { n int; next *T; io.Writer }
type sum interface { ~int | ~int64 }
type setter[E any] interface { *E; Set(int) }
type rec interface { Step(r rec) rec }
type a struct{ n int }
type b struct{ n int }
func (x *a) Step(r rec) rec { x.n++; return r.Step(x) }
func (x *b) Step(r rec) rec { x.n++; return r.Step(x) }
func asm(t *T) *T
func throughAsm(t *T) { asm(t).n = 1 }
func embedded(t *T) { t.Write(nil) }
func pointer(t *T) { *(*int)(unsafe.Pointer(&t.n)) = 1 }
func address(t *T) uintptr { return uintptr(unsafe.Pointer(t)) }
func call(t *T) { reflect.ValueOf(t).Method(0).Call(nil) }
func add[N sum](xs []N) (out N) { for _, x := range xs { out += x }; return out }
func set[E any, P setter[E]](e *E) { P(e).Set(1) }
func jump(t *T) { var mu sync.Mutex; mu.Lock(); if t.n > 0 { goto out }; mu.Unlock(); out: t.n = 1 }
func iterate(seq func(yield func(*T) bool)) { for t := range seq { t.n = 1 } }
func stored(t *T, fs []func(*T)) { for _, f := range fs { f(t) } }
var table = map[string]func(*T){}
func looked(t *T) { table["x"](t) }
func nested(t *T) { t.next.next.next.next.next.n = 1 }
`)
	for name, want := range map[string]string{
		"throughAsm": "opaque asm",
		"embedded":   "writes 0.Writer*",
		"pointer":    "writes ?*",
		"address":    "",
		"call":       "opaque",
		"add":        "reads 0[]",
		"set":        "opaque",
		"jump":       "writes 0.n",
		"iterate":    "opaque an iterator",
		"stored":     "calls 1[]",
		"looked":     "opaque",
		"nested":     "writes 0.next.next*",
		"a.Step":     "opaque rec.Step",
	} {
		if got := p.words(t, name); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want it to have %q", name, got, want)
		}
	}
}

// After Release, only what was computed is known.
func TestRelease(t *testing.T) {
	w := newWorld(t)
	lib := w.add(t, "example.com/lib", library)
	app := w.add(t, "example.com/app", program)
	known := lib.words(t, "Store.Get")
	lib.Release()
	if got := lib.words(t, "Store.Get"); got != known {
		t.Errorf("released: got %s, want %s", got, known)
	}
	if got := lib.words(t, "Store.Put"); !strings.Contains(got, "opaque") {
		t.Errorf("nobody asked for Store.Put before, but it is %s", got)
	}
	if got := app.words(t, "app.put"); !strings.Contains(got, "opaque") {
		t.Errorf("app.put calls what is gone, but is %s", got)
	}
	call := app.calls(t, "twice", "")[0]
	app.Release()
	if v := Conflict(app.Call(call), app.Call(call)); v.Grade != Unsure {
		t.Errorf("without syntax two calls are %s", v.Grade)
	}
}
