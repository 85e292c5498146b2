//go:build unix

package main

import "syscall"

// closeUmask makes sure that others cannot write to what this process and its children make.
func closeUmask() { syscall.Umask(syscall.Umask(0o022) | 0o022) }
