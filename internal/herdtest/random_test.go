package herdtest

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/goherd/goherd"
)

func TestTry(t *testing.T) {
	isolate(t)
	n, _ := strconv.Atoi(os.Getenv("N"))
	if n == 0 {
		t.Skip()
	}
	seed, _ := strconv.Atoi(os.Getenv("SEED"))
	start := time.Now()
	f, err := newField(RandomOptions{Dir: "../../testdata", Work: "/work/scratch/gen/work", Rules: goherd.Rules, Seed: uint64(seed), Count: n, Sample: 24, Race: os.Getenv("RACE") != ""})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%v\n%s", time.Since(start), f.table())
	for _, text := range f.warnings {
		t.Error(text)
	}
	for _, text := range f.unsteady() {
		t.Log(text)
	}
	for trait, n := range f.traits() {
		t.Log(trait, n)
	}
	for _, one := range f.failures("") {
		t.Errorf("%s %v %s\n%s\n%s", one.program.Name, one.classes, one.words, one.program.Source, one.text)
	}
}
