package apply

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Put replaces files, makes new ones with the user's mask, follows links, and writes
// into what is no file.
func TestPut(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	put := func(name, text string) {
		t.Helper()
		if err := CanPut(in(name)); err != nil {
			t.Errorf("CanPut(%s): %v", name, err)
		}
		if err := Put(in(name), []byte(text)); err != nil {
			t.Errorf("Put(%s): %v", name, err)
		}
	}
	put("new", "one")
	put("new", "two")
	if read("new") != "two" {
		t.Errorf("it holds %q", read("new"))
	}
	if runtime.GOOS != "windows" {
		info, err := os.Stat(in("new"))
		if err != nil || info.Mode().Perm()&0o600 != 0o600 || info.Mode().Perm()&0o111 != 0 {
			t.Errorf("a new file: %v, %v", info.Mode(), err)
		}
		if err := os.Symlink("new", in("link")); err != nil {
			t.Fatal(err)
		}
		put("link", "three")
		if info, _ := os.Lstat(in("link")); info.Mode()&os.ModeSymlink == 0 || read("new") != "three" {
			t.Errorf("the link is gone, or new holds %q", read("new"))
		}
		if err := Put(os.DevNull, []byte("x")); err != nil || CanPut(os.DevNull) != nil {
			t.Errorf("into %s: %v", os.DevNull, err)
		}
		if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s is a file now", os.DevNull)
		}
		if err := os.Symlink("nowhere", in("loose")); err != nil {
			t.Fatal(err)
		}
		if err := CanPut(in("loose")); err == nil || !strings.Contains(err.Error(), "it is a link to nowhere, which isn't there") {
			t.Errorf("a loose link: %v", err)
		}
	}
	for name, want := range map[string]string{".": "it is a folder", filepath.Join("none", "x"): "there is no folder ", filepath.Join("new", "x"): ""} {
		if err := CanPut(in(name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CanPut(%s): %v, want %q", name, err, want)
		}
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s was left", e.Name())
		}
	}
}
