package goherd

import (
	"bytes"
	"encoding/gob"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

var (
	tame  = toyRule("tame", rule.Safe, "wild", rename("wild", "calm"))
	guess = toyRule("guess", rule.Review, "perhaps", rename("perhaps", "surely"))
	muse  = toyRule("muse", rule.Safe, "maybe", nil)
)

const calls = `
-- p.go --
package p

func f() {
	wild()
	perhaps()
	maybe()
}

func wild()    {}
func calm()    {}
func perhaps() {}
func surely()  {}
func maybe()   {}
`

// TestSafetyFlag: only what is safe has a fix, at whatever level is reported.
func TestSafetyFlag(t *testing.T) {
	all := []string{"p.go:4 tame tame (safe): wild is called ... FIX", "p.go:5 guess guess (review): perhaps is called", "p.go:6 muse muse (advice): maybe is called ...: nobody knows how"}
	for _, tt := range []struct {
		flags []string
		want  []string
	}{
		{nil, all[:2]},
		{[]string{"safety=safe"}, all[:1]},
		{[]string{"safety=review"}, all[:2]},
		{[]string{"safety=advice"}, all},
		{[]string{"safety=advice", "rules=guess, muse"}, all[1:]},
		{[]string{"skip=tame,muse"}, all[1:2]},
	} {
		d := newDrive(t, calls)
		if err := d.run([]*rule.Rule{tame, guess, muse}, tt.flags...); err != nil {
			t.Errorf("%v: %v", tt.flags, err)
		}
		d.expect(tt.want...)
	}
}

// TestWrongFlags: a value that means nothing is an error in the user's own
// packages, and passes in those that are none of ours.
func TestWrongFlags(t *testing.T) {
	for flag, want := range map[string]string{
		"safety=sure": `-safety: unknown safety "sure"`,
		"form=future": `-form: there is no form "future": use auto, ordered, errgroup, pool`,
		"limit=-1":    "-limit: -1 is negative",
		"rules=tmae":  `there is no rule "tmae": the rules are tame`,
		"skip=tmae":   `there is no rule "tmae"`,
		"skip=all":    "leave no rule to run",

		"reads=**.Repo.Get*,Get": `-reads: the pattern "Get": it names no function`,
		"writes=./store.Put":     `-writes: the pattern "./store.Put": it starts with a folder`,
	} {
		d := newDrive(t, calls)
		if err := d.run([]*rule.Rule{tame}, flag); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", flag, err, want)
		}
		d.pass.Module.Version = "v1.0.0"
		if err := d.run([]*rule.Rule{tame}, flag); err != nil {
			t.Errorf("%s in a dependency: %v", flag, err)
		}
		d.expect()
	}
}

// TestPromiseFlags: each pattern of both flags arrives, under its own verb.
func TestPromiseFlags(t *testing.T) {
	s := settings{safety: "review", form: "auto", reads: "**.Repo.Get*, os.ReadFile", writes: "**.Repo.GetOrCreate"}
	o, _, err := s.choices(Rules)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range o.Promises.Entries {
		got = append(got, e.String())
	}
	want := []string{`reads: "**.Repo.Get*" (-reads)`, `reads: "os.ReadFile" (-reads)`, `writes: "**.Repo.GetOrCreate" (-writes)`}
	if !slices.Equal(got, want) {
		t.Errorf("promises %q, want %q", got, want)
	}
}

// TestForeign: what is not of a main module gives neither findings nor facts.
func TestForeign(t *testing.T) {
	for _, tt := range []struct {
		module *analysis.Module
		ours   bool
	}{
		{&analysis.Module{Path: "example.com/p"}, true},
		{&analysis.Module{Path: "example.com/p", Version: "v1.2.3"}, false},
		{&analysis.Module{Path: "example.com"}, true},
		{nil, true},                // nogo: the path has a dot
		{&analysis.Module{}, true}, // golangci-lint, outside of modules
	} {
		d := newDrive(t, calls)
		d.pass.Module = tt.module
		if err := d.run([]*rule.Rule{tame}); err != nil {
			t.Error(err)
		}
		if (len(d.said) == 1) != tt.ours || (len(d.facts) == 6) != tt.ours {
			t.Errorf("module %v: %d findings and %d facts, ours: %t", tt.module, len(d.said), len(d.facts), tt.ours)
		}
	}
}

// nogo gives no way to read a file: it is read as it is.
func TestNoReadFile(t *testing.T) {
	d := newDrive(t, calls)
	d.pass.ReadFile = nil
	if err := d.run([]*rule.Rule{tame}); err != nil {
		t.Error(err)
	}
	d.expect("p.go:4 tame tame (safe): wild is called ... FIX")
}

// The standard library is nobody's, whatever a driver says of modules.
func TestStandardLibrary(t *testing.T) {
	for _, m := range []*analysis.Module{nil, {}} {
		if ours(&analysis.Pass{Pkg: types.NewPackage("net/http", "http"), Module: m}) {
			t.Errorf("net/http is ours, with the module %v", m)
		}
	}
}

// TestTestsAddNothing: the go command vets a package with its tests, which the
// code that is no test must not come to know of. Tests see everything.
func TestTestsAddNothing(t *testing.T) {
	const archive = `
-- p.go --
package p

func f() { wild() }

func wild() {}
func calm() {}
-- p_test.go --
package p

func g() { wild() }
`
	d := newDrive(t, archive)
	if err := d.run([]*rule.Rule{tame}); err != nil {
		t.Error(err)
	}
	d.expect("p.go:3 tame tame (safe): wild is called in sight of calm, f, wild FIX",
		"p_test.go:3 tame tame (safe): wild is called in sight of calm, f, g, wild FIX")
	if len(d.facts) != 4 {
		t.Errorf("%d facts, want those of calm, f, g and wild", len(d.facts))
	}

	// A name that only the tests declare would not build.
	d = newDrive(t, strings.Replace(archive, "-- p_test.go --\npackage p\n", "-- p_test.go --\npackage p\n\nfunc mock() {}\n", 1))
	if err := d.run([]*rule.Rule{toyRule("leak", rule.Safe, "wild", rename("wild", "mock"))}); err != nil {
		t.Error(err)
	}
	d.expect("p.go:3 bug ... undefined: mock", "p_test.go:5 leak leak (safe): ... FIX")
}

// TestNoFix: a safe finding whose fix would not do what it says is reported
// without one, and says why.
func TestNoFix(t *testing.T) {
	addImport := func(path string) *rule.Rule {
		return toyRule("tame", rule.Safe, "wild", func(src string, at int) []patch.Edit {
			line := strings.Index(src, "\n\nfunc")
			return []patch.Edit{{Start: line, End: line, New: "\n\nimport \"" + path + "\"", Shared: true}, {Start: at, End: at + len("wild"), New: filepath.Base(path) + ".Gosched"}}
		})
	}
	for _, tt := range []struct {
		name string
		rule *rule.Rule
		src  string
		want string // "" where the fix is offered
	}{
		{"as it should be", tame, "package p\n\nfunc f() { wild() }\n\nfunc wild() {}\nfunc calm() {}\n", ""},
		{"not gofmt-formatted", tame, "package p\n\nfunc f() { wild() }\n\nfunc wild()  {}\nfunc calm() {}\n", "the file is not gofmt-formatted, and go fix would format all of it"},
		{"CRLF", tame, "package p\r\n\r\nfunc f() { wild() }\r\n\r\nfunc wild() {}\r\nfunc calm() {}\r\n", "the file is not gofmt-formatted, and go fix would format all of it"},
		{"byte order mark", tame, "\ufeffpackage p\n\nfunc f() { wild() }\n\nfunc wild() {}\nfunc calm() {}\n", "the file is not gofmt-formatted, and go fix would format all of it"},
		{"another file's name", tame, "package p\n\n//line gen.y:7\nfunc f() { wild() }\n\nfunc wild() {}\nfunc calm() {}\n", "a //line directive gives the file another name"},
		{"not formatted afterwards", toyRule("tame", rule.Safe, "wild", rename("wild()", "calm( )")), "package p\n\nfunc f() { wild() }\n\nfunc wild() {}\nfunc calm() {}\n", "go fix would format what it writes"},
		{"import at hand", addImport("runtime"), "package p\n\nfunc f() { wild() }\n\nfunc wild() {}\n-- q.go --\npackage p\n\nimport \"runtime\"\n\nvar _ = runtime.GOOS\n", ""},
		{"import that only tests have", addImport("runtime"), "package p\n\nfunc f() { wild() }\n\nfunc wild() {}\n-- q_test.go --\npackage p\n\nimport \"runtime\"\n\nvar _ = runtime.GOOS\n", `it imports "runtime", which no other file of the package does`},
		{"import that nobody has", addImport("runtime"), "package p\n\nfunc f() { wild() }\n\nfunc wild() {}\n", `it imports "runtime", which no other file of the package does`},
		{"import left over", toyRule("tame", rule.Safe, "wild", replace("runtime.Gosched()", "wild()", false)), "package p\n\nimport \"runtime\"\n\nfunc f() { wild(); runtime.Gosched() }\n\nfunc wild() {}\n", `it leaves the import of "runtime" unused`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDrive(t, "-- p.go --\n"+tt.src)
			if err := d.run([]*rule.Rule{tt.rule}); err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				d.expect("p.go:3 tame tame (safe): ... FIX")
				return
			}
			if got := d.lines(); len(got) != 1 || !strings.HasSuffix(got[0], " (its fix is not offered here: "+tt.want+")") {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNotToEdit: what the program would not touch, a driver doesn't, either.
func TestNotToEdit(t *testing.T) {
	d := newDrive(t, strings.Replace(calls, "package p", "// Code generated by hand. DO NOT EDIT.\n\npackage p", 1))
	if err := d.run([]*rule.Rule{tame, guess, muse}, "safety=advice"); err != nil {
		t.Error(err)
	}
	d.expect()

	d = newDrive(t, calls)
	name := filepath.Join(d.dir, "p.go")
	if err := os.Rename(name, name+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("p.go.real", name); err != nil {
		t.Skip(err)
	}
	if err := d.run([]*rule.Rule{tame}, "safety=advice"); err != nil {
		t.Error(err)
	}
	d.expect("p.go:4 tame tame (advice): ...: p.go is a symbolic link: edit the file it points to")

	d = newDrive(t, calls)
	if err := os.WriteFile(filepath.Join(d.dir, "p.go"), []byte("package p // saved meanwhile, and shorter\n\nfunc f() { wild() }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := d.run([]*rule.Rule{tame}, "safety=advice"); err != nil {
		t.Error(err)
	}
	for _, line := range d.lines() {
		if strings.HasSuffix(line, "FIX") {
			t.Errorf("a fix of a file that has changed: %s", line)
		}
	}
}

// TestFixesGoTogether: of fixes that meet, the one whose rule stands first is
// offered; so is what only adds the same import.
func TestFixesGoTogether(t *testing.T) {
	const archive = `
-- p.go --
package p

import "runtime"

func f() {
	wild()
	rough()
}

func wild()  { runtime.Gosched() }
func rough() { runtime.Gosched() }
func calm()  {}
`
	comment := func(text string, shared bool) func(string, int) []patch.Edit {
		return func(src string, at int) []patch.Edit {
			top := strings.Index(src, "func f")
			return []patch.Edit{{Start: top, End: top, New: text, Shared: shared}, {Start: at, End: at + strings.Index(src[at:], "("), New: "calm"}}
		}
	}
	for _, tt := range []struct {
		name       string
		wild       func(string, int) []patch.Edit
		rough      func(string, int) []patch.Edit
		roughGives string
		fixed      string // part of it
	}{
		{"apart", rename("wild", "calm"), rename("rough", "calm"), "... FIX", "\tcalm()\n\tcalm()\n"},
		{"the same bytes", replace("calm()  {}", "calm()  { f() }", false), replace("calm()  {}", "calm()  { wild() }", false),
			"...overlaps the one offered at line 6)", "calm()  { f() }"},
		{"the same edit, each its own", replace("calm()  {}", "calm()  { f() }", false), replace("calm()  {}", "calm()  { f() }", false),
			"...overlaps the one offered at line 6)", "calm()  { f() }"},
		{"one shared edit", comment("// so\n", true), comment("// so\n", true), "... FIX", "// so\nfunc f() {\n\tcalm()\n\tcalm()\n"},
		{"shared, and another text at the same place", comment("// so\n", true), comment("// and so\n", true),
			"...overlaps the one offered at line 6)", "// so\nfunc f() {\n\tcalm()\n\trough()\n"},
		{"sound alone, and wrong together", replace("wild()  { runtime.Gosched() }", "wild()  {}", false), replace("rough() { runtime.Gosched() }", "rough() {}", false),
			"...it leaves the import of \"runtime\" unused)", "wild()  {}"},
		{"two of one name", replace("calm()  {}", "calm()  {}\n\nvar n int", false), replace("func f()", "var n int\n\nfunc f()", false),
			"...it doesn't go together with the others that are offered)", "\nvar n int\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDrive(t, archive)
			rules := []*rule.Rule{toyRule("tame", rule.Safe, "wild", tt.wild), toyRule("smooth", rule.Safe, "rough", tt.rough)}
			if err := d.run(rules); err != nil {
				t.Fatal(err)
			}
			d.expect("p.go:6 tame tame (safe): ... FIX", "p.go:7 smooth smooth (safe): "+tt.roughGives)
			if text := d.fixed("p.go"); !strings.Contains(text, tt.fixed) {
				t.Errorf("fixed:\n%s\nwant in it:\n%s", text, tt.fixed)
			}
		})
	}
}

// TestOwnBugs: a patch that doesn't build is gone and goherd owns up to it, at
// whatever level is reported; so with a rule that panics, and the others go on.
func TestOwnBugs(t *testing.T) {
	d := newDrive(t, calls)
	panics := toyRule("panics", rule.Safe, "maybe", func(string, int) []patch.Edit { panic("out of hay") })
	broken := toyRule("broken", rule.Review, "perhaps", rename("perhaps", "nosuch"))
	if err := d.run([]*rule.Rule{panics, broken, tame}, "safety=safe"); err != nil {
		t.Error(err)
	}
	d.expect("p.go:4 tame tame (safe): ... FIX",
		"p.go:5 bug goherd's own bug: the patch of rule broken was dropped (please report it): type-check: p.go:5:2: undefined: nosuch",
		"p.go:6 bug goherd's own bug: rule panics panicked in package example.com/p and was passed over there (please report it): out of hay")

	d = newDrive(t, calls)
	if err := d.run([]*rule.Rule{broken}, "safety=advice"); err != nil {
		t.Error(err)
	}
	d.expect("p.go:5 broken broken (advice): ... check", "p.go:5 bug goherd's own bug...")

	d = newDrive(t, calls)
	d.pass.TypesInfo = nil
	if err := d.run([]*rule.Rule{tame}); err != nil {
		t.Error(err)
	}
	d.expect("p.go:1 bug goherd's own bug: package example.com/p was passed over, since analysing it panicked (please report it): ...")
}

// TestFactTravels: what one package's run tells the next goes through gob, which
// leaves out what is not exported.
func TestFactTravels(t *testing.T) {
	full := effects.Summary{}
	fill(t, reflect.ValueOf(&full).Elem())
	var wire bytes.Buffer
	if err := gob.NewEncoder(&wire).Encode(&full); err != nil {
		t.Fatal(err)
	}
	var got effects.Summary
	if err := gob.NewDecoder(&wire).Decode(&got); err != nil || got != full {
		t.Errorf("got %+v, %v; want %+v", got, err, full)
	}
}

// fill puts something into every exported field.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int:
			f.SetInt(1)
		case reflect.Uint8, reflect.Uint64:
			f.SetUint(1)
		case reflect.Struct:
			fill(t, f)
		default:
			t.Errorf("%s: no value for it in this test", v.Type().Field(i).Name)
		}
	}
}

// TestWrongDirectives are reported, as the program warns of them.
func TestWrongDirectives(t *testing.T) {
	d := newDrive(t, "-- p.go --\npackage p\n\nfunc f() {} //goherd:ignore stuckresult\n-- p_test.go --\npackage p\n\nfunc g() {} //goherd:ignore stuckresult few\n")
	if err := d.run(Rules); err != nil {
		t.Error(err)
	}
	d.expect("p.go:3 ignore //goherd:ignore stuckresult needs a reason...", "p_test.go:3 ignore //goherd:ignore stuckresult silences nothing: remove it")
}
