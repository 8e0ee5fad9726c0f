package main

import (
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/goherd/goherd/internal/config"
	"github.com/goherd/goherd/internal/rule"
)

// configure reads the configuration and gives its values to the flags that the
// user left alone. It notes in f what isn't a flag. One file speaks for the whole
// run, also where its patterns lie in several modules.
func (f *flags) configure(a *app, cmd *cobra.Command) error {
	if f.config == "" && cmd.Flags().Changed("config") {
		return usagef("--config names no file: --no-config reads none")
	}
	path, shown, err := f.configPath()
	if err != nil || path == "" {
		return err
	}
	file, err := config.Read(path, shown, a.configWords(cmd))
	if err != nil {
		return usagef("%v", err)
	}
	given := map[string]bool{}
	cmd.Flags().Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	for _, v := range file.Values {
		switch {
		case given[v.Key], cmd.Flags().Lookup(v.Key) == nil: // explain has no safety and no rounds
			continue
		case v.Key == "skip" && given["rules"]: // who names a rule wants it
			continue
		case v.Key == "safety" && f.writes: // no file can say that somebody has read the diff
			continue
		}
		if v.Key == "baseline" {
			if v.Text, err = f.besideConfig(path, v.Text); err != nil {
				return err
			}
			f.baselineConfigured = true
		}
		if err := cmd.Flags().Set(v.Key, v.Text); err != nil {
			return usagef("%s: %v", v.Place, err)
		}
	}
	f.configured, f.promises = shown, &file.Promises
	return nil
}

// configPath is where the configuration is, and how the user knows it; "" where
// there is none. As for go -C, a relative --config is one below the folder of -C.
func (f *flags) configPath() (path, shown string, err error) {
	switch {
	case f.config != "" && f.noConfig:
		return "", "", usagef("--config and --no-config exclude each other")
	case f.noConfig:
		return "", "", nil
	case f.config != "":
		if filepath.IsAbs(f.config) {
			return f.config, f.config, nil
		}
		return filepath.Join(orDot(f.dir), f.config), f.config, nil
	}
	path, err = config.Find(orDot(f.dir))
	if err != nil {
		return "", "", usagef("%v", err)
	}
	if path == "" {
		return "", "", nil
	}
	dir, err := filepath.Abs(orDot(f.dir))
	if err != nil {
		return "", "", err
	}
	if shown, err = filepath.Rel(dir, path); err != nil {
		shown = path
	}
	return path, filepath.ToSlash(shown), nil
}

// besideConfig is a file that the configuration at path names, as seen from the folder of
// -C. It lies where it lies, from wherever goherd runs.
func (f *flags) besideConfig(path, name string) (string, error) {
	if filepath.IsAbs(name) {
		return name, nil
	}
	dir, err := filepath.Abs(orDot(f.dir))
	if err != nil {
		return "", err
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	full := filepath.Join(folder, name)
	if rel, err := filepath.Rel(dir, full); err == nil {
		return rel, nil
	}
	return full, nil
}

// configWords are what values may be.
func (a *app) configWords(cmd *cobra.Command) config.Words {
	w := config.Words{Rules: ruleNames(a.rules), Forms: forms, Instead: func(word string, among []string) string { return didYouMean(word, among, "") }}
	for _, level := range []rule.Safety{rule.Safe, rule.Review, rule.Advice} {
		w.Safeties = append(w.Safeties, level.String())
	}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { w.Flags = append(w.Flags, flag.Name) })
	return w
}
