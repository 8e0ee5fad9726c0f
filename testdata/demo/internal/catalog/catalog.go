// Package catalog reads the indexes that upstreams publish.
package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// maxIndexBytes is more than any index that we have met.
const maxIndexBytes = 16 << 20

// Artifact is one file that an upstream offers.
type Artifact struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
}

// Index is what one upstream offers.
type Index struct {
	Upstream  string     `json:"-"`
	Artifacts []Artifact `json:"artifacts"`
}

// Client reads indexes over HTTP.
type Client struct {
	http *http.Client
}

// New returns a client that sends its requests through hc.
func New(hc *http.Client) *Client {
	return &Client{http: hc}
}

// Index reads the index of the upstream at base.
func (c *Client) Index(ctx context.Context, base string) (*Index, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/index.json", nil)
	if err != nil {
		return nil, fmt.Errorf("index of %s: %w", base, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("index of %s: %w", base, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("index of %s: %s", base, resp.Status)
	}
	idx := &Index{Upstream: base}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxIndexBytes)).Decode(idx); err != nil {
		return nil, fmt.Errorf("index of %s: %w", base, err)
	}
	return idx, nil
}

// Indexes reads the index of every upstream, in the order of bases. One
// upstream that fails fails them all: half a catalog would look like removals.
func (c *Client) Indexes(ctx context.Context, bases []string) ([]*Index, error) {
	indexes := make([]*Index, len(bases))
	g, gctx := errgroup.WithContext(ctx)
	for i, base := range bases {
		g.Go(func() error {
			idx, err := c.Index(gctx, base)
			if err != nil {
				return err
			}
			indexes[i] = idx
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("read %d upstreams: %w", len(bases), err)
	}
	return indexes, nil
}

// Sizes asks how large the artifacts are, without downloading them. A size
// that nobody knows is -1.
func (c *Client) Sizes(ctx context.Context, artifacts []Artifact) []int64 {
	sizes := make([]int64, len(artifacts))
	var wg sync.WaitGroup
	for i, a := range artifacts {
		wg.Go(func() {
			sizes[i] = c.size(ctx, a.URL)
		})
	}
	wg.Wait()
	return sizes
}

func (c *Client) size(ctx context.Context, url string) int64 {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return -1
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return -1
	}
	return resp.ContentLength
}

// Changed lists what the upstream at base offers that the snapshot at path
// lacks, or has with another digest.
func (c *Client) Changed(ctx context.Context, base, path string) ([]Artifact, error) {
	remote := c.indexAsync(ctx, base)
	known, err := Load(path)
	if err != nil {
		return nil, err
	}
	r := <-remote
	if r.err != nil {
		return nil, r.err
	}
	have := make(map[Artifact]bool, len(known))
	for _, a := range known {
		have[a] = true
	}
	var changed []Artifact
	for _, a := range r.index.Artifacts {
		if !have[a] {
			changed = append(changed, a)
		}
	}
	return changed, nil
}

type indexResult struct {
	index *Index
	err   error
}

// indexAsync starts to read the index of base while the caller does something
// else.
func (c *Client) indexAsync(ctx context.Context, base string) <-chan indexResult {
	out := make(chan indexResult)
	go func() {
		idx, err := c.Index(ctx, base)
		out <- indexResult{idx, err}
	}()
	return out
}

// Merge joins indexes by name: the first upstream that has a name provides it.
func Merge(indexes []*Index) []Artifact {
	seen := make(map[string]bool)
	var merged []Artifact
	for _, idx := range indexes {
		for _, a := range idx.Artifacts {
			if !seen[a.Name] {
				seen[a.Name] = true
				merged = append(merged, a)
			}
		}
	}
	slices.SortFunc(merged, func(a, b Artifact) int { return cmp.Compare(a.Name, b.Name) })
	return merged
}

// Save writes a snapshot that Load reads.
func Save(path string, artifacts []Artifact) error {
	data, err := json.MarshalIndent(artifacts, "", "\t")
	if err != nil {
		return fmt.Errorf("save catalog: %w", err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("save catalog: %w", err)
	}
	return nil
}

// Load reads a snapshot written by Save.
func Load(path string) ([]Artifact, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load catalog: %w", err)
	}
	var artifacts []Artifact
	if err := json.Unmarshal(data, &artifacts); err != nil {
		return nil, fmt.Errorf("load catalog %s: %w", path, err)
	}
	return artifacts, nil
}
