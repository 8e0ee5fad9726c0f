package p

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"example.com/oracle"
)

func init() { log.SetOutput(io.Discard) }

// An env is the world as the functions of lib.go meet it. Each write makes what is read
// another text: of all that is there, or, where apart is set, of its own key.
type env struct {
	w     *oracle.World
	apart bool
	made  [256]atomic.Int64 // writes, by the first letter of the key; at 0 of all
	db    *sql.DB
	s     Store
	v     *Svc
	web   *Web
}

func newEnv(w *oracle.World, apart bool) *env {
	e := &env{w: w, apart: apart}
	e.db = sql.OpenDB(conn{e})
	e.s = store{e}
	e.v = &Svc{store: e.s, db: e.db, cache: map[string]string{}, kept: map[string]string{}}
	e.web = &Web{client: &http.Client{Transport: e}, base: "http://peer/"}
	total = 0
	return e
}

func (e *env) close() { _ = e.db.Close() }

// seen is what a run gave: the results, and where it succeeded what is left in memory.
func (e *env) seen(err error, results ...any) string {
	text := fmt.Sprintf("%#v", results)
	if err != nil {
		return text
	}
	v := e.v
	return text + fmt.Sprintf(" %d %q %v %v %d %q %d %d", v.n, v.last, v.cache, v.kept, v.calls, v.seq, v.hits.Load(), total)
}

func (e *env) version(key string) *atomic.Int64 {
	if !e.apart {
		key = "\x00"
	}
	return &e.made[key[0]]
}

func (e *env) read(ctx context.Context, key string, with ...any) (string, error) {
	v, err := e.w.Read(ctx, key, with...)
	if err != nil {
		return "", err
	}
	time.Sleep(oracle.WayBack)
	return fmt.Sprintf("%s@%d", v, e.version(key).Load()), nil
}

func (e *env) write(ctx context.Context, key string, with ...any) error {
	err := e.w.Write(ctx, key, with...)
	if err == nil {
		e.version(key).Add(1)
		time.Sleep(oracle.WayBack)
	}
	return err
}

type store struct{ e *env }

func (s store) GetUser(ctx context.Context, key string) (string, error) { return s.e.read(ctx, key) }

func (s store) GetSize(ctx context.Context, key string) (int, error) {
	v, err := s.e.read(ctx, key)
	return len(v), err
}

func (s store) ListOrders(ctx context.Context, key, of string) ([]string, error) {
	v, err := s.e.read(ctx, key, of)
	if err != nil {
		return nil, err
	}
	return []string{v, "more of " + of}, nil
}

func (s store) FindPair(ctx context.Context, key, of string) (string, int, error) {
	v, err := s.e.read(ctx, key, of)
	return v, len(of), err
}

func (s store) LookupStatic(key string) (string, error) { return s.e.read(context.Background(), key) }

func (s store) CheckAccess(ctx context.Context, key string) error {
	_, err := s.e.read(ctx, key)
	return err
}

func (s store) OpenBody(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.e.w.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (s store) Put(ctx context.Context, key, value string) error { return s.e.write(ctx, key, value) }

func (s store) CreateOne(ctx context.Context, key, value string) (string, error) {
	if err := s.e.write(ctx, key, value); err != nil {
		return "", err
	}
	return "new " + key, nil
}

func (s store) Process(ctx context.Context, key string) (string, error) {
	if err := s.e.write(ctx, key); err != nil {
		return "", err
	}
	return "done " + key, nil
}

func (s store) Ask(ctx context.Context, key string, with ...string) (string, error) {
	return s.e.read(ctx, key, strings.Join(with, "+"))
}

// A conn is the driver behind database/sql.
type conn struct{ e *env }

func (c conn) Connect(context.Context) (driver.Conn, error) { return c, nil }
func (c conn) Driver() driver.Driver                        { return nil }
func (c conn) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("no statements") }
func (c conn) Begin() (driver.Tx, error)                    { return tx{}, nil }
func (c conn) Close() error                                 { return nil }

type tx struct{}

func (tx) Commit() error   { return nil }
func (tx) Rollback() error { return nil }

func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	key, with := textsOf(args)
	if !strings.HasPrefix(query, "SELECT") {
		if err := c.e.write(ctx, key, with...); err != nil {
			return nil, err
		}
		return &rows{v: "next of " + key}, nil
	}
	v, err := c.e.read(ctx, key, with...)
	if err != nil {
		return nil, err
	}
	return &rows{v: v}, nil
}

func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	value, key := textsOf(args)
	return driver.RowsAffected(1), c.e.write(ctx, key[0].(string), value)
}

func textsOf(args []driver.NamedValue) (first string, others []any) {
	for _, a := range args[1:] {
		others = append(others, a.Value)
	}
	return args[0].Value.(string), others
}

type rows struct {
	v    string
	done bool
}

func (r *rows) Columns() []string { return []string{"v"} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	dest[0], r.done = r.v, true
	return nil
}

// RoundTrip makes an env the transport of its HTTP client.
func (e *env) RoundTrip(req *http.Request) (*http.Response, error) {
	key, text := strings.TrimPrefix(req.URL.Path, "/"), ""
	if req.Method == http.MethodGet {
		v, err := e.read(req.Context(), key)
		if err != nil {
			return nil, err
		}
		text = v
	} else if err := e.write(req.Context(), key); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(text)), Request: req}, nil
}
