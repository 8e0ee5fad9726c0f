package herdtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/herdtest/programs"
	"github.com/goherd/goherd/internal/rule"
)

// TestLicense: a finding's words license what they announce, where they say, and a safe
// finding can't announce more than safe ones may.
func TestLicense(t *testing.T) {
	finding := func(s rule.Safety, changes ...string) *rule.Located {
		return &rule.Located{Safety: s, Changes: changes}
	}
	assumes := finding(rule.Review)
	assumes.Evidence = []rule.LocatedEvidence{{Claim: "f begins when calls that came behind it have ended: by then the caller may have given up", Grade: rule.Review}}
	tests := []struct {
		name     string
		found    []*rule.Located
		mode     oracle.Mode
		may      string
		upon     map[string]oracle.When
		inFlight int
		unfit    string
	}{
		{"nothing said", []*rule.Located{finding(rule.Safe)}, oracle.Safe, "", nil, 1, ""},
		{"twice at once", []*rule.Located{
			finding(rule.Review, "up to 3 calls are under way at the same time"), finding(rule.Safe, "up to 2 rounds call f at the same time (so many)"),
		}, oracle.Review, "more-at-once", nil, 6, ""},
		{"behind a failure", []*rule.Located{finding(rule.Safe, "g and h are also called when f fails")}, oracle.Safe, "extra-call",
			map[string]oracle.When{"extra-call": oracle.CallFails}, 1, ""},
		{"everywhere wins", []*rule.Located{finding(rule.Review, "g is also called when f fails", "what line 3 ends the loop for is seen once the calls of all rounds have returned")},
			oracle.Review, "extra-call slower slower-error", nil, 1, ""},
		{"assumed", []*rule.Located{assumes}, oracle.Review, "gives-up hides-error other-error real-error carries-on result lost-call extra-call lost-write",
			map[string]oracle.When{"gives-up": oracle.CallerGivesUp}, 1, ""},
		{"not for safe", []*rule.Located{finding(rule.Safe, "the order in which f does its work is not kept")}, oracle.Safe, "write-order", nil, 1, "write-order"},
	}
	for _, test := range tests {
		var s oracle.Spec
		(&rewritten{applied: test.found}).license(&s)
		if got := strings.Join(s.May, " "); s.Mode != test.mode || got != test.may || s.InFlight != test.inFlight || unfit(s) != test.unfit {
			t.Errorf("%s: mode %s, may %q, %d in flight, unfit %q; want %s, %q, %d, %q", test.name, s.Mode, got, s.InFlight, unfit(s), test.mode, test.may, test.inFlight, test.unfit)
		}
		for name, when := range test.upon {
			if s.Upon[name] != when {
				t.Errorf("%s: %s holds where %q, want %q", test.name, name, s.Upon[name], when)
			}
		}
		if test.upon == nil && len(s.Upon) > 0 {
			t.Errorf("%s: %v, want no conditions", test.name, s.Upon)
		}
	}
}

// TestArchiveOfFailure: what is kept of a failure is a template that can be read, and holds
// no function that nothing calls.
func TestArchiveOfFailure(t *testing.T) {
	f, err := emptyField(RandomOptions{Dir: "../../testdata", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := &programs.Program{
		Name: "c1", Rule: "seqcalls", Gives: "string", IDs: []string{"i"}, Ops: []oracle.Op{{Name: "a", Kind: oracle.Reads}, {Name: "b", Kind: oracle.Writes}},
		Body: "\ta, err := v.GetKept(ctx, \"a\")\n\treturn a, err\n",
	}
	one := &failure{rewritten: &rewritten{
		lot: &lot{form: rule.FormErrgroup}, program: p, spec: oracle.Spec{Mode: oracle.Review}, told: map[string]string{"extra-call": "b is also called when a fails"},
		applied: []*rule.Located{{Rule: "seqcalls", Safety: rule.Review, Line: 9, Message: "2 calls in a row"}},
	}, classes: []string{"lost-write"}, words: "on 1 of 2 schedules"}
	data, err := f.archive(one)
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := parseTemplate("seqcalls_kept", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if tmpl.spec.Mode != oracle.Review || !slices.Equal(tmpl.spec.Ops, p.Ops) || !slices.Equal(tmpl.spec.May, []string{"extra-call"}) || tmpl.rewrite.Form != rule.FormErrgroup || len(tmpl.wants) != 1 {
		t.Errorf("the template says something else:\n%s", data)
	}
	lib := string(tmpl.file("lib.go"))
	if !strings.Contains(lib, ") GetKept(") || !strings.Contains(lib, "func rowOf(") || strings.Contains(lib, ") GetListed(") {
		t.Errorf("lib.go has what nothing calls, or lacks what is called:\n%s", lib)
	}
}

// TestBenchClaims: a page that shows less than it must is found out.
func TestBenchClaims(t *testing.T) {
	page := func(rows string) string {
		return "| all | | 140000 | | | | 0 |\n<!-- bench: programs -->\n" + rows + "<!-- end -->\n"
	}
	loop := "| seqloop | 4000 | 1600 (40 %) | 300 | 1300 | 51200 | 1 | more-at-once 5 | 0 |\n"
	good := "| seqcalls | 4000 | 1600 (40 %) | 300 | 1300 | 51200 | 1 | more-at-once 5 | 0 |\n" + loop
	if wrong := benchClaims(page(good)); wrong != nil {
		t.Errorf("a good page: %v", wrong)
	}
	for old, new := range map[string]string{
		"| seqcalls | 4000": "| seqcalls | 3000", "1600 (40 %)": "800 (20 %)", "| more-at-once 5 | 0 |": "| more-at-once 5 | 2 |", "51200": "100",
		loop: "",
	} {
		if wrong := benchClaims(page(strings.ReplaceAll(good, old, new))); wrong == nil {
			t.Errorf("nothing is wrong with %q in place of %q", new, old)
		}
	}
	if benchClaims("") == nil {
		t.Error("nothing is wrong with a page without the table")
	}
}

// TestSteady: a page is stale where programs, findings or violations are others, and not for
// one schedule more or less.
func TestSteady(t *testing.T) {
	page := func(row string) []byte { return []byte("<!-- programs: x -->\n" + row + "<!-- end -->\n") }
	row := "| seqcalls | 500 | 226 (45 %) | 60 | 166 | 3616 | 676 | more-at-once 2930 | 0 |\n"
	for old, new := range map[string]string{"| 0 |": "| 1 |", "| 60 |": "| 61 |", "226": "227"} {
		if steady(page(row)) == steady(page(strings.Replace(row, old, new, 1))) {
			t.Errorf("%q in place of %q makes no difference", new, old)
		}
	}
	for old, new := range map[string]string{"676": "675", "2930": "2931"} {
		if steady(page(row)) != steady(page(strings.Replace(row, old, new, 1))) {
			t.Errorf("%q in place of %q makes a difference", new, old)
		}
	}
}
