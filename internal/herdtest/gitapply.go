package herdtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/patch"
)

// gitApply hands every diff to git, as users do: at the root of the repository, in
// the module, and in the folders of the module that changed. Each time it is taken
// back, the first time from the folder between: that proves as much again.
func (p *prover) gitApply() error {
	for _, s := range p.before {
		if out, err := git(s.root, "", "init", "--quiet"); err != nil {
			return fmt.Errorf("git init: %w\n%s", err, out)
		}
		for _, c := range s.cases {
			out := p.outcomes[c]
			if out == nil || len(out.changes) == 0 {
				continue
			}
			p.applyIn(s, c, ".", services, ".")
			for _, folder := range out.folders() {
				from := path.Join(s.dir(c), folder)
				p.applyIn(s, c, from, from, folder)
			}
			p.applyEach(s, c)
		}
	}
	return nil
}

// applyIn applies what goherd says in the folder from, where it sees the part
// within of the module, and takes it back in the folder back.
func (p *prover) applyIn(s *site, c *Case, from, back, within string) {
	diff := p.diffFrom(s, c, from, within)
	if out, err := git(filepath.Join(s.root, from), diff, "apply"); err != nil {
		p.problems.add(c, "git apply in %s: %v\n%s\n%s", from, err, indent(out), indent(diff))
		return
	}
	for _, change := range p.outcomes[c].changes {
		now, err := os.ReadFile(filepath.Join(s.root, s.dir(c), change.Rel))
		if want := change.New; under(within, change.Rel) && (err != nil || !bytes.Equal(now, want)) {
			p.problems.add(c, "git apply in %s leaves another %s (- goherd, + git): %v\n%s", from, change.Rel, err, indent(patch.Unified(change.Rel, want, now)))
		}
	}
	if out, err := git(filepath.Join(s.root, back), p.diffFrom(s, c, back, within), "apply", "--reverse"); err != nil {
		p.problems.add(c, "git apply --reverse in %s: %v\n%s", back, err, indent(out))
	}
}

// diffFrom is c's merged diff with paths relative to the folder from.
func (p *prover) diffFrom(s *site, c *Case, from, within string) string {
	var diff strings.Builder
	for _, change := range p.outcomes[c].changes {
		if !under(within, change.Rel) {
			continue
		}
		name, err := filepath.Rel(from, path.Join(s.dir(c), change.Rel))
		if err != nil {
			p.problems.add(c, "the path of %s in %s: %v", change.Rel, from, err)
		}
		diff.WriteString(patch.Unified(filepath.ToSlash(name), change.Old, change.New))
	}
	return diff.String()
}

// applyEach has git check each finding's own patch, which is printed for where
// goherd ran.
func (p *prover) applyEach(s *site, c *Case) {
	merged := p.diffFrom(s, c, s.home(), ".")
	for _, f := range p.outcomes[c].findings {
		if f.Patch == "" || f.Patch == merged {
			continue
		}
		if out, err := git(filepath.Join(s.root, s.home()), f.Patch, "apply", "--check"); err != nil {
			p.problems.add(c, "%s:%d: git apply of this finding's patch alone: %v\n%s\n%s", f.Path, f.Line, err, indent(out), indent(f.Patch))
		}
	}
}

// git runs git without anyone's configuration, and in no repository but dir's: a
// hook that runs the tests sets GIT_DIR.
func git(dir, stdin string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
