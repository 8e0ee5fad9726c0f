//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package apply

import (
	"errors"
	"os"
	"strconv"
	"syscall"
)

// lockFile takes the lock without waiting; held means that somebody else has
// it. The kernel lets go of a flock when its holder dies, so there is no stale
// lock to detect and no process id to be reused. The file itself stays: removing
// it would let two runs lock two files of one name.
func lockFile(name string) (unlock func(), held bool, err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	if err := flock(f); err != nil {
		_ = f.Close()
		return nil, errors.Is(err, syscall.EWOULDBLOCK), notHeld(err)
	}
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0) // only to tell the user
	return func() { _ = f.Close() }, false, nil
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			return err
		}
	}
}

func notHeld(err error) error {
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	return err
}
