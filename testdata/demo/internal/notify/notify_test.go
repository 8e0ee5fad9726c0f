package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestPublish(t *testing.T) {
	const subscribers = 20
	delivered := make(chan string, subscribers)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ev Event
		if err := json.NewDecoder(r.Body).Decode(&ev); err != nil || ev.Kind != "updated" || len(ev.Names) != 2 {
			t.Errorf("event = %+v, %v", ev, err)
		}
		if r.URL.Path == "/0" {
			http.Error(w, "no", http.StatusForbidden)
		}
		delivered <- r.URL.Path
	}))
	defer srv.Close()

	s := New(srv.Client(), slog.New(slog.DiscardHandler), 10*time.Second)
	s.Subscribe("http://not a url")
	s.Subscribe("http://127.0.0.1:0/nobody")
	for i := range subscribers {
		s.Subscribe(fmt.Sprintf("%s/%d", srv.URL, i))
		s.Subscribe(fmt.Sprintf("%s/%d", srv.URL, i))
	}
	if err := s.Publish(t.Context(), Event{Kind: "updated", Names: []string{"a", "b"}}); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for range subscribers {
		seen[<-delivered] = true
	}
	if len(seen) != subscribers {
		t.Errorf("delivered to %d subscribers, want %d", len(seen), subscribers)
	}
}

func TestPublishCancelled(t *testing.T) {
	s := New(http.DefaultClient, slog.New(slog.DiscardHandler), time.Second)
	s.Subscribe("http://127.0.0.1:0/nobody")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Publish(ctx, Event{Kind: "updated"}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
