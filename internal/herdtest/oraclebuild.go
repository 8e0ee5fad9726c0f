package herdtest

import (
	"embed"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// oracleSources is the package oracle, as it is laid beside the templates.
//
//go:embed oracle/*.go
var oracleSources embed.FS

const oracleModule = "example.com/oracle"

// A proofModule is the module in which every form of every template is a package.
type proofModule struct {
	dir   string
	own   goMod
	forms map[string]map[string][]byte // by folder ("unbounded_pool/before"): files by name

	tables bool // each form has Drives by name, in place of one Drive
}

// write lays the module out, in place of what was there.
func (m *proofModule) write() error {
	if err := os.RemoveAll(m.dir); err != nil {
		return err
	}
	files := map[string][]byte{
		"go.mod": fmt.Appendf(nil, "module %s\n\ngo %s\n\nrequire %s %s\n", oracleModule, m.own.version, xsync, m.own.sync),
		"go.sum": []byte(m.own.syncSums),
	}
	sources, err := oracleSources.ReadDir("oracle")
	if err != nil {
		return err
	}
	for _, s := range sources {
		if !strings.HasSuffix(s.Name(), "_test.go") {
			if files[s.Name()], err = oracleSources.ReadFile("oracle/" + s.Name()); err != nil {
				return err
			}
		}
	}
	for form, own := range m.forms {
		for name, data := range own {
			files[path.Join(form, name)] = data
		}
	}
	for name, data := range files {
		if err := writeFile(filepath.Join(m.dir, name), data); err != nil {
			return err
		}
	}
	return nil
}

var failedPackage = regexp.MustCompile(`(?m)^# ` + oracleModule + `/(\S+)`)

// dropUnbuilt compiles the forms, and leaves out those that don't build. It returns
// what the compiler says of each.
func (m *proofModule) dropUnbuilt() (map[string]string, error) {
	cmd := exec.Command("go", "build", "./...")
	cmd.Dir = m.dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil, nil
	}
	unbuilt := map[string]string{}
	heads := failedPackage.FindAllSubmatchIndex(out, -1)
	for i, h := range heads {
		end := len(out)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		form := string(out[h[2]:h[3]])
		if m.forms[form] == nil {
			return nil, fmt.Errorf("go build: %w\n%s", err, out)
		}
		unbuilt[form] = string(out[h[1]:end])
		delete(m.forms, form)
		if err := os.RemoveAll(filepath.Join(m.dir, form)); err != nil {
			return nil, err
		}
	}
	if len(unbuilt) == 0 {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return unbuilt, nil
}

// compile makes the program that runs the forms.
func (m *proofModule) compile(race bool) (program string, err error) {
	if err := writeFile(filepath.Join(m.dir, "run", "run_test.go"), m.runner()); err != nil {
		return "", err
	}
	args, program := []string{"test", "-c"}, filepath.Join(m.dir, "plain.exe") // the name that every system runs
	if race {
		args, program = append(args, "-race"), filepath.Join(m.dir, "race.exe")
	}
	cmd := exec.Command("go", append(args, "-o", program, "./run")...)
	cmd.Dir = m.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	return program, nil
}

// runner is the test that hands the drives over.
func (m *proofModule) runner() []byte {
	var imports, drives, tables strings.Builder
	for i, form := range slices.Sorted(maps.Keys(m.forms)) {
		fmt.Fprintf(&imports, "\tp%d %q\n", i, oracleModule+"/"+form)
		if m.tables {
			fmt.Fprintf(&tables, "\tfor name, drive := range p%d.Drives {\n\t\tdrives[%q+name] = drive\n\t}\n", i, form+"/")
		} else {
			fmt.Fprintf(&drives, "\t\t%q: p%d.Drive,\n", form, i)
		}
	}
	return fmt.Appendf(nil, `package run

import (
	"testing"

	%q
%s)

func TestOracle(t *testing.T) {
	drives := map[string]oracle.Drive{
%s	}
%s	oracle.Main(t, drives)
}
`, oracleModule, imports.String(), drives.String(), tables.String())
}
