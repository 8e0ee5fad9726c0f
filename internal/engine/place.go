package engine

import (
	"bytes"
	"context"
	"fmt"
	"go/build/constraint"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A Place is what an explanation is asked for: lines of a file, or a position.
type Place struct {
	File          string // as the user gave it, relative to Options.Dir
	Line, EndLine int    // EndLine 0: Line alone
	Col           int    // 0: the whole lines; else Line alone is meant
}

// A PlaceError says what is wrong with a place, and what to do next.
type PlaceError struct{ Reason string }

func (e *PlaceError) Error() string { return e.Reason }

func badPlace(format string, args ...any) error { return &PlaceError{fmt.Sprintf(format, args...)} }

// A site is a place whose file is there.
type site struct {
	Place
	name  string // absolute
	shown string // relative to the root, with forward slashes
	lines [][]byte
	root  string   // absolute
	held  []string // the import paths of the packages that have it
}

// visit reads the file of a place. It errs with *PlaceError where the place can't be.
func visit(o Options, at Place) (*site, error) {
	root, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	s := &site{Place: at, name: at.File, root: root}
	if !filepath.IsAbs(s.name) {
		s.name = filepath.Join(root, filepath.FromSlash(s.name))
	}
	s.name = filepath.Clean(s.name)
	s.shown = relative(root, s.name)
	info, err := os.Stat(s.name)
	switch {
	case err != nil:
		return nil, badPlace("there is no file %s in %s%s", at.File, root, s.meant())
	case info.IsDir():
		return nil, badPlace("%s is a folder: name a Go file and a line in it", at.File)
	case !strings.HasSuffix(s.name, ".go"):
		return nil, badPlace("%s is no Go file", at.File)
	}
	src, err := os.ReadFile(s.name)
	if err != nil {
		return nil, badPlace("%v", err)
	}
	s.lines = bytes.Split(src, []byte("\n"))
	if n := len(s.lines); n > 1 && len(s.lines[n-1]) == 0 {
		s.lines = s.lines[:n-1]
	}
	s.EndLine = max(s.EndLine, s.Line)
	switch last := len(s.lines); {
	case at.EndLine > 0 && at.EndLine < at.Line:
		return nil, badPlace("lines %d-%d run backwards", at.Line, at.EndLine)
	case s.Line < 1:
		return nil, badPlace("lines count from 1")
	case s.EndLine > last:
		return nil, badPlace("%s ends with line %d", at.File, last)
	case s.Col > len(s.lines[s.Line-1]):
		return nil, badPlace("line %d of %s has %d columns", s.Line, at.File, len(s.lines[s.Line-1]))
	}
	return s, nil
}

// meant offers what a path that leads nowhere was probably meant to be.
func (s *site) meant() string {
	if slashed := strings.ReplaceAll(s.File, `\`, "/"); slashed != s.File && filepath.Separator == '/' {
		if _, err := os.Stat(filepath.Join(s.root, slashed)); err == nil {
			return ": paths have forward slashes here (" + slashed + ")"
		}
	}
	base := filepath.Base(s.File)
	var found []string
	for dir, n := filepath.Dir(s.name), 0; n < 3; dir, n = filepath.Dir(dir), n+1 {
		if _, err := os.Stat(filepath.Join(dir, base)); err == nil && filepath.Join(dir, base) != s.name {
			found = append(found, relative(s.root, filepath.Join(dir, base)))
		}
	}
	if len(found) > 0 {
		return ": is it " + found[0] + "?"
	}
	return ": paths are relative to the working directory, or to -C DIR"
}

// patterns asks the go command which packages have to be loaded for the site: the
// one in its folder, and those of main modules that it depends on. A package's
// findings come from its own syntax and from facts about what it imports, so these
// give what ./... would.
func (s *site) patterns(ctx context.Context, o Options) ([]string, error) {
	if err := s.passedOver(); err != nil {
		return nil, err
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Context: ctx, Dir: s.root, Tests: o.Tests, BuildFlags: buildFlags(o),
	}, filepath.Dir(s.name))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, s.unloaded(wordsOf(err))
	}
	list := map[string]bool{}
	packages.Visit(pkgs, nil, func(p *packages.Package) {
		if (ours(p) || slices.Contains(pkgs, p)) && !isTestMain(p) && !strings.Contains(p.ID, " [") {
			list[p.PkgPath] = true
		}
	})
	for _, p := range pkgs {
		if slices.ContainsFunc(slices.Concat(p.GoFiles, p.CompiledGoFiles), s.is) {
			s.held = append(s.held, p.PkgPath)
		}
	}
	if len(s.held) == 0 {
		return nil, s.orphan(o, pkgs)
	}
	return slices.Sorted(maps.Keys(list)), nil
}

// is tells whether name is the site's file, through links, too.
func (s *site) is(name string) bool {
	if name == s.name {
		return true
	}
	if filepath.Base(name) != filepath.Base(s.name) {
		return false
	}
	a, errA := os.Stat(name)
	b, errB := os.Stat(s.name)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// passedOver names what goherd never looks at, whatever the go command says.
func (s *site) passedOver() error {
	if vendored(s.root, s.name) {
		return badPlace("%s is vendored, and goherd looks at no vendored file: explain the place that calls it, where its summary is shown", s.shown)
	}
	base := filepath.Base(s.name)
	if strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
		return badPlace("%s is part of no package: the go command passes over files whose names start with %q", s.shown, base[:1])
	}
	return nil
}

// unloaded says why the go command knows no package in the site's folder.
func (s *site) unloaded(words string) error {
	if dir := s.moduleRoot(); dir != "" && dir != moduleAbove(s.root) {
		return badPlace("%s belongs to another module: goherd explain -C %s %s", s.shown, relative(s.root, dir), s.at(dir))
	}
	return &NothingError{words}
}

func (s *site) at(dir string) string { return fmt.Sprintf("%s:%d", relative(dir, s.name), s.Line) }

func (s *site) moduleRoot() string { return moduleAbove(filepath.Dir(s.name)) }

// moduleAbove is the nearest folder with a go.mod at or above dir, "" if none.
func moduleAbove(dir string) string {
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// orphan says why the package in the site's folder doesn't have its file.
func (s *site) orphan(o Options, pkgs []*packages.Package) error {
	if dir := s.moduleRoot(); dir != "" && dir != moduleAbove(s.root) {
		return s.unloaded("")
	}
	if !o.Tests && strings.HasSuffix(s.name, "_test.go") {
		return badPlace("%s is a test file, and --tests=false leaves those out", s.shown)
	}
	for _, p := range pkgs {
		if slices.ContainsFunc(p.IgnoredFiles, s.is) {
			return badPlace("%s is not built here: %s", s.shown, s.constraint())
		}
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			return &NothingError{describe(s.root, e)}
		}
	}
	return badPlace("%s is part of no package that the go command builds here: go list %s says which files it takes", s.shown, "-f '{{.GoFiles}}' ./"+relative(s.root, filepath.Dir(s.name)))
}

// constraint says what keeps a file out of the build, and how to get it in.
func (s *site) constraint() string {
	for _, line := range s.lines {
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "package ") {
			break
		}
		if constraint.IsGoBuild(text) {
			return text + " leaves it out; --tags TAGS or GOOS=... goherd explain ... takes it in"
		}
	}
	return "its name says that it is for another system; GOOS=... GOARCH=... goherd explain ... takes it in"
}
