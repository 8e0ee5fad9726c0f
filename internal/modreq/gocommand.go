package modreq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An environment is what matters here of `go env`.
type environment struct{ GOFLAGS, GOMODCACHE string }

func readEnv(ctx context.Context, dir string) (env environment, err error) {
	out, err := ask(ctx, dir, "env", "-json", "GOFLAGS", "GOMODCACHE")
	if err == nil {
		err = json.Unmarshal(out, &env)
	}
	if err != nil {
		return env, fmt.Errorf("ask the go command for its environment: %w", err)
	}
	return env, nil
}

// Workspace is the folder of the go.work that is in force for dir, "" for none.
func Workspace(ctx context.Context, dir string) string {
	out, err := ask(ctx, dir, "env", "GOWORK")
	name := strings.TrimSpace(string(out))
	if err != nil || name == "" || name == "off" {
		return ""
	}
	return filepath.Dir(name)
}

// selected is the version of Module among all that the module in dir depends on,
// "" where nothing needs it.
func selected(ctx context.Context, dir string) (string, error) {
	out, err := ask(ctx, dir, "list", "-m", "-e", "-mod=readonly", "-json=Version,Error", Module)
	if err != nil {
		return "", err
	}
	var m struct {
		Version string
		Error   *struct{ Err string }
	}
	if err := json.Unmarshal(out, &m); err != nil {
		return "", fmt.Errorf("read what go list printed: %w", err)
	}
	if m.Error != nil && !strings.Contains(m.Error.Err, "not a known dependency") {
		return "", errors.New(m.Error.Err)
	}
	return m.Version, nil
}

// ask runs the go command without a network.
func ask(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "PWD="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if text := strings.TrimSpace(stderr.String()); text != "" {
		first, _, _ := strings.Cut(text, "\n")
		return nil, errors.New(strings.TrimPrefix(first, "go: "))
	}
	return nil, err
}
