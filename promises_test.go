package goherd

import (
	"fmt"
	"go/types"
	"testing"

	"github.com/goherd/goherd/internal/effects"
	"github.com/goherd/goherd/internal/rule"
)

// TestPromises: what the flags promise is what the summaries say, of methods in
// interfaces and of functions with a body, and so of those that call them.
func TestPromises(t *testing.T) {
	const source = `
-- p.go --
package p

type Repo interface {
	GetUser() error
	GetOrCreate() error
	Put() error
}

func outside()

func load()  { outside() }
func user(r Repo) error { return r.GetUser() }
func make_(r Repo) error { return r.GetOrCreate() }
func put(r Repo) error { return r.Put() }
func both(r Repo) { _ = r.GetUser(); load() }
`
	const unknown = "unknown"
	for _, c := range []struct {
		flags []string
		want  map[string]string // the verb, and for a function that was named, by which words
	}{
		{nil, map[string]string{"load": unknown, "user": unknown, "make_": unknown, "put": unknown, "both": unknown}},
		{[]string{"reads=**.Repo.Get*,**.load", "writes=**.Repo.GetOrCreate"}, map[string]string{
			"load": `read by reads: "**.load" (-reads)`, "user": "read", "make_": "write", "put": unknown, "both": "read",
		}},
		{[]string{"reads=example.com/p.put", "writes=example.com/p.load"}, map[string]string{
			"load": `write by writes: "example.com/p.load" (-writes)`, "user": unknown, "make_": unknown,
			"put": `read by reads: "example.com/p.put" (-reads)`, "both": unknown,
		}},
	} {
		d := newDrive(t, source)
		if err := d.run([]*rule.Rule{tame}, c.flags...); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for o, f := range d.facts {
			fn, ok := o.(*types.Func)
			if _, wanted := c.want[o.Name()]; !ok || !wanted || fn.Signature().Recv() != nil {
				continue
			}
			s := f.(*effects.Summary)
			got[o.Name()] = s.Verb.String()
			if s.VerbBy.Trust == effects.Promised && len(c.want[o.Name()]) > len("unknown") {
				got[o.Name()] += " by " + s.VerbBy.Via
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%q\n got %v\nwant %v", c.flags, got, c.want)
		}
	}
}
