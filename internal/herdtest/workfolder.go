package herdtest

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// workFolder is where the real cases are laid out: one folder a checkout, the same
// from run to run, since the go command's cache knows a package by its folder, too.
// In another folder each time, everything would be built and tested anew. It is
// t's own until t ends.
func workFolder(t *testing.T) string {
	own, err := readGoMod()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return t.TempDir() // no home: slower, and as good
	}
	dir := filepath.Join(cache, "goherd", fmt.Sprintf("herdtest-%.4x", sha256.Sum256([]byte(own.dir))))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return t.TempDir()
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unlock)
	return dir
}

// The folders within a work folder. What only reads the cases shares the first.
const (
	beforeFolder  = "before"
	afterFolder   = "after"
	exampleFolder = "examples"
)

// layOut writes the cases below dir, in place of what was there.
func layOut(dir string, own goMod, cases []*Case, change func(c *Case, file string) []byte) ([]*site, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	all := sites(dir, cases)
	for _, s := range all {
		if err := s.write(own, change); err != nil {
			return nil, err
		}
	}
	return all, nil
}
