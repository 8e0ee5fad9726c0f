package effects

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"testing"
)

const library = `
func Fetch(u string) error { return fetch(u) }
func fetch(u string) error {
	if u == "" {
		panic("no URL")
	}
	_, err := http.Get(u)
	return err
}
func Do(ctx context.Context, method string) error {
	r, err := http.NewRequestWithContext(ctx, method, "u", nil)
	if err != nil {
		return err
	}
	_, err = http.DefaultClient.Do(r)
	return err
}
func Open(ctx context.Context, db *sql.DB) (*sql.Rows, error) { return db.QueryContext(ctx, "SELECT 1") }
//goherd:read
func Promised(f func()) { f() }
// Store is somewhere else.
type Store interface {
	// Get looks.
	//
	//goherd:read so say its authors
	Get(string) string
	Put(string)
	//goherd:readonly
	Odd(string)
}
`

const user = `
func page(u string) error { return a.Fetch(u) }
func get(ctx context.Context) error { return a.Do(ctx, "GET") }
func remove(ctx context.Context) error { return a.Do(ctx, "DELETE") }
func rows(ctx context.Context, db *sql.DB) (*sql.Rows, error) { return a.Open(ctx, db) }
func promised() { a.Promised(func() {}) }
func stored(s a.Store) string { return s.Get("k") }
func puts(s a.Store) { s.Put("k") }
func odd(s a.Store) { s.Odd("k") }
`

// TestReasons: the way to a cause leads through packages, and as far as it is
// known where facts come as bytes.
func TestReasons(t *testing.T) {
	live, vet := newWorld(t), newWorld(t)
	for _, w := range []*world{live, vet} {
		Compute(w.pass(t, "a", library))
	}
	for o, s := range vet.facts {
		vet.facts[o] = travel(t, s)
	}
	for _, c := range []struct {
		name string
		w    *world
		want map[string][]string
	}{
		{"live", live, map[string][]string{
			"page": {
				"waits for the network: http.Get at a/a.go:11, called from a/a.go:6, called from b.go:6 (table)",
				"only reads: http.Get at a/a.go:11, called from a/a.go:6, called from b.go:6 (table)",
				"may panic: panic at a/a.go:9, called from a/a.go:6, called from b.go:6 (proved)",
				"may return an error: a.Fetch(u) at b.go:6 (proved)",
			},
			"remove": {
				"waits for the network: (*http.Client).Do at a/a.go:19, called from b.go:8 (table)",
				"writes: (*http.Client).Do at a/a.go:19, called from b.go:8 (table)",
				"may return an error: a.Do(ctx, \"DELETE\") at b.go:8 (proved)",
			},
		}},
		{"vet", vet, map[string][]string{
			"page": {
				"waits for the network: http.Get, called from b.go:6 (table)",
				"only reads: http.Get, called from b.go:6 (table)",
				"may panic: panic, called from b.go:6 (proved)",
				"may return an error: a.Fetch(u) at b.go:6 (proved)",
			},
		}},
	} {
		pass := c.w.pass(t, "b", user)
		o := Compute(pass)
		for fn, want := range c.want {
			var got []string
			for _, r := range o.Reasons(find(t, pass.Pkg, fn)) {
				got = append(got, strings.ReplaceAll(r.String(), "a.Fetch, ", ""))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s:\n%s\nwant\n%s", c.name, fn, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// TestFacetsTravel: what is known of a function is known of it elsewhere.
func TestFacetsTravel(t *testing.T) {
	w := newWorld(t)
	Compute(w.pass(t, "a", library))
	for o, s := range w.facts {
		w.facts[o] = travel(t, s)
	}
	pass := w.pass(t, "b", user)
	o := Compute(pass)
	for fn, want := range map[string]map[string]string{
		"page":     {"verb": "read", "sure": "network", "panics": "panics", "errs": "may"},
		"get":      {"verb": "read", "ctx": "passes its ctx on"},
		"remove":   {"verb": "write"},
		"rows":     {"closes": "result 0", "keeps": "result 0", "verb": "read"},
		"promised": {"verb": "read", "trust": "promised", "panics": "panics?"},
		"stored":   {"verb": "read", "trust": "promised"},
		"puts":     {"verb": "unknown"},
		"odd":      {"verb": "unknown"},
	} {
		got := facets(o.Of(find(t, pass.Pkg, fn)))
		for facet, value := range want {
			if got[facet] != value {
				t.Errorf("%s of %s is %q, want %q", facet, fn, got[facet], value)
			}
		}
	}
}

// TestPromises: what the user says goes before the table and before bodies.
func TestPromises(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
type store interface { Peek(string) string }
func removes() { os.Remove("f") }
func calls() { removes() }
func gets(u string) { http.Get(u) }
func peeks(s store) string { return s.Peek("k") }
func plain() {}
`)
	promises := map[string]Verb{"p.removes": Read, "net/http.Get": Write, "(p.store).Peek": Read, "p.plain": Write}
	o := ComputeWith(pass, func(fn *types.Func) (Verb, string, bool) {
		v, ok := promises[fn.FullName()]
		return v, "reads: " + fn.Name(), ok
	})
	for fn, want := range map[string]Verb{"removes": Read, "calls": Read, "gets": Write, "peeks": Read, "plain": Write} {
		s := o.Of(find(t, pass.Pkg, fn))
		if s.Verb != want || s.VerbBy.Trust != Promised {
			t.Errorf("%s is %s (%s), want %s", fn, s.Verb, s.VerbBy.Trust, want)
		}
	}
	lines := o.Reasons(find(t, pass.Pkg, "calls"))
	if got := lines[1].String(); got != "only reads: reads: removes at p.go:6, called from p.go:7 (promised)" {
		t.Errorf("the reason is %q", got)
	}
	if v := Compute(pass).Of(find(t, pass.Pkg, "removes")).Verb; v != Write {
		t.Errorf("unpromised it is %s", v)
	}
}

// TestDirective: only a whole word in a doc comment promises.
func TestDirective(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
//goherd:read
func yes() { os.Remove("f") }

// Reasoned says why.
//
//goherd:read  it removes only what is not there
func reasoned() { os.Remove("f") }

// goherd:read
func spaced() { os.Remove("f") }

//goherd:reads
func longer() { os.Remove("f") }

func inside() {
	//goherd:read
	os.Remove("f")
}

//goherd:read

func apart() { os.Remove("f") }

type t struct{}

//goherd:read
func (t) method() { os.Remove("f") }
`)
	o := Compute(pass)
	for fn, want := range map[string]Verb{"yes": Read, "reasoned": Read, "spaced": Write, "longer": Write, "inside": Write, "apart": Write, "t.method": Read} {
		if v := o.Of(find(t, pass.Pkg, fn)).Verb; v != want {
			t.Errorf("%s is %s, want %s", fn, v, want)
		}
	}
}

// TestCall: at its place a call says more than its callee does.
func TestCall(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
func do(ctx context.Context, method string) { r, _ := http.NewRequestWithContext(ctx, method, "u", nil); http.DefaultClient.Do(r) }
func f(ctx context.Context, db *sql.DB, g func(context.Context) error, any string) {
	do(ctx, "GET")
	do(ctx, "POST")
	do(ctx, any)
	db.QueryContext(ctx, "SELECT 1")
	g(ctx)
	panic("x")
	_ = int64(1)
	_ = len(any)
}
`)
	o := Compute(pass)
	var got []string
	ast.Inspect(o.Decl(find(t, pass.Pkg, "f")), func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			s := o.Call(call)
			got = append(got, types.ExprString(call.Fun)+" "+s.Verb.String()+" "+s.Block.String()+" "+s.Panics.String())
		}
		return true
	})
	want := []string{
		"do read network no panic", "do write network no panic", "do unknown network no panic", "db.QueryContext read network no panic",
		"g unknown network panics?", "panic pure none panics", "int64 pure none no panic", "len pure none no panic",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHints(t *testing.T) {
	for name, want := range map[string]Hint{
		"Get": LikelyRead, "getUser": LikelyRead, "ListOrders": LikelyRead, "IsAdmin": LikelyRead, "HasRole": LikelyRead, "Lookup": LikelyRead,
		"Getaway": NoHint, "Issue": NoHint, "Hash": NoHint, "Listen": NoHint, "Reader": NoHint, "Create": NoHint,
		"GetOrCreate": NoHint, "LoadAndDelete": NoHint, "FetchNext": NoHint, "GetAndSet": NoHint,
		"CheckQuota": Guard, "validate": Guard, "EnsureTable": Guard, "Acquire": Guard, "AllowN": Guard, "Authorize": Guard, "authenticate": Guard,
		"MustGet": Guard, "LockRow": Guard, "VerifyToken": Guard, "Author": NoHint, "Must": Guard,
	} {
		fn := types.NewFunc(0, nil, name, types.NewSignatureType(nil, nil, nil, nil, nil, false))
		if got := HintOf(fn); got != want {
			t.Errorf("%s suggests %q, want %q", name, got, want)
		}
	}
}

// TestDescribe: a sentence for each part, and the short form stays short.
func TestDescribe(t *testing.T) {
	pass := newWorld(t).pass(t, "p", "func f(u string) { http.Get(u) }\n")
	o := Compute(pass)
	s := o.Of(find(t, pass.Pkg, "f"))
	want := []string{
		"waits for the network: http.Get at p.go:3 (table)", "only reads: http.Get at p.go:3 (table)", "has no panic of its own (proved)",
		"returns to its caller (proved)", "changes no state of the whole process (proved)", "starts no goroutine (proved)", "takes no context (proved)", "returns nothing that must be closed (proved)",
		"returns nothing that depends on its context (proved)", "never returns an error (proved)",
	}
	if got := o.Describe(&s); !slices.Equal(got, want) {
		t.Errorf("it is described as\n%s", strings.Join(got, "\n"))
	}
	if got := s.String(); got != "network read" {
		t.Errorf("in short it is %q", got)
	}
	var zero Summary
	if got := o.Describe(&zero); !strings.HasPrefix(got[1], "does what nobody knows outside of the process (unknown)") {
		t.Errorf("the zero summary is described as\n%s", strings.Join(got, "\n"))
	}
}
