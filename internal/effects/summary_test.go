package effects

import (
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A summaryCase is a package and what its functions come out as, in words. A
// "via" or "why" is a part of what is said with it.
type summaryCase struct {
	name, source string
	want         map[string]string
	via, why     map[string]string // Via; EndsWhy, MeetsWhy and Opaque together
}

func testSummaries(t *testing.T, cases []summaryCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			pass := newWorld(t).pass(t, "p", c.source)
			o := Compute(pass)
			for _, fn := range slices.Sorted(maps.Keys(c.want)) {
				want := c.want[fn]
				if s := o.Of(find(t, pass.Pkg, fn)); words(s) != want {
					t.Errorf("%s is %q, want %q\n%+v", fn, words(s), want, s)
				}
			}
			for _, fn := range slices.Sorted(maps.Keys(c.via)) {
				want := c.via[fn]
				if s := o.Of(find(t, pass.Pkg, fn)); s.Via != want {
					t.Errorf("%s is what it is via %q, want %q", fn, s.Via, want)
				}
			}
			for _, fn := range slices.Sorted(maps.Keys(c.why)) {
				want := c.why[fn]
				if s := o.Of(find(t, pass.Pkg, fn)); !strings.Contains(s.EndsWhy+"; "+s.MeetsWhy+"; "+s.Opaque, want) {
					t.Errorf("%s says %q, %q, %q, want %q", fn, s.EndsWhy, s.MeetsWhy, s.Opaque, want)
				}
			}
		})
	}
}

func TestBlock(t *testing.T) {
	testSummaries(t, []summaryCase{
		{
			name: "classes",
			source: `
func computes(a, b int) int { return a + b }
func network(u string) { http.Get(u) }
func process() { exec.Command("ls").Run() }
func file() { os.ReadFile("f") }
func channel() { time.Sleep(1) }
func lock(mu *sync.Mutex) { mu.Lock(); mu.Unlock() }
func highest(mu *sync.Mutex, u string) { mu.Lock(); os.ReadFile("f"); http.Get(u); time.Sleep(1) }
`,
			want: map[string]string{
				"computes": "none ends alone", "network": "network ends alone", "process": "process ends alone",
				"file": "file ends alone", "channel": "chan ends alone", "lock": "lock ends alone", "highest": "network ends alone",
			},
			via: map[string]string{"computes": "", "network": "http.Get", "file": "os.ReadFile", "highest": "http.Get"},
		},
		{
			name: "wherever the call stands",
			source: `
func inCondition(u string) bool { if _, err := http.Get(u); err != nil { return false }; return true }
func inArgument(u string) string { return fmt.Sprint(http.Get(u)) }
func inDefer(u string) { defer http.Get(u) }
func inDeferredLiteral(u string) { defer func() { http.Get(u) }() }
func inLiteralCalled(u string) { func() { http.Get(u) }() }
func inVisitor(us []string) { sort.Slice(us, func(i, j int) bool { http.Get(us[i]); return i < j }) }
func inCase(u string, c chan int) { select { case <-c: http.Get(u); default: } }
func inSend(u string, c chan any) { select { case c <- get(u): default: } }
func inRange(us []string) { for range get(us[0]) { } }
func inChain(c *http.Client, r *http.Request) { read(c.Do(r)) }
func inLiteralValue(u string) any { return struct{ r []int }{get(u)} }
func get(u string) []int { http.Get(u); return nil }
func read(*http.Response, error) {}
func inLiteralStored(u string) func() { return func() { http.Get(u) } }
func inGoroutine(u string) { go func() { http.Get(u) }() }
func inOperandOfGo(u string) { go read(http.Get(u)) }
`,
			want: map[string]string{
				"inCondition": "network ends alone", "inArgument": "network ends alone", "inDefer": "network ends alone",
				"inDeferredLiteral": "network ends alone", "inLiteralCalled": "network ends alone", "inVisitor": "network ends alone",
				"inCase": "network ends alone", "inSend": "network ends alone", "inRange": "network ends alone loops=1",
				"inChain": "network ends alone", "inLiteralValue": "network ends alone",
				"inLiteralStored": "none ends alone", "inGoroutine": "none ends alone", "inOperandOfGo": "network ends alone",
			},
		},
		{
			name: "through functions of the package, and round",
			source: `
func a(u string) { b(u) }
func b(u string) { c(u) }
func c(u string) { http.Get(u) }
func even(n int, u string) bool { if n == 0 { http.Get(u); return true }; return odd(n-1, u) }
func odd(n int, u string) bool { if n == 0 { return false }; return even(n-1, u) }
func self(n int) int { if n == 0 { return 0 }; return self(n - 1) + 1 }
type t struct{}
func (t) value(u string) { a(u) }
func (*t) pointer(u string) { t{}.value(u) }
type outer struct{ t }
func promoted(o *outer, u string) { o.pointer(u) }
`,
			want: map[string]string{
				"a": "network ends alone", "b": "network ends alone", "even": "network ends alone", "odd": "network ends alone",
				"self": "none ends alone", "t.value": "network ends alone", "t.pointer": "network ends alone", "promoted": "network ends alone",
			},
			via: map[string]string{"a": "http.Get", "odd": "http.Get", "promoted": "http.Get"},
		},
		{
			name: "generic functions and methods",
			source: `
func do[T any](u string, f func(*http.Response) T) T { r, _ := http.Get(u); return f(r) }
func fetch[T any](u string) (v T) { http.Get(u); return v }
func infers(u string) int { return fetch[int](u) }
func twoOf(u string) (int, string) { return fetch[int](u), fetch[string](u) }
type cache[K comparable, V any] struct{ m map[K]V }
func (c *cache[K, V]) load(k K) V { http.Get("u"); return c.m[k] }
func (c *cache[K, V]) peek(k K) V { return c.m[k] }
func loads(c *cache[string, int]) int { return c.load("a") }
func peeks(c *cache[string, int]) int { return c.peek("a") }
`,
			want: map[string]string{
				"do": "network ends? meets? opaque", "fetch": "network ends alone", "infers": "network ends alone", "twoOf": "network ends alone",
				"loads": "network ends alone", "peeks": "none ends alone",
			},
		},
		{
			name: "an interface of which a method is embedded: its Write is the hash's",
			source: `
func sum(h hash.Hash, b []byte) []byte { h.Write(b); return h.Sum(nil) }
`,
			want: map[string]string{"sum": "none ends alone"},
		},
	})
}

func TestOpaque(t *testing.T) {
	testSummaries(t, []summaryCase{
		{
			name: "function values",
			source: `
type server struct{ hook func(); stop context.CancelFunc }
var global = func() {}
func parameter(f func()) { f() }
func field(s *server) { s.hook() }
func variable() { global() }
func element(fs []func()) { fs[0]() }
func result() { pick()() }
func pick() func() { return nil }
func method(s *server) { f := s.run; f() }
func (s *server) run() {}
func cancels(s *server) { ctx, cancel := context.WithCancel(context.Background()); defer cancel(); _ = ctx; s.stop() }
func calls(f func()) { parameter(f) }
func passed() { parameter(func() { http.Get("u") }) }
func first(f, g func()) { f(); g() }
func conversion(n int) int64 { return int64(n) }
`,
			want: map[string]string{
				"parameter": "none ends? meets? opaque", "field": "none ends? meets? opaque", "variable": "none ends? meets? opaque",
				"element": "none ends? meets? opaque", "result": "none ends? meets? opaque", "method": "none ends? meets? opaque",
				"cancels": "none ends alone", "calls": "none ends? meets? opaque", "passed": "network ends? meets? opaque",
				"first": "none ends? meets? opaque", "conversion": "none ends alone", "pick": "none ends alone",
			},
			why: map[string]string{"parameter": "f", "field": "s.hook", "first": "f", "calls": "f"},
		},
		{
			name: "function values held in local variables",
			source: `
func literal() { f := func() { http.Get("u") }; f() }
func declared() { var f = func() { http.Get("u") }; f() }
func assigned() { var f func(); f = func() { http.Get("u") }; f() }
func itself() { var f func(int); f = func(n int) { if n > 0 { f(n - 1) }; http.Get("u") }; f(3) }
func notCalled() { f := func() { http.Get("u") }; _ = f }
func inGo() { f := func() { http.Get("u") }; go f() }
`,
			want: map[string]string{
				"literal": "network ends alone", "declared": "network ends alone", "assigned": "network ends alone",
				"itself": "network ends alone", "notCalled": "none ends alone", "inGo": "none ends alone",
			},
		},
		{
			name: "a variable that holds something else by then",
			source: `
func either(quick bool) { f := func() { http.Get("u") }; if quick { f = func() {} }; f() }
`,
			want: map[string]string{"either": "network ends alone"},
		},
		{
			name: "a variable that holds an unknown function by then",
			source: `
func replaced(g func()) { f := func() {}; f = g; f() }
`,
			want: map[string]string{"replaced": "none ends? meets? opaque"},
		},
		{
			name: "interfaces that nobody here implements",
			source: `
type store interface { Get(context.Context, string) (string, error); Len() int; Put(string) error }
func get(ctx context.Context, s store) { s.Get(ctx, "k") }
func length(s store) int { return s.Len() }
func put(s store) error { return s.Put("k") }
func text(err error) string { return err.Error() }
`,
			want: map[string]string{
				"get": "network ends? meets? opaque", "length": "none ends? meets? opaque", "put": "none ends? meets? opaque",
				"text": "none ends alone",
			},
			why: map[string]string{"get": "store.Get", "length": "store.Len"},
		},
		{
			name: "interfaces that types here implement: what they may do, and never what they can't",
			source: `
type store interface { Get(string) string; Len() int; wait() }
type remote struct{ c chan int }
func (r *remote) Get(k string) string { http.Get(k); return k }
func (r *remote) Len() int { return 1 }
func (r *remote) wait() { <-r.c }
type memory struct{}
func (memory) Get(k string) string { return k }
func (memory) Len() int { return 2 }
func (memory) wait() {}
func get(s store) string { return s.Get("k") }
func length(s store) int { return s.Len() }
func wait(s store) { s.wait() }
func known(m memory) string { return m.Get("k") }
type narrow interface { store }
func embedded(n narrow) string { return n.Get("k") }
`,
			want: map[string]string{
				"get": "network ends? meets? opaque", "length": "none ends? meets? opaque", "wait": "chan ends? meets opaque",
				"known": "none ends alone", "embedded": "network ends? meets? opaque", "remote.wait": "chan ends meets",
			},
			via: map[string]string{"get": "http.Get"},
		},
		{
			name: "interfaces and their implementations that call each other",
			source: `
type node interface { visit(node) }
type leaf struct{}
func (leaf) visit(n node) { os.ReadFile("f") }
type tree struct{ kids []node }
func (t *tree) visit(n node) { for _, k := range t.kids { k.visit(n) } }
`,
			want: map[string]string{"tree.visit": "file ends? meets? loops=3 opaque", "leaf.visit": "file ends alone"},
		},
	})
}

func TestEnds(t *testing.T) {
	testSummaries(t, []summaryCase{
		{
			name: "loops with a way out",
			source: `
func returns() { for { if work() { return } } }
func breaks() { for { if work() { break } } }
func breaksByLabel() { out: for { switch { case work(): break out } } }
func jumps() { for { if work() { goto out } }; out: work() }
func panics() { for { if work() { panic("x") } } }
func exits() { for { if work() { os.Exit(1) } } }
func fatal() { for { if work() { log.Fatal("x") } } }
func fails(t *testing.T) { for { if work() { t.Fatal("x") } } }
func conditioned(n int) { for n > 0 { n-- } }
func ranges(c chan int) { for range c { work() } }
func sends(c chan int) { for { select { case c <- 1: return } } }
func work() bool { return true }
`,
			want: map[string]string{
				"returns": "none ends alone loops=1", "breaks": "none ends alone loops=1", "breaksByLabel": "none ends alone loops=1",
				"jumps": "none ends alone loops=1", "panics": "none ends alone loops=1", "exits": "none ends alone loops=1",
				"fatal": "none ends alone loops=1", "fails": "none ends alone loops=1", "conditioned": "none ends alone loops=1",
				"ranges": "chan ends meets loops=1", "sends": "chan ends meets loops=1",
			},
		},
		{
			name: "loops without one",
			source: `
func plain() { for { work() } }
func breaksSwitch() { for { switch { case work(): break } } }
func breaksSelect(c chan int) { for { select { case <-c: break } } }
func breaksInner() { for { for { break } } }
func continues() { for { if work() { continue } } }
func returnsInLiteral() { for { func() { return }() } }
func empty() { select {} }
func work() bool { return true }
`,
			want: map[string]string{
				"plain": "none endless alone loops=1", "breaksSwitch": "none endless alone loops=1", "breaksSelect": "chan endless meets loops=1",
				"breaksInner": "none endless alone loops=2", "continues": "none endless alone loops=1",
				"returnsInLiteral": "none endless alone loops=1", "empty": "none endless alone",
			},
			why: map[string]string{"plain": "without a way out", "empty": "empty select"},
		},
		{
			name: "loops that are told to stop",
			source: `
func byContext(ctx context.Context, c chan int) { for { select { case <-ctx.Done(): return; case <-c: } } }
func byContextError(ctx context.Context) error { for { select { case <-ctx.Done(): return ctx.Err(); default: }; work() } }
func byChannel(quit chan struct{}) { for { select { case <-quit: return; default: work() } } }
func byTick(ctx context.Context) { t := time.NewTicker(1); for { select { case <-ctx.Done(): return; case <-t.C: work() } } }
func byErr(ctx context.Context) { for { if ctx.Err() != nil { return }; work() } }
func byErrVariable(ctx context.Context) error { for { if err := ctx.Err(); err != nil { return err }; work() } }
func byLabel(ctx context.Context) { out: for { select { case <-ctx.Done(): break out; default: work() } } }
func work() bool { return true }
`,
			want: map[string]string{
				"byContext": "chan endless meets loops=1", "byContextError": "none endless alone loops=1", "byChannel": "none endless alone loops=1",
				"byTick": "chan endless alone loops=1", "byErr": "none endless alone loops=1", "byErrVariable": "none endless alone loops=1",
				"byLabel": "none endless alone loops=1",
			},
			why: map[string]string{"byContext": "told to stop", "byErr": "told to stop"},
		},
		{
			name: "loops that an error ends",
			source: `
func reads(c net.Conn, b []byte) error { for { if _, err := c.Read(b); err != nil { return err } } }
func accepts(l net.Listener) error { for { c, err := l.Accept(); if err != nil { return err }; c.Close() } }
func toTheEnd(r io.Reader, b []byte) error { for { if _, err := r.Read(b); err != nil { if err == io.EOF { return nil }; return err } } }
func toTheEndIs(r io.Reader, b []byte) error { for { _, err := r.Read(b); if errors.Is(err, io.EOF) { return nil }; if err != nil { return err } } }
`,
			want: map[string]string{
				"reads": "network endless alone loops=1", "accepts": "network endless alone loops=1",
				"toTheEnd": "file ends alone loops=1", "toTheEndIs": "file ends alone loops=1",
			},
		},
		{
			name: "waits",
			source: `
func forContext(ctx context.Context) { <-ctx.Done() }
func forContextAlone(ctx context.Context) { select { case <-ctx.Done(): } }
func sleeps(ctx context.Context) error { select { case <-time.After(1): return nil; case <-ctx.Done(): return ctx.Err() } }
func polls(ctx context.Context) bool { select { case <-ctx.Done(): return true; default: return false } }
func forTimer(t *time.Timer) { <-t.C }
`,
			want: map[string]string{
				"forContext": "chan endless alone", "forContextAlone": "chan endless alone", "sleeps": "chan ends alone",
				"polls": "none ends alone", "forTimer": "chan ends alone",
			},
			why: map[string]string{"forContext": "waits for its context to end"},
		},
		{
			name: "a value or the context: it does not take a cancel to end",
			source: `
func receives(ctx context.Context, c chan int) (int, error) { select { case v := <-c: return v, nil; case <-ctx.Done(): return 0, ctx.Err() } }
func sends(ctx context.Context, c chan int) error { select { case c <- 1: return nil; case <-ctx.Done(): return ctx.Err() } }
`,
			want: map[string]string{"receives": "chan ends meets", "sends": "chan ends meets"},
		},
		{
			name: "callers",
			source: `
func forever() { for { } }
func calls() { forever() }
func starts() { go forever() }
func serves() error { return http.ListenAndServe("", nil) }
func ping(n int) { if n > 0 { pong(n - 1) }; forever() }
func pong(n int) { ping(n) }
`,
			want: map[string]string{
				"calls": "none endless alone loops=1", "starts": "none ends alone", "serves": "network endless alone",
				"ping": "none endless alone loops=1", "pong": "none endless alone loops=1",
			},
			why: map[string]string{"calls": "without a way out", "serves": "runs until it is stopped"},
		},
		{
			name: "a loop whose condition looks at the context runs until that ends",
			source: `
func until(ctx context.Context) { for ctx.Err() == nil { work() } }
func work() bool { return true }
`,
			want: map[string]string{"until": "none endless alone loops=1"},
		},
		{
			name: "a way out in the else of a look at the context",
			source: `
func until(ctx context.Context) { for { if ctx.Err() == nil { work() } else { return } } }
func work() bool { return true }
`,
			want: map[string]string{"until": "none endless alone loops=1"},
		},
		{
			name: "a ticker's channel is never closed",
			source: `
func ticks() { for range time.Tick(1) { work() } }
func tickers() { t := time.NewTicker(1); for range t.C { work() } }
func work() bool { return true }
`,
			want: map[string]string{"ticks": "chan endless alone loops=1", "tickers": "chan endless alone loops=1"},
		},
		{
			name: "a loop whose condition is always true",
			source: `
func always() { for true { work() } }
func work() bool { return true }
`,
			want: map[string]string{"always": "none endless alone loops=1"},
		},
	})
}

func TestMeets(t *testing.T) {
	testSummaries(t, []summaryCase{
		{
			name: "channels",
			source: `
var shared = make(chan int)
type queue struct{ c chan int }
func own() int { c := make(chan int, 1); c <- 1; return <-c }
func parameterIn(c chan int) int { return <-c }
func parameterOut(c chan int) { c <- 1 }
func ofPackage() { shared <- 1 }
func ofField(q *queue) { q.c <- 1 }
func ofOwnStruct() { q := queue{make(chan int, 1)}; q.c <- 1 }
func polls(c chan int) bool { select { case <-c: return true; default: return false } }
func offers(c chan int) { select { case c <- 1: default: } }
func closes(c chan int) { close(c) }
func caller(q *queue) { ofField(q) }
func named() (c chan int) { c = make(chan int, 1); c <- 1; return c }
`,
			want: map[string]string{
				"own": "chan ends alone", "parameterIn": "chan ends meets", "parameterOut": "chan ends meets", "ofPackage": "chan ends meets",
				"ofField": "chan ends meets", "ofOwnStruct": "chan ends alone", "polls": "none ends alone", "offers": "none ends alone",
				"closes": "none ends alone", "caller": "chan ends meets", "named": "chan ends meets",
			},
			why: map[string]string{"parameterIn": "channel c", "ofPackage": "channel shared", "caller": "channel q.c"},
		},
		{
			name: "groups",
			source: `
type server struct{ wg sync.WaitGroup }
func own() { var wg sync.WaitGroup; wg.Wait() }
func ownPointer() { wg := new(sync.WaitGroup); wg.Wait() }
func ownStruct() { var s server; s.wg.Wait() }
func parameter(wg *sync.WaitGroup) { wg.Wait() }
func field(s *server) { s.wg.Wait() }
func errors() error { var g errgroup.Group; return g.Wait() }
func errorsOf(g *errgroup.Group) error { return g.Wait() }
func pipe(r *io.PipeReader, b []byte) { r.Read(b) }
`,
			want: map[string]string{
				"own": "chan ends alone", "ownPointer": "chan ends alone", "ownStruct": "chan ends alone", "parameter": "chan ends meets",
				"field": "chan ends meets", "errors": "chan ends alone", "errorsOf": "chan ends meets", "pipe": "chan ends meets",
			},
		},
	})
}

func TestLoops(t *testing.T) {
	testSummaries(t, []summaryCase{
		{
			name: "nesting",
			source: `
func one(n int) { for range n { } }
func two(n int) { for range n { for range n { } } }
func three(n int) { for range n { for range n { for range n { } } } }
func five(n int) { for range n { for range n { for range n { for range n { for range n { } } } } } }
func beside(n int) { for range n { }; for range n { } }
func callee(n int) { for range n { two(n) } }
func recursive(n int) { for range n { recursive(n - 1) } }
func literal(n int) { for range n { func() { for range n { } }() } }
func inHead(n int) { for i := size(n); i > 0; i-- { } }
func size(n int) int { for range n { }; return n }
func inCondition(n int) { for i := 0; i < size(n); i++ { } }
`,
			want: map[string]string{
				"one": "none ends alone loops=1", "two": "none ends alone loops=2", "three": "none ends alone loops=3", "five": "none ends alone loops=3",
				"beside": "none ends alone loops=1", "callee": "none ends alone loops=3", "recursive": "none ends alone loops=3",
				"literal": "none ends alone loops=2", "inHead": "none ends alone loops=1", "inCondition": "none ends alone loops=2",
			},
		},
		{
			name: "what the table calls heavy",
			source: `
func sum(b []byte) { sha256.Sum256(b) }
func sums(b []byte) { sum(b) }
`,
			want: map[string]string{"sum": "none ends alone dear", "sums": "none ends alone dear"},
		},
		{
			name: "a local function that is called twice, the second time in loops",
			source: `
func f(n int) { g := func() { for range n { } }; g(); for range n { for range n { g() } } }
`,
			want: map[string]string{"f": "none ends alone loops=3"},
		},
	})
	for _, c := range []struct {
		s    Summary
		want bool
	}{{Summary{}, false}, {Summary{Loops: 2}, false}, {Summary{Loops: 3}, true}, {Summary{Dear: true}, true}} {
		if got := c.s.Heavy(); got != c.want {
			t.Errorf("%+v is heavy: %t", c.s, got)
		}
	}
}

func TestJoins(t *testing.T) {
	testSummaries(t, []summaryCase{
		{
			name: "goroutines that are waited for",
			source: `
func waitGroup(us []string) { var wg sync.WaitGroup; for _, u := range us { wg.Add(1); go func() { defer wg.Done(); http.Get(u) }() }; wg.Wait() }
func waitGroupGo(us []string) { var wg sync.WaitGroup; for _, u := range us { wg.Go(func() { http.Get(u) }) }; wg.Wait() }
func group(us []string) error { var g errgroup.Group; for _, u := range us { g.Go(func() error { _, err := http.Get(u); return err }) }; return g.Wait() }
func groupOfContext(ctx context.Context, us []string) error { g, _ := errgroup.WithContext(ctx); for _, u := range us { g.Go(func() error { _, err := http.Get(u); return err }) }; return g.Wait() }
func channel(u string) { done := make(chan bool); go func() { http.Get(u); done <- true }(); <-done }
func ranged(u string) { c := make(chan int); go func() { defer close(c); http.Get(u) }(); for range c { } }
func selected(ctx context.Context, u string) { c := make(chan int); go func() { http.Get(u); c <- 1 }(); select { case <-c: case <-time.After(1): } }
func endless() { var wg sync.WaitGroup; wg.Go(func() { for { } }); wg.Wait() }
func nested(u string) { var wg sync.WaitGroup; wg.Go(func() { var inner sync.WaitGroup; inner.Go(func() { http.Get(u) }); inner.Wait() }); wg.Wait() }
func caller(us []string) { waitGroup(us) }
`,
			want: map[string]string{
				"waitGroup": "network ends alone loops=1", "waitGroupGo": "network ends alone loops=1", "group": "network ends alone loops=1",
				"groupOfContext": "network ends alone loops=1", "channel": "network ends alone", "ranged": "network ends alone loops=1",
				"selected": "network ends alone", "endless": "chan endless alone loops=1", "nested": "network ends alone",
				"caller": "network ends alone loops=1",
			},
			via: map[string]string{"waitGroup": "http.Get", "caller": "http.Get"},
		},
		{
			name: "goroutines that are not waited for",
			source: `
func starts(u string) { go func() { http.Get(u) }() }
func startsAll(wg *sync.WaitGroup, us []string) { for _, u := range us { wg.Go(func() { http.Get(u) }) } }
func polls(u string) { c := make(chan int); go func() { http.Get(u); c <- 1 }(); select { case <-c: default: } }
func declared(u string) { go get(u) }
func get(u string) { http.Get(u) }
func forever() { go func() { for { } }() }
func later(u string) { time.AfterFunc(1, func() { http.Get(u) }) }
`,
			want: map[string]string{
				"starts": "none ends alone", "startsAll": "none ends alone loops=1", "polls": "none ends alone", "declared": "none ends alone",
				"forever": "none ends alone", "later": "none ends alone",
			},
		},
		{
			name: "a Done that is not deferred ends what is waited for",
			source: `
func before(u string) { var wg sync.WaitGroup; wg.Add(1); go func() { wg.Done(); http.Get(u) }(); wg.Wait() }
func after(u string) { var wg sync.WaitGroup; wg.Add(1); go func() { http.Get(u); wg.Done() }(); wg.Wait() }
func between(u string) { var wg sync.WaitGroup; wg.Add(1); go func() { os.ReadFile(u); wg.Done(); for { } }(); wg.Wait() }
`,
			want: map[string]string{"before": "chan ends alone", "after": "network ends alone", "between": "file ends alone"},
		},
		{
			name: "a goroutine that is waited for, and waits for somebody else",
			source: `
func f(in chan int) { var wg sync.WaitGroup; wg.Go(func() { <-in }); wg.Wait() }
`,
			want: map[string]string{"f": "chan ends meets"},
		},
		{
			name: "a declared function that is started and waited for",
			source: `
func channel(u string) { c := make(chan bool); go get(u, c); <-c }
func get(u string, c chan bool) { http.Get(u); c <- true }
func method(s *server) { var wg sync.WaitGroup; wg.Go(s.run); wg.Wait() }
type server struct{}
func (s *server) run() { for { } }
`,
			want: map[string]string{"channel": "network ends alone", "method": "chan endless alone loops=1"},
		},
		{
			name: "a local function that is started and waited for",
			source: `
func f(u string) { var wg sync.WaitGroup; get := func() { http.Get(u) }; wg.Go(get); wg.Wait() }
`,
			want: map[string]string{"f": "network ends alone"},
		},
		{
			name: "an unknown function that is started and waited for",
			source: `
func inLiteral(g func()) { var wg sync.WaitGroup; wg.Go(func() { g() }); wg.Wait() }
func itself(g func()) { var wg sync.WaitGroup; wg.Go(g); wg.Wait() }
`,
			want: map[string]string{"inLiteral": "chan ends? meets? opaque", "itself": "chan ends? meets? opaque"},
		},
	})
}

// TestDeterministic: the same package gives the same summaries, words and all.
func TestDeterministic(t *testing.T) {
	const source = `
type store interface { Get(string); Put(string) }
type a struct{}
func (a) Get(u string) { os.ReadFile(u); round(1) }
func (a) Put(u string) { http.Get(u) }
type b struct{}
func (b) Get(u string) { http.Get(u); around(2) }
func (b) Put(u string) { exec.Command(u).Run() }
type c struct{}
func (c) Get(u string) { time.Sleep(1) }
func (c) Put(u string) { for { } }
func round(n int) { if n > 0 { around(n - 1) }; http.Get("u") }
func around(n int) { if n > 0 { there(n - 1, nil) }; http.Head("u") }
func there(n int, s store) { s.Get("u"); s.Put("u"); round(n); select { } }
func waits(x, y chan int) { <-x; <-y; <-x }
func meets(x, y chan int) { if x == nil { meets(y, x) }; back(y, x) }
func back(x, y chan int) { meets(x, y); waits(y, x) }
`
	var first map[string]Summary
	for range 20 {
		w := newWorld(t)
		Compute(w.pass(t, "p", source))
		got := map[string]Summary{}
		for o, s := range w.facts {
			got[o.(*types.Func).FullName()] = travel(t, s)
		}
		if first == nil {
			first = got
		}
		if !reflect.DeepEqual(first, got) {
			t.Fatalf("another result:\n%+v\n%+v", first, got)
		}
	}
	if len(first) < 14 {
		t.Errorf("only %d facts", len(first))
	}
}
