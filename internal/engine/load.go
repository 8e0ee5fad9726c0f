package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// loadMode asks for the roots' syntax and types, and for their dependencies from
// export data: NeedDeps would type-check those from source, at seven times the
// cost.
const loadMode = packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
	packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedModule

// A load is what the go command and the type-checker gave for the patterns.
type load struct {
	root string // absolute; where the go command ran
	fset *token.FileSet
	pkgs []*packages.Package // sorted by ID, without generated test mains
	src  *sources
}

// loadPackages errs with *NothingError, holding the go command's own words,
// when no package came out at all.
func loadPackages(ctx context.Context, o Options) (*load, error) {
	root, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	l := &load{root: root, fset: token.NewFileSet(), src: newSources()}
	pkgs, err := packages.Load(&packages.Config{
		Mode: loadMode, Context: ctx, Dir: root, Fset: l.fset, Tests: o.Tests,
		BuildFlags: buildFlags(o), ParseFile: l.src.parse,
	}, raw(o.Patterns)...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, &NothingError{wordsOf(err)}
	}
	if len(pkgs) == 0 {
		return nil, &NothingError{whyNothing(ctx, root, o)}
	}
	l.pkgs = slices.DeleteFunc(pkgs, isTestMain)
	slices.SortFunc(l.pkgs, func(a, b *packages.Package) int { return cmp.Compare(a.ID, b.ID) })
	return l, nil
}

func buildFlags(o Options) []string {
	if o.Tags == "" {
		return nil
	}
	return []string{"-tags=" + o.Tags}
}

// raw keeps go/packages from reading a pattern with "=" as a query of its own:
// the go command takes it as it is.
func raw(patterns []string) []string {
	list := slices.Clone(patterns)
	for i, p := range list {
		if strings.Contains(p, "=") {
			list[i] = "pattern=" + p
		}
	}
	return list
}

// isTestMain tells whether pkg is the main package that the go command writes
// for a test. Its only file lies in the build cache and has no ".go" at its end,
// while a user may well have a package whose path ends in ".test".
func isTestMain(pkg *packages.Package) bool {
	return pkg.Name == "main" && strings.HasSuffix(pkg.ID, ".test") &&
		!slices.ContainsFunc(pkg.GoFiles, func(f string) bool { return strings.HasSuffix(f, ".go") })
}

// wordsOf takes the go command's own words out of what go/packages wraps
// around them.
func wordsOf(err error) string {
	text := err.Error()
	if errors.Is(err, exec.ErrNotFound) || strings.Contains(text, "go command required, not found") {
		return "the go command was not found in PATH: goherd needs it to load packages"
	}
	if _, words, ok := strings.Cut(text, "stderr: "); ok && strings.TrimSpace(words) != "" {
		text = words
	}
	return strings.TrimSpace(text)
}

// whyNothing asks the go command why there are no packages: with export data,
// go/packages passes over some of its failures in silence. It runs in this case
// only, so it costs an ordinary run nothing.
func whyNothing(ctx context.Context, root string, o Options) string {
	args := append(append([]string{"list"}, buildFlags(o)...), "--")
	cmd := exec.CommandContext(ctx, "go", append(args, o.Patterns...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil && stderr.Len() > 0 {
		return strings.TrimSpace(stderr.String())
	}
	return quoted(o.Patterns) + " matched no packages"
}

func quoted(patterns []string) string {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = fmt.Sprintf("%q", p)
	}
	return strings.Join(list, ", ")
}

// goVersion asks the go command for its version, without "go". It runs beside
// the load. An answer that fails is "": the load's own error says more.
func goVersion(ctx context.Context, root string) <-chan string {
	version := make(chan string, 1)
	go func() {
		cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
		cmd.Dir = root
		out, _ := cmd.Output()
		version <- strings.TrimPrefix(strings.TrimSpace(string(out)), "go")
	}()
	return version
}

// relative gives the path of name below root, with forward slashes, as reports
// show it.
func relative(root, name string) string {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		rel = name
	}
	return filepath.ToSlash(rel)
}

func givenRoot(o Options) string {
	if o.Dir != "" {
		return o.Dir
	}
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	return dir
}
