package mirror

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
)

// Announce tells every peer which artifacts are new, and returns as soon as
// one of them refuses.
func (m *Mirror) Announce(ctx context.Context, names []string) error {
	body, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	errc := make(chan error)
	for _, peer := range m.opts.Peers {
		go func() {
			errc <- m.tell(ctx, peer, body)
		}()
	}
	for range m.opts.Peers {
		if err := <-errc; err != nil {
			return fmt.Errorf("announce: %w", err)
		}
	}
	return nil
}

func (m *Mirror) tell(ctx context.Context, peer string, body []byte) error {
	resp, err := m.do(ctx, http.MethodPost, peer+"/announce", body)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Survey counts the artifacts of every peer. Peers that don't answer are
// logged and left out.
func (m *Mirror) Survey(ctx context.Context) map[string]int {
	type holding struct {
		peer  string
		count int
		err   error
	}
	holdings := make(chan holding)
	for _, peer := range m.opts.Peers {
		go func() {
			n, err := m.count(ctx, peer)
			holdings <- holding{peer, n, err}
		}()
	}
	counts := make(map[string]int)
	for range m.opts.Peers {
		h := <-holdings
		if h.err != nil {
			m.log.Warn("peer does not answer", "peer", h.peer, "err", h.err)
			continue
		}
		counts[h.peer] = h.count
	}
	return counts
}

func (m *Mirror) count(ctx context.Context, peer string) (int, error) {
	resp, err := m.do(ctx, http.MethodGet, peer+"/artifacts", nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var names []string
	if err := json.NewDecoder(resp.Body).Decode(&names); err != nil {
		return 0, fmt.Errorf("artifacts of %s: %w", peer, err)
	}
	return len(names), nil
}

// Warm requests artifacts through the cache at front, so that the first client
// need not wait for them. It returns how many the cache has served.
func (m *Mirror) Warm(ctx context.Context, front string, names []string) int {
	var warmed atomic.Int64
	var wg sync.WaitGroup
	sem := make(chan struct{}, m.opts.Concurrency)
	for _, name := range names {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sem <- struct{}{}
			defer func() { <-sem }()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, front+"/artifacts/"+url.PathEscape(name), nil)
			if err != nil {
				m.log.Error("warm", "name", name, "err", err)
				return
			}
			resp, err := m.client.Do(req)
			if err != nil {
				m.log.Warn("warm", "name", name, "err", err)
				return
			}
			defer resp.Body.Close()
			if _, err := io.Copy(io.Discard, resp.Body); err == nil && resp.StatusCode == http.StatusOK {
				warmed.Add(1)
			}
		}()
	}
	wg.Wait()
	return int(warmed.Load())
}
