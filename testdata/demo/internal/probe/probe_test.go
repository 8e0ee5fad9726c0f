package probe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// upstreams serves n upstreams of which the one called ill is out of order.
// Those that were asked are told to asked, as long as it takes them.
func upstreams(t *testing.T, n, ill int, asked chan<- string) []string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == fmt.Sprintf("/%d/healthz", ill) {
			http.Error(w, "ill", http.StatusServiceUnavailable)
		}
		select {
		case asked <- r.URL.Path:
		default:
		}
	}))
	t.Cleanup(srv.Close)
	var urls []string
	for i := range n {
		urls = append(urls, fmt.Sprintf("%s/%d", srv.URL, i))
	}
	return urls
}

func prober() *Prober {
	return New(http.DefaultClient, slog.New(slog.DiscardHandler), 10*time.Second)
}

func TestCheckAll(t *testing.T) {
	urls := upstreams(t, 20, 3, nil)
	urls[4] = "http://not a url"
	statuses := prober().CheckAll(t.Context(), urls)
	if len(statuses) != len(urls) {
		t.Fatalf("%d statuses", len(statuses))
	}
	for i, st := range statuses {
		if st.Upstream != urls[i] || st.OK() != (i != 3 && i != 4) {
			t.Errorf("status %d = %+v", i, st)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i, st := range prober().CheckAll(ctx, urls) {
		if st.OK() {
			t.Errorf("cancelled: status %d = %+v", i, st)
		}
	}
}

func TestFastest(t *testing.T) {
	urls := upstreams(t, 20, 0, nil)
	best, err := prober().Fastest(t.Context(), urls)
	if err != nil || best == urls[0] || !strings.HasPrefix(best, "http://127.0.0.1") {
		t.Errorf("fastest = %q, %v", best, err)
	}
	if _, err := prober().Fastest(t.Context(), urls[:1]); err == nil {
		t.Error("no error when no upstream answers")
	}
}

func TestWatch(t *testing.T) {
	asked := make(chan string)
	urls := upstreams(t, 20, 3, asked)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { prober().Watch(ctx, urls, 5*time.Millisecond) })
	seen := make(map[string]bool)
	for len(seen) < len(urls) {
		seen[<-asked] = true
	}
	cancel()
	wg.Wait()
}

func TestResolve(t *testing.T) {
	p := prober()
	if addrs, err := p.resolve("http://127.0.0.1:80"); err != nil || len(addrs) != 1 {
		t.Errorf("addrs = %v, %v", addrs, err)
	}
	if _, err := p.resolve("http://not a url"); err == nil {
		t.Error("no error from what is no URL")
	}
	broken := errors.New("broken")
	p.lookup = func(string) ([]string, error) { return nil, broken }
	if _, err := p.resolve("http://example.com"); !errors.Is(err, broken) {
		t.Errorf("broken resolver: %v", err)
	}
	hang := make(chan struct{})
	defer close(hang)
	p.lookup = func(string) ([]string, error) { <-hang; return nil, nil }
	p.timeout = time.Millisecond
	if _, err := p.resolve("http://example.com"); err == nil || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("resolver that hangs: %v", err)
	}
}
