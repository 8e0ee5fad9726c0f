//go:build unix

package engine

import (
	"context"
	"go/ast"
	"go/types"
	"iter"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/goherd/goherd/internal/memory"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// asking is a rule that asks what every function does to memory, and every call if
// calls is set, and finds nothing.
func asking(answers, opaque, much *atomic.Int64, calls bool) *rule.Rule {
	find := func(p *rule.Pass) iter.Seq[rule.Match[place]] {
		return func(func(rule.Match[place]) bool) {
			for _, f := range p.Files {
				ast.Inspect(f, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.FuncDecl:
						if fn, ok := p.Info.Defs[n.Name].(*types.Func); ok {
							answers.Add(1)
							s := p.Memory.Of(fn)
							if len(s.Opaque) > 0 {
								opaque.Add(1)
							}
							if slices.ContainsFunc(s.Opaque, func(o memory.Opaque) bool { return o.Why == "too much to follow" }) {
								much.Add(1)
							}
						}
					case *ast.CallExpr:
						if calls {
							p.Memory.Call(n)
						}
					}
					return true
				})
			}
		}
	}
	return rule.New(rule.Spec[place]{Name: "asking", Best: rule.Advice, Memory: true, Find: find, Message: func(*rule.Pass, place) string { return "" }},
		func(*rule.Pass, place) (*patch.Patch, error) { return nil, nil })
}

// What it costs to ask for all there is, on the repository that GOHERD_REPOSITORY
// names, beside the same run with nobody asking. GOHERD_PATTERNS are its packages
// and GOHERD_TESTS=no leaves out test files; GOHERD_ASK chooses one of "nobody",
// "functions", "calls" for one process, so that peaks of memory can be told apart.
func TestCostOfMemory(t *testing.T) {
	dir := os.Getenv("GOHERD_REPOSITORY")
	if dir == "" {
		t.Skip("GOHERD_REPOSITORY names no repository to measure")
	}
	jobs, _ := strconv.Atoi(os.Getenv("GOHERD_JOBS"))
	for _, who := range []string{"nobody", "functions", "calls"} {
		if only := os.Getenv("GOHERD_ASK"); only != "" && only != who {
			continue
		}
		var answers, opaque, much atomic.Int64
		o := Options{Dir: dir, Patterns: strings.Fields(os.Getenv("GOHERD_PATTERNS")), Tests: os.Getenv("GOHERD_TESTS") != "no", Rounds: 1, Jobs: jobs}
		if who != "nobody" {
			o.Rules = []*rule.Rule{asking(&answers, &opaque, &much, who == "calls")}
		}
		runtime.GC()
		before, begun := usage(), time.Now()
		res, err := Run(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range res.Run.Warnings {
			t.Error(w)
		}
		t.Logf("%s: %.2f CPU s, %.2f s, %d functions, %d opaque, %d of these behind too much to follow, peak %d MB", who, usage()-before, time.Since(begun).Seconds(), answers.Load(), opaque.Load(), much.Load(), peak())
	}
}

// usage is the CPU seconds of this process and of those that it waited for.
func usage() float64 {
	sum := 0.0
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			sum += time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
		}
	}
	return sum
}

func peak() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss / 1024
}
