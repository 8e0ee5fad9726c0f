package engine

import (
	"fmt"
	"os"
	"strings"

	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// screen takes the patches away that must not be offered whatever the
// type-checker says of them. What is left may be verified.
func (r *run) screen(found []*finding) {
	links := map[string]bool{}
	for _, f := range found {
		if f.Patch == nil {
			continue
		}
		switch err := r.wellFormed(f.Patch); {
		case err != nil:
			r.drop(f, err)
		case f.Safety() == rule.Advice:
			f.Patch = nil
			f.Refused, f.RefusedBy = doubt(f.Finding)
		default:
			r.refuseElsewhere(f, links)
		}
	}
}

// wellFormed errs when a patch is no patch of files that may be edited.
func (r *run) wellFormed(p *patch.Patch) error {
	edits := 0
	for _, f := range p.Files {
		if r.owners[f.Name] == nil && !r.depot.supplied(f.Name) {
			return fmt.Errorf("it edits %s, which goherd must not edit", r.rel(f.Name))
		}
		edits += len(f.Edits)
	}
	if edits == 0 {
		return fmt.Errorf("it changes nothing")
	}
	return p.Check()
}

// doubt says why a finding is only advice although its rule wrote a patch.
func doubt(f *rule.Finding) (reason, hazard string) {
	answered := map[string]bool{}
	for _, e := range f.Evidence {
		if e.Grade == rule.Advice {
			return "not known to be so: " + e.Claim, e.Hazard
		}
		answered[e.Hazard] = true
	}
	for _, h := range f.Rule.Obligations {
		if !answered[h] {
			return "nothing is known about hazard " + h, h
		}
	}
	return "rule " + f.Rule.Name + " only advises", ""
}

// refuseElsewhere refuses a patch of a file that is not what goherd read, or that
// is only a link to it. links remembers the answers of the second question.
func (r *run) refuseElsewhere(f *finding, links map[string]bool) {
	for _, file := range f.Patch.Files {
		if err := r.src.fresh(file.Name, file.Old); err != nil {
			f.Patch, f.Refused = nil, err.Error()
			return
		}
		link, known := links[file.Name]
		if !known {
			info, err := os.Lstat(file.Name)
			link = err == nil && info.Mode()&os.ModeSymlink != 0
			links[file.Name] = link
		}
		if link {
			f.Patch = nil
			f.Refused, f.RefusedBy = r.rel(file.Name)+" is a symbolic link: edit the file it points to", "F12"
			return
		}
	}
}

// drop takes back a patch that goherd's own check did not pass: a bug of goherd,
// and the user should hear of it.
func (r *run) drop(f *finding, err error) {
	why := oneLine(r.short(err.Error()))
	f.Patch, f.diff, f.fix = nil, "", nil
	f.Refused = "internal error: the patch did not pass goherd's own check (" + why + "): please report it"
	r.warn(fmt.Sprintf("%s:%d:%d: goherd's own bug: the patch of rule %s was dropped: %s", f.at.Path, f.at.Line, f.at.Col, f.at.Rule, why))
}

// short makes the paths in a message relative, as all others of the report are.
func (r *run) short(text string) string {
	return strings.ReplaceAll(text, r.root+string(os.PathSeparator), "")
}
