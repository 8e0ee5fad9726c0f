// Depot mirrors package artifacts and serves them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"time"

	"example.com/depot/internal/admin"
	"example.com/depot/internal/catalog"
	"example.com/depot/internal/config"
	"example.com/depot/internal/mirror"
	"example.com/depot/internal/notify"
	"example.com/depot/internal/page"
	"example.com/depot/internal/probe"
	"example.com/depot/internal/store"
)

const (
	requestTimeout  = 30 * time.Second
	probeTimeout    = 5 * time.Second
	shutdownTimeout = 10 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "depot:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("depot", flag.ContinueOnError)
	flags.SetOutput(stderr)
	path := flags.String("config", "depot.json", "read the configuration from `file`")
	query := flags.String("query", "", "send `command` to a running depot")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg, err := config.Load(*path)
	if err != nil {
		return err
	}
	if *query != "" {
		line, err := admin.Query(ctx, cfg.Admin, *query)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, line)
		return nil
	}
	return serve(ctx, cfg, slog.New(slog.NewTextHandler(stderr, nil)))
}

// serve runs the service until ctx ends or a listener fails.
func serve(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	st, err := store.Open(cfg.Dir)
	if err != nil {
		return err
	}
	if err := st.Clean(); err != nil {
		return err
	}
	client := &http.Client{Timeout: requestTimeout}
	events := notify.New(client, log, requestTimeout)
	for _, hook := range cfg.Hooks {
		events.Subscribe(hook)
	}
	app := &app{
		cfg:     cfg,
		store:   st,
		catalog: catalog.New(client),
		prober:  probe.New(client, log, probeTimeout),
		mirror: mirror.New(mirror.Options{
			Upstreams:   cfg.Upstreams,
			Peers:       cfg.Peers,
			Concurrency: cfg.Concurrency,
		}, client, st, events, log),
		pages: page.New(client, cfg.Services),
	}

	var lc net.ListenConfig
	public, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer public.Close()
	private, err := lc.Listen(ctx, "tcp", cfg.Admin)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer private.Close()

	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	background.Go(func() { app.prober.Watch(ctx, cfg.Upstreams, cfg.Interval()) })
	background.Go(func() { app.mirror.Run(ctx, cfg.Interval()) })

	srv := &http.Server{Handler: app.handler(), ReadHeaderTimeout: requestTimeout}
	adm := &admin.Server{Log: log, Commands: map[string]admin.Command{
		"status": app.summary,
		"ping":   func() string { return "pong" },
	}}
	errc := make(chan error, 2)
	go func() { errc <- srv.Serve(public) }()
	go func() { errc <- adm.Serve(private) }()
	log.Info("depot is up", "addr", public.Addr().String(), "admin", private.Addr().String())
	select {
	case err := <-errc:
		srv.Close()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	grace, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer done()
	if err := srv.Shutdown(grace); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("shut down: %w", err)
	}
	return nil
}

func (a *app) summary() string {
	names, err := a.store.Names()
	if err != nil {
		return "store: " + err.Error()
	}
	return strconv.Itoa(len(names)) + " artifacts"
}
