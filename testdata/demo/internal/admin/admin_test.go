package admin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestServe(t *testing.T) {
	l := listen(t)
	srv := &Server{
		Commands: map[string]Command{"ping": func() string { return "pong" }},
		Log:      slog.New(slog.DiscardHandler),
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	addr := l.Addr().String()

	// Connections that say nothing must not keep others waiting.
	var idle []net.Conn
	for range 20 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, conn)
	}
	if got, err := Query(t.Context(), addr, "ping"); got != "pong" || err != nil {
		t.Errorf("ping = %q, %v", got, err)
	}
	if got, err := Query(t.Context(), addr, "dance"); got != "unknown command" || err != nil {
		t.Errorf("dance = %q, %v", got, err)
	}
	for _, conn := range idle {
		conn.Close()
	}
	l.Close()
	wg.Wait()

	if _, err := Query(t.Context(), addr, "ping"); err == nil {
		t.Error("no error when nobody listens")
	}
}

func TestQueryWithoutAnswer(t *testing.T) {
	l := listen(t)
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 2 {
			conn, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			line, err := bufio.NewReader(conn).ReadString('\n')
			if line != "status\n" || err != nil {
				t.Errorf("command = %q, %v", line, err)
			}
			if i == 0 {
				fmt.Fprint(conn, "half a li")
				conn.Close()
				continue
			}
			cancel()
			defer conn.Close()
		}
	})
	if _, err := Query(ctx, l.Addr().String(), "status"); err == nil {
		t.Error("no error from half an answer")
	}
	if _, err := Query(ctx, l.Addr().String(), "status"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	wg.Wait()
}
