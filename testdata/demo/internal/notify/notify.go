// Package notify posts events to the webhooks of subscribers.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Event says that artifacts have changed.
type Event struct {
	Kind  string   `json:"kind"`
	Names []string `json:"names"`
}

// Service knows the subscribers.
type Service struct {
	client  *http.Client
	log     *slog.Logger
	timeout time.Duration

	mu    sync.Mutex
	hooks []string
}

// New returns a service without subscribers. A delivery is given up after
// timeout.
func New(client *http.Client, log *slog.Logger, timeout time.Duration) *Service {
	return &Service{client: client, log: log, timeout: timeout}
}

// Subscribe adds a webhook; a known one is not added again.
func (s *Service) Subscribe(hook string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.hooks, hook) {
		s.hooks = append(s.hooks, hook)
	}
}

func (s *Service) subscribers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hooks)
}

// Publish sends ev to every subscriber. It does not wait for the answers:
// a delivery that fails is logged, and not repeated.
func (s *Service) Publish(ctx context.Context, ev Event) error {
	body, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("publish %s: %w", ev.Kind, err)
	}
	for _, hook := range s.subscribers() {
		go s.deliver(ctx, hook, body)
	}
	return nil
}

func (s *Service) deliver(ctx context.Context, hook string, body []byte) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook, bytes.NewReader(body))
	if err != nil {
		s.log.Error("hook is no URL", "hook", hook, "err", err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		s.log.Warn("hook not delivered", "hook", hook, "err", err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		s.log.Warn("hook refused", "hook", hook, "status", resp.Status)
	}
}
