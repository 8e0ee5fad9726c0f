// Package golangci is goherd as a module plugin of golangci-lint. A golangci-lint
// that is built with it (golangci-lint custom, see example) knows a linter "goherd".
//
// It reports what goherd shows, at the same safety or a lower one; only what is safe
// has a fix, which golangci-lint run --fix writes.
package golangci

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/goherd/goherd"
)

// golangci-lint finds its plugins in no other way.
func init() { register.Plugin("goherd", New) }

// Settings are linters.settings.custom.goherd.settings, and mean what the keys of
// these names mean in .goherd.yaml, which is not read here: golangci-lint keeps
// results by its own configuration.
type Settings struct {
	Rules  []string `json:"rules"`
	Skip   []string `json:"skip"`
	Safety string   `json:"safety"`
	Limit  int      `json:"limit"`
	Form   string   `json:"form"`
	Reads  []string `json:"reads"`
	Writes []string `json:"writes"`
}

// New makes the linter. It errs on settings that mean nothing.
func New(raw any) (register.LinterPlugin, error) {
	var s Settings
	if raw != nil {
		var err error
		if s, err = register.DecodeSettings[Settings](raw); err != nil {
			return nil, fmt.Errorf("goherd's settings: %w", err)
		}
	}
	a, err := goherd.Configured(s.flags())
	if err != nil {
		return nil, fmt.Errorf("goherd's settings: %w", err)
	}
	return plugin{a}, nil
}

// flags are the analyzer's, by name; those that are not set are left out.
func (s Settings) flags() map[string]string {
	flags := map[string]string{
		"rules": strings.Join(s.Rules, ","), "skip": strings.Join(s.Skip, ","), "safety": s.Safety, "form": s.Form,
		"reads": strings.Join(s.Reads, ","), "writes": strings.Join(s.Writes, ","),
	}
	for name, value := range flags {
		if value == "" {
			delete(flags, name)
		}
	}
	if s.Limit != 0 {
		flags["limit"] = strconv.Itoa(s.Limit)
	}
	return flags
}

type plugin struct{ analyzer *analysis.Analyzer }

func (p plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	return []*analysis.Analyzer{p.analyzer}, nil
}

func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
