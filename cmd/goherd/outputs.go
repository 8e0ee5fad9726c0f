package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/apply"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/report"
)

// formats are what --format takes; text is the one for people.
func formats() []string {
	names := []string{"text"}
	for _, f := range report.Formats {
		names = append(names, f.Name)
	}
	return names
}

// An output is a format that goes into a file.
type output struct {
	format, file string // as the user wrote them
	path         string
}

// parseOutputs understands --output FORMAT=FILE. A relative FILE is one below the
// folder of -C.
func parseOutputs(dir string, given []string) ([]output, error) {
	var list []output
	for _, text := range given {
		format, file, ok := strings.Cut(text, "=")
		switch {
		case !ok || file == "":
			return nil, usagef("--output %s: write FORMAT=FILE, as in --output sarif=goherd.sarif", text)
		case !slices.Contains(formats(), format):
			return nil, usagef("--output %s: there is no format %q: %s", text, format, didYouMean(format, formats(), ""))
		case file == "-":
			return nil, usagef("--output %s: standard output is for --format %s", text, format)
		}
		path := file
		if !filepath.IsAbs(file) {
			path = filepath.Join(orDot(dir), file)
		}
		path = filepath.Clean(path)
		if at := slices.IndexFunc(list, func(o output) bool { return o.path == path }); at >= 0 {
			return nil, usagef("--output names %s twice, for %s and %s: one file holds one format", file, list[at].format, format)
		}
		list = append(list, output{format, file, path})
	}
	return list, nil
}

// tryOutputs errs where a file could not be written, before the time is spent on
// what would go into it.
func (s settings) tryOutputs() error {
	for _, o := range s.outputs {
		if err := apply.CanPut(o.path); err != nil {
			return usagef("--output %s=%s: the file can't be written: %v", o.format, o.file, err)
		}
	}
	return nil
}

// publish prints the run in every format that is wanted. Text is printed by the
// command, which alone knows what it is about.
func (a *app) publish(s settings, res *engine.Result, text func(io.Writer, bool) error) error {
	shown := report.Shown{
		Run: res.Run, Safety: s.safety, Files: merged(res.Changes), Rules: s.Rules,
		Hazards: goherd.HazardTitles(), Prefix: prefix(s.Dir),
	}
	var step bytes.Buffer
	write := func(w io.Writer, format string, colour bool) error {
		if format == "text" {
			return text(w, colour)
		}
		one := shown
		if format == "github" && step.Len() == 0 {
			one.Step = a.step(&step)
		}
		return report.Formats[slices.IndexFunc(report.Formats, func(f report.Format) bool { return f.Name == format })].Write(w, one)
	}
	for _, o := range s.outputs {
		var b bytes.Buffer
		if err := write(&b, o.format, false); err != nil {
			return fmt.Errorf("write %s as %s: %w", o.file, o.format, err)
		}
		if err := apply.Put(o.path, b.Bytes()); err != nil {
			return fmt.Errorf("write %s as %s: %w", o.file, o.format, err)
		}
	}
	if err := write(a.stdout, s.format, s.colour); err != nil {
		return err
	}
	a.writeStep(step.Bytes())
	return nil
}

const stepSummary = "GITHUB_STEP_SUMMARY"

// step is the summary of the step that runs in GitHub Actions, nil elsewhere.
func (a *app) step(w io.Writer) *report.Step {
	name := a.getenv(stepSummary)
	if name == "" {
		return nil
	}
	room := report.StepLimit
	if info, err := os.Stat(name); err == nil {
		room -= int(info.Size())
	}
	return &report.Step{Writer: w, Room: room}
}

// writeStep adds to what the step has said. All of it is in the log as well, so
// what goes wrong here is no reason to fail.
func (a *app) writeStep(text []byte) {
	if len(text) == 0 {
		return
	}
	f, err := os.OpenFile(a.getenv(stepSummary), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err == nil {
		_, err = f.Write(text)
		if e := f.Close(); err == nil {
			err = e
		}
	}
	if err != nil {
		a.warn("the summary of the step was not written: %v", err)
	}
}

// prefix is where dir lies in its repository, with forward slashes: forges know
// files by their paths from there. "" at its top, and where there is none.
func prefix(dir string) string {
	root, err := apply.Root(orDot(dir))
	if err != nil {
		return ""
	}
	if _, err := os.Lstat(filepath.Join(root, ".git")); err != nil {
		return ""
	}
	abs, err := filepath.Abs(orDot(dir))
	if err != nil {
		return ""
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return ""
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}
