package goherd

import "testing"

// Explanations name hazards by their titles: each guard's hazard has one.
func TestHazardTitles(t *testing.T) {
	titles := HazardTitles()
	if got := titles["B5"]; got != "a group's context in the place of the outer one" {
		t.Errorf("B5 is %q", got)
	}
	for _, r := range Rules {
		for _, g := range r.Guards {
			if titles[g.Hazard] == "" {
				t.Errorf("guard %s of %s: hazard %s has no title in docs/hazards.md", g.Name, r.Name, g.Hazard)
			}
		}
	}
}
