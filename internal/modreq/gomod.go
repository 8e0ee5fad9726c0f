package modreq

import (
	"bytes"
	"errors"
	"go/version"
	"slices"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// requiring is go.mod with a direct requirement, as `go mod tidy` would leave it.
func (m *target) requiring(v string) ([]byte, error) {
	if !bytes.Equal(modfile.Format(m.file.Syntax), m.text) {
		return nil, errors.New("go.mod is not formatted as the go command writes it: run `go mod edit -fmt`")
	}
	list := slices.Clone(m.file.Require)
	if at := slices.Index(list, m.require); at >= 0 {
		direct := *m.require
		direct.Indirect = false
		list[at] = &direct
	} else {
		list = append(list, &modfile.Require{Mod: module.Version{Path: Module, Version: v}})
	}
	if version.Compare("go"+m.goLine(), "go1.17") >= 0 {
		m.file.SetRequireSeparateIndirect(list)
	} else {
		m.file.SetRequire(list)
	}
	m.file.Cleanup()
	return m.file.Format()
}
