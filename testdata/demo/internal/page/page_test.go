package page_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"example.com/depot/internal/page"
)

// services answers for those behind the pages; what broken says is out of order.
func services(t *testing.T, broken ...string) *page.Service {
	t.Helper()
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"/releases/a":     `{"version": "1.2", "files": ["a.tar"]}`,
		"/usage/a":        `{"downloads": 7, "clients": 2}`,
		"/owners/a":       `["ann", "bo"]`,
		"/verified/a/1.2": `["bo"]`,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			for _, b := range broken {
				if strings.HasPrefix(path, b) {
					http.Error(w, "out of order", http.StatusBadGateway)
					return
				}
			}
			_, _ = w.Write([]byte(body))
		})
	}
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return page.New(srv.Client(), srv.URL)
}

func TestOverview(t *testing.T) {
	got, err := services(t).Overview(context.Background(), "a")
	want := &page.Overview{
		Release:  page.Release{Version: "1.2", Files: []string{"a.tar"}},
		Usage:    page.Usage{Downloads: 7, Clients: 2},
		Owners:   []string{"ann", "bo"},
		Verified: []string{"bo"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestOverviewFails(t *testing.T) {
	for _, c := range []struct {
		broken []string
		want   string // in the error: the first in the order of the page
	}{
		{[]string{"/releases", "/owners"}, "/releases/a"},
		{[]string{"/usage", "/verified"}, "/usage/a"},
		{[]string{"/owners"}, "/owners/a"},
		{[]string{"/verified"}, "/verified/a/1.2"},
	} {
		page, err := services(t, c.broken...).Overview(context.Background(), "a")
		if page != nil || err == nil || !strings.HasPrefix(err.Error(), "overview of a: ") || !strings.Contains(err.Error(), c.want+": 502") {
			t.Errorf("with %v out of order: %+v, error %v", c.broken, page, err)
		}
	}
}
