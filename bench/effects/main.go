// Effects holds what goherd says of functions of public repositories against
// what is true of them (golden.txt).
//
//	effects [--checkouts DIR] [--mirrors DIR] [--work DIR] [--only WORDS] [--update FILE]
//	effects --from DIR [--update FILE]
//
// A rule that only looks is run over each repository's ./... by goherd's engine.
// What the summaries say is compared with what is true, fact by fact: right; too pessimistic, where the
// truth is more definite; wrong, where the truth contradicts it. The exit status
// is 1 where anything is wrong.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	checkouts := flag.String("checkouts", "", "folder with work trees, by the names of the repositories; taken where they are at the commit")
	mirrors := flag.String("mirrors", "", "folder with bare clones OWNER+NAME/repo, from which the others are laid out")
	work := flag.String("work", filepath.Join(os.TempDir(), "effects"), "folder to lay them out in")
	only := flag.String("only", "", "only functions of repositories whose name holds one of these words, with commas between")
	from := flag.String("from", "", "folder with .txt files of what earlier runs printed: nothing is run")
	update := flag.String("update", "", "page whose tables are written anew")
	flag.Parse()
	list, err := parse(goldenText)
	if err != nil {
		fatal(err)
	}
	list = slices.DeleteFunc(list, func(g *golden) bool {
		return !slices.ContainsFunc(strings.Split(*only, ","), func(word string) bool { return strings.Contains(g.Repo, word) })
	})
	results := map[*golden]*result{}
	if *from != "" {
		if results, err = earlier(*from, list); err != nil {
			fatal(err)
		}
		list = slices.DeleteFunc(list, func(g *golden) bool {
			if results[g] == nil {
				fmt.Fprintln(os.Stderr, "effects: not run:", heading(g))
			}
			return results[g] == nil
		})
	}
	for _, repo := range repos(list) {
		if *from != "" {
			break
		}
		dir, err := checkout(repo[0].Repo, repo[0].Commit, *checkouts, *mirrors, *work)
		if err != nil {
			fatal(err)
		}
		fmt.Fprintln(os.Stderr, "effects: looking at", repo[0].Repo)
		if err := look(dir, repo, results); err != nil {
			fatal(fmt.Errorf("%s: %w", repo[0].Repo, err))
		}
	}
	wrongs := show(os.Stdout, list, results)
	if *update != "" {
		if err := updatePage(*update, list, results); err != nil {
			fatal(err)
		}
	}
	if wrongs > 0 {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "effects:", err)
	os.Exit(2)
}

// repos groups the functions by repository, in the order of their first ones.
func repos(list []*golden) [][]*golden {
	var out [][]*golden
	for _, g := range list {
		i := slices.IndexFunc(out, func(r []*golden) bool { return r[0].Repo == g.Repo && r[0].Commit == g.Commit })
		if i < 0 {
			out = append(out, nil)
			i = len(out) - 1
		}
		out[i] = append(out[i], g)
	}
	return out
}

// A result is what came out for one function.
type result struct {
	Summary  []string // goherd's own words
	Findings []finding
}
