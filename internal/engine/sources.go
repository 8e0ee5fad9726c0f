package engine

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/maphash"
	"os"
	"sync"
)

// sources knows what every file held when it was parsed, without holding it: a
// hash is enough to tell whether a file that is read again is still the same.
// It is safe for concurrent use.
type sources struct {
	seed maphash.Seed

	mu   sync.Mutex
	sums map[string]sum
	now  map[string][]byte // files that earlier rounds changed, as they are now
}

type sum struct {
	hash uint64
	size int
}

func newSources() *sources {
	return &sources{seed: maphash.MakeSeed(), sums: map[string]sum{}, now: map[string][]byte{}}
}

func (s *sources) sum(src []byte) sum { return sum{maphash.Bytes(s.seed, src), len(src)} }

// parse is the hook of go/packages. Nothing here reads ast.Object, so its
// resolution is skipped.
func (s *sources) parse(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	sum := s.sum(src)
	s.mu.Lock()
	s.sums[name] = sum
	s.mu.Unlock()
	return parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
}

// read gives the bytes that name was parsed from, or what an earlier round made
// of them. It errs when the file has changed since it was parsed.
func (s *sources) read(name string) ([]byte, error) {
	s.mu.Lock()
	src, changed := s.now[name]
	s.mu.Unlock()
	if changed {
		return src, nil
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read again: %w", err)
	}
	return src, s.fresh(name, src)
}

// fresh errs when src is not what name held when goherd read it.
func (s *sources) fresh(name string, src []byte) error {
	s.mu.Lock()
	want, known := s.sums[name]
	s.mu.Unlock()
	if known && want != s.sum(src) {
		return fmt.Errorf("%s changed while goherd was reading it", name)
	}
	return nil
}

// changed tells whether an earlier round has changed name.
func (s *sources) changed(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, changed := s.now[name]
	return changed
}

// set makes src the content of name from now on.
func (s *sources) set(name string, src []byte) {
	sum := s.sum(src)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now[name], s.sums[name] = src, sum
}

// reader is read with a memory: the patches of one pass share the bytes of their
// file, and what no patch keeps goes with the pass.
func (s *sources) reader() func(name string) ([]byte, error) {
	seen := map[string][]byte{}
	return func(name string) ([]byte, error) {
		if src, ok := seen[name]; ok {
			return src, nil
		}
		src, err := s.read(name)
		if err == nil {
			seen[name] = src
		}
		return src, err
	}
}
