package catalog_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/depot/internal/catalog"
)

func indexServer(t *testing.T, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if body == "" {
			http.Error(w, "gone", http.StatusGone)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestMissing(t *testing.T) {
	base := indexServer(t, `{"artifacts":[{"name":"a","sha256":"1"},{"name":"b","sha256":"2"}]}`)
	mirror := indexServer(t, `{"artifacts":[{"name":"a","sha256":"1"}]}`)
	gone := indexServer(t, "")
	c := catalog.New(http.DefaultClient)
	missing, err := c.Missing(context.Background(), base, mirror)
	if err != nil || len(missing) != 1 || missing[0].Name != "b" {
		t.Errorf("missing %v, error %v", missing, err)
	}
	if _, err := c.Missing(context.Background(), gone, gone); err == nil || err.Error() != "upstream: index of "+gone+": 410 Gone" {
		t.Errorf("of two failures, the error is %v", err)
	}
}

func TestCount(t *testing.T) {
	base := indexServer(t, `{"artifacts":[{"name":"a"},{"name":"b"}]}`)
	c := catalog.New(http.DefaultClient)
	if n, err := c.Count(context.Background(), []string{base, base, base}); n != 6 || err != nil {
		t.Errorf("%d artifacts, error %v", n, err)
	}
	if n, err := c.Count(context.Background(), []string{base, indexServer(t, "")}); n != 0 || err == nil {
		t.Errorf("%d artifacts, error %v", n, err)
	}
}
