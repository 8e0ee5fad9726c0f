package herdtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/rule"
)

// judgedProof is a proof of one template with two mutants and one mistake, all as it
// should be until spoil changes what came out.
func judgedProof(spoil func(p *proof)) *proof {
	one := &template{Case: &Case{Name: "toy_form", Rule: "toy"}, alive: map[string]string{"y": "why not"}}
	slip := &template{Case: &Case{Name: "slip"}, kills: []string{"leak", raceClass}}
	p := &proof{
		prover: newProver(Config{}, ""), templates: []*template{one}, mistakes: []*template{slip},
		mutants: map[*template][]*mutant{one: {{what: "x", form: "toy_form/mutant1"}, {what: "y", form: "toy_form/mutant2"}, {what: "z", form: "toy_form/mutant3"}}},
		plain: verdicts{
			reports: map[string]*oracle.Report{
				"toy_form":          {Name: "toy_form", Schedules: 5, Same: 5},
				"toy_form/identity": {Schedules: 2, Same: 2},
				"toy_form/mutant1":  {Violations: 1},
				"toy_form/mutant2":  {},
				"slip":              {Schedules: 5, Violations: 3, Classes: map[string]int{"leak": 3}},
				"slip/identity":     {Schedules: 2, Same: 2},
			},
			died: map[string]string{"toy_form/mutant3": "panic: x"},
		},
		raced: verdicts{reports: map[string]*oracle.Report{
			"toy_form/race of before": {}, "toy_form/race of after": {}, "slip/race of before": {}, "slip/race of after": {Raced: true},
		}},
	}
	spoil(p)
	p.judge()
	return p
}

func TestJudgeProof(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(p *proof)
		want  []string // parts of the problems
	}{
		{"all as it should be", func(p *proof) {}, nil},
		{"a violation", func(p *proof) {
			*p.plain.reports["toy_form"] = oracle.Report{Schedules: 5, Violations: 2, Classes: map[string]int{"leak": 2}, Witness: "there"}
		}, []string{"on 2 of 5 schedules the new form does what it must not: leak 2"}},
		{"an idle licence", func(p *proof) { p.plain.reports["toy_form"].Wrong = []string{"idle"} }, []string{"idle"}},
		{"a template that dies", func(p *proof) { p.plain.died["toy_form"] = "panic: y" }, []string{"the process died: panic: y"}},
		{"a mutant lives", func(p *proof) { p.plain.reports["toy_form/mutant1"].Violations = 0 }, []string{"nobody notices the mutant: x"}},
		{"a mutant doesn't live", func(p *proof) { p.plain.reports["toy_form/mutant2"].Wrong = []string{"idle"} }, []string{"alive: y: it is found out"}},
		{"a mutant that races", func(p *proof) {
			p.plain.reports["toy_form/mutant1"].Violations = 0
			p.raced.reports["toy_form/mutant1"] = &oracle.Report{Raced: true}
		}, nil},
		{"a mutant that may race, and no race detector", func(p *proof) {
			p.templates[0].races = true
			p.plain.reports["toy_form/mutant1"].Violations = 0
			p.raced = verdicts{}
		}, nil},
		{"a mutant is gone", func(p *proof) { p.mutants[p.templates[0]] = p.mutants[p.templates[0]][:1] }, []string{"alive: y: there is no such mutant"}},
		{"a mistake is not found out", func(p *proof) { p.plain.reports["slip"].Classes = map[string]int{"slower": 1} }, []string{"the mistake is not found out by leak, but by: race, slower 1"}},
		{"a race is not seen", func(p *proof) { p.raced.reports["slip/race of after"].Raced = false }, []string{"not found out by race", "slip/race of after: a data race is false, and should be true"}},
		{"no race detector", func(p *proof) { p.raced = verdicts{} }, nil},
		{"a race in what goherd writes", func(p *proof) { p.raced.reports["toy_form/race of after"].Raced = true }, []string{"toy_form/race of after: a data race is true, and should be false"}},
		{"a rule without a template", func(p *proof) {
			p.Rules = []*rule.Rule{{Name: "toy", Best: rule.Review}, {Name: "bare", Best: rule.Review}, {Name: "talk", Best: rule.Advice}}
		}, []string{"bare writes patches, and no template shows what they do"}},
		{"a rule without a template that nobody asked for", func(p *proof) {
			p.Rules, p.Only = []*rule.Rule{{Name: "bare", Best: rule.Review}}, "toy"
		}, nil},
		{"no order", func(p *proof) { p.plain.reports["toy_form/identity"].Same = 1 }, []string{"the old form differs from itself on 1 of 2 schedules"}},
	}
	for _, tt := range tests {
		var got []string
		for _, list := range judgedProof(tt.spoil).problems {
			got = append(got, list...)
		}
		for _, part := range tt.want {
			if !slices.ContainsFunc(got, func(text string) bool { return strings.Contains(text, part) }) {
				t.Errorf("%s: problems are %q, want %q", tt.name, got, part)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d problems, want %d: %q", tt.name, len(got), len(tt.want), got)
		}
	}
}

// The page is complained of where a table has changed, and only -update writes it.
func TestProofPage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "proof.md")
	if err := os.WriteFile(page, []byte("# Proof\n"+strings.Repeat("\n<!-- table 1 -->\nold\n<!-- end -->\ntext\n", 4)), 0o666); err != nil {
		t.Fatal(err)
	}
	p := judgedProof(func(*proof) {})
	if err := p.page(page); err != nil || len(p.problems[nil]) != 1 || !strings.Contains(p.problems[nil][0], "is stale") {
		t.Errorf("problems %q, error %v, want the page stale", p.problems[nil], err)
	}
	p.Update = true
	if err := p.page(page); err != nil {
		t.Fatal(err)
	}
	p = judgedProof(func(*proof) {})
	if err := p.page(page); err != nil || len(p.problems[nil]) > 0 {
		t.Errorf("after -update: problems %q, error %v", p.problems[nil], err)
	}
	text, err := os.ReadFile(page)
	if err != nil || strings.Contains(string(text), "old\n") || strings.Count(string(text), "text\n") != 4 || !strings.Contains(string(text), "| slip | 5 | leak 3, race |") {
		t.Errorf("the page is now\n%s\n%v", text, err)
	}
}

// A process that dies takes only the spec with it that it was at.
func TestReadVerdicts(t *testing.T) {
	v := verdicts{map[string]*oracle.Report{}, map[string]string{}}
	out := oracle.Mark + `{"Begin":"a"}` + "\nnoise\n" + oracle.Mark + `{"Begin":"","Report":{"Name":"a","Schedules":3}}` + "\n" +
		oracle.Mark + `{"Begin":"b"}` + "\npanic: boom\n\ngoroutine 7\n"
	last, words, err := v.read([]byte(out))
	if err != nil || last != "b" || v.reports["a"] == nil || v.reports["a"].Schedules != 3 {
		t.Errorf("read %+v, last %q, error %v", v.reports["a"], last, err)
	}
	if got := lastWords(words, nil); got != "panic: boom" {
		t.Errorf("last words are %q", got)
	}
}
