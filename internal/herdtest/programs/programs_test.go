package programs

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestGenerate: the same seed gives the same functions, another one others, and each can be
// had by itself.
func TestGenerate(t *testing.T) {
	for _, rule := range Rules() {
		list := Generate(rule, 7, 0, 60)
		for i, p := range list {
			alone, other := Generate(rule, 7, i, 1)[0], Generate(rule, 8, i, 1)[0]
			if string(alone.Source()) != string(p.Source()) {
				t.Errorf("%s is another function by itself:\n%s\n%s", p.Name, p.Source(), alone.Source())
			}
			if i < 5 && other.Body == p.Body {
				t.Errorf("%s is the same from another seed:\n%s", p.Name, p.Source())
			}
			if n := len(p.Ops); n > maxOps+1 {
				t.Errorf("%s makes %d kinds of calls, and the oracle keeps %d apart", p.Name, n, maxOps+1)
			}
		}
	}
}

// TestTraits: what programs must have in them for the guards to be asked is there.
func TestTraits(t *testing.T) {
	want := map[string][]string{
		"seqcalls": {"dependence", "goes on", "condition", "resource", "recovers", "write between", "returns early", "panics", "error dropped", "declared before",
			"pointer", "argument that counts", "counts without a lock", "cache without a lock", "numbers its answers", "read that writes", "detached", "no context", "guard", "handler writes"},
		"seqloop": {"append", "map", "index", "sum", "filter", "search", "enough", "write", "carried", "seen before", "own timeout", "two calls a round", "same item twice",
			"goes on", "items", "loop in a loop", "writes each round", "same call each round", "breaks at a failure", "memory between"},
	}
	for _, rule := range Rules() {
		count := map[string]int{}
		for _, p := range Generate(rule, 1, 0, 500) {
			for _, trait := range p.Traits {
				count[trait]++
			}
		}
		for _, trait := range want[rule] {
			if count[trait] < 3 {
				t.Errorf("of 500 programs of %s, %d have the trait %q", rule, count[trait], trait)
			}
		}
	}
}

// TestSmaller: what is smaller is Go, is shorter, and gets down to nothing but a return.
func TestSmaller(t *testing.T) {
	p := Generate("seqcalls", 1, 3, 1)[0]
	for range 30 {
		list := p.Smaller()
		if len(list) == 0 {
			break
		}
		for _, q := range list {
			if _, err := parser.ParseFile(token.NewFileSet(), "", q.Source(), 0); err != nil {
				t.Fatalf("%v:\n%s\nout of\n%s", err, q.Source(), p.Source())
			}
			if len(q.Body) >= len(p.Body) {
				t.Fatalf("it is no shorter:\n%s\nthan\n%s", q.Source(), p.Source())
			}
		}
		p = slices.MinFunc(list, func(a, b *Program) int { return len(a.Body) - len(b.Body) })
	}
	if body := strings.TrimSpace(p.Body); strings.Count(body, "\n") > 0 || !strings.HasPrefix(body, "return ") {
		t.Errorf("what is left is\n%s", p.Body)
	}
}

// TestSmallerSpreads: what used a variable goes with its declaration, also in a sum.
func TestSmallerSpreads(t *testing.T) {
	p := &Program{Name: "p", Rule: "seqcalls", Gives: "string", Body: `	a, err := rowOf(ctx, db, "a")
	if err != nil {
		return "", err
	}
	n := len(a)
	b := v.NameOf(ctx, "b")
	return a + strconv.Itoa(n) + b, nil
`}
	want := `	b := v.NameOf(ctx, "b")
	return "" + b, nil
`
	var got []string
	for _, q := range p.Smaller() {
		got = append(got, q.Body)
	}
	if !slices.Contains(got, want) {
		t.Errorf("want, among others,\n%s\ngot\n%s", want, strings.Join(got, "\n"))
	}
}
