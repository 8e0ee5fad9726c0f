package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/config"
)

// TestManPages makes docs/man from the commands. The date is that of the last change
// of their form, not of today: what is generated must not change by itself.
func TestManPages(t *testing.T) {
	a := &app{rules: goherd.Rules, stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	root := a.command()
	pages := map[string]bool{}
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		if c.Name() == "help" || c.Hidden || c.Parent() != nil && c.Parent().Name() == "completion" {
			return
		}
		c.DisableAutoGenTag = true
		date := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
		var page bytes.Buffer
		if err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Date: &date, Source: "goherd", Manual: "goherd"}, &page); err != nil {
			t.Fatal(err)
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		pages[name] = true
		golden(t, "../../docs/man/"+name, page.Bytes())
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(root)
	files, err := filepath.Glob("../../docs/man/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !pages[filepath.Base(f)] {
			t.Errorf("%s is of no command any more: remove it", f)
		}
	}
	for _, want := range []string{"goherd.1", "goherd-apply.1", "goherd-explain.1", "goherd-exit-codes.1", "goherd-configuration.1", "goherd-drivers.1"} {
		if !pages[want] {
			t.Errorf("there is no %s", want)
		}
	}
}

// TestConfigurationTopic reads the file that the topic shows.
func TestConfigurationTopic(t *testing.T) {
	a := &app{rules: goherd.Rules}
	for _, topic := range topics() {
		if topic.Name() != "configuration" {
			continue
		}
		var text strings.Builder
		for line := range strings.Lines(topic.Long) {
			if rest, ok := strings.CutPrefix(line, "    "); ok {
				text.WriteString(rest)
			}
		}
		file, err := config.Parse("F", []byte(text.String()), a.configWords(a.diffCommand()))
		if err != nil {
			t.Fatalf("%v\n%s", err, &text)
		}
		if got, want := len(file.Values)+len(file.Promises.Entries), len(config.Keys()); got != want {
			t.Errorf("it shows %d keys of %d", got, want)
		}
		return
	}
	t.Error("there is no such topic")
}

// TestManPagesRead reads them with man, which complains of what it doesn't know.
func TestManPagesRead(t *testing.T) {
	if _, err := exec.LookPath("man"); err != nil {
		t.Skip("no man command")
	}
	for _, name := range []string{"goherd.1", "goherd-apply.1", "goherd-exit-codes.1"} {
		path, err := filepath.Abs("../../docs/man/" + name)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("man", "--warnings", "-l", path)
		cmd.Env = append(os.Environ(), "MANWIDTH=80", "MANPAGER=cat", "PAGER=cat", "LC_ALL=C.UTF-8")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() > 0 {
			t.Errorf("man %s: %v\n%s", name, err, &stderr)
		}
		lines := strings.Split(string(out), "\n")
		if !slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "NAME") }) {
			t.Errorf("%s has no NAME:\n%s", name, out)
		}
	}
}
