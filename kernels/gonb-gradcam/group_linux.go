package main

import "syscall"

// ownGroup starts a process in a group of its own, which is told to end when the
// process that started it dies, however it dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
