package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/goherd/goherd/internal/apply"
	"github.com/goherd/goherd/internal/engine"
	"github.com/goherd/goherd/internal/report"
	"github.com/goherd/goherd/internal/rule"
)

// The exit codes of the contract.
const (
	exitClean      = 0
	exitFindings   = 1 // something is shown, or was not applied
	exitUsage      = 2
	exitNothing    = 3 // nothing could be analysed, or goherd itself is at fault
	exitRolledBack = 4
)

// An app is the program with its surroundings passed in.
type app struct {
	rules          []*rule.Rule
	analyse        func(context.Context, engine.Options) (*engine.Result, error)
	stdout, stderr io.Writer
	getenv         func(string) string
	terminal       func(io.Writer) bool
	wrote          func(path string) // told of each file that apply has written; may be nil

	entered bool // a command has started: what fails from now on isn't the command line's fault
}

// An exit ends a command with a code of the contract. An empty text is silent:
// the report has said it all.
type exit struct {
	code int
	text string
}

func (e *exit) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &exit{exitUsage, fmt.Sprintf(format, args...)}
}

// run is the whole program but for os.Exit.
func (a *app) run(ctx context.Context, args []string) (code int) {
	defer func() {
		// Without this, Go would exit with 2, which means usage here.
		if p := recover(); p != nil {
			fmt.Fprintf(a.stderr, "goherd: internal error, please report it: %v\n%s", p, debug.Stack())
			code = exitNothing
		}
	}()
	root := a.command()
	root.SetArgs(append([]string{}, args...)) // of nil, cobra takes os.Args
	return a.end(root.ExecuteContext(ctx))
}

// end prints what a command ended with and turns it into an exit code.
func (a *app) end(err error) int {
	if err == nil {
		return exitClean
	}
	code, text := exitNothing, err.Error()
	if e, ok := errors.AsType[*exit](err); ok {
		code = e.code
	} else if _, ok := errors.AsType[*engine.NothingError](err); ok {
		text = "nothing was analysed: " + text
	} else if e, ok := errors.AsType[*apply.RolledBackError](err); ok && len(e.Stuck) == 0 {
		code = exitRolledBack
	} else if errors.Is(err, context.Canceled) {
		text = "interrupted: nothing was written"
	} else if !a.entered {
		code = exitUsage
	}
	if text != "" {
		fmt.Fprintln(a.stderr, "goherd:", cleanLines(text))
	}
	return code
}

// warn prints a line that no flag silences.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintln(a.stderr, "goherd: warning:", report.Clean(fmt.Sprintf(format, args...)))
}

// command is the tree of commands. Bare goherd is goherd diff.
func (a *app) command() *cobra.Command {
	root := a.diffCommand()
	root.Use = "goherd [packages]"
	root.Short = "find concurrency shapes that could be better, and rewrite them"
	root.Long = `Goherd finds concurrency shapes in Go code that could be better, and shows each
with its evidence and the diff that a careful reviewer would merge.

goherd and goherd diff write nothing. goherd apply writes the fixes in place.`
	root.Example = `  goherd ./...
  goherd diff --format diff ./... | git apply
  goherd apply --safety review ./internal/...
  go vet -vettool=$(which goherd) ./...`
	diff := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.refuseWords(cmd, args); err != nil {
			return err
		}
		return diff(cmd, args)
	}
	// Defined here, so that cobra doesn't give it -v.
	root.Flags().Bool("version", false, "print the version")
	root.Version = version()
	root.SetVersionTemplate(versionLine() + "\n")
	root.AddCommand(a.diffCommand(), a.applyCommand(), a.explainCommand(), a.rulesCommand(), a.versionCommand())
	root.AddCommand(topics()...)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRun = func(*cobra.Command, []string) { a.entered = true }
	a.tightenHelp(root)
	a.tightenCompletion(root)
	return root
}
