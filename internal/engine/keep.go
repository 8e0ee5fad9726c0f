package engine

import (
	"bytes"
	"fmt"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A Candidate is a finding that Options.Keep is asked about, before its patch has
// been checked: safety, refusal and patch are not known yet.
type Candidate struct {
	*rule.Located
	Kin   string // equal for findings whose ids differ in the ordinal only
	File  string // absolute
	Lines []Lines
}

// Lines are lines that a finding touches: those of its own, which come first, and
// those that its patch replaces, but for imports. They count as in the file that
// was loaded; both are 0 where an earlier round of this run wrote one of them.
type Lines struct {
	File        string // absolute
	First, Last int
}

// keep asks the user's Keep which findings there are.
func (l *loop) keep(found []*finding) []*finding {
	if l.Keep == nil || l.ctx.Err() != nil {
		return found
	}
	origins := map[string][]int{}
	list := make([]Candidate, len(found))
	for i, f := range found {
		list[i] = Candidate{Located: f.at, Kin: f.kin, File: f.place.Filename, Lines: l.touched(f, origins)}
	}
	wanted, err := l.Keep(list)
	if err != nil {
		l.failed = err
		return nil
	}
	if len(wanted) != len(found) {
		panic(fmt.Sprintf("Keep was asked about %d findings and answered for %d", len(found), len(wanted)))
	}
	var kept []*finding
	for i, f := range found {
		if wanted[i] {
			kept = append(kept, f)
		}
	}
	return kept
}

// touched lists the lines of a finding. origins remembers where the lines of
// files come from that earlier rounds changed.
func (l *loop) touched(f *finding, origins map[string][]int) []Lines {
	all := []Lines{l.loaded(Lines{f.place.Filename, f.at.Line, f.at.EndLine}, origins)}
	if f.Patch == nil {
		return all
	}
	for _, file := range f.Patch.Files {
		for _, e := range file.Edits {
			if e.Shared || e.Start < 0 || e.End > len(file.Old) || e.Start >= e.End { // an import; wrong, as Check will say; an insertion
				continue
			}
			first := 1 + bytes.Count(file.Old[:e.Start], []byte("\n"))
			replaced := bytes.TrimSuffix(file.Old[e.Start:e.End], []byte("\n"))
			all = append(all, l.loaded(Lines{file.Name, first, first + bytes.Count(replaced, []byte("\n"))}, origins))
		}
	}
	return all
}

// loaded turns lines of a file as it is now into those of the file as it was
// loaded.
func (l *loop) loaded(at Lines, origins map[string][]int) Lines {
	old, changed := l.history.old[at.File]
	if !changed {
		return at
	}
	from, known := origins[at.File]
	if !known {
		from = patch.Origins(old, l.src.now[at.File])
		origins[at.File] = from
	}
	var out Lines
	for line := at.First; line <= at.Last; line++ {
		if line >= len(from) || from[line] == 0 {
			return Lines{File: at.File}
		}
		if out.First == 0 {
			out.First = from[line]
		}
		out.Last = from[line]
	}
	out.File = at.File
	return out
}
