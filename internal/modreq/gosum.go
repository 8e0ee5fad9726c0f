package modreq

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"
)

// sums is go.sum with the hashes of a version; nil where it has them. What is added
// comes from our own table, and the module cache must hold just that: without a
// download nobody else could say that the cache is right.
func (m *target) sums(version, cache string) (*File, error) {
	name := filepath.Join(m.dir, "go.sum")
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read go.sum: %w", err)
	}
	if hasSums(old, version) {
		return nil, nil
	}
	r, ok := known(version)
	if !ok {
		return nil, fmt.Errorf("go.sum has no hash of %s %s: run `go get %[1]s@%[2]s`", Module, version)
	}
	if err := r.inCache(cache); err != nil {
		return nil, err
	}
	text := old
	for _, line := range []string{
		fmt.Sprintf("%s %s %s", Module, version, r.sum),
		fmt.Sprintf("%s %s/go.mod %s", Module, version, r.modSum),
	} {
		if text, err = insertSum(text, line); err != nil {
			return nil, err
		}
	}
	return &File{name, old, text}, nil
}

// hasSums tells whether go.sum has the hashes of the module and of its go.mod.
func hasSums(text []byte, version string) bool {
	whole, mod := false, false
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) == 3 && f[0] == Module {
			whole = whole || f[1] == version
			mod = mod || f[1] == version+"/go.mod"
		}
	}
	return whole && mod
}

// insertSum puts a line in front of the first that comes behind it: the go command
// sorts by module and version.
func insertSum(text []byte, line string) ([]byte, error) {
	ending := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		ending = "\r\n"
	}
	if len(text) > 0 && !bytes.HasSuffix(text, []byte("\n")) {
		return nil, errors.New("go.sum ends in the middle of a line: run `go mod tidy`")
	}
	at := 0
	new := strings.Fields(line)
	for old := range bytes.Lines(text) {
		f := strings.Fields(string(old))
		if len(f) == 3 && f[0] == new[0] && f[1] == new[1] {
			if f[2] != new[2] {
				return nil, fmt.Errorf("go.sum has another hash of %s %s than the checksum database", f[0], f[1])
			}
			return text, nil
		}
		if len(f) == 3 && sumAfter(f, new) {
			break
		}
		at += len(old)
	}
	return bytes.Join([][]byte{text[:at], []byte(line + ending), text[at:]}, nil), nil
}

// sumAfter tells whether a line of go.sum comes behind another.
func sumAfter(a, b []string) bool {
	if a[0] != b[0] {
		return a[0] > b[0]
	}
	v, aMod := strings.CutSuffix(a[1], "/go.mod")
	w, _ := strings.CutSuffix(b[1], "/go.mod")
	if c := semver.Compare(v, w); c != 0 {
		return c > 0
	}
	return aMod && v == w && !strings.HasSuffix(b[1], "/go.mod")
}

// inCache errs unless the module cache holds the release.
func (r release) inCache(cache string) error {
	download := filepath.Join(cache, "cache", "download", filepath.FromSlash(Module), "@v", r.version)
	hash, err := os.ReadFile(download + ".ziphash")
	if err == nil {
		_, err = os.Stat(download + ".zip")
	}
	if err == nil {
		_, err = os.Stat(download + ".mod")
	}
	switch {
	case err != nil:
		return fmt.Errorf("the module cache has no %s %s: run `go mod download %[1]s@%[2]s`, and goherd will add it", Module, r.version)
	case strings.TrimSpace(string(hash)) != r.sum:
		return fmt.Errorf("the module cache has another %s %s than the checksum database: run `go clean -modcache`", Module, r.version)
	}
	return nil
}
