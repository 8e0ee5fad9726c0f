package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"
)

// verifiers is what one disk feeds without seeking all the time.
const verifiers = 4

// Digests computes the SHA-256 of each blob, in hex.
func Digests(blobs [][]byte) []string {
	sums := make([]string, len(blobs))
	var wg sync.WaitGroup
	for i, blob := range blobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			sum := sha256.Sum256(blob)
			sums[i] = hex.EncodeToString(sum[:])
		}()
	}
	wg.Wait()
	return sums
}

// Verify compares stored artifacts with their digests, and returns the first
// mismatch.
func (s *Store) Verify(ctx context.Context, sums map[string]string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(verifiers)
	for name, want := range sums {
		g.Go(func() error {
			data, err := os.ReadFile(s.path(name))
			if err != nil {
				return fmt.Errorf("verify: %w", err)
			}
			sum := sha256.Sum256(data)
			if hex.EncodeToString(sum[:]) != want {
				return fmt.Errorf("verify %s: %w", name, ErrDigest)
			}
			return nil
		})
	}
	return g.Wait()
}

// Checksum reads r to its end and returns the SHA-256 in hex. Reads from a
// network mount can hang, so it gives up when ctx ends.
func Checksum(ctx context.Context, r io.Reader) (string, error) {
	type result struct {
		sum string
		err error
	}
	res := make(chan result)
	go func() {
		h := sha256.New()
		_, err := io.Copy(h, r)
		res <- result{hex.EncodeToString(h.Sum(nil)), err}
	}()
	select {
	case r := <-res:
		if r.err != nil {
			return "", fmt.Errorf("checksum: %w", r.err)
		}
		return r.sum, nil
	case <-ctx.Done():
		return "", fmt.Errorf("checksum: %w", ctx.Err())
	}
}
