package engine

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"github.com/goherd/goherd/internal/modreq"
	"github.com/goherd/goherd/internal/patch"
	"github.com/goherd/goherd/internal/rule"
)

// A depot answers for each module of a run, once, whether it can have the package
// of another module that a fix wants to import. It is safe for concurrent use.
type depot struct {
	run *run

	mu    sync.Mutex
	known map[order]rule.Supply
	work  *string // the folder of the go.work in force; nil until asked
	files map[string]bool
}

// An order is what is asked of one module.
type order struct {
	goMod, path string
	add         bool
}

// supply answers for the unit's module. What an earlier round has put into go.mod
// is there.
func (d *depot) supply(u *unit, path string, add bool) rule.Supply {
	m := u.loaded.Module
	if m == nil || !m.Main || m.GoMod == "" || !strings.HasPrefix(path, modreq.Module+"/") {
		return rule.Supply{Refused: fmt.Sprintf("no file of this package imports %s", path)}
	}
	if len(u.pkg.Names) > 0 {
		if list := modreq.Listed(filepath.Dir(u.pkg.Names[0])); list != "" {
			return rule.Supply{Refused: fmt.Sprintf("no file of this package imports %s, and %s says what it imports", path, list)}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	o := order{m.GoMod, path, add}
	s, ok := d.known[o]
	if !ok {
		s = d.ask(o)
		d.known[o] = s
	}
	if d.run.src.changed(o.goMod) {
		s.Files, s.Words = nil, ""
	}
	return s
}

// ask has the requirement worked out, and the package loaded as it would be then.
func (d *depot) ask(o order) rule.Supply {
	r := d.run
	need, err := modreq.For(r.ctx, modreq.Request{GoMod: o.goMod, Work: d.workspace(filepath.Dir(o.goMod)), Add: o.add})
	if err != nil {
		return rule.Supply{Refused: r.short(err.Error())}
	}
	s := rule.Supply{Words: need.Words}
	overlay := map[string][]byte{}
	for _, f := range need.Files {
		overlay[f.Name] = f.New
		edits := patch.Lines(f.Old, f.New, 0)
		for i := range edits {
			edits[i].Shared = true
		}
		s.Files = append(s.Files, patch.File{Name: f.Name, Old: f.Old, Edits: edits})
	}
	if strings.HasPrefix(r.rel(o.goMod), "../") && len(need.Files) > 0 {
		if need.New {
			return rule.Supply{Refused: "go.mod lies above the folder in which goherd runs: run it there"}
		}
		s.Files, s.Words = nil, "" // a comment behind the requirement, which go mod tidy takes away as well
	}
	if err := r.stock.order(o.path, filepath.Dir(o.goMod), overlay); err != nil {
		return rule.Supply{Refused: r.short(fmt.Sprintf("%s can't be loaded: %v", o.path, err))}
	}
	for _, f := range s.Files {
		d.files[f.Name] = true
	}
	return s
}

// workspace is the folder of the go.work in force.
func (d *depot) workspace(dir string) string {
	if d.work == nil {
		work := modreq.Workspace(d.run.ctx, dir)
		d.work = &work
	}
	return *d.work
}

// supplied tells whether a file is a go.mod or go.sum that a patch may edit.
func (d *depot) supplied(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[name]
}
