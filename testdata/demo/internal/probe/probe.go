// Package probe watches the health of upstreams.
package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Status is how one upstream answered. Error is empty when it did.
type Status struct {
	Upstream string        `json:"upstream"`
	Code     int           `json:"code,omitempty"`
	Latency  time.Duration `json:"latency"`
	Error    string        `json:"error,omitempty"`
}

// OK reports whether the upstream is in order.
func (s Status) OK() bool {
	return s.Error == "" && s.Code == http.StatusOK
}

// Prober asks upstreams how they are.
type Prober struct {
	client  *http.Client
	log     *slog.Logger
	timeout time.Duration
	lookup  func(host string) ([]string, error)
}

// New returns a prober whose single checks take no longer than timeout.
func New(client *http.Client, log *slog.Logger, timeout time.Duration) *Prober {
	return &Prober{client: client, log: log, timeout: timeout, lookup: net.LookupHost}
}

// CheckAll asks every upstream once. Statuses come in the order of upstreams.
func (p *Prober) CheckAll(ctx context.Context, upstreams []string) []Status {
	statuses := make([]Status, len(upstreams))
	var wg sync.WaitGroup
	for i, u := range upstreams {
		wg.Add(1)
		go func() {
			defer wg.Done()
			st := p.check(ctx, u)
			if !st.OK() {
				p.log.Debug("upstream is ill", "upstream", u, "code", st.Code, "err", st.Error)
			}
			statuses[i] = st
		}()
	}
	wg.Wait()
	return statuses
}

// Fastest returns the upstream that answers first. All of them start at the
// same moment, so that they meet the same network.
func (p *Prober) Fastest(ctx context.Context, upstreams []string) (string, error) {
	laps := make([]Status, len(upstreams))
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	ready.Add(len(upstreams))
	for i, u := range upstreams {
		done.Go(func() {
			ready.Done()
			<-start
			laps[i] = p.check(ctx, u)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()

	laps = slices.DeleteFunc(laps, func(s Status) bool { return !s.OK() })
	if len(laps) == 0 {
		return "", errors.New("no upstream answers")
	}
	best := slices.MinFunc(laps, func(a, b Status) int { return cmp.Compare(a.Latency, b.Latency) })
	return best.Upstream, nil
}

func (p *Prober) check(ctx context.Context, upstream string) Status {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	st := Status{Upstream: upstream}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, upstream+"/healthz", nil)
	if err != nil {
		st.Error = err.Error()
		return st
	}
	began := time.Now()
	resp, err := p.client.Do(req)
	if err != nil {
		st.Error = err.Error()
		return st
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		st.Error = err.Error()
	}
	st.Code = resp.StatusCode
	st.Latency = time.Since(began)
	return st
}

// Watch checks each upstream at every interval, until ctx ends.
func (p *Prober) Watch(ctx context.Context, upstreams []string, interval time.Duration) {
	var wg sync.WaitGroup
	for _, u := range upstreams {
		wg.Go(func() { p.watch(ctx, u, interval) })
	}
	wg.Wait()
}

func (p *Prober) watch(ctx context.Context, upstream string, interval time.Duration) {
	addrs, err := p.resolve(upstream)
	if err != nil {
		p.log.Warn("upstream has no address", "upstream", upstream, "err", err)
	}
	log := p.log.With("upstream", upstream, "addrs", addrs)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if st := p.check(ctx, upstream); !st.OK() && ctx.Err() == nil {
				log.Warn("upstream is ill", "code", st.Code, "err", st.Error)
			}
		}
	}
}

// resolve looks up the host of an upstream. The system's resolver can take
// half a minute; we don't.
func (p *Prober) resolve(upstream string) ([]string, error) {
	u, err := url.Parse(upstream)
	if err != nil {
		return nil, fmt.Errorf("resolve: %w", err)
	}
	found := make(chan []string)
	failed := make(chan error)
	go func() {
		addrs, err := p.lookup(u.Hostname())
		if err != nil {
			failed <- err
			return
		}
		found <- addrs
	}()
	select {
	case addrs := <-found:
		return addrs, nil
	case err := <-failed:
		return nil, fmt.Errorf("resolve %s: %w", u.Hostname(), err)
	case <-time.After(p.timeout):
		return nil, fmt.Errorf("resolve %s: no answer in %s", u.Hostname(), p.timeout)
	}
}
