package report

import (
	"encoding/json"
	"io"

	"github.com/goherd/goherd/internal/rule"
)

// JSON prints the run as the object of the contract: findings at safety or
// better, a summary of all, and an empty list wherever there is none.
func JSON(w io.Writer, run *rule.Run, safety rule.Safety) error {
	shown := *run
	shown.Findings = []*rule.Located{}
	for _, f := range run.Findings {
		if f.Safety < safety {
			continue
		}
		full := *f
		full.Evidence = filled(f.Evidence)
		full.Changes = filled(f.Changes)
		full.ConflictsWith = filled(f.ConflictsWith)
		shown.Findings = append(shown.Findings, &full)
	}
	shown.Warnings = filled(run.Warnings)
	shown.Skipped.TypeErrors = filled(run.Skipped.TypeErrors)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // readers meet code here, not web pages
	e.SetIndent("", "  ")
	return e.Encode(shown)
}

func filled[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}
