package engine

import (
	"cmp"
	"context"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"

	"github.com/goherd/goherd/internal/rule"
)

// A run is what the stages of one Run share.
type run struct {
	Options
	ctx     context.Context
	root    string // absolute
	version string // of the go command
	fset    *token.FileSet
	src     *sources
	facts   *facts
	stock   *stock
	depot   *depot
	units   []*unit            // in dependency order
	owners  map[string]*unit   // the unit that reports on a file; nobody edits a file without one
	holders map[string][]*unit // every unit that a file is compiled in
	skipped rule.Skipped
	barred  map[shape]int // how many findings of a shape were taken back
	last    bool          // no round comes after this one
	subject string        // where it is set, what is explained: the rules run over this package alone, and leave a trace
	failed  error         // what Keep ended with

	mu       sync.Mutex // guards what is below, and calls of Progress
	warnings []string
}

// open takes over what was loaded. It errs with *NothingError when there is no
// package that could be analysed.
func (r *run) open(l *load) error {
	c := takeCensus(l)
	if len(c.units) == 0 {
		return nothing(c, r.Patterns)
	}
	around := lookAround(l, r.Patterns)
	r.root, r.fset, r.src = l.root, l.fset, l.src
	r.units, r.skipped, r.warnings = c.units, c.skipped, c.warnings
	r.skipped.NestedModules = around.modules
	r.skipped.OtherSystems += around.files
	r.owners, r.holders = map[string]*unit{}, map[string][]*unit{}
	r.stock = &stock{fset: l.fset, units: c.units, ask: r.exportData}
	r.depot = &depot{run: r, known: map[order]rule.Supply{}, files: map[string]bool{}}
	for _, u := range c.units {
		u.pkg.Importer = importer{u.loaded, r.stock}
		for _, name := range u.pkg.Names {
			r.holders[name] = append(r.holders[name], u)
		}
		for name := range u.report {
			r.owners[name] = u
		}
	}
	r.facts = newFacts(c.units)
	if r.sawAllOf(l) {
		r.warnings = append(r.warnings, idle(r.Promises, c.units)...)
	}
	return nil
}

// nothing says why there is no package to analyse, in the words of whoever found out.
func nothing(c *census, patterns []string) error {
	if len(c.causes) > 0 {
		return &NothingError{strings.Join(c.causes, "\n")}
	}
	return &NothingError{"no Go files to analyse in " + quoted(patterns)}
}

// exportData asks the go command where the export data of packages is, as seen
// from dir ("" for the folder of the run), and with other text for some files. From
// a named folder nothing is downloaded.
func (r *run) exportData(dir string, overlay map[string][]byte, paths []string) ([]*packages.Package, error) {
	c := &packages.Config{
		Mode: packages.NeedName | packages.NeedExportFile, Context: r.ctx, Dir: r.root, BuildFlags: buildFlags(r.Options), Overlay: overlay,
	}
	if dir != "" {
		c.Dir, c.Env = dir, append(os.Environ(), "GOPROXY=off")
	}
	return packages.Load(c, paths...)
}

// holding lists the units that hold one of the files, in dependency order.
func (r *run) holding(files map[string][]byte) []*unit {
	set := map[*unit]bool{}
	for name := range files {
		for _, u := range r.holders[name] {
			set[u] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b *unit) int { return cmp.Compare(a.index, b.index) })
}

func (r *run) warn(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warnings = append(r.warnings, line)
}

func (r *run) progress(stage string, done, total int) {
	if r.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Progress(stage, done, total)
}

// report is the outcome of the first round. Warnings are still to come.
func (r *run) report(found []*finding) *rule.Run {
	out := &rule.Run{
		Version: 1, Tool: r.Tool, Go: r.version, Root: givenRoot(r.Options),
		Findings: append([]*rule.Located{}, located(found)...), Skipped: r.skipped,
	}
	out.Skipped.TypeErrors = append([]string{}, r.skipped.TypeErrors...)
	for _, f := range out.Findings {
		switch f.Safety {
		case rule.Safe:
			out.Summary.Safe++
		case rule.Review:
			out.Summary.Review++
		default:
			out.Summary.Advice++
		}
	}
	out.Summary.Files = len(r.owners)
	subjects := map[string]bool{}
	for _, u := range r.owners {
		subjects[u.subject()] = true
	}
	out.Summary.Packages = len(subjects)
	return out
}
