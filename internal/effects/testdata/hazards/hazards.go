// Package hazards holds the functions of the catalogue (docs/hazards.md) of which
// a guard needs a fact that is in the summaries, each with a repaired twin, "OK",
// of which the fact is not true. A comment "fact NAME FACET VALUE" speaks of the
// call of NAME on its line, or of the declared function itself where NAME is "func".
package hazards

type T struct {
	ID   int
	Name string
}

type store interface {
	Get(ctx context.Context, id string) (*T, error)
	Check(ctx context.Context, id string) error
	Create(ctx context.Context, t *T) error
	Notify(ctx context.Context, t *T) error
	Open(ctx context.Context, id string) (io.ReadCloser, error)
	Run() error
}

type svc struct {
	a, b  store
	mu    sync.Mutex
	cache map[string]*T
	db    *sql.DB
	w     io.Writer
	hc    *http.Client
	cmd   *exec.Cmd
}

// fetch is a proved read: its method is a constant, and no panic is in it.
func (s *svc) fetch(ctx context.Context, id string) (*T, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.hc.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var t T
	return &t, json.NewDecoder(resp.Body).Decode(&t)
}

func (s *svc) B1guard(ctx context.Context, id string) (*T, error) {
	if err := s.a.Check(ctx, id); err != nil { // fact Check verb unknown, guard
		return nil, err
	}
	return s.b.Get(ctx, id)
}

func (s *svc) B1guardOK(ctx context.Context, id string) (*T, error) {
	if _, err := s.fetch(ctx, id); err != nil { // fact fetch verb read
		return nil, err
	}
	return s.b.Get(ctx, id)
}

func (s *svc) B4rows(ctx context.Context, id string) (*http.Response, error) { // fact func keeps result 0
	req, err := http.NewRequestWithContext(ctx, "GET", id, nil)
	if err != nil {
		return nil, err
	}
	return s.hc.Do(req)
}

func (s *svc) B4rowsOK(ctx context.Context, id string) ([]byte, error) { // fact func keeps
	req, err := http.NewRequestWithContext(ctx, "GET", id, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.hc.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func (s *svc) B7create(ctx context.Context, t *T) error {
	if err := s.a.Create(ctx, t); err != nil { // fact Create verb unknown
		return err
	}
	_, err := s.b.Get(ctx, "quota")
	return err
}

func (s *svc) B7createOK(ctx context.Context, t *T) error {
	if _, err := s.fetch(ctx, t.Name); err != nil { // fact fetch verb read
		return err
	}
	_, err := s.b.Get(ctx, "quota")
	return err
}

func (s *svc) B14discard() {
	go s.a.Run() // fact Run errs may
}

func (s *svc) B14discardOK() {
	go beat() // fact beat errs never
}

func beat() error { return nil }

func (s *svc) B15errc(n int) error { // fact func spawns leaves goroutines
	errc := make(chan error)
	for range n {
		go func() { errc <- s.a.Run() }()
	}
	for range n {
		if err := <-errc; err != nil {
			return err
		}
	}
	return nil
}

func (s *svc) B15errcOK(n int) error { // fact func spawns joins its goroutines
	var g errgroup.Group
	for range n {
		g.Go(func() error { _, err := s.fetch(context.Background(), "x"); return err })
	}
	return g.Wait()
}

func (s *svc) B17sem(ctx context.Context, ids []string, sem chan struct{}) error { // fact func ctx polls its ctx
	for range ids {
		select {
		case sem <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *svc) B17semOK(ctx context.Context, ids []string, sem chan struct{}) error { // fact func ctx passes its ctx to some
	for range ids {
		sem <- struct{}{}
	}
	return ctx.Err()
}

func (s *svc) B18perItem(ctx context.Context, id string) error { // fact func ctx passes its ctx on
	c, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := s.a.Get(c, id)
	return err
}

func (s *svc) B18perItemOK(ctx context.Context, id string) error { // fact func ctx replaces its ctx
	c, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := s.a.Get(c, id)
	return err
}

func (s *svc) B20detached(ctx context.Context, t *T) { // fact func spawns leaves goroutines
	go s.a.Notify(context.Background(), t)
}

func (s *svc) B20detachedOK(ctx context.Context, t *T) { // fact func spawns no goroutine
	s.log(t)
}

func (s *svc) log(t *T) { log.Print(t.Name) }

func B21get(ctx context.Context, url string) (*http.Response, error) { // fact func ctx passes its ctx to some
	return http.Get(url)
}

func B21getOK(ctx context.Context, url string) (*http.Response, error) { // fact func ctx passes its ctx on
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(req)
}

func B22checkpoint(ctx context.Context, xs, out []float64) { // fact func ctx ignores its ctx
	for i, x := range xs {
		out[i] = x * x
	}
}

func B22checkpointOK(ctx context.Context, xs, out []float64) error { // fact func ctx polls its ctx
	for i, x := range xs {
		if err := ctx.Err(); err != nil {
			return err
		}
		out[i] = x * x
	}
	return nil
}

func (s *svc) B23closer(ctx context.Context, id string) error {
	r, err := s.a.Open(ctx, id) // fact Open closes result 0
	if err != nil {
		return err
	}
	return r.Close()
}

func (s *svc) B23closerOK(ctx context.Context, id string) error {
	_, err := s.fetch(ctx, id) // fact fetch closes
	return err
}

func (s *svc) C1recover(ctx context.Context, id string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	_, err = s.a.Get(ctx, id) // fact Get panics panics?
	return err
}

func (s *svc) C1recoverOK(ctx context.Context, id string) error {
	_, err := s.fetch(ctx, id) // fact fetch panics no panic
	return err
}

func C1explicit(in string) int { // fact func panics panics
	if in == "" {
		panic("no input")
	}
	return len(in)
}

func C1explicitOK(in string) (n int) { // fact func panics no panic
	defer func() {
		if recover() != nil {
			n = -1
		}
	}()
	return C1explicit(in)
}

func C3failNow(t *testing.T, got string) { // fact func exits exits
	if got != "x" {
		t.Fatalf("got %s", got)
	}
}

func C3failNowOK(t *testing.T, got string) { // fact func exits returns
	if got != "x" {
		t.Errorf("got %s", got)
	}
}

func (s *svc) C4deferInLoop(ctx context.Context, ids []string) (rs []any, err error) {
	for _, id := range ids {
		r, err := s.a.Open(ctx, id) // fact Open keeps result 0
		if err != nil {
			return nil, err
		}
		defer r.Close()
		rs = append(rs, r)
	}
	return rs, nil
}

func (s *svc) C4deferInLoopOK(ctx context.Context, ids []string) (rs []any, err error) {
	for _, id := range ids {
		r, err := s.fetch(ctx, id) // fact fetch keeps
		if err != nil {
			return nil, err
		}
		rs = append(rs, r)
	}
	return rs, nil
}

func (s *svc) C5deferBetween(ctx context.Context, t *T) {
	defer s.b.Notify(ctx, t) // fact Notify verb unknown
}

func (s *svc) C5deferBetweenOK(ctx context.Context, t *T) {
	defer s.log(t) // fact log verb log
}

func D3daemon(l net.Listener, h http.Handler) {
	go http.Serve(l, h) // fact Serve ends endless
}

func D3daemonOK(u string) {
	go http.Get(u) // fact Get ends ends
}

func D4barrier(ready *sync.WaitGroup) { // fact func meets meets
	ready.Done()
	ready.Wait()
}

func D4barrierOK(ready *sync.WaitGroup) { // fact func meets alone
	ready.Done()
}

func D5recursive(dir string, ls func(string) []string, wg *sync.WaitGroup) { // fact func spawns leaves goroutines
	for _, d := range ls(dir) {
		wg.Go(func() { D5recursive(d, ls, wg) })
	}
}

func D5recursiveOK(dirs []string) { // fact func spawns joins its goroutines
	var wg sync.WaitGroup
	for _, d := range dirs {
		wg.Go(func() { os.Stat(d) })
	}
	wg.Wait()
}

func (s *svc) D6pool(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil) // fact BeginTx closes result 0
	if err != nil {
		return err
	}
	return tx.Commit()
}

func (s *svc) D6poolOK(ctx context.Context) error {
	var n int
	return s.db.QueryRowContext(ctx, "SELECT 1").Scan(&n) // fact QueryRowContext closes
}

func D8escape(wg *sync.WaitGroup, us []string) { // fact func spawns leaves goroutines
	wg.Add(len(us))
	for _, u := range us {
		go func() { defer wg.Done(); http.Get(u) }()
	}
}

func D8escapeOK(us []string) { // fact func spawns joins its goroutines
	var wg sync.WaitGroup
	wg.Add(len(us))
	for _, u := range us {
		go func() { defer wg.Done(); http.Get(u) }()
	}
	wg.Wait()
}

func (s *svc) D9outlives(t *T) { // fact func spawns leaves goroutines
	go s.a.Notify(context.Background(), t)
}

func (s *svc) D9outlivesOK(t *T) { // fact func spawns joins its goroutines
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.log(t)
	}()
	<-done
}

func D10stage(ctx context.Context, in []int) <-chan int { // fact func spawns leaves goroutines
	out := make(chan int)
	go func() {
		for _, v := range in {
			out <- v
		}
	}()
	return out
}

func D10stageOK(ctx context.Context, in []int) (sum int) { // fact func spawns joins its goroutines
	out := make(chan int)
	go func() {
		defer close(out)
		for _, v := range in {
			out <- v
		}
	}()
	for v := range out {
		sum += v
	}
	return sum
}

func (s *svc) D12handOff(ctx context.Context, t *T) error {
	if err := os.WriteFile("in", []byte(t.Name), 0o600); err != nil { // fact WriteFile verb write
		return err
	}
	return s.cmd.Run()
}

func (s *svc) D12handOffOK(ctx context.Context, t *T) ([]byte, error) {
	return os.ReadFile(t.Name) // fact ReadFile verb read
}

func (s *svc) E1createNotify(ctx context.Context, t *T) error { // fact func verb unknown
	if err := s.a.Create(ctx, t); err != nil {
		return err
	}
	return s.b.Notify(ctx, t)
}

func (s *svc) E1createNotifyOK(ctx context.Context, t *T) error { // fact func verb read
	if _, err := s.fetch(ctx, t.Name); err != nil {
		return err
	}
	_, err := s.fetch(ctx, "x")
	return err
}

func (s *svc) E2readAfterWrite(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "INSERT INTO t VALUES (1)") // fact ExecContext verb write
	return err
}

func (s *svc) E2readAfterWriteOK(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM t").Scan(&n) // fact QueryRowContext verb read
	return n, err
}

func (s *svc) E3nextval(ctx context.Context) (a int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT nextval('s')").Scan(&a) // fact QueryRowContext verb unknown
	return
}

func (s *svc) E3nextvalOK(ctx context.Context) (a int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT max(n) FROM s").Scan(&a) // fact QueryRowContext verb read
	return
}

func E5paced() { // fact func sure chan
	time.Sleep(100 * time.Millisecond)
}

func E5pacedOK() {} // fact func sure none

func (s *svc) E6global(id string) { // fact func global global
	os.Setenv("REGION", id)
}

func (s *svc) E6globalOK(id string) { // fact func global none
	os.Getenv("REGION")
}

func E7files() error { // fact func verb write
	if err := os.Mkdir("d", 0o755); err != nil {
		return err
	}
	return os.WriteFile("d/f", nil, 0o600)
}

func E7filesOK() error { // fact func verb read
	if _, err := os.Stat("d"); err != nil {
		return err
	}
	_, err := os.ReadFile("d/f")
	return err
}

func (s *svc) E8print(v *T) { // fact func verb unknown
	fmt.Fprintln(s.w, v.Name)
}

func (s *svc) E8printOK(v *T) string { // fact func verb pure
	var b strings.Builder
	fmt.Fprintln(&b, v.Name)
	return b.String()
}

type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func H3hidden(ctx context.Context, q querier) (a int, err error) {
	err = q.QueryRowContext(ctx, "SELECT 1").Scan(&a) // fact QueryRowContext verb unknown, likely read
	return
}

func H3hiddenOK(ctx context.Context, q *sql.DB) (a int, err error) {
	err = q.QueryRowContext(ctx, "SELECT 1").Scan(&a) // fact QueryRowContext verb read
	return
}

func (s *svc) H3inCtx(ctx context.Context, inTx func(context.Context, func(context.Context) error) error) error { // fact func verb unknown
	return inTx(ctx, func(ctx context.Context) error {
		_, err := s.fetch(ctx, "x")
		return err
	})
}

func (s *svc) H3inCtxOK(ctx context.Context) error { // fact func verb read
	return func(ctx context.Context) error {
		_, err := s.fetch(ctx, "x")
		return err
	}(ctx)
}

func H5thread() { // fact func global global
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
}

func H5threadOK() { // fact func global none
	runtime.Gosched()
}

func H7scanner(sc *bufio.Scanner) { // fact func verb unknown
	for sc.Scan() {
	}
}

func H7scannerOK(text string) { // fact func verb pure
	sc := bufio.NewScanner(strings.NewReader(text))
	for sc.Scan() {
	}
}

func (s *svc) J4herd(ctx context.Context, k string) (*T, error) { // fact func sure none
	if v := s.cache[k]; v != nil {
		return v, nil
	}
	return s.a.Get(ctx, k)
}

func (s *svc) J4herdOK(ctx context.Context, k string) (*T, error) { // fact func sure network
	return s.a.Get(ctx, k)
}
