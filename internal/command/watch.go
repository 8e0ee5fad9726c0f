package command

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Watch knows what the Go files below a folder held, and go.mod, go.sum and
// go.work with them: what a run of goherd was made of, and a command must not change.
type Watch struct {
	dir   string
	files map[string]watched
}

type watched struct {
	sum  [sha256.Size]byte
	size int64
	time time.Time
}

// NewWatch looks at the files below dir. Folders that begin with a dot and
// node_modules are left out, and so is what can't be read.
func NewWatch(dir string) (*Watch, error) {
	w := &Watch{dir, map[string]watched{}}
	err := w.each(func(name string, info fs.FileInfo) {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			w.files[name] = watched{sha256.Sum256(text), info.Size(), info.ModTime()}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look at the files below %s: %w", dir, err)
	}
	return w, nil
}

func (w *Watch) each(see func(name string, info fs.FileInfo)) error {
	return filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return nil
		}
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != w.dir && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || filepath.Ext(name) != ".go" && !slices.Contains([]string{"go.mod", "go.sum", "go.work", "go.work.sum"}, name) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone since
		}
		rel, err := filepath.Rel(w.dir, path)
		if err == nil {
			see(rel, info)
		}
		return err
	})
}

// Changed lists the files, relative to the folder, that hold something else now, are
// new or are gone. It passes those over for which own is true: absolute names.
func (w *Watch) Changed(own func(path string) bool) ([]string, error) {
	var list []string
	seen := map[string]bool{}
	err := w.each(func(name string, info fs.FileInfo) {
		seen[name] = true
		path := filepath.Join(w.dir, name)
		old, known := w.files[name]
		switch {
		case own(path):
		case !known:
			list = append(list, name)
		case old.size == info.Size() && old.time.Equal(info.ModTime()):
		default:
			if text, err := os.ReadFile(path); err != nil || sha256.Sum256(text) != old.sum {
				list = append(list, name)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look at the files below %s: %w", w.dir, err)
	}
	for name := range w.files {
		if !seen[name] && !own(filepath.Join(w.dir, name)) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list, nil
}
