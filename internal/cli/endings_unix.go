//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// endings are the signals that end a command. Go's runtime would answer SIGXCPU with a stack.
var endings = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGXCPU}

// ignoreLimits makes a write beyond the largest size of a file (ulimit -f) an error. Go's runtime would end the process
// with a stack.
func ignoreLimits() { signal.Ignore(syscall.SIGXFSZ) }
