package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// earlier reads what earlier runs printed into the .txt files of a folder, so that
// repositories can be run one at a time. Functions whose facts have changed since
// are left out, as those that were never run.
func earlier(dir string, list []*golden) (map[*golden]*result, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	results := map[*golden]*result{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var r *result
		for _, line := range strings.Split(string(text), "\n") {
			switch {
			case strings.HasPrefix(line, "    | "):
				r.Summary = append(r.Summary, line[len("    | "):])
			case strings.HasPrefix(line, "    "):
				r.Findings = append(r.Findings, reread(line))
			default:
				r = &result{} // of the last line, for nobody
				if i := slices.IndexFunc(list, func(g *golden) bool { return heading(g) == line }); i >= 0 {
					results[list[i]] = r
				}
			}
		}
	}
	for _, g := range list {
		if r := results[g]; r != nil && !sameFacts(g, r) {
			delete(results, g)
		}
	}
	return results, nil
}

// reread takes apart the line that show printed for one fact.
func reread(line string) finding {
	line = strings.TrimSpace(line)
	var f finding
	for v, name := range verdictNames {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			f.Verdict, line = verdict(v), strings.TrimSpace(rest)
		}
	}
	line, f.Said, _ = strings.Cut(line, "; goherd: ")
	f.Name, f.Want, _ = strings.Cut(line, " ")
	return f
}

func sameFacts(g *golden, r *result) bool {
	return slices.EqualFunc(g.Facts, r.Findings, func(f fact, r finding) bool { return f.Name == r.Name && f.Want == r.Want })
}
