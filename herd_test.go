package goherd_test

import (
	"flag"
	"testing"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/herdtest"
)

//go:generate go test . -run TestPages -update

var (
	update = flag.Bool("update", false, "accept what comes out as the new goldens and pages")
	only   = flag.String("only", "", "only these `RULES`, by comma: their cases, guards, examples and templates")
	wide   = flag.Bool("wide", false, "many more schedules in TestOracle, which takes minutes")
)

func config() herdtest.Config {
	return herdtest.Config{Dir: "testdata", Rules: goherd.Rules, Update: *update, Only: *only, Wide: *wide}
}

// TestCases runs each archive of testdata (internal/herdtest says what is proved).
func TestCases(t *testing.T) { herdtest.Cases(t, config()) }

// TestGuards switches each guard of each rule off, and wants a case that minds.
func TestGuards(t *testing.T) { herdtest.Guards(t, config()) }

// TestExamples compiles and runs Before and After of each rule's page.
func TestExamples(t *testing.T) { herdtest.Examples(t, config()) }

// TestPages holds docs/rules against the rules; go generate writes it anew.
func TestPages(t *testing.T) { herdtest.Pages(t, config(), "docs/rules") }

// TestDrivers holds go vet and go fix with goherd as their tool against goherd.
func TestDrivers(t *testing.T) { herdtest.Drivers(t, config()) }

// TestPrograms runs random programs before and after the rules have rewritten them, and
// once more with guards switched off. What fails is kept as an archive.
func TestPrograms(t *testing.T) { herdtest.Programs(t, config(), "docs/proof.md") }

// TestOracle runs what the rules write against what was there, schedule by schedule,
// and holds docs/proof.md against what came out.
func TestOracle(t *testing.T) { herdtest.Oracle(t, config(), "docs/proof.md") }
