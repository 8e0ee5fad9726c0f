package p

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
)

type server struct {
	logger *slog.Logger
	http   *http.Server
	file   string
}

func (s *server) refresh(ctx context.Context) error { return os.WriteFile(s.file, nil, 0o600) }

func (s *server) stop() {
	if err := s.http.Close(); err != nil {
		s.logger.Error("close failed", "err", err)
	}
}

func store(name string) error { return os.WriteFile(name, nil, 0o600) }

func writeAll(w io.Writer, names []string) error {
	for _, name := range names {
		if _, err := io.WriteString(w, name); err != nil {
			return err
		}
	}
	return nil
}
