package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// maxSize is far beyond any configuration that a person wrote.
const maxSize = 1 << 20

// Read reads the file at path. Errors and places call it shown. A pipe is read,
// too: somebody may name one. It errs with *ProblemError where the file was read
// and something is wrong in it.
func Read(path, shown string, w Words) (*File, error) {
	text, err := readAll(path, shown)
	if err != nil {
		return nil, err
	}
	f, err := Parse(shown, text, w)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("find the folder of %s: %w", shown, err)
	}
	f.Promises.Dir = dir
	return f, nil
}

func readAll(path, shown string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the configuration %s can't be read: %w", shown, cause(err))
	case info.IsDir():
		return nil, fmt.Errorf("the configuration %s is a folder: a file is expected there", shown)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration %s can't be read: %w", shown, cause(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the configuration %s can't be read: %w", shown, cause(err))
	case len(text) > maxSize:
		return nil, fmt.Errorf("the configuration %s has more than %d bytes: it is hardly one", shown, maxSize)
	}
	return text, nil
}

// cause is the operating system's own word, without the path, which is said already.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}
