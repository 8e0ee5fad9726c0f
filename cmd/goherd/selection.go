package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/goherd/goherd/internal/apply"
	"github.com/goherd/goherd/internal/baseline"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/git"
	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
)

// A choice says which findings the user wants to hear of, as the flags have it.
// Paths of files are relative to the folder of -C.
type choice struct {
	since                   string // "" for whatever has changed
	baseline, writeBaseline string
	pruneBaseline           bool
}

// refuse errs where the flags contradict each other.
func (c choice) refuse(writes, given bool) error {
	switch {
	case c.writeBaseline != "" && writes:
		return usagef("--write-baseline records what there is, so nothing would be left to apply: use it with goherd diff")
	case c.writeBaseline != "" && given:
		return usagef("--baseline and --write-baseline exclude each other: the one leaves known findings out, the other records all")
	case c.pruneBaseline && c.writeBaseline != "":
		return usagef("--prune-baseline and --write-baseline exclude each other: what is written anew has nothing to drop")
	case c.pruneBaseline && c.baseline == "":
		return usagef("--prune-baseline needs a baseline: name it with --baseline FILE")
	}
	return nil
}

// A selection is a choice at work: it is asked about the findings of each round.
type selection struct {
	choice
	dir     string // of -C, absolute
	history *git.History
	known   *baseline.File // nil: no baseline
	ids     map[string]bool

	asked   bool             // about the first round, which is the one that counts
	entries []baseline.Entry // all findings of the first round, where there is a baseline
	leftOut rule.LeftOut
	folders map[string]string // resolved
}

// open reads what the choice names. Its errors are for the user, with code 2:
// a filter that doesn't work must not look like code without findings.
func (c choice) open(ctx context.Context, dir string) (*selection, error) {
	s := &selection{choice: c, folders: map[string]string{}}
	if c == (choice{}) {
		return s, nil
	}
	var err error
	if s.dir, err = filepath.Abs(orDot(dir)); err != nil {
		return nil, err
	}
	if c.since != "" {
		if s.history, err = git.Since(ctx, s.dir, c.since); err != nil {
			return nil, s.fails(ctx, "--since "+c.since, err)
		}
	}
	switch {
	case c.writeBaseline != "":
		err = s.openToWrite()
	case c.baseline != "":
		s.known, err = baseline.Read(s.path(c.baseline), c.baseline)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("there is no baseline %s: goherd --write-baseline %s makes it", c.baseline, c.baseline)
		}
	}
	if err != nil {
		return nil, s.fails(ctx, "", err)
	}
	if s.known != nil {
		s.ids = s.known.IDs()
	}
	return s, nil
}

// openToWrite takes over what a file records already. What is no baseline is not
// written over: it is a slip.
func (s *selection) openToWrite() error {
	path := s.path(s.writeBaseline)
	if err := apply.CanPut(path); err != nil {
		return fmt.Errorf("the baseline %s can't be written: %w", s.writeBaseline, err)
	}
	var err error
	if s.known, err = baseline.Read(path, s.writeBaseline); errors.Is(err, fs.ErrNotExist) {
		s.known, err = &baseline.File{Dir: s.real(filepath.Dir(path))}, nil
	}
	return err
}

func (s *selection) fails(ctx context.Context, what string, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case what != "":
		return usagef("%s: %v", what, err)
	}
	return usagef("%v", err)
}

func (s *selection) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, name)
}

// real is a folder without symbolic links: the baseline's and those of findings
// may be named in different ways.
func (s *selection) real(folder string) string {
	if known, ok := s.folders[folder]; ok {
		return known
	}
	resolved, err := filepath.EvalSymlinks(folder)
	if err != nil {
		resolved = folder
	}
	s.folders[folder] = resolved
	return resolved
}

func (s *selection) realFile(path string) string {
	return filepath.Join(s.real(filepath.Dir(path)), filepath.Base(path))
}

// filters tells whether anything is left out.
func (s *selection) filters() bool { return s.history != nil || s.known != nil }

// keep is the engine's question which findings there are.
func (s *selection) keep(found []engine.Candidate) ([]bool, error) {
	first := !s.asked
	s.asked = true
	if first && s.known != nil {
		if err := s.record(found); err != nil {
			return nil, err
		}
	}
	fresh := make([]bool, len(found)) // touches what has changed
	for i, c := range found {
		var err error
		if fresh[i], err = s.touches(c); err != nil {
			return nil, usagef("--since %s: %v", s.since, err)
		}
	}
	known := s.absorb(found, fresh)
	wanted := make([]bool, len(found))
	for i := range found {
		wanted[i] = fresh[i] && !known[i]
		switch {
		case !first || wanted[i]:
		case known[i]:
			s.leftOut.Baseline++
		default:
			s.leftOut.Since++
		}
	}
	return wanted, nil
}

// record notes every finding as an entry.
func (s *selection) record(found []engine.Candidate) error {
	s.entries = []baseline.Entry{}
	for _, c := range found {
		path, err := baseline.Rel(s.known.Dir, s.realFile(c.File))
		if err != nil {
			return err
		}
		s.entries = append(s.entries, baseline.Entry{ID: c.ID, Rule: c.Rule, Package: c.Package, Path: path, Func: c.Func})
	}
	return nil
}

// touches tells whether a finding has to do with lines that have changed. What an
// earlier round of this run has written counts as changed: a second run would see
// it so.
func (s *selection) touches(c engine.Candidate) (bool, error) {
	if s.history == nil {
		return true, nil
	}
	for _, at := range c.Lines {
		if at.First == 0 {
			return true, nil
		}
		if changed, err := s.history.Changed(at.File, at.First, at.Last); changed || err != nil {
			return changed, err
		}
	}
	return false, nil
}

// absorb tells which findings the baseline has. Those of one kin differ in nothing
// but their number, so a new one in front of an old one takes the old one's id:
// the baseline then has as many of them as it has ids, and those first that have
// not changed.
func (s *selection) absorb(found []engine.Candidate, fresh []bool) []bool {
	known := make([]bool, len(found))
	if s.writeBaseline != "" {
		for i := range known {
			known[i] = true
		}
		return known
	}
	kin := map[string][]int{}
	room := map[string]int{}
	for i, c := range found {
		kin[c.Kin] = append(kin[c.Kin], i)
		if s.ids[c.ID] {
			room[c.Kin]++
		}
	}
	for name, members := range kin {
		slices.SortStableFunc(members, func(a, b int) int {
			return 2*(order(fresh[a])-order(fresh[b])) + order(!s.ids[found[a].ID]) - order(!s.ids[found[b].ID])
		})
		for _, i := range members[:room[name]] {
			known[i] = true
		}
	}
	return known
}

func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// finish writes or prunes the baseline after a run, and gives the lines that tell
// what was left out and what became of it.
func (s *selection) finish(chosen []*rule.Rule, res *engine.Result) ([]string, error) {
	var lines []string
	if out := report.LeftOut(s.leftOut, s.since, s.baseline); out != "" && s.writeBaseline == "" {
		lines = append(lines, out)
	}
	if s.known == nil {
		return lines, nil
	}
	run := baseline.Run{Found: s.entries, Rules: ruleNames(chosen)}
	for _, name := range res.Files {
		run.Files = append(run.Files, s.realFile(name))
	}
	line, err := s.update(run)
	if line != "" {
		lines = append(lines, line)
	}
	return lines, err
}

// update changes the file where that was asked for.
func (s *selection) update(run baseline.Run) (string, error) {
	if s.writeBaseline != "" {
		file := s.known.Renewed(run)
		line := fmt.Sprintf("recorded %s in %s", report.Count(len(run.Found), "finding"), report.Clean(s.writeBaseline))
		if kept := len(file.Entries) - len(run.Found); kept > 0 {
			line += fmt.Sprintf("; kept %s of what this run did not look at", report.Entries(kept))
		}
		return line, s.put(s.writeBaseline, file)
	}
	stale := s.known.Stale(run)
	switch {
	case len(stale) == 0:
		return "", nil
	case s.pruneBaseline:
		return fmt.Sprintf("dropped %s from %s", report.Entries(len(stale)), report.Clean(s.baseline)), s.put(s.baseline, s.known.Without(stale))
	}
	return fmt.Sprintf("%s of %s no longer occur: --prune-baseline drops them", report.Entries(len(stale)), report.Clean(s.baseline)), nil
}

func (s *selection) put(name string, file *baseline.File) error {
	if err := apply.Put(s.path(name), file.Format()); err != nil {
		return fmt.Errorf("write the baseline %s: %w", name, err)
	}
	return nil
}
