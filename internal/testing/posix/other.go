//go:build !unix

package posix

import (
	"errors"
	"syscall"
	"time"
)

// Is tells whether this is a Unix.
const Is = false

var errNone = errors.New("this system is no Unix")

// Mkfifo returns an error.
func Mkfifo(string, uint32) error { return errNone }

// Kill returns an error.
func Kill(int, syscall.Signal) error { return errNone }

// Umask does nothing.
func Umask(int) int { return 0 }

// ProcessorTime returns 0: the time is not known.
func ProcessorTime() time.Duration { return 0 }
