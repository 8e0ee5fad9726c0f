package goherd

import (
	_ "embed"
	"regexp"
)

//go:embed docs/hazards.md
var hazardsPage string

var hazardHead = regexp.MustCompile(`(?m)^\*\*([A-Z][0-9]+), ((?s:.+?))\.\*\*`)

// HazardTitles gives the title of each hazard by its id, as docs/hazards.md has it.
func HazardTitles() map[string]string {
	titles := map[string]string{}
	for _, m := range hazardHead.FindAllStringSubmatch(hazardsPage, -1) {
		titles[m[1]] = regexp.MustCompile(`\s+`).ReplaceAllString(m[2], " ")
	}
	return titles
}
