package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Format prints f:
//
//	{"version": 1, "findings": [
//	{"id":"9f2c01d4a5b6c7d8","rule":"unbounded","package":"example.com/m","path":"all.go","func":"Warm"},
//	null]}
//
// Every entry's line ends in a comma, for the null that comes last: so an entry
// more or less changes no other line, and git merges what two branches did.
func (f *File) Format() []byte {
	var w bytes.Buffer
	fmt.Fprintf(&w, "{\"version\": %d, \"findings\": [\n", Version)
	for _, e := range sorted(f.Entries) {
		var line bytes.Buffer
		enc := json.NewEncoder(&line)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e); err != nil {
			panic(err) // strings can always be encoded
		}
		w.Write(bytes.TrimSuffix(line.Bytes(), []byte("\n")))
		w.WriteString(",\n")
	}
	w.WriteString("null]}\n")
	return w.Bytes()
}

// maxSize is that of some 500,000 entries.
const maxSize = 100 << 20

// Read reads the file at path, which errors call shown. Where there is none, the
// error is fs.ErrNotExist.
func Read(path, shown string) (*File, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("the baseline %s can't be read: %w", shown, cause(err))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the baseline %s can't be read: %w", shown, cause(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("the baseline %s can't be read: %w", shown, cause(err))
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("the baseline %s has more than %d bytes: it is hardly one", shown, maxSize)
	}
	entries, err := Parse(text, shown)
	if err != nil {
		return nil, err
	}
	return &File{dir, entries}, nil
}

// cause is the operating system's own word, without the path.
func cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// Parse reads what Format wrote. Whatever else it meets is an error with its place
// and what to do: a line that is passed over in silence would be findings that
// come back, or that never come.
func Parse(text []byte, shown string) ([]Entry, error) {
	p := parser{text: text, shown: shown, d: json.NewDecoder(bytes.NewReader(text))}
	if err := p.file(); err != nil {
		return nil, err
	}
	return p.entries, nil
}

type parser struct {
	text    []byte
	shown   string
	d       *json.Decoder
	entries []Entry
}

// wrong is an error with its place.
func (p *parser) wrong(offset int, format string, args ...any) error {
	offset = min(max(offset, 0), len(p.text))
	before := p.text[:offset]
	line := 1 + bytes.Count(before, []byte("\n"))
	col := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("%s:%d:%d: %s", p.shown, line, col, fmt.Sprintf(format, args...))
}

// next is where the value begins that the decoder comes to next.
func (p *parser) next() int {
	at := int(p.d.InputOffset())
	for at < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[at]) >= 0 {
		at++
	}
	return at
}

var conflict = regexp.MustCompile(`(?m)^(<<<<<<< |=======$|>>>>>>> )`)

// broken says what is wrong with text that is no JSON at all.
func (p *parser) broken(err error) error {
	if at := conflict.FindIndex(p.text); at != nil {
		return p.wrong(at[0], "a merge was left unfinished here: keep the entries of both sides, and take the marks out")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok && int(e.Offset) <= len(p.text) && !strings.Contains(e.Error(), "unexpected end") {
		return p.wrong(int(e.Offset)-1, "this is no JSON (%v): take back what was edited here, or "+remake, e)
	}
	return p.wrong(len(p.text), "the file ends in the middle: take the whole one back from git, or "+remake)
}

// remake is the way out where nothing is left to mend.
const remake = "remove the file, and write it anew with --write-baseline"

func (p *parser) file() error {
	if len(bytes.TrimSpace(p.text)) == 0 {
		return p.wrong(0, "the file is empty, and a baseline without entries is not: %s", remake)
	}
	if err := p.open('{', "a baseline begins with {\"version\": "); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.d.More() {
		at := p.next()
		t, err := p.d.Token()
		if err != nil {
			return p.broken(err)
		}
		key, _ := t.(string) // the decoder takes nothing else here
		if seen[key] {
			return p.wrong(at, "%q stands here a second time: join the two", key)
		}
		seen[key] = true
		if err := p.value(key, at, seen["version"]); err != nil {
			return err
		}
	}
	if _, err := p.d.Token(); err != nil {
		return p.broken(err)
	}
	switch at := p.next(); {
	case at < len(p.text):
		return p.wrong(at, "something stands behind the end of the baseline: take it out")
	case !seen["version"] || !seen["findings"]:
		return p.wrong(0, "a baseline has a version and findings, and this file hasn't: is it one? %s", remake)
	}
	return nil
}

// open takes the bracket that a list or an object begins with.
func (p *parser) open(want json.Delim, hint string) error {
	at := p.next()
	t, err := p.d.Token()
	if err != nil {
		return p.broken(err)
	}
	if t != want {
		return p.wrong(at, "%s, and here is something else: %s", hint, remake)
	}
	return nil
}

func (p *parser) value(key string, at int, versioned bool) error {
	switch key {
	case "version":
		return p.version()
	case "findings":
		if !versioned {
			return p.wrong(at, "the version comes first: %s", remake)
		}
		return p.findings()
	}
	return p.wrong(at, "there is no key %q: a baseline has version and findings", key)
}

func (p *parser) version() error {
	at := p.next()
	var version int
	if err := p.d.Decode(&version); err != nil {
		if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
			return p.wrong(at, "the version is a whole number, and today it is %d", Version)
		}
		return p.broken(err)
	}
	switch {
	case version > Version:
		return p.wrong(at, "the baseline is of version %d, and this goherd knows %d: use the goherd that wrote it or a newer one", version, Version)
	case version < Version:
		return p.wrong(at, "there is no version %d: %s", version, remake)
	}
	return nil
}

func (p *parser) findings() error {
	if err := p.open('[', "findings are a list"); err != nil {
		return err
	}
	for p.d.More() {
		at := p.next()
		var raw json.RawMessage
		if err := p.d.Decode(&raw); err != nil {
			return p.broken(err)
		}
		if string(raw) == "null" {
			continue
		}
		e, err := p.entry(raw, at)
		if err != nil {
			return err
		}
		p.entries = append(p.entries, e)
	}
	if _, err := p.d.Token(); err != nil {
		return p.broken(err)
	}
	return nil
}

var wellFormedID = regexp.MustCompile(`^[0-9a-f]{16}$`)

func (p *parser) entry(raw json.RawMessage, at int) (Entry, error) {
	var e Entry
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(&e)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := "an entry"
		if wrong.Field != "" {
			field = wrong.Field
		}
		return e, p.wrong(at, "%s has a value of the wrong kind (%s): take back what was edited here, or %s", field, wrong.Value, remake)
	}
	switch {
	case err != nil:
		return e, p.wrong(at, "%s: take back what was edited here, or %s", strings.TrimPrefix(err.Error(), "json: "), remake)
	case !wellFormedID.MatchString(e.ID):
		return e, p.wrong(at, "the id %q is none, which has 16 digits and letters a to f: take back what was edited here, or %s", e.ID, remake)
	case e.Rule == "":
		return e, p.wrong(at, "the entry %s names no rule: take back what was edited here, or %s", e.ID, remake)
	case e.Path == "":
		return e, p.wrong(at, "the entry %s has no path: take back what was edited here, or %s", e.ID, remake)
	}
	return e, nil
}
