// Package page puts together what the web pages of the depot show.
package page

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Release is the newest release of an artifact.
type Release struct {
	Version string   `json:"version"`
	Files   []string `json:"files"`
}

// Usage says how often an artifact was asked for in the last week.
type Usage struct {
	Downloads int `json:"downloads"`
	Clients   int `json:"clients"`
}

// Overview is the page of one artifact.
type Overview struct {
	Release  Release
	Usage    Usage
	Owners   []string
	Verified []string
}

// Service asks the services behind the pages.
type Service struct {
	http *http.Client
	base string
}

// New returns a service that asks those at base.
func New(hc *http.Client, base string) *Service {
	return &Service{http: hc, base: base}
}

// Overview puts together the page of one artifact.
func (s *Service) Overview(ctx context.Context, name string) (*Overview, error) {
	var page Overview

	release, err := s.release(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("overview of %s: %w", name, err)
	}
	page.Release = release

	usage, err := s.usage(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("overview of %s: %w", name, err)
	}
	page.Usage = usage

	owners, err := s.owners(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("overview of %s: %w", name, err)
	}
	page.Owners = owners

	verified, err := s.verified(ctx, name, release.Version)
	if err != nil {
		return nil, fmt.Errorf("overview of %s: %w", name, err)
	}
	page.Verified = verified
	return &page, nil
}

func (s *Service) release(ctx context.Context, name string) (Release, error) {
	var r Release
	err := s.get(ctx, &r, "releases", name)
	return r, err
}

func (s *Service) usage(ctx context.Context, name string) (Usage, error) {
	var u Usage
	err := s.get(ctx, &u, "usage", name)
	return u, err
}

func (s *Service) owners(ctx context.Context, name string) ([]string, error) {
	var list []string
	err := s.get(ctx, &list, "owners", name)
	return list, err
}

func (s *Service) verified(ctx context.Context, name, version string) ([]string, error) {
	var list []string
	err := s.get(ctx, &list, "verified", name, version)
	return list, err
}

// get reads what the service at path says into v.
func (s *Service) get(ctx context.Context, v any, path ...string) error {
	u, err := url.JoinPath(s.base, path...)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", u, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(v)
}
