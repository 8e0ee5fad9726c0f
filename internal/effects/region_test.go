package effects

import (
	"go/ast"
	"go/types"
	"testing"
)

// TestRegion: a part of a body, which is where rules ask.
func TestRegion(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
func f(ctx context.Context, in chan int, us []string) {
	out := make(chan int)
	quit := make(chan bool)
	for _, u := range us {
		go func() {
			http.Get(u)
			select {
			case out <- 1:
			case <-ctx.Done():
			}
			select {
			case in <- 1:
			default:
			}
			out <- 2
			close(quit)
		}()
	}
	for range out {
		<-in
	}
}`)
	o := Compute(pass)
	fn := find(t, pass.Pkg, "f")
	if o.Decl(fn) == nil || o.Decl(fn).Name.Name != "f" {
		t.Fatal("no declaration of f")
	}
	whole := o.Region(o.Decl(fn).Body)
	if len(whole.Spawns) != 1 || len(whole.Calls) != 0 || len(whole.Chans) != 2 {
		t.Errorf("f has %d spawns, %d calls, %d operations", len(whole.Spawns), len(whole.Calls), len(whole.Chans))
	}
	var body *ast.BlockStmt
	ast.Inspect(o.Decl(fn), func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			body = lit.Body
		}
		return true
	})
	r := o.Region(body)
	if words(r.Summary) != "network ends meets" {
		t.Errorf("the goroutine is %q", words(r.Summary))
	}
	want := []struct {
		kind         ChanKind
		out, byDeflt bool
	}{{Send, true, false}, {Recv, false, false}, {Send, true, true}, {Send, false, false}, {Close, false, false}}
	if len(r.Chans) != len(want) {
		t.Fatalf("the goroutine has %d operations: %+v", len(r.Chans), r.Chans)
	}
	for i, op := range r.Chans {
		if w := want[i]; op.Kind != w.kind || op.Out != w.out || op.Default != w.byDeflt {
			t.Errorf("operation %d on %s is %+v, want %+v", i, types.ExprString(op.Chan), op, w)
		}
	}
	if root := Root(pass.TypesInfo, r.Chans[0].Chan); root == nil || root.Name() != "out" {
		t.Errorf("the first channel is %v", root)
	}
	if len(r.Calls) == 0 || r.Calls[0].Fn.FullName() != "net/http.Get" || r.Calls[0].Depth != 0 {
		t.Errorf("the calls are %+v", r.Calls)
	}
}

// TestReaches goes through calls, goroutines and recursion.
func TestReaches(t *testing.T) {
	pass := newWorld(t).pass(t, "p", `
func a() { b() }
func b() { go func() { c() }() }
func c() { go d() }
func d() { if e() { d() } }
func e() bool { return true }
func apart() { e() }
func walk() { var wg sync.WaitGroup; wg.Go(walk); wg.Wait() }
`)
	o := Compute(pass)
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"a", "b", true}, {"a", "c", true}, {"b", "c", true}, {"d", "d", true}, {"d", "e", true},
		{"apart", "a", false}, {"e", "d", false}, {"a", "a", false},
		{"a", "e", true}, {"c", "d", true}, {"walk", "walk", true},
	} {
		r := o.Region(o.Decl(find(t, pass.Pkg, c.from)).Body)
		if got := o.Reaches(r, find(t, pass.Pkg, c.to)); got != c.want {
			t.Errorf("%s reaches %s: %t", c.from, c.to, got)
		}
	}
}
