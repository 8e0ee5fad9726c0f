package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/depot/internal/catalog"
	"example.com/depot/internal/notify"
	"example.com/depot/internal/store"
)

// world is an upstream, a front cache and some peers, all on one server.
type world struct {
	*httptest.Server
	artifacts []catalog.Artifact

	mu        sync.Mutex
	announced int
	events    chan notify.Event
}

func newWorld(t *testing.T, artifacts int) *world {
	t.Helper()
	w := &world{events: make(chan notify.Event, 1)}
	mux := http.NewServeMux()
	w.Server = httptest.NewServer(mux)
	t.Cleanup(w.Close)
	for i := range artifacts {
		name := fmt.Sprintf("pkg-%02d", i)
		sum := sha256.Sum256([]byte(name))
		w.artifacts = append(w.artifacts, catalog.Artifact{
			Name:   name,
			URL:    w.URL + "/artifacts/" + name,
			SHA256: hex.EncodeToString(sum[:]),
		})
	}
	mux.HandleFunc("GET /index.json", func(rw http.ResponseWriter, r *http.Request) {
		write(t, rw, catalog.Index{Artifacts: w.artifacts})
	})
	mux.HandleFunc("GET /artifacts/{name}", func(rw http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if !strings.HasPrefix(name, "pkg-") {
			http.NotFound(rw, r)
			return
		}
		sum := sha256.Sum256([]byte(name))
		rw.Header().Set("ETag", fmt.Sprintf("%q", hex.EncodeToString(sum[:])))
		fmt.Fprint(rw, name)
	})
	mux.HandleFunc("GET /peer/{id}/artifacts", func(rw http.ResponseWriter, r *http.Request) {
		write(t, rw, []string{"a", "b"})
	})
	mux.HandleFunc("POST /peer/{id}/announce", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.announced++
	})
	mux.HandleFunc("POST /hook", func(rw http.ResponseWriter, r *http.Request) {
		var ev notify.Event
		if err := json.NewDecoder(r.Body).Decode(&ev); err != nil {
			t.Error(err)
		}
		w.events <- ev
	})
	return w
}

func write(t *testing.T, w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Error(err)
	}
}

func (w *world) peers(n int) []string {
	var peers []string
	for i := range n {
		peers = append(peers, fmt.Sprintf("%s/peer/%d", w.URL, i))
	}
	return peers
}

// mirror returns a mirror of w in a new store. A fetch that fails may still be
// cleaning up when the test ends, so the directory goes without complaint.
func (w *world) mirror(t *testing.T, opts Options) *Mirror {
	t.Helper()
	dir, err := os.MkdirTemp("", "depot-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	st, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	events := notify.New(w.Client(), log, 10*time.Second)
	events.Subscribe(w.URL + "/hook")
	return New(opts, w.Client(), st, events, log)
}

func TestSync(t *testing.T) {
	w := newWorld(t, 30)
	m := w.mirror(t, Options{Upstreams: []string{w.URL}, Peers: w.peers(12)})
	names, err := m.Sync(t.Context())
	if err != nil || len(names) != 30 {
		t.Fatalf("first sync: %v, %v", names, err)
	}
	if ev := <-w.events; ev.Kind != "updated" || len(ev.Names) != 30 {
		t.Errorf("event = %+v", ev)
	}
	w.mu.Lock()
	if w.announced != 12 {
		t.Errorf("announced to %d peers, want 12", w.announced)
	}
	w.mu.Unlock()
	if stored, err := m.store.Names(); len(stored) != 30 || err != nil {
		t.Errorf("stored = %v, %v", stored, err)
	}
	if names, err := m.Sync(t.Context()); len(names) != 0 || err != nil {
		t.Errorf("second sync: %v, %v", names, err)
	}

	m.opts.Upstreams = append(m.opts.Upstreams, w.URL+"/gone")
	if _, err := m.Sync(t.Context()); err == nil {
		t.Error("no error from an upstream that is missing")
	}
}

func TestDownloadFails(t *testing.T) {
	w := newWorld(t, 20)
	m := w.mirror(t, Options{Concurrency: 2})
	w.artifacts[5].URL = w.URL + "/gone"
	if err := m.download(t.Context(), w.artifacts); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("download: %v", err)
	}
}

func TestFetch(t *testing.T) {
	w := newWorld(t, 1)
	m := w.mirror(t, Options{})
	a := w.artifacts[0]
	if err := m.Fetch(t.Context(), a); err != nil || !m.store.Has(a.Name) {
		t.Errorf("fetch: %v", err)
	}
	forged := catalog.Artifact{Name: "forged", URL: a.URL, SHA256: "00"}
	if err := m.Fetch(t.Context(), forged); !errors.Is(err, store.ErrDigest) || m.store.Has("forged") {
		t.Errorf("wrong digest: %v", err)
	}
	gone := catalog.Artifact{Name: "gone", URL: w.URL + "/gone"}
	if err := m.Fetch(t.Context(), gone); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("missing file: %v", err)
	}
}

func TestStale(t *testing.T) {
	w := newWorld(t, 20)
	m := w.mirror(t, Options{})
	if err := m.download(t.Context(), w.artifacts[:10]); err != nil {
		t.Fatal(err)
	}
	w.artifacts[0].SHA256 = "changed"
	stale, err := m.Stale(t.Context(), w.artifacts)
	if err != nil || len(stale) != 11 || stale[0].Name != "pkg-00" || stale[1].Name != "pkg-10" {
		t.Errorf("stale = %+v, %v", stale, err)
	}
	w.artifacts[3].URL = w.URL + "/gone"
	if _, err := m.Stale(t.Context(), w.artifacts); err == nil {
		t.Error("no error from an artifact that is missing")
	}
}

func TestPeers(t *testing.T) {
	w := newWorld(t, 0)
	m := w.mirror(t, Options{Peers: w.peers(20)})
	if err := m.Announce(t.Context(), []string{"a"}); err != nil {
		t.Error(err)
	}
	if counts := m.Survey(t.Context()); len(counts) != 20 || counts[m.opts.Peers[7]] != 2 {
		t.Errorf("counts = %v", counts)
	}

	m.opts.Peers[7] = w.URL + "/gone"
	if err := m.Announce(t.Context(), []string{"a"}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("announce: %v", err)
	}
	if counts := m.Survey(t.Context()); len(counts) != 19 {
		t.Errorf("with a peer missing: counts = %v", counts)
	}
}

func TestWarm(t *testing.T) {
	w := newWorld(t, 0)
	m := w.mirror(t, Options{Concurrency: 3})
	names := []string{"gone"}
	for i := range 20 {
		names = append(names, fmt.Sprintf("pkg-%d", i))
	}
	if n := m.Warm(t.Context(), w.URL, names); n != 20 {
		t.Errorf("warmed %d artifacts, want 20", n)
	}
	if n := m.Warm(t.Context(), "http://not a url", names); n != 0 {
		t.Errorf("warmed %d artifacts through no cache", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n := m.Warm(ctx, w.URL, names); n != 0 {
		t.Errorf("cancelled: warmed %d artifacts", n)
	}
}

func TestRun(t *testing.T) {
	w := newWorld(t, 3)
	m := w.mirror(t, Options{Upstreams: []string{w.URL}})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { m.Run(ctx, time.Millisecond) })
	if ev := <-w.events; len(ev.Names) != 3 {
		t.Errorf("event = %+v", ev)
	}
	cancel()
	wg.Wait()
}
