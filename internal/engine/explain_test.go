package engine

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/rule"
)

func explainAt(t *testing.T, o Options, place string) *rule.Explanation {
	t.Helper()
	e, err := Explain(context.Background(), o, placeOf(place))
	if err != nil {
		t.Fatalf("%s: %v", place, err)
	}
	return e
}

// A tour explains many places of one load: loading is what takes long.
func tour(t *testing.T, o Options) func(place string) *rule.Explanation {
	t.Helper()
	o.Patterns = []string{"./...", "./testdata/..."}
	l, err := loadPackages(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{Options: o, ctx: context.Background()}
	if err := r.open(l); err != nil {
		t.Fatal(err)
	}
	return func(place string) *rule.Explanation {
		t.Helper()
		s, err := visit(o, placeOf(place))
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.explain(s)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
}

// placeOf reads FILE:LINE and FILE:LINE:COL.
func placeOf(text string) (at Place) {
	parts := strings.Split(text, ":")
	at.File = parts[0]
	fmt.Sscan(parts[1], &at.Line)
	if len(parts) > 2 {
		fmt.Sscan(parts[2], &at.Col)
	}
	return at
}

// At each place of a finding, an explanation has that very finding, whichever
// variant of a package holds the file, and whatever else ./... has loaded.
func TestExplainAgreesWithRun(t *testing.T) {
	o := Options{Dir: lay(t, town), Tests: true, Rules: rules(toy{name: "mark", from: `"mark"`, to: `"done"`}), Safety: rule.Review, Rounds: 1}
	all := do(t, o).Run.Findings
	if len(all) != 11 {
		t.Fatalf("%d findings", len(all))
	}
	for _, f := range all {
		e := explainAt(t, o, fmt.Sprintf("%s:%d", f.Path, f.Line))
		if len(e.Findings) != 1 || asJSON(t, e.Findings[0]) != asJSON(t, f) {
			t.Errorf("%s:%d: explained as\n%s\nand found as\n%s", f.Path, f.Line, asJSON(t, e.Findings), asJSON(t, f))
		}
		if len(e.Ladders) != 1 || e.Ladders[0].Outcome != rule.CameOut || e.Ladders[0].ID != f.ID {
			t.Errorf("%s:%d: ladders %+v", f.Path, f.Line, e.Ladders)
		}
	}
}

const road = `
-- go.mod --
module example.com/road

go 1.24
-- api/api.go --
package api

import (
	"example.com/road/store"
)

type Loader struct{ s store.Store }

func (l *Loader) Page(id string) error {
	return l.s.Load(id)
}

func Each[T any](list []T, f func(T) error) error {
	for _, x := range list {
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

func (l *Loader) All(ids []string) error {
	if err := Each(ids, l.Page); err != nil {
		return err
	}
	one := func() error { return l.Page("1") }
	defer one()
	go l.Page("2")
	return Each(
		ids,
		func(id string) error {

			return l.Page(id)
		},
	)
}

// Quiet calls nothing.
func Quiet() int {

	return 1
}

var hook func()

func Hook() { hook() }
-- api/api_test.go --
package api

import "testing"

func TestQuiet(t *testing.T) {
	Quiet()
}
-- api/ex_test.go --
package api_test

import (
	"testing"

	"example.com/road/api"
)

func TestHook(t *testing.T) { api.Hook() }
-- store/store.go --
package store

import "example.com/road/wire"

type Store interface{ Load(id string) error }

type db struct{}

func (db) Load(id string) error {
	return wire.Get(id)
}
-- wire/wire.go --
package wire

import "net/http"

var stop = make(chan bool)

func Get(id string) error {
	_, err := http.Get("https://example.com/" + id)
	<-stop
	return err
}
-- wire/wire_test.go --
package wire

var broken int = "a string"
-- api/put.go --
package api

import "example.com/road/store"

func Put(c *store.Cache) {
	c.Put(1)
}
-- store/cache.go --
package store

import "example.com/road/wire"

type Cache struct{ n int }

func (c *Cache) Put(n int) { wire.Mark(&c.n, n) }
-- wire/mark.go --
package wire

func Mark(p *int, n int) { *p = n }
-- other/other.go --
package other

import "example.com/road/gone"
`

// paths lists "CLAIM: step at PLACE > step" of each fact that has a reason.
func paths(e *rule.Explanation, entry string) []string {
	var list []string
	for _, s := range e.Sections {
		for _, x := range s.Entries {
			if x.Name != entry {
				continue
			}
			for _, f := range x.Facts {
				var steps []string
				for _, b := range f.Because {
					steps = append(steps, fmt.Sprintf("%s at %s:%d", b.Text, b.Path, b.Line))
				}
				if steps != nil {
					list = append(list, f.Claim+": "+strings.Join(steps, " > "))
				}
			}
		}
	}
	return list
}

func entries(e *rule.Explanation) []string {
	list := []string{}
	for _, s := range e.Sections[:1] { // that of the calls
		for _, x := range s.Entries {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%d:%d %s %s", x.Line, x.Col, x.Name, x.How)))
		}
	}
	return list
}

// Reasons lead through methods, interfaces and packages to where it is decided.
func TestExplainPaths(t *testing.T) {
	o := Options{Dir: lay(t, road), Tests: true, Rules: goherd.Rules, Rounds: 1}
	e := explainAt(t, o, "api/api.go:10")
	equal(t, "calls", entries(e), []string{"10:13 store.Store.Load"})
	cause := "wire.Get at store/store.go:10 > store.db.Load at :0"
	got := paths(e, "store.Store.Load")
	for _, want := range []string{
		"waits for the network on some paths: http.Get at wire/wire.go:8 > " + cause,
		"waits for a goroutine that it didn't start: a receive from stop at wire/wire.go:9 > wire.Get at store/store.go:10",
		"may write whatever can be reached from what it is given: store.Store.Load at api/api.go:10",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	put := explainAt(t, o, "api/put.go:6")
	equal(t, "writes", paths(put, "(*store.Cache).Put"), []string{
		"writes c.n:  at wire/mark.go:3 > wire.Mark at store/cache.go:7 > (*store.Cache).Put at api/put.go:6",
	})
	if len(e.Warnings) != 0 { // wire's tests are broken
		t.Errorf("what is wrong elsewhere is warned of here: %q", e.Warnings)
	}
}

func TestExplainCalls(t *testing.T) {
	o := Options{Dir: lay(t, road), Tests: true, Rules: goherd.Rules, Rounds: 1}
	at := tour(t, o)
	for place, want := range map[string][]string{
		"api/api.go:9":           {"9:18 (*Loader).Page declared here"},
		"api/api.go:15":          {"15:13 f"},
		"api/api.go:23":          {"23:12 Each", "23:24 (*Loader).Page handed over, not called here"},
		"api/api.go:23:24":       {"23:24 (*Loader).Page handed over, not called here"},
		"api/api.go:23:14":       {"23:12 Each"},
		"api/api.go:26":          {"26:33 (*Loader).Page"},
		"api/api.go:27":          {"27:8 one deferred"},
		"api/api.go:28":          {"28:7 (*Loader).Page started as a goroutine"},
		"api/api.go:29":          {"29:9 Each", "33:13 (*Loader).Page"}, // the whole statement
		"api/api.go:30":          {"29:9 Each", "33:13 (*Loader).Page"}, // in its midst
		"api/api.go:32":          {},                                    // an empty line of a literal
		"api/api.go:41":          {},
		"api/api_test.go:6":      {"6:2 Quiet"},
		"api/ex_test.go:9":       {"9:6 TestHook declared here", "9:35 api.Hook"},
		"api/api.go:3":           {},
		"store/store.go:9":       {"9:11 db.Load declared here"},
		"./api/../api/api.go:15": {"15:13 f"},
	} {
		e := at(place)
		equal(t, place, entries(e), want)
		if noted := len(e.Notes) > 0; noted != (len(want) == 0) {
			t.Errorf("%s: notes %q", place, e.Notes)
		}
	}
	// A literal is looked into; a function value from elsewhere can't be.
	equal(t, "a literal", paths(at("api/api.go:27"), "one")[:1], []string{
		"waits for the network on some paths: http.Get at wire/wire.go:8 > wire.Get at store/store.go:10 > store.db.Load at :0 > " +
			"store.Store.Load at api/api.go:10 > (*Loader).Page at api/api.go:26",
	})
	if got, want := paths(at("api/ex_test.go:9:35"), "api.Hook"), "anything may happen in hook, which nobody could look into: hook at api/api.go:46"; !slices.Contains(got, want) {
		t.Errorf("no %q in %q", want, got)
	}
}

func TestExplainNotes(t *testing.T) {
	o := Options{Dir: lay(t, road+town[strings.Index(town, "-- b/made.go --"):strings.Index(town, "-- b/b_windows.go --")]+`
-- testdata/x/x.go --
package x

func X() {}
`), Tests: true, Rules: goherd.Rules, Rounds: 1}
	for place, want := range map[string]string{
		"api/api.go:3":         "nothing is called here: it lies outside of any declaration",
		"api/api.go:40":        "nothing is called here, nor anywhere in the declaration of line 39",
		"api/api.go:38":        "nothing is called here, nor anywhere in the declaration of line 39",
		"api/api.go:32":        "nothing is called here; in (*Loader).All, the nearest call is that of (*Loader).Page on line 33",
		"b/made.go:5":          "the file says that it is generated: goherd reads it for summaries, and no rule runs on it",
		"testdata/x/x.go:3":    "./... leaves this package out; goherd diff ./testdata/x looks at it",
		"store/../b/made.go:1": "the file says that it is generated: goherd reads it for summaries, and no rule runs on it",
	} {
		e := explainAt(t, o, place)
		if !slices.Contains(e.Notes, want) {
			t.Errorf("%s: notes %q", place, e.Notes)
		}
		if generated := strings.Contains(place, "made"); generated != (len(e.NoShape) == 0) {
			t.Errorf("%s: no shape of %v", place, e.NoShape)
		}
	}
}

const climbs = `
-- go.mod --
module example.com/climbs

go 1.24
-- p.go --
package p

func f() (a, b, c, d string) {
	a = "mark"
	//goherd:ignore sharedvar for the sake of the test
	b = "mark"
	c = "fine"
	d = "other"
	return
}
`

func TestExplainLadders(t *testing.T) {
	mark := toy{name: "sharedvar", from: `"mark"`, to: `"done"`}
	o := Options{Dir: lay(t, climbs), Tests: true, Rounds: 1, Rules: rules(
		mark,
		toy{name: "second", from: `"mark"`, to: `"gone"`},
		toy{name: "shy", from: `"fine"`, to: `"well"`, guard: func(p token.Pos) rule.Verdict { return rule.Quiet(p, "it is fine") }},
		toy{name: "stuck", from: `"other"`, to: `"well"`, refuse: &rule.Refusal{Hazard: "A4", Reason: "it is in the way"}},
		toy{name: "boom", from: `"other"`, to: `"well"`, guard: func(token.Pos) rule.Verdict { panic("out of hay") }},
	)}
	at := tour(t, o)
	ladder := func(place, name string) rule.Ladder {
		t.Helper()
		e := at(place)
		for _, l := range e.Ladders {
			if l.Rule == name {
				return l
			}
		}
		t.Fatalf("%s: no ladder of %s in %+v", place, name, e.Ladders)
		return rule.Ladder{}
	}
	if l := ladder("p.go:4", "second"); l.Outcome != rule.Outruled || l.Why != "sharedvar speaks of the same statements (line 4), and goherd rules lists it first" {
		t.Errorf("%+v", l)
	}
	if l := ladder("p.go:6", "sharedvar"); l.Outcome != rule.Ignored || l.Why != "the directive on line 5 silences it" || l.ID != "" {
		t.Errorf("%+v", l)
	}
	if l := ladder("p.go:7", "shy"); l.Outcome != rule.KeptBack || l.Why != "it is fine" || len(l.Guards) != 1 || l.Guards[0].Outcome != rule.Quieted {
		t.Errorf("%+v", l)
	}
	l := ladder("p.go:8", "stuck")
	if want := (rule.Rung{Guard: "rewrite", Hazard: "A4", Title: "what the receiver holds", Outcome: rule.Refused, Claim: "it is in the way", Path: "p.go", Line: 8}); l.Outcome != rule.CameOut || len(l.Guards) != 1 || l.Guards[0] != want {
		t.Errorf("%+v", l)
	}
	if l := ladder("p.go:8", "boom"); l.Outcome != rule.Panicked || len(l.Guards) != 1 || l.Guards[0].Outcome != rule.NotAsked {
		t.Errorf("%+v", l)
	}
	e := at("p.go:6")
	equal(t, "directives", e.Place.Ignores, []rule.Ignore{{Rule: "sharedvar", Line: 5}})
	equal(t, "no shape", e.NoShape, []string{"shy", "stuck", "boom"})
	if text := asJSON(t, e); strings.Contains(text, "null") {
		t.Errorf("null in %s", text)
	}
}

// What is wrong with a place is said with what to do next.
func TestBadPlaces(t *testing.T) {
	dir := lay(t, road+`
-- api/api_windows.go --
package api
-- api/tagged.go --
//go:build extra

package api
-- api/_draft.go --
package api
-- api/notes.txt --
-- api/vendor/x/x.go --
package x
-- nested/go.mod --
module example.com/nested
-- nested/n/n.go --
package n
-- user/user.go --
package user

import "example.com/road/wrong"

var User = wrong.Wrong
-- both/both.go --
package both

import (
	"example.com/road/api"
	"example.com/road/wrong"
)

var _, Both = api.Quiet(), wrong.Wrong
-- wrong/wrong.go --
package wrong

var Wrong int = ""
`)
	o := Options{Dir: dir, Tests: true, Rules: goherd.Rules, Rounds: 1}
	for place, want := range map[string]string{
		"nowhere.go:1":         "there is no file nowhere.go in " + dir + ": paths are relative to the working directory, or to -C DIR",
		"store/api.go:1":       "there is no file store/api.go in " + dir,
		"api/deep/store.go:1":  "there is no file api/deep/store.go in ",
		`api\api.go:1`:         `paths have forward slashes here (api/api.go)`,
		"api:1":                "api is a folder: name a Go file and a line in it",
		"api/notes.txt:1":      "api/notes.txt is no Go file",
		"api/api.go:1000":      "api/api.go ends with line 46",
		"api/api.go:1:99":      "line 1 of api/api.go has 11 columns",
		"api/api_windows.go:1": "api/api_windows.go is not built here: its name says that it is for another system",
		"api/tagged.go:1":      "api/tagged.go is not built here: //go:build extra leaves it out; --tags TAGS",
		"api/_draft.go:1":      `api/_draft.go is part of no package: the go command passes over files whose names start with "_"`,
		"api/vendor/x/x.go:1":  "api/vendor/x/x.go is vendored, and goherd looks at no vendored file",
		"nested/n/n.go:1":      "nested/n/n.go belongs to another module: goherd explain -C nested n/n.go:1",
	} {
		_, err := Explain(context.Background(), o, placeOf(place))
		bad, ok := errors.AsType[*PlaceError](err)
		if !ok {
			t.Errorf("%s: %v is no *PlaceError", place, err)
			continue
		}
		contains(t, place, bad.Reason, want)
	}
	for place, want := range map[string]string{
		"other/other.go:1":    "other/other.go:3:8: ",
		"wrong/wrong.go:3":    `wrong/wrong.go:3:17: cannot use ""`,
		"user/user.go:5":      `wrong/wrong.go:3:17: cannot use ""`,
		"both/both.go:8":      "package example.com/road/both passed over: it imports example.com/road/wrong, which has errors\nwrong/wrong.go:3:17: package",
		"wire/wire_test.go:3": "the tests of package example.com/road/wire passed over: ",
	} {
		_, err := Explain(context.Background(), o, placeOf(place))
		nothing, ok := errors.AsType[*NothingError](err)
		if !ok {
			t.Errorf("%s: %v is no *NothingError", place, err)
			continue
		}
		contains(t, place, nothing.Reason, want)
	}
	o.Tests = false
	_, err := Explain(context.Background(), o, placeOf("api/api_test.go:1"))
	contains(t, "no tests", fmt.Sprint(err), "api/api_test.go is a test file, and --tests=false leaves those out")
	o.Dir = filepath.Join(dir, "nested")
	_, err = Explain(context.Background(), o, placeOf("../api/api.go:10"))
	contains(t, "from a module to another", fmt.Sprint(err), "../api/api.go belongs to another module: goherd explain -C .. api/api.go:10")
}
