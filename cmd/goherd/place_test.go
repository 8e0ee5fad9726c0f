package main

import (
	"testing"

	"github.com/goherd/goherd/internal/engine"
)

// A place on Windows has a drive's colon and backslashes, and is read everywhere.
func TestPlaceOnWindows(t *testing.T) {
	for word, want := range map[string]engine.Place{
		`C:\src\load\page.go:41`:    {File: `C:\src\load\page.go`, Line: 41},
		`C:\src\load\page.go:41:12`: {File: `C:\src\load\page.go`, Line: 41, Col: 12},
		`load\page.go:41-43`:        {File: `load\page.go`, Line: 41, EndLine: 43},
		`C:/src/page.go:7`:          {File: `C:/src/page.go`, Line: 7},
	} {
		if got, err := (&app{}).parsePlace(word); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", word, got, err, want)
		}
	}
	if at, err := (&app{}).parsePlace(`C:\src\load\page.go`); err == nil {
		t.Errorf("a file without a line is %+v", at)
	}
}
