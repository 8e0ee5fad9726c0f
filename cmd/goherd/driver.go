package main

import (
	"encoding/json"
	"os"
	"strings"
)

// calledByGo tells whether the go command runs goherd as its -vettool or -fixtool.
// It asks three things: -V=full and -flags, alone, which goherd has no such flags
// for; and flags with the configuration of one unit behind them, a file in JSON
// that names a package. What a person types is none of these: a package pattern
// names a folder, or Go files.
func calledByGo(args []string) bool {
	switch {
	case len(args) == 0:
		return false
	case len(args) == 1 && (args[0] == "-V=full" || args[0] == "-flags"):
		return true
	}
	last := len(args) - 1
	return (last == 0 || strings.HasPrefix(args[0], "-")) && isUnit(args[last])
}

// isUnit tells whether a file is the configuration of one unit of work, as
// unitchecker reads it.
func isUnit(name string) bool {
	if !strings.HasSuffix(name, ".cfg") {
		return false
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	var unit struct{ ID, ImportPath, VetxOutput string }
	return json.Unmarshal(text, &unit) == nil && unit.ID != "" && unit.ImportPath != ""
}
