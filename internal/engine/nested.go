package engine

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An unvisited census counts what patterns with "..." pass over without a word.
type unvisited struct {
	modules int // go.mod files of other modules
	files   int // Go files in folders of which no file is compiled here
}

// lookAround walks the folders that the patterns cover, as the go command does:
// it doesn't enter vendor, testdata, nor what starts with "_" or "."; nor
// node_modules, which is large and holds no Go that anybody wrote.
func lookAround(l *load, patterns []string) unvisited {
	w := &walk{main: map[string]bool{}, loaded: map[string]bool{}, seen: map[string]bool{}}
	for _, pkg := range l.pkgs {
		w.loaded[pkg.Dir] = true
		if ours(pkg) && pkg.Module != nil && pkg.Module.GoMod != "" {
			w.main[filepath.Dir(pkg.Module.GoMod)] = true
		}
	}
	for _, p := range patterns {
		for _, dir := range coverRoots(l, p) {
			w.visit(dir, true, false)
		}
	}
	return w.count
}

// coverRoots gives the folders below which pattern p matches everything.
func coverRoots(l *load, p string) []string {
	prefix, ok := strings.CutSuffix(p, "...")
	if !ok || strings.Contains(prefix, "...") {
		return nil
	}
	prefix = strings.TrimSuffix(filepath.ToSlash(prefix), "/")
	if prefix == "." || strings.HasPrefix(prefix, "./") || strings.HasPrefix(prefix, "../") || prefix == ".." {
		return []string{filepath.Join(l.root, filepath.FromSlash(prefix))}
	}
	if filepath.IsAbs(prefix) {
		return []string{filepath.Clean(prefix)}
	}
	var dirs []string
	for _, pkg := range l.pkgs {
		if m := pkg.Module; ours(pkg) && m != nil {
			if below, ok := strings.CutPrefix(prefix+"/", m.Path+"/"); ok {
				dirs = append(dirs, filepath.Join(m.Dir, filepath.FromSlash(below)))
			}
		}
	}
	return sortedSet(dirs)
}

type walk struct {
	main   map[string]bool // roots of the main modules
	loaded map[string]bool // folders of packages
	seen   map[string]bool // folders that have been walked
	count  unvisited
}

// visit walks dir, a root of a pattern itself or a folder below one. Foreign
// tells whether it lies in a module that is not a main one: its files are not
// ours to count. A folder that can't be read counts nothing, since the go command
// has complained of it already.
func (w *walk) visit(dir string, root, foreign bool) {
	entries, _ := os.ReadDir(dir)
	if w.seen[dir] || len(entries) == 0 {
		return
	}
	w.seen[dir] = true
	if !root && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "go.mod" && !e.IsDir() }) {
		foreign = !w.main[dir]
		if foreign {
			w.count.modules++
		}
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_"):
		case e.IsDir() && !slices.Contains([]string{"vendor", "testdata", "node_modules"}, name):
			w.visit(filepath.Join(dir, name), false, foreign)
		case e.Type().IsRegular() && strings.HasSuffix(name, ".go") && !foreign && !w.loaded[dir]:
			w.count.files++
		}
	}
}
