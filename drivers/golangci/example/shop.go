// Package shop has slips for a golangci-lint with goherd to find.
package shop

import (
	"context"
	"fmt"
	"net/http"
)

func first(ctx context.Context, urls []string) error {
	done := make(chan error)
	go func() {
		done <- fetch(ctx, urls[0])
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func silenced(ctx context.Context, url string) error {
	done := make(chan error) //nolint:goherd // shown to be silent
	go func() {
		done <- fetch(ctx, url)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func fetch(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask for %s: %w", url, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

var _, _ = first, silenced
