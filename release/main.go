// Release builds what a release of goherd consists of: for each system an archive with
// the program, its man pages, its completions and its licence, and SHA256SUMS over
// them. The same sources and the same Go give the same bytes.
//
//	cd release && go run . -version v1.2.3 -to /tmp/dist
package main

import (
	"cmp"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// targets are the systems that goherd is built for.
var targets = []string{
	"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64",
}

func main() {
	version := flag.String("version", "", "the `VERSION`, as in v1.2.3")
	to := flag.String("to", "dist", "the `FOLDER` for what is built")
	only := flag.String("only", strings.Join(targets, ","), "build for these `SYSTEMS`, by comma")
	from := flag.String("from", "..", "the `FOLDER` of the sources")
	flag.Parse()
	r := release{version: *version, from: *from, to: *to}
	if err := r.run(strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

type release struct{ version, from, to string }

// form is that of a version of a Go module.
var form = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)

func (r release) run(systems []string) error {
	if !form.MatchString(r.version) {
		return fmt.Errorf("-version %q: name one as in v1.2.3", r.version)
	}
	for _, s := range systems {
		if !slices.Contains(targets, s) {
			return fmt.Errorf("-only %s: the systems are %s", s, strings.Join(targets, ", "))
		}
	}
	if err := os.MkdirAll(r.to, 0o777); err != nil {
		return err
	}
	more, err := r.papers()
	if err != nil {
		return err
	}
	var sums []string
	for _, s := range systems {
		goos, goarch, _ := strings.Cut(s, "/")
		program, err := r.build(goos, goarch)
		if err != nil {
			return fmt.Errorf("build for %s: %w", s, err)
		}
		name := fmt.Sprintf("goherd_%s_%s_%s", r.version, goos, goarch)
		pack, exe := tarball, "goherd"
		if goos == "windows" {
			pack, exe, name = zipped, "goherd.exe", name+".zip"
		} else {
			name += ".tar.gz"
		}
		archive, err := pack(append([]file{{exe, program, 0o755}}, more...))
		if err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(r.to, name), archive, 0o666); err != nil {
			return err
		}
		sums = append(sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(archive), name))
		fmt.Println(name)
	}
	return os.WriteFile(filepath.Join(r.to, "SHA256SUMS"), []byte(strings.Join(sums, "")), 0o666)
}

// build gives the bytes of the program: static, without this machine's paths, and
// with the version in it.
func (r release) build(goos, goarch string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "goherd-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	exe := filepath.Join(dir, "goherd")
	// -buildvcs=false: what git says of the working tree is not the version.
	if _, err := r.command([]string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0"},
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid= -X main.release="+r.version, "-o", exe, "./cmd/goherd"); err != nil {
		return nil, err
	}
	return os.ReadFile(exe)
}

// papers is what goes with every program: the licence, the man pages, and the
// completions that a program for this machine prints.
func (r release) papers() ([]file, error) {
	names := []string{"LICENSE", "README.md", "CHANGELOG.md"}
	pages, err := filepath.Glob(filepath.Join(r.from, "docs", "man", "*.1"))
	if err != nil || len(pages) == 0 {
		return nil, fmt.Errorf("there are no man pages in docs/man: %w", cmp.Or(err, os.ErrNotExist))
	}
	var files []file
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(r.from, name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, text, 0o644})
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"man/" + filepath.Base(page), text, 0o644})
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		text, err := r.command(nil, "go", "run", "./cmd/goherd", "completion", shell)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"completions/goherd." + shell, text, 0o644})
	}
	return files, nil
}

// command gives what a command prints, in the folder of the sources.
func (r release) command(env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.from
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, nil
}
