package catalog

import (
	"context"
	"fmt"
)

// Missing lists what the upstream at base offers and the one at mirror doesn't.
func (c *Client) Missing(ctx context.Context, base, mirror string) ([]Artifact, error) {
	// The upstream's word counts.
	want, err := c.Index(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("upstream: %w", err)
	}
	have, err := c.Index(ctx, mirror)
	if err != nil {
		return nil, fmt.Errorf("mirror: %w", err)
	}
	known := make(map[string]bool, len(have.Artifacts))
	for _, a := range have.Artifacts {
		known[a.SHA256] = true
	}
	var missing []Artifact
	for _, a := range want.Artifacts {
		if !known[a.SHA256] {
			missing = append(missing, a)
		}
	}
	return missing, nil
}

// Count says how many artifacts the upstreams offer together.
func (c *Client) Count(ctx context.Context, bases []string) (int, error) {
	total := 0
	for _, base := range bases {
		idx, err := c.Index(ctx, base)
		if err != nil {
			return 0, err
		}
		total += len(idx.Artifacts)
	}
	return total, nil
}
