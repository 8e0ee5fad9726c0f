package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goherd/goherd"
)

// TestDocsCommands reads every goherd command that the pages about drivers and
// campaigns show: its flags have to be there.
func TestDocsCommands(t *testing.T) {
	commands := regexp.MustCompile(`goherd apply ([^\n#]*)`)
	n := 0
	for _, page := range []string{"../../docs/campaigns.md", "../../docs/drivers.md", "../../.pre-commit-hooks.yaml"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range commands.FindAllStringSubmatch(string(text), -1) {
			for _, word := range strings.Fields(m[1]) {
				word, _, _ = strings.Cut(strings.TrimRight(word, "`.,;:)"), "=")
				if !strings.HasPrefix(word, "--") {
					continue
				}
				n++
				a := &app{rules: goherd.Rules, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
				if a.applyCommand().Flags().Lookup(word[2:]) == nil {
					t.Errorf("%s shows goherd apply %s: there is no such flag", page, word)
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("the pages show %d flags: hardly all", n)
	}
}
