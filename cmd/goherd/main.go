// Goherd finds concurrency shapes in Go code that could be better, shows them
// rewritten as a diff, and applies the diff when told to. It is also a tool for go
// vet -vettool and go fix -fixtool.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/engine"
)

func main() {
	if calledByGo(os.Args[1:]) {
		unitchecker.Main(goherd.Analyzer) // does not return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal cancels; a second one kills
	a := &app{
		rules: goherd.Rules, analyse: engine.Run,
		stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, terminal: isTerminal,
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}
