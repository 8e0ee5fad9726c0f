package engine

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// passOver names a package that can't be analysed, and says why in one line. The
// variant that holds the in-package tests comes after the plain one: it is worth
// a line only if the fault is in the tests.
func (c *census) passOver(root string, pkg *packages.Package, roots map[*packages.Package]bool) {
	pkg.Syntax, pkg.TypesInfo = nil, nil
	what := "package " + pkg.PkgPath
	if pkg.ID != pkg.PkgPath && !strings.HasSuffix(pkg.PkgPath, "_test") {
		if slices.Contains(c.skipped.TypeErrors, pkg.PkgPath) {
			return
		}
		what = "the tests of " + what
	}
	c.skipped.TypeErrors = append(c.skipped.TypeErrors, pkg.PkgPath)
	cause := causeOf(root, pkg, roots, map[*packages.Package]bool{})
	if cause != "" {
		c.causes = append(c.causes, cause)
	} else {
		cause = "it imports " + brokenImport(pkg) + ", which has errors"
	}
	place, words := splitPlace(cause)
	c.warnings = append(c.warnings, fmt.Sprintf("%s%s passed over: %s", place, what, oneLine(words)))
}

// causeOf gives the error that a user can act on, as "place: words". Of a
// package's own errors that is the first that the parser, the type-checker or
// `go list` found; when an import could not be loaded, it is what the go command
// said about that import. "" means that the fault lies in another root.
func causeOf(root string, pkg *packages.Package, roots, seen map[*packages.Package]bool) string {
	seen[pkg] = true
	for _, e := range pkg.Errors {
		if own := e.Kind == packages.ParseError || e.Kind == packages.ListError || e.Kind == packages.TypeError; own && !secondHand(e) {
			return describe(root, e)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(pkg.Imports)) {
		imp := pkg.Imports[path]
		if roots[imp] || seen[imp] || len(imp.Errors) == 0 && !imp.IllTyped {
			continue
		}
		if cause := causeOf(root, imp, roots, seen); cause != "" {
			return cause
		}
	}
	for _, path := range slices.Sorted(maps.Keys(pkg.Imports)) {
		if imp := pkg.Imports[path]; roots[imp] && imp.IllTyped {
			return "" // reported there
		}
	}
	if len(pkg.Errors) > 0 {
		return describe(root, pkg.Errors[0])
	}
	return ""
}

// secondHand tells whether e only repeats what another error says better: the
// compiler's output without a position, or an import that did not come.
func secondHand(e packages.Error) bool {
	return strings.HasPrefix(e.Msg, "# ") || strings.HasPrefix(e.Msg, "could not import ")
}

func describe(root string, e packages.Error) string {
	place, msg := e.Pos, e.Msg
	if strings.HasPrefix(msg, "# ") { // "# path", then the compiler's own lines
		if _, rest, ok := strings.Cut(msg, "\n"); ok {
			msg = rest
		}
	}
	if place == "" || place == "-" {
		return msg
	}
	if filepath.IsAbs(place) {
		place = relative(root, place)
	}
	return place + ": " + msg
}

// splitPlace cuts "file:line:col: words" before the words.
func splitPlace(cause string) (place, words string) {
	head, rest, ok := strings.Cut(cause, ": ")
	if ok && strings.Contains(head, ":") && !strings.ContainsAny(head, " \n") {
		return head + ": ", rest
	}
	return "", cause
}

func brokenImport(pkg *packages.Package) string {
	for _, path := range slices.Sorted(maps.Keys(pkg.Imports)) {
		if pkg.Imports[path].IllTyped {
			return path
		}
	}
	return "a package"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
