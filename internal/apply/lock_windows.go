package apply

import (
	"errors"
	"syscall"
)

const errorSharingViolation syscall.Errno = 32

// lockFile opens the file so that nobody else can: Windows closes it when its
// holder dies, so there is no stale lock.
func lockFile(name string) (unlock func(), held bool, err error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, false, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case errors.Is(err, errorSharingViolation):
		return nil, true, nil
	case err != nil:
		return nil, false, err
	}
	return func() { _ = syscall.CloseHandle(h) }, false, nil
}
