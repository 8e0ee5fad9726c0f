package goherd_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestReadme holds what README.md shows against what its first command prints
// today: the findings, and the lines at the end.
func TestReadme(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./cmd/goherd", "-C", "testdata/demo", "./...")
	var out, summary bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &summary
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("the README's command: %v\n%s", err, summary.String())
	}
	blocks := regexp.MustCompile("(?s)\n```\n(.*?)```\n").FindAllStringSubmatch(string(page), 2)
	if len(blocks) != 2 {
		t.Fatalf("README.md has %d excerpts, want the findings and the lines at the end", len(blocks))
	}
	heads := regexp.MustCompile(`(?m)^[a-z]+/\S+:\d+: `)
	starts := heads.FindAllStringIndex(blocks[0][1], -1)
	if len(starts) == 0 {
		t.Fatal("the first excerpt of README.md shows no finding")
	}
	for i, at := range starts {
		end := len(blocks[0][1])
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if finding := strings.TrimSpace(blocks[0][1][at[0]:end]); !strings.Contains(out.String(), finding) {
			t.Errorf("README.md shows a finding that the command doesn't print:\n%s", finding)
		}
	}
	if !strings.Contains(summary.String(), strings.TrimSpace(blocks[1][1])) {
		t.Errorf("README.md ends with\n%s\nthe command with\n%s", blocks[1][1], summary.String())
	}
}
