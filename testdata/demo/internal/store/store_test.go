package store

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// filled returns a store with n artifacts, and their digests by name.
func filled(t *testing.T, n int) (*Store, map[string]string) {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	sums := make(map[string]string)
	for i := range n {
		name, data := fmt.Sprintf("pkg/%02d", i), strings.Repeat("x", i)
		files[name] = []byte(data)
		sums[name] = digest(data)
	}
	if err := s.Restore(files); err != nil {
		t.Fatal(err)
	}
	return s, sums
}

func TestPut(t *testing.T) {
	s, _ := filled(t, 0)
	if err := s.Put("../up", strings.NewReader("one"), digest("one")); err != nil {
		t.Fatal(err)
	}
	if err := s.Put("../up", strings.NewReader("two"), digest("one")); !errors.Is(err, ErrDigest) {
		t.Errorf("wrong digest: %v", err)
	}
	broken := errors.New("broken")
	if err := s.Put("../up", iotest.ErrReader(broken), digest("")); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}
	f, err := s.Get("../up")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); string(data) != "one" || err != nil {
		t.Errorf("content = %q, %v", data, err)
	}
	if left, err := os.ReadDir(filepath.Join(s.dir, "tmp")); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRestore(t *testing.T) {
	s, sums := filled(t, 30)
	names, err := s.Names()
	if err != nil || len(names) != 30 || names[0] != "pkg/00" || names[29] != "pkg/29" {
		t.Errorf("names = %v, %v", names, err)
	}
	if err := s.Verify(t.Context(), sums); err != nil {
		t.Error(err)
	}

	if err := os.RemoveAll(filepath.Join(s.dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(map[string][]byte{"a": nil, "b": nil}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a directory: %v", err)
	}
}

func TestVerify(t *testing.T) {
	s, sums := filled(t, 20)
	sums["pkg/07"] = digest("something else")
	if err := s.Verify(t.Context(), sums); !errors.Is(err, ErrDigest) {
		t.Errorf("changed file: %v", err)
	}
	if err := s.Verify(t.Context(), map[string]string{"gone": ""}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestDigests(t *testing.T) {
	var blobs [][]byte
	for i := range 50 {
		blobs = append(blobs, []byte(strings.Repeat("y", i)))
	}
	for i, sum := range Digests(blobs) {
		if want := digest(string(blobs[i])); sum != want {
			t.Errorf("digest %d = %s, want %s", i, sum, want)
		}
	}
}

func TestChecksum(t *testing.T) {
	if sum, err := Checksum(t.Context(), strings.NewReader("z")); sum != digest("z") || err != nil {
		t.Errorf("checksum = %s, %v", sum, err)
	}
	broken := errors.New("broken")
	if _, err := Checksum(t.Context(), iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}

	slow, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Checksum(ctx, slow); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestPack(t *testing.T) {
	s, _ := filled(t, 20)
	names, err := s.Names()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Pack(t.Context(), names, 3); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(s.path("pkg/19") + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(zr); string(data) != strings.Repeat("x", 19) || err != nil {
		t.Errorf("unpacked = %q, %v", data, err)
	}

	names[0] = "gone"
	if err := s.Pack(t.Context(), names, 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestClean(t *testing.T) {
	s, _ := filled(t, 1)
	left := filepath.Join(s.dir, "tmp", "put-1")
	if err := os.WriteFile(left, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Clean(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	if !s.Has("pkg/00") || s.Has("gone") {
		t.Error("Clean has touched the artifacts")
	}
}
