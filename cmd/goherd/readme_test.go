package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/config"
	"github.com/goherd/goherd/internal/rule"
)

// TestReadmeConfiguration reads the file that README.md shows, with the rules and
// the flags of the real program, and wants every key to be named there.
func TestReadmeConfiguration(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	block := regexp.MustCompile("(?s)\n```yaml\n(.*?)```\n").FindStringSubmatch(section)
	if block == nil {
		t.Fatal("README.md shows no configuration")
	}
	a := &app{rules: goherd.Rules}
	file, err := config.Parse(config.Name, []byte(block[1]), a.configWords(a.diffCommand()))
	if err != nil {
		t.Fatalf("README.md shows a configuration that goherd refuses:\n%v", err)
	}
	flags := a.diffCommand().Flags()
	for _, v := range file.Values {
		if err := flags.Set(v.Key, v.Text); err != nil {
			t.Errorf("%s: %v", v.Place, err)
		}
	}
	if len(file.Values) < 3 || len(file.Promises.Entries) < 2 {
		t.Errorf("README.md shows %d values and %d promises: hardly an example", len(file.Values), len(file.Promises.Entries))
	}
	if _, err := rule.ParseSafety(flags.Lookup("safety").Value.String()); err != nil {
		t.Error(err)
	}
	for _, key := range config.Keys() {
		if !strings.Contains(section, "`"+key+"`") {
			t.Errorf("README.md doesn't name the key %s", key)
		}
	}
}
