// Package modreq decides whether a module may import golang.org/x/sync, and what
// its go.mod and go.sum need for that. It reads and computes: it writes nothing,
// and nothing is asked of a network.
package modreq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// Module is the module that can be asked for.
const Module = "golang.org/x/sync"

// A Request is what one module is asked.
type Request struct {
	GoMod string // path of its go.mod, absolute
	Work  string // folder of the go.work that is in force; "" without one
	Add   bool   // a requirement may be added where there is none
}

// A Need is what the module's files need so that Module can be imported.
type Need struct {
	Files []File // sorted by Name; none where the module is ready as it is
	Words string // what Files do, for the user; "" with none
	New   bool   // there was no requirement
}

// A File is one file before and after. Old is nil where there is none yet.
type File struct {
	Name     string
	Old, New []byte
}

// For says what the module needs. It errs where Module can't be had: the text is
// for the user, and says what to run.
func For(ctx context.Context, r Request) (*Need, error) {
	m, err := readModule(r.GoMod)
	if err != nil {
		return nil, err
	}
	if m.require == nil && !r.Add {
		return nil, fmt.Errorf("go.mod doesn't require %s: --form errgroup adds it", Module)
	}
	if m.replaced && (m.require == nil || m.require.Indirect) {
		return nil, fmt.Errorf("go.mod replaces %s: require it by hand", Module)
	}
	env, err := readEnv(ctx, m.dir)
	if err != nil {
		return nil, err
	}
	if strings.Contains(env.GOFLAGS, "-modfile") {
		return nil, errors.New("GOFLAGS names another go.mod (-modfile)")
	}
	if tree := vendored(m.dir, r.Work); tree != "" {
		if err := m.inVendor(tree); err != nil {
			return nil, err
		}
	}
	version, err := m.version(ctx)
	if err != nil {
		return nil, err
	}
	if why := unsound(version); why != "" && !m.replaced {
		return nil, fmt.Errorf("%s: %s", why, m.get())
	}
	if m.require != nil && !m.require.Indirect {
		return &Need{}, nil
	}
	return m.need(version, env.GOMODCACHE)
}

// A target is one go.mod and what stands beside it.
type target struct {
	dir      string
	path     string // of go.mod
	text     []byte
	file     *modfile.File
	require  *modfile.Require // nil: none
	replaced bool             // go.mod says where Module's source is
}

func readModule(path string) (*target, error) {
	m := &target{dir: filepath.Dir(path), path: path}
	var err error
	if m.text, err = os.ReadFile(path); err != nil {
		return nil, fmt.Errorf("read go.mod: %w", err)
	}
	if m.file, err = modfile.Parse("go.mod", m.text, nil); err != nil {
		return nil, fmt.Errorf("read go.mod: %w", err)
	}
	for _, r := range m.file.Require {
		if r.Mod.Path == Module {
			m.require = r
		}
	}
	for _, r := range m.file.Replace {
		m.replaced = m.replaced || r.Old.Path == Module
	}
	return m, nil
}

// goLine is the version of the go line, or what a go.mod without one means.
func (m *target) goLine() string {
	if m.file.Go == nil {
		return "1.16"
	}
	return m.file.Go.Version
}

// newest is the last version that this go.mod can require.
func (m *target) newest() string {
	var excluded []string
	for _, x := range m.file.Exclude {
		if x.Mod.Path == Module {
			excluded = append(excluded, x.Mod.Version)
		}
	}
	return newest(m.goLine(), excluded).version
}

// get is the command that has the go command do it.
func (m *target) get() string {
	return fmt.Sprintf("run `go get %s@%s`", Module, m.newest())
}

// version is the one that is selected already, which stays; else the newest that
// the module's go line allows.
func (m *target) version(ctx context.Context) (string, error) {
	v, err := selected(ctx, m.dir)
	switch {
	case err == nil && v != "":
		return v, nil
	case m.require != nil:
		return m.require.Mod.Version, nil
	case err != nil:
		return "", fmt.Errorf("the go command can't say without a download which version of %s goes with the others (%w): %s", Module, err, m.get())
	}
	return m.newest(), nil
}

// need is what a requirement that is new, or becomes direct, takes.
func (m *target) need(version, cache string) (*Need, error) {
	n := &Need{New: m.require == nil}
	sum, err := m.sums(version, cache)
	if err != nil {
		return nil, err
	}
	mod, err := m.requiring(version)
	if err != nil {
		return nil, err
	}
	n.Files = []File{{m.path, m.text, mod}}
	if sum != nil {
		n.Files = append(n.Files, *sum)
	}
	n.Words = fmt.Sprintf("go.mod requires %s %s, which is a new dependency", Module, version)
	if !n.New {
		n.Words = fmt.Sprintf("go.mod requires %s %s directly: it is no longer // indirect", Module, version)
	}
	return n, nil
}
