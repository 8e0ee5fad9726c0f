package herdtest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goherd/goherd/internal/patch"
)

// What Programs runs: a thousand programs, and once more without some of the guards.
const (
	randomSeed   = 1
	randomCount  = 500
	randomSample = 16
)

// missedGuards are those without which the programs must find violations: one at least
// for each, or they would not notice a hole like it.
var missedGuards = []string{
	"seqcalls/memory", "seqcalls/reads", "seqcalls/panics", "seqloop/memory", "seqloop/carried",
}

// Programs has goherd rewrite a thousand random programs, and runs what it writes against
// what was there: what differs must be announced. Without a guard it must not be so. What
// fails is made small and kept as an archive. It holds the tables of page against what
// came out, and what page says of the many programs of the bench against what they must show.
func Programs(t *testing.T, c Config, page string) {
	isolate(t)
	off := slices.DeleteFunc(slices.Clone(missedGuards), func(id string) bool { return !c.wanted(path.Dir(id)) })
	f, err := newField(RandomOptions{
		Dir: c.Dir, Work: workFolder(t), Rules: c.Rules, Seed: randomSeed, Count: randomCount, Sample: randomSample,
		Rounds: 1, Off: off, Log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.lots = slices.DeleteFunc(f.lots, func(l *lot) bool { return !c.wanted(l.rule) })
	if len(f.lots) == 0 {
		t.Skipf("there are no programs for %s", c.Only)
	}
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	texts, err := f.wrong(filepath.Join(os.TempDir(), "goherd-programs"))
	for _, text := range texts {
		t.Error(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range f.Off {
		if len(f.failures(off)) == 0 {
			t.Errorf("without the guard %s no program does anything that isn't announced: they would not notice a hole like it", off)
		}
	}
	t.Logf("\n%s\n%s", f.table(), f.guardTable())
	if c.Only == "" {
		for _, one := range f.unsaid() {
			t.Errorf("no finding says %q: the words were changed, and what they announce would be a violation", one)
		}
		for _, text := range c.programsPage(page, f.table(), f.guardTable()) {
			t.Error(text)
		}
	}
}

// wrong is all that is wrong with a field; what fails is kept in a folder.
func (f *field) wrong(folder string) ([]string, error) {
	texts := slices.Concat(f.warnings, f.unsteady())
	for _, text := range f.unrepeated {
		if f.Log != nil {
			f.Log("failed once, and not again: %s", text)
		}
	}
	kept, err := f.keep(f.failures(""), folder)
	return append(texts, kept...), err
}

// RunRandom runs random programs, and returns the table of what came out and all that is
// wrong; what fails is made small and kept in a folder.
func RunRandom(o RandomOptions, folder string) (table string, wrong []string, err error) {
	f, err := newField(o)
	if err != nil {
		return "", nil, err
	}
	if err := f.run(); err != nil {
		return "", nil, err
	}
	table = f.table()
	if len(o.Off) > 0 {
		table += "\n" + f.guardTable()
	}
	wrong, err = f.wrong(folder)
	return table, wrong, err
}

// timed tells how long a stage takes.
func (f *field) timed(name string, stage func() error) error {
	start := time.Now()
	err := stage()
	if f.Log != nil {
		f.Log("%-24s %6.2fs", name, time.Since(start).Seconds())
	}
	return err
}

var programMarks = regexp.MustCompile(`(?s)(<!-- programs:[^\n]*-->\n)(.*?)(<!-- end -->)`)

// programsPage holds the tables of a page against those of this run, or writes them anew.
func (c Config) programsPage(name string, tables ...string) []string {
	old, err := os.ReadFile(name)
	if err != nil {
		return []string{err.Error()}
	}
	if n := len(programMarks.FindAll(old, -1)); n != len(tables) {
		return []string{fmt.Sprintf("%s has room for %d tables of programs, not %d", name, n, len(tables))}
	}
	i := 0
	new := programMarks.ReplaceAllFunc(old, func(block []byte) []byte {
		m := programMarks.FindSubmatch(block)
		i++
		return slices.Concat(m[1], []byte(tables[i-1]), m[3])
	})
	switch {
	case c.Update:
		if err := os.WriteFile(name, new, 0o666); err != nil {
			return []string{err.Error()}
		}
	case steady(old) != steady(new):
		return []string{fmt.Sprintf("%s is stale (go test . -run TestPrograms -update writes it anew):\n%s", name, indent(patch.Unified(name, old, new)))}
	}
	return benchClaims(string(new))
}

// steady is a page without what a table of programs says of single schedules: what
// database/sql does at the instant at which a context ends may tip one of them over.
func steady(page []byte) string {
	return string(programMarks.ReplaceAllFunc(page, func(block []byte) []byte {
		var lines []string
		for line := range strings.Lines(string(block)) {
			cells := strings.Split(line, "|")
			switch len(cells) {
			case 11: // of a rule: all but what is the same and what is announced
				cells = slices.Concat(cells[:7], cells[9:])
			case 6: // of a guard: how many programs come out otherwise
				cells = cells[:3]
			}
			lines = append(lines, strings.Join(cells, "|"))
		}
		return []byte(strings.Join(lines, "\n"))
	}))
}

var (
	benchTable  = regexp.MustCompile(`(?s)<!-- bench: programs[^\n]*-->\n(.*?)<!-- end -->`)
	benchRow    = regexp.MustCompile(`(?m)^\| (seq\w+) \| (\d+) \| (\d+) \(\d+ %\) \| \d+ \| \d+ \| (\d+) \|.*\| (\d+) \|$`)
	templateSum = regexp.MustCompile(`(?m)^\| all \| \| (\d+) \|`)
)

// What the bench must have shown.
const (
	leastPrograms  = 4000 // of each rule
	leastRewritten = 30   // percent of them
	leastSchedules = 200_000
	openPrograms   = 3 // those of both rules that do what nothing announces, and aren't understood yet: the page names them
)

// benchClaims tells where the page's table of the bench shows less than it must.
func benchClaims(page string) (wrong []string) {
	table := benchTable.FindStringSubmatch(page)
	if table == nil {
		return []string{"the page has no table of the bench's programs"}
	}
	schedules := 0
	if m := templateSum.FindStringSubmatch(page); m != nil {
		schedules = atoi(m[1])
	}
	open := 0
	rows := benchRow.FindAllStringSubmatch(table[1], -1)
	for _, row := range rows {
		programs, rewritten := atoi(row[2]), atoi(row[3])
		schedules += atoi(row[4])
		switch {
		case programs < leastPrograms:
			wrong = append(wrong, fmt.Sprintf("the bench ran %d programs of %s, and should have run %d", programs, row[1], leastPrograms))
		case 100*rewritten < leastRewritten*programs:
			wrong = append(wrong, fmt.Sprintf("of the bench's programs of %s, %d of %d were rewritten: less than %d %%", row[1], rewritten, programs, leastRewritten))
		}
		open += atoi(row[5])
	}
	if open > openPrograms {
		wrong = append(wrong, fmt.Sprintf("the bench's programs show %d violations, and %d are known", open, openPrograms))
	}
	if len(rows) != 2 || schedules < leastSchedules {
		wrong = append(wrong, fmt.Sprintf("the page shows %d rules and %d schedules in all, and should show 2 and %d:\n%s", len(rows), schedules, leastSchedules, strings.TrimSpace(table[1])))
	}
	return wrong
}

func atoi(s string) (n int) {
	for _, r := range s {
		n = 10*n + int(r-'0')
	}
	return n
}
