package engine

import (
	"fmt"
	"go/ast"
	"go/types"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/rule"
)

// analyse runs the rules over the units, which are in dependency order, and
// returns what each gave, in that order. A unit starts when those that it
// depends on are done, and only then takes one of the Jobs places: nobody waits
// while holding a place, so waiting can't deadlock.
func (r *run) analyse(units []*unit) []*goherd.Result {
	q := newQueue(units)
	results := make([]*goherd.Result, len(units))
	var wg sync.WaitGroup
	for range min(r.jobs(), len(units)) {
		wg.Go(func() {
			for i := range q.ready {
				if r.ctx.Err() == nil {
					results[i] = r.analyseUnit(units[i])
				}
				q.finish(i, func(done int) { r.progress("analysing", done, len(units)) })
			}
		})
	}
	wg.Wait()
	return results
}

// each calls f for every i below n, at most Jobs at once.
func (r *run) each(stage string, n int, f func(i int)) {
	var g errgroup.Group
	g.SetLimit(r.jobs())
	var mu sync.Mutex
	done := 0
	for i := range n {
		g.Go(func() error {
			if r.ctx.Err() == nil {
				f(i)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			r.progress(stage, done, n)
			return nil
		})
	}
	_ = g.Wait() // nothing in the group errs
}

func (r *run) jobs() int {
	if r.Jobs > 0 {
		return r.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// A queue hands out the units whose dependencies are done.
type queue struct {
	ready chan int

	mu      sync.Mutex
	waiting []int   // how many dependencies unit i still waits for
	next    [][]int // the units that wait for unit i
	done    int
}

func newQueue(units []*unit) *queue {
	q := &queue{ready: make(chan int, len(units)), waiting: make([]int, len(units)), next: make([][]int, len(units))}
	at := map[*unit]int{}
	for i, u := range units {
		at[u] = i
	}
	for i, u := range units {
		for _, d := range u.deps {
			if j, ok := at[d]; ok { // in a later round, most are not analysed again
				q.waiting[i]++
				q.next[j] = append(q.next[j], i)
			}
		}
	}
	for i, n := range q.waiting {
		if n == 0 {
			q.ready <- i
		}
	}
	if len(units) == 0 {
		close(q.ready)
	}
	return q
}

// finish notes that unit i is done, and tells how many are. Calls of tell don't overlap.
func (q *queue) finish(i int, tell func(done int)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.next[i] {
		if q.waiting[j]--; q.waiting[j] == 0 {
			q.ready <- j
		}
	}
	q.done++
	if q.done == len(q.waiting) {
		close(q.ready)
	}
	tell(q.done)
}

// analyseUnit turns a panic into a warning, so that the other packages go on. A
// panic of one rule doesn't come this far: goherd.Find catches it.
func (r *run) analyseUnit(u *unit) (res *goherd.Result) {
	defer func() {
		if p := recover(); p != nil {
			res = &goherd.Result{Warnings: []goherd.Warning{{Kind: goherd.BugWarning, Text: fmt.Sprintf("goherd's own bug: package %s was passed over, since analysing it panicked: %v", u.pkg.Path, p)}}}
		}
	}()
	report := map[*ast.File]bool{}
	for i, f := range u.pkg.Files {
		report[f] = u.report[u.pkg.Names[i]]
	}
	rules := r.Rules
	if r.subject != "" && u.subject() != r.subject {
		rules = nil // only its summaries are wanted
	}
	return goherd.Find(r.pass(u), goherd.Options{
		Rules: rules, Rewrite: r.Rewrite, Off: r.Off, Promises: r.Promises, Trace: r.subject != "",
		Report: func(f *ast.File) bool { return report[f] },
		Supply: func(path string, add bool) rule.Supply { return r.depot.supply(u, path, add) },
	})
}

// pass is what a go/analysis driver would hand to the analyzer for u.
func (r *run) pass(u *unit) *analysis.Pass {
	pkg := u.pkg.Types
	p := &analysis.Pass{
		Analyzer:   goherd.Analyzer,
		Fset:       u.pkg.Fset,
		Files:      u.pkg.Files,
		OtherFiles: u.loaded.OtherFiles, IgnoredFiles: u.loaded.IgnoredFiles,
		Pkg: pkg, TypesInfo: u.pkg.Info, TypesSizes: u.pkg.Sizes,
		ResultOf: map[*analysis.Analyzer]any{},
		Report:   func(analysis.Diagnostic) {},
		ReadFile: r.src.reader(),

		ImportObjectFact:  r.facts.importObject,
		ImportPackageFact: r.facts.importPackage,
		ExportObjectFact:  func(o types.Object, f analysis.Fact) { r.facts.exportObject(pkg, o, f) },
		ExportPackageFact: func(f analysis.Fact) { r.facts.exportPackage(pkg, f) },
		AllObjectFacts:    func() []analysis.ObjectFact { return r.facts.allObjects(u.sees()) },
		AllPackageFacts:   func() []analysis.PackageFact { return r.facts.allPackages(u.sees()) },
	}
	if m := u.loaded.Module; m != nil {
		p.Module = &analysis.Module{Path: m.Path, Version: m.Version, GoVersion: m.GoVersion}
	}
	return p
}

// sees is the unit's own package and those of all units below it.
func (u *unit) sees() map[*types.Package]bool {
	set := map[*types.Package]bool{}
	var visit func(u *unit)
	visit = func(u *unit) {
		if !set[u.pkg.Types] {
			set[u.pkg.Types] = true
			for _, d := range u.deps {
				visit(d)
			}
		}
	}
	visit(u)
	return set
}
