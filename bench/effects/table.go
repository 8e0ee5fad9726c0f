package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	openMark  = "<!-- table: bench/effects -->\n"
	closeMark = "<!-- end -->\n"
)

// show prints, for each function, what goherd says of it and the verdict over
// each fact, and returns how many are wrong.
func show(w io.Writer, list []*golden, results map[*golden]*result) int {
	var all tally
	for _, g := range list {
		r := results[g]
		fmt.Fprintln(w, heading(g))
		for _, line := range r.Summary {
			fmt.Fprintf(w, "    | %s\n", line)
		}
		for _, f := range r.Findings {
			all[f.Verdict]++
			fmt.Fprintf(w, "    %-15s %s %s", f.Verdict, f.Name, f.Want)
			if f.Verdict != right {
				fmt.Fprintf(w, "; goherd: %s", f.Said)
			}
			fmt.Fprintln(w)
		}
	}
	fmt.Fprintf(w, "%d right, %d too pessimistic, %d wrong\n", all[right], all[pessimistic], all[wrong])
	return all[wrong]
}

// heading is the line above what is said of one function.
func heading(g *golden) string {
	return fmt.Sprintf("%s %s:%s %s (%s)", g.Repo, g.File, g.Line, g.Func, g.Kind)
}

// updatePage writes the tables between the page's marks anew.
func updatePage(page string, list []*golden, results map[*golden]*result) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), openMark)
	_, after, ok2 := strings.Cut(rest, closeMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no marks for the tables", page)
	}
	return os.WriteFile(page, []byte(before+openMark+tables(list, results)+closeMark+after), 0o644)
}

func tables(list []*golden, results map[*golden]*result) string {
	var b strings.Builder
	count := 0
	for _, g := range list {
		count += len(g.Facts)
	}
	fmt.Fprintf(&b, "%d functions of %d repositories, %d facts:\n\n", len(list), len(repos(list)), count)
	b.WriteString("| facts about | right | too pessimistic | wrong |\n|---|---|---|---|\n")
	var all tally
	for _, name := range factNames {
		var t tally
		for _, g := range list {
			for _, f := range results[g].Findings {
				if f.Name == name {
					t[f.Verdict]++
					all[f.Verdict]++
				}
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", topics[name], t)
	}
	fmt.Fprintf(&b, "| **all** | %s |\n", all)
	for _, kind := range kinds {
		fmt.Fprintf(&b, "\n### %s\n\n| function | right | too pessimistic | wrong | where not right |\n|---|---|---|---|---|\n", titles[kind])
		for _, g := range list {
			if g.Kind == kind {
				b.WriteString(row(g, results[g]))
			}
		}
	}
	return b.String()
}

func row(g *golden, r *result) string {
	var t tally
	var not []string
	for _, f := range r.Findings {
		t[f.Verdict]++
		if f.Verdict != right {
			mark := ""
			if f.Verdict == wrong {
				mark = "**wrong** "
			}
			not = append(not, fmt.Sprintf("%s%s %s: *%s*", mark, f.Name, f.Want, plain(f.Said)))
		}
	}
	return fmt.Sprintf("| [%s](%s) | %s | %s |\n", g.short(), g.link(), t, strings.Join(not, "; "))
}

// plain keeps Markdown from reading anything into goherd's words.
func plain(s string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "[]", `\[\]`).Replace(s)
}

var topics = map[string]string{
	"waits": "what it waits for", "surely": "whether each call does", "verb": "reads or writes outside", "panics": "explicit panics",
	"exits": "ends the process", "spawns": "goroutines", "ctx": "the context", "open": "results to close", "writes": "memory written",
	"reads": "memory read", "guards": "the lock", "aliases": "results that point into memory", "retains": "parameters kept",
}

var titles = map[string]string{
	"io": "Plain I/O, two calls down or more", "mutation": "A name that reads, and writes memory", "cache": "A cache in front of I/O",
	"memory": "Looks like a remote read, and is none", "handle": "Transactions and other things for one user at a time",
}
