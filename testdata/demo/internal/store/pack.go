package store

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// Pack writes a compressed copy beside each named artifact, for clients that
// accept gzip. It keeps workers files open at a time.
func (s *Store) Pack(ctx context.Context, names []string, workers int) error {
	g, ctx := errgroup.WithContext(ctx)
	jobs := make(chan string)
	g.Go(func() error {
		defer close(jobs)
		for _, name := range names {
			select {
			case jobs <- name:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range max(workers, 1) {
		g.Go(func() error {
			for name := range jobs {
				if err := s.pack(name); err != nil {
					return fmt.Errorf("pack %s: %w", name, err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (s *Store) pack(name string) error {
	in, err := s.Get(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "pack-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	zw := gzip.NewWriter(out)
	if _, err := io.Copy(zw, in); err != nil {
		out.Close()
		return err
	}
	if err := zw.Close(); err != nil {
		out.Close()
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), s.path(name)+".gz")
}
