// Package shop has slips for nogo to find.
package shop

import (
	"context"

	"example.com/shop/fetch"
)

// First gives the status, or gives up with ctx.
func First(ctx context.Context, url string) error {
	done := make(chan error)
	go func() {
		_, err := fetch.Status(ctx, url)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Both asks for one after the other, and could ask for both at once.
func Both(ctx context.Context, a, b string) (int, error) {
	first, err := fetch.Status(ctx, a)
	if err != nil {
		return 0, err
	}
	second, err := fetch.Status(ctx, b)
	if err != nil {
		return 0, err
	}
	return first + second, nil
}

// Told is told to be silent.
func Told(ctx context.Context, url string) error {
	done := make(chan error) //nolint:goherd
	go func() {
		_, err := fetch.Status(ctx, url)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
