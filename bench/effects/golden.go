package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed golden.txt
var goldenText string

// A golden is one function, and what is true of it.
type golden struct {
	Kind, Repo, Commit string
	File               string // relative to the repository, with forward slashes
	Line               string
	Func               string // as effects.Name gives it, without the package
	Facts              []fact
}

// A fact is one thing that is true, and the reason in one sentence.
type fact struct{ Name, Want, Why string }

var kinds = []string{"io", "mutation", "cache", "memory", "handle"}

var factNames = []string{"waits", "surely", "verb", "panics", "exits", "spawns", "ctx", "open", "writes", "reads", "guards", "aliases", "retains"}

// parse reads golden.txt, whose head says what its lines mean.
func parse(text string) ([]*golden, error) {
	var list []*golden
	for i, line := range strings.Split(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " "):
			words, why, ok := strings.Cut(strings.TrimSpace(line), ": ")
			name, want, _ := strings.Cut(words, " ")
			if !ok || len(list) == 0 || !slices.Contains(factNames, name) || want == "" {
				return nil, fmt.Errorf("golden.txt:%d: no fact: %s", i+1, line)
			}
			g := list[len(list)-1]
			g.Facts = append(g.Facts, fact{name, want, why})
		default:
			f := strings.Fields(line)
			if len(f) != 5 || !slices.Contains(kinds, f[0]) {
				return nil, fmt.Errorf("golden.txt:%d: no function: %s", i+1, line)
			}
			file, at, _ := strings.Cut(f[3], ":")
			list = append(list, &golden{Kind: f[0], Repo: f[1], Commit: f[2], File: file, Line: at, Func: f[4]})
		}
	}
	return list, nil
}

func (g *golden) link() string {
	return fmt.Sprintf("https://github.com/%s/blob/%s/%s#L%s", g.Repo, g.Commit, g.File, g.Line)
}

// short is the repository and the function, as a row of the table names them.
func (g *golden) short() string {
	_, name, _ := strings.Cut(g.Repo, "/")
	return name + " `" + g.Func + "`"
}
