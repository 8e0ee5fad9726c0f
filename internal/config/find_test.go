package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree lays out empty files, and folders where a name ends in a slash.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := filepath.Join(root, name)
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o777)
		} else if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			err = os.WriteFile(path, nil, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name  string
		files string
		dir   string
		want  string
	}{
		{"at the module's root", "r/.git/ r/go.mod r/.goherd.yaml", "r", "r/.goherd.yaml"},
		{"from a folder of the module", "r/.git/ r/go.mod r/.goherd.yaml r/a/b/", "r/a/b", "r/.goherd.yaml"},
		{"not deeper in the module", "r/.git/ r/go.mod r/a/.goherd.yaml r/a/b/", "r/a/b", ""},
		{"above the module", "r/.git/ r/.goherd.yaml r/m/go.mod r/m/a/", "r/m/a", "r/.goherd.yaml"},
		{"the nearest", "r/.git/ r/.goherd.yaml r/m/go.mod r/m/.goherd.yaml", "r/m", "r/m/.goherd.yaml"},
		{"not above the repository", ".goherd.yaml r/.git/ r/go.mod", "r", ""},
		{"not above a worktree, whose .git is a file", ".goherd.yaml r/.git r/go.mod r/a/", "r/a", ""},
		{"above where there is no repository", ".goherd.yaml m/go.mod m/a/", "m/a", ".goherd.yaml"},
		{"at the root of a workspace", "r/.git/ r/go.work r/.goherd.yaml r/a/", "r/a", "r/.goherd.yaml"},
		{"outside of modules", "r/.git/ r/.goherd.yaml r/a/.goherd.yaml r/a/b/", "r/a/b", "r/a/.goherd.yaml"},
		{"a folder of that name is found, and complained of when it is read", "r/.git/ r/go.mod r/.goherd.yaml/", "r", "r/.goherd.yaml"},
		{"none", "r/.git/ r/go.mod", "r", ""},
	} {
		root := tree(t, strings.Fields(c.files)...)
		got, err := Find(filepath.Join(root, c.dir))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got != "" {
			got, _ = filepath.Rel(root, got)
		}
		if filepath.ToSlash(got) != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFindOtherEnding(t *testing.T) {
	root := tree(t, ".git/", "go.mod", ".goherd.yml")
	if path, err := Find(root); err == nil || !strings.HasSuffix(err.Error(), ".goherd.yml is not read: name it .goherd.yaml") {
		t.Errorf("found %q, %v", path, err)
	}
	root = tree(t, ".git/", "go.mod", ".goherd.yml", ".goherd.yaml")
	if path, err := Find(root); err != nil || filepath.Base(path) != Name {
		t.Errorf("beside the right one: found %q, %v", path, err)
	}
}

func TestRead(t *testing.T) {
	root := tree(t, "folder/", "empty")
	write := func(name, text string) string {
		path := filepath.Join(root, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := func(name, to string) string {
		path := filepath.Join(root, name)
		if err := os.Symlink(to, path); err != nil {
			t.Skip(err) // Windows, without the right to
		}
		return path
	}
	good := write("good.yaml", "limit: 8\nreads: [\"**.Repo.Get*\"]\n")
	sealed := write("sealed.yaml", "limit: 8\n")
	if err := os.Chmod(sealed, 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want string }{ // "" for a file that can be read
		{good, ""},
		{filepath.Join(root, "empty"), ""},
		{link("link", "good.yaml"), ""},
		{link("loose", "nowhere"), "the configuration F can't be read: no such file or directory"},
		{filepath.Join(root, "nowhere"), "the configuration F can't be read: no such file or directory"},
		{filepath.Join(root, "folder"), "the configuration F is a folder: a file is expected there"},
		{sealed, "the configuration F can't be read: permission denied"},
		{write("bad", "limit: 0\n"), "F:1:8: limit is at least 1: without the key, goherd chooses"},
		{write("huge", strings.Repeat("#", maxSize+1)), "the configuration F has more than 1048576 bytes: it is hardly one"},
	} {
		f, err := Read(c.path, "F", words)
		switch {
		case c.path == sealed && os.Geteuid() == 0: // root reads everything
		case c.want == "" && (err != nil || f.Promises.Dir != root):
			t.Errorf("%s: %v, %v; want promises about %s", c.path, f, err, root)
		case c.want != "" && (err == nil || err.Error() != c.want):
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
}
