package herdtest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/herdtest/programs"
	"github.com/goherd/goherd/internal/rule"
)

// RandomOptions say what random programs are written, and how they are run.
type RandomOptions struct {
	Dir    string       // testdata: lib.go and drive.go are in its folder programs
	Work   string       // where modules are laid out
	Rules  []*rule.Rule // all that there are
	Seed   uint64
	Count  int      // programs of each rule
	Sample int      // schedules of each program that was rewritten
	Rounds int      // how often goherd matches again in what came out; 0: until nothing changes
	Off    []string // guards, "rule/guard": once more without each
	Race   bool     // under the race detector as well
	Jobs   int      // processes that run side by side; 0: one a processor
	Log    func(format string, args ...any)
}

// A field is the programs of one seed, what goherd made of them and what came out.
type field struct {
	RandomOptions
	lib, drive []byte
	lots       []*lot
	module     *proofModule
	made       map[string]map[*programs.Program]*rewritten // by the guard that is off; "" for none
	warnings   []string
	unrepeated []string // what failed once, and not again
	plain      verdicts
	raced      verdicts
}

// A lot is programs that make one package.
type lot struct {
	name     string
	rule     string
	form     rule.Form
	rash     bool // for guards that are switched off: not part of the table
	programs []*programs.Program
}

// A rewritten is what goherd made of one program.
type rewritten struct {
	lot     *lot
	program *programs.Program
	text    []byte
	applied []*rule.Located
	spec    oracle.Spec
	told    map[string]string // what announces a class of difference, by its name
}

// lotSize is how many programs a package has at most, rashLot how many there are of a rule for
// guards that are switched off, and randomLimit the bound that is written into loops: less
// than most have rounds.
const (
	lotSize     = 250
	rashLot     = 80
	randomLimit = 2
)

// usesErrgroup is a file for packages in which errgroup is to be used: they must have it already.
var usesErrgroup = []byte("package p\n\nimport \"" + xsync + "/errgroup\"\n\nvar _ errgroup.Group\n")

// newField writes the programs.
func newField(o RandomOptions) (*field, error) {
	f, err := emptyField(o)
	if err != nil {
		return nil, err
	}
	for _, name := range programs.Rules() {
		for _, form := range formsOf(name) {
			f.add(name, form, programs.Generate(name, o.Seed, o.Count*form.from/100, o.Count*form.to/100-o.Count*form.from/100))
		}
		if slices.ContainsFunc(o.Off, func(off string) bool { return path.Dir(off) == name }) {
			f.add(name, share{form: rule.FormAuto}, programs.Rash(name, o.Seed, rashLot))
			f.lots[len(f.lots)-1].rash = true
		}
	}
	return f, nil
}

func emptyField(o RandomOptions) (*field, error) {
	if o.Jobs == 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	f := &field{RandomOptions: o, made: map[string]map[*programs.Program]*rewritten{}}
	var err error
	if f.lib, err = os.ReadFile(filepath.Join(o.Dir, "programs", "lib.go")); err != nil {
		return nil, err
	}
	if f.drive, err = os.ReadFile(filepath.Join(o.Dir, "programs", driveFile)); err != nil {
		return nil, err
	}
	return f, nil
}

// A share of the programs, in percent, is written in one form.
type share struct {
	form     rule.Form
	from, to int
}

func formsOf(name string) []share {
	if name == "seqcalls" {
		return []share{{rule.FormAuto, 0, 85}, {rule.FormErrgroup, 85, 100}}
	}
	return []share{{rule.FormAuto, 0, 70}, {rule.FormErrgroup, 70, 85}, {rule.FormPool, 85, 100}}
}

func (f *field) add(name string, form share, list []*programs.Program) {
	for part := range slices.Chunk(list, lotSize) {
		f.lots = append(f.lots, &lot{name: fmt.Sprintf("%s%d", name, len(f.lots)), rule: name, form: form.form, programs: part})
	}
}

// run takes the programs through all of it.
func (f *field) run() error {
	var program string
	stages := []struct {
		name string
		run  func() error
	}{
		{"rewrite", f.rewrite},
		{"lay out", f.layOut},
		{"build", func() (err error) { program, err = f.module.compile(false); return err }},
		{"run", func() (err error) { f.plain, err = f.module.runSideBySide(program, f.specs(), f.Jobs); return err }},
		{"confirm", func() error { return f.confirm(program) }},
		{"build for races", func() (err error) { program, err = f.module.compile(true); return err }},
		{"race", func() (err error) { f.raced, err = f.module.runSideBySide(program, f.racing(), f.Jobs); return err }},
	}
	if !f.Race {
		stages = stages[:5]
	}
	for _, s := range stages {
		if err := f.timed(s.name, s.run); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// rewrite has goherd rewrite the packages, those of one form in one run.
func (f *field) rewrite() error {
	own, err := readGoMod()
	if err != nil {
		return err
	}
	dir := filepath.Join(f.Work, "random")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	f.module = &proofModule{dir: filepath.Join(f.Work, "randomproof"), own: own, forms: map[string]map[string][]byte{}, tables: true}
	files := map[string][]byte{
		"go.mod": fmt.Appendf(nil, "module example.com/programs\n\ngo %s\n\nrequire %s %s\n", own.version, xsync, own.sync),
		"go.sum": []byte(own.syncSums),
	}
	for _, l := range f.lots {
		files[path.Join(l.name, "lib.go")] = f.lib
		if l.form == rule.FormErrgroup {
			files[path.Join(l.name, "uses.go")] = usesErrgroup
		}
		for _, p := range l.programs {
			files[path.Join(l.name, p.Name+".go")] = p.Source()
		}
	}
	for name, data := range files {
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			return err
		}
	}
	for _, off := range slices.Concat([]string{""}, f.Off) {
		f.made[off] = map[*programs.Program]*rewritten{}
		for _, form := range []rule.Form{rule.FormAuto, rule.FormErrgroup, rule.FormPool} {
			if off == "" || form == rule.FormAuto {
				if err := f.rewriteForm(dir, form, off); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *field) rewriteForm(dir string, form rule.Form, off string) error {
	o := engine.Options{Dir: dir, Tool: "goherd test", Safety: rule.Review, Rounds: 10, Off: off}
	if off != "" {
		o.Rounds = 1
	} else if f.Rounds > 0 {
		o.Rounds = f.Rounds
	}
	o.Rewrite = rule.Options{Form: form, Limit: randomLimit}
	for _, r := range f.Rules {
		if slices.Contains(programs.Rules(), r.Name) {
			o.Rules = append(o.Rules, r)
		}
	}
	for _, l := range f.lots {
		if off != "" && (l.rule != path.Dir(off) || !l.rash) {
			continue
		}
		if l.form == form {
			o.Patterns = append(o.Patterns, "./"+l.name)
		}
	}
	if o.Patterns == nil {
		return nil
	}
	res, err := engine.Run(context.Background(), o)
	if err != nil {
		return err
	}
	if off == "" {
		f.warnings = append(f.warnings, res.Run.Warnings...)
	}
	f.take(off, res)
	return nil
}

// take notes what came of a run; with a guard off, only what comes otherwise.
func (f *field) take(off string, res *engine.Result) {
	for _, change := range res.Changes {
		l, p := f.find(change.Rel)
		if base := f.made[""][p]; p == nil || off != "" && base != nil && string(base.text) == string(change.New) {
			continue
		}
		f.made[off][p] = &rewritten{lot: l, program: p, text: change.New}
	}
	for _, one := range res.Applied {
		_, p := f.find(one.Path)
		if w := f.made[off][p]; w != nil {
			w.applied = append(w.applied, one)
		}
	}
}

func (f *field) find(rel string) (*lot, *programs.Program) {
	dir, file := path.Split(rel)
	for _, l := range f.lots {
		if l.name+"/" == dir {
			i := slices.IndexFunc(l.programs, func(p *programs.Program) bool { return p.Name+".go" == file })
			if i >= 0 {
				return l, l.programs[i]
			}
		}
	}
	return nil, nil
}

// layOut puts the programs as they were, and those that were rewritten, into one module.
func (f *field) layOut() error {
	for _, l := range f.lots {
		old := f.form(l.programs)
		for _, p := range l.programs {
			old[p.Name+".go"] = p.Source()
		}
		f.module.forms[l.name+"/"+oldForm] = old
		for _, off := range slices.Sorted(maps.Keys(f.made)) {
			var list []*programs.Program
			for _, p := range l.programs {
				if f.made[off][p] != nil {
					list = append(list, p)
				}
			}
			if list == nil {
				continue
			}
			new := f.form(list)
			for _, p := range list {
				new[p.Name+".go"] = f.made[off][p].text
			}
			f.module.forms[l.name+"/"+newFolder(off)] = new
		}
	}
	return f.module.write()
}

func (f *field) form(list []*programs.Program) map[string][]byte {
	return map[string][]byte{"lib.go": f.lib, driveFile: f.drive, "table.go": programs.Table(list)}
}

func newFolder(off string) string {
	if off == "" {
		return newForm
	}
	return "without_" + strings.NewReplacer("/", "_", "-", "_").Replace(off)
}

// idle is how many schedules a program sees that stays as it was: enough to tell whether
// it differs from itself.
const idle = 4

// specs are those of all programs; the others are held against themselves.
func (f *field) specs() []oracle.Spec {
	var specs []oracle.Spec
	for _, l := range f.lots {
		for _, p := range l.programs {
			if f.made[""][p] == nil {
				s := f.spec(l, p)
				s.Name, s.After, s.Mode, s.Sample = "itself/"+p.Name, s.Before, oracle.Safe, idle
				specs = append(specs, s)
			}
		}
	}
	for _, off := range slices.Sorted(maps.Keys(f.made)) {
		for _, w := range f.ordered(off) {
			s := f.spec(w.lot, w.program)
			s.Name, s.After = path.Join(newFolder(off), w.program.Name), path.Join(w.lot.name, newFolder(off), w.program.Name)
			s.Quick = off != ""
			w.license(&s)
			w.spec = s
			specs = append(specs, s)
		}
	}
	return specs
}

// confirm runs what fails once more: database/sql closes rows when their context ends, in a
// goroutine, and where a call that is deaf to its context ends later, nobody says whether the
// rows are read first. What such an instant decides doesn't come out the same twice.
func (f *field) confirm(program string) error {
	var again []oracle.Spec
	for _, one := range f.failures("") {
		again = append(again, one.spec)
	}
	v, err := f.module.runSpecs(program, again)
	for name, r := range v.reports {
		if first := f.plain.reports[name]; first != nil && first.Violations > 0 && r.Violations == 0 {
			f.unrepeated = append(f.unrepeated, fmt.Sprintf("%s: %s", name, first.Witness))
			f.plain.reports[name] = r
		}
	}
	return err
}

// ordered gives what was rewritten, by name.
func (f *field) ordered(off string) []*rewritten {
	return slices.SortedFunc(maps.Values(f.made[off]), func(a, b *rewritten) int {
		return strings.Compare(a.program.Name, b.program.Name)
	})
}

func (f *field) spec(l *lot, p *programs.Program) oracle.Spec {
	return oracle.Spec{
		Before: path.Join(l.name, oldForm, p.Name), Ops: p.Ops, Late: -1,
		Sample: f.Sample, Seed: f.Seed,
	}
}

// racing are the specs for the race detector.
func (f *field) racing() []oracle.Spec {
	var specs []oracle.Spec
	for off := range f.made {
		for _, w := range f.ordered(off) {
			s := w.spec
			s.Name, s.Race = "race/"+s.Name, true
			specs = append(specs, s)
		}
	}
	return specs
}
