package verify

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// world is an importer of small packages written for the tests, so that they
// need neither the go command nor export data.
type world struct {
	fset *token.FileSet
	done map[string]*types.Package
}

var sources = map[string]string{
	"errors": `package errors; func New(s string) error { return nil }; func Join(e ...error) error { return nil }`,
	"list":   `package list; type List[T any] struct { Head T; n int }; func (l *List[T]) Push(v T) {}; func (l *List[T]) Len() int { return l.n }`,
	"log":    `package log; func Print(args ...any) {}`,
}

func (w *world) Import(path string) (*types.Package, error) {
	if p := w.done[path]; p != nil {
		return p, nil
	}
	src, ok := sources[path]
	if !ok {
		return nil, fmt.Errorf("no package %s", path)
	}
	p, err := load(w, path, map[string]string{path + "/x.go": src})
	if err != nil {
		return nil, err
	}
	w.done[path] = p.Types
	return p.Types, nil
}

func newWorld() *world { return &world{token.NewFileSet(), map[string]*types.Package{}} }

// load makes a first Package out of files: With of an empty one would compare
// with nothing.
func load(w *world, path string, files map[string]string) (*Package, error) {
	p := &Package{Path: path, Fset: w.fset, GoVersion: "go1.24", Importer: w}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := parser.ParseFile(w.fset, name, files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.Names, p.Files = append(p.Names, name), append(p.Files, f)
	}
	p.Types, p.Info = types.NewPackage(path, p.Files[0].Name.Name), wholeInfo()
	return p, p.check(p, p.Files)
}

// ways are the two ways to check: they must answer alike.
var ways = map[string]func(*Package, map[string][]byte, map[string][]Span) (*Package, error){
	"with": func(p *Package, changed map[string][]byte, _ map[string][]Span) (*Package, error) {
		return p.With(changed)
	},
	"recheck": (*Package).Recheck,
}

// change replaces the only occurrence of from in one file. A "¦" in from and to
// cuts them into pieces of which only the odd ones are edits, so that an edit can
// be placed right beside a name.
func change(t *testing.T, way string, p *Package, files map[string]string, name, from, to string) (*Package, map[string][]Span, error) {
	t.Helper()
	old := files[name]
	plain := strings.ReplaceAll(from, "¦", "")
	if strings.Count(old, plain) != 1 {
		t.Fatalf("%q occurs %d times", plain, strings.Count(old, plain))
	}
	if !strings.Contains(from, "¦") {
		from, to = "¦"+from+"¦", "¦"+to+"¦"
	}
	at := strings.Index(old, plain)
	was, is := strings.Split(from, "¦"), strings.Split(to, "¦")
	var spans []Span
	for i, piece := range was {
		if i%2 == 1 {
			spans = append(spans, Span{at, at + len(piece), len(is[i])})
		} else if piece != is[i] {
			t.Fatalf("%q is outside the edit, and changed into %q", piece, is[i])
		}
		at += len(piece)
	}
	text := strings.Replace(old, plain, strings.ReplaceAll(to, "¦", ""), 1)
	edits := map[string][]Span{name: spans}
	q, err := ways[way](p, map[string][]byte{name: []byte(text)}, edits)
	return q, edits, err
}

// base has a bit of everything that a name can stand for.
var base = map[string]string{
	"a.go": `package p

import (
	"errors"
	"list"
)

var limit = 3

type box struct{ list.List[int] }

func (b *box) size() int { return b.Len() + limit }

// work does it.
func work(n int) (err error) {
	total := 0
	for i := range n {
		total += i // add
	}
	var v any = total
	switch x := v.(type) {
	case int:
		total += x
	case string:
		total += len(x)
	}
	b := &box{}
	b.Push(total)
	b.Head = min(b.size(), total)
loop:
	for {
		break loop
	}
	return errors.New("x")
}
`,
	"b.go": `package p

func smaller(a, b int) int { return min(a, b) }

type meter interface{ size() int }

var _ meter = (*box)(nil)

func use[T ~int](c chain[T]) T { return c.first.val }

type chain[T any] struct{ first node[T] }
type node[T any] struct{ val T }
`,
}

func TestWith(t *testing.T) {
	for way := range ways {
		t.Run(way, func(t *testing.T) { checkWith(t, way) })
	}
}

func checkWith(t *testing.T, way string) {
	cases := []struct{ name, from, to, want string }{
		{"fine", "total += x", "total += 2 * x", ""},
		{"does not parse", "total += x", "total += += x", "parse: a.go:23:"},
		{"does not type-check", "total += x", `total += "s"`, "type-check: a.go:23:"},
		{"lost import", `errors.New("x")`, "nil", `"errors" imported and not used`},
		{"new import that nothing uses", `"errors"`, "\"errors\"\n\t\"log\"", `type-check: a.go:5:2: "log" imported and not used`},
		{"clash with another file", "func work(", "func smaller() {}\n\nfunc work(", "type-check: b.go:3:6: smaller redeclared"},
		{"package that is not there", `"errors"`, "\"errors\"\n\t\"nowhere\"", "could not import nowhere"},
		{"too new for the module", "var limit = 3", "type set[T any] = map[T]int\n", "type-check"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := load(newWorld(), "p", base)
			if err != nil {
				t.Fatal(err)
			}
			q, _, err := change(t, way, p, base, "a.go", c.from, c.to)
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Fatalf("got %s, want %q", got, c.want)
			}
			if unused, ok := errors.AsType[*UnusedImports](err); ok {
				if want := (Import{"a.go", "errors", ""}); len(unused.Imports) != 1 || unused.Imports[0] != want || q == nil {
					t.Errorf("unused %v, want %v; package %v", unused.Imports, want, q)
				}
			}
		})
	}
}

func TestWithSharesTheRest(t *testing.T) {
	for way := range ways {
		t.Run(way, func(t *testing.T) { checkSharesTheRest(t, way) })
	}
}

func checkSharesTheRest(t *testing.T, way string) {
	p, err := load(newWorld(), "p", base)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := p.With(map[string][]byte{"elsewhere.go": nil}); q != p || err != nil {
		t.Errorf("a file of another package gave %p, %v, want %p itself", q, err, p)
	}
	q, _, err := change(t, way, p, base, "a.go", "total += x", "total += 2 * x")
	if err != nil {
		t.Fatal(err)
	}
	if q.Files[1] != p.Files[1] || q.Files[0] == p.Files[0] || q.Types == p.Types {
		t.Error("the changed file must be parsed anew, and that one only")
	}
	if r, _, err := change(t, way, q, base, "a.go", "limit = 3", "limit = 4"); err != nil || r == q {
		t.Errorf("a second change: %v", err)
	}
}

func TestResolves(t *testing.T) {
	for way := range ways {
		t.Run(way, func(t *testing.T) { checkResolves(t, way) })
	}
}

func checkResolves(t *testing.T, way string) {
	cases := []struct{ name, file, from, to, want string }{
		{"nothing but text", "a.go", "total += x", "total += 2 * x", ""},
		{"an insertion beside a name", "a.go", "total += x¦¦\n", "total += x¦ + 1¦\n", ""},
		{"a name grows at its end", "a.go", "	total¦¦ := 0\n¦¦	for", "	total¦s¦ := 0\n¦	total := totals\n¦	for", ""},
		{"a name becomes shorter", "c.go", "var ad¦d¦ = 1", "var ad¦¦ = 1", ""},
		{"a statement before", "a.go", "	total := 0\n", "	log := 1\n	_ = log\n	total := 0\n", ""},
		{"the declaration is edited", "a.go", "total := 0", "var total = 0", ""},
		{"shadowed in a deeper scope", "a.go", "case int:\n¦¦		total += x\n¦¦", "case int:\n¦		if x := 1; true {\n¦		total += x\n¦		}\n¦", "a.go:23:12: x stood for var x int of line 21 and now stands for var x int of line 23"},
		{"a builtin shadowed in another file", "b.go", "func smaller(", "func min(a, b int) int { return a }\n\nfunc smaller(", "a.go:29:11: min stood for builtin min and now stands for func min(a int, b int) int of line 3"},
		{"a body ends early to declare a function", "c.go", "{ ¦¦return nil }", "{ ¦return nil }\nfunc min(a, b int) int { return a }\nfunc other() error { ¦return nil }", "a.go:29:11: min stood for builtin min"},
		{"a package variable shadowed", "a.go", "{ ¦¦return b.Len() + limit }", "{ ¦limit := 1; ¦return b.Len() + limit }", "limit stood for var limit int of line 8"},
		{"an import shadowed", "a.go", "loop:", "	errors := maker{}\nloop:", "errors stood for package errors of line 4 and now stands for var errors maker of line 30"},
		{"a method hides a promoted one", "a.go", "type box", "func (b *box) Len() int { return 1 }\n\ntype box", "Len stood for func (*list.List[int]).Len() int"},
		{"code becomes a comment", "a.go", "¦¦	b.Push(total)\n¦¦", "¦	/*¦	b.Push(total)\n¦*/¦", "b is no name any more"},
		{"a comment becomes code", "a.go", "¦// ¦add", "¦; _ = ¦add", "add was no name before"},
		{"the import block is laid out anew", "a.go", "import (\n\t\"errors\"\n\t\"list\"\n)", "import \"list\"\nimport \"errors\"", ""},
		{"a label", "a.go", "loop:\n	for {¦¦", "loop:\n	for {¦\n		_ = 1¦", ""},
		{"generic fields and methods", "b.go", "{ ¦¦return c.first.val }", "{ ¦_ = 1; ¦return c.first.val }", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := maps.Clone(base)
			files["c.go"] = "package p\n\nvar add = 1\n\ntype maker struct{}\n\nfunc (maker) New(string) error { return nil }\n"
			old, err := load(newWorld(), "p", files)
			if err != nil {
				t.Fatal(err)
			}
			new, spans, err := change(t, way, old, files, c.file, c.from, c.to)
			if _, unused := errors.AsType[*UnusedImports](err); err == nil || unused {
				err = Resolves(old, new, spans)
			}
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) && c.want != "" {
				t.Errorf("got %s, want %q", got, c.want)
			}
		})
	}
}

// A use outside the edits follows its declaration when that is edited, and only
// there: the inner x is another one.
func TestResolvesEditedDeclarations(t *testing.T) {
	for way := range ways {
		t.Run(way, func(t *testing.T) { checkEditedDeclarations(t, way) })
	}
}

func checkEditedDeclarations(t *testing.T, way string) {
	const head, tail = "package p\n\nfunc f() {\n", "\tuse(x)\n}\n\nfunc use(any) {}\n"
	cases := []struct{ name, from, to, want string }{
		{"the same edit", "¦\tx := 1\n¦", "¦\tvar x = 1\n¦", ""},
		{"it moved to the other edit", "¦\tx := 1\n¦\tuse(0)\n¦¦", "¦¦\tuse(0)\n¦\tx := 1\n¦", ""},
		{"the other edit declares one more", "¦\tx := 1\n¦\tuse(0)\n¦¦", "¦\tx := 1\n\tuse(x)\n\t{\n¦\tuse(0)\n¦\t}\n\tvar y = 2\n\tuse(y)\n¦", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"a.go": head + strings.ReplaceAll(c.from, "¦", "") + tail}
			old, err := load(newWorld(), "p", files)
			if err != nil {
				t.Fatal(err)
			}
			new, spans, err := change(t, way, old, files, "a.go", c.from, c.to)
			if err == nil {
				err = Resolves(old, new, spans)
			}
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %q", got, c.want)
			}
		})
	}

	shadow := map[string]string{"a.go": head + "\tx := 1\n\tuse(0)\n\tif true {\n" + tail[:len("\tuse(x)\n")] + "\t}\n" + tail[len("\tuse(x)\n"):]}
	old, err := load(newWorld(), "p", shadow)
	if err != nil {
		t.Fatal(err)
	}
	new, spans, err := change(t, way, old, shadow, "a.go", "¦\tx := 1\n¦\tuse(0)\n\tif true {\n¦¦", "¦\tx := 1\n\tuse(x)\n¦\tuse(0)\n\tif true {\n¦\tx := 2\n¦")
	if err != nil {
		t.Fatal(err)
	}
	if err := Resolves(old, new, spans); err == nil || !strings.Contains(err.Error(), "x stood for var x int of line 4 and now stands for var x int of line 8") {
		t.Errorf("a second x took over: got %v", err)
	}
}

func TestComments(t *testing.T) {
	parse := func(src string) *Package {
		p, err := load(newWorld(), "p", map[string]string{"a.go": "package p\n" + src})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	cases := []struct{ name, old, new, want string }{
		{"indented anew", "/* a\n   b */\n// c", "// c\n\n\t/* a\n\t\tb */", ""},
		{"one more", "// a", "// b\n// a", ""},
		{"lost", "// a\n// b", "// a", "lost comment // b"},
		{"one of two equal ones lost", "// a\n// a", "// a", "lost comment // a"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := Comments(parse(c.old).Files[0], parse(c.new).Files[0])
			if got := fmt.Sprint(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %q", got, c.want)
			}
		})
	}
}

// The import that a patch leaves unused goes in a second step, which starts from
// a package whose other bodies were not looked at.
func TestRecheckTwice(t *testing.T) {
	p, err := load(newWorld(), "p", base)
	if err != nil {
		t.Fatal(err)
	}
	q, spans, err := change(t, "recheck", p, base, "a.go", `errors.New("x")`, "nil")
	if _, ok := errors.AsType[*UnusedImports](err); !ok {
		t.Fatalf("got %v", err)
	}
	if err := Resolves(p, q, spans); err != nil {
		t.Error(err)
	}
	if len(q.Info.Uses) >= len(p.Info.Uses)-5 || q.Files[1] != p.Files[1] {
		t.Errorf("%d uses of %d were looked up: the bodies of b.go among them", len(q.Info.Uses), len(p.Info.Uses))
	}
	next := map[string]string{"a.go": strings.Replace(base["a.go"], `errors.New("x")`, "nil", 1)}
	r, spans, err := change(t, "recheck", q, next, "a.go", "\t\"errors\"\n", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := Resolves(q, r, spans); err != nil {
		t.Error(err)
	}
}
