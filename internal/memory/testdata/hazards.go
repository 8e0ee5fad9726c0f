// Package hazards shows one memory hazard a function, by its id, and beside each
// the same function repaired. The calls have bodies, so that what is found is
// known and not feared.
package hazards

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
)

type item struct {
	name string
	next string
	size int
}

type remote interface {
	Create(ctx context.Context, t *item) error
	Look(ctx context.Context, key string) (*item, error)
}

type shop struct {
	mu    sync.Mutex
	stock map[string]*item
	hits  int
	log   io.Writer
	far   remote
	web   *http.Client
}

func price(key string) float64  { return float64(len(key)) }
func find(key string) *item     { return &item{name: key} }
func rename(t *item, to string) { t.name = to }
func describe(t *item) string   { return t.name }

var serial int

func nextKey() string         { serial++; return fmt.Sprint(serial) }
func sameKey() string         { return "k" }
func ask(ctx context.Context) {}

func A1() string {
	t := find("a")
	s := describe(t)
	return s
}

func A1repaired() string {
	t := find("a")
	s := describe(find("b"))
	return t.name + s
}

func A2() { find(nextKey()); find(nextKey()) }

func A2repaired() { find(sameKey()); find(sameKey()) }

func A3(t *item) { rename(t, "x"); describe(t) }

func A3repaired() {
	var a, b item
	rename(&a, "x")
	describe(&b)
}

func (s *shop) lookup(key string) *item {
	if t := s.stock[key]; t != nil {
		return t
	}
	t := find(key)
	s.stock[key] = t
	return t
}

func (s *shop) lookupLocked(key string) *item {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lookup(key)
}

func (s *shop) A4() { s.lookup("a"); s.lookup("b") }

func (s *shop) A4repaired() { s.lookupLocked("a"); s.lookupLocked("b") }

func A5(keys []string) (sum float64) {
	for _, k := range keys {
		sum += price(k)
	}
	return sum
}

func A5repaired(keys []string) {
	for _, k := range keys {
		p := price(k)
		_ = p
	}
}

func A6(keys []string) (all []*item) {
	for _, k := range keys {
		all = append(all, find(k))
	}
	return all
}

func A6repaired(keys []string) {
	for _, k := range keys {
		var all []*item
		all = append(all, find(k))
	}
}

func A9(keys []string) map[string]*item {
	m := map[string]*item{}
	for _, k := range keys {
		m[k] = find(k)
	}
	return m
}

func A9repaired(keys []string) {
	for _, k := range keys {
		m := map[string]*item{}
		m[k] = find(k)
	}
}

func A10(keys []string) {
	at := "first"
	for range keys {
		at = find(at).next
	}
}

func A10repaired(keys []string) {
	for _, k := range keys {
		at := find(k).next
		_ = at
	}
}

func A11(all []string) []string { return append(all[0:1], "x") }

func A11repaired(all []string) []string { return append(all[0:1:1], "x") }

func (s *shop) A13(ctx context.Context) {
	t := &item{}
	s.far.Create(ctx, t)
	rename(t, "later")
}

func (s *shop) A13repaired(ctx context.Context) {
	t, u := &item{}, &item{}
	s.far.Create(ctx, t)
	rename(u, "later")
}

func (s *shop) B4(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://a", nil)
	if err != nil {
		return nil, err
	}
	return s.web.Do(req)
}

func (s *shop) B4repaired(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://a", nil)
	if err != nil {
		return 0, err
	}
	resp, err := s.web.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, nil
}

func B11() (t *item, err error) {
	defer func() { t = nil }()
	t = find("a")
	return t, err
}

func B11repaired() (t *item, err error) {
	defer func() { err = nil }()
	t = find("a")
	return t, err
}

func B13(keys []string) []*item {
	var wg sync.WaitGroup
	var all []*item
	for _, k := range keys {
		wg.Go(func() { all = append(all, find(k)) })
	}
	wg.Wait()
	return all
}

func B13repaired(keys []string) []*item {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var all []*item
	for _, k := range keys {
		wg.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, find(k))
		})
	}
	wg.Wait()
	return all
}

func B20(t *item) { go describe(t) }

func B20repaired(t *item) { describe(t) }

func B22(xs, out []float64) {
	for i, x := range xs {
		out[i] = x * x
	}
}

func B22repaired(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = x * x
	}
	return out
}

func (s *shop) D1() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lookup("a")
	s.lookup("b")
}

func (s *shop) D1repaired() {
	s.lookupLocked("a")
	s.lookupLocked("b")
}

func D8(wg *sync.WaitGroup, t *item) {
	wg.Add(1)
	go func() { defer wg.Done(); describe(t) }()
}

func D8repaired(t *item) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { defer wg.Done(); describe(t) }()
	wg.Wait()
}

func D9(t *item) { go func() { rename(t, "x") }() }

func D9repaired(t *item) { func() { rename(t, "x") }() }

func D10(in []*item) <-chan *item {
	out := make(chan *item)
	go func() {
		for _, t := range in {
			out <- t
		}
	}()
	return out
}

func D10repaired(in []*item) (n int) {
	for _, t := range in {
		n += t.size
	}
	return n
}

func (s *shop) E6(ctx context.Context) { os.Setenv("A", "b"); s.far.Look(ctx, "a") }

func (s *shop) E6repaired(ctx context.Context) { find("b"); s.far.Look(ctx, "a") }

func (s *shop) E8(keys []string) {
	for _, k := range keys {
		fmt.Fprintln(s.log, k)
	}
}

func (s *shop) E8repaired(keys []string) {
	for _, k := range keys {
		var b strings.Builder
		fmt.Fprintln(&b, k)
	}
}

func H2(r *http.Request) { io.ReadAll(r.Body); r.FormValue("id") }

func H2repaired(r *http.Request) { r.Context(); r.UserAgent() }

func H3(ctx context.Context, tx *sql.Tx) {
	tx.ExecContext(ctx, "SELECT 1")
	tx.ExecContext(ctx, "SELECT 2")
}

func H3repaired(ctx context.Context, db *sql.DB) {
	db.ExecContext(ctx, "SELECT 1")
	db.ExecContext(ctx, "SELECT 2")
}

type execer interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

func H3hidden(ctx context.Context, e execer) {
	e.ExecContext(ctx, "SELECT 1")
	e.ExecContext(ctx, "SELECT 2")
}

func H7(sc *bufio.Scanner) { sc.Scan(); sc.Scan() }

func H7repaired(a, b io.Reader) {
	one, two := bufio.NewScanner(strings.NewReader("a")), bufio.NewScanner(strings.NewReader("b"))
	one.Scan()
	two.Scan()
}
