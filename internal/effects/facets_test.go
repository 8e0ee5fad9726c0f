package effects

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// facets says of a summary what the newer tests compare, one facet a word.
func facets(s Summary) map[string]string {
	sure := s.Sure.String()
	verb := s.Verb.String()
	if !s.Asks.none() {
		verb += " asks " + s.Asks.String()
	}
	if s.Likely != NoHint {
		verb += ", " + s.Likely.String()
	}
	errs := map[Answer]string{Unknown: "errs?", No: "never", Yes: "may"}
	exits := map[Answer]string{Unknown: "exits?", No: "returns", Yes: "exits"}
	return map[string]string{
		"sure": sure, "verb": verb, "panics": s.Panics.String(), "exits": exits[s.Exits], "spawns": s.Spawns.String(),
		"ctx": s.Ctx.String(), "closes": s.Closes.list("result"), "keeps": s.Keeps.list("result"), "errs": errs[s.Errs],
		"trust": s.VerbBy.Trust.String(), "block": s.Block.String(),
		"global": map[Answer]string{Unknown: "global?", No: "none", Yes: "global"}[s.Global],
		"ends":   map[Answer]string{Unknown: "ends?", No: "endless", Yes: "ends"}[s.Ends],
		"meets":  map[Answer]string{Unknown: "meets?", No: "alone", Yes: "meets"}[s.Meets],
	}
}

// A facetCase is a package and what one facet of its functions comes out as.
type facetCase struct {
	name, facet, source string
	want                map[string]string
}

func testFacets(t *testing.T, cases []facetCase) {
	for _, c := range cases {
		t.Run(c.facet+"/"+c.name, func(t *testing.T) {
			pass := newWorld(t).pass(t, "p", c.source)
			o := Compute(pass)
			for _, fn := range slices.Sorted(maps.Keys(c.want)) {
				s := o.Of(find(t, pass.Pkg, fn))
				if got := facets(s)[c.facet]; got != c.want[fn] {
					t.Errorf("%s is %q, want %q\n%s", fn, got, c.want[fn], strings.Join(o.Describe(&s), "\n"))
				}
			}
		})
	}
}

func TestSure(t *testing.T) {
	testFacets(t, []facetCase{
		{
			name: "paths", facet: "sure",
			source: `
func straight(u string) { http.Get(u) }
func cached(m map[string]string, u string) string { if v, ok := m[u]; ok { return v }; http.Get(u); return "" }
func ifOnly(b bool, u string) { if b { http.Get(u) } }
func bothBranches(b bool, u string) { if b { http.Get(u) } else { http.Head(u) } }
func lowerBranch(b bool, u string) { if b { http.Get(u) } else { os.ReadFile(u) } }
func eitherReturn(b bool, u string) { if b { http.Get(u); return }; http.Head(u) }
func bothReturn(b bool, u string) error { if b { _, err := http.Get(u); return err } else { _, err := http.Head(u); return err } }
func afterError(u string) error { r, err := http.NewRequest("GET", u, nil); if err != nil { return err }; _, err = http.DefaultClient.Do(r); return err }
func afterSentinel(u string) error { if u == "" { return io.EOF }; _, err := http.Get(u); return err }
func afterNew(u string) error { if u == "" { return errors.New("no URL") }; _, err := http.Get(u); return err }
func handler(w http.ResponseWriter, u string) { _, err := os.ReadFile(u); if err != nil { return }; http.Get(u) }
func inLoop(us []string) { for _, u := range us { http.Get(u) } }
func inEndless(u string) { for { if _, err := http.Get(u); err == nil { return } } }
func afterBreak(b bool, u string) { for { if b { break }; http.Get(u) } }
func afterLoop(us []string, u string) { for range us { if u == "" { break } }; http.Get(u) }
func loopReturns(us []string, u string) { for range us { if u == "" { return } }; http.Get(u) }
func lazy(b bool, u string) bool { return b && get(u) }
func eager(b bool, u string) bool { return get(u) && b }
func get(u string) bool { _, err := http.Get(u); return err == nil }
func cases(n int, u string) { switch n { case 1: http.Get(u); default: http.Head(u) } }
func someCases(n int, u string) { switch n { case 1: http.Get(u) } }
func inSwitchTag(u string) { switch get(u) { case true: } }
func choice(c chan int, u string) { select { case <-c: http.Get(u); case <-time.After(1): } }
func deferred(u string) { defer http.Get(u) }
func deferredMaybe(b bool, u string) { if b { defer http.Get(u) } }
func literal(u string) { func() { http.Get(u) }() }
func literalReturns(b bool, u string) { func() { if b { return }; os.ReadFile(u) }(); http.Get(u) }
func visitor(us []string) { sort.Slice(us, func(i, j int) bool { return get(us[i]) }) }
func panics(b bool, u string) { if b { panic("x") }; http.Get(u) }
func fallsOnPanic(b bool, u string) { if b { http.Get(u) } else { panic("x") } }
func jumps(b bool, u string) { if b { goto out }; http.Get(u); out: }
func joined(u string) { var wg sync.WaitGroup; wg.Go(func() { http.Get(u) }); wg.Wait() }
func none() {}
`,
			want: map[string]string{
				"straight": "network", "cached": "none", "ifOnly": "none", "bothBranches": "network", "lowerBranch": "file",
				"eitherReturn": "network", "bothReturn": "network", "afterError": "network", "afterSentinel": "network", "afterNew": "network",
				"handler": "file", "inLoop": "none", "inEndless": "network", "afterBreak": "none", "afterLoop": "network", "loopReturns": "none",
				"lazy": "none", "eager": "network", "cases": "network", "someCases": "none", "inSwitchTag": "network", "choice": "chan",
				"deferred": "network", "deferredMaybe": "none", "literal": "network", "literalReturns": "network", "visitor": "none",
				"panics": "network", "fallsOnPanic": "network", "jumps": "none", "joined": "chan", "none": "none",
			},
		},
		{
			name: "callees", facet: "sure",
			source: `
type store interface { Get(context.Context, string) (string, error) }
func fetch(u string) { http.Get(u) }
func caches(m map[string]bool, u string) { if !m[u] { http.Get(u) } }
func calls(u string) { fetch(u) }
func callsCache(m map[string]bool, u string) { caches(m, u) }
func guessed(ctx context.Context, s store) { s.Get(ctx, "k") }
func value(ctx context.Context, f func(context.Context) error) { f(ctx) }
func recursive(n int, u string) { if n == 0 { return }; http.Get(u); recursive(n-1, u) }
func mutualA(n int, u string) { http.Get(u); mutualB(n, u) }
func mutualB(n int, u string) { if n > 0 { mutualA(n-1, u) } }
`,
			want: map[string]string{
				"calls": "network", "callsCache": "none", "guessed": "network", "value": "none", "recursive": "none", "mutualA": "network", "mutualB": "none",
			},
		},
	})
}

func TestVerb(t *testing.T) {
	testFacets(t, []facetCase{
		{
			name: "table and bodies", facet: "verb",
			source: `
func computes(a int) int { return a + 1 }
func reads(u string) { http.Get(u) }
func writes(f string) { os.WriteFile(f, nil, 0) }
func logs() { log.Print("x") }
func readsAndLogs(u string) { log.Print("x"); http.Get(u) }
func all(u string) { http.Get(u); os.Remove(u); log.Print("x") }
func opaque(f func()) { f() }
func writesOpaquely(f func()) { os.Remove("x"); f() }
func calls(u string) { reads(u) }
func starts(u string) { go os.Remove(u) }
func startsLiteral(u string) { go func() { os.Remove(u) }() }
func fails(err error) string { return err.Error() }
func derives(ctx context.Context) { ctx, cancel := context.WithTimeout(ctx, 1); defer cancel(); <-ctx.Done() }
`,
			want: map[string]string{
				"computes": "pure", "reads": "read", "writes": "write", "logs": "log", "readsAndLogs": "log", "all": "write", "opaque": "unknown",
				"writesOpaquely": "unknown", "calls": "read", "starts": "write", "startsLiteral": "write", "fails": "pure", "derives": "pure",
			},
		},
		{
			name: "functions that are handed over and called", facet: "verb",
			source: `
type svc struct { once sync.Once }
func (s *svc) load() { os.Remove("x") }
func (s *svc) init() { s.once.Do(s.load) }
func less(a, b int) int { return a - b }
func sorts(a []int) { slices.SortFunc(a, less) }
func sortsLiteral(a []int) { slices.SortFunc(a, func(a, b int) int { return a - b }) }
func sortsUnknown(a []int, f func(a, b int) int) { slices.SortFunc(a, f) }
func over(seq iter.Seq[int]) { for range seq { } }
func overKeys(m map[string]int) { for range maps.Keys(m) { } }
func all(yield func(int) bool) { os.Remove("x"); yield(1) }
func overAll() { for range all { } }
`,
			want: map[string]string{
				"svc.init": "write", "sorts": "pure", "sortsLiteral": "pure", "sortsUnknown": "unknown", "over": "unknown", "overKeys": "pure",
				"overAll": "unknown",
			},
		},
		{
			name: "SQL", facet: "verb",
			source: `
const byID = "SELECT name FROM users WHERE id = $1"
func literal(ctx context.Context, db *sql.DB) { db.QueryRowContext(ctx, "SELECT 1") }
func constant(ctx context.Context, db *sql.DB) { db.QueryRowContext(ctx, byID, 1) }
func joined(ctx context.Context, db *sql.DB) { db.QueryRowContext(ctx, byID + " LIMIT 1", 1) }
func local(ctx context.Context, db *sql.DB) { q := byID; db.QueryRowContext(ctx, q, 1) }
func changed(ctx context.Context, db *sql.DB, b bool) { q := byID; if b { q = "DELETE FROM users" }; db.QueryRowContext(ctx, q, 1) }
func grown(ctx context.Context, db *sql.DB, b bool) { q := byID; q += " FOR UPDATE"; db.QueryRowContext(ctx, q, 1) }
func taken(ctx context.Context, db *sql.DB) { q := byID; p := &q; _ = p; db.QueryRowContext(ctx, q, 1) }
func built(ctx context.Context, db *sql.DB, t string) { db.QueryRowContext(ctx, "SELECT * FROM " + t) }
func inserts(ctx context.Context, db *sql.DB) { db.ExecContext(ctx, "INSERT INTO t VALUES (1)") }
func parameter(ctx context.Context, db *sql.DB, q string) { db.QueryRowContext(ctx, q) }
func changedParameter(ctx context.Context, db *sql.DB, q string) { q = q + " FOR UPDATE"; db.QueryRowContext(ctx, q) }
func throughOne(ctx context.Context, db *sql.DB) { parameter(ctx, db, "SELECT 1") }
func throughTwo(ctx context.Context, db *sql.DB) { second(db, "DELETE FROM t", ctx) }
func second(db *sql.DB, q string, ctx context.Context) { parameter(ctx, db, q) }
func expression(ctx context.Context, db *sql.DB) { (*sql.DB).QueryRowContext(db, ctx, "SELECT 1") }
func methodValue(ctx context.Context, db *sql.DB) { f := db.QueryRowContext; f(ctx, "SELECT 1") }
func inLiteral(ctx context.Context, db *sql.DB) { func(q string) { db.QueryRowContext(ctx, q) }("SELECT 1") }
func inGo(ctx context.Context, db *sql.DB) { go parameter(ctx, db, "DELETE FROM t") }
`,
			want: map[string]string{
				"literal": "read", "constant": "read", "joined": "read", "local": "read", "changed": "unknown", "grown": "unknown", "taken": "unknown",
				"built": "unknown", "inserts": "write", "parameter": "unknown asks statement 2", "changedParameter": "unknown", "throughOne": "read",
				"throughTwo": "write", "second": "unknown asks statement 1", "expression": "unknown", "methodValue": "unknown", "inLiteral": "unknown",
				"inGo": "write",
			},
		},
		{
			name: "HTTP", facet: "verb",
			source: `
type client struct { hc *http.Client }
func get(ctx context.Context, c *http.Client) { r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "u", nil); c.Do(r) }
func noBody(ctx context.Context, c *http.Client) { r, _ := http.NewRequestWithContext(ctx, "GET", "u", http.NoBody); c.Do(r) }
func withBody(ctx context.Context, c *http.Client, b io.Reader) { r, _ := http.NewRequestWithContext(ctx, "GET", "u", strings.NewReader("x")); c.Do(r) }
func post(c *http.Client, b io.Reader) { r, _ := http.NewRequest("POST", "u", b); c.Do(r) }
func headers(c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); r.Header.Set("a", "b"); r.Header["c"] = nil; r.SetBasicAuth("u", "p"); c.Do(r) }
func withContext(ctx context.Context, c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); r = r.WithContext(ctx); c.Do(r) }
func changesMethod(c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); r.Method = "DELETE"; c.Do(r) }
func changesBody(c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); r.Body = nil; c.Do(r) }
func overwrites(c *http.Client, o *http.Request) { r, _ := http.NewRequest("GET", "u", nil); *r = *o; c.Do(r) }
func reassigned(c *http.Client, b bool) { r, _ := http.NewRequest("GET", "u", nil); if b { r, _ = http.NewRequest("POST", "u", nil) }; c.Do(r) }
func aliased(c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); q := r; q.Method = "POST"; c.Do(r) }
func stored(c *http.Client, x *struct{ r *http.Request }) { r, _ := http.NewRequest("GET", "u", nil); x.r = r; c.Do(r) }
func handed(c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); decorate(r); c.Do(r) }
func decorate(r *http.Request) { r.Header.Set("a", "b") }
func handedBadly(c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); turn(r); c.Do(r) }
func turn(r *http.Request) { twist(r) }
func twist(r *http.Request) { r.Method = "PUT" }
func handedAway(c *http.Client, f func(*http.Request)) { r, _ := http.NewRequest("GET", "u", nil); f(r); c.Do(r) }
func sends(c *http.Client, r *http.Request) { c.Do(r) }
func sent(c *http.Client) { r, _ := http.NewRequest("HEAD", "u", nil); sends(c, r) }
func builds(ctx context.Context) *http.Request { r, _ := http.NewRequestWithContext(ctx, "POST", "u", nil); return r }
func trips(t http.RoundTripper) { r, _ := http.NewRequest("PATCH", "u", nil); t.RoundTrip(r) }
func (c *client) do(ctx context.Context, method, path string, body io.Reader) { r, err := http.NewRequestWithContext(ctx, method, path, body); if err != nil { return }; c.hc.Do(r) }
func (c *client) json(ctx context.Context, method, path string, in any) { var body io.Reader; if in != nil { b, _ := json.Marshal(in); body = bytes.NewReader(b) }; c.do(ctx, method, path, body) }
func (c *client) user(ctx context.Context) { c.do(ctx, http.MethodGet, "/user", nil) }
func (c *client) remove(ctx context.Context) { c.do(ctx, http.MethodDelete, "/user", nil) }
func (c *client) search(ctx context.Context, b io.Reader) { c.do(ctx, "GET", "/user", b) }
func (c *client) searchHere(ctx context.Context) { c.do(ctx, "GET", "/user", strings.NewReader("x")) }
func (c *client) jsonUser(ctx context.Context) { c.json(ctx, "GET", "/user", nil) }
func (c *client) jsonSearch(ctx context.Context) { c.json(ctx, "GET", "/user", c) }
func (c *client) jsonCreate(ctx context.Context) { c.json(ctx, "POST", "/user", c) }
func (c *client) either(ctx context.Context, b bool) { m := "GET"; if b { m = "PUT" }; c.do(ctx, m, "/user", nil) }
`,
			want: map[string]string{
				"get": "read", "noBody": "read", "withBody": "unknown", "post": "write", "headers": "read", "withContext": "read",
				"changesMethod": "unknown", "changesBody": "unknown", "overwrites": "unknown", "reassigned": "unknown", "aliased": "unknown",
				"stored": "unknown", "handed": "read", "handedBadly": "unknown", "handedAway": "unknown", "sends": "unknown asks request 1",
				"sent": "read", "builds": "pure", "trips": "write",
				"client.do": "unknown asks method 1, body 3", "client.json": "unknown asks method 1, body 3", "client.user": "read", "client.remove": "write",
				"client.search": "unknown asks body 1", "client.searchHere": "unknown", "client.jsonUser": "read", "client.jsonSearch": "unknown", "client.jsonCreate": "write",
				"client.either": "unknown",
			},
		},
		{
			name: "interfaces and what implements them here", facet: "verb",
			source: `
type state interface { Client() store; Warm() *plain; Lost() *plain; Self() *plain; Next() *plain; Save(string) *plain; Stop() error }
type store interface { Value(string) string }
type plain struct { s store; n int }
func (p *plain) Client() store { return p.s }
func (p *plain) Warm() *plain { p.n++; return p }
func (p *plain) Lost() *plain { os.Remove("x"); return p }
func (p *plain) Self() *plain { var s state = p; return s.Self() }
func (p *plain) Next() *plain { p.n++; return p }
func (p *plain) Save(string) *plain { p.n++; return p }
func (p *plain) Stop() error { return nil }
type other struct { *plain }
func (o other) Warm() *plain { os.Remove("y"); return nil }
func client(s state) { s.Client() }
func warm(s state) { s.Warm() }
func lost(s state) { s.Lost() }
func self(s state) { s.Self() }
func next(s state) { s.Next() }
func save(s state) { s.Save("x") }
func stop(s state) { s.Stop() }
func value(s state) { s.Client().Value("k") }
type getter interface { GetUser(string) string }
func both(s state, g getter) { s.Client(); g.GetUser("x") }
`,
			want: map[string]string{
				"client": "unknown, seen read", "warm": "unknown", "lost": "unknown", "self": "unknown", "value": "unknown", "both": "unknown, seen read",
				"next": "unknown", "save": "unknown", "stop": "unknown",
			},
		},
		{
			name: "interfaces and names", facet: "verb",
			source: `
type store interface { GetUser(string) string; CheckUser(string) bool; Put(string); GetOrCreate(string) string; Peek(string) string; Getaway() }
type remote struct{}
func (remote) GetUser(k string) string { http.Get(k); return k }
func (remote) CheckUser(k string) bool { return true }
func (remote) Put(k string) { os.WriteFile(k, nil, 0) }
func (remote) GetOrCreate(k string) string { return k }
func (remote) Peek(k string) string { os.Remove(k); return k }
func (remote) Getaway() {}
func get(s store) { s.GetUser("k") }
func check(s store) { s.CheckUser("k") }
func put(s store) { s.Put("k") }
func create(s store) { s.GetOrCreate("k") }
func away(s store) { s.Getaway() }
func both(s store) { s.GetUser("k"); s.CheckUser("k") }
func getAndWrite(s store) { s.GetUser("k"); os.Remove("f") }
func writeAndGet(s store) { os.Remove("f"); s.GetUser("k") }
func getAndPut(s store) { s.GetUser("k"); s.Put("k") }
func known(r remote) { r.GetUser("k") }
`,
			want: map[string]string{
				"get": "unknown, likely read", "check": "unknown, guard", "put": "unknown", "create": "unknown", "away": "unknown", "both": "unknown, guard",
				"getAndWrite": "unknown", "writeAndGet": "unknown", "getAndPut": "unknown", "known": "read",
				"store.Put": "write", "store.GetUser": "unknown, likely read", "store.Peek": "write",
			},
		},
		{
			name: "readers and writers", facet: "verb",
			source: `
func body(u string) ([]byte, error) { r, err := http.Get(u); if err != nil { return nil, err }; defer r.Body.Close(); return io.ReadAll(r.Body) }
func decodes(u string, v any) error { r, err := http.Get(u); if err != nil { return err }; defer r.Body.Close(); return json.NewDecoder(r.Body).Decode(v) }
func limited(u string) { r, _ := http.Get(u); b := bufio.NewReader(io.LimitReader(r.Body, 9)); b.ReadString('x') }
func file(n string) { f, _ := os.Open(n); defer f.Close(); s := bufio.NewScanner(f); for s.Scan() { } }
func buffer() { var b bytes.Buffer; fmt.Fprintf(&b, "x"); io.ReadAll(&b) }
func unknown(r io.Reader) { io.ReadAll(r) }
func either(r io.Reader, n string, ok bool) { var q io.Reader = strings.NewReader(n); if ok { q = r }; io.ReadAll(q) }
func toFile(n string) { f, _ := os.Create(n); fmt.Fprintln(f, "x") }
func toAnyone(w io.Writer) { fmt.Fprintln(w, "x") }
func copies(w io.Writer, u string) { r, _ := http.Get(u); io.Copy(w, r.Body) }
func drains(u string) { r, _ := http.Get(u); io.Copy(io.Discard, r.Body) }
func encodes() { var b bytes.Buffer; json.NewEncoder(&b).Encode(1) }
`,
			want: map[string]string{
				"body": "read", "decodes": "read", "limited": "read", "file": "read", "buffer": "pure", "unknown": "unknown, likely read", "either": "unknown, likely read",
				"toFile": "write", "toAnyone": "unknown", "copies": "unknown", "drains": "read", "encodes": "pure",
			},
		},
	})
}

func TestPanics(t *testing.T) {
	testFacets(t, []facetCase{
		{
			name: "explicit, by the table, and recovered", facet: "panics",
			source: `
type store interface { Get(string) string }
func none(a []int, i int) int { return a[i] }
func explicit(b bool) { if b { panic("x") } }
func byTable(d time.Duration) { time.NewTicker(d) }
func calls(b bool) { explicit(b) }
func opaque(f func()) { f() }
func inLiteral(b bool) { func() { panic("x") }() }
func stored() func() { return func() { panic("x") } }
func inGoroutine() { go func() { panic("x") }() }
func recovered(b bool) { defer func() { recover() }(); explicit(b); panic("x") }
func recoveredValue(b bool) (err error) { defer func() { if r := recover(); r != nil { err = fmt.Errorf("%v", r) } }(); explicit(b); return nil }
func again(b bool) { defer func() { if r := recover(); r != nil { panic(r) } }(); explicit(b) }
func tooLate(b bool) { explicit(b); defer func() { recover() }() }
func sometimes(b bool) { if b { defer func() { recover() }() }; explicit(b) }
func nested(b bool) { defer func() { func() { recover() }() }(); explicit(b) }
func byHelper(b bool) { defer rescue(); explicit(b) }
func rescue() { if r := recover(); r != nil { log.Print(r) } }
func byNoHelper(b bool) { defer tidy(); explicit(b) }
func tidy() {}
func goroutineAside() { defer func() { recover() }(); go func() { panic("x") }() }
func inDeferred(b bool) { defer explicit(b) }
func asserts(x any) int { return x.(int) }
func logPanics() { log.Panic("x") }
func iface(s store) { s.Get("k") }
`,
			want: map[string]string{
				"none": "no panic", "explicit": "panics", "byTable": "panics on wrong input", "calls": "panics", "opaque": "panics?",
				"inLiteral": "panics", "stored": "no panic", "inGoroutine": "panics", "recovered": "no panic", "recoveredValue": "no panic",
				"again": "panics", "tooLate": "panics", "sometimes": "panics", "nested": "panics", "byHelper": "no panic", "byNoHelper": "panics",
				"goroutineAside": "panics", "inDeferred": "panics", "asserts": "no panic", "logPanics": "panics", "iface": "panics?",
			},
		},
		{
			name: "the ends of processes and goroutines", facet: "exits",
			source: `
func none() {}
func exits() { os.Exit(1) }
func maybe(b bool) { if b { log.Fatal("x") } }
func goes() { runtime.Goexit() }
func fails(t *testing.T) { t.FailNow() }
func fatal(t *testing.T) { t.Fatalf("x") }
func calls(b bool) { maybe(b) }
func recovered() { defer func() { recover() }(); os.Exit(1) }
func deferred() { defer os.Exit(1) }
func opaque(f func()) { f() }
func inGoroutine() { go os.Exit(1) }
`,
			want: map[string]string{
				"none": "returns", "exits": "exits", "maybe": "exits", "goes": "exits", "fails": "exits", "fatal": "exits", "calls": "exits",
				"recovered": "exits", "deferred": "exits", "opaque": "exits?", "inGoroutine": "exits",
			},
		},
	})
}

func TestSpawns(t *testing.T) {
	testFacets(t, []facetCase{{
		name: "joined or not", facet: "spawns",
		source: `
func none() {}
func leaves() { go none() }
func group() { var wg sync.WaitGroup; wg.Go(none); wg.Wait() }
func counted(n int) { var wg sync.WaitGroup; for range n { wg.Add(1); go func() { defer wg.Done(); none() }() }; wg.Wait() }
func countedAtEnd() { var wg sync.WaitGroup; wg.Add(1); go func() { none(); wg.Done() }(); wg.Wait() }
func countedEarly() { var wg sync.WaitGroup; wg.Add(1); go func() { wg.Done(); none() }(); wg.Wait() }
func waitsDeferred(b bool) { var wg sync.WaitGroup; defer wg.Wait(); wg.Go(none); if b { return } }
func returnsBefore(b bool) { var wg sync.WaitGroup; wg.Go(none); if b { return }; wg.Wait() }
func returnsFirst(b bool) { var wg sync.WaitGroup; if b { return }; wg.Go(none); wg.Wait() }
func waitsMaybe(b bool) { var wg sync.WaitGroup; wg.Go(none); if b { wg.Wait() } }
func waitsForOther() { var wg, other sync.WaitGroup; wg.Go(none); other.Wait() }
func anothers(wg *sync.WaitGroup) { wg.Go(none); wg.Wait() }
func errors() error { var g errgroup.Group; g.Go(func() error { return nil }); return g.Wait() }
func ofContext(ctx context.Context) error { g, ctx := errgroup.WithContext(ctx); g.Go(func() error { return ctx.Err() }); return g.Wait() }
func channel() { done := make(chan bool); go func() { none(); done <- true }(); <-done }
func closes() { done := make(chan bool); go func() { defer close(done); none() }(); <-done }
func two() { c := make(chan bool); go func() { c <- true }(); go func() { c <- true }(); <-c; <-c }
func oneOfTwo() { c := make(chan bool); go func() { c <- true }(); go func() { c <- true }(); <-c }
func sendsTwice() { c := make(chan bool, 2); go func() { c <- true; none(); c <- true }(); <-c }
func ownValue() { c := make(chan bool, 2); c <- true; go func() { c <- true }(); <-c }
func ranged() { c := make(chan int); go func() { defer close(c); c <- 1; c <- 2 }(); for range c { } }
func selected() { c := make(chan bool, 1); go func() { c <- true }(); select { case <-c: case <-time.After(1): } }
func later() { time.AfterFunc(1, none) }
func calls() { leaves() }
func callsJoined() { group() }
func nested() { var wg sync.WaitGroup; wg.Go(func() { go none() }); wg.Wait() }
func opaque(f func()) { f() }
func declared(c chan bool) { wg := new(sync.WaitGroup); wg.Add(1); go work(wg); wg.Wait() }
func work(wg *sync.WaitGroup) { defer wg.Done() }
`,
		want: map[string]string{
			"none": "no goroutine", "leaves": "leaves goroutines", "group": "joins its goroutines", "counted": "joins its goroutines",
			"countedAtEnd": "joins its goroutines", "countedEarly": "leaves goroutines", "waitsDeferred": "joins its goroutines",
			"returnsBefore": "leaves goroutines", "returnsFirst": "joins its goroutines", "waitsMaybe": "leaves goroutines",
			"waitsForOther": "leaves goroutines", "anothers": "leaves goroutines", "errors": "joins its goroutines", "ofContext": "joins its goroutines",
			"channel": "joins its goroutines", "closes": "joins its goroutines", "two": "joins its goroutines", "oneOfTwo": "leaves goroutines",
			"sendsTwice": "leaves goroutines", "ownValue": "leaves goroutines", "ranged": "joins its goroutines", "selected": "leaves goroutines",
			"later": "leaves goroutines", "calls": "leaves goroutines", "callsJoined": "joins its goroutines", "nested": "leaves goroutines",
			"opaque": "spawns?", "declared": "leaves goroutines",
		},
	}})
}

func TestCtx(t *testing.T) {
	testFacets(t, []facetCase{{
		name: "what becomes of it", facet: "ctx",
		source: `
type store interface { Get(context.Context, string) (string, error) }
func none(a int) {}
func ignores(ctx context.Context) {}
func values(ctx context.Context) any { return ctx.Value("k") }
func polls(ctx context.Context) error { return ctx.Err() }
func waits(ctx context.Context, c chan int) { select { case <-c: case <-ctx.Done(): } }
func deaf(ctx context.Context, c chan int) { <-c }
func sleeps(ctx context.Context) { time.Sleep(1) }
func passes(ctx context.Context, s store) { s.Get(ctx, "k") }
func passesAndReadsFile(ctx context.Context, s store) { os.ReadFile("f"); s.Get(ctx, "k") }
func some(ctx context.Context, s store) { s.Get(ctx, "k"); http.Get("u") }
func derived(ctx context.Context, s store) { c, cancel := context.WithTimeout(ctx, 1); defer cancel(); s.Get(c, "k") }
func inCall(ctx context.Context, s store) { s.Get(context.WithValue(ctx, "k", 1), "k") }
func replaces(ctx context.Context, s store) { s.Get(context.Background(), "k") }
func detaches(ctx context.Context, s store) { s.Get(context.WithoutCancel(ctx), "k") }
func replacesDerived(ctx context.Context, s store) { c, cancel := context.WithTimeout(context.Background(), 1); defer cancel(); s.Get(c, "k") }
func rebinds(ctx context.Context, s store) { ctx = context.WithoutCancel(ctx); s.Get(ctx, "k") }
func rebindsDerived(ctx context.Context, s store) { ctx, cancel := context.WithTimeout(ctx, 1); defer cancel(); s.Get(ctx, "k") }
func rebindsTimeout(ctx context.Context, s store) { var cancel context.CancelFunc; ctx, cancel = context.WithTimeout(ctx, 1); defer cancel(); s.Get(ctx, "k") }
func request(ctx context.Context, c *http.Client) { r, _ := http.NewRequestWithContext(ctx, "GET", "u", nil); c.Do(r) }
func bareRequest(ctx context.Context, c *http.Client) { r, _ := http.NewRequest("GET", "u", nil); c.Do(r) }
func rows(ctx context.Context, db *sql.DB) { r, _ := db.QueryContext(ctx, "SELECT 1"); for r.Next() { }; r.Close() }
func toIgnorer(ctx context.Context) { fetch(ctx) }
func fetch(ctx context.Context) { http.Get("u") }
func toHeeder(ctx context.Context, s store) { passes(ctx, s) }
func group(ctx context.Context, s store) error { g, ctx := errgroup.WithContext(ctx); g.Go(func() error { s.Get(ctx, "k"); return nil }); return g.Wait() }
func opaque(ctx context.Context, f func()) { f() }
func last(a int, ctx context.Context, s store) { s.Get(ctx, "k") }
`,
		want: map[string]string{
			"none": "takes no ctx", "ignores": "ignores its ctx", "values": "ignores its ctx", "polls": "polls its ctx", "waits": "polls its ctx",
			"deaf": "passes its ctx to some", "sleeps": "passes its ctx to some", "passes": "passes its ctx on", "passesAndReadsFile": "passes its ctx on",
			"some": "passes its ctx to some", "derived": "passes its ctx on", "inCall": "passes its ctx on", "replaces": "replaces its ctx",
			"detaches": "replaces its ctx", "replacesDerived": "replaces its ctx", "rebinds": "replaces its ctx", "rebindsDerived": "passes its ctx on", "rebindsTimeout": "passes its ctx on", "request": "passes its ctx on", "bareRequest": "passes its ctx to some",
			"rows": "passes its ctx on", "toIgnorer": "passes its ctx to some", "fetch": "passes its ctx to some", "toHeeder": "passes its ctx on",
			"opaque": "ctx?", "last": "passes its ctx on",
		},
	}})
}

func TestResults(t *testing.T) {
	const source = `
type user struct { name string; tags []string }
type cursor struct { rows *sql.Rows }
type store interface { Get(context.Context, string) (*user, error); Open(context.Context, string) (io.ReadCloser, error); Watch(context.Context) (<-chan user, error) }
func data(ctx context.Context, s store) (*user, error) { return s.Get(ctx, "k") }
func open(ctx context.Context, s store) (io.ReadCloser, error) { return s.Open(ctx, "k") }
func watch(ctx context.Context, s store) (<-chan user, error) { return s.Watch(ctx) }
func do(ctx context.Context, c *http.Client) (*http.Response, error) { r, err := http.NewRequestWithContext(ctx, "GET", "u", nil); if err != nil { return nil, err }; return c.Do(r) }
func get(ctx context.Context) (*http.Response, error) { return http.Get("u") }
func send(c *http.Client, r *http.Request) (*http.Response, error) { return c.Do(r) }
func sendsOwn(ctx context.Context, c *http.Client) (*http.Response, error) { r, err := http.NewRequestWithContext(ctx, "GET", "u", nil); if err != nil { return nil, err }; return send(c, r) }
func sendsBare(ctx context.Context, c *http.Client) (*http.Response, error) { r, err := http.NewRequest("GET", "u", nil); if err != nil { return nil, err }; return send(c, r) }
func query(ctx context.Context, db *sql.DB) (*sql.Rows, error) { rows, err := db.QueryContext(ctx, "SELECT 1"); return rows, err }
func wraps(ctx context.Context, db *sql.DB) (*cursor, error) { rows, err := db.QueryContext(ctx, "SELECT 1"); if err != nil { return nil, err }; return &cursor{rows: rows}, nil }
func scans(ctx context.Context, db *sql.DB) ([]user, error) { rows, err := db.QueryContext(ctx, "SELECT 1"); if err != nil { return nil, err }; defer rows.Close(); var out []user; for rows.Next() { var u user; rows.Scan(&u.name); out = append(out, u) }; return out, nil }
func background(db *sql.DB) (*sql.Rows, error) { return db.QueryContext(context.Background(), "SELECT 1") }
func file(name string) (*os.File, error) { return os.Open(name) }
func named(name string) (f *os.File, err error) { f, err = os.Open(name); return }
func later(ctx context.Context, s store) func() error { return func() error { _, err := s.Get(ctx, "k"); return err } }
func timeout(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, 1) }
func tx(ctx context.Context, db *sql.DB) (*sql.Tx, error) { return db.BeginTx(ctx, nil) }
func never() error { return nil }
func neverEither(n int) (int, error) { if n > 0 { return 1, nil }; return n, never() }
func may(n int) error { if n > 0 { return io.EOF }; return nil }
func mayNamed() (err error) { defer func() { err = io.EOF }(); return nil }
func noError() int { return 1 }
`
	testFacets(t, []facetCase{
		{
			name: "to be closed", facet: "closes", source: source,
			want: map[string]string{
				"data": "", "open": "result 0", "watch": "", "do": "result 0", "get": "result 0", "query": "result 0", "wraps": "result 0", "scans": "",
				"file": "result 0", "named": "result 0", "later": "result 0", "timeout": "result 1", "tx": "result 0", "noError": "",
			},
		},
		{
			name: "depending on the context", facet: "keeps", source: source,
			want: map[string]string{
				"data": "", "open": "result 0", "watch": "result 0", "do": "result 0", "get": "", "send": "result 0", "sendsOwn": "result 0", "sendsBare": "",
				"query": "result 0", "wraps": "result 0", "scans": "", "background": "", "file": "", "later": "result 0", "timeout": "result 0, result 1",
				"tx": "result 0", "noError": "",
			},
		},
		{
			name: "errors", facet: "errs", source: source,
			want: map[string]string{"never": "never", "neverEither": "never", "may": "may", "mayNamed": "may", "noError": "never", "data": "may", "store.Get": "may"},
		},
	})
}
