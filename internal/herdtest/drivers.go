package herdtest

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// Drivers runs every archive through go vet and go fix, with the program as their
// tool, and holds what they say against what the program says by itself: the same
// findings, at the same safety; the same fixes, of safe findings only; and what go
// fix writes is what goherd would write, builds, and passes vet.
//
// All rules run, whatever a case says: it is the two that are compared.
func Drivers(t *testing.T, c Config) {
	isolate(t)
	cases, err := c.read()
	if err != nil {
		t.Fatal(err)
	}
	d := &drivers{prover: newProver(c, workFolder(t)), fixed: map[string][]byte{}}
	d.cases = cases
	for _, s := range []struct {
		name string
		run  func() error
	}{
		{"build the tool", d.build},
		{"lay out", func() error { return d.layOut(beforeFolder) }},
		{"go vet, go fix -diff", d.runAll},
		{"lay out what go fix wrote", d.layOutFixed},
		{"vet", d.vet},
	} {
		start := time.Now()
		if err := s.run(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		t.Logf("%-26s %6.2fs", s.name, time.Since(start).Seconds())
	}
	t.Logf("%d findings, %d with a fix; safe ones without:\n%s", d.found, d.offered, indent(strings.Join(d.withheld, "\n")))
	for _, one := range append([]*Case{nil}, cases...) {
		for _, text := range d.problems[one] {
			t.Errorf("%s: %s", one.name(), text)
		}
	}
}

// name is for problems that are nobody's in particular, too.
func (c *Case) name() string {
	if c == nil {
		return "all cases"
	}
	return c.Name
}

// A drivers takes cases through go vet and go fix.
type drivers struct {
	*prover
	tool           string
	diffs          []string          // what go fix -diff printed, by site
	fixed          map[string][]byte // what each file becomes, by the name that it has before
	found, offered int
	withheld       []string // safe findings without a fix
}

// build makes the program anew. The go command asks a tool for its hash, so one
// that is the same as last time has the same cache.
func (d *drivers) build() error {
	own, err := readGoMod()
	if err != nil {
		return err
	}
	d.tool = filepath.Join(d.dir, "tool", "goherd")
	if runtime.GOOS == "windows" {
		d.tool += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", d.tool, "./cmd/goherd")
	cmd.Dir = own.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

func (d *drivers) runAll() error {
	for _, s := range d.before {
		var diff strings.Builder
		for _, g := range d.byRewrite(s) {
			own := d.runGroup(g, s.home(), 8)
			if own == nil {
				continue
			}
			for c, out := range own.of {
				d.outcomes[c] = out
			}
			if err := d.compare(g, &diff); err != nil {
				return err
			}
		}
		d.diffs = append(d.diffs, diff.String())
		if err := d.onePackageEach(s); err != nil {
			return err
		}
	}
	return nil
}

// byRewrite divides the cases of s by the flags that change what is written.
func (d *drivers) byRewrite(s *site) []group {
	var out []group
	for _, c := range s.cases {
		at := slices.IndexFunc(out, func(g group) bool { return g.options.Rewrite == c.rewrite })
		if at < 0 {
			at = len(out)
			out = append(out, group{site: s, options: engine.Options{
				Tests: true, Tool: "goherd test", Rules: d.Rules, Rewrite: c.rewrite, Safety: rule.Safe, Rounds: 1,
			}})
		}
		out[at].cases = append(out[at].cases, c)
	}
	return out
}

// flagsOf are the analyzer flags that say what the options of g say.
func flagsOf(g group) []string {
	flags := []string{"-goherd.rules=all", "-goherd.safety=advice"}
	if n := g.options.Rewrite.Limit; n != 0 {
		flags = append(flags, fmt.Sprintf("-goherd.limit=%d", n))
	}
	if form := g.options.Rewrite.Form; form != "" {
		flags = append(flags, "-goherd.form="+string(form))
	}
	return flags
}

// compare runs go vet and go fix -diff over a group whose outcomes are known.
func (d *drivers) compare(g group, diff *strings.Builder) error {
	said, err := d.goVet(g, g.site.patterns(g.site.home(), g.cases))
	if err != nil {
		return err
	}
	var mended []*Case // elsewhere go fix has nothing to write, and would take as long
	for _, c := range g.cases {
		if d.compareCase(g, c, said[c]) {
			mended = append(mended, c)
		}
	}
	if len(mended) == 0 {
		return nil
	}
	args := append([]string{"fix", "-fixtool=" + d.tool, "-diff"}, flagsOf(g)...)
	out, stderr, err := d.goCommand(g, append(args, g.site.patterns(g.site.home(), mended)...))
	if err != nil && out == "" || stderr != "" {
		return fmt.Errorf("go fix -diff: %v\n%s", err, stderr)
	}
	diff.WriteString(out)
	return nil
}

// compareCase holds what go vet said of a case against what goherd found there.
// It tells whether there is something to fix.
func (d *drivers) compareCase(g group, c *Case, said []diagnostic) bool {
	open, warnings := slices.Clone(d.outcomes[c].findings), slices.Clone(d.outcomes[c].warnings)
	var fixes []diagnostic
	complete := true
	for _, x := range said {
		if !x.isFinding() {
			line := fmt.Sprintf("%s:%d:%d: %s", x.path, x.line, x.col, x.Message)
			at := slices.Index(warnings, line)
			if at < 0 {
				d.problems.add(c, "go vet alone warns: %s", line)
				continue
			}
			warnings = slices.Delete(warnings, at, at+1)
			continue
		}
		at := slices.IndexFunc(open, x.isOf)
		if at < 0 {
			d.problems.add(c, "go vet alone reports %s", x)
			continue
		}
		f := open[at]
		open = slices.Delete(open, at, at+1)
		d.found++
		want := f.Safety
		if strings.Contains(f.Patch, "/go.mod\n@@") {
			want = rule.Advice // go.mod is goherd's alone
		}
		if x.safety != want {
			d.problems.add(c, "goherd says %s, and go vet %s", f.Safety, x)
		}
		switch {
		case len(x.SuggestedFixes) > 0:
			d.compareFix(g, c, f, x)
			fixes = append(fixes, x)
		case f.Safety == rule.Safe:
			complete = false
			d.withheld = append(d.withheld, c.Name+": "+x.String())
			if !strings.Contains(x.Message, "its fix is not offered here: ") {
				d.problems.add(c, "go vet doesn't say why there is no fix: %s", x)
			}
		}
	}
	for _, f := range open {
		d.problems.add(c, "go vet doesn't report %s:%d: %s (%s): %s", f.Path, f.Line, f.Rule, f.Safety, f.Message)
	}
	for _, line := range warnings {
		d.problems.add(c, "go vet doesn't warn: %s", line)
	}
	d.expectFixed(c, fixes, complete)
	return len(fixes) > 0
}

// compareFix holds the fix of a diagnostic against the patch of the finding.
func (d *drivers) compareFix(g group, c *Case, f *rule.Located, x diagnostic) {
	d.offered++
	if f.Safety != rule.Safe || len(x.SuggestedFixes) > 1 {
		d.problems.add(c, "%d fixes of a finding that is %s: %s", len(x.SuggestedFixes), f.Safety, x)
	}
	texts, err := fixedTexts([]diagnostic{x})
	if err != nil {
		d.problems.add(c, "the fix of %s: %v", x, err)
		return
	}
	var own strings.Builder
	for _, t := range texts {
		rel, err := filepath.Rel(filepath.Join(g.site.root, g.site.home()), t.name)
		if err != nil {
			d.problems.add(c, "the fix of %s: %v", x, err)
		}
		own.WriteString(patch.Unified(filepath.ToSlash(rel), t.old, t.new))
	}
	if got := own.String(); got != f.Patch {
		d.problems.add(c, "the fix of %s is another one (- goherd, + go vet):\n%s", x, indent(patch.Unified("patch", []byte(f.Patch), []byte(got))))
	}
}

// expectFixed notes what go fix has to write, and where every safe finding has
// its fix, that goherd writes the same.
func (d *drivers) expectFixed(c *Case, fixes []diagnostic, complete bool) {
	texts, err := fixedTexts(fixes)
	if err != nil {
		d.problems.add(c, "the fixes together: %v", err)
		return
	}
	for _, t := range texts {
		d.fixed[t.name] = t.new
		if change := d.change(c, t.path(d, c)); complete && (change == nil || string(change.New) != string(t.new)) {
			d.problems.add(c, "%s: the fixes together are not what goherd writes", t.path(d, c))
		}
	}
	if complete && len(texts) != len(d.outcomes[c].changes) {
		d.problems.add(c, "go fix changes %d files, goherd %d", len(texts), len(d.outcomes[c].changes))
	}
}

// onePackageEach vets one package of each case that has several: it must not say
// more than a look at the whole module.
func (d *drivers) onePackageEach(s *site) error {
	for _, g := range d.byRewrite(s) {
		var patterns []string
		for _, c := range g.cases {
			if dirs := c.packageFolders(); len(dirs) > 1 && !s.alone {
				patterns = append(patterns, "./"+path.Join(s.dir(c), dirs[len(dirs)-1]))
			}
		}
		if len(patterns) == 0 {
			continue
		}
		said, err := d.goVet(g, patterns)
		if err != nil {
			return err
		}
		for c, list := range said {
			for _, x := range list {
				if out := d.outcomes[c]; x.isFinding() && !slices.ContainsFunc(out.findings, func(f *rule.Located) bool { return x.isOf(f) && x.safety <= f.Safety }) {
					d.problems.add(c, "go vet of one package says more than goherd of all: %s", x)
				}
			}
		}
	}
	return nil
}

// packageFolders are the folders of c's module that hold a package, sorted.
func (c *Case) packageFolders() []string {
	var dirs []string
	for _, f := range c.Files {
		if path.Ext(f.Name) == ".go" && !strings.HasSuffix(f.Name, "_test.go") && !strings.Contains("/"+f.Name, "/testdata/") && !strings.Contains("/"+f.Name, "/vendor/") {
			dirs = append(dirs, path.Dir(f.Name))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// layOutFixed applies what go fix -diff printed to a copy, which then has to be
// what the fixes promise.
func (d *drivers) layOutFixed() (err error) {
	if d.after, err = layOut(filepath.Join(d.dir, "fixed"), d.own, d.cases, asIs); err != nil {
		return err
	}
	for i, s := range d.before {
		diff := headers(d.diffs[i], s.root)
		if diff == "" {
			continue
		}
		if out, err := git(d.after[i].root, diff, "apply"); err != nil {
			return fmt.Errorf("git apply of what go fix -diff printed: %w\n%s", err, out)
		}
	}
	for i, s := range d.after {
		for _, c := range s.cases {
			if err := d.compareFixed(c, d.before[i], s); err != nil {
				return err
			}
		}
	}
	return nil
}
