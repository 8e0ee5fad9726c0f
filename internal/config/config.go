// Package config finds and reads .goherd.yaml. Its keys are flags of the finding
// commands, and reads and writes, which are promises about functions. Whatever is
// wrong in a file is told with its place and what to do about it.
package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goherd/goherd/internal/promise"
)

// Name is the name of a configuration file.
const Name = ".goherd.yaml"

// A File is what one configuration file says.
type File struct {
	Values   []Value // in the order of the file
	Promises promise.List
}

// A Value is one key that is also a flag.
type Value struct {
	Key   string
	Text  string // as the flag takes it
	Place string // "FILE:LINE:COL" of the value
}

// Words are what values may be, and what to say where one is something else.
type Words struct {
	Rules, Safeties, Forms []string

	Flags   []string                                 // names of flags; those that are no keys have an error of their own
	Instead func(word string, among []string) string // "did you mean X?", or all there are
}

// Keys are the keys that a file may have.
func Keys() []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.name)
	}
	return names
}

// A ProblemError is all that is wrong with one file: a line each.
type ProblemError struct{ Problems []Problem }

// A Problem is one thing that is wrong. Line and Col count from 1, Col in
// characters; 0 means that it is about the file as a whole.
type Problem struct {
	File      string
	Line, Col int
	Text      string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Text)
}

// maxProblems keeps a file of another kind from filling the screen.
const maxProblems = 20

func (e *ProblemError) Error() string {
	var lines []string
	for i, p := range e.Problems {
		if i == maxProblems {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Problems)-i))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func (e *ProblemError) sort() {
	slices.SortStableFunc(e.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}
