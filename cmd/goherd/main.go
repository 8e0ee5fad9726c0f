// Goherd finds concurrency shapes in Go code that could be better, shows them
// rewritten as a diff, and applies the diff when told to.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/engine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal cancels; a second one kills
	a := &app{
		rules: goherd.Rules, analyse: engine.Run,
		stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, terminal: isTerminal,
	}
	os.Exit(a.run(ctx, os.Args[1:]))
}
