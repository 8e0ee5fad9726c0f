package report

import (
	"fmt"
	"strings"

	"github.com/goherd/goherd/internal/rule"
)

// LeftOut says how many findings the user did not want to hear of, "" for none.
func LeftOut(n rule.LeftOut, since, baseline string) string {
	var parts []string
	if n.Baseline > 0 {
		parts = append(parts, fmt.Sprintf("%s that %s has", plural(n.Baseline, "finding"), Clean(baseline)))
	}
	if n.Since > 0 {
		parts = append(parts, fmt.Sprintf("%s in lines that have not changed since %s", plural(n.Since, "finding"), Clean(since)))
	}
	if parts == nil {
		return ""
	}
	return "left out: " + strings.Join(parts, ", ")
}

// Count is "1 finding", "2 findings".
func Count(n int, noun string) string { return plural(n, noun) }

// Entries is "1 entry", "2 entries".
func Entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
