package herdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const self = "github.com/goherd/goherd"

// house says which rooms a room may enter (ARCHITECTURE.md draws it). "." is the
// module's root. A matcher cannot start rewriting; whoever handles bytes cannot
// start to look at syntax; the engine computes and cannot write: that is for the
// commands to decide.
var house = map[string][]string{
	"cmd/goherd":        {".", "internal/engine", "internal/report", "internal/forge", "internal/config", "internal/promise", "internal/rule", "internal/apply", "internal/git", "internal/command", "internal/sift", "internal/baseline"},
	"internal/engine":   {".", "internal/rule", "internal/patch", "internal/trial", "internal/verify", "internal/modreq", "internal/promise"},
	"internal/report":   {"internal/rule", "internal/patch"},
	"internal/forge":    {"internal/rule", "internal/patch"},
	"internal/config":   {"internal/promise"},
	"internal/promise":  {},
	".":                 {"internal/promise", "internal/rule", "internal/effects", "internal/memory", "matchers", "rewrites", "internal/patch", "internal/verify", "internal/trial"},
	"rewrites":          {"matchers", "internal/rule", "internal/patch", "internal/imports"},
	"matchers":          {"internal/rule", "internal/effects", "internal/memory"},
	"internal/rule":     {"internal/effects", "internal/memory", "internal/patch"},
	"internal/effects":  {},
	"internal/memory":   {"internal/effects"},
	"internal/imports":  {"internal/patch"},
	"internal/trial":    {"internal/patch", "internal/imports", "internal/verify"},
	"internal/patch":    {},
	"internal/verify":   {},
	"internal/apply":    {},
	"internal/modreq":   {},
	"internal/git":      {},
	"internal/command":  {},
	"internal/sift":     {},
	"internal/baseline": {},
	"internal/herdtest": {".", "internal/engine", "internal/rule", "internal/patch", "internal/herdtest/oracle", "internal/herdtest/programs"},

	"internal/tabletest": {"internal/effects"},

	// It is compiled beside the templates, in a module that has nothing of ours.
	"internal/herdtest/oracle": {},

	"internal/herdtest/programs": {"internal/herdtest/oracle"},
}

// doors says through which rooms a dependency comes in; the longest path that fits decides.
var doors = map[string][]string{
	"github.com/DataDog/go-sqllexer":             {"internal/effects"},
	"github.com/bluekeyes/go-gitdiff":            {"internal/git"},
	"github.com/dave/dst":                        {"rewrites"},
	"github.com/fatih/color":                     {"internal/report"},
	"github.com/google/renameio":                 {"internal/apply"},
	"github.com/mattn/go-isatty":                 {"cmd/goherd"},
	"github.com/rogpeppe/go-internal":            {"internal/herdtest"},
	"github.com/sergi/go-diff":                   {"internal/patch"},
	"github.com/spf13/cobra":                     {"cmd/goherd"},
	"github.com/spf13/pflag":                     {"cmd/goherd"},
	"go.yaml.in/yaml/v4":                         {"internal/config"},
	"golang.org/x/mod":                           {"internal/modreq"},
	"golang.org/x/sync":                          {"internal/engine"},
	"golang.org/x/tools/go/analysis":             {".", "internal/effects", "internal/memory", "internal/engine", "internal/herdtest"},
	"golang.org/x/tools/go/analysis/unitchecker": {"cmd/goherd"},
	"golang.org/x/tools/go/ast":                  {"internal/rule", "matchers", "internal/effects"},
	"golang.org/x/tools/go/cfg":                  {"matchers", "internal/effects"},
	"golang.org/x/tools/go/gcexportdata":         {"internal/engine"},
	"golang.org/x/tools/go/packages":             {"internal/engine", "internal/herdtest"},
	"golang.org/x/tools/go/types":                {"internal/rule", "matchers", "internal/effects", "internal/memory", "internal/engine"},
	"golang.org/x/tools/imports":                 {"internal/herdtest"},
	"golang.org/x/tools/txtar":                   {"internal/herdtest"},
}

// blind lists what of the standard library a room must not see.
var blind = map[string][]string{
	"internal/patch": {"go/ast", "go/parser", "go/token", "go/types"},
}

// A node is one package of the import graph.
type node struct {
	ImportPath string
	Imports    []string // without those of test files, which may use more
}

// violations tells which imports the house doesn't allow.
func violations(graph []node) []string {
	var out []string
	for _, n := range graph {
		from, ours := roomOf(n.ImportPath)
		if _, known := house[from]; !ours || !known {
			out = append(out, fmt.Sprintf("%s is no room of the house: give it one in house.go, and in ARCHITECTURE.md", n.ImportPath))
			continue
		}
		for _, path := range n.Imports {
			if why := forbidden(from, path); why != "" {
				out = append(out, fmt.Sprintf("%s imports %s: %s", from, path, why))
			}
		}
	}
	return out
}

func roomOf(path string) (room string, ours bool) {
	if path == self {
		return ".", true
	}
	return strings.CutPrefix(path, self+"/")
}

// forbidden says why the room from may not import path; "" if it may.
func forbidden(from, path string) string {
	if to, ours := roomOf(path); ours {
		if !slices.Contains(house[from], to) {
			return "it may enter only " + list(house[from])
		}
		return ""
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") { // the standard library
		if slices.Contains(blind[from], path) {
			return "this room must not see Go syntax"
		}
		return ""
	}
	door := doorOf(path)
	switch {
	case door == "":
		return "this dependency has no door"
	case !slices.Contains(doors[door], from):
		return "its door is " + list(doors[door])
	}
	return ""
}

// doorOf is the longest path of doors at or above path; "" if there is none.
func doorOf(path string) string {
	door := ""
	for d := range doors {
		if under(d, path) && len(d) > len(door) {
			door = d
		}
	}
	return door
}

func list(rooms []string) string {
	if len(rooms) == 0 {
		return "no other room"
	}
	return strings.Join(rooms, ", ")
}

// importGraph asks the go command for the packages of the module in dir, as goos builds them.
func importGraph(dir, goos string) ([]node, error) {
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos)
	out, err := output(cmd)
	if err != nil {
		return nil, err
	}
	var graph []node
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var n node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return graph, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read what go list printed: %w", err)
		}
		graph = append(graph, n)
	}
}
