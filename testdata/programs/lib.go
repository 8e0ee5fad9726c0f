// Package p is what the random programs call: clients of peers, and functions that
// use them together with memory of their own.
package p

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// A Store is a peer behind an interface: what its methods do can only be told by their names.
type Store interface {
	GetUser(ctx context.Context, key string) (string, error)
	GetSize(ctx context.Context, key string) (int, error)
	ListOrders(ctx context.Context, key, of string) ([]string, error)
	FindPair(ctx context.Context, key, of string) (string, int, error)
	LookupStatic(key string) (string, error)
	CheckAccess(ctx context.Context, key string) error
	OpenBody(ctx context.Context, key string) (io.ReadCloser, error)
	Put(ctx context.Context, key, value string) error
	CreateOne(ctx context.Context, key, value string) (string, error)
	Process(ctx context.Context, key string) (string, error)

	//goherd:read
	Ask(ctx context.Context, key string, with ...string) (string, error)
}

func rowOf(ctx context.Context, db *sql.DB, key string) (string, error) {
	var v string
	err := db.QueryRowContext(ctx, "SELECT v FROM t WHERE k = ?", key).Scan(&v)
	return v, err
}

func rowsOf(ctx context.Context, db *sql.DB, key, of string) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT v FROM t WHERE k = ? AND of = ?", key, of)
	if err != nil {
		return nil, fmt.Errorf("rows of %s: %w", key, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func setRow(ctx context.Context, db *sql.DB, key, value string) error {
	_, err := db.ExecContext(ctx, "UPDATE t SET v = ? WHERE k = ?", value, key)
	return err
}

// nextOf has the name of a read.
func nextOf(ctx context.Context, db *sql.DB, key string) (string, error) {
	var v string
	err := db.QueryRowContext(ctx, "UPDATE t SET n = n + 1 WHERE k = ? RETURNING n", key).Scan(&v)
	return v, err
}

// A Web is a peer behind HTTP.
type Web struct {
	client *http.Client
	base   string
}

func (w *Web) page(ctx context.Context, key string) (string, error) {
	return w.ask(ctx, http.MethodGet, key, nil)
}

func (w *Web) send(ctx context.Context, key, value string) error {
	_, err := w.ask(ctx, http.MethodPost, key, strings.NewReader(value))
	return err
}

func (w *Web) ask(ctx context.Context, method, key string, body io.Reader) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, w.base+key, body)
	if err != nil {
		return "", err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// A Svc asks its store, and remembers things.
type Svc struct {
	store  Store
	db     *sql.DB
	prefix string

	n     int
	last  string
	cache map[string]string

	mu    sync.Mutex
	kept  map[string]string // under mu, as are the next two
	calls int
	seq   []string

	hits atomic.Int64
}

// Plain touches nothing of its own.
func (v *Svc) Plain(ctx context.Context, key string) (string, error) {
	r, err := v.store.GetUser(ctx, key)
	if err != nil {
		return "", fmt.Errorf("plain %s: %w", key, err)
	}
	return v.prefix + r, nil
}

// Row is Plain with all of it in sight.
func (v *Svc) Row(ctx context.Context, key string) (string, error) {
	r, err := rowOf(ctx, v.db, key)
	if err != nil {
		return "", fmt.Errorf("row %s: %w", key, err)
	}
	return v.prefix + r, nil
}

// Fill writes through a pointer.
func (v *Svc) Fill(ctx context.Context, key string, into *string) error {
	r, err := rowOf(ctx, v.db, key)
	if err != nil {
		return err
	}
	*into += r
	return nil
}

// NameOf gives no error.
func (v *Svc) NameOf(ctx context.Context, key string) string {
	r, err := rowOf(ctx, v.db, key)
	if err != nil {
		return "nobody"
	}
	return r
}

// MustRow panics instead.
func (v *Svc) MustRow(ctx context.Context, key string) string {
	r, err := rowOf(ctx, v.db, key)
	if err != nil {
		panic(key + " is not there")
	}
	return r
}

// GetDetached doesn't hear its caller give up.
func (v *Svc) GetDetached(ctx context.Context, key string) (string, error) {
	return rowOf(context.WithoutCancel(ctx), v.db, key)
}

// GetBoth makes two calls.
func (v *Svc) GetBoth(ctx context.Context, key, other string) (string, string, error) {
	a, err := rowOf(ctx, v.db, key)
	if err != nil {
		return "", "", err
	}
	b, err := rowOf(ctx, v.db, other)
	return a, b, err
}

// GetCounted counts without a lock, over the time of a call.
func (v *Svc) GetCounted(ctx context.Context, key string) (string, error) {
	n := v.n
	r, err := rowOf(ctx, v.db, key)
	v.n = n + 1
	return fmt.Sprintf("%s#%d", r, v.n), err
}

// GetAfterLast remembers what was asked for last.
func (v *Svc) GetAfterLast(ctx context.Context, key string) (string, error) {
	v.last = key
	r, err := rowOf(ctx, v.db, key)
	return r + " after " + v.last, err
}

// GetCached has a cache without a lock.
func (v *Svc) GetCached(ctx context.Context, key string) (string, error) {
	if r, ok := v.cache[key]; ok {
		return r, nil
	}
	r, err := rowOf(ctx, v.db, key)
	if err == nil {
		v.cache[key] = r
	}
	return r, err
}

// GetKept has a cache under a lock.
func (v *Svc) GetKept(ctx context.Context, key string) (string, error) {
	v.mu.Lock()
	r, ok := v.kept[key]
	v.mu.Unlock()
	if ok {
		return r, nil
	}
	r, err := rowOf(ctx, v.db, key)
	if err == nil {
		v.mu.Lock()
		v.kept[key] = r
		v.mu.Unlock()
	}
	return r, err
}

// GetLocked counts under a lock.
func (v *Svc) GetLocked(ctx context.Context, key string) (string, error) {
	r, err := rowOf(ctx, v.db, key)
	v.mu.Lock()
	v.calls++
	v.mu.Unlock()
	return r, err
}

// GetNumbered gives each answer a number.
func (v *Svc) GetNumbered(ctx context.Context, key string) (string, error) {
	n := v.hits.Add(1)
	r, err := rowOf(ctx, v.db, key)
	return fmt.Sprintf("%s#%d", r, n), err
}

// GetListed remembers the order of what was asked for, under a lock.
func (v *Svc) GetListed(ctx context.Context, key string) (string, error) {
	r, err := rowOf(ctx, v.db, key)
	v.mu.Lock()
	v.seq = append(v.seq, key)
	v.mu.Unlock()
	return r, err
}

// GetMarked has the name of a read, and writes.
func (v *Svc) GetMarked(ctx context.Context, key string) (string, error) {
	r, err := rowOf(ctx, v.db, key)
	if err != nil {
		return "", err
	}
	return r, setRow(ctx, v.db, "mark", r)
}

var total int

// getTotal counts for the whole package, over the time of a call.
func getTotal(ctx context.Context, db *sql.DB, key string) (string, error) {
	n := total
	r, err := rowOf(ctx, db, key)
	total = n + 1
	return fmt.Sprintf("%s of %d", r, total), err
}

// An Item is what some loops fill.
type Item struct{ Key, Value string }

// A cursor gives one key after another.
type cursor struct {
	keys []string
	at   int
}

func (c *cursor) next() string {
	k := c.keys[c.at%len(c.keys)]
	c.at++
	return k
}
