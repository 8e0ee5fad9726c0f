package promise

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The packages against whose functions patterns are matched. Of each, every
// function and method is named as a pattern would name it.
var packages = []struct{ path, source string }{
	{"example.com/m/store", `package store
		type Reader interface { Read() }
		type Repo interface { Reader; GetUser(); GetCart() error; Put() }
		type File struct{}
		func (File) GetUser() {}
		func (*File) Put() {}
		type Box[T any] struct{}
		func (*Box[T]) Get() (v T) { return v }
		type Same = File
		func Load() {}
		func LoadAll() { type local interface{ GetUser() }; var l local; if l != nil { l.GetUser() } }
		func init() {}
		var anonymous interface{ GetUser() }
		func generic[T any](v T) {}
	`},
	{"gopkg.in/yaml.v3", `package yaml
		func Unmarshal() {}
		type Node struct{}
		func (*Node) Decode() {}
	`},
	{"example.com/m", `package m
		import "example.com/m/store"
		type Own struct{ store.File }
		type Taken store.Repo
		func Load() { Own{}.GetUser(); var b store.Box[int]; b.Get(); var t Taken; if t != nil { t.GetUser(); t.Read() }; store.Same{}.GetUser() }
		func fail(err error) { _ = err.Error() }
	`},
	{"top", `package top
		func Load() {}
	`},
}

// functions type-checks the packages and gives all functions that they declare
// or call, by names of the test's own making.
func functions(t *testing.T) map[string][]*types.Func {
	t.Helper()
	fset, known, all := token.NewFileSet(), importing{}, map[string][]*types.Func{}
	for _, p := range packages {
		f, err := parser.ParseFile(fset, p.path+".go", p.source, 0)
		if err != nil {
			t.Fatal(err)
		}
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
		conf := types.Config{Importer: known}
		if known[p.path], err = conf.Check(p.path, fset, []*ast.File{f}, info); err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			if fn, ok := info.ObjectOf(id).(*types.Func); ok {
				all[nameOf(fn)] = append(all[nameOf(fn)], fn)
			}
			return true
		})
	}
	return all
}

type importing map[string]*types.Package

func (i importing) Import(path string) (*types.Package, error) {
	if i[path] == nil {
		return nil, errors.New("no such package")
	}
	return i[path], nil
}

// nameOf is what go/types itself calls a function: "(*example.com/m/store.File).Put".
func nameOf(fn *types.Func) string {
	name, _, _ := strings.Cut(strings.ReplaceAll(fn.Origin().FullName(), "[T]", ""), "[")
	return name
}

func TestMatches(t *testing.T) {
	all := functions(t)
	const store = "example.com/m/store"
	for _, c := range []struct {
		pattern string
		want    []string // sorted
	}{
		{"example.com/m/store.Load", []string{store + ".Load"}},
		{"example.com/m/store.Load*", []string{store + ".Load", store + ".LoadAll"}},
		{"example.com/m/store.*", []string{store + ".Load", store + ".LoadAll", store + ".generic", store + ".init"}},
		{"example.com/m/store.File.GetUser", []string{"(" + store + ".File).GetUser"}},
		{"example.com/m/store.File.Put", []string{"(*" + store + ".File).Put"}},
		{"example.com/m/store.Box.Get", []string{"(*" + store + ".Box).Get"}},
		{"example.com/m/store.Repo.Get*", []string{"(" + store + ".Repo).GetCart", "(" + store + ".Repo).GetUser"}},
		{"**.Repo.Get*", []string{"(" + store + ".Repo).GetCart", "(" + store + ".Repo).GetUser"}},
		{"**.*.GetUser", []string{"(" + store + ".File).GetUser", "(" + store + ".Repo).GetUser"}},
		{"**.Load", []string{"example.com/m.Load", store + ".Load", "top.Load"}},
		{"*.Load", []string{"top.Load"}},
		{"*/*.Load", []string{"example.com/m.Load"}},
		{"**/store.Load", []string{store + ".Load"}},
		{"example.com/**.Load", []string{"example.com/m.Load", store + ".Load"}},
		{"example.com/m/**.Load", []string{"example.com/m.Load", store + ".Load"}},
		{"example.com/**/store.Load", []string{store + ".Load"}},
		{"**/m/**.Load", []string{"example.com/m.Load", store + ".Load"}},
		{"**/**/**/**.L*d", []string{"example.com/m.Load", store + ".Load", "top.Load"}},
		{"ex*.com/*/st*.Load", []string{store + ".Load"}},
		{"gopkg.in/yaml.v3.Unmarshal", []string{"gopkg.in/yaml.v3.Unmarshal"}},
		{"gopkg.in/yaml.v3.Node.Decode", []string{"(*gopkg.in/yaml.v3.Node).Decode"}},
		{"gopkg.in/*.Unmarshal", []string{"gopkg.in/yaml.v3.Unmarshal"}},

		// A method goes by the type that declares it.
		{"example.com/m/store.Repo.Read", nil},
		{"example.com/m/store.Reader.Read", []string{"(" + store + ".Reader).Read"}},
		{"example.com/m.Own.GetUser", nil},
		{"example.com/m.Taken.*", nil},
		{"example.com/m/store.Same.GetUser", nil},

		// What is not named.
		{"**.local.GetUser", nil},
		{"**.error.Error", nil},
		{"**.*.Error", nil},
		{"example.com/m/store.load", nil},
		{"example.com/m/store.Loa", nil},
		{"store.Load", nil},
		{"xample.com/m/store.Load", nil},
		{"example.com/m/store.File.GetUsers", nil},
	} {
		p, err := Parse(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		var got []string
		for name, fns := range all {
			for _, fn := range fns {
				if p.Matches(fn) {
					got = append(got, name)
				}
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, c.want) {
			t.Errorf("%s matches %q, want %q", c.pattern, got, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // part of the error
		{"", "it is empty"},
		{"Get*", "it names no function"},
		{"example.com/m", `no function`},
		{"example.com/m/store", "it names no function"},
		{"example.com/m.", "nothing stands before or behind a dot"},
		{"example.com/m/.Load", "an element of its import path is empty"},
		{".Load", "there is no import path in front of the dot (** stands for every one)"},
		{"/m.Load", "an element of its import path is empty"},
		{"example.com//m.Load", "an element of its import path is empty"},
		{"./store.Load", "write the import path"},
		{"../store.Load", "write the import path"},
		{"example.com/m/....Load", "write ** where"},
		{"example.com/***.Load", "no more stars"},
		{"example.com/m.(*Repo).Get", "without parentheses and pointer"},
		{"example.com/m.Repo[int].Get", "without its type arguments"},
		{"example.com/m.Get?", `'?' means nothing`},
		{"example.com/m .Get", `' ' means nothing`},
		{"example.com\\m.Get", `means nothing`},
		{"!example.com/m.Get", `'!' means nothing`},
		{"example.com/m.Repo.Get**", "in a name, write *"},
		{"example.com/m.Repo.**", "in a name, write *"},
		{"example.com/m**.Get", `whole elements of the import path, and "m**" is more`},
		{"example.com/m.Get-all", `"Get-all" is no name in Go`},
		{"example.com/m.2x.Get", ``}, // an import path may have an element like this
		{"example.com/m.2x", `"2x" is no name in Go`},
		{"Repo.Get", `"Repo" is no import path: put one in front of the type (** stands for every one)`},
		{"example.com/m..Get", "nothing stands before or behind a dot"},
		{"example.com/m./x.Get", "starts or ends with a dot"},
	} {
		p, err := Parse(c.text)
		switch {
		case c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q gives %v and %v, want %q", c.text, p, err, c.want)
		case err == nil && p.String() != c.text:
			t.Errorf("%q comes out as %q", c.text, p)
		}
	}
}

// TestParseAnything: whatever stands in a pattern, it is refused in words, or can
// be asked.
func TestParseAnything(t *testing.T) {
	all := functions(t)
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"*", "**", ".", "/", "Repo", "Get", "m", "example.com", "store", "-", "2", "é", " ", "("}
	good, matching := 0, 0
	for range 20000 {
		text := []string{"", "**.", "example.com/m/"}[r.IntN(3)]
		for range r.IntN(6) {
			text += pieces[r.IntN(len(pieces))]
		}
		p, err := Parse(text)
		if err != nil {
			if p != nil || err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q gives %v and %q", text, p, err)
			}
			continue
		}
		good++
		for _, fns := range all {
			if p.Matches(fns[0]) {
				matching++
				break
			}
		}
	}
	if good < 500 || matching < 50 {
		t.Errorf("%d patterns were good, and %d named something: the test hardly tests anything", good, matching)
	}
}

// TestLikePath holds the walk along a path against the plain definition.
func TestLikePath(t *testing.T) {
	var slow func(pattern, elems []string) bool
	slow = func(pattern, elems []string) bool {
		switch {
		case len(pattern) == 0:
			return len(elems) == 0
		case pattern[0] == "**":
			return slow(pattern[1:], elems) || len(elems) > 0 && slow(pattern, elems[1:])
		}
		return len(elems) > 0 && like(pattern[0], elems[0]) && slow(pattern[1:], elems[1:])
	}
	r := rand.New(rand.NewPCG(5, 6))
	some := func(from ...string) (list []string) {
		for range r.IntN(7) {
			list = append(list, from[r.IntN(len(from))])
		}
		return list
	}
	yes := 0
	for range 20000 {
		pattern, elems := some("**", "**", "a", "b", "*", "a*"), some("a", "b", "ab")
		got := likePath(pattern, elems)
		if got != slow(pattern, elems) {
			t.Fatalf("%q and %q: %t", pattern, elems, got)
		}
		if got {
			yes++
		}
	}
	if yes < 1000 || yes > 19000 {
		t.Errorf("%d of 20000 paths fit: the test hardly tests anything", yes)
	}
}

// Where two promises contradict each other, the worse one counts, whatever the
// order; of two that agree, the first is quoted.
func TestOf(t *testing.T) {
	all := functions(t)
	entry := func(text string, v Verb) Entry {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return Entry{Pattern: p, Verb: v, Place: "f:1:1"}
	}
	list := &List{Entries: []Entry{
		entry("**.Repo.Get*", Reads), entry("**.Repo.*", Reads), entry("**.Repo.GetCart", Writes), entry("**.Load*", Writes), entry("**.Load", Reads),
	}}
	for _, c := range []struct {
		name string
		verb Verb
		by   string
	}{
		{"(example.com/m/store.Repo).GetUser", Reads, `reads: "**.Repo.Get*" (f:1:1)`},
		{"(example.com/m/store.Repo).Put", Reads, `reads: "**.Repo.*" (f:1:1)`},
		{"(example.com/m/store.Repo).GetCart", Writes, `writes: "**.Repo.GetCart" (f:1:1)`},
		{"top.Load", Writes, `writes: "**.Load*" (f:1:1)`},
		{"(example.com/m/store.File).GetUser", Unsaid, ""},
	} {
		if len(all[c.name]) == 0 {
			t.Fatalf("there is no %s", c.name)
		}
		verb, by := list.Of(all[c.name][0])
		said := ""
		if by != nil {
			said = by.String()
		}
		if verb != c.verb || said != c.by {
			t.Errorf("%s: %d by %q, want %d by %q", c.name, verb, said, c.verb, c.by)
		}
	}
	if verb, by := (*List)(nil).Of(all["top.Load"][0]); verb != Unsaid || by != nil {
		t.Error("the nil list promises something")
	}
}
