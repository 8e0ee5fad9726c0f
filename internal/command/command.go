// Package command runs a command of the user's in the shell, with a deadline, and
// leaves none of its processes behind.
package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// grace is how long a command that is told to end may take about it.
const grace = 5 * time.Second

// A Result is how a command ended.
type Result struct {
	OK       bool
	How      string // "exit status 1", "no end after 10m0s"; "" where it is OK
	Output   string // the end of what it printed, on both streams
	TimedOut bool
}

// Run runs line in the shell in dir. Its standard input is empty. After timeout, or
// when ctx is done, it and what it started are told to end, and killed soon after;
// what it left running in its process group is killed, too. Run errs when the shell can't be
// started, and with the error of ctx.
func Run(ctx context.Context, dir, line string, timeout time.Duration) (*Result, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := shell(limited, line)
	cmd.Dir = dir
	out := &tail{}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = grace
	group(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the shell for %q: %w", line, err)
	}
	err := cmd.Wait()
	killGroup(cmd)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r := &Result{Output: out.text()}
	switch {
	case limited.Err() != nil && err != nil:
		r.How, r.TimedOut = fmt.Sprintf("no end after %s", timeout), true
	case err == nil || errors.Is(err, exec.ErrWaitDelay): // it ended well, and what it started held its output open
		r.OK = true
	default:
		r.How = err.Error()
	}
	return r, nil
}

// tailSize is how much of a command's output is remembered.
const tailSize = 16 << 10

// A tail keeps the end of what is written to it. exec writes from one goroutine,
// since both streams are the same writer.
type tail struct {
	kept []byte
	cut  bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - 2*tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-tailSize:]...)
		t.cut = true
	}
	return len(p), nil
}

// text begins with a whole line.
func (t *tail) text() string {
	s := string(t.kept)
	if over := len(s) - tailSize; over > 0 {
		s, t.cut = s[over:], true
	}
	if _, rest, ok := strings.Cut(s, "\n"); ok && t.cut {
		s = rest
	}
	return s
}
