package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/depot/internal/admin"
	"example.com/depot/internal/catalog"
	"example.com/depot/internal/config"
	"example.com/depot/internal/mirror"
	"example.com/depot/internal/notify"
	"example.com/depot/internal/probe"
	"example.com/depot/internal/store"
)

// start serves an app over HTTP that is its own upstream, peer and front.
func start(t *testing.T) string {
	t.Helper()
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	log := slog.New(slog.DiscardHandler)
	urls := []string{srv.URL}
	a := &app{
		cfg:     &config.Config{Upstreams: urls, Front: srv.URL, Concurrency: 2},
		store:   st,
		catalog: catalog.New(srv.Client()),
		prober:  probe.New(srv.Client(), log, 10*time.Second),
		mirror: mirror.New(mirror.Options{Upstreams: urls, Peers: urls}, srv.Client(), st,
			notify.New(srv.Client(), log, time.Second), log),
	}
	mux.Handle("/", a.handler())
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /index.json", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"artifacts": [{"name": "a", "url": "%s/artifacts/a"}]}`, srv.URL)
	})
	if err := catalog.Save(st.Catalog(), nil); err != nil {
		t.Fatal(err)
	}
	return srv.URL
}

func send(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(data))
}

func TestHandlers(t *testing.T) {
	url := start(t)
	const sum = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" // of "a"
	for _, tc := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"GET", "/artifacts/a", "", 404, ""},
		{"GET", "/artifacts/a/sha256", "", 404, ""},
		{"POST", "/bundles", `{"a"`, 400, ""},
		{"POST", "/bundles", `{"a": "YQ=="}`, 200, `{"a":"` + sum + `"}`},
		{"GET", "/artifacts", "", 200, `["a"]`},
		{"GET", "/artifacts/a", "", 200, "a"},
		{"GET", "/artifacts/a/sha256", "", 200, `"` + sum + `"`},
		{"POST", "/pack", "", 200, "1"},
		{"POST", "/warm", "", 200, "1"},
		{"POST", "/verify", "", 200, "0"},
		{"GET", "/peers", "", 200, `{"` + url + `":1}`},
		{"GET", "/fastest", "", 200, `"` + url + `"`},
		{"GET", "/changes?upstream=" + url, "", 200, `{"artifacts":[{"name":"a","url":"` + url + `/artifacts/a","sha256":""}],"bytes":1}`},
		{"GET", "/changes?upstream=http://elsewhere", "", 400, ""},
	} {
		code, got := send(t, tc.method, url+tc.path, tc.body)
		if code != tc.code || tc.want != "" && got != tc.want {
			t.Errorf("%s %s = %d %s", tc.method, tc.path, code, got)
		}
	}
	_, body := send(t, "GET", url+"/status", "")
	var statuses []probe.Status
	if err := json.Unmarshal([]byte(body), &statuses); err != nil || len(statuses) != 1 || !statuses[0].OK() {
		t.Errorf("status = %s, %v", body, err)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	cfg := config.Config{Dir: dir, Listen: freeAddr(t), Admin: freeAddr(t), IntervalSeconds: 60}
	data, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "depot.json")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- run(ctx, []string{"-config", path}, io.Discard, io.Discard) }()
	for {
		if line, err := admin.Query(t.Context(), cfg.Admin, "status"); err == nil {
			if line != "0 artifacts" {
				t.Errorf("status = %q", line)
			}
			break
		}
		select {
		case err := <-stopped:
			t.Fatalf("run: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-config", path, "-query", "ping"}, &out, io.Discard); err != nil || out.String() != "pong\n" {
		t.Errorf("ping = %q, %v", out.String(), err)
	}
	if err := run(t.Context(), []string{"-config", path}, io.Discard, io.Discard); err == nil {
		t.Error("no error from an address in use")
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Errorf("run: %v", err)
	}
	if err := run(t.Context(), []string{"-config", path + ".gone"}, io.Discard, io.Discard); err == nil {
		t.Error("no error without a configuration")
	}
}
