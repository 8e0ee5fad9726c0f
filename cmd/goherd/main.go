// Goherd finds concurrency shapes in Go code that could be better, shows them
// rewritten as a diff, and applies the diff when told to. It is also a tool for go
// vet -vettool and go fix -fixtool.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/goherd/goherd"
	"github.com/goherd/goherd/internal/engine"
)

func main() {
	if calledByGo(os.Args[1:]) {
		unitchecker.Main(goherd.Analyzer) // does not return
	}
	a := &app{
		rules: goherd.Rules, analyse: engine.Run,
		stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, terminal: isTerminal,
	}
	os.Exit(a.run(interruptible(), os.Args[1:]))
}

// interruptible is done with the first signal to end; a second one kills. A hangup
// is one of them, unless nohup has asked for it to be ignored.
func interruptible() context.Context {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // a run is short, and most of what it makes lives to its end
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop)
	return ctx
}
