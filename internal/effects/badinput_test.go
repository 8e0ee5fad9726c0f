package effects

import (
	"fmt"
	"go/types"
	"strings"
	"testing"
	"time"
)

// TestNoBody: of what has no body in view nothing good is known.
func TestNoBody(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
// Sum is in sum_amd64.s.
func Sum(a []byte) int
// linked is elsewhere, by go:linkname.
func linked(ctx context.Context, id string) error
type base interface { Get(string) string }
type wide interface { base; Put(string) }
type impl struct { base }
func sums() int { return Sum(nil) }
func calls(ctx context.Context) error { return linked(ctx, "x") }
func promoted(i impl) string { return i.Get("k") }
func embedded(w wide) string { return w.Get("k") }
func reflects(v reflect.Value) { v.Call(nil) }
func pointer(p *int) uintptr { return uintptr(unsafe.Pointer(p)) }
func generic[T interface{ Do() }](x T) { x.Do() }
func recurses() { recurses() }
func empty()
`)
	o := Compute(pass)
	for fn, want := range map[string]map[string]string{
		"sums":     {"verb": "unknown", "panics": "panics?", "exits": "exits?", "spawns": "spawns?", "ends": "ends?", "global": "global?"},
		"calls":    {"verb": "unknown", "panics": "panics?", "sure": "network", "ctx": "passes its ctx on"},
		"promoted": {"verb": "unknown, likely read", "panics": "panics?"},
		"embedded": {"verb": "unknown, likely read", "panics": "panics?"},
		"reflects": {"verb": "unknown", "panics": "panics on wrong input"},
		"pointer":  {"verb": "pure", "panics": "no panic"},
		"generic":  {"verb": "unknown", "panics": "panics?"},
		"recurses": {"verb": "pure", "spawns": "no goroutine"},
		"Sum":      {"verb": "unknown", "panics": "panics?", "errs": "never"},
		"linked":   {"verb": "unknown", "panics": "panics?", "errs": "may", "ctx": "ctx?"},
		"empty":    {"verb": "unknown", "exits": "exits?"},
	} {
		got := facets(o.Of(find(t, pass.Pkg, fn)))
		for facet, value := range want {
			if got[facet] != value {
				t.Errorf("%s of %s is %q, want %q", facet, fn, got[facet], value)
			}
		}
	}
}

// TestZeroFacets: code that forgets to ask must come out pessimistic.
func TestZeroFacets(t *testing.T) {
	var s Summary
	want := map[string]string{
		"sure": "unseen", "verb": "unknown", "panics": "panics?", "exits": "exits?", "spawns": "spawns?", "ctx": "ctx?",
		"closes": "nobody knows which", "keeps": "nobody knows which", "errs": "errs?", "trust": "guessed", "global": "global?",
		"block": "unseen", "ends": "ends?", "meets": "meets?",
	}
	for facet, got := range facets(s) {
		if got != want[facet] {
			t.Errorf("%s of the zero summary is %q", facet, got)
		}
	}
	if s.Must() || s.Ctx.Heeds() || s.Verb.Harmless() || !s.Closes.Has(0) || !s.Keeps.Has(1) {
		t.Errorf("the zero Summary claims something: %+v", s)
	}
}

// TestLarge: a package of fifty thousand lines, with a chain of calls through all
// of it against the order of the file, and a ring.
func TestLarge(t *testing.T) {
	const n = 5000
	var b strings.Builder
	for i := range n {
		next := fmt.Sprintf("f%d(ctx, method, path)", i+1)
		if i == n-1 {
			next = "send(ctx, method, path)"
		}
		fmt.Fprintf(&b, `
func f%d(ctx context.Context, method, path string) error {
	if path == "" {
		return io.EOF
	}
	if err := %s; err != nil {
		return err
	}
	return nil
}
`, i, next)
	}
	b.WriteString(`
func send(ctx context.Context, method, path string) error {
	r, err := http.NewRequestWithContext(ctx, method, path, nil)
	if err != nil {
		return err
	}
	_, err = http.DefaultClient.Do(r)
	return err
}
func get(ctx context.Context) error { return f0(ctx, "GET", "/") }
func put(ctx context.Context) error { return f0(ctx, "PUT", "/") }
`)
	for i := range n / 10 {
		fmt.Fprintf(&b, "func r%d(n int) { if n > 0 { r%d(n-1) } }\n", i, (i+1)%(n/10))
	}
	pass := newWorld(t).pass(t, "p", b.String())
	from := time.Now()
	o := Compute(pass)
	if took := time.Since(from); took > time.Minute {
		t.Errorf("it took %s", took)
	}
	for fn, want := range map[string]Verb{"get": Read, "put": Write, "r0": Pure} {
		if got := o.Of(find(t, pass.Pkg, fn)).Verb; got != want {
			t.Errorf("%s is %s, want %s", fn, got, want)
		}
	}
	if s := o.Of(find(t, pass.Pkg, "f0")); !s.Must() || s.Ctx != CtxPassed {
		t.Errorf("f0 is %+v", s)
	}
	if way := o.Reasons(find(t, pass.Pkg, "get"))[0].Steps; len(way) != maxSteps {
		t.Errorf("the way has %d steps", len(way))
	}
}

// TestAllWaysHome: whatever stands where a value is looked for, looking ends.
func TestAllWaysHome(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
func turns(ctx context.Context, c *http.Client, db *sql.DB) (*http.Response, error) {
	a, b := "GET", "GET"
	a, b = b, a
	x := a
	for range 3 { x = x }
	var r *http.Request
	r = r
	q := r
	q, r = r, q
	c.Do(r)
	db.QueryContext(ctx, x)
	ctx2 := ctx
	ctx2, ctx = ctx, ctx2
	var resp *http.Response
	resp = resp
	return resp, nil
}
func reader(a, b io.Reader) { x, y := a, b; x, y = y, x; x = io.MultiReader(x, y); io.ReadAll(x) }
`)
	o := Compute(pass)
	for _, fn := range []string{"turns", "reader"} {
		if v := o.Of(find(t, pass.Pkg, fn)).Verb; v != VerbUnknown {
			t.Errorf("%s is %s", fn, v)
		}
	}
	if _, ok := pass.Pkg.Scope().Lookup("turns").(*types.Func); !ok {
		t.Error("no function")
	}
}
