package herdtest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// The toy rule wants fast(x) where slow(x) stands. It refuses slow(0), by hazard T1.
//
// toyEngine does so by text, so that a test can make it fail in every way that the
// harness has to notice: spoil gets each case's name and what the engine would say.
type toyEngine struct {
	spoil func(stem string, o engine.Options, res *engine.Result)
}

var (
	toyCall = regexp.MustCompile(`\bslow\((\w*)\)`)
	toyFunc = regexp.MustCompile(`^func (\w+)`)
)

func (e toyEngine) run(_ context.Context, o engine.Options) (*engine.Result, error) {
	all := &engine.Result{Run: &rule.Run{Version: 1}}
	for _, pattern := range o.Patterns {
		dir := filepath.Join(o.Dir, strings.TrimSuffix(pattern, "..."))
		res := &engine.Result{Run: &rule.Run{}}
		err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".go" {
				return err
			}
			return toyFile(o, name, res)
		})
		if err != nil {
			return nil, err
		}
		if e.spoil != nil {
			e.spoil(stemOf(dir), o, res)
		}
		all.Run.Findings = append(all.Run.Findings, res.Run.Findings...)
		all.Run.Warnings = append(all.Run.Warnings, res.Run.Warnings...)
		all.Run.Skipped.TypeErrors = append(all.Run.Skipped.TypeErrors, res.Run.Skipped.TypeErrors...)
		all.Applied = append(all.Applied, res.Applied...)
		all.Left = append(all.Left, res.Left...)
		all.Changes = append(all.Changes, res.Changes...)
	}
	return all, nil
}

// stemOf is the name of the case in whose module dir lies.
func stemOf(dir string) string {
	_, rest, _ := strings.Cut(filepath.ToSlash(dir)+"/", "/"+services+"/")
	stem, _, _ := strings.Cut(rest, "/")
	return stem
}

func toyFile(o engine.Options, name string, res *engine.Result) error {
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(o.Dir, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	lines, fn, applied := strings.Split(string(old), "\n"), "", 0
	for i, line := range lines {
		if m := toyFunc.FindStringSubmatch(line); m != nil {
			fn = m[1]
		}
		m := toyCall.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		f := &rule.Located{Rule: "toy", Path: rel, Line: i + 1, Func: fn, Message: fmt.Sprintf("slow(%s) could be fast", m[1])}
		res.Run.Findings = append(res.Run.Findings, f)
		if m[1] == "0" {
			f.Refused, f.RefusedBy = "nothing is faster than nothing", "T1"
			continue
		}
		f.Safety, f.Changes = rule.Review, []string{"it is fast"}
		lines[i] = strings.Replace(line, m[0], "fast("+m[1]+")", 1)
		f.Patch = patch.Unified(rel, old, []byte(strings.Replace(string(old), line, lines[i], 1)))
		res.Applied = append(res.Applied, f)
		applied++
	}
	if applied > 0 {
		res.Changes = append(res.Changes, engine.Change{Path: name, Rel: rel, Old: old, New: []byte(strings.Join(lines, "\n"))})
	}
	return nil
}
