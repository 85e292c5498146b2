//go:build unix

package posix

import (
	"syscall"
	"time"
)

// Is tells whether this is a Unix.
const Is = true

// Mkfifo makes a named pipe.
func Mkfifo(path string, mode uint32) error { return syscall.Mkfifo(path, mode) }

// Kill sends a signal to a process.
func Kill(pid int, s syscall.Signal) error { return syscall.Kill(pid, s) }

// Umask sets the file mode mask of the whole process, and returns the old one.
func Umask(mask int) int { return syscall.Umask(mask) }

// ProcessorTime returns how much processor time this process has used.
func ProcessorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
