// Programs has goherd rewrite thousands of random functions, and runs what it writes
// against what was there, in virtual time: whatever differs must be announced.
//
//	cd bench && go run ./programs --count 4000 --update ../docs/proof.md
//
// It prints the table that stands in docs/proof.md. A program that fails is made small and
// kept in a folder as a template of the oracle; the exit status is 1 then.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/herdtest"
)

func main() {
	o := herdtest.RandomOptions{Rules: goherd.Rules, Log: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	flag.Uint64Var(&o.Seed, "seed", 2, "of the programs and their schedules")
	flag.IntVar(&o.Count, "count", 4000, "programs of each rule")
	flag.IntVar(&o.Sample, "schedules", 32, "of each program that is rewritten")
	flag.IntVar(&o.Rounds, "rounds", 1, "how often goherd matches again in what came out; 0: until nothing changes")
	flag.BoolVar(&o.Race, "race", false, "run what was rewritten under the race detector, too")
	off := flag.String("off", "", "once more without this guard, RULE/GUARD")
	home := flag.String("goherd", "..", "goherd's own folder")
	page := flag.String("update", "", "the page whose table is written anew")
	keep := flag.String("keep", filepath.Join(os.TempDir(), "goherd-programs"), "where programs that fail are kept")
	flag.Parse()
	if *off != "" {
		o.Off = []string{*off}
	}
	o.Dir = "testdata"
	if err := run(o, *home, *keep, *page); err != nil {
		fmt.Fprintln(os.Stderr, "programs:", err)
		os.Exit(1)
	}
}

func run(o herdtest.RandomOptions, home, keep, page string) (err error) {
	if page != "" {
		if page, err = filepath.Abs(page); err != nil {
			return err
		}
	}
	if err := os.Chdir(home); err != nil { // the go.mod there says which versions programs are built with
		return err
	}
	work, err := os.MkdirTemp("", "programs")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	o.Work = work
	table, wrong, err := herdtest.RunRandom(o, keep)
	if err != nil {
		return err
	}
	fmt.Print(table)
	for _, text := range wrong {
		fmt.Printf("\n%s\n", text)
	}
	if page != "" {
		if err := write(page, table); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d programs are not as they should be", len(wrong))
	}
	return nil
}

var marks = regexp.MustCompile(`(?s)(<!-- bench: programs[^\n]*-->\n)(.*?)(<!-- end -->)`)

// write puts the table into its place on the page.
func write(page, table string) error {
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	if !marks.Match(old) {
		return fmt.Errorf("%s has no place for the table", page)
	}
	new := marks.ReplaceAllFunc(old, func(block []byte) []byte {
		m := marks.FindSubmatch(block)
		return slices.Concat(m[1], []byte(table), m[3])
	})
	return os.WriteFile(page, new, 0o666)
}
