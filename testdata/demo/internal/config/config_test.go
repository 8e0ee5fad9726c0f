package config

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "depot.json")
	for _, tc := range []struct {
		name, content string
		ok            bool
	}{
		{"least", `{"dir": "d"}`, true},
		{"no dir", `{}`, false},
		{"no JSON", `dir: d`, false},
		{"no interval", `{"dir": "d", "interval_seconds": 0}`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(tc.content), 0o644); err != nil {
				t.Fatal(err)
			}
			cfg, err := Load(path)
			if (err == nil) != tc.ok {
				t.Fatalf("error = %v", err)
			}
			if tc.ok && (cfg.Concurrency != 4 || cfg.Interval() != 5*time.Minute) {
				t.Errorf("configuration = %+v", cfg)
			}
		})
	}
	if _, err := Load(path + ".gone"); err == nil {
		t.Error("no error from a missing file")
	}
}
