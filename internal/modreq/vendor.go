package modreq

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// vendored is the vendor folder that builds of a module may use, its own or the
// workspace's; "" where there is none.
func vendored(dir, work string) string {
	for _, parent := range []string{work, dir} {
		if parent == "" {
			continue
		}
		tree := filepath.Join(parent, "vendor")
		if _, err := os.Stat(filepath.Join(tree, "modules.txt")); err == nil {
			return tree
		}
	}
	return ""
}

// inVendor errs unless the folder has errgroup: whoever adds it runs go mod vendor,
// which may bring more than that.
func (m *target) inVendor(tree string) error {
	list, err := os.ReadFile(filepath.Join(tree, "modules.txt"))
	if err != nil {
		return fmt.Errorf("read what is vendored: %w", err)
	}
	for line := range strings.Lines(string(list)) {
		if m.require != nil && strings.TrimSpace(line) == Module+"/errgroup" {
			return nil
		}
	}
	command := "go mod vendor"
	if filepath.Dir(tree) != m.dir {
		command = "go work vendor"
	}
	return fmt.Errorf("the vendor folder has no %s/errgroup: %s, import it, and run `%s`", Module, m.get(), command)
}

// Listed is a file of the folder in which another build tool keeps a list of what
// the package imports, and which a new import would leave stale; "" for none.
func Listed(dir string) string {
	for _, name := range []string{"BUILD.bazel", "BUILD"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}
