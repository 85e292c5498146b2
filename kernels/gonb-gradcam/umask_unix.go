//go:build unix

package main

import "syscall"

// closeUmask keeps all that this process and its children make from being writable by others.
func closeUmask() { syscall.Umask(syscall.Umask(0o022) | 0o022) }
