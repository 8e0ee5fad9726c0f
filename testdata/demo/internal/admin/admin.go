// Package admin is depot's line-based admin port: one command a connection,
// one line in answer.
package admin

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"
)

const idleTimeout = 10 * time.Second

// Command answers one command.
type Command func() string

// Server answers commands.
type Server struct {
	Commands map[string]Command
	Log      *slog.Logger
}

// Serve answers connections until l is closed, and returns the error of
// Accept.
func (s *Server) Serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return fmt.Errorf("admin port: %w", err)
		}
		go s.handle(conn)
	}
}

func (s *Server) handle(conn net.Conn) {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(idleTimeout)); err != nil {
		s.Log.Warn("admin connection", "err", err)
		return
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		s.Log.Warn("admin connection", "err", err)
		return
	}
	answer := "unknown command"
	if cmd, ok := s.Commands[strings.TrimSpace(line)]; ok {
		answer = cmd()
	}
	if _, err := fmt.Fprintln(conn, answer); err != nil {
		s.Log.Warn("admin connection", "err", err)
	}
}

// Query sends command to the admin port at addr and returns the answer.
func Query(ctx context.Context, addr, command string) (string, error) {
	type reply struct {
		line string
		err  error
	}
	out := make(chan reply)
	go func() {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			out <- reply{err: err}
			return
		}
		defer conn.Close()
		if _, err := fmt.Fprintln(conn, command); err != nil {
			out <- reply{err: fmt.Errorf("send %s: %w", command, err)}
			return
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			out <- reply{err: fmt.Errorf("answer to %s: %w", command, err)}
			return
		}
		out <- reply{line: strings.TrimSpace(line)}
	}()
	select {
	case r := <-out:
		return r.line, r.err
	case <-ctx.Done():
		return "", fmt.Errorf("query %s: %w", addr, ctx.Err())
	}
}
