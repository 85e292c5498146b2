//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// become replaces this process by another program, so that Jupyter's signals reach
// it and nothing is left behind when it ends.
func become(program string, args ...string) error {
	err := syscall.Exec(program, append([]string{program}, args...), os.Environ())
	return fmt.Errorf("starting %s: %w; run gonb-gradcam install again", program, err)
}
