package herdtest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goherd/goherd/internal/herdtest/oracle"
	"github.com/goherd/goherd/internal/rule"
)

const (
	toyForm  = "-- x.go --\npackage p\n"
	toyDrive = "-- drive.go --\npackage p\n\nfunc Drive() {}\n"
)

func TestParseTemplate(t *testing.T) {
	const text = `Why: it is one.
mode: repair
limit: 2
read: a, b
write: put
trigger: leak, hang
before: races
latencies: 10, 30
cancels: never
deaf: never
may: delayed "it waits"
mends: extra-write "it goes on"
inflight: 2
goroutines: 3
alive: x: y behind z: neither matters
` + toyForm + toyDrive + "-- diff --\nold\n"
	got, err := parseTemplate("toy_form", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := oracle.Spec{
		Name: "toy_form", Mode: oracle.Repair,
		Ops:       []oracle.Op{{Name: "a", Kind: oracle.Reads}, {Name: "b", Kind: oracle.Reads}, {Name: "put", Kind: oracle.Writes}},
		Latencies: []time.Duration{10 * time.Millisecond, 30 * time.Millisecond}, Cancels: []time.Duration{},
		Hears: true, May: []string{"delayed"}, Mends: []string{"extra-write"}, Trigger: []string{"leak", "hang"},
		InFlight: 2, Goroutines: 3, Late: -1,
	}
	if !reflect.DeepEqual(got.spec, want) {
		t.Errorf("the spec is\n%+v, want\n%+v", got.spec, want)
	}
	if !got.races || got.rewrite.Limit != 2 || got.alive["x: y behind z"] != "neither matters" || !slices.Equal(got.rules, []string{"toy"}) {
		t.Errorf("read as %+v", got)
	}
	if len(got.Files) != 1 || got.Files[0].Name != "x.go" || string(got.drive) != "package p\n\nfunc Drive() {}\n" {
		t.Errorf("goherd sees %v", got.Files)
	}
	if format := string(got.format()); format != text {
		t.Errorf("written back, it is\n%s", format)
	}
}

func TestParseTemplateErrs(t *testing.T) {
	const head = "Why.\nmode: refactor/review\nread: a\n"
	tests := []struct{ name, archive, want string }{
		{"no drive", head + toyForm, "there is no drive.go"},
		{"no calls", "Why.\nmode: refactor/review\n" + toyForm + toyDrive, "it declares no call"},
		{"no mode", "Why.\nread: a\n" + toyForm + toyDrive, `mode "" is none of`},
		{"no trigger", "Why.\nmode: repair\nread: a\n" + toyForm + toyDrive, "says how the defect shows"},
		{"trigger of a refactor", head + "trigger: leak\n" + toyForm + toyDrive, "says how the defect shows"},
		{"trigger that takes two runs", head + "trigger: slower\n" + toyForm + toyDrive, `no run shows "slower" by itself`},
		{"licence of what is safe", "Why.\nmode: refactor/safe\nread: a\nmay: left \"x\"\n" + toyForm + toyDrive, "needs no licence"},
		{"licence without words", head + "may: left\n" + toyForm + toyDrive, "what the finding says of it"},
		{"licence of nothing", head + "may: luft \"x\"\n" + toyForm + toyDrive, "there is no class luft"},
		{"after without kills", head + toyForm + "-- after.go --\npackage p\n" + toyDrive, "says what kills it"},
		{"kills without after", head + "kills: leak\n" + toyForm + toyDrive, "says what kills it"},
		{"alive without a reason", head + "alive: x\n" + toyForm + toyDrive, "write MUTANT: why"},
		{"two packages", head + "-- sub/x.go --\npackage p\n" + toyDrive, "one package, in one folder"},
		{"deaf", head + "deaf: always\n" + toyForm + toyDrive, `all that can be said is "never"`},
		{"before", head + "before: fails\n" + toyForm + toyDrive, `all that can be said is "races"`},
		{"latencies", head + "latencies: soon\n" + toyForm + toyDrive, "invalid syntax"},
		{"unknown key", head + "writes: a\n" + toyForm + toyDrive, "unknown key"},
	}
	for _, tt := range tests {
		if _, err := parseTemplate("toy_form", []byte(tt.archive)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestUnannounced(t *testing.T) {
	one := &template{words: []licence{{"delayed", "it waits"}, {"extra-write", "it goes on"}}}
	out := &outcome{applied: []*rule.Located{{
		Safety: rule.Review, Changes: []string{"with a bound, it waits longer"},
		Evidence: []rule.LocatedEvidence{{Grade: rule.Safe, Claim: "it goes on"}},
	}}}
	refactor := &rule.Rule{Kind: rule.Refactor, Best: rule.Safe}
	tests := []struct {
		name string
		mode oracle.Mode
		rule *rule.Rule
		more rule.LocatedEvidence
		want []string
	}{
		{"all is said", oracle.Review, refactor, rule.LocatedEvidence{Grade: rule.Review, Claim: "that it goes on is taken not to matter"}, nil},
		{"a proved claim is no warning", oracle.Review, refactor, rule.LocatedEvidence{}, []string{`extra-write is allowed for "it goes on", which no finding names`}},
		{"not so safe", oracle.Safe, refactor, rule.LocatedEvidence{Grade: rule.Review, Claim: "it goes on"}, []string{"mode: it is refactor/review"}},
		{"a repair", oracle.Review, &rule.Rule{Kind: rule.Repair, Best: rule.Safe}, rule.LocatedEvidence{Grade: rule.Review, Claim: "it goes on"}, []string{"mode: it is repair"}},
	}
	for _, tt := range tests {
		one.spec.Mode = tt.mode
		told := *out.applied[0]
		told.Evidence = append(slices.Clone(told.Evidence), tt.more)
		got := one.unannounced(tt.rule, &outcome{applied: []*rule.Located{&told}})
		same := slices.EqualFunc(got, tt.want, func(text, part string) bool { return strings.HasPrefix(text, part) })
		if !same {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
