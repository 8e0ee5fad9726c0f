package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"example.com/depot/internal/catalog"
	"example.com/depot/internal/config"
	"example.com/depot/internal/mirror"
	"example.com/depot/internal/page"
	"example.com/depot/internal/probe"
	"example.com/depot/internal/store"
)

// maxBundleBytes bounds what a client may upload at once.
const maxBundleBytes = 64 << 20

// app is what the handlers need.
type app struct {
	cfg     *config.Config
	store   *store.Store
	catalog *catalog.Client
	prober  *probe.Prober
	mirror  *mirror.Mirror
	pages   *page.Service
}

func (a *app) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /artifacts", a.list)
	mux.HandleFunc("GET /artifacts/{name}", a.get)
	mux.HandleFunc("GET /artifacts/{name}/sha256", a.checksum)
	mux.HandleFunc("GET /artifacts/{name}/overview", func(w http.ResponseWriter, r *http.Request) {
		overview, err := a.pages.Overview(r.Context(), r.PathValue("name"))
		reply(w, overview, err)
	})
	mux.HandleFunc("POST /bundles", a.restore)
	mux.HandleFunc("POST /verify", a.verify)
	mux.HandleFunc("POST /pack", a.pack)
	mux.HandleFunc("POST /warm", a.warm)
	mux.HandleFunc("GET /changes", a.changes)
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		reply(w, a.prober.CheckAll(r.Context(), a.cfg.Upstreams), nil)
	})
	mux.HandleFunc("GET /fastest", func(w http.ResponseWriter, r *http.Request) {
		best, err := a.prober.Fastest(r.Context(), a.cfg.Upstreams)
		reply(w, best, err)
	})
	mux.HandleFunc("GET /peers", func(w http.ResponseWriter, r *http.Request) {
		reply(w, a.mirror.Survey(r.Context()), nil)
	})
	return mux
}

func (a *app) list(w http.ResponseWriter, _ *http.Request) {
	names, err := a.store.Names()
	reply(w, names, err)
}

func (a *app) get(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	f, err := a.store.Get(name)
	if err != nil {
		reply(w, nil, err)
		return
	}
	defer f.Close()
	http.ServeContent(w, r, name, time.Time{}, f)
}

func (a *app) checksum(w http.ResponseWriter, r *http.Request) {
	f, err := a.store.Get(r.PathValue("name"))
	if err != nil {
		reply(w, nil, err)
		return
	}
	defer f.Close()
	sum, err := store.Checksum(r.Context(), f)
	reply(w, sum, err)
}

// restore takes a bundle, {"name": "content in base64", ...}, and answers with
// the digests.
func (a *app) restore(w http.ResponseWriter, r *http.Request) {
	var files map[string][]byte
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBundleBytes)).Decode(&files); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := a.store.Restore(files); err != nil {
		reply(w, nil, err)
		return
	}
	var names []string
	var blobs [][]byte
	for name, data := range files {
		names = append(names, name)
		blobs = append(blobs, data)
	}
	sums := make(map[string]string)
	for i, sum := range store.Digests(blobs) {
		sums[names[i]] = sum
	}
	reply(w, sums, nil)
}

// verify checks the whole store against the catalog of the last round.
func (a *app) verify(w http.ResponseWriter, r *http.Request) {
	artifacts, err := catalog.Load(a.store.Catalog())
	if err != nil {
		reply(w, nil, err)
		return
	}
	sums := make(map[string]string)
	for _, art := range artifacts {
		sums[art.Name] = art.SHA256
	}
	reply(w, len(sums), a.store.Verify(r.Context(), sums))
}

func (a *app) pack(w http.ResponseWriter, r *http.Request) {
	names, err := a.store.Names()
	if err != nil {
		reply(w, nil, err)
		return
	}
	reply(w, len(names), a.store.Pack(r.Context(), names, a.cfg.Concurrency))
}

func (a *app) warm(w http.ResponseWriter, r *http.Request) {
	names, err := a.store.Names()
	if err != nil {
		reply(w, nil, err)
		return
	}
	reply(w, a.mirror.Warm(r.Context(), a.cfg.Front, names), nil)
}

// changes says what an upstream would bring, and how many bytes.
func (a *app) changes(w http.ResponseWriter, r *http.Request) {
	upstream := r.FormValue("upstream")
	if !slices.Contains(a.cfg.Upstreams, upstream) {
		http.Error(w, "unknown upstream", http.StatusBadRequest)
		return
	}
	changed, err := a.catalog.Changed(r.Context(), upstream, a.store.Catalog())
	if err != nil {
		reply(w, nil, err)
		return
	}
	var total int64
	for _, size := range a.catalog.Sizes(r.Context(), changed) {
		total += max(size, 0)
	}
	reply(w, map[string]any{"artifacts": changed, "bytes": total}, nil)
}

// reply writes v as JSON, or err with a fitting status.
func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		code := http.StatusInternalServerError
		switch {
		case errors.Is(err, fs.ErrNotExist):
			code = http.StatusNotFound
		case errors.Is(err, store.ErrDigest):
			code = http.StatusConflict
		}
		http.Error(w, err.Error(), code)
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(data)
}
