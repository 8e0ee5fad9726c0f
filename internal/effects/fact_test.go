package effects

import (
	"bytes"
	"encoding/gob"
	"go/token"
	"reflect"
	"testing"
)

// TestFacts: what one package exports is what its importers know.
func TestFacts(t *testing.T) {
	const a = `
func Fetch(u string) { http.Get(u) }
func Sum(a, b int) int { return a + b }
func Forever() { for { } }
func Wait(c chan int) { <-c }
func Each(f func()) { f() }
func First[T any](us []T) T { http.Get("u"); return us[0] }
type Client struct{ C chan int }
func (c *Client) Do() { fetch() }
func fetch() { http.Get("u") }
type List[T any] struct{ all []T }
func (l *List[T]) Load() { http.Get("u") }
type Store interface { Get() }
type store struct{}
func (store) Get() { http.Get("u") }
`
	const b = `
func fetches() { a.Fetch("u") }
func sums() int { return a.Sum(1, 2) }
func forever() { a.Forever() }
func waits(c chan int) { a.Wait(c) }
func each(f func()) { a.Each(f) }
func first() string { return a.First([]string{"x"}) }
func does(c *a.Client) { c.Do() }
func loads(l *a.List[int]) { l.Load() }
func gets(s a.Store) { s.Get() }
`
	w := newWorld(t)
	Compute(w.pass(t, "a", a))
	check := func(want map[string]string) {
		t.Helper()
		pass := w.pass(t, "b", b)
		o := Compute(pass)
		for fn, text := range want {
			if s := o.Of(find(t, pass.Pkg, fn)); words(s) != text {
				t.Errorf("%s is %q, want %q\n%+v", fn, words(s), text, s)
			}
		}
	}
	check(map[string]string{
		"fetches": "network ends alone", "sums": "none ends alone", "forever": "none endless alone loops=1", "waits": "chan ends meets",
		"each": "none ends? meets? opaque", "first": "network ends alone", "does": "network ends alone", "loads": "network ends alone",
		"gets": "network ends? meets? opaque",
	})
	w.mute = true
	nobodyKnows := "none ends? meets? opaque"
	check(map[string]string{
		"fetches": nobodyKnows, "sums": nobodyKnows, "forever": nobodyKnows, "waits": nobodyKnows, "each": nobodyKnows,
		"first": nobodyKnows, "does": nobodyKnows, "loads": nobodyKnows, "gets": nobodyKnows,
	})
}

// TestFactSurvives: the go vet driver hands facts on as gob, which leaves out what
// is not exported; that serves only to say where a claim comes from.
func TestFactSurvives(t *testing.T) {
	by := Ground{Trust: Proved, Via: "http.Get"}
	in := Summary{
		Block: Network, Sure: File, Via: "http.Get", Trust: Proved, Opaque: "f", Ends: No, EndsWhy: "why", Meets: Yes, MeetsWhy: "whom",
		Loops: 2, Dear: true, Limit: 4, Verb: Write, Apart: Read, Asks: Asks{1, 2, 4, 8}, Likely: Guard, Writes: true, VerbBy: by,
		Panics: PanicExplicit, PanicsBy: by, NoReturn: true, Exits: Yes, ExitsBy: by, Global: Yes, GlobalBy: by, Spawns: SpawnJoined, SpawnsBy: by, Ctx: CtxSome, CtxBy: by,
		Closes: said | place(1), ClosesBy: by, Keeps: said | place(0), Through: said | place(2), KeepsBy: by, Errs: Yes, ErrsBy: by,
	}
	for i := range reflect.TypeFor[Summary]().NumField() {
		if f := reflect.TypeFor[Summary]().Field(i); f.IsExported() && reflect.ValueOf(in).Field(i).IsZero() {
			t.Errorf("the test leaves %s out", f.Name)
		}
	}
	if out := travel(t, in); in != out {
		t.Errorf("%+v became %+v", in, out)
	}
	live := in
	live.waits, live.VerbBy.step, live.fset = step{pos: 1}, step{pos: 2}, token.NewFileSet()
	if out := travel(t, live); in != out {
		t.Errorf("%+v became %+v", live, out)
	}
}

// travel is what comes out of a summary's way through gob.
func travel(t *testing.T, in Summary) (out Summary) {
	t.Helper()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&in); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&b).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestZeroSummary: code that forgets to ask must come out pessimistic.
func TestZeroSummary(t *testing.T) {
	var s Summary
	if s.Ends != Unknown || s.Meets != Unknown || s.Block != Unseen || s.Trust != Guessed {
		t.Errorf("the zero Summary claims something: %+v", s)
	}
	if s.Heavy() {
		t.Error("the zero Summary pays")
	}
	if got := s.Block.In(); got == None.In() {
		t.Errorf("of what nobody looked at it is said that it %q", got)
	}
	var sum Summary
	sum.join(&Summary{Block: Network, Ends: Yes, Meets: No})
	if sum.Ends == Yes || sum.Meets == No {
		t.Errorf("joining makes the zero Summary optimistic: %+v", sum)
	}
	known := Summary{Block: None, Ends: Yes, Meets: No, Trust: Proved}
	known.join(&Summary{})
	if known.Ends == Yes {
		t.Errorf("joining the zero Summary leaves %+v", known)
	}
}
