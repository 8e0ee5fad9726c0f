package report

import "github.com/goherd/goherd/internal/rule"

// sample is a run that shows every line a report can have.
func sample() *rule.Run {
	return &rule.Run{
		Version: 1, Tool: "goherd devel", Go: "1.26.8", Root: "/src/shop",
		Findings: []*rule.Located{
			{
				ID: "00000000000000a1", Rule: "stuckresult", Safety: rule.Safe,
				Path: "internal/load/page.go", Line: 41, EndLine: 52, Col: 2, Func: "(*Loader).Page",
				Package: "example.com/shop/internal/load", Module: "example.com/shop",
				Message: "the goroutine that sends fetchUser's result blocks for ever when ctx ends first",
				Evidence: []rule.LocatedEvidence{
					{Hazard: "L1", Claim: "the goroutine sends exactly once on every path", Grade: rule.Safe, Path: "internal/load/page.go", Line: 43},
					{Hazard: "L12", Claim: "nobody asks for len or cap of res", Grade: rule.Safe, Path: "internal/load/page.go", Line: 41},
					{Hazard: "L2", Claim: "Page returns at line 49, and then nobody receives", Grade: rule.Safe, Path: "internal/load/page.go", Line: 49},
				},
				Patch: "--- a/internal/load/page.go\n+++ b/internal/load/page.go\n@@ -39,7 +39,7 @@\n \n func (l *Loader) Page(ctx context.Context, id string) (*User, error) {\n-\tres := make(chan result)\n+\tres := make(chan result, 1)\n \tgo func() {\n \t\tu, err := l.fetchUser(ctx, id)\n \t\tres <- result{u, err}\n",
			},
			{
				ID: "00000000000000b2", Rule: "unbounded", Safety: rule.Review,
				Path: "internal/load/all.go", Line: 88, EndLine: 97, Col: 2, Func: "Warm",
				Package: "example.com/shop/internal/load", Module: "example.com/shop",
				Message: "one goroutine is started for each of ids, and nothing bounds how many: a request with 100,000 ids opens as many connections at once",
				Evidence: []rule.LocatedEvidence{
					{Hazard: "B1", Claim: "ids comes from the caller, so its length is not known here", Grade: rule.Safe, Path: "internal/load/all.go", Line: 88},
					{Hazard: "B2", Claim: "each goroutine waits for the network: it calls (*http.Client).Do through get, which is declared two packages away and was followed", Grade: rule.Safe, Path: "internal/wire/get.go", Line: 210},
					{Hazard: "B3", Claim: "no lock is held while the loop waits for a slot", Grade: rule.Safe, Path: "internal/load/all.go", Line: 92},
					{Hazard: "B4", Claim: "nothing is started in the same group from inside", Grade: rule.Safe, Path: "internal/load/all.go", Line: 93},
					{Hazard: "B7", Claim: "the goroutines do not wait for each other, as far as the interface Store tells", Grade: rule.Review, Path: "internal/load/all.go", Line: 92},
				},
				Changes: []string{
					"at most 8 loads run at once, so warming many ids takes longer and needs less memory; whoever counted on all of them being started at once waits",
					"g.Go blocks while 8 loads are running",
				},
				ConflictsWith: []string{"00000000000000a1", "00000000000000ff"},
				Patch:         "--- a/internal/load/all.go\n+++ b/internal/load/all.go\n@@ -88,2 +88,3 @@\n \tg, ctx := errgroup.WithContext(ctx)\n+\tg.SetLimit(8)\n \tfor _, id := range ids {\n--- a/internal/load/const.go\n+++ b/internal/load/const.go\n@@ -3 +3,2 @@\n--- old marker\n+++ new marker\n+const loads = 8\n\\ No newline at end of file\n",
				Gain:          &rule.Gain{Serial: 3, Parallel: 1},
			},
			{
				ID: "00000000000000c3", Rule: "unbounded", Safety: rule.Advice,
				Path: "cmd/shop/main.go", Line: 7, EndLine: 9, Col: 2,
				Package: "example.com/shop/cmd/shop", Module: "example.com/shop",
				Message: "one goroutine is started for each line of standard input",
				Evidence: []rule.LocatedEvidence{
					{Hazard: "B1", Claim: "the number of lines is not known here", Grade: rule.Safe, Path: "cmd/shop/main.go", Line: 7},
					{Hazard: "F2", Claim: "label lines leaves the loop from inside the body", Grade: rule.Advice, Path: "cmd/shop/main.go", Line: 8},
				},
				Refused: "label lines leaves the loop from inside the body", RefusedBy: "F2",
			},
			{
				ID: "00000000000000d4", Rule: "unbounded", Safety: rule.Advice,
				Path: "cmd/shop/serve.go", Line: 30, EndLine: 31, Col: 2, Func: "serve",
				Package: "example.com/shop/cmd/shop", Module: "example.com/shop",
				Message:  "one goroutine is started for each connection",
				Evidence: []rule.LocatedEvidence{{Hazard: "B2", Claim: "whether handle waits is not known", Grade: rule.Advice, Path: "cmd/shop/serve.go", Line: 30}},
			},
		},
		Skipped: rule.Skipped{Generated: 3, OtherSystems: 1, NestedModules: 2, TypeErrors: []string{"example.com/shop/broken"}},
		Summary: rule.Summary{Safe: 1, Review: 1, Advice: 2, Files: 120, Packages: 14},
	}
}
