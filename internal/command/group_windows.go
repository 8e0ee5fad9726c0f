package command

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// shell gives the line to cmd.exe as it is: it has its own idea of quotes, and
// os/exec would add some.
func shell(ctx context.Context, line string) *exec.Cmd {
	name := os.Getenv("ComSpec")
	if name == "" {
		name = "cmd.exe"
	}
	cmd := exec.CommandContext(ctx, name)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `/s /c "` + line + `"`}
	return cmd
}

// group ends the command with all that it started: Windows knows no other way than
// to ask for the tree by its root.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr.CreationFlags = syscall.CREATE_NEW_PROCESS_GROUP
	cmd.Cancel = func() error {
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
}

// killGroup has nothing to ask for once the root is gone.
func killGroup(*exec.Cmd) {}
