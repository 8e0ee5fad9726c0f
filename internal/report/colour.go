package report

import "github.com/fatih/color"

// An ink colours a string, or leaves it as it is.
type ink func(string) string

// A palette is made by the colour door: nothing else in goherd knows how
// colours come about.
type palette struct {
	strong, dim, added, removed, hunk ink
	level                             [3]ink // by rule.Safety
}

// newPalette is told whether there are colours. It asks neither the environment
// nor a global, as the library would by itself.
func newPalette(on bool) palette {
	mix := func(attributes ...color.Attribute) ink {
		c := color.New(attributes...)
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return func(s string) string { return c.Sprint(s) }
	}
	return palette{
		strong:  mix(color.Bold),
		dim:     mix(color.Faint),
		added:   mix(color.FgGreen),
		removed: mix(color.FgRed),
		hunk:    mix(color.FgCyan),
		level:   [3]ink{mix(color.FgBlue, color.Bold), mix(color.FgYellow, color.Bold), mix(color.FgGreen, color.Bold)},
	}
}
