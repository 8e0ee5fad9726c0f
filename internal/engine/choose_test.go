package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/rule"
)

// without keeps all but the findings of these rules (and functions, "rule F"), and
// notes what it was offered: "1: rule F, rule G".
func without(offers *[]string, names ...string) func(*Offer) ([]int, error) {
	return func(o *Offer) ([]int, error) {
		var keep []int
		var words []string
		for i, f := range o.Findings {
			words = append(words, f.Rule+" "+f.Func)
			if !slices.Contains(names, f.Rule) && !slices.Contains(names, f.Rule+" "+f.Func) {
				keep = append(keep, i)
			}
		}
		*offers = append(*offers, fmt.Sprintf("%d: %s", o.Round, strings.Join(words, ", ")))
		return keep, nil
	}
}

// What is taken back in one round stays away in all later ones, and what others
// made of the file is found on top of what was kept.
func TestChoose(t *testing.T) {
	var offers []string
	res := do(t, Options{Dir: lay(t, chain), Tests: true, Safety: rule.Review, Rounds: 10, Choose: without(&offers, "ten h", "up G"), Rules: rules(
		toy{name: "ten", from: "10", to: "20"},
		toy{name: "twenty", from: "20", to: "30"},
		toy{name: "up", from: "77", to: "78"},
	)})
	equal(t, "offers", offers, []string{"1: ten F, up G, ten h, ten h, up F", "2: twenty F"})
	equal(t, "undone", byRule(res.Undone, "ten"), []string{"a/a_test.go h", "a/x_test.go h"})
	equal(t, "undone", byRule(res.Undone, "up"), []string{"a/a.go G"})
	equal(t, "applied", byRule(res.Applied, "ten"), []string{"a/a.go F"})
	equal(t, "applied", byRule(res.Applied, "up"), []string{"b/b.go F"})
	if len(res.Left) != 0 || len(res.Changes) != 2 || res.Rounds != 2 {
		t.Errorf("%d left, %d changes, %d rounds", len(res.Left), len(res.Changes), res.Rounds)
	}
	contains(t, "text", string(change(t, res, "a/a.go").New), "func F() int { return 30 }\n\nfunc G() int { return 77 }")
}

// Of two that overlap, the second may land once the first was taken back: also
// where nothing else changed.
func TestChooseAfterConflict(t *testing.T) {
	var offers []string
	list := rules(toy{name: "sum", from: "return 10 + F()", to: "return F() + 10"}, toy{name: "ten", from: "10 +", to: "20 +"})
	res := do(t, Options{Dir: lay(t, chain), Tests: true, Rules: list, Safety: rule.Review, Rounds: 10, Choose: without(&offers, "sum")})
	equal(t, "offers", offers, []string{"1: sum h, ten h", "2: ten h"})
	contains(t, "text", string(change(t, res, "a/a_test.go").New), "20 + F()")
	equal(t, "undone", byRule(res.Undone, "sum"), []string{"a/a_test.go h"})
	if len(res.Left) != 0 {
		t.Errorf("left: %s", asJSON(t, res.Left))
	}
	// In the last round there is no later one to land in.
	offers = nil
	res = do(t, Options{Dir: lay(t, chain), Tests: true, Rules: list, Safety: rule.Review, Rounds: 1, Choose: without(&offers, "sum")})
	equal(t, "offers", offers, []string{"1: sum h, ten h"})
	equal(t, "left", byRule(res.Left, "ten"), []string{"a/a_test.go h"})
}

const twins = `
-- go.mod --
module m

go 1.24
-- a/a.go --
package a

func F() int { return 10 + 10 }
`

// Two equal shapes in one function: once the first is applied, the second has the
// first one's id. It must not come again under it.
func TestChooseAmongTwins(t *testing.T) {
	keepFirst := func(o *Offer) ([]int, error) {
		if len(o.Findings) != 2 || o.Round != 1 {
			t.Errorf("round %d offers %d findings", o.Round, len(o.Findings))
		}
		return []int{0}, nil
	}
	res := do(t, Options{Dir: lay(t, twins), Safety: rule.Review, Rounds: 10, Rules: rules(toy{name: "ten", from: "10", to: "20"}), Choose: keepFirst})
	contains(t, "text", string(change(t, res, "a/a.go").New), "20 + 10")
	if len(res.Undone) != 1 || len(res.Applied) != 1 || len(res.Left) != 0 {
		t.Errorf("%d undone, %d applied, %d left", len(res.Undone), len(res.Applied), len(res.Left))
	}
}

// The changes of an offer are checked as all are: of two findings that need each
// other there is no half.
func TestOfferChanges(t *testing.T) {
	archive := `
-- go.mod --
module m

go 1.24
-- a/a.go --
package a

func old() int { return 1 }
-- a/b.go --
package a

var V = old() + 10
`
	list := rules(toy{name: "decl", from: "func old", to: "func fresh"}, toy{name: "use", from: "old() +", to: "fresh() +"}, toy{name: "ten", from: "10", to: "20"})
	asked := 0
	choose := func(o *Offer) ([]int, error) {
		asked++
		var names []string
		for _, f := range o.Findings {
			names = append(names, f.Rule)
		}
		equal(t, "offer", names, []string{"decl", "use", "ten"})
		for _, c := range []struct {
			keep  []int
			files int // -1 where they don't go together
		}{{nil, 0}, {[]int{0}, -1}, {[]int{1}, -1}, {[]int{2}, 1}, {[]int{0, 1}, 2}, {[]int{0, 1, 2}, 2}, {[]int{0, 2}, -1}} {
			got, ok := o.Changes(c.keep)
			if ok != (c.files >= 0) || ok && len(got) != c.files {
				t.Errorf("%v: %d changes, %v; want %d", c.keep, len(got), ok, c.files)
			}
		}
		return []int{2}, nil
	}
	res := do(t, Options{Dir: lay(t, archive), Rules: list, Safety: rule.Review, Rounds: 10, Choose: choose})
	if len(res.Changes) != 1 || asked != 1 {
		t.Errorf("%d changes, asked %d times", len(res.Changes), asked)
	}
}

func TestChooseErrs(t *testing.T) {
	res, err := Run(t.Context(), Options{
		Dir: lay(t, chain), Safety: rule.Review, Rounds: 10, Rules: rules(toy{name: "ten", from: "10", to: "20"}),
		Choose: func(*Offer) ([]int, error) { return nil, errRefused },
	})
	if res != nil || !errors.Is(err, errRefused) {
		t.Errorf("%v, %v", res, err)
	}
}
