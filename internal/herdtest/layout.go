package herdtest

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// A site is a folder in which cases lie side by side, each the module
// services/NAME. Most cases share one site, which is a workspace: one load serves
// them all. A case that brings requirements of its own gets a site to itself, as in
// a workspace all modules see the same versions.
type site struct {
	root  string
	cases []*Case
	alone bool
}

const services = "services"

// dir is where c lies, relative to the root.
func (*site) dir(c *Case) string { return path.Join(services, c.Name) }

// patterns are all packages of cases for a go command in the folder from, which is
// relative to the root.
func (s *site) patterns(from string, cases []*Case) []string {
	var out []string
	for _, c := range cases {
		if under(s.dir(c), from) {
			return []string{"./..."}
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(s.dir(c), from), "/")
		out = append(out, "./"+rel+"/...")
	}
	return out
}

// home is the highest folder, relative to the root, where the go command sees every case.
func (s *site) home() string {
	if s.alone {
		return s.dir(s.cases[0])
	}
	return ""
}

// sites divides the cases, to be laid out under dir.
func sites(dir string, cases []*Case) []*site {
	shared := &site{root: filepath.Join(dir, "shared")}
	out := []*site{shared}
	for _, c := range cases {
		if c.needsOwnSite() {
			out = append(out, &site{root: filepath.Join(dir, c.Name), cases: []*Case{c}, alone: true})
		} else {
			shared.cases = append(shared.cases, c)
		}
	}
	if len(shared.cases) == 0 {
		out = out[1:]
	}
	return out
}

var ownVersions = regexp.MustCompile(`(?m)^\s*(require|replace|exclude|tool|godebug|toolchain)\b`)

// needsOwnSite tells whether c would change what its neighbours in a workspace see,
// or the workspace what it sees.
func (c *Case) needsOwnSite() bool {
	for _, f := range c.Files {
		dir, name := path.Split(f.Name)
		switch {
		case name == "go.work", name == "go.mod" && dir != "", f.Name == "vendor/modules.txt":
			return true
		case f.Name == "go.mod" && ownVersions.Match(f.Data):
			return true
		}
	}
	return false
}

// write lays the cases out. change gives the new text of a file, nil for the old one.
func (s *site) write(own goMod, change func(c *Case, file string) []byte) error {
	var work strings.Builder
	fmt.Fprintf(&work, "go %s\n", own.version)
	for _, c := range s.cases {
		files := c.module(own)
		if made := change(c, "go.sum"); made != nil { // it may not have been there
			files["go.sum"] = made
		}
		for name, data := range files {
			if new := change(c, name); new != nil {
				data = new
			}
			if err := writeFile(filepath.Join(s.root, s.dir(c), name), data); err != nil {
				return err
			}
		}
		fmt.Fprintf(&work, "use ./%s\n", s.dir(c))
	}
	if s.alone {
		return nil
	}
	return writeFile(filepath.Join(s.root, "go.work"), []byte(work.String()))
}

func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o666)
}

// module is every file of c's module, with the go.mod and go.sum that it leaves to us.
func (c *Case) module(own goMod) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range c.Files {
		files[f.Name] = f.Data
	}
	if files["go.mod"] == nil {
		var mod strings.Builder
		fmt.Fprintf(&mod, "module %s\n\ngo %s\n", c.modulePath(), own.version)
		if own.sync != "" && c.mentions(`"`+xsync) {
			fmt.Fprintf(&mod, "\nrequire %s %s\n", xsync, own.sync)
		}
		files["go.mod"] = []byte(mod.String())
	}
	if files["go.sum"] == nil && own.sync != "" && bytes.Contains(files["go.mod"], []byte(xsync+" "+own.sync)) {
		files["go.sum"] = []byte(own.syncSums)
	}
	return files
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

// modulePath is the path of c's module.
func (c *Case) modulePath() string {
	if m := moduleLine.FindSubmatch(c.file("go.mod")); m != nil {
		return string(m[1])
	}
	return "example.com/" + c.Name
}

// hasPackage tells whether text names a package of c.
func (c *Case) hasPackage(text string) bool {
	_, rest, ok := strings.Cut(text, c.modulePath())
	return ok && (rest == "" || strings.ContainsAny(rest[:1], "/ :,;.[") || strings.HasPrefix(rest, "_test"))
}

const xsync = "golang.org/x/sync"

// goMod is what the cases take over from goherd's own go.mod, so that nothing has
// to be downloaded for them.
type goMod struct {
	dir      string // where it is
	version  string // the go line
	sync     string // version of golang.org/x/sync; "" without it
	syncSums string // its lines of go.sum
}

// readGoMod finds the go.mod at or above the working directory.
func readGoMod() (goMod, error) {
	dir, err := os.Getwd()
	if err != nil {
		return goMod{}, err
	}
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			return parseGoMod(dir, string(data))
		}
		up := filepath.Dir(dir)
		if up == dir {
			return goMod{}, fmt.Errorf("no go.mod above the working directory")
		}
		dir = up
	}
}

var (
	goLine   = regexp.MustCompile(`(?m)^go (\S+)`)
	syncLine = regexp.MustCompile(`(?m)^(?:require)?\s+` + regexp.QuoteMeta(xsync) + ` (\S+)`)
)

func parseGoMod(dir, text string) (goMod, error) {
	m := goMod{dir: dir}
	if v := goLine.FindStringSubmatch(text); v != nil {
		m.version = v[1]
	}
	v := syncLine.FindStringSubmatch(text)
	if v == nil {
		return m, nil
	}
	m.sync = v[1]
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return m, fmt.Errorf("read the hashes of %s: %w", xsync, err)
	}
	for line := range strings.Lines(string(sums)) {
		if strings.HasPrefix(line, xsync+" "+m.sync) {
			m.syncSums += line
		}
	}
	return m, nil
}
