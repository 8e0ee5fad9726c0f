// Package mirror brings the store up to date with the upstreams.
package mirror

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/depot/internal/catalog"
	"example.com/depot/internal/notify"
	"example.com/depot/internal/store"
)

// progressInterval is how often a long round says that it is still running.
const progressInterval = 30 * time.Second

// Options say what to mirror, and how.
type Options struct {
	Upstreams []string
	Peers     []string
	// Concurrency is the greatest number of requests to upstreams and peers
	// that are under way at a time; 4 if it isn't positive.
	Concurrency int
}

// Mirror copies artifacts from upstreams to a store.
type Mirror struct {
	opts    Options
	client  *http.Client
	catalog *catalog.Client
	store   *store.Store
	events  *notify.Service
	log     *slog.Logger
}

// New returns a mirror that fills st and tells events what has changed.
func New(opts Options, client *http.Client, st *store.Store, events *notify.Service, log *slog.Logger) *Mirror {
	if opts.Concurrency <= 0 {
		opts.Concurrency = 4
	}
	return &Mirror{
		opts:    opts,
		client:  client,
		catalog: catalog.New(client),
		store:   st,
		events:  events,
		log:     log,
	}
}

// Run mirrors at every interval until ctx ends. A round that fails is logged;
// the next may go better.
func (m *Mirror) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := m.round(ctx); err != nil && ctx.Err() == nil {
			m.log.Error("round failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round is one Sync, with a sign of life now and then.
func (m *Mirror) round(ctx context.Context) error {
	began := time.Now()
	done := make(chan error)
	go func() {
		_, err := m.Sync(ctx)
		done <- err
	}()
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			m.log.Info("still mirroring", "since", began)
		}
	}
}

// Sync downloads what is new or has changed, and returns the names.
func (m *Mirror) Sync(ctx context.Context) ([]string, error) {
	indexes, err := m.catalog.Indexes(ctx, m.opts.Upstreams)
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	all := catalog.Merge(indexes)
	stale, err := m.Stale(ctx, all)
	if err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	if err := m.download(ctx, stale); err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	if err := catalog.Save(m.store.Catalog(), all); err != nil {
		return nil, fmt.Errorf("sync: %w", err)
	}
	if len(stale) == 0 {
		return nil, nil
	}
	names := make([]string, len(stale))
	for i, a := range stale {
		names[i] = a.Name
	}
	if err := m.Announce(ctx, names); err != nil {
		m.log.Warn("peers not told", "err", err)
	}
	return names, m.events.Publish(ctx, notify.Event{Kind: "updated", Names: names})
}

// download fetches artifacts, and stops at the first that fails.
func (m *Mirror) download(ctx context.Context, artifacts []catalog.Artifact) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(m.opts.Concurrency)
	for _, a := range artifacts {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error { return m.Fetch(gctx, a) })
	}
	return g.Wait()
}

// Fetch copies one artifact to the store, while it comes in.
func (m *Mirror) Fetch(ctx context.Context, a catalog.Artifact) error {
	pr, pw := io.Pipe()
	errc := make(chan error)
	go func() {
		err := m.get(ctx, a.URL, pw)
		pw.CloseWithError(err)
		errc <- err
	}()
	go func() {
		err := m.store.Put(a.Name, pr, a.SHA256)
		pr.CloseWithError(err)
		errc <- err
	}()
	for range 2 {
		if err := <-errc; err != nil {
			return err
		}
	}
	return nil
}

func (m *Mirror) get(ctx context.Context, url string, w io.Writer) error {
	resp, err := m.do(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("get %s: %w", url, err)
	}
	return nil
}

// Stale picks the artifacts that the store lacks, or that the upstream no
// longer serves with the entity tag that the digest implies.
func (m *Mirror) Stale(ctx context.Context, artifacts []catalog.Artifact) ([]catalog.Artifact, error) {
	fresh := make([]bool, len(artifacts))
	g, gctx := errgroup.WithContext(ctx)
	for i, a := range artifacts {
		g.Go(func() error {
			tag, err := m.entityTag(gctx, a.URL)
			if err != nil {
				return fmt.Errorf("is %s stale: %w", a.Name, err)
			}
			fresh[i] = tag == a.SHA256 && m.store.Has(a.Name)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var stale []catalog.Artifact
	for i, a := range artifacts {
		if !fresh[i] {
			stale = append(stale, a)
		}
	}
	return stale, nil
}

func (m *Mirror) entityTag(ctx context.Context, url string) (string, error) {
	resp, err := m.do(ctx, http.MethodHead, url, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	return strings.Trim(resp.Header.Get("ETag"), `"`), nil
}

// do sends a request, and takes every status of failure for an error.
func (m *Mirror) do(ctx context.Context, method, url string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		resp.Body.Close()
		return nil, fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	return resp, nil
}
