//go:build !unix

package main

import (
	"fmt"
	"os/exec"
)

// supervise runs the kernel until it ends.
func supervise(kernel *exec.Cmd) error {
	if err := kernel.Run(); err != nil {
		return fmt.Errorf("the kernel ended: %w", err)
	}
	return nil
}
