package engine

import (
	"fmt"
	"go/types"
	"path/filepath"
	"slices"

	"github.com/goherd/goherd/internal/promise"
)

// sawAllOf tells whether the load held everything that the promises are about:
// the one module in their folder, with its tests, and no file, package or nested
// module left out. Only then can a promise be called idle. Elsewhere it may speak
// of what this run doesn't see.
func (r *run) sawAllOf(l *load) bool {
	if r.Promises == nil || r.Promises.Dir == "" || !r.Tests || !slices.Contains(r.Patterns, "./...") {
		return false
	}
	if !sameFolder(r.Promises.Dir, l.root) || r.skipped.NestedModules+r.skipped.OtherSystems+len(r.skipped.TypeErrors) > 0 {
		return false
	}
	home := map[string]bool{}
	for _, pkg := range l.pkgs {
		if pkg.Module == nil {
			return false
		}
		if home[pkg.Module.Dir] = home[pkg.Module.Dir] || sameFolder(pkg.Module.Dir, l.root); !home[pkg.Module.Dir] {
			return false
		}
	}
	return true
}

// sameFolder tells whether two names are of one folder, whatever links they go through.
func sameFolder(a, b string) bool {
	a, errA := filepath.EvalSymlinks(a)
	b, errB := filepath.EvalSymlinks(b)
	return errA == nil && errB == nil && a == b
}

// idle gives a line for each promise that names no function which the units
// declare or call. It looks at names alone, so it is the same for whichever rules
// run, and costs nothing where nothing is promised.
func idle(promises *promise.List, units []*unit) []string {
	left := slices.Clone(promises.Entries)
	seen := map[*types.Func]bool{}
	look := func(o types.Object) {
		fn, ok := o.(*types.Func)
		if !ok || seen[fn.Origin()] || len(left) == 0 {
			return
		}
		seen[fn.Origin()] = true
		left = slices.DeleteFunc(left, func(e promise.Entry) bool { return e.Matches(fn.Origin()) })
	}
	if len(left) == 0 {
		return nil
	}
	for _, u := range units {
		for _, o := range u.pkg.Info.Defs {
			look(o)
		}
		for _, o := range u.pkg.Info.Uses {
			look(o)
		}
	}
	var lines []string
	for _, e := range left {
		lines = append(lines, fmt.Sprintf("%s: the pattern %q under %s names no function that is declared or called here: mend it, or remove it", e.Place, e.Pattern, e.Verb.Key()))
	}
	return lines
}
