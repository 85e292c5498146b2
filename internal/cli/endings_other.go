//go:build !unix

package cli

import (
	"os"
	"syscall"
)

// endings are the signals that end a command.
var endings = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// ignoreLimits does nothing, since this system has no limits that send signals.
func ignoreLimits() {}
