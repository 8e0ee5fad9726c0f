// Package store keeps artifacts as files in one directory.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// ErrDigest means that a file's content is not what its digest promises.
var ErrDigest = errors.New("digest mismatch")

// Store is a directory of artifacts. Its methods may be called concurrently.
type Store struct {
	dir string
}

// Open prepares dir and returns the store in it.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "blobs"), 0o755),
		os.MkdirAll(filepath.Join(dir, "tmp"), 0o755),
	); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Catalog is where the snapshot of the merged catalog lies.
func (s *Store) Catalog() string {
	return filepath.Join(s.dir, "catalog.json")
}

// Names are escaped: an upstream must not choose where its files land.
func (s *Store) path(name string) string {
	return filepath.Join(s.dir, "blobs", url.PathEscape(name)+".blob")
}

// Put stores what r holds under name, provided that its digest is want. If it
// errs, the old content stays in place.
func (s *Store) Put(name string, r io.Reader, want string) error {
	tmp, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "put-*")
	if err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	defer os.Remove(tmp.Name())
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(tmp, h), r); err != nil {
		tmp.Close()
		return fmt.Errorf("put %s: %w", name, err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != want {
		return fmt.Errorf("put %s: %w", name, ErrDigest)
	}
	if err := os.Rename(tmp.Name(), s.path(name)); err != nil {
		return fmt.Errorf("put %s: %w", name, err)
	}
	return nil
}

// Has reports whether there is an artifact called name.
func (s *Store) Has(name string) bool {
	_, err := os.Stat(s.path(name))
	return err == nil
}

// Get opens the artifact called name.
func (s *Store) Get(name string) (*os.File, error) {
	return os.Open(s.path(name))
}

// Names lists the artifacts in the store, sorted.
func (s *Store) Names() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "blobs"))
	if err != nil {
		return nil, fmt.Errorf("list store: %w", err)
	}
	var names []string
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), ".blob")
		if !ok {
			continue
		}
		name, err := url.PathUnescape(base)
		if err != nil {
			return nil, fmt.Errorf("list store: %w", err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// Restore writes files, by name, as they come out of a backup bundle.
func (s *Store) Restore(files map[string][]byte) error {
	g := new(errgroup.Group)
	for name, data := range files {
		g.Go(func() error {
			if err := os.WriteFile(s.path(name), data, 0o644); err != nil {
				return fmt.Errorf("restore %s: %w", name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// Clean removes what an interrupted run may have left behind.
func (s *Store) Clean() error {
	var g errgroup.Group
	for _, sub := range [...]string{"tmp", "packing"} {
		g.Go(func() error {
			dir := filepath.Join(s.dir, sub)
			if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("clean: %w", err)
			}
			return os.MkdirAll(dir, 0o755)
		})
	}
	return g.Wait()
}
