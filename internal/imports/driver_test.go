package imports

import (
	"fmt"
	"slices"
	"testing"

	"github.com/goherd/goherd/internal/patch"
)

// TestAddInDrivers: go fix and its kin merge fixes without patch.Merge. What they
// make of two imports may not be pretty, but it must be right.
func TestAddInDrivers(t *testing.T) {
	paths := []string{"context", "runtime", "golang.org/x/sync/errgroup", "a.b/c", "context"}
	for _, src := range []string{
		"package p\n", "package p\n\nimport \"C\"\n", "package p\n\nimport \"fmt\"\n", "package p\n\nimport \"fmt\"\nimport \"os\"\n",
		"package p\n\nimport (\n\t\"fmt\"\n)\n", "package p\n\nimport (\n\t\"k8s.io/api\"\n)\n", "package p\n\nimport ()\n",
	} {
		for _, first := range paths {
			for _, second := range paths {
				checkDriver(t, src+tail, first, second)
			}
		}
	}
}

func checkDriver(t *testing.T, src, first, second string) {
	t.Helper()
	x, err := Add([]byte(src), first, "")
	if err != nil {
		t.Fatal(err)
	}
	y, err := Add([]byte(src), second, "")
	if err != nil {
		t.Fatal(err)
	}
	want := importsOf(t, "f.go", src)
	for _, path := range []string{first, second} {
		if quoted := fmt.Sprintf("%q", path); !slices.Contains(want, quoted) {
			want = append(want, quoted)
		}
	}
	checkImports(t, "f.go", apply(t, src, driverMerge(x, y)), false, want)
}

// driverMerge does as Merge of golang.org/x/tools/internal/diff (v0.52) for lists
// that don't conflict.
func driverMerge(x, y []patch.Edit) []patch.Edit {
	var out []patch.Edit
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0] == y[0]:
			out, x, y = append(out, x[0]), x[1:], y[1:]
		case x[0].End <= y[0].Start:
			out, x = append(out, x[0]), x[1:]
		default:
			out, y = append(out, y[0]), y[1:]
		}
	}
	out = slices.Concat(out, x, y)
	for i := range out {
		out[i].Shared = false // or Apply would sort them and land duplicates once
	}
	return out
}
