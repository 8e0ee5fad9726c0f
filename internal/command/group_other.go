//go:build !unix && !windows

package command

import (
	"context"
	"os/exec"
)

func shell(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", line)
}

func group(*exec.Cmd)     {}
func killGroup(*exec.Cmd) {}
