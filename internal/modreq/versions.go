package modreq

import (
	_ "embed" // the versions of golang.org/x/sync
	"go/version"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

//go:embed sync.table
var syncTable string

// A release is one version of golang.org/x/sync.
type release struct {
	version     string
	goLine      string // "1.23.0"; "" where its go.mod has none
	sum, modSum string // as in go.sum
}

// releases lists what sync.table holds, oldest first.
func releases() []release {
	var list []release
	for line := range strings.Lines(syncTable) {
		f := strings.Fields(line)
		if len(f) != 4 || f[0] == "#" {
			continue
		}
		r := release{f[0], f[1], f[2], f[3]}
		if r.goLine == "-" {
			r.goLine = ""
		}
		list = append(list, r)
	}
	return list
}

// known gives the release of a version.
func known(v string) (release, bool) {
	list := releases()
	if i := slices.IndexFunc(list, func(r release) bool { return r.version == v }); i >= 0 {
		return list[i], true
	}
	return release{}, false
}

// newest is the last release that a module can require: a later one would raise
// its go line. Excluded are versions that go.mod won't have.
func newest(goLine string, excluded []string) release {
	list := releases()
	for _, r := range slices.Backward(list) {
		low := r.goLine == "" || version.Compare("go"+r.goLine, "go"+goLine) <= 0
		if low && unsound(r.version) == "" && !slices.Contains(excluded, r.version) {
			return r
		}
	}
	return list[0] // has no go line, so any module can require it
}

// unsound says what is wrong with a version, "" for nothing. SetLimit came with
// v0.1.0. In v0.14.0 and v0.15.0 a panic is kept until Wait, which may wait for
// what panicked; v0.16.0 took that back (golang/go#53757).
func unsound(v string) string {
	switch {
	case semver.Compare(v, "v0.1.0") < 0:
		return v + " of " + Module + " has no SetLimit yet"
	case v == "v0.14.0" || v == "v0.15.0":
		return v + " of " + Module + " keeps a panic back until the whole group has ended"
	}
	return ""
}
