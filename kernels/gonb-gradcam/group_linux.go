package main

import "syscall"

// ownGroup starts a process in a group of its own. The process is told to end when the one that started it dies, in
// whatever way.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
