package goherd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"

	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
	"github.com/goherd/goherd/internal/trial"
	"github.com/goherd/goherd/internal/verify"
)

// A fate is what becomes of a finding's patch under a driver.
type fate struct {
	fix      *analysis.SuggestedFix // offered
	withheld string                 // why the fix of a safe finding is not
	bug      error                  // the patch did not pass goherd's own check, and is gone
}

// A candidate is a finding with a patch, and the view that it comes from.
type candidate struct {
	*rule.Finding
	view *view
	rank int // the rule's place: lower wins
}

// A settler decides which fixes one package offers. A driver may apply any of
// them, and go fix gives up all fixes of a package where two don't go together: so
// nothing overlaps, and what is offered was checked together.
type settler struct {
	views []*view
	fates map[*rule.Finding]fate
	plain map[string]error // by file: why a fix of it would do more than it says
}

// settle checks every patch of the views. It takes those away that may not be
// offered at any safety; of the safe ones it picks those that go together.
func settle(views []*view, rules []*rule.Rule) map[*rule.Finding]fate {
	s := &settler{views: views, fates: map[*rule.Finding]fate{}, plain: map[string]error{}}
	sound := s.sound(s.candidates(rules))
	var taken []*candidate
	for _, c := range sound {
		if c.Safety() < rule.Safe {
			continue
		}
		err := s.offerable(c)
		if err == nil {
			err = s.joins(taken, c)
		}
		if err != nil {
			s.fates[c.Finding] = fate{withheld: err.Error()}
			continue
		}
		taken = append(taken, c)
		s.fates[c.Finding] = fate{fix: c.fix()}
	}
	return s.fates
}

// candidates are the findings with a patch, in the order in which they win.
func (s *settler) candidates(rules []*rule.Rule) []*candidate {
	var list []*candidate
	for _, v := range s.views {
		for _, f := range v.found.Findings {
			if f.Safety() > rule.Advice {
				list = append(list, &candidate{f, v, slices.Index(rules, f.Rule)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Pos, b.Pos))
	})
	return list
}

// sound gives the candidates whose patches can be checked here and pass. Others
// lose their patch, or keep it unchecked where it imports what the package doesn't
// have: then it is not offered.
func (s *settler) sound(list []*candidate) []*candidate {
	var good []*candidate
	for _, c := range list {
		if err := c.wellFormed(); err != nil {
			s.drop(c, err)
		} else if why := c.elsewhere(); why != "" {
			c.Patch, c.Refused, c.RefusedBy = nil, why, "F12"
		} else if path, err := c.newImport(); err != nil {
			s.drop(c, err)
		} else if path != "" {
			s.fates[c.Finding] = fate{withheld: fmt.Sprintf("it imports %q, which no other file of the package does", path)}
		} else {
			good = append(good, c)
		}
	}
	if _, err := s.try(good...); err == nil {
		return good
	}
	return slices.DeleteFunc(good, func(c *candidate) bool {
		_, err := s.try(c)
		if err != nil {
			s.drop(c, err)
		}
		return err != nil
	})
}

func (s *settler) drop(c *candidate, err error) {
	c.Patch = nil
	c.Refused = "the patch did not pass goherd's own check"
	s.fates[c.Finding] = fate{bug: err}
}

// wellFormed errs when a patch is no patch of files that may be edited.
func (c *candidate) wellFormed() error {
	edits := 0
	for _, f := range c.Patch.Files {
		if c.view.file[f.Name] == nil {
			return fmt.Errorf("it edits %s, which goherd must not edit", f.Name)
		}
		edits += len(f.Edits)
	}
	if edits == 0 {
		return errors.New("it changes nothing")
	}
	return c.Patch.Check()
}

// elsewhere tells why a file is not the one to edit, as the program does.
func (c *candidate) elsewhere() string {
	for _, f := range c.Patch.Files {
		if info, err := os.Lstat(f.Name); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return f.Name + " is a symbolic link: edit the file it points to"
		}
	}
	return ""
}

// newImport gives the first import of the patched files that no file of the view
// has: the driver can't say what it is.
func (c *candidate) newImport() (string, error) {
	for _, f := range c.Patch.Files {
		text, err := f.Apply()
		if err != nil {
			return "", err
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name, text, parser.ImportsOnly)
		if err != nil {
			return "", fmt.Errorf("parse: %w", err)
		}
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && c.view.known[path] == nil {
				return path, nil
			}
		}
	}
	return "", nil
}

// try checks the patches of candidates together, in every view that builds one of
// their files.
func (s *settler) try(list ...*candidate) (*trial.Trial, error) {
	var patches []*patch.Patch
	touched := map[string]bool{}
	for _, c := range list {
		patches = append(patches, c.Patch)
		for _, f := range c.Patch.Files {
			touched[f.Name] = true
		}
	}
	var pkgs []*verify.Package
	for _, v := range s.views {
		if slices.ContainsFunc(v.pkg.Names, func(name string) bool { return touched[name] }) {
			pkgs = append(pkgs, v.pkg)
		}
	}
	return trial.Try(pkgs, false, patches...)
}

// joins errs unless c goes together with what is offered already, so that any
// driver merges them into what goherd checked.
func (s *settler) joins(taken []*candidate, c *candidate) error {
	for _, t := range taken {
		if patch.Overlap(t.Patch, c.Patch) || crowd(t.Patch, c.Patch) {
			return fmt.Errorf("it overlaps the one offered at line %d", t.line())
		}
	}
	t, err := s.try(append(slices.Clip(taken), c)...)
	if err != nil {
		return errors.New("it doesn't go together with the others that are offered")
	}
	if len(t.Dropped) > 0 {
		return fmt.Errorf("it leaves the import of %q unused", t.Dropped[0].Path)
	}
	for _, text := range t.Texts {
		if tidy, err := format.Source(text); err != nil || !bytes.Equal(tidy, text) {
			return errors.New("go fix would format what it writes")
		}
	}
	return nil
}

func (c *candidate) line() int { return c.view.pkg.Fset.PositionFor(c.Pos, false).Line }
