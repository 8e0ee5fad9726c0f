// Package config reads depot's configuration file.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// Config is the content of depot.json.
type Config struct {
	Dir             string   `json:"dir"`
	Listen          string   `json:"listen"`
	Admin           string   `json:"admin"`
	Upstreams       []string `json:"upstreams"`
	Peers           []string `json:"peers"`
	Hooks           []string `json:"hooks"`
	Front           string   `json:"front"`
	Services        string   `json:"services"`
	Concurrency     int      `json:"concurrency"`
	IntervalSeconds int      `json:"interval_seconds"`
}

// Load reads the file at path and fills in defaults.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	cfg := &Config{
		Listen:          "localhost:8080",
		Admin:           "localhost:8081",
		Concurrency:     4,
		IntervalSeconds: 300,
	}
	if err := json.Unmarshal(data, cfg); err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	if cfg.Dir == "" {
		return nil, errors.New("configuration names no dir")
	}
	if cfg.IntervalSeconds <= 0 {
		return nil, fmt.Errorf("interval_seconds is %d, want a positive number", cfg.IntervalSeconds)
	}
	return cfg, nil
}

// Interval is the time between two rounds of mirroring.
func (c *Config) Interval() time.Duration {
	return time.Duration(c.IntervalSeconds) * time.Second
}
