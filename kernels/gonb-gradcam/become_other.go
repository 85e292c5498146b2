//go:build !unix

package main

import (
	"fmt"
	"os"
	"os/exec"
)

// become runs another program in the place of this one.
func become(program string, args ...string) error {
	c := exec.Command(program, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("running %s: %w", program, err)
	}
	return nil
}
