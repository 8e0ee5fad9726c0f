package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// upstreams serves n indexes, at /0, /1, ..., each with an artifact of its own
// and one that all of them have. Below /files/ lie files of known length.
func upstreams(t *testing.T, n int) (bases []string, url string) {
	t.Helper()
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	for i := range n {
		base := fmt.Sprintf("%s/%d", srv.URL, i)
		idx := Index{Artifacts: []Artifact{
			{Name: "shared", URL: base + "/shared", SHA256: fmt.Sprint(i)},
			{Name: fmt.Sprintf("own-%02d", i), URL: base + "/own"},
		}}
		mux.HandleFunc(fmt.Sprintf("/%d/index.json", i), func(w http.ResponseWriter, r *http.Request) {
			if err := json.NewEncoder(w).Encode(idx); err != nil {
				t.Error(err)
			}
		})
		bases = append(bases, base)
	}
	mux.HandleFunc("/files/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(r.PathValue("name"))))
	})
	return bases, srv.URL
}

func TestIndexes(t *testing.T) {
	bases, url := upstreams(t, 20)
	c := New(http.DefaultClient)
	indexes, err := c.Indexes(t.Context(), bases)
	if err != nil {
		t.Fatal(err)
	}
	for i, idx := range indexes {
		if idx.Upstream != bases[i] || len(idx.Artifacts) != 2 {
			t.Errorf("index %d = %+v", i, idx)
		}
	}
	merged := Merge(indexes)
	if len(merged) != 21 || merged[0].Name != "own-00" || merged[20].SHA256 != "0" {
		t.Errorf("merged = %+v", merged)
	}

	bases[7] = url + "/gone"
	if _, err := c.Indexes(t.Context(), bases); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("with an upstream missing: %v", err)
	}
}

func TestSizes(t *testing.T) {
	_, url := upstreams(t, 0)
	var artifacts []Artifact
	var want []int64
	for i := range 20 {
		artifacts = append(artifacts, Artifact{URL: url + "/files/" + strings.Repeat("x", i+1)})
		want = append(want, int64(i+1))
	}
	artifacts[3].URL, want[3] = url+"/gone", -1
	artifacts[4].URL, want[4] = "http://not a url", -1
	if got := New(http.DefaultClient).Sizes(t.Context(), artifacts); !reflect.DeepEqual(got, want) {
		t.Errorf("sizes = %v, want %v", got, want)
	}
}

func TestChanged(t *testing.T) {
	bases, url := upstreams(t, 1)
	c := New(http.DefaultClient)
	path := filepath.Join(t.TempDir(), "catalog.json")

	if _, err := c.Changed(t.Context(), bases[0], path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a snapshot: %v", err)
	}
	if err := Save(path, []Artifact{{Name: "shared", URL: bases[0] + "/shared", SHA256: "0"}}); err != nil {
		t.Fatal(err)
	}
	changed, err := c.Changed(t.Context(), bases[0], path)
	if err != nil || len(changed) != 1 || changed[0].Name != "own-00" {
		t.Errorf("changed = %+v, %v", changed, err)
	}
	if _, err := c.Changed(t.Context(), url+"/gone", path); err == nil {
		t.Error("no error from an upstream that is missing")
	}
}

func TestLoadRefusesRubbish(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil {
		t.Error("no error")
	}
}
